"""The index of the rule pages, grouped by what a rule is about: the first hazard of its page."""

from pathlib import Path

from migsafe import rulebook
from migsafe.model.findings import ROLLBACK_HAZARDS, Hazard, Severity
from migsafe.rulebook import DEFAULT_CASE, Rule

PATH = Path(__file__).parents[3] / "rules" / "README.md"
_TRAFFIC = frozenset(
    {
        Hazard.BLOCKS_READS,
        Hazard.BLOCKS_WRITES,
        Hazard.REWRITES_TABLE,
        Hazard.SCANS_TABLE,
    }
)
_GROUPS = {
    "Compatibility and rollback: old code keeps running, and can come back": ROLLBACK_HAZARDS,
    "Locks and time": _TRAFFIC,
    "Running at all": frozenset(Hazard) - ROLLBACK_HAZARDS - _TRAFFIC,
}
_HEADER = """\
<!-- Written by `python -m migsafe_dev sync` from the pages; do not edit. -->

# Rules

One page a rule: why, when it is fine, and examples that are run as tests. `migsafe explain <rule>`
prints a page, `migsafe rules` lists them. Severities are those of the default profile; a case in
brackets has its own.
"""
_COLUMNS = "| rule | severity | what it reports |\n|---|---|---|\n"


def text() -> str:
    """Return the index."""
    rules = [rulebook.rule(rule_id) for rule_id in rulebook.ids()]
    sections = [_HEADER]
    for heading, hazards in _GROUPS.items():
        rows = "".join(
            _row(rule) for rule in rules if rule.hazards[0] in hazards and not _is_strict(rule)
        )
        sections.append(f"## {heading}\n\n{_COLUMNS}{rows}")
    rows = "".join(_row(rule) for rule in rules if _is_strict(rule))
    sections.append(f"## Good practice: with the profile strict\n\n{_COLUMNS}{rows}")
    return "\n".join(sections)


def _is_strict(rule: Rule) -> bool:
    return rule.severity() is Severity.OFF


def _row(rule: Rule) -> str:
    cases = [
        f"{case}: {severity}" for case, severity in rule.severities.items() if case != DEFAULT_CASE
    ]
    severity = f"{rule.severity()} ({', '.join(cases)})" if cases else str(rule.severity())
    title = rule.title.replace("|", r"\|")
    return f"| [{rule.id}]({rule.id}.md) | {severity} | {title} |\n"
