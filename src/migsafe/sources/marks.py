"""Files that hold both directions, told apart by comments: goose, sql-migrate, dbmate.

Read as plain SQL such a file would make its change and take it back at once.
"""

import re

from migsafe.model.origin import Runner, Span
from migsafe.model.pattern import pattern
from migsafe.model.record import record

_MARK = pattern(
    r"^[ \t]*--[ \t]*(?:\+(?:goose|migrate)[ \t]+|migrate:)(?P<way>up|down)\b(?P<rest>[^\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_NO_TRANSACTION = pattern(
    r"^[ \t]*--[ \t]*\+goose[ \t]+NO[ \t]+TRANSACTION\b", re.IGNORECASE | re.MULTILINE
)
_OUTSIDE = pattern(r"\bnotransaction\b|\btransaction:false\b", re.IGNORECASE)
# Between these goose and sql-migrate send the text as one statement, with or without semicolon.
_END = pattern(
    r"^[ \t]*--[ \t]*\+(?:goose|migrate)[ \t]+StatementEnd\b[^\n]*", re.IGNORECASE | re.MULTILINE
)


_LINE = pattern(
    r"^[ \t]*--[ \t]*(?:\+(?:goose|migrate)\b|migrate:)[^\n]*", re.IGNORECASE | re.MULTILINE
)


@record
class Way:
    """One direction of a marked file: the parts of its text, and how its tool runs it."""

    parts: tuple[Span, ...]
    runner: Runner


def ways(text: str) -> tuple[Way, Way | None] | None:
    """Return the ways up and down of a marked file, None for a file without a mark."""
    if "-- " not in text and "--+" not in text:
        return None
    marks = list(_MARK.finditer(text))
    up = next((mark for mark in marks if mark["way"].lower() == "up"), None)
    if up is None:
        return None
    down = next((mark for mark in marks if mark["way"].lower() == "down"), None)
    none = _NO_TRANSACTION.search(text) is not None
    return _way(text, up, marks, none=none), (
        None if down is None else _way(text, down, marks, none=none)
    )


def unmarked(text: str) -> str:
    """Return a text without the comments that speak to the tool."""
    return _LINE.sub("", text)


def _way(text: str, mark: re.Match[str], marks: list[re.Match[str]], *, none: bool) -> Way:
    end = next((other.start() for other in marks if other.start() > mark.start()), len(text))
    cuts = [found.end() for found in _END.finditer(text, mark.end(), end)]
    starts = (mark.end(), *cuts)
    parts = tuple(Span(a, b) for a, b in zip(starts, (*cuts, end), strict=True))
    outside = none or _OUTSIDE.search(mark["rest"]) is not None
    return Way(parts, Runner.NONE if outside else Runner.FILE)
