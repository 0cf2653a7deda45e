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

_UNDECIDED = {
    "change-column-type": Severity.NOTE,
    "schema-and-code-together": Severity.WARNING,
}
"""Rules whose low confidence means that a fact which decides is not known, from a severity on."""


def stage_one(
    report: Report, *, deploy: str | None = None, next: str | None = None
) -> StageVerdict:
    """Return whether what a report covers may be applied with traffic on the old code.

    Errors shut the gate. A baseline opens it for what makes traffic wait or fails itself, not for
    harm to old code or data. What could not be read or is not known leaves it inconclusive. A
    suppression silences lint, but harm to old code or data is listed here as an override.

    Args:
        report: What lint says.
        deploy: The deploy of a plan that the report covers.
        next: What to do about it; by default the plan for the first shut migration.
    """
    # What harms old code or data does so however long it has been known.
    kept = [finding for finding in report.known if not ROLLBACK_HAZARDS.isdisjoint(finding.hazards)]
    found = (*report.findings, *kept)
    shut = [finding for finding in found if finding.severity is Severity.ERROR]
    unknown = [
        finding
        for finding in found
        if finding.confidence is Confidence.LOW
        and finding.rule in _UNDECIDED
        and finding.severity >= _UNDECIDED[finding.rule]
    ]
    reasons = [
        *(_reason(finding.rule, finding) for finding in shut),
        *(Reason("unreadable-file", f"{e.path}: {e.message}", None) for e in report.errors),
        *(_reason(finding.rule, finding) for finding in unknown if finding not in shut),
        *_not_understood(report),
        *_overrides(report),
        *_known(len(report.known) - len(kept)),
        *_nothing_new(report),
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


def _known(count: int) -> list[Reason]:
    if not count:
        return []
    plural = "finding was" if count == 1 else "findings were"
    return [Reason("known", f"{count} {plural} there before, and left out", None)]


def _nothing_new(report: Report) -> list[Reason]:
    if report.since is None or report.judged:
        return []
    return [Reason("nothing-new", f"no migration is new since {report.since}", None)]


def _overrides(report: Report) -> list[Reason]:
    return [
        _reason("override", finding)
        for finding in report.suppressed
        if not ROLLBACK_HAZARDS.isdisjoint(finding.hazards) and finding.severity is Severity.ERROR
    ]
