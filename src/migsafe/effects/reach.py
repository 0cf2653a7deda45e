"""How many rows an UPDATE or DELETE reaches, as far as its WHERE and the keys tell."""

from collections.abc import Container, Iterable, Iterator
from enum import StrEnum
from itertools import pairwise, takewhile

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import ColumnState
from migsafe.catalog.text import column_of, conjuncts, says_its_shape
from migsafe.model.expressions import Expression, Name
from migsafe.model.operations import (
    Copy,
    DataWork,
    Delete,
    Insert,
    Merge,
    Operation,
    PrimaryKey,
    Unique,
    Update,
)
from migsafe.writing.tokens import closing, tokens

_BOUNDS = {">": "low", ">=": "low", "<": "high", "<=": "high"}
_SYMBOLS = frozenset("<>=!@&|~")
_BEYOND = frozenset({"OR", "IS"})
"""Words that make of a comparison something else: `id = 7 OR true`, `id = 7 IS NOT true`."""
_EMPTY = frozenset({"FALSE", "NULL"})
_USUAL_KEY = "id"
_COMPARISON = 3
"""The number of words in a comparison of two plain operands."""


class Reach(StrEnum):
    """The rows that a condition lets through."""

    NONE = "none"
    FEW = "few"
    """Single values of a key, a range of a key, or a list of literal rows."""
    UNKNOWN = "unknown"
    ALL = "all"


def reach_of(table: Name, where: Expression | None, catalog: Catalog, sql: str = "") -> Reach:
    """Return how many rows of a table a WHERE lets through.

    A key is a primary key, a UNIQUE, or a unique index over all rows. Where no key of
    the table is known, `id` is taken for one.

    Args:
        table: The table that is changed.
        where: Its condition.
        catalog: The schema before.
        sql: The whole statement: a `FROM (VALUES …)` in it is a list of literal rows.
    """
    if where is None:
        return Reach.ALL
    if not says_its_shape(where):
        return Reach.UNKNOWN
    parts = list(conjuncts(list(tokens(where.sql))))
    if where.constant:
        return Reach.NONE if any(_is_never(part) for part in parts) else Reach.ALL
    if any(_is_never(part) for part in parts):
        return Reach.NONE
    if all(_is_always(part, table, catalog) for part in parts):
        return Reach.ALL
    columns = frozenset(where.columns)
    listed = "FROM(VALUES" in "".join(sql.split()).upper()
    equated = {
        column for part in parts if (column := _equated(part, columns, listed=listed)) is not None
    }
    ranged = _ranged(parts, columns)
    for key in _keys(table, catalog):
        if equated.issuperset(key) or key[0] in ranged:
            return Reach.FEW
    return Reach.UNKNOWN


def reach_of_merge(operation: Merge, catalog: Catalog) -> Reach:
    """Return how many rows that are there a MERGE may change.

    They are few where it joins a list of literal rows by a key and does nothing to the rows
    that the list lacks.
    """
    words = list(tokens(operation.sql))
    upper = [word.upper() for word in words]
    if not any(pair in {("THEN", "UPDATE"), ("THEN", "DELETE")} for pair in pairwise(upper)):
        return Reach.NONE
    if upper[0] != "MERGE" or ("BY", "SOURCE") in pairwise(upper):
        return Reach.UNKNOWN
    using = upper.index("USING")
    if upper[using + 1 : using + 3] != ["(", "VALUES"]:
        return Reach.UNKNOWN
    on = upper.index("ON", closing(words, using + 1))
    condition = words[on + 1 : upper.index("WHEN", on)]
    # An alias hides the table's own name.
    target = column_of(words[using - 1])
    equated = {column for part in conjuncts(condition) for column in _equal_columns(part, target)}
    keys = _keys(operation.table, catalog)
    return Reach.FEW if any(equated.issuperset(key) for key in keys) else Reach.UNKNOWN


def _equal_columns(part: list[str], table: str) -> Iterator[str]:
    """Yield the columns of a table that a part of a condition sets equal to something plain."""
    at = part.index("=") if "=" in part else 0
    sides = [words[: [*words, "::"].index("::")] for words in (part[:at], part[at + 1 :])]
    if not all(len(side) == 1 or side[1:-1] == ["."] for side in sides):
        return
    for side in sides:
        if len(side) == 1 or column_of(side[0]) == table:
            yield column_of(side[-1])


def changes_many(operation: Operation, before: Catalog, made: Container[Name]) -> bool:
    """Say whether an operation may change more than a few rows.

    Args:
        operation: Any.
        before: The schema before it.
        made: Keys of the tables that hold only what the deploy itself put there.
    """
    match operation:
        case Update(table=table, where=where, sql=sql) | Delete(table=table, where=where, sql=sql):
            reach = reach_of(table, where, before, sql)
            return before.key(table) not in made and reach not in {Reach.FEW, Reach.NONE}
        case Insert(rows=rows) | DataWork(rows=rows):
            return rows is None
        case Merge():
            return reach_of_merge(operation, before) is Reach.UNKNOWN
        case Copy(into=True):
            return True
        case _:
            return False


def _keys(table: Name, catalog: Catalog) -> tuple[tuple[str, ...], ...]:
    found = tuple(key for key in _known_keys(table, catalog) if key)
    state = catalog.table(table)
    if found or (state is not None and state.complete):
        return found
    return ((_USUAL_KEY,),)


def _known_keys(table: Name, catalog: Catalog) -> Iterator[tuple[str, ...]]:
    for state in catalog.constraints(table):
        match state.constraint:
            case PrimaryKey(columns=columns) | Unique(columns=columns):
                yield columns
            case _:
                pass
    for index in catalog.indexes(table):
        plain = len(index.columns) == len(index.elements)
        if index.unique and index.where is None and plain:
            yield index.columns


def _is_never(part: list[str]) -> bool:
    """Say whether a part lets nothing through: `false`, `NULL`, `1 = 0`."""
    if len(part) == 1:
        return part[0].upper() in _EMPTY
    return (
        len(part) == _COMPARISON
        and part[1] == "="
        and all(word[0].isdigit() or word[0] == "'" for word in (part[0], part[2]))
        and part[0] != part[2]
    )


def _is_always(part: list[str], table: Name, catalog: Catalog) -> bool:
    """Say whether a part stops nothing: `true`, `1 = 1`, `id = id`, `id IS NOT NULL`."""
    if len(part) == 1:
        return part[0].upper() == "TRUE"
    column, rest = _left(part)
    words = [word.upper() for word in rest]
    state = None if column is None else catalog.column(table, column)
    if words == ["IS", "NOT", "NULL"]:
        return _is_filled(state)
    same = len(part) == _COMPARISON and part[1] == "=" and part[0] == part[2]
    # A NULL does not equal itself.
    return same and (part[0][0].isdigit() or part[0][0] == "'" or _is_filled(state))


def _is_filled(state: ColumnState | None) -> bool:
    return state is not None and state.nullable is False


def _left(part: list[str]) -> tuple[str | None, list[str]]:
    """Return the column that a comparison starts with, and the words after it."""
    at = 2 if len(part) > _COMPARISON and part[1] == "." else 0
    word = part[at]
    if word[0] == '"' or word[0] == "_" or word[0].isalpha():
        return column_of(word), part[at + 1 :]
    return None, part


def _equated(part: list[str], columns: frozenset[str], *, listed: bool) -> str | None:
    """Return the column that a part fixes to a value or to a list of values."""
    column, rest = _left(part)
    if column is None or not rest or rest[0].upper() not in {"=", "IN"}:
        return None
    if not _BEYOND.isdisjoint(word.upper() for word in rest):
        return None
    # A list of literal rows is joined by naming its columns.
    return column if listed or _is_fixed(rest[1:], columns) else None


def _is_fixed(words: Iterable[str], columns: frozenset[str]) -> bool:
    return not any(column_of(word) in columns or word.upper() == "SELECT" for word in words)


def _ranged(parts: Iterable[list[str]], columns: frozenset[str]) -> frozenset[str]:
    """Return the columns that a lower and an upper bound enclose."""
    bounds: dict[str, set[str]] = {}
    for part in parts:
        column, rest = _left(part)
        if column is None or not _is_fixed(rest[1:], columns):
            continue
        operator = "".join(takewhile(lambda word: word in _SYMBOLS, rest))
        if rest[:1] == ["BETWEEN"]:
            bounds[column] = {"low", "high"}
        elif operator in _BOUNDS:
            bounds.setdefault(column, set()).add(_BOUNDS[operator])
    return frozenset(column for column, sides in bounds.items() if sides == {"low", "high"})
