"""SARIF 2.1.0, with what GitHub code scanning asks for beyond the schema."""

import json
from urllib.parse import quote

from migsafe import __version__, rulebook
from migsafe.model.findings import Finding, Report, Severity
from migsafe.model.migration import Place

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_LONGEST = 1000
"""GitHub refuses descriptions beyond 1,024 characters."""


def render(report: Report) -> str:
    """Return the report as one SARIF run; suppressed findings carry their suppression."""
    findings = (*report.findings, *report.suppressed, *report.gated)
    rules = sorted({finding.rule for finding in findings})
    index = {rule: at for at, rule in enumerate(rules)}
    results = [
        *(_result(finding, index, None) for finding in report.findings),
        *(_result(finding, index, "inSource") for finding in report.suppressed),
        *(_result(finding, index, "external") for finding in report.gated),
    ]
    run = {
        "tool": {
            "driver": {
                "name": "migsafe",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "automationDetails": {"id": "migsafe/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not report.errors,
                "toolExecutionNotifications": [
                    {
                        "level": "error",
                        "message": {"text": error.message},
                        "locations": [
                            _location(Place(error.path, line := error.line or 1, 1, line, 2))
                        ],
                    }
                    for error in report.errors
                ],
            }
        ],
        "results": results,
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(rule_id: str) -> dict[str, object]:
    rule = rulebook.rule(rule_id)
    level = max(rule.severities.values())
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.summary[:_LONGEST]},
        "help": {"text": rule.text, "markdown": rule.text},
        "defaultConfiguration": {"level": _LEVELS.get(level, "none")},
        "properties": {"tags": list(rule.hazards), "problem.severity": _problem(level)},
    }


def _problem(level: Severity) -> str:
    return {Severity.ERROR: "error", Severity.WARNING: "warning"}.get(level, "recommendation")


def _result(finding: Finding, index: dict[str, int], suppression: str | None) -> dict[str, object]:
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}\n{finding.help}"},
        "locations": [_location(finding.focus)],
        "partialFingerprints": {"primaryLocationLineHash": finding.fingerprint},
        "properties": {"confidence": finding.confidence},
    }
    if suppression is not None:
        because = {} if finding.silenced is None else {"justification": finding.silenced}
        result["suppressions"] = [{"kind": suppression, "status": "accepted", **because}]
    return result


def _location(place: Place) -> dict[str, object]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(place.path.replace("\\", "/"))},
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "endLine": place.end_line,
                "endColumn": place.end_column,
            },
        }
    }
