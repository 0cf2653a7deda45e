"""Locks that wait without end, with everybody else behind them."""

from collections.abc import Iterator

from migsafe.context import Applied, Context, Deploy
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import ResetParameter, SetParameter

_PARAMETER = "lock_timeout"


def check_deploy(deploy: Deploy, context: Context) -> Iterator[Finding]:
    """Report the first lock of a deploy that no lock_timeout bounds."""
    if context.settings.lock_timeout == "role":
        return
    limit = int(context.options["max_ms"])
    last: Applied | None = None
    for applied in deploy.up:
        match applied.operation:
            case SetParameter(parameter=parameter) if parameter == _PARAMETER:
                last = applied
            case ResetParameter(parameter=parameter) if parameter in {_PARAMETER, None}:
                last = applied
            case _:
                pass
        waits = applied.timeouts.lock_ms
        if waits is not None and waits <= limit:
            continue
        at = context.at(applied)
        relation = _blocked(applied, at)
        if relation is not None:
            yield _finding(relation, waits, last, at)
            return


def _blocked(applied: Applied, context: Context) -> Name | None:
    """Return the busy relation that is locked most strongly against reads or writes."""
    locks = [
        (lock, name)
        for name, lock in applied.effects.locks.items()
        if lock.blocks_writes and context.is_busy(name)
    ]
    return max(locks, key=lambda pair: pair[0])[1] if locks else None


def _finding(relation: Name, waits: int | None, last: Applied | None, context: Context) -> Finding:
    lock = context.effects.locks[relation]
    scope = "SET LOCAL" if context.current.transaction.is_open else "SET"
    value_unknown = False
    if waits is not None:
        why = f"lock_timeout is {waits / 1000:g} s, which is longer than traffic can wait"
    elif last is None:
        why = "no lock_timeout is set"
    else:
        why, value_unknown = _why_none(last)
    return context.finding(
        f"{why[0].upper()}{why[1:]}: one long query on {relation} holds up this {lock} lock, and "
        f"all {lock.blocks} of {relation} queue behind it.",
        help=f"{scope} lock_timeout = '2s' before it, and run the migration again when it gives "
        'up; or set it for the role that migrates and configure lock-timeout = "role".',
        relations=(relation,),
        confidence=Confidence.LOW if value_unknown else Confidence.HIGH,
    )


def _why_none(last: Applied) -> tuple[str, bool]:
    """Return why the last word about lock_timeout bounds nothing, and whether that is a guess."""
    match last.operation:
        case SetParameter(local=True) if not last.transaction.is_open:
            return f"SET LOCAL in line {last.line} has no effect outside a transaction", False
        case SetParameter(local=True, value=value) if value is not None and not _is_zero(value):
            return f"SET LOCAL lock_timeout of line {last.line} ended with its transaction", False
        case SetParameter(value=str() as value) if _is_zero(value):
            return f"lock_timeout = {value} in line {last.line} means to wait for ever", False
        case SetParameter():
            return f"the lock_timeout of line {last.line} is not known", True
        case _:
            return f"line {last.line} takes the lock_timeout back", False


def _is_zero(value: str) -> bool:
    return not value.strip("0 '.msinhdu")
