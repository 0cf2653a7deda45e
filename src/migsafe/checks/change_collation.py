"""Collations changed: indexes built anew under lock, and another order for running code."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.effects.collation import builds_by_collation
from migsafe.model.expressions import Type
from migsafe.model.findings import Finding, Hazard
from migsafe.model.operations import AlterColumnType

_WAITS = (Hazard.BLOCKS_READS, Hazard.BLOCKS_WRITES, Hazard.SCANS_TABLE)


def check_operation(operation: AlterColumnType, context: Context) -> Iterator[Finding]:
    """Report a change of collation by what it builds and by what it does to results."""
    table, name, new = operation.table, operation.column, operation.type
    column = context.catalog.column(table, name)
    old = None if column is None else column.type
    if new is None or old is None or not context.is_live(table):
        return
    if _collation(old) == _collation(new) or context.is_new_column(table, name):
        return
    # A rewrite for another reason is change-column-type's subject, and sorts anew as well.
    if context.effects.rewrites:
        return
    order = (
        f"ORDER BY, < and > of running code on {name} follow another order, and what counts as "
        "equal may change"
    )
    words = f"Changing the collation of {table}.{name} from {_collation(old)} to {_collation(new)}"
    settings = context.settings
    builds = builds_by_collation(
        operation, context.catalog, dialect=settings.dialect, version=context.version
    )
    if builds and context.is_busy(table):
        lock = context.effects.lock_on(context.catalog.key(table))
        indexes = [
            str(index.name)
            for index in context.catalog.indexes_on(table, name)
            if index.method == "btree"
        ]
        listed = ", ".join(indexes) or f"the indexes on {name}"
        who = "reads and writes" if lock is None else lock.blocks
        yield context.finding(
            f"{words}: {who} of {table} wait under an {lock} lock while {listed} "
            f"{'is' if len(indexes) == 1 else 'are'} built anew{context.how_big(table)}; {order}.",
            help=_help(operation, new),
            hazards=(*_WAITS, Hazard.CHANGES_RESULTS),
        )
    else:
        yield context.finding(
            f"{words}: no row is written and no index built, but {order}.",
            help=_help(operation, new),
            case="no index",
            hazards=(Hazard.CHANGES_RESULTS,),
        )


def _collation(type: Type) -> str:
    """Return a type's collation as SQL names it."""
    return type.collation or '"default"'


def _help(operation: AlterColumnType, new: Type) -> str:
    sorted_by = f"{operation.column} COLLATE {_collation(new)}"
    return (
        f"Leave the column as it is: say ORDER BY {sorted_by} in new code, and build an index on "
        f"({sorted_by}) CONCURRENTLY."
    )
