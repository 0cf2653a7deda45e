"""One line a finding, as editors and logs read it."""

from migsafe.model.findings import Finding, Report
from migsafe.render import plain


def render(report: Report) -> str:
    """Return `path:line:column: severity[rule] message` and an indented help line each."""
    lines = [
        f"{plain(error.path)}:{error.line or 1}:1: error[input] {plain(error.message)}"
        for error in report.errors
    ]
    lines.extend(line for finding in report.findings for line in finding_lines(finding))
    return "".join(f"{line}\n" for line in lines)


def finding_lines(finding: Finding) -> tuple[str, ...]:
    """Return one finding as its line and its help."""
    place = finding.place
    head = f"{plain(place.path)}:{place.line}:{place.column}: {finding.severity}[{finding.rule}]"
    return f"{head} {plain(finding.message)}", f"  help: {plain(finding.help)}"
