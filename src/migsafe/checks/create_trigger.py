"""Triggers and rules that run inside statements of running code."""

from collections.abc import Iterator

from migsafe.catalog.syncing import SYNC_TRIGGER
from migsafe.context import Context
from migsafe.model.findings import Finding, Hazard
from migsafe.model.operations import CreateRule, CreateTrigger

"""The names of the triggers by which a plan keeps old and new columns equal begin so."""
_RULE = (Hazard.BLOCKS_READS, Hazard.BLOCKS_WRITES, Hazard.CHANGES_RESULTS)


def check_operation(operation: CreateTrigger | CreateRule, context: Context) -> Iterator[Finding]:
    """Report a trigger or rule on a table or view that running code uses."""
    table = operation.table
    if not context.is_live(table):
        return
    lock = context.effects.lock_on(context.catalog.key(table))
    blocked = "writes" if lock is None else lock.blocks
    if isinstance(operation, CreateRule):
        yield context.finding(
            f"The rule {operation.rule} turns every {operation.event} of running code on {table} "
            f"into something else from here on, and the count of rows that it gets back; "
            f"{blocked} of {table} wait for an instant.",
            help="Use a trigger, which sees each row once and leaves the statement as it is.",
            case="rule",
            hazards=_RULE,
        )
        return
    if operation.trigger.startswith(SYNC_TRIGGER):
        return
    others = len(context.effects.locks) - 1
    everywhere = f" and its {others} partitions" if others > 0 else ""
    to = "to" if blocked == "writes" else "of"
    events = " and ".join(event.upper() for event in operation.events)
    yield context.finding(
        f"From here on each {events} of running code on {table}{everywhere} runs "
        f"{operation.function}, takes longer by it, and fails when it does; {blocked} {to} "
        f"{table}{everywhere} wait for an instant.",
        help=f"See that {operation.function} accepts what running code writes, and drop the "
        "trigger first when something goes wrong.",
    )
