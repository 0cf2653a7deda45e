"""GitLab's code quality report: what a merge request shows beside the lines."""

import json

from migsafe.model.findings import FileError, Finding, Hazard, Report, Severity
from migsafe.render import plain

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "minor"}
_LOST = frozenset({Hazard.LOSES_DATA, Hazard.IRREVERSIBLE})


def render(report: Report) -> str:
    """Return the findings as GitLab reads them; files that were not read are among them."""
    issues = [
        *(_unread(error) for error in report.errors),
        *(_issue(finding) for finding in report.findings),
    ]
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"


def _issue(finding: Finding) -> dict[str, object]:
    place = finding.place
    grave = finding.severity is Severity.ERROR and not _LOST.isdisjoint(finding.hazards)
    return {
        "description": plain(f"{finding.message} {finding.help}"),
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": "blocker" if grave else _SEVERITIES[finding.severity],
        "location": {
            "path": _relative(place.path),
            "lines": {"begin": place.line, "end": place.end_line},
        },
    }


def _unread(error: FileError) -> dict[str, object]:
    line = error.line or 1
    return {
        "description": plain(f"{error.message} {error.help}".strip()),
        "check_name": "unreadable-file",
        "fingerprint": f"unreadable-file {error.path}",
        "severity": "blocker",
        "location": {"path": _relative(error.path), "lines": {"begin": line, "end": line}},
    }


def _relative(path: str) -> str:
    # GitLab compares paths as text with those of the repository.
    return path.replace("\\", "/").removeprefix("./")
