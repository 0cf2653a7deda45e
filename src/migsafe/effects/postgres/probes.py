"""Queries that return a row when existing data stands in the way."""

from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import ForeignKey
from migsafe.writing import quoting

_RANGES = {
    "smallint": "-32768 AND 32767",
    "integer": "-2147483648 AND 2147483647",
    "bigint": "-9223372036854775808 AND 9223372036854775807",
}


def row_where(table: Name, condition: str) -> str:
    """Return a query for a row that meets a condition, which is SQL already."""
    return f"SELECT 1 FROM {quoting.name(table)} WHERE {condition} LIMIT 1"


def any_row(table: Name) -> str:
    """Return a query for any row at all."""
    return f"SELECT 1 FROM {quoting.name(table)} LIMIT 1"


def nulls(table: Name, *columns: str) -> str:
    """Return a query for a row with a NULL in one of the columns."""
    keys = (quoting.identifier(column) for column in columns)
    return row_where(table, " OR ".join(f"{key} IS NULL" for key in keys))


def filled(table: Name, column: str) -> str:
    """Return a query for a row with a value in a column."""
    return row_where(table, f"{quoting.identifier(column)} IS NOT NULL")


def violations(table: Name, check: Expression) -> str | None:
    """Return a query for a row that a CHECK refuses."""
    return None if check.opaque else row_where(table, f"NOT ({check.sql})")


def own_rows(table: Name, *, inherited: bool) -> str:
    """Return what to read for the rows of a table alone, where others inherit from it."""
    return f"ONLY {quoting.name(table)}" if inherited else quoting.name(table)


def duplicates(
    table: Name,
    columns: tuple[str, ...],
    *,
    inherited: bool = False,
    nulls_not_distinct: bool = False,
) -> str | None:
    """Return a query for values that a UNIQUE over columns refuses."""
    if not columns:
        return None
    keys = [quoting.identifier(column) for column in columns]
    there = " AND ".join(f"{key} IS NOT NULL" for key in keys)
    counted = "" if nulls_not_distinct else f"WHERE {there} "
    return (
        f"SELECT 1 FROM {own_rows(table, inherited=inherited)} {counted}"
        f"GROUP BY {', '.join(keys)} HAVING count(*) > 1 LIMIT 1"
    )


def duplicates_or_nulls(
    table: Name, columns: tuple[str, ...], *, inherited: bool = False
) -> str | None:
    """Return a query for values that a PRIMARY KEY over columns refuses."""
    if not columns:
        return None
    keys = [quoting.identifier(column) for column in columns]
    nulls = " OR ".join(f"{key} IS NULL" for key in keys)
    return (
        f"SELECT 1 FROM {own_rows(table, inherited=inherited)} "
        f"GROUP BY {', '.join(keys)} HAVING count(*) > 1 OR {nulls} LIMIT 1"
    )


def orphans(
    table: Name,
    key: ForeignKey,
    referenced: tuple[str, ...],
    *,
    inherited: bool = False,
    parent_inherited: bool = False,
) -> str | None:
    """Return a query for a row without the parent that a foreign key asks for.

    Args:
        table: The table that holds the key.
        key: The key.
        referenced: The columns that it references.
        inherited: Whether other tables inherit from the table: their rows do not count.
        parent_inherited: The same of the referenced table.
    """
    if len(referenced) != len(key.columns):
        return None
    pairs = [
        (quoting.identifier(mine), quoting.identifier(theirs))
        for mine, theirs in zip(key.columns, referenced, strict=True)
    ]
    own = " AND ".join(f"c.{mine} IS NOT NULL" for mine, _ in pairs)
    same = " AND ".join(f"p.{theirs} = c.{mine}" for mine, theirs in pairs)
    return (
        f"SELECT 1 FROM {own_rows(table, inherited=inherited)} c WHERE {own} AND NOT EXISTS "
        f"(SELECT 1 FROM {own_rows(key.referenced, inherited=parent_inherited)} p "
        f"WHERE {same}) LIMIT 1"
    )


def misfits(table: Name, name: str, new: Type) -> str | None:
    """Return a query for values of a column that a shorter or smaller type refuses."""
    column = quoting.identifier(name)
    if new.name in _RANGES:
        return row_where(table, f"{column} NOT BETWEEN {_RANGES[new.name]}")
    if not new.modifiers or not new.modifiers[0].isdigit():
        return None
    if new.name in {"character varying", "character"}:
        return row_where(table, f"length({column}::text) > {new.modifiers[0]}")
    if new.name == "numeric":
        scale = int(new.modifiers[1]) if len(new.modifiers) > 1 else 0
        limit = int(new.modifiers[0]) - scale
        return row_where(table, f"abs(round({column}::numeric, {scale})) >= 1e{limit}")
    return None
