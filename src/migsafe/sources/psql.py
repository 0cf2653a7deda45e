r"""Follows `\i` and `\ir` of psql scripts to files of the same checkout."""

import os
from collections.abc import Iterator, Mapping

from migsafe.model.errors import InputError
from migsafe.model.migration import Statement
from migsafe.model.operations import Cause, Unrecognized
from migsafe.model.origin import Certainty
from migsafe.model.record import record, replace
from migsafe.parsers import client
from migsafe.parsers.sql import Include, Placement, ReadSql, read_sql
from migsafe.sources.convention import Options
from migsafe.sources.files import Files

_DEEPEST = 16
_MOST = 1_000


@record
class _Script:
    """A file that psql runs, and the real paths of those that lead to it and its own."""

    path: str
    seen: tuple[str, ...]
    files_left: Iterator[int]


class _NotFollowedError(Exception):
    """A file stays unread, with the reason."""


def includes(placement: Placement, files: Files, options: Options) -> Include:
    """Return what reads the files that a script runs.

    Their statements stand at the line that runs the file, and the variables that they set are
    known after it. A file that is not there, lies outside the checkout, or runs itself stays
    unread, with its name.
    """
    first = _Script(placement.path, (os.path.realpath(placement.path),), iter(range(_MOST)))
    return _followed(first, placement, files, options)


def _followed(script: _Script, placement: Placement, files: Files, options: Options) -> Include:
    def follow(statement: Statement, variables: Mapping[str, str]) -> ReadSql | None:
        named = client.included(statement.sql, variables)
        if named is None:
            return None
        name, relative = named
        at = replace(
            placement,
            at=statement.span if placement.at is None else placement.at,
            certainty=_certainty(statement, placement),
        )
        try:
            path = _resolved(name, relative, script, files)
            below = replace(script, path=path, seen=(*script.seen, os.path.realpath(path)))
            inside = _followed(below, at, files, options)
            return read_sql(files.text(path), at, options.dialect, variables, inside)
        except (InputError, _NotFollowedError) as error:
            # What it sets is not known.
            return ReadSql((_unread(statement, str(error)),), ())

    return follow


def _certainty(statement: Statement, placement: Placement) -> Certainty:
    origin = statement.operations[0].origin if statement.operations else None
    return placement.certainty if origin is None else origin.certainty


def _resolved(
    name: str,
    relative: bool,  # noqa: FBT001  there is one caller
    script: _Script,
    files: Files,
) -> str:
    """Return the path of a named file: from where psql may run, or from beside the script.

    Raises:
        _NotFollowedError: If it may not be read, after the reason.
    """
    if ":" in name:
        raise _NotFollowedError("nobody has said what the variable in its name stands for")
    if os.path.isabs(name):
        raise _NotFollowedError("it is named from the root of a machine")
    folder = os.path.dirname(script.path)
    home = files.once("checkout", folder, lambda: _checkout(folder))
    beside = os.path.normpath(os.path.join(folder, name))
    tried = (beside,) if relative else (os.path.normpath(name), beside, os.path.join(home, name))
    found = next((path for path in tried if files.exists(path)), None)
    if found is None:
        raise _NotFollowedError("there is no such file")
    real = os.path.realpath(found)
    if not real.startswith(home.rstrip(os.sep) + os.sep):
        raise _NotFollowedError("it lies outside of the checkout")
    if real in script.seen:
        raise _NotFollowedError("it runs itself")
    if len(script.seen) > _DEEPEST or next(script.files_left, None) is None:
        raise _NotFollowedError("too many files are run before it")
    return found


def _checkout(folder: str) -> str:
    """Return the repository around a script; without one, the working directory around it."""
    own = os.path.realpath(folder or ".")
    here = own
    while not os.path.exists(os.path.join(here, ".git")):
        above = os.path.dirname(here)
        if above == here:
            working = os.path.realpath(".")
            return working if f"{own}{os.sep}".startswith(working + os.sep) else own
        here = above
    return here


def _unread(statement: Statement, reason: str) -> Statement:
    operations = tuple(
        Unrecognized(Cause.DYNAMIC, f"{statement.sql.strip()}: {reason}", origin=each.origin)
        for each in statement.operations
    )
    return replace(statement, operations=operations)
