"""SQL that is known in parts: what it does all the same.

A value that only a run tells is like a bound parameter: it decides which rows, not which
relations. A schema that only a run tells is kept as a name of its own, `{schema}`. Where a
table, a column or a clause is not known, data work on a known table is still that.
"""

import re
from collections.abc import Iterator, Mapping

from migsafe.model.expressions import Name
from migsafe.model.migration import Statement
from migsafe.model.operations import (
    AddEnumValue,
    AlterSequence,
    AnonymousBlock,
    CreateEnum,
    CreateRoutine,
    DataWork,
    Delete,
    Insert,
    Merge,
    Operation,
    RenameEnumValue,
    Select,
    SetParameter,
    Unrecognized,
    Update,
)
from migsafe.model.pattern import pattern
from migsafe.model.record import record, replace
from migsafe.parsers.split import PieceKind, split
from migsafe.sources.alembic.sqltext import Where, read_string
from migsafe.sources.alembic.texts import FIRST_MARK, MARKS
from migsafe.sources.alembic.values import Hole, NotKnownError, Pieces

_QUOTED = pattern(
    r"(?P<text>'(?:[^']|'')*')|(?P<name>\"[^\"]*\")|(?P<tag>\$\w*\$)(?P<body>.*?)(?P=tag)"
    r"|--[^\n]*|/\*.*?\*/|(?P<hole>[\U000f0000-\U000ffffd])",
    re.DOTALL,
)
_WORD = pattern(r"[\w$\U000f0000-\U000ffffd]")
_STRANGE = pattern(r"[^\w.]+")
_QUALIFIES = pattern(r"\s*\.")
_DATA_WORK = pattern(
    r"\s*(?P<verb>UPDATE(?:\s+ONLY)?|INSERT\s+INTO|DELETE\s+FROM(?:\s+ONLY)?)\s+"
    r"(?P<name>(?:\"[^\"]+\"|\w+)(?:\.(?:\"[^\"]+\"|\w+))?)(?=[\s(;]|$)",
    re.IGNORECASE,
)
_QUERY = pattern(r"\s*\(*\s*(?:SELECT|VALUES|EXPLAIN|SHOW)\b", re.IGNORECASE)
_PART = pattern(r"\"([^\"]+)\"|(\w+)")
_READS_OR_CHANGES_ROWS = (
    AnonymousBlock, CreateRoutine, DataWork, Delete, Insert, Merge, Select, Update
)  # fmt: skip
_LABELS = (AddEnumValue, CreateEnum, RenameEnumValue)


@record
class _Filled:
    """A hole and where it stands.

    `kind` is `text` inside quotes, `schema` before a dot, `value` elsewhere, and `name`
    where it makes a name that is not known.
    """

    kind: str
    hole: Hole


def read_pieces(
    pieces: Pieces, where: Where, placeholders: Mapping[str, str]
) -> tuple[Statement, ...]:
    """Return the statements of a text that is known in parts.

    Args:
        pieces: The text.
        where: The call that sends it.
        placeholders: What the configuration says of names that are not known.

    Raises:
        NotKnownError: If what one of them does depends on what is not known.
    """
    parts = [
        placeholders.get(part.name, part) if isinstance(part, Hole) else part
        for part in pieces.parts
    ]
    holes = [part for part in parts if isinstance(part, Hole)]
    if any(MARKS.search(part) for part in parts if isinstance(part, str)):
        raise NotKnownError(f"it holds characters of private use; {pieces.reason}")
    marks = iter(range(len(holes)))
    marked = "".join(
        chr(FIRST_MARK + next(marks)) if isinstance(part, Hole) else part for part in parts
    )
    found: list[Statement] = []
    for piece in split(marked).pieces:
        if piece.kind in {PieceKind.BLANK, PieceKind.DATA}:
            continue
        known = marked[piece.start : piece.end]
        filling = _Filling(known, holes)
        read = read_string(filling.text, None, where)
        if filling.filled and not _accepted(filling.filled, read):
            numbers = read_string(_Filling(known, holes, number=True).text, None, where)
            if _is_number_only(filling.filled, numbers):
                read = tuple(_forgetting(each) for each in numbers)
            else:
                read = tuple(_data_work(known, filling.filled, where))
        elif filling.filled:
            read = tuple(_forgetting(each) for each in read)
        opaque = tuple(dict.fromkeys(each.hole.name for each in filling.filled))
        found.extend(replace(each, opaque=opaque) for each in read)
    return tuple(found)


class _Filling:
    """A statement with something in the place of each hole."""

    def __init__(self, marked: str, holes: list[Hole], *, number: bool = False) -> None:
        self._holes = holes
        self._number = number
        self.filled: list[_Filled] = []
        self._out: list[str] = []
        self._fill(marked, in_body=False)
        self.text = "".join(self._out)

    def _fill(self, text: str, *, in_body: bool) -> None:
        at = 0
        for found in _QUOTED.finditer(text):
            if found.start() < at:
                continue
            self._out.append(text[at : found.start()])
            at = found.end()
            if found["text"] is not None:
                self._quoted(found["text"], "text")
            elif found["name"] is not None:
                at = self._name(text, found)
            elif found["body"] is not None:
                self._out.append(found["tag"])
                self._fill(found["body"], in_body=True)
                self._out.append(found["tag"])
            elif found["hole"] is not None:
                at = self._bare(text, found, in_body=in_body)
            else:
                self._out.append(MARKS.sub("", found[0]))
        self._out.append(text[at:])

    def _hole(self, mark: str) -> Hole:
        return self._holes[ord(mark) - FIRST_MARK]

    def _quoted(self, text: str, kind: str) -> None:
        """Write quoted text with the names of its holes."""
        for part in re.split(f"({MARKS.pattern})", text):
            if MARKS.fullmatch(part):
                hole = self._hole(part)
                self._out.append(_shown(hole, ord(part) - FIRST_MARK))
                self.filled.append(_Filled(kind, hole))
            else:
                self._out.append(part)

    def _name(self, text: str, found: re.Match[str]) -> int:
        name = found["name"]
        if MARKS.search(name) is None:
            self._out.append(name)
            return found.end()
        dot = _QUALIFIES.match(text, found.end())
        whole = MARKS.fullmatch(name[1:-1]) is not None
        if dot is not None and whole and self._hole(name[1]).in_force:
            # What is looked up without a schema is looked up there.
            return dot.end()
        self._quoted(name, "schema" if dot is not None and whole else "name")
        return found.end()

    def _bare(self, text: str, found: re.Match[str], *, in_body: bool) -> int:
        hole = self._hole(found[0])
        index = ord(found[0]) - FIRST_MARK
        before, after = text[: found.start()], text[found.end() :]
        joined = (before and _WORD.fullmatch(before[-1])) or (after and _WORD.fullmatch(after[0]))
        dot = _QUALIFIES.match(after)
        if joined or before.endswith("."):
            self._out.append(_shown(hole, index))
            kind = "name"
        elif dot is not None:
            if hole.in_force:
                return found.end() + dot.end()
            self._out.append(f'"{_shown(hole, index)}"')
            kind = "schema"
        else:
            value = "0" if self._number else f"${index + 1}"
            self._out.append("NULL" if in_body else value)
            kind = "value"
        self.filled.append(_Filled(kind, hole))
        return found.end()


def _shown(hole: Hole, index: int) -> str:
    name = _STRANGE.sub("", hole.name)
    return f"{{{name or index + 1}}}"


def _accepted(inside: list[_Filled], read: tuple[Statement, ...]) -> bool:
    kinds = {each.kind for each in inside}
    operations = [each for statement in read for each in statement.operations]
    if "name" in kinds or any(isinstance(each, Unrecognized) for each in operations):
        return False
    if "value" in kinds:
        return all(isinstance(each, _READS_OR_CHANGES_ROWS) for each in operations)
    return not any(isinstance(each, _LABELS) for each in operations)


def _is_number_only(inside: list[_Filled], read: tuple[Statement, ...]) -> bool:
    """Return whether what is not known can only be a number that decides nothing."""
    return all(each.kind in {"value", "text"} for each in inside) and all(
        isinstance(each, (AlterSequence, SetParameter))
        for statement in read
        for each in statement.operations
    )


def _forgetting(statement: Statement) -> Statement:
    """Return a statement without the value of a parameter that is not known."""
    return replace(statement, operations=tuple(_forgotten(each) for each in statement.operations))


def _forgotten(operation: Operation) -> Operation:
    return replace(operation, value=None) if isinstance(operation, SetParameter) else operation


def _data_work(known: str, inside: list[_Filled], where: Where) -> Iterator[Statement]:
    found = _DATA_WORK.match(known)
    if found is not None:
        names = [first or second for first, second in _PART.findall(found["name"])]
        table = Name(names[-1], names[0] if len(names) > 1 else None)
        verb = found["verb"].split()[0].upper()
        yield where.statement((DataWork(table=table, verb=verb),))
        return
    if _QUERY.match(known) and ";" not in known.rstrip().rstrip(";"):
        return
    hole = next((each.hole for each in inside if each.kind == "name"), inside[0].hole)
    raise NotKnownError(f"'{hole.name}': {hole.reason}" if hole.name != "…" else hole.reason)
