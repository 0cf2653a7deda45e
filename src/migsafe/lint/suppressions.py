"""Comments that silence a rule: their grammar, their reach, and what they silenced."""

import re
from collections.abc import Iterable
from datetime import date

from migsafe import rulebook
from migsafe.context import Suppression
from migsafe.model.findings import Finding
from migsafe.model.migration import Directive, Place, Section
from migsafe.model.pattern import pattern
from migsafe.model.record import record

_GRAMMAR = pattern(
    r"(?P<verb>ignore(?:-file)?)\s*\[(?P<rules>[^\]]*)\]"
    r"\s*(?:until\s*=\s*(?P<until>[^\s:]+))?\s*(?::\s*(?P<reason>.*))?",
    re.DOTALL,
)
_OTHER_VERBS = ("transaction=",)


@record
class _Comment:
    """A directive as written, with the lines it speaks of; None: the whole file."""

    rules: tuple[str, ...]
    place: Place
    reason: str
    problem: str | None
    line: int | None
    """The line on which a finding's statement or sub-command must start or end."""
    inside: bool


def apply(
    sections: Iterable[Section], findings: Iterable[Finding], *, today: date
) -> tuple[tuple[Finding, ...], tuple[Finding, ...], tuple[Suppression, ...]]:
    """Return the findings that stay, those silenced, and what each comment did.

    A comment without a reason, or after its date, silences nothing.
    """
    comments: dict[str, list[_Comment]] = {}
    seen: set[tuple[str, int]] = set()
    for section in sections:
        for directive in section.directives:
            # Both directions of a revision are read from one text: each comment counts
            # once.
            at = (section.path, directive.span.start)
            if at not in seen and (comment := _read(section, directive, today)):
                seen.add(at)
                comments.setdefault(section.path, []).append(comment)
    used: dict[tuple[str, int, int], set[str]] = {}
    stays: list[Finding] = []
    silenced: list[Finding] = []
    for finding in findings:
        by = [
            comment
            for comment in comments.get(finding.place.path, ())
            if comment.problem is None
            and finding.rule in comment.rules
            and _reaches(comment, finding)
        ]
        for comment in by:
            used.setdefault(_key(comment), set()).add(finding.rule)
        (silenced if by else stays).append(finding)
    return (
        tuple(stays),
        tuple(silenced),
        tuple(
            Suppression(
                comment.rules,
                comment.place,
                comment.reason,
                comment.problem,
                frozenset(used.get(_key(comment), ())),
            )
            for found in comments.values()
            for comment in found
        ),
    )


def _key(comment: _Comment) -> tuple[str, int, int]:
    return (comment.place.path, comment.place.line, comment.place.column)


def _read(section: Section, directive: Directive, today: date) -> _Comment | None:
    text = directive.text.strip()
    if text.startswith(_OTHER_VERBS):
        return None
    place = section.place(directive.span)
    found = _GRAMMAR.fullmatch(text)
    if found is None:
        return _Comment(
            (),
            place,
            "",
            f"{text.split(maxsplit=1)[0] if text else 'nothing'!r} is no directive: write "
            "'migsafe: ignore[rule-id]: reason'",
            line=None,
            inside=False,
        )
    rules = tuple(rule.strip() for rule in found["rules"].split(",") if rule.strip())
    reason = (found["reason"] or "").strip()
    inside, line = _reach(section, directive, place)
    return _Comment(
        rules,
        place,
        reason,
        _problem(rules, found["until"], reason, today),
        line=None if found["verb"] == "ignore-file" else line,
        inside=inside,
    )


def _problem(rules: tuple[str, ...], until: str | None, reason: str, today: date) -> str | None:
    if not rules:
        return "it names no rule"
    known = rulebook.ids()
    for rule in rules:
        if rule not in known:
            from difflib import get_close_matches  # noqa: PLC0415  only a mistake needs it

            near = get_close_matches(rule, known, n=1)
            return f"no rule is called {rule!r}" + (f"; did you mean {near[0]!r}?" if near else "")
    if not reason:
        return "it gives no reason"
    if until is not None:
        try:
            last = date.fromisoformat(until)
        except ValueError:
            return f"{until!r} is no date: write until=2027-01-31"
        if last < today:
            return f"it expired on {until}"
    return None


def _reach(section: Section, directive: Directive, place: Place) -> tuple[bool, int]:
    inside = any(
        statement.span.start < directive.span.start and directive.span.end < statement.span.end
        for statement in section.statements
    )
    line_start = section.text.rfind("\n", 0, directive.span.start) + 1
    alone = not section.text[line_start : directive.span.start].strip()
    return inside, _next_line(section, place) if alone else place.end_line


def _next_line(section: Section, place: Place) -> int:
    """Return the first line after a comment that is not a comment as well."""
    lines = section.text.splitlines()
    line = place.end_line
    while line < len(lines) and lines[line].lstrip().startswith(("--", "#")):
        line += 1
    return line + 1


def _reaches(comment: _Comment, finding: Finding) -> bool:
    if comment.line is None:
        return True
    # Inside a statement a comment speaks of the sub-command beside or below it.
    place = finding.focus if comment.inside else finding.place
    return comment.line in {place.line, place.end_line}
