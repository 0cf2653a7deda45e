"""What a gate answers."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """May this deploy enter a stage?"""

    SAFE = "safe"
    UNSAFE = "unsafe"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for a verdict; `code` is machine-readable, `evidence` says what it rests on."""

    code: str
    message: str
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class StageVerdict:
    """The gate's answer for one stage; `next` is the one thing to do."""

    stage: int
    deploy: str | None
    verdict: Verdict
    reasons: tuple[Reason, ...]
    next: str | None
