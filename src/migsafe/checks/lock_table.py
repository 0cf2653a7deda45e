"""Tables locked by hand."""

from collections.abc import Iterator

from migsafe.context import Context, some
from migsafe.model.findings import Finding, Hazard
from migsafe.model.locks import Lock
from migsafe.model.operations import LockTable

_REFUSED = (Hazard.FAILS_AT_RUNTIME,)
_WRITES = (Hazard.BLOCKS_WRITES,)


def check_operation(operation: LockTable, context: Context) -> Iterator[Finding]:
    """Report a LOCK that keeps readers or writers of a live table out until COMMIT."""
    tables = ", ".join(map(str, operation.tables))
    if not context.current.transaction.is_open:
        yield context.finding(
            f"LOCK TABLE {tables} is refused outside a transaction (25P01).",
            help="Leave it out, or write BEGIN and COMMIT around what it protects.",
            relations=operation.tables,
            hazards=_REFUSED,
        )
        return
    blocked = {
        name: lock
        for name, lock in context.effects.locks.items()
        if lock.blocks_writes and context.is_busy(name)
    }
    if not blocked:
        return
    lock = max(blocked.values())
    yield context.finding(
        f"LOCK TABLE {tables} keeps all {lock.blocks} of {some(tuple(blocked))} waiting under the "
        f"{lock} lock until COMMIT, whatever the rest of the transaction needs.",
        help=_help(lock),
        relations=tuple(blocked),
        hazards=(Hazard.BLOCKS_READS, Hazard.BLOCKS_WRITES) if lock.blocks_reads else _WRITES,
    )


def _help(lock: Lock) -> str:
    enough = min(mode for mode in Lock if mode.blocks_writes)
    weaker = f"; {enough} already keeps writers out and lets readers pass"
    return (
        "Leave it out: each statement takes the lock that it needs. Where a copy must not miss "
        "writes, keep both tables equal with a trigger instead"
        f"{weaker if lock.blocks_reads else ''}."
    )
