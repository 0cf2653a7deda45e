"""Comments that silence a rule: their grammar, their reach, and what they silenced."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from migsafe import rulebook
from migsafe.context import Suppression
from migsafe.lint.asked import WHOLES
from migsafe.model.findings import Finding
from migsafe.model.migration import Directive, Place, Section
from migsafe.model.pattern import pattern
from migsafe.model.record import record, replace

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
    nameless: tuple[str, ...] | None = None
    """What a comment of squawk names and migsafe does not judge; None: it is migsafe's own."""


@record
class Applied:
    """What comments did to findings.

    `remarks` say what of squawk's comments says nothing to migsafe.
    """

    stays: tuple[Finding, ...]
    silenced: tuple[Finding, ...]
    comments: tuple[Suppression, ...]
    remarks: tuple[str, ...]


@record
class Comments:
    """The comments of what is judged, by the path of their file."""

    by_path: Mapping[str, Sequence[_Comment]]

    def silencing(self, rule: str, place: Place, focus: Place) -> tuple[_Comment, ...]:
        """Return the comments that silence what a rule says of a statement and its part."""
        return tuple(
            comment
            for comment in self.by_path.get(place.path, ())
            if comment.problem is None and rule in comment.rules and _reaches(comment, place, focus)
        )

    def silence(self, rule: str, place: Place, focus: Place) -> bool:
        """Say whether a comment silences what a rule says of a statement and its part."""
        return bool(self.silencing(rule, place, focus))

    def apply(self, findings: Iterable[Finding], unasked: frozenset[str] = frozenset()) -> Applied:
        """Return the findings that stay, those silenced, and what each comment did.

        squawk's own comments need neither a reason nor a use: whether they have one is for
        squawk to say.

        Args:
            findings: What the checks say.
            unasked: Rules that this run cannot ask: a comment of theirs is not without a use.
        """
        used: dict[tuple[str, int, int], set[str]] = {}
        stays: list[Finding] = []
        silenced: list[Finding] = []
        for finding in findings:
            by = self.silencing(finding.rule, finding.place, finding.focus)
            for comment in by:
                used.setdefault(_key(comment), set()).add(finding.rule)
            if by:
                silenced.append(replace(finding, silenced=by[0].reason))
            else:
                stays.append(finding)
        read = [comment for found in self.by_path.values() for comment in found]
        return Applied(
            tuple(stays),
            tuple(silenced),
            tuple(
                Suppression(
                    comment.rules,
                    comment.place,
                    comment.reason,
                    comment.problem,
                    unasked.union(used.get(_key(comment), ())),
                )
                for comment in read
                if comment.nameless is None
            ),
            tuple(_nameless(read)),
        )


def read(sections: Iterable[Section], edited: Iterable[Section] = (), *, today: date) -> Comments:
    """Return the comments of sections that speak of rules.

    One without a reason, or after its date on `today`, silences nothing.

    Args:
        sections: What is judged.
        edited: What is not, and was edited: a comment there speaks of the edit alone.
        today: The date by which comments expire.
    """
    comments: dict[str, list[_Comment]] = {}
    seen: set[tuple[str, int]] = set()
    for section, is_judged in (
        *((each, True) for each in sections),
        *((each, False) for each in edited),
    ):
        for directive in section.directives:
            # Both directions of a revision are read from one text: each comment counts
            # once.
            at = (section.path, directive.span.start)
            comment = None if at in seen else _read(section, directive, today)
            if comment is not None and not is_judged:
                comment = _of_the_edit(comment)
            if comment is not None:
                seen.add(at)
                comments.setdefault(section.path, []).append(comment)
    return Comments(comments)


def _of_the_edit(comment: _Comment) -> _Comment | None:
    """Return what a comment says of the edit of its file, None if it speaks of other things."""
    rules = tuple(rule for rule in comment.rules if rule in WHOLES["changes"])
    return replace(comment, rules=rules) if rules else None


def _nameless(comments: Iterable[_Comment]) -> Iterator[str]:
    """Yield the line that says, once a run, what comments of squawk do not silence here."""
    places: dict[str, list[Place]] = {}
    for comment in comments:
        for name in comment.nameless or ():
            places.setdefault(name, []).append(comment.place)
    if places:
        listed = ", ".join(
            f"{name} ({found[0].path}:{found[0].line}"
            + (f" and {len(found) - 1} more)" if len(found) > 1 else ")")
            for name, found in places.items()
        )
        yield (
            f"squawk-ignore comments name what no rule of migsafe answers to: {listed}. "
            "They silence nothing here."
        )


def _key(comment: _Comment) -> tuple[str, int, int]:
    return (comment.place.path, comment.place.line, comment.place.column)


def _read(section: Section, directive: Directive, today: date) -> _Comment | None:
    if directive.squawk:
        return _of_squawk(section, directive)
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


def _of_squawk(section: Section, directive: Directive) -> _Comment:
    from migsafe.lint import squawk  # noqa: PLC0415  most migrations know nothing of it

    place = section.place(directive.span)
    verb, names = squawk.named(directive.text)
    if not names and verb == "ignore-file":
        names = tuple(squawk.SAME)
        nameless: tuple[str, ...] = ()
    else:
        nameless = tuple(name for name in names if not squawk.equivalents((name,)))
    return _Comment(
        squawk.equivalents(names),
        place,
        "squawk-ignore",
        problem=None,
        line=None if verb == "ignore-file" else place.end_line,
        inside=False,
        nameless=nameless,
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


def _reaches(comment: _Comment, place: Place, focus: Place) -> bool:
    if comment.line is None:
        return True
    if comment.nameless is not None:
        return _squawk_reaches(comment.line, place, focus)
    # Inside a statement a comment speaks of the sub-command beside or below it.
    spoken_of = focus if comment.inside else place
    return comment.line in {spoken_of.line, spoken_of.end_line}


def _squawk_reaches(line: int, place: Place, focus: Place) -> bool:
    """Say whether a comment of squawk stands on a finding's line or the line above.

    Without a sub-command the finding stands where its statement begins, as squawk's do.
    """
    last = focus.line if focus == place else focus.end_line
    return focus.line <= line + 1 and line <= last
