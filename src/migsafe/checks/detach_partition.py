"""Partitions detached while the whole partitioned table waits."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.effects import Certain
from migsafe.model.findings import Finding, Hazard
from migsafe.model.operations import DetachPartition
from migsafe.writing import quoting

_CONCURRENT = 14
_WAITS = (Hazard.BLOCKS_READS, Hazard.BLOCKS_WRITES)
_REFUSED = (Hazard.FAILS_AT_RUNTIME,)
_RETRY = "set a short lock_timeout and try again until it gets through"


def check_operation(operation: DetachPartition, context: Context) -> Iterator[Finding]:
    """Report a plain DETACH, and a concurrent one that the server refuses."""
    parent, child = operation.parent, operation.partition
    fails = context.effects.fails
    if operation.finalize or not context.is_busy(parent):
        return
    if operation.concurrently:
        if isinstance(fails, Certain):
            yield context.finding(
                f"DETACH PARTITION {child} CONCURRENTLY is refused ({fails.sqlstate}): "
                f"{fails.reason}.",
                help=f"DETACH PARTITION {quoting.name(child)} without CONCURRENTLY: {_RETRY}.",
                hazards=_REFUSED,
            )
        return
    locks = [
        name for name, lock in context.effects.locks.items() if lock.blocks_reads
        and context.is_busy(name)
    ]  # fmt: skip
    lock = context.effects.lock_on(context.catalog.key(parent))
    yield context.finding(
        f"Detaching {child} needs the {lock} lock on {', '.join(map(str, locks))}: it waits for "
        f"every query that runs there, and all reads and writes of {parent} queue behind it.",
        help=_help(operation, context),
        hazards=_WAITS,
    )


def _help(operation: DetachPartition, context: Context) -> str:
    parent, child = operation.parent, operation.partition
    default = context.catalog.default_partition(parent)
    if default is not None:
        return (
            f"CONCURRENTLY is refused while {parent} has the default partition {default.name} "
            f"(55000): {_RETRY}."
        )
    if context.version < _CONCURRENT:
        return f"CONCURRENTLY comes with PostgreSQL 14; before that, {_RETRY}."
    return (
        f"ALTER TABLE {quoting.name(parent)} DETACH PARTITION {quoting.name(child)} "
        f"CONCURRENTLY{context.outside}; a default partition would forbid it."
    )
