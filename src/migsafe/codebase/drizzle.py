"""Tables and enums as Drizzle describes them in TypeScript."""

import re
from collections.abc import Iterator

from migsafe.codebase.naming import snake
from migsafe.model.code import Basis, Use, UseKind
from migsafe.model.migration import Place
from migsafe.model.origin import Span
from migsafe.model.pattern import pattern
from migsafe.model.record import replace
from migsafe.sources.alembic.places import Places

_TABLE = pattern(
    r"\b([\w.]++)\(\s*+[\"'`](\w++)[\"'`]\s*+,\s*+(?:\(\s*+\w*+\s*+\)\s*+=>\s*+\(\s*+)?+\{"
)
_ENUM = pattern(r"\b([\w.]++)\(\s*+[\"'`](\w++)[\"'`]\s*+,\s*+\[([^\]]{0,4000}+)\]")
_MAKES_TABLE = pattern(r"(?:pg|mysql|sqlite)\w*+(?<=Table)|\w+\.table|\w*TableCreator|createTable")
_MAKES_ENUM = pattern(r"(?:pg|mysql)Enum|\w+\.enum")
_LABEL = pattern(r"[\"'`]([^\"'`]*)[\"'`]")
_TOKEN = pattern(
    r"//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'"
    r"|`(?:[^`\\]|\\.)*+`|(?P<column>\b(\w+)\s*:\s*(?:\w+\.)?(\w+)\(\s*(?:[\"'`](\w+)[\"'`])?)"
    r"|(?P<open>[({\[])|(?P<close>[)}\]])"
)
_KEY, _NAME = 2, 4
_NO_COLUMNS = frozenset({"index", "uniqueIndex", "foreignKey", "primaryKey", "unique", "check"})


def uses(path: str, text: str) -> Iterator[Use]:
    """Yield what the tables and enums of a file map."""
    places = Places(text)

    def use(
        kind: UseKind, found: re.Match[str], group: int, how: str, *, of: str | None = None
    ) -> Use:
        place: Place = places.place(path, Span(*found.span(group)))
        table = None if kind in {UseKind.TYPE, UseKind.LABEL} else of
        owner = of if kind is UseKind.LABEL else None
        return Use(kind, found[group], table, None, place, Basis.EXACT, None, how, owner)

    tables = [found for found in _TABLE.finditer(text) if _MAKES_TABLE.fullmatch(found[1])]
    ends = (*(found.start() for found in tables[1:]), len(text))
    for found, end in zip(tables, ends, strict=False):
        yield use(UseKind.TABLE, found, 2, "table of Drizzle", of=found[2])
        for column in _columns(text, found.end(), end):
            group = _KEY if column[4] is None else _NAME
            one = use(UseKind.COLUMN, column, group, "column of Drizzle", of=found[2])
            yield one
            if group == _KEY and snake(one.name) != one.name:
                # The project may have Drizzle turn keys into the case of SQL.
                yield replace(one, name=snake(one.name))
    for found in _ENUM.finditer(text):
        if _MAKES_ENUM.fullmatch(found[1]):
            yield use(UseKind.TYPE, found, 2, "enum of Drizzle")
            for label in _LABEL.finditer(text, *found.span(3)):
                yield use(UseKind.LABEL, label, 1, "label of an enum", of=found[2])


def _columns(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """Yield the columns between the brace that opens before `start` and its closing one."""
    depth = 1
    for token in _TOKEN.finditer(text, start, end):
        if token.lastgroup == "open":
            depth += 1
        elif token.lastgroup == "close":
            depth -= 1
        elif token["column"] is not None:
            if depth == 1 and token[3] not in _NO_COLUMNS:
                yield token
            depth += 1
        if depth == 0:
            return
