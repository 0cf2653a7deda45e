"""The report for people."""

from collections.abc import Iterator
from textwrap import wrap

from migsafe.model.findings import Finding, Report, Severity
from migsafe.model.origin import SectionName
from migsafe.model.record import record
from migsafe.model.verdict import Verdict
from migsafe.render import argument, grouped, plain

_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warn", Severity.NOTE: "note"}
_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.NOTE: "36"}
_VERDICT_COLOURS = {Verdict.UNSAFE: "31", Verdict.INCONCLUSIVE: "33", Verdict.SAFE: "32"}
_NARROWEST = 60
_MESSAGE_COLUMN = 28
_HELP = "    help  "
_FRAME_LINES = 12
"""A frame shows at most so many lines of a long statement."""


@record
class Look:
    """How the page looks: columns, escape sequences, source lines."""

    width: int = 100
    colour: bool = False
    frame: bool = False

    def painted(self, text: str, code: str) -> str:
        """Return text in a colour, if the reader sees colours."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


def render(report: Report, look: Look | None = None) -> str:
    """Return the report as text; lines end without blanks."""
    look = look or Look()
    lines = [*_opening(report), *_files(report, look), *_closing(report, look)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _opening(report: Report) -> Iterator[str]:
    if report.since is not None:
        yield _since(report, plain(report.since))
    elif report.replayed:
        new = len(report.judged)
        yield (
            f"{report.replayed} earlier {_plural('migration', report.replayed)} replayed; "
            f"{new} judged"
        )
    if report.skipped:
        count = len(report.skipped)
        more = ", …" if count > 1 else ""
        yield (
            f"{count} {_plural('file', count)} skipped: no migration "
            f"({plain(report.skipped[0])}{more})"
        )


def _since(report: Report, name: str) -> str:
    """Return what of the migrations is judged where that is what is new."""
    new = len(report.judged) - report.changed
    changed = f", {report.changed} changed" if report.changed else ""
    if not report.judged:
        return f"nothing new since {name} (--all judges what was released)"
    if not report.replayed:
        return f"{new} new{changed} since {name}"
    return (
        f"{report.replayed} released {_plural('migration', report.replayed)} replayed "
        f"(--all judges them too); {new} new{changed} since {name}"
    )


def _files(report: Report, look: Look) -> Iterator[str]:
    runners = {judged.path: judged.runner for judged in report.judged}
    for error in report.errors:
        at = "" if error.line is None else f":{error.line}"
        yield f"{look.painted(plain(error.path), '1')}{at}"
        yield f"    {look.painted('error', '31')} {plain(error.message)}"
        if error.help:
            yield f"   help  {plain(error.help)}"
    path = None
    for group in grouped(report.findings):
        if group[0].place.path != path:
            path = group[0].place.path
            runner = runners.get(path)
            tail = "" if runner is None else f"   {runner}"
            yield f"{look.painted(plain(path), '1')}{tail}"
        yield from _group(group, report, look)


def _group(group: list[Finding], report: Report, look: Look) -> Iterator[str]:
    first, *others = group
    message = plain(first.message)
    if others:
        message += f" ({_where_else(first, others)})"
    says_so = message.startswith("The way down")
    down = "down: " if first.section is SectionName.DOWN and not says_so else ""
    word = look.painted(f"{_WORDS[first.severity]:<5}", _COLOURS[first.severity])
    head = f"{first.place.line:>3} "
    rule = f"{first.rule}"
    gap = max(3, _MESSAGE_COLUMN - len(head) - 6 - len(rule))
    indent = " " * _MESSAGE_COLUMN
    start = len(head) + 6 + len(rule) + gap
    text = wrap(
        f"{down}{message}",
        look.width,
        initial_indent=" " * start,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield f"{head}{word} {look.painted(rule, '1')}{' ' * gap}{text[0].strip()}"
    yield from text[1:]
    yield from wrap(
        plain(first.help),
        look.width,
        initial_indent=_HELP,
        subsequent_indent=" " * len(_HELP),
        break_long_words=False,
        break_on_hyphens=False,
    )
    if look.frame:
        yield from _frame(first, report, look)


def _where_else(first: Finding, others: list[Finding]) -> str:
    """Return where the other findings of a group stand: their lines, or how many are on one."""
    here = first.place.line
    numbers = dict.fromkeys(str(each.place.line) for each in others if each.place.line != here)
    if not numbers:
        return f"and {len(others)} more in this statement"
    return f"also {_plural('line', len(numbers))} {', '.join(numbers)}"


def _frame(finding: Finding, report: Report, look: Look) -> Iterator[str]:
    source = report.texts.get(finding.place.path)
    if source is None:
        return
    lines = source.splitlines()
    focus = finding.focus
    for number in range(focus.line, min(focus.end_line, focus.line + _FRAME_LINES - 1) + 1):
        line = lines[number - 1].expandtabs(1) if number <= len(lines) else ""
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
        yield f"    {number:>5} | {shown}"
        start = focus.column - 1 if number == focus.line else len(line) - len(line.lstrip())
        end = focus.end_column - 1 if number == focus.end_line else len(line)
        carets = "^" * max(1, end - start)
        yield f"          | {' ' * start}{look.painted(carets, _COLOURS[finding.severity])}"
    if focus.end_line >= focus.line + _FRAME_LINES:
        yield "          | …"


def _closing(report: Report, look: Look) -> Iterator[str]:
    for finding in report.gated:
        yield (
            f"{plain(finding.place.path)}:{finding.place.line} {finding.rule}: "
            f"a step of plan {plain(finding.gated_by or '')}: the gate decides"
        )
    yield from (plain(remark) for remark in report.remarks)
    verdict = look.painted(report.verdict.upper(), _VERDICT_COLOURS[report.verdict])
    counts = [
        f"{report.count(severity)} {_plural(str(severity), report.count(severity))}"
        for severity in sorted(Severity, reverse=True)
        if severity is not Severity.OFF and report.count(severity)
    ]
    if report.suppressed:
        counts.append(f"{len(report.suppressed)} suppressed")
    if report.errors:
        counts.append(f"{len(report.errors)} {_plural('file', len(report.errors))} not read")
    understood = (
        f"{report.understood} of {report.statements} "
        f"{_plural('statement', report.statements)} understood"
    )
    parts = [f"Stage 1: {verdict}", ", ".join(counts) or "no findings", understood]
    line = "  ".join(parts)
    if report.plannable:
        first, *others = report.plannable
        more = f" ({len(others)} more to plan)" if others else ""
        following = f"next: migsafe plan {argument(first)}{more}"
        if len(line) + 2 + len(following) > look.width:
            yield line
            line = following
        else:
            line += f"  {following}"
    yield line


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
