"""Stage 1 for a deploy of a plan: reviewed bytes, what is recorded, and its own lint report."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from migsafe.gating.migrations import stage_one
from migsafe.ledger.released import Released
from migsafe.lint.gated import retired_before
from migsafe.model.findings import Report
from migsafe.model.plan import DeployKind, Plan
from migsafe.model.verdict import Reason, StageVerdict, Verdict
from migsafe.planning.directory import Problem
from migsafe.render import argument


def deploy_verdict(
    plan: Plan,
    number: int,
    released: Released,
    problems: Iterable[Problem],
    report: Report | None,
    *,
    place: Path,
) -> StageVerdict:
    """Return whether a deploy of a plan may enter Stage 1.

    It may when the directory holds what migsafe writes, every deploy before it is recorded as
    done, and nothing speaks against its files but what the plan accounts for. Recording a
    deploy as done attests the evidence of its gate; a first deploy that needs evidence has
    nothing that could attest it, and stays inconclusive.

    Args:
        plan: The plan.
        number: Its deploy.
        released: What is recorded of the plan.
        problems: What is not as migsafe writes it.
        report: The lint report of the deploy's files; None for a code deploy.
        place: The plan directory.
    """
    edited = [_not_as_written(each) for each in problems]
    missing = list(_not_done(plan, number, released))
    retired = list(_not_retired(plan, number, released))
    asked = list(_conditions(plan, number, released))
    judged = StageVerdict(1, None, Verdict.SAFE, (), None)
    if report is not None:
        judged = stage_one(report)
    verdict = judged.verdict
    if edited or missing or retired:
        verdict = Verdict.UNSAFE
    elif verdict is Verdict.SAFE and any(reason.code == "evidence-missing" for reason in asked):
        verdict = Verdict.INCONCLUSIVE
    reasons = (*edited, *missing, *retired, *judged.reasons, *asked)
    following = None if edited else _next(plan, number, released, verdict, place)
    return StageVerdict(1, f"{number} of {plan.id}", verdict, reasons, following)


def complete_verdict(plan: Plan, problems: Iterable[Problem]) -> StageVerdict:
    """Return the answer where every deploy is recorded as done: nothing is left to enter.

    A plan that somebody shortened is not complete.

    Args:
        plan: The plan.
        problems: What is not as migsafe writes it; that others went on since is no harm.
    """
    edited = tuple(_not_as_written(each) for each in problems if each.code != "stale")
    if edited:
        return StageVerdict(1, plan.id, Verdict.UNSAFE, edited, None)
    done = Reason("complete", "every deploy of the plan is recorded as done", "released.json")
    return StageVerdict(1, plan.id, Verdict.SAFE, (done,), None)


def _not_as_written(problem: Problem) -> Reason:
    return Reason(f"plan-{problem.code}", problem.message, problem.path)


def _next(plan: Plan, number: int, released: Released, verdict: Verdict, place: Path) -> str | None:
    """Return the command that goes on with the plan, None where it needs something else."""
    first = released.next_deploy(number - 1) or number
    if first == number and verdict is not Verdict.SAFE:
        return None
    is_file = plan.deploys[first - 1].kind is not DeployKind.CODE
    verb = "release" if is_file and not released.is_out(first) else "done"
    return f"migsafe plan {verb} {argument(place)} --deploy {first}"


def _not_done(plan: Plan, number: int, released: Released) -> Iterator[Reason]:
    for before in range(1, number):
        if not released.is_done(before):
            yield Reason(
                "predecessor-not-done",
                f"deploy {before} ({plan.deploys[before - 1].title}) is not recorded as done",
                "released.json",
            )


def _not_retired(plan: Plan, number: int, released: Released) -> Iterator[Reason]:
    """Yield the versions that must be gone, and that no code deploy recorded as done replaced."""
    replaced = max(
        (
            max(deploy.works_with, default=0)
            for at, deploy in enumerate(plan.deploys[: number - 1], start=1)
            if deploy.kind is DeployKind.CODE and released.is_done(at)
        ),
        default=0,
    )
    gone = {version.id for version in plan.code_versions[:replaced]}
    for version in retired_before(plan, number):
        if version not in gone:
            yield Reason(
                "version-not-retired",
                f"code version {version} does not work with this deploy, and nothing records "
                "that it was replaced",
                "released.json",
            )


def _conditions(plan: Plan, number: int, released: Released) -> Iterator[Reason]:
    """Yield the evidence that the deploy's gate asks for, and what attests it."""
    event = next((each for each in reversed(released.events) if each.deploy == number - 1), None)
    for condition in plan.deploys[number - 1].gate:
        asked = f"{condition.evidence}: expected {condition.expect}"
        if event is not None and released.is_done(number - 1):
            who = f" by {event.by}" if event.by else ""
            yield Reason("attested", asked, f"deploy {number - 1} done {event.at}{who}")
        else:
            yield Reason("evidence-missing", asked, condition.sql)
