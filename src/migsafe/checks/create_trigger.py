"""Triggers and rules that run inside statements of running code."""

from collections.abc import Iterator

from migsafe.catalog.schema import TriggerState
from migsafe.catalog.syncing import SYNC_TRIGGER
from migsafe.context import Context
from migsafe.model.findings import Finding, Hazard
from migsafe.model.operations import CreateRule, CreateTrigger

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
    former = _former(operation, context)
    if former is not None and former.sql == operation.sql:
        # Another body of its function is replace-view-or-function's subject.
        return
    others = len(context.effects.locks) - 1
    everywhere = f" and its {others} partitions" if others > 0 else ""
    to = "to" if blocked == "writes" else "of"
    events = " and ".join(event.upper() for event in operation.events)
    instead = "" if former is None else f", in place of what {former.name} did,"
    yield context.finding(
        f"From here on each {events} of running code on {table}{everywhere} runs "
        f"{operation.function}{instead or ','} takes longer by it, and fails when it does; "
        f"{blocked} {to} {table}{everywhere} wait for an instant.",
        help=f"See that {operation.function} accepts what running code writes, and drop the "
        "trigger first when something goes wrong.",
    )


def _former(operation: CreateTrigger, context: Context) -> TriggerState | None:
    """Return the trigger of running code whose name a new one takes."""
    triggers = context.ship.before.triggers(operation.table)
    return next((each for each in triggers if each.name == operation.trigger), None)
