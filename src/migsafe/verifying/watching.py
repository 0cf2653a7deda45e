"""One statement on its stage: run, looked at, and committed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from migsafe.model.compatibility import Outcome
from migsafe.model.effects import (
    Certain,
    Effects,
    Fact,
    Fails,
    Never,
    OnData,
    TransactionNeed,
    Unknown,
)
from migsafe.model.expressions import Name
from migsafe.model.inspection import OldCode
from migsafe.model.locks import Lock
from migsafe.model.migration import Statement
from migsafe.model.operations import (
    ChangeRole,
    CreateExtension,
    ResetParameter,
    SetParameter,
)
from migsafe.model.record import record
from migsafe.verifying import measure, rows
from migsafe.verifying.measure import Measured, OutsideOnlyError
from migsafe.verifying.oldcode import Met
from migsafe.verifying.scratch import Scratch
from migsafe.verifying.sending import Sent
from migsafe.verifying.stage import Stage

_ON_DATA = ("22", "23", "P0", "XX")
_NOT_ALLOWED = "42501"
_SHOWN = 5


@record
class Watched:
    """What was seen of one statement."""

    effects: Effects
    breaks: bool | None
    loses: bool | None
    unmeasured: tuple[tuple[str, str], ...] = ()
    old_code: tuple[OldCode, ...] = ()
    remarks: tuple[str, ...] = ()


def unmeasured(reason: str) -> Watched:
    """Return what is known of a statement that was not run: nothing."""
    return Watched(
        Effects(brief=False, unknown=tuple(Unknown(fact, reason) for fact in Fact)),
        None,
        None,
        (("breaks_old_code", reason), ("loses_data", reason)),
    )


def watched(
    place: Scratch, stage: Stage, statement: Statement, message: Sent, local: list[str]
) -> Watched:
    """Run a statement on its stage and return what it did; what works stays done.

    Args:
        place: Where copies can be made.
        stage: Where it runs.
        statement: What it says; its settings are kept for later ones.
        message: What is sent.
        local: What SET LOCAL said before it in its transaction; added to here.
    """
    texts = message.texts
    found = _run(stage, texts, tuple(local))
    how = ""
    fails: Fails = Never()
    remarks = ("it stands under a condition, and was run",) if message.condition else ()
    if found.stopped:
        return unmeasured(f"it was stopped after {measure.PATIENCE:.0f} seconds")
    if found.sqlstate is not None:
        limit = _limit(found, statement)
        if limit is not None:
            return unmeasured(f"{limit}: {found.sqlstate} {found.error}")
        first = found
        eased = _eased(place, stage, texts, tuple(local)) if _by_data(found) else None
        if eased is None:
            effects = Effects(
                fails=Certain(first.sqlstate or "", first.error),
                transaction=_need(first),
                brief=False,
                unknown=_unseen("nothing: it fails"),
            )
            return Watched(effects, breaks=False, loses=False, remarks=remarks)
        found, how = eased
        fails = OnData(first.sqlstate or "", first.error)
        remarks = (*remarks, f"it fails on the rows here: measured with {how}")
    for operation in statement.operations:
        match operation:
            case SetParameter(local=True):
                local.extend(texts)
            case SetParameter() | ResetParameter() | ChangeRole():
                stage.settings.extend(texts)
            case _:
                pass
    empty = stage.data.empty & {
        name for name, lock in found.locks.items() if lock > Lock.ROW_EXCLUSIVE
    }
    met, lost = stage.after(touched=found.touched, wrote=found.wrote)
    if how and stage.rows:
        # Later statements need rows as well, now ones that fit what this one made.
        with stage.aside(), place.connect(stage.database) as session:
            rows.reduce(session, stage.rows, stage.seed)
        stage.look()
    return Watched(
        _effects(found, fails, empty),
        breaks=any(one.outcome is Outcome.FAILS for one in met),
        loses=lost if isinstance(lost, bool) else None,
        unmeasured=() if isinstance(lost, bool) else (("loses_data", lost),),
        old_code=_shown(met),
        remarks=remarks,
    )


def _limit(found: Measured, statement: Statement) -> str | None:
    """Return why a failure is the doing of how it was measured, and not of the statement."""
    if found.sqlstate == _NOT_ALLOWED:
        return "the role that measures is no superuser"
    if any(isinstance(each, CreateExtension) for each in statement.operations):
        return "this server does not have the extension"
    return None


def _effects(found: Measured, fails: Fails, empty: frozenset[Name]) -> Effects:
    unknown: list[Unknown] = []
    if found.forbidden:
        reason = "outside a transaction nothing tells what was read"
        unknown.append(Unknown(Fact.SCANS, reason))
    elif empty:
        reason = f"no rows are in {', '.join(map(str, sorted(empty)))}"
        unknown.extend(Unknown(fact, reason) for fact in (Fact.SCANS, Fact.REWRITES, Fact.BUILDS))
    if isinstance(fails, Never) and found.touched:
        reason = "other rows: it did not fail on those here"
        unknown.append(Unknown(Fact.FAILS, reason))
    return Effects(
        locks=dict(sorted(found.locks.items())),
        rewrites=tuple(sorted(found.rewrites)),
        scans=tuple(sorted(found.scans)),
        builds=tuple(sorted(found.builds)),
        transaction=_need(found),
        fails=fails,
        brief=not (found.rewrites or found.scans or found.builds),
        unknown=tuple(unknown),
    )


def _need(found: Measured) -> TransactionNeed:
    return TransactionNeed.FORBIDDEN if found.forbidden else TransactionNeed.ALLOWED


def _unseen(reason: str) -> tuple[Unknown, ...]:
    facts = (Fact.LOCKS, Fact.REWRITES, Fact.SCANS, Fact.BUILDS)
    return tuple(Unknown(fact, reason) for fact in facts)


def _by_data(found: Measured) -> bool:
    return (found.sqlstate or "").startswith(_ON_DATA)


def _shown(met: tuple[Met, ...]) -> tuple[OldCode, ...]:
    """Return the worst of each kind and relation, a few of each."""
    counts: dict[tuple[object, ...], int] = {}
    shown: list[OldCode] = []
    for one in met:
        key = (one.old.kind, one.old.relation, one.outcome)
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= _SHOWN:
            old = one.old
            shown.append(OldCode(old.kind, old.relation, old.sql, one.outcome, one.sqlstate))
    return tuple(shown)


# --- running it ---------------------------------------------------------------------------


def _run(stage: Stage, texts: tuple[str, ...], local: tuple[str, ...]) -> Measured:
    """Run a statement and commit; outside of a transaction where it must be."""
    *earlier, last = texts
    try:
        found = measure.measure(stage.session, last, (*local, *earlier))
    except OutsideOnlyError:
        return _run_outside(stage, texts)
    if found.sqlstate is None:
        failure = measure.run(stage.session, "COMMIT")
        if failure is not None:
            return failure
    return found


def _run_outside(stage: Stage, texts: tuple[str, ...]) -> Measured:
    *earlier, last = texts

    @contextmanager
    def fresh() -> Iterator[Callable[[], psycopg.Connection]]:
        with stage.copy() as connect:
            yield connect

    with stage.aside():
        found = measure.measure_outside(fresh, last, (*stage.settings, *earlier))
    if found.sqlstate is None:
        for text in texts:
            failure = measure.run(stage.session, text)
            if failure is not None:
                return failure
    return found


def _eased(
    place: Scratch, stage: Stage, texts: tuple[str, ...], local: tuple[str, ...]
) -> tuple[Measured, str] | None:
    """Run a statement with one plain row a table, else with none; None if it fails then too.

    The stage moves to the database in which it works.
    """
    original = stage.database
    for count, how in ((1, "one row a table"), (0, "no rows")):
        stage.close()
        other = place.create(original)
        with place.connect(other) as session:
            rows.reduce(session, count, stage.seed)
        stage.move(other)
        stage.look()
        found = _run(stage, texts, local)
        if found.sqlstate is None:
            place.drop(original)
            return found, how
        stage.close()
        place.drop(other)
        stage.move(original)
    stage.look()
    return None
