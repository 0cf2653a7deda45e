"""Triggers, and with them foreign keys, turned off."""

from collections.abc import Iterator

from migsafe.context import Applied, Context, line_of
from migsafe.model.findings import Finding
from migsafe.model.operations import ResetParameter, SetParameter, SetTriggerState

_ROLE = "session_replication_role"


def check_operation(
    operation: SetTriggerState | SetParameter, context: Context
) -> Iterator[Finding]:
    """Report a trigger or rule that no longer fires, and a session in which none does."""
    match operation:
        case SetParameter(parameter=parameter, value=str() as value, local=local) if (
            parameter.lower() == _ROLE and value.lower() == "replica"
        ):
            until = "until COMMIT" if local else _until_reset(context)
            yield context.finding(
                f"Under {_ROLE} = replica no trigger fires for what this session writes, {until}: "
                "no foreign key is checked, no ON DELETE acts, and what triggers keep equal "
                "drifts apart without an error.",
                help="Write in an order that the foreign keys accept, or make them DEFERRABLE.",
            )
        case SetTriggerState(table=table, state=state) if _is_off(state) and context.is_live(table):
            yield _turned_off(operation, context)
        case _:
            pass


def _is_off(state: str) -> bool:
    """Say whether the state keeps a trigger from firing for ordinary sessions."""
    words = state.upper().split()
    return words[0] == "DISABLE" or words[:2] == ["ENABLE", "REPLICA"]


def _turned_off(operation: SetTriggerState, context: Context) -> Finding:
    table = operation.table
    what, lost = _what(operation)
    back = _turned_on(operation, context)
    if back is None:
        until = "from here on"
    elif context.in_same_transaction(back):
        until = (
            f"until {line_of(back, context.current)}, in what this transaction writes (running "
            f"code waits for its lock on {table})"
        )
    else:
        until = f"until {line_of(back, context.current)}, in what running code writes as well"
    return context.finding(
        f"Turning off {what} of {table}: {lost} without an error {until}.",
        help="Leave it on, and write in an order or in batches that it can follow; if it has to "
        "go, drop it in a deploy after the code that relies on it is gone.",
    )


def _what(operation: SetTriggerState) -> tuple[str, str]:
    """Return what is turned off, and what does not happen any more."""
    words = operation.state.upper().split()
    if words[-1] == "ALL":
        return "all triggers", (
            "its foreign keys are not checked, no ON DELETE acts, and what triggers keep right "
            "drifts apart"
        )
    if words[-1] == "USER":
        return "the triggers", "what they keep right drifts apart"
    if "RULE" in words:
        return f"the rule {operation.trigger}", "statements do something else"
    return f"the trigger {operation.trigger}", "what it keeps right drifts apart"


def _turned_on(operation: SetTriggerState, context: Context) -> Applied | None:
    table = context.catalog.key(operation.table)
    for later in context.later():
        match later.operation:
            case SetTriggerState(table=other, state=state, trigger=trigger) if (
                later.before.key(other) == table
                and not _is_off(state)
                and trigger in {operation.trigger, None}
            ):
                return later
            case _:
                pass
    return None


def _until_reset(context: Context) -> str:
    for later in context.later():
        match later.operation:
            case SetParameter(parameter=parameter) if parameter.lower() == _ROLE:
                return f"until {line_of(later, context.current)}"
            case ResetParameter(parameter=None):
                return f"until {line_of(later, context.current)}"
            case ResetParameter(parameter=str() as parameter) if parameter.lower() == _ROLE:
                return f"until {line_of(later, context.current)}"
            case _:
                pass
    return "until it ends, later migrations included"
