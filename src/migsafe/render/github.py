"""GitHub workflow commands: annotations on the lines of a pull request."""

from migsafe.model.findings import Finding, Report, Severity
from migsafe.render import plain

_LIMIT = 10
"""GitHub shows ten annotations a level and step, and drops the rest without a word."""
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report) -> str:
    """Return workflow commands, most severe first, at most ten a level, and a summary line."""
    lines = [
        _command(
            "error",
            f"file={_property(error.path)},line={error.line or 1},title=migsafe",
            error.message,
        )
        for error in report.errors[:_LIMIT]
    ]
    hidden = max(0, len(report.errors) - _LIMIT)
    for severity, command in _COMMANDS.items():
        found = [finding for finding in report.findings if finding.severity is severity]
        room = _LIMIT - (len(lines) if severity is Severity.ERROR else 0)
        lines.extend(_annotation(command, finding) for finding in found[:room])
        hidden += max(0, len(found) - room)
    more = f"; {hidden} more in the text report" if hidden else ""
    lines.append(
        f"migsafe: {report.verdict}, {report.count(Severity.ERROR)} errors, "
        f"{report.count(Severity.WARNING)} warnings, {report.count(Severity.NOTE)} notes{more}"
    )
    return "".join(f"{line}\n" for line in lines)


def _annotation(command: str, finding: Finding) -> str:
    place = finding.place
    where = (
        f"file={_property(place.path)},line={place.line},endLine={place.end_line},"
        f"title={_property(finding.rule)}"
    )
    return _command(command, where, f"{finding.message} {finding.help}")


def _command(command: str, where: str, message: str) -> str:
    return f"::{command} {where}::{_data(plain(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
