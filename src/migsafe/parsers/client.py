r"""psql's own commands: which change nothing that a migration means, and which do."""

import re
from itertools import islice

from migsafe.model.operations import (
    Cause,
    Copy,
    NoOperation,
    Operation,
    Unrecognized,
)
from migsafe.model.pattern import pattern
from migsafe.parsers.postgres import read_statement

_COMMAND = pattern(r"\\([A-Za-z_]+|[!?;.]|\\)?[ \t]*(.*)", re.DOTALL)

# They print, format, describe or remember; statements mean the same after them.
# `restrict` and `unrestrict` are what pg_dump brackets its output with.
# fmt: off
_HARMLESS = frozenset({
    "?", "C", "H", "T", "a", "conninfo", "copyright", "crosstabview", "echo", "errverbose",
    "f", "gx", "h", "help", "p", "print", "prompt", "pset", "qecho", "r", "reset", "restrict",
    "t", "timing", "unrestrict", "unset", "warn", "x",
})
# fmt: on
_DESCRIBES = pattern(r"d[A-Za-z]*|l|list|z|sf|sv")
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
    # psql's own spelling of a place is no SQL (a file name needs no quotes there), and a
    # query in front of it may hold a FROM of its own: the one that gives a COPY is it.
    for place in islice(_PLACE.finditer(rest), _MOST_PLACES):
        own = "stdin" if place[1].lower() == "from" else "stdout"
        sent = f"COPY {rest[: place.start(2)]}{own}{rest[place.end() :]}"
        match read_statement(sent):
            case (Copy(table, into, _),):
                return Copy(table, into, line)
            case _:
                pass
    return Unrecognized(Cause.CLIENT, r"\copy", line)


_PLACE = pattern(r"\b(from|to)\s+((?:program\s+)?(?:'[^']*'|\S+))", re.IGNORECASE)
_MOST_PLACES = 16
