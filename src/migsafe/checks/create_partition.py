"""Partitions made inside a live partitioned table."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding, Hazard
from migsafe.model.operations import CreateTable
from migsafe.writing import quoting

_WAITS = (Hazard.BLOCKS_READS, Hazard.BLOCKS_WRITES)


def check_operation(operation: CreateTable, context: Context) -> Iterator[Finding]:
    """Report PARTITION OF a live table, which the server shuts out for it."""
    parent = operation.partition_of
    if parent is None or not context.is_busy(parent):
        return
    lock = context.effects.lock_on(context.catalog.key(parent))
    if lock is None or not lock.blocks_reads:
        return
    default = context.catalog.default_partition(parent)
    reads = (
        f", also while every row of the default partition {default.name} is read"
        if default is not None and context.effects.scans
        else ""
    )
    bound = operation.partition_bound or "…"
    yield context.finding(
        f"CREATE TABLE {operation.table} PARTITION OF {parent} needs the {lock} lock on {parent}: "
        f"it waits for every query that runs there, and all {lock.blocks} of {parent} queue "
        f"behind it{reads}.",
        help=f"CREATE TABLE {quoting.name(operation.table)} (LIKE {quoting.name(parent)} "
        f"INCLUDING ALL), then ALTER TABLE {quoting.name(parent)} ATTACH PARTITION "
        f"{quoting.name(operation.table)} {bound}, which lets traffic pass"
        f"{'; the default partition needs a CHECK that excludes the bound' if reads else ''}.",
        hazards=(*_WAITS, Hazard.SCANS_TABLE) if reads else _WAITS,
    )
