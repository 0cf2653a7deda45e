r"""psql's own commands: which change nothing that a migration means, and which do."""

import re
from collections.abc import Mapping
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
# Which statements run is said by the condition: those between are `maybe`.
_CONDITIONS = {"if": 1, "elif": 0, "else": 0, "endif": -1}
_DESCRIBES = pattern(r"d[A-Za-z]*|l|list|z|sf|sv")
# psql's variables that decide how what follows is cut into statements or committed.
_TELLING_VARIABLES = frozenset({"autocommit", "singleline"})


def read(line: str) -> Operation:
    r"""Return what a backslash command does to the database.

    Unread remain those that run other files, programs or computed SQL (`\i`, `\!`,
    `\gexec`), change the connection, or end the script (`\q`).
    """
    match = _COMMAND.match(line)
    word, rest = (match[1] or "", match[2]) if match else ("", "")
    if word == "copy":
        return _copy(line, rest)
    harmless = (
        word in _HARMLESS
        or word in _CONDITIONS
        or _DESCRIBES.fullmatch(word) is not None
        or (word in {"g", "gset"} and "|" not in rest)
        or (word == "set" and _name(rest) not in _TELLING_VARIABLES)
    )
    if harmless:
        return NoOperation(line)
    if word == "gexec":
        return Unrecognized(Cause.DYNAMIC, r"\gexec runs what the query before it returns", line)
    return Unrecognized(Cause.CLIENT, f"\\{word}", line)


def opens(line: str) -> int:
    r"""Return 1 for `\if`, -1 for `\endif`, 0 for any other command."""
    match = _COMMAND.match(line)
    return _CONDITIONS.get(match[1] or "", 0) if match else 0


def say(line: str, known: dict[str, str], *, certain: bool) -> None:
    r"""Make the texts of variables what is known of them after a command.

    A text that is not plain, or is set under a condition, is not known from then on; after
    `\gset` none is, for the names are those of a query's columns.

    Args:
        line: A backslash command.
        known: What was known before it, and is changed.
        certain: Whether it runs whenever the script does.
    """
    match = _COMMAND.match(line.strip())
    word, rest = (match[1] or "", match[2].split()) if match else ("", [])
    if word == "gset":
        known.clear()
        return
    names = {"set": rest[:1], "unset": rest[:1], "getenv": rest[:1], "prompt": rest[-1:]}.get(word)
    if names is None:
        return
    for name in names:
        known.pop(name, None)
    plain = _SET.fullmatch(line.strip())
    if plain is not None and certain:
        quoted = plain[2]
        known[plain[1]] = plain[3] if quoted is None else quoted.replace("''", "'")


def included(line: str, known: Mapping[str, str]) -> tuple[str, bool] | None:
    r"""Return the file that `\i` or `\ir` runs, and whether it is named from beside the script.

    Args:
        line: A backslash command.
        known: The variables whose texts are known: their names stand for these. Others stay.
    """
    match = _INCLUDE.fullmatch(line.strip())
    if match is None:
        return None
    name = match[2] or _VARIABLE.sub(lambda found: known.get(found[1], found[0]), match[3])
    return name, match[1] in {"ir", "include_relative"}


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


_SET = pattern(r"\\set[ \t]+(\w+)[ \t]+(?:'((?:[^'\\]|'')*)'|([^\s'\"\\:]+))")
_INCLUDE = pattern(r"\\(i|ir|include|include_relative)[ \t]+(?:'([^']+)'|(\S+?))[ \t]*;?")
_VARIABLE = pattern(r"(?<!:):(\w+)")
_PLACE = pattern(r"\b(from|to)\s+((?:program\s+)?(?:'[^']*'|\S+))", re.IGNORECASE)
_MOST_PLACES = 16
