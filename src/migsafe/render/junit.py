"""JUnit XML, for the test tabs of GitLab, Jenkins and others: a suite for each migration."""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from xml.sax.saxutils import escape, quoteattr

from migsafe.model.findings import FileError, Finding, Report, Severity
from migsafe.render import plain


def render(report: Report) -> str:
    """Return a document in which each error is a failed test, and all else a passed one."""
    found: dict[str, list[Finding]] = {judged.path: [] for judged in report.judged}
    for finding in report.findings:
        found.setdefault(finding.place.path, []).append(finding)
    failures = report.count(Severity.ERROR)
    tests = sum(max(1, len(findings)) for findings in found.values()) + len(report.errors)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        (
            f'<testsuites name="migsafe" tests="{tests}" failures="{failures}"'
            f' errors="{len(report.errors)}">'
        ),
    ]
    for path, errors in groupby(report.errors, key=attrgetter("path")):
        lines.extend(_unread(path, list(errors)))
    for path, findings in found.items():
        lines.extend(_suite(path, findings))
    lines.append("</testsuites>")
    return "".join(f"{line}\n" for line in lines)


def _suite(path: str, findings: list[Finding]) -> Iterator[str]:
    failures = sum(finding.severity is Severity.ERROR for finding in findings)
    yield (
        f'  <testsuite name={_quoted(path)} tests="{max(1, len(findings))}"'
        f' failures="{failures}" errors="0">'
    )
    if not findings:
        yield f'    <testcase name="migsafe" classname={_quoted(path)}/>'
    for finding in findings:
        yield (
            f"    <testcase name={_quoted(f'{finding.rule}, line {finding.place.line}')}"
            f" classname={_quoted(path)}>"
        )
        text = escape(plain(f"{finding.place.path}:{finding.place.line}: {finding.help}"))
        if finding.severity is Severity.ERROR:
            message = _quoted(finding.message)
            yield f"      <failure message={message} type={_quoted(finding.rule)}>{text}</failure>"
        else:
            said = escape(plain(f"{finding.severity}: {finding.message}"))
            yield f"      <system-out>{said} {text}</system-out>"
        yield "    </testcase>"
    yield "  </testsuite>"


def _unread(path: str, errors: list[FileError]) -> Iterator[str]:
    yield (
        f'  <testsuite name={_quoted(path)} tests="{len(errors)}" failures="0"'
        f' errors="{len(errors)}">'
    )
    for error in errors:
        yield f'    <testcase name="unreadable-file" classname={_quoted(path)}>'
        message = _quoted(error.message)
        advice = escape(plain(error.help))
        yield f'      <error message={message} type="unreadable-file">{advice}</error>'
        yield "    </testcase>"
    yield "  </testsuite>"


def _quoted(text: str) -> str:
    return quoteattr(plain(text))
