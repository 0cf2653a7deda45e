"""One harm, one finding; and what counts in the way down."""

from collections.abc import Iterable, Iterator, Mapping

from migsafe.config import Settings
from migsafe.context import Silencing
from migsafe.model.expressions import Name
from migsafe.model.findings import ROLLBACK_HAZARDS, Finding, Hazard, Severity
from migsafe.model.migration import Place
from migsafe.model.origin import SectionName
from migsafe.model.pattern import pattern
from migsafe.model.record import replace

_FIRST_WINS = (
    ("narrow-column-type", "change-column-type", "change-collation"),
    ("backfill-in-schema-transaction", "whole-table-update"),
    (
        "backfill-in-schema-transaction",
        "validate-in-same-transaction",
        "wide-lock-window",
    ),
    ("default-dropped-after-add", "drop-default"),
    ("expand-and-contract-together", "drop-column"),
    ("contract-before-expand", "schema-and-code-together"),
    ("add-domain-constraint", "restrict-writes"),
    ("enum-value-unknown-to-old-code", "rename-object"),
)
_BEATEN_BY: dict[str, frozenset[str]] = {}
for _order in _FIRST_WINS:
    for _at, _rule in enumerate(_order):
        _BEATEN_BY[_rule] = _BEATEN_BY.get(_rule, frozenset()) | frozenset(_order[:_at])

_LOCK_HAZARDS = frozenset(
    {
        Hazard.BLOCKS_READS,
        Hazard.BLOCKS_WRITES,
        Hazard.REWRITES_TABLE,
        Hazard.SCANS_TABLE,
    }
)

_REFUSED = pattern(r"The statement is refused (\(\w{5}\)): (.*)\.")
"""What invalid-reference says where no other rule names the error."""

_ABOUT_THE_WAY_DOWN = frozenset({"lossy-downgrade"})
"""Rules whose subject is what the way down does to values."""


def one_harm_one_finding(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings without those whose harm another rule already reports.

    Two rules see the same harm when they speak of the same operation; the order is that
    of the rulebook. What a loop or a function of a revision runs again is said once.
    """
    kept = tuple({(each.rule, each.focus, each.message): each for each in findings}.values())
    at: dict[Place, list[Finding]] = {}
    for finding in kept:
        at.setdefault(finding.focus, []).append(finding)
    return tuple(finding for finding in kept if not _is_said(finding, at[finding.focus]))


def _is_said(finding: Finding, together: Iterable[Finding]) -> bool:
    """Say whether another finding of the operation reports a harm already."""
    beaten_by = _BEATEN_BY.get(finding.rule, frozenset())
    refusal = _REFUSED.fullmatch(finding.message)
    return any(
        other.rule in beaten_by
        # One statement may be refused for several objects: the reason tells which it is.
        or (refusal is not None and all(part in other.message for part in refusal.groups()))
        for other in together
        if other is not finding
    )


def way_down(
    findings: Iterable[Finding],
    settings: Settings,
    dropped: Mapping[str, frozenset[Name]],
    silencing: Silencing,
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the findings of the ways up as they are, and what remains of those below.

    In a `down` old code is not judged (it is what the down brings back), and locks make
    one note for each migration, a warning where downgrades are required. Nobody waits for
    long for a table that the same way down drops: `dropped` are those by path. What a comment
    silences makes a note of its own, so that the others are still said.
    """
    level = Severity.WARNING if settings.downgrades == "required" else Severity.NOTE
    ups: list[Finding] = []
    downs: list[Finding] = []
    locks: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.section is not SectionName.DOWN or finding.rule in _ABOUT_THE_WAY_DOWN:
            ups.append(finding)
        elif _LOCK_HAZARDS.isdisjoint(finding.hazards):
            if ROLLBACK_HAZARDS.isdisjoint(finding.hazards):
                downs.append(finding)
        elif ROLLBACK_HAZARDS.isdisjoint(finding.hazards) and not _all_dropped(finding, dropped):
            if silencing(finding.rule, finding.place, finding.focus):
                downs.append(_one_note([finding], level))
            else:
                locks.setdefault(finding.place.path, []).append(finding)
    downs.extend(_one_note(found, level) for found in locks.values())
    return tuple(ups), tuple(downs)


def _all_dropped(finding: Finding, dropped: Mapping[str, frozenset[Name]]) -> bool:
    gone = dropped.get(finding.place.path, frozenset())
    return bool(finding.relations) and all(each.name in gone for each in finding.relations)


def _one_note(findings: list[Finding], level: Severity) -> Finding:
    gravest = max(findings, key=lambda finding: finding.severity)
    others = len(findings) - 1
    more = f" {others} more lock{'s' * (others > 1)} in this way down." if others else ""
    return replace(
        gravest,
        severity=min(level, gravest.severity),
        message=f"The way down: {gravest.message}{more}",
    )


def by_profile(findings: Iterable[Finding], profile: str) -> Iterator[Finding]:
    """Yield the findings that a profile shows; `legacy` keeps errors about code and data."""
    for finding in findings:
        if finding.severity is Severity.OFF:
            continue
        if profile == "legacy" and (
            finding.severity is not Severity.ERROR or ROLLBACK_HAZARDS.isdisjoint(finding.hazards)
        ):
            continue
        yield finding
