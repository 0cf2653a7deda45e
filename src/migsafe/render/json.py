"""The report for machines: `migsafe.report/1`."""

import json

from migsafe import __version__
from migsafe.model.findings import Finding, Report, Severity
from migsafe.model.locks import Lock


def render(report: Report) -> str:
    """Return the report as JSON, with one trailing newline."""
    document = {
        "schema": "migsafe.report/1",
        "tool": {"name": "migsafe", "version": __version__},
        "summary": {
            "files": len({judged.path for judged in report.judged}),
            "statements": report.statements,
            "understood": report.understood,
            "findings": len(report.findings),
            "suppressed": len(report.suppressed),
            "gated": len(report.gated),
            "error": report.count(Severity.ERROR),
            "warning": report.count(Severity.WARNING),
            "note": report.count(Severity.NOTE),
            "replayed": report.replayed,
            "skipped": len(report.skipped),
            "since": report.since,
            "known": len(report.known),
        },
        "verdict": report.verdict,
        "findings": [_finding(finding) for finding in report.findings],
        "suppressed": [_finding(finding) for finding in report.suppressed],
        "gated": [_finding(finding) for finding in report.gated],
        "errors": [
            {
                "path": error.path,
                "line": error.line,
                "message": error.message,
                "help": error.help,
            }
            for error in report.errors
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _finding(finding: Finding) -> dict[str, object]:
    place = finding.place
    document: dict[str, object] = {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "confidence": finding.confidence,
        "hazards": list(finding.hazards),
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "section": finding.section,
        "relations": [
            {
                "name": str(relation.name),
                "lock": None if relation.lock is None else str(relation.lock),
                "blocks": _blocks(relation.lock),
            }
            for relation in finding.relations
        ],
        "message": finding.message,
        "help": finding.help,
        "fingerprint": finding.fingerprint,
    }
    if finding.gated_by is not None:
        document["gated_by"] = finding.gated_by
    if finding.silenced is not None:
        document["reason"] = finding.silenced
    return document


def _blocks(lock: Lock | None) -> list[str]:
    if lock is None:
        return []
    return ["reads"] * lock.blocks_reads + ["writes"] * lock.blocks_writes
