"""Stage 1 for migrations: the lint report, read as a gate reads it."""

from migsafe.model.findings import (
    ROLLBACK_HAZARDS,
    Confidence,
    Finding,
    Report,
    Severity,
)
from migsafe.model.verdict import Reason, StageVerdict, Verdict
from migsafe.render import argument

_UNDECIDED = frozenset({"change-column-type"})
"""Rules whose low confidence means that a fact which decides is not known."""


def stage_one(
    report: Report, *, deploy: str | None = None, next: str | None = None
) -> StageVerdict:
    """Return whether what a report covers may be applied with traffic on the old code.

    Errors shut the gate. What could not be read or is not known leaves it inconclusive. A
    suppression silences lint, but harm to old code or data is listed here as an override.

    Args:
        report: What lint says.
        deploy: The deploy of a plan that the report covers.
        next: What to do about it; by default the plan for the first shut migration.
    """
    shut = [finding for finding in report.findings if finding.severity is Severity.ERROR]
    unknown = [
        finding
        for finding in report.findings
        if finding.confidence is Confidence.LOW and finding.rule in _UNDECIDED
    ]
    reasons = [
        *(_reason(finding.rule, finding) for finding in shut),
        *(Reason("unreadable-file", f"{e.path}: {e.message}", None) for e in report.errors),
        *(_reason(finding.rule, finding) for finding in unknown if finding not in shut),
        *_not_understood(report),
        *_overrides(report),
    ]
    inconclusive = bool(unknown) or bool(report.errors) or report.understood < report.statements
    verdict = Verdict.SAFE
    if shut:
        verdict = Verdict.UNSAFE
    elif inconclusive:
        verdict = Verdict.INCONCLUSIVE
    if next is None and report.plannable:
        next = f"migsafe plan {argument(report.plannable[0])}"  # noqa: A001  the contract's own word
    return StageVerdict(1, deploy, verdict, tuple(reasons), next)


def _reason(code: str, finding: Finding) -> Reason:
    place = finding.place
    return Reason(code, finding.message, f"{place.path}:{place.line}")


def _not_understood(report: Report) -> list[Reason]:
    return [
        Reason(
            "not-understood",
            f"{judged.statements - judged.understood} of {judged.statements} "
            f"{'statement was' if judged.statements == 1 else 'statements were'} not understood",
            judged.path,
        )
        for judged in report.judged
        if judged.understood < judged.statements
    ]


def _overrides(report: Report) -> list[Reason]:
    return [
        _reason("override", finding)
        for finding in report.suppressed
        if not ROLLBACK_HAZARDS.isdisjoint(finding.hazards) and finding.severity is Severity.ERROR
    ]
