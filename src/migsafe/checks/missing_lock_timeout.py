"""Locks that wait without end, with everybody else behind them."""

from collections.abc import Iterator

from migsafe.context import Applied, Context, Deploy, Run
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import ResetParameter, SetParameter
from migsafe.model.record import record

_PARAMETER = "lock_timeout"


def check_run(run: Run, context: Context) -> Iterator[Finding]:
    """Report the first lock of a deploy that no lock_timeout bounds.

    A run in which nobody set a timeout has one mistake, not one in each migration: it is said
    of the newest, which is the one that can still be changed.
    """
    if context.settings.lock_timeout == "role":
        return
    unset: list[_Unbounded] = []
    for deploy in run.deploys:
        for found in _unbounded(deploy, context):
            if found.last is None and found.waits is None:
                unset.append(found)
            else:
                yield _finding(found, 0, context)
            if not context.is_silenced(found.applied):
                break
    for *others, newest in context.said_once(unset, lambda each: each.applied):
        yield _finding(newest, len(others), context)


@record
class _Unbounded:
    """A lock, the relation it is on, the timeout in force, and who spoke of it last."""

    applied: Applied
    relation: Name
    waits: int | None
    last: Applied | None


def _unbounded(deploy: Deploy, context: Context) -> Iterator[_Unbounded]:
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
        relation = _blocked(applied, context.at(applied))
        if relation is not None:
            yield _Unbounded(applied, relation, waits, last)


def _blocked(applied: Applied, context: Context) -> Name | None:
    """Return the busy relation that is locked most strongly against reads or writes."""
    locks = [
        (lock, name)
        for name, lock in applied.effects.locks.items()
        if lock.blocks_writes and context.is_busy(name)
    ]
    return max(locks, key=lambda pair: pair[0])[1] if locks else None


def _finding(found: _Unbounded, others: int, context: Context) -> Finding:
    at = context.at(found.applied)
    relation, waits = found.relation, found.waits
    lock = at.effects.locks[relation]
    transaction = found.applied.transaction
    # SET LOCAL does nothing, and says little, where it turns out that there is none.
    scope = "SET LOCAL" if transaction.is_open and transaction.certain else "SET"
    setting = f"{scope} lock_timeout = '2s'"
    if found.applied.origin.call_span is not None:
        setting = f'op.execute("{setting}")'
    known = True
    if waits is not None:
        why = f"A lock_timeout of {waits / 1000:g} s is longer than traffic can wait"
    elif found.last is None:
        earlier = f"{others} earlier migration{'s' * (others > 1)}"
        why = f"No lock_timeout is set{f', nor in {earlier}' * bool(others)}"
    else:
        why, known = _why_none(found.last, found.applied)
    # A query holds up what keeps reads out; a writer what keeps writes out, until it commits.
    holder, who = (
        (f"one long query on {relation}", f"all reads and writes of {relation}")
        if lock.blocks_reads
        else (f"one long transaction that has written to {relation}", f"all writes to {relation}")
    )
    return at.finding(
        f"{why}: {holder} holds up this {lock} lock, and {who} queue behind it.",
        help=f"{setting} before it, and run the migration again when it gives "
        'up; or set it for the role that migrates and configure lock-timeout = "role".',
        relations=(relation,),
        confidence=Confidence.HIGH if known else Confidence.LOW,
    )


def _why_none(last: Applied, here: Applied) -> tuple[str, bool]:
    """Return why the last word about lock_timeout bounds nothing, and whether that is known."""
    same = last.section.path == here.section.path
    where = f"in line {last.line}" if same else f"in {last.section.path}:{last.line}"
    match last.operation:
        case SetParameter(local=True) if not last.transaction.is_open:
            return f"SET LOCAL lock_timeout {where} has no effect outside a transaction", True
        case SetParameter(value=str() as value) if _is_zero(value):
            return f"The lock_timeout {where} is {value}, which waits for ever", True
        case SetParameter(local=True) if last.transaction.number != here.transaction.number:
            return f"The SET LOCAL lock_timeout {where} ended with its transaction", True
        case SetParameter():
            return f"The value of the lock_timeout {where} is not known", False
        case _:
            return f"The lock_timeout is taken back {where}", True


def _is_zero(value: str) -> bool:
    """Say whether a duration is zero, in whatever unit."""
    return not value.strip("0. 'usmindh")
