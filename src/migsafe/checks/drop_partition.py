"""Partitions dropped while they still belong to a live table."""

from collections.abc import Iterator

from migsafe.catalog.schema import Existence
from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import DropTable, ObjectKind
from migsafe.writing import quoting

_CONCURRENT = 14


def check_operation(operation: DropTable, context: Context) -> Iterator[Finding]:
    """Report the lock that the drop of an attached partition takes on its parent."""
    state = context.catalog.table(operation.table)
    parent = None if state is None else state.partition_of
    if parent is None or not context.is_busy(parent):
        return
    key = context.catalog.key(parent)
    lock = context.effects.lock_on(key)
    if lock is None or context.ship.after.existence(ObjectKind.TABLE, key) is Existence.ABSENT:
        return
    default = context.catalog.default_partition(parent)
    also = (
        f" and on the default partition {default.name}"
        if default is not None and context.catalog.key(default.name) in context.effects.locks
        else ""
    )
    yield context.finding(
        f"Dropping {operation.table} needs the {lock} lock on its parent {parent}{also}: it waits "
        f"for every query that runs there, and all {lock.blocks} of {parent} queue behind it.",
        help=_help(operation, context, concurrent=default is None),
        relations=(key,),
    )


def _help(operation: DropTable, context: Context, *, concurrent: bool) -> str:
    if concurrent and context.version >= _CONCURRENT:
        return (
            f"DETACH PARTITION {quoting.name(operation.table)} CONCURRENTLY in a migration "
            "before this one, outside a transaction; then the drop locks nobody out."
        )
    return "Set a short lock_timeout and try again until it gets through."
