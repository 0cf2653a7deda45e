"""The report as a page of Markdown, for the summary of a pipeline or a comment."""

from collections.abc import Iterable, Iterator

from migsafe.model.findings import Finding, Report, Severity
from migsafe.model.origin import SectionName
from migsafe.model.pattern import pattern
from migsafe.render import argument, code, escaped, grouped

_ROOM = 900_000
"""GitHub drops a step's summary as a whole when it is larger than 1 MiB."""
_REACHING_OUT = pattern(r"@|:(?=//)|(?<=www)\.")
_CUT = {"@": "@&#8203;", ":": "&#58;", ".": "&#46;"}


def render(report: Report) -> str:
    """Return the verdict, a table of findings, most severe first, and what else is said."""
    lines = list(_closing(report))
    room = _ROOM - sum(len(line.encode()) + 1 for line in lines)
    rows = list(_fitting(_rows(report), room))
    table = [*_HEAD, *rows] if rows else []
    hidden = len(report.errors) + len(grouped(report.findings)) - len(rows)
    if hidden:
        table.append(f"\n{hidden} more are in the text report.")
    return "\n".join((*_opening(report), *table, *lines)) + "\n"


_HEAD = ("| | where | rule | what happens | what to do |", "|---|---|---|---|---|")


def _opening(report: Report) -> Iterator[str]:
    counts = [
        f"{count} {severity}{'' if count == 1 else 's'}"
        for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE)
        if (count := report.count(severity))
    ]
    yield f"### Stage 1: {report.verdict.upper()}"
    yield ""
    yield (
        f"{', '.join(counts) or 'No findings'}. Statements understood: {report.understood} of "
        f"{report.statements}; migrations judged: {len(report.judged)}, "
        f"replayed: {report.replayed}."
    )
    yield ""


def _rows(report: Report) -> Iterator[str]:
    for error in report.errors:
        at = "" if error.line is None else f":{error.line}"
        yield _row("error", f"{error.path}{at}", "not read", error.message, error.help)
    groups = grouped(report.findings)
    groups.sort(key=lambda group: -group[0].severity)
    for group in groups:
        first = group[0]
        lines = dict.fromkeys(str(each.place.line) for each in group)
        down = "down: " if first.section is SectionName.DOWN else ""
        where = f"{first.place.path}:{', '.join(lines)}"
        yield _row(str(first.severity), where, first.rule, f"{down}{first.message}", first.help)


def _row(severity: str, where: str, rule: str, message: str, help: str) -> str:
    return f"| {severity} | {_name(where)} | {_name(rule)} | {_said(message)} | {_said(help)} |"


def _fitting(rows: Iterable[str], room: int) -> Iterator[str]:
    for row in rows:
        room -= len(row.encode()) + 1
        if room < 0:
            return
        yield row


def _closing(report: Report) -> Iterator[str]:
    said = [*(_gated(finding) for finding in report.gated), *map(_said, report.remarks)]
    if report.suppressed:
        said.append(f"Findings that comments silence: {len(report.suppressed)}.")
    if report.skipped:
        said.append(f"Files that hold no migration: {len(report.skipped)}.")
    said.extend(f"Next: {_name(f'migsafe plan {argument(path)}')}" for path in report.plannable[:1])
    if said:
        yield ""
        yield from (f"- {line}" for line in said)


def _gated(finding: Finding) -> str:
    place = f"{finding.place.path}:{finding.place.line}"
    plan = finding.gated_by or ""
    return f"{_name(place)} {_name(finding.rule)}: a step of plan {_name(plan)}: the gate decides."


def _said(text: str) -> str:
    """Return a text that means itself, calls nobody and links nowhere."""
    return _REACHING_OUT.sub(lambda found: _CUT[found[0]], escaped(text))


def _name(text: str) -> str:
    # A cell ends at a bar, in code as well.
    return code(text).replace("|", "\\|")
