"""What a refusal must know for certain before it is one."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import ColumnState, Existence, TableKind, TableState
from migsafe.effects.postgres.casting import Way, way
from migsafe.effects.postgres.retyping import type_of
from migsafe.model.effects import Certain
from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import Identity

WHOLE = frozenset({"smallint", "integer", "bigint", "smallserial", "serial", "bigserial"})


def known_table(catalog: Catalog, table: Name) -> TableState | None:
    """Return a table of which everything is known, else None."""
    state = catalog.table(table)
    if state is None or not state.complete or not catalog.certain(table):
        return None
    return state


def is_partitioned(state: TableState) -> bool:
    """Say whether a table is partitioned."""
    return state.kind is TableKind.PARTITIONED


def absent_column(catalog: Catalog, table: Name, column: str) -> Certain | None:
    """Return the refusal of a column that is not there."""
    if catalog.column_existence(table, column) is Existence.ABSENT:
        return Certain("42703", f"{table} has no column {column}")
    return None


def is_inherited(state: TableState, column: str, catalog: Catalog) -> bool:
    """Say whether a column comes from a parent."""
    parents = (*state.inherits, *((state.partition_of,) if state.partition_of else ()))
    return any(catalog.column(parent, column) is not None for parent in parents)


def is_in_partition_key(state: TableState, column: str) -> bool:
    """Say whether a table is partitioned by a plain column."""
    return state.partition_by is not None and column in state.partition_by.columns


def generated(state: ColumnState | None) -> str | None:
    """Return `stored` or `virtual` for a generated column, else None."""
    if state is None or state.generated is None:
        return None
    return "stored" if state.generated.stored else "virtual"


def identity(state: ColumnState | None) -> Identity | None:
    """Return the identity of a column, None without one."""
    return None if state is None else state.identity


def mistyped_default(
    default: Expression | None, kind: Type | None, catalog: Catalog
) -> Certain | None:
    """Return the refusal of a default that is cast to a type which does not fit its column."""
    if default is None or kind is None or default.opaque:
        return None
    given = type_of(default, kind)
    if way(given, kind, explicit=False, catalog=catalog) is Way.NONE:
        return Certain("42804", f"a default of type {given} does not fit {kind}")
    return None
