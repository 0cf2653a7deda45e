"""Backfills: a change as keyset batches, as one statement, and as a count of what is left."""

from migsafe.catalog.catalog import Catalog
from migsafe.model.expressions import Name
from migsafe.model.operations import PrimaryKey, Unique
from migsafe.model.plan import Backfill
from migsafe.writing import quoting

_ROW = ("ctid",)
"""The place of a row: the key of a table that has no key, or none that is known."""


def keys_of(table: Name, catalog: Catalog) -> tuple[str, ...]:
    """Return the columns by which a table is walked: a key without NULLs, else `ctid`."""
    primary = catalog.primary_key(table)
    if primary is not None and isinstance(primary.constraint, PrimaryKey):
        columns = primary.constraint.columns
        if columns:
            return columns
    for state in catalog.constraints(table):
        match state.constraint:
            case Unique(columns=columns, deferrable=False) if columns and all(
                (known := catalog.column(table, column)) is not None and known.nullable is False
                for column in columns
            ):
                return columns
            case _:
                pass
    return _ROW


def count_sql(table: Name, where: str) -> str:
    """Return the query that counts the rows of a table that meet a condition."""
    return f"SELECT count(*) FROM {quoting.name(table)} WHERE {where}"


def fill(
    table: Name,
    assignments: tuple[tuple[str, str], ...],
    where: str,
    catalog: Catalog,
    *,
    alias: str | None = None,
    sources: str | None = None,
) -> Backfill:
    """Return a backfill.

    Args:
        table: The table whose rows change.
        assignments: Columns and what they are set to, as SQL over the table's columns.
        where: The condition that a row is not done yet; false once it is.
        catalog: The schema when the backfill runs, for the key.
        alias: The name that the expressions know the table by, if it is another.
        sources: What the expressions read beside the table: the text of FROM.
    """
    keys = keys_of(table, catalog)
    target = quoting.name(table)
    called = quoting.identifier(alias or table.name)
    named = f"{target} AS {called}" if alias else target
    sets = ", ".join(f"{quoting.identifier(column)} = {value}" for column, value in assignments)
    columns = [quoting.identifier(key) for key in keys]
    batch_keys = [f"migsafe_key_{number}" for number in range(1, len(keys) + 1)]
    own = [f"{called}.{column}" for column in columns]
    chosen = ", ".join(f"{o} AS {b}" for o, b in zip(own, batch_keys, strict=True))
    joined = " AND ".join(f"{o} = b.{b}" for o, b in zip(own, batch_keys, strict=True))
    others = "" if sources is None else f", {sources}"
    descending = ", ".join(f"{key} DESC" for key in batch_keys)
    order = ", ".join(own)
    batch = (
        f"WITH b AS (SELECT {chosen} FROM {named} "
        f"WHERE {_row(own)} >= {_row(_parameters('after', keys))} "
        f"AND {_row(own)} <= {_row(_parameters('stop', keys))} "
        f"ORDER BY {order} LIMIT :limit FOR NO KEY UPDATE), "
        f"changed AS (UPDATE {named} SET {sets} FROM b{others} "
        f"WHERE {joined} AND ({where}) RETURNING 1) "
        f"SELECT {', '.join(batch_keys)} FROM b ORDER BY {descending} LIMIT 1"
    )
    once_from = "" if sources is None else f" FROM {sources}"
    return Backfill(
        table=str(table),
        keys=keys,
        bounds_sql=_bounds(named, own),
        batch_sql=batch,
        once_sql=f"UPDATE {named} SET {sets}{once_from} WHERE {where}",
        remaining_sql=f"SELECT count(*) FROM {named}{others} WHERE {where}",
    )


def _bounds(table: str, keys: list[str]) -> str:
    """Return the query for the first and the last key, in one row, or none if there are no rows."""
    chosen = ", ".join(keys)
    first = ", ".join(f"f.k{number}" for number in range(1, len(keys) + 1))
    last = first.replace("f.", "l.")
    named = ", ".join(f"k{number}" for number in range(1, len(keys) + 1))
    descending = ", ".join(f"{key} DESC" for key in keys)
    return (
        f"SELECT {first}, {last} "
        f"FROM (SELECT {chosen} FROM {table} ORDER BY {chosen} LIMIT 1) AS f ({named}), "
        f"(SELECT {chosen} FROM {table} ORDER BY {descending} LIMIT 1) AS l ({named})"
    )


def _parameters(name: str, keys: tuple[str, ...]) -> list[str]:
    if len(keys) == 1:
        return [f":{name}"]
    return [f":{name}_{number}" for number in range(1, len(keys) + 1)]


def _row(columns: list[str]) -> str:
    return columns[0] if len(columns) == 1 else f"({', '.join(columns)})"
