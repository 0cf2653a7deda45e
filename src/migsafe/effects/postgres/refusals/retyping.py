"""Changes of a column's type that a server refuses."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import ColumnState, TableState
from migsafe.effects.postgres.refusals.known import (
    WHOLE,
    absent_column,
    generated,
    identity,
    is_in_partition_key,
    is_inherited,
    known_table,
)
from migsafe.effects.postgres.retyping import refusal_later
from migsafe.effects.postgres.types import Work, conversion, is_built_in
from migsafe.model.effects import Certain, Moment
from migsafe.model.operations import AlterColumnType
from migsafe.model.record import replace

_CANNOT_CAST = "42846"


def alter_type(operation: AlterColumnType, catalog: Catalog, version: int) -> Certain | None:
    """Return why ALTER COLUMN … TYPE is refused: what USING says, the column, the cast, the rest.

    Source:
        src/backend/commands/tablecmds.c of PostgreSQL: ATPrepAlterColumnType, then
        ATExecAlterColumnType.
    """
    state = known_table(catalog, operation.table)
    if state is None:
        return None
    first = next(_at_once(operation, state, catalog, version), None)
    if first is not None:
        return replace(first, moment=Moment.ANALYSIS)
    later = refusal_later(operation, catalog, version)
    return later if isinstance(later, Certain) else None


def _at_once(
    operation: AlterColumnType, state: TableState, catalog: Catalog, version: int
) -> Iterator[Certain]:
    table, column, new = operation.table, operation.column, operation.type
    missing = absent_column(catalog, table, column)
    if missing is not None:
        yield missing
    found = state.column(column)
    cast = _cast(operation, found, catalog, version)
    if cast is not None and cast.sqlstate == _CANNOT_CAST:
        yield cast
    if identity(found) is not None and new is not None and (new.name not in WHOLE or new.array):
        yield Certain("22023", f"{column} is an identity: smallint, integer or bigint")
    if operation.using is not None and generated(found):
        yield Certain("42611", f"{column} is generated: USING has no meaning")
    if is_inherited(state, column, catalog):
        yield Certain("42P16", f"{column} is inherited")
    if is_in_partition_key(state, column):
        yield Certain("42P16", f"{table} is partitioned by {column}")
    if new is not None and generated(found) == "virtual" and not is_built_in(new):
        yield Certain("0A000", f"{column} is VIRTUAL: its type must be one of the server's own")
    if cast is not None and generated(found) != "virtual":
        yield cast
    if operation.only and catalog.children(table):
        yield Certain("42P16", f"the type of {column} must change in the children too")


def _cast(
    operation: AlterColumnType, found: ColumnState | None, catalog: Catalog, version: int
) -> Certain | None:
    """Return the refusal of a cast that USING asks for, or that storing the values needs."""
    if operation.type is None or found is None or found.type is None:
        return None
    change = conversion(
        found.type,
        operation.type,
        operation.using,
        operation.column,
        catalog=catalog,
        version=version,
    )
    refused = change.work is Work.REFUSED
    return Certain(change.sqlstate or "42804", change.reason) if refused else None
