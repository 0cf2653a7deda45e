"""Findings and the report that holds them."""

from collections.abc import Mapping
from dataclasses import field
from enum import IntEnum, StrEnum

from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.migration import Place
from migsafe.model.origin import SectionName
from migsafe.model.record import record
from migsafe.model.verdict import Verdict


class Severity(IntEnum):
    """How grave a finding is; an error shuts Stage 1. OFF is a rule that does not speak."""

    OFF = 0
    NOTE = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        """Return the word used in every format."""
        return self.name.lower()


class Confidence(StrEnum):
    """How sure a finding is of its facts."""

    HIGH = "high"
    LOW = "low"


class Hazard(StrEnum):
    """Kinds of harm."""

    BLOCKS_READS = "blocks-reads"
    BLOCKS_WRITES = "blocks-writes"
    REWRITES_TABLE = "rewrites-table"
    SCANS_TABLE = "scans-table"
    BREAKS_OLD_CODE = "breaks-old-code"
    CHANGES_RESULTS = "changes-results"
    LOSES_DATA = "loses-data"
    IRREVERSIBLE = "irreversible"
    FAILS_ON_EXISTING_DATA = "fails-on-existing-data"
    FAILS_AT_RUNTIME = "fails-at-runtime"
    SILENT_NO_OP = "silent-no-op"
    UNKNOWN = "unknown"


ROLLBACK_HAZARDS = frozenset(
    {
        Hazard.BREAKS_OLD_CODE,
        Hazard.CHANGES_RESULTS,
        Hazard.LOSES_DATA,
        Hazard.IRREVERSIBLE,
    }
)
"""The hazards whose harm is to versions of code or to values, not to traffic."""


@record
class RelationLock:
    """A relation of a finding; `lock` is None where none is taken or none is known."""

    name: Name
    lock: Lock | None = None


@record
class Finding:
    """One report.

    `place` is the statement (for Alembic the `op.` call), `focus` the sub-command in it.
    `gated_by` names the plan whose gate decides instead, `silenced` is the reason that a comment
    gives for silencing it. `identity` is what stays the same
    when lines move; `repeated` tells those apart that share it, in the order of their places.
    """

    rule: str
    severity: Severity
    confidence: Confidence
    hazards: tuple[Hazard, ...]
    place: Place
    focus: Place
    section: SectionName | None
    relations: tuple[RelationLock, ...]
    message: str
    help: str
    identity: str
    repeated: int = 0
    gated_by: str | None = None
    silenced: str | None = None

    @property
    def fingerprint(self) -> str:
        """What tells the finding from others, in this run and in later ones."""
        from hashlib import sha256  # noqa: PLC0415  most formats show none; it loads OpenSSL

        digest = sha256(self.identity.encode()).hexdigest()[:32]
        return f"{digest}-{self.repeated}" if self.repeated else digest


@record
class FileError:
    """A file that could not be opened or decoded."""

    path: str
    message: str
    help: str = ""
    line: int | None = None


@record
class Judged:
    """What is said about one judged migration as a whole: where it stands and its runner."""

    path: str
    runner: str
    statements: int
    understood: int


@record
class Report:
    """What a lint run found.

    `texts` maps a path to its text, for formats that show source lines. `remarks` are
    closing lines for people, such as how many migrations were replayed. `since` is what the
    judged migrations are new since, None where they were named; `changed` of them are not new
    but do something else than they did. `known` were there before and are left out.
    """

    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]
    gated: tuple[Finding, ...]
    errors: tuple[FileError, ...]
    judged: tuple[Judged, ...]
    verdict: Verdict
    replayed: int = 0
    since: str | None = None
    changed: int = 0
    known: tuple[Finding, ...] = ()
    skipped: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    plannable: tuple[str, ...] = ()
    """Paths for which `migsafe plan` has a recipe."""
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def statements(self) -> int:
        """Statements read in the judged migrations."""
        return sum(judged.statements for judged in self.judged)

    @property
    def understood(self) -> int:
        """Statements whose every operation is of a known kind."""
        return sum(judged.understood for judged in self.judged)

    def count(self, severity: Severity) -> int:
        """Return how many findings have a severity."""
        return sum(1 for finding in self.findings if finding.severity is severity)
