r"""Follows `\i` and `\ir` of psql scripts to files of the same checkout."""

import os
from collections.abc import Iterator

from migsafe.model.errors import InputError
from migsafe.model.migration import Statement
from migsafe.model.operations import Cause, Unrecognized
from migsafe.model.origin import Certainty
from migsafe.model.record import record, replace
from migsafe.parsers import client
from migsafe.parsers.sql import Placement, read_sql
from migsafe.sources.convention import Options
from migsafe.sources.files import Files

_DEEPEST = 16


@record
class _Script:
    """A file that psql runs, and the files that lead to it."""

    path: str
    above: tuple[str, ...] = ()


def followed(
    statements: tuple[Statement, ...],
    placement: Placement,
    files: Files,
    options: Options,
) -> tuple[Statement, ...]:
    """Return the statements of a script with those of the files that it runs in their places.

    They stand at the line that runs their file. A file that is not there, lies outside the
    directory migsafe runs in, or runs itself stays unread, with its name.
    """
    return tuple(_followed(statements, _Script(placement.path), placement, files, options))


def _followed(
    statements: tuple[Statement, ...],
    script: _Script,
    placement: Placement,
    files: Files,
    options: Options,
) -> Iterator[Statement]:
    for statement in statements:
        named = client.included(statement.sql) if statement.sql.startswith("\\i") else None
        if named is None:
            yield statement
            continue
        name, relative = named
        path = _resolved(name, relative, script, files)
        if path is None:
            yield _unread(statement, "there is no such file that may be read")
            continue
        at = replace(
            placement,
            at=statement.span if placement.at is None else placement.at,
            certainty=_certainty(statement, placement),
        )
        try:
            read = read_sql(files.text(path), at, options.dialect, options.placeholders)
        except InputError as error:
            yield _unread(statement, error.message)
            continue
        inside = _Script(path, (*script.above, script.path))
        yield from _followed(read.statements, inside, at, files, options)


def _certainty(statement: Statement, placement: Placement) -> Certainty:
    origin = statement.operations[0].origin if statement.operations else None
    return placement.certainty if origin is None else origin.certainty


def _resolved(
    name: str,
    relative: bool,  # noqa: FBT001  there is one caller
    script: _Script,
    files: Files,
) -> str | None:
    """Return the path of a named file: from the working directory, or from beside the script."""
    beside = os.path.normpath(os.path.join(os.path.dirname(script.path), name))
    tried = (beside,) if relative else (os.path.normpath(name), beside)
    seen = (*script.above, script.path)
    for path in tried:
        inside = not os.path.isabs(path) and not path.startswith(os.pardir)
        if inside and path not in seen and len(seen) <= _DEEPEST and files.exists(path):
            return path
    return None


def _unread(statement: Statement, reason: str) -> Statement:
    operations = tuple(
        Unrecognized(Cause.DYNAMIC, f"{statement.sql.strip()}: {reason}", origin=each.origin)
        for each in statement.operations
    )
    return replace(statement, operations=operations)
