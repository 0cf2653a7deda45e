"""UNIQUE constraints whose index is built while reads and writes wait."""

from collections.abc import Iterator

from migsafe.catalog.schema import TableKind
from migsafe.context import Context
from migsafe.model.effects import OnData
from migsafe.model.findings import Finding
from migsafe.model.operations import AddConstraint, CreateIndex, IndexElement, Unique
from migsafe.model.record import replace


def check_operation(operation: AddConstraint, context: Context) -> Iterator[Finding]:
    """Report a UNIQUE that is added without an index built before."""
    table, key = operation.table, operation.constraint
    if not isinstance(key, Unique) or key.using_index is not None or not context.is_busy(table):
        return
    if not context.has_rows(table):
        return
    match context.effects.fails:
        case OnData(sqlstate=state):
            refused = f", and two rows with the same values fail the migration ({state})"
        case _:
            refused = ""
    yield context.finding(
        f"Adding UNIQUE ({', '.join(key.columns)}) to {table} builds its index: "
        f"{context.waits(table)}{refused}.",
        help=_help(operation, key, context),
    )


def _help(operation: AddConstraint, key: Unique, context: Context) -> str:
    if key.without_overlaps:
        return (
            "There is no online way for WITHOUT OVERLAPS: add it while the table is small, or in "
            "a window, with a lock_timeout."
        )
    state = context.catalog.table(operation.table)
    if state is not None and state.kind is TableKind.PARTITIONED:
        return (
            f"CREATE UNIQUE INDEX on ONLY {operation.table}, build the same index CONCURRENTLY on "
            "each partition, and ALTER INDEX … ATTACH PARTITION: a unique index refuses "
            "duplicates as the constraint does."
        )
    name = key.name or f"{operation.table.name}_{'_'.join(key.columns)}_key"
    index = CreateIndex(
        name=name,
        table=operation.table,
        elements=tuple(IndexElement(column) for column in key.columns),
        unique=True,
        concurrently=True,
        include=key.include,
        nulls_not_distinct=key.nulls_not_distinct,
    )
    attached = replace(
        operation,
        constraint=Unique(
            name,
            using_index=name,
            deferrable=key.deferrable,
            initially_deferred=key.initially_deferred,
        ),
    )
    first = "Clear duplicates, " if isinstance(context.effects.fails, OnData) else ""
    return f"{first}{context.written(index)}{context.outside}; then {context.written(attached)}."
