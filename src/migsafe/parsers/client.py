r"""psql's own commands: which change nothing that a migration means, and which do."""

import re

from migsafe.model.operations import (
    Cause,
    Copy,
    NoOperation,
    Operation,
    Unrecognized,
)
from migsafe.parsers.postgres import read_statement

_COMMAND = re.compile(r"\\([A-Za-z_]+|[!?;.]|\\)?[ \t]*(.*)", re.DOTALL)

# They print, format, describe or remember; statements mean the same after them.
# `restrict` and `unrestrict` are what pg_dump brackets its output with.
_HARMLESS = frozenset(
    # fmt: off
    {
        "C", "H", "T", "a", "conninfo", "copyright", "crosstabview", "echo", "errverbose",
        "f", "gx", "h", "help", "p", "print", "prompt", "pset", "qecho", "r", "reset",
        "restrict", "t", "timing", "unrestrict", "unset", "warn", "x",
    }
    # fmt: on
)
_DESCRIBES = re.compile(r"d[A-Za-z]*|l|list|z|sf|sv")
# psql's variables that decide how what follows is cut into statements or committed.
_TELLING_VARIABLES = frozenset({"autocommit", "singleline"})


def read(line: str) -> Operation:
    r"""Return what a backslash command does to the database.

    Unread remain those that run other files or programs (`\i`, `\!`, `\gexec`), change
    the connection, or decide what runs at all (`\if`, `\q`).
    """
    match = _COMMAND.match(line)
    word, rest = (match[1] or "", match[2]) if match else ("", "")
    if word == "copy":
        return _copy(line, rest)
    harmless = (
        word in _HARMLESS
        or _DESCRIBES.fullmatch(word) is not None
        or (word in {"g", "gset"} and "|" not in rest)
        or (word == "set" and _name(rest) not in _TELLING_VARIABLES)
    )
    if harmless:
        return NoOperation(line)
    return Unrecognized(Cause.CLIENT, f"\\{word}", line)


def _name(arguments: str) -> str:
    words = arguments.split(None, 1)
    return words[0].lower() if words else ""


def _copy(line: str, rest: str) -> Operation:
    r"""Return `\copy` as the COPY that psql sends for it."""
    # psql's own spellings of a place are no SQL: a file name needs no quotes there.
    server = re.sub(
        r"\b(from|to)\s+(?:program\s+)?(?:'[^']*'|\S+)",
        r"\1 stdin" if re.search(r"\bfrom\b", rest, re.IGNORECASE) else r"\1 stdout",
        rest,
        count=1,
        flags=re.IGNORECASE,
    )
    match read_statement(f"COPY {server}"):
        case (Copy(table, into, _),):
            return Copy(table, into, line)
        case _:
            return Unrecognized(Cause.CLIENT, r"\copy", line)
