"""What the gate makes of a plan and of what is recorded of it."""

from pathlib import Path

import planmaking
from migsafe.gating.plans import complete_verdict, deploy_verdict
from migsafe.ledger.released import Event, EventKind, Released
from migsafe.model.verdict import StageVerdict, Verdict
from migsafe.planning.directory import Problem

PLAN = planmaking.plan()
EDITED = Problem("edited", "plans/it/plan.json", "is not what migsafe writes for this plan")
STALE = Problem("stale", "plans/it/plan.json", "0005_fix touched its tables")


def done(*numbers: int) -> Released:
    """Return a record in which some deploys were released and are done."""
    kinds = (EventKind.RELEASED, EventKind.DONE)
    events = (Event(number, kind, planmaking.AT) for number in numbers for kind in kinds)
    return Released(PLAN.id, tuple(events))


def verdict(number: int, released: Released, *problems: Problem) -> StageVerdict:
    return deploy_verdict(PLAN, number, released, problems, None, place=Path("plans/a plan"))


def codes(answer: StageVerdict) -> list[str]:
    return [reason.code for reason in answer.reasons]


def test_an_open_gate_names_the_command_that_goes_on() -> None:
    answer = verdict(1, done())
    assert answer.verdict is Verdict.SAFE
    assert answer.next == "migsafe plan release 'plans/a plan' --deploy 1"


def test_a_deploy_waits_for_those_before_and_the_first_of_them_is_next() -> None:
    answer = verdict(4, done(1))
    assert answer.verdict is Verdict.UNSAFE
    assert codes(answer).count("predecessor-not-done") == 2
    assert answer.next == "migsafe plan release 'plans/a plan' --deploy 2"


def test_code_that_nothing_records_as_replaced_shuts_the_gate() -> None:
    assert "version-not-retired" in codes(verdict(4, done(1, 2)))
    assert "version-not-retired" not in codes(verdict(4, done(1, 2, 3)))


def test_a_recorded_predecessor_attests_the_evidence() -> None:
    answer = verdict(4, done(1, 2, 3))
    assert answer.verdict is Verdict.SAFE
    assert codes(answer) == ["attested"]


def test_an_edited_plan_shuts_the_gate_and_nothing_is_next() -> None:
    answer = verdict(1, done(), EDITED)
    assert (answer.verdict, codes(answer), answer.next) == (Verdict.UNSAFE, ["plan-edited"], None)


def test_a_plan_that_somebody_shortened_is_not_complete() -> None:
    assert complete_verdict(PLAN, [EDITED]).verdict is Verdict.UNSAFE
    assert complete_verdict(PLAN, [STALE]).verdict is Verdict.SAFE
