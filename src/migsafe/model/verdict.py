"""What a gate answers."""

from enum import StrEnum

from migsafe.model.record import record


class Verdict(StrEnum):
    """May this deploy enter a stage?"""

    SAFE = "safe"
    UNSAFE = "unsafe"
    INCONCLUSIVE = "inconclusive"


@record
class Reason:
    """One reason for a verdict; `code` is machine-readable, `evidence` says what it rests on."""

    code: str
    message: str
    evidence: str | None = None


@record
class StageVerdict:
    """The gate's answer for one stage; `next` is the one thing to do."""

    stage: int
    deploy: str | None
    verdict: Verdict
    reasons: tuple[Reason, ...]
    next: str | None
