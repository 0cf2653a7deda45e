"""Indexes dropped while queries wait, or while queries still need them."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence, IndexState
from migsafe.context import Context
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.operations import DropIndex, ObjectKind
from migsafe.model.record import replace
from migsafe.writing import quoting

_WAITS = (Hazard.BLOCKS_READS, Hazard.BLOCKS_WRITES)
_REFUSED = (Hazard.FAILS_AT_RUNTIME,)
_SLOWER = (Hazard.SCANS_TABLE,)


def check_operation(operation: DropIndex, context: Context) -> Iterator[Finding]:
    """Report the lock of a plain DROP INDEX, and what nothing else answers afterwards."""
    index = context.catalog.index(operation.index)
    table = operation.table if index is None else index.table
    if context.catalog.existence(ObjectKind.INDEX, operation.index) is Existence.ABSENT:
        return
    if table is None:
        yield from _on_unknown_table(operation, context)
        return
    if not context.is_busy(table) or _goes_with(table, context):
        return
    yield from _lock(operation, table, context)
    if index is not None and _is_missed(index, context):
        keys = [each.column or "an expression" for each in index.elements]
        yield context.finding(
            f"No other index of {table} starts with {', '.join(keys)}: lookups that use "
            f"{operation.index} {_instead(index, context.ship.after)}.",
            help="See that nobody uses it (pg_stat_user_indexes.idx_scan does not grow for some "
            "days), or build its replacement first.",
            case="no other index",
            hazards=_SLOWER,
        )


def _goes_with(table: Name, context: Context) -> bool:
    """Say whether the deploy drops the table as well, which is another rule's subject."""
    return context.ship.after.existence(ObjectKind.TABLE, table) is Existence.ABSENT


def _lock(operation: DropIndex, table: Name, context: Context) -> Iterator[Finding]:
    fails = context.effects.fails
    partitioned = context.catalog.is_partitioned(table)
    if operation.concurrently:
        if isinstance(fails, Certain) and partitioned:
            yield context.finding(
                f"{table} is partitioned, and the server refuses DROP INDEX CONCURRENTLY of "
                f"{operation.index} ({fails.sqlstate}).",
                help=f"DROP INDEX {quoting.name(operation.index)} with a short lock_timeout, "
                "tried again until it gets through.",
                hazards=_REFUSED,
            )
        return
    lock = context.effects.lock_on(context.catalog.key(table))
    blocked = "" if lock is None else lock.blocks
    yield context.finding(
        f"Dropping {operation.index} needs the {lock} lock on {table}: it waits for every query "
        f"that runs there, and all {blocked} of {table} queue behind it.",
        help="There is no concurrent way for an index of a partitioned table: set a short "
        "lock_timeout and try again until it gets through."
        if partitioned
        else _concurrently(operation, context),
        hazards=_WAITS,
    )


def _on_unknown_table(operation: DropIndex, context: Context) -> Iterator[Finding]:
    """Report what holds for any live table; one that this deploy made would be known."""
    if operation.concurrently:
        if context.ship.after.index(operation.index) is None:
            yield context.finding(
                f"Lookups that use {operation.index} become scans unless another index starts "
                "with the same columns; the known schema does not say which it has.",
                help="See that nobody uses it (pg_stat_user_indexes.idx_scan does not grow for "
                "some days).",
                case="no other index",
                hazards=_SLOWER,
                confidence=Confidence.LOW,
            )
        return
    yield context.finding(
        f"Dropping {operation.index} waits for every query that runs on its table, and all "
        "later ones queue behind it; which table that is, the known schema does not say.",
        help=_concurrently(operation, context),
        hazards=_WAITS,
        confidence=Confidence.LOW,
    )


def _concurrently(operation: DropIndex, context: Context) -> str:
    return f"{context.written(replace(operation, concurrently=True))}{context.outside}."


def _is_missed(index: IndexState, context: Context) -> bool:
    """Say whether lookups by the index's columns find no other index after the deploy."""
    if index.valid is False or context.is_made_here(index.made_by):
        return False
    first = index.elements[0].column
    if first is not None and context.goes_here(index.table, first):
        # Nobody looks a column up that is gone.
        return False
    return not any(_replaces(other, index) for other in _left(index, context.ship.after))


def _instead(index: IndexState, after: Catalog) -> str:
    """Return how lookups find their rows then: by the first of the columns, or not at all."""
    first = index.elements[0]
    for other in _left(index, after):
        # What a key that took over an unknown index stands on is not known.
        leads = other.elements[0].column if other.elements else None
        same = leads is not None and leads == first.column
        if same and other.where is None and other.method == index.method:
            return f"read what {other.name.name} finds by {first.column}, or the whole table"
    return "become scans of the table"


def _left(index: IndexState, after: Catalog) -> tuple[IndexState, ...]:
    return tuple(other for other in after.indexes(index.table) if other.valid is not False)


def _replaces(other: IndexState, index: IndexState) -> bool:
    keys = [(each.column, each.expression) for each in index.elements]
    first = [(each.column, each.expression) for each in other.elements[: len(keys)]]
    return (
        keys == first
        and other.method == index.method
        and (other.where is None or other.where == index.where)
    )
