"""What files say to their tools in comments: which way is up, and what runs without transaction.

Read as plain SQL, a file that holds both directions would make its change and take it back
at once.
"""

import re
from collections.abc import Sequence

from migsafe.model.migration import Statement
from migsafe.model.origin import Runner, Span
from migsafe.model.pattern import pattern
from migsafe.model.record import record, replace
from migsafe.parsers.split import PieceKind, split

_MARK = pattern(
    r"^[ \t]*--[ \t]*(?:\+(?P<tool>goose|migrate)[ \t]+|(?P<dbmate>migrate):)(?P<way>up|down)\b"
    r"(?P<rest>[^\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_NO_TRANSACTION = pattern(
    r"^[ \t]*--[ \t]*\+goose[ \t]+NO[ \t]+TRANSACTION\b", re.IGNORECASE | re.MULTILINE
)
_BEGINS = "StatementBegin"
_OUTSIDE = pattern(r"\bnotransaction\b|\btransaction:false\b", re.IGNORECASE)
# Between these goose and sql-migrate send the text as one statement, with or without
# semicolon; drizzle sends what stands between two of its marks.
_END = pattern(
    r"^[ \t]*--[ \t]*\+(?:goose|migrate)[ \t]+StatementEnd\b[^\n]*"
    r"|-->[ \t]*statement-breakpoint[^\n]*",
    re.IGNORECASE | re.MULTILINE,
)
_BLOCK = pattern(
    r"^[ \t]*--[ \t]*\+(?P<tool>goose|migrate)[ \t]+StatementBegin\b.*?"
    r"^[ \t]*--[ \t]*\+(?P=tool)[ \t]+StatementEnd\b",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_LINE = pattern(
    r"^[ \t]*--[ \t]*(?:\+(?:goose|migrate)\b|migrate:)[^\n]*", re.IGNORECASE | re.MULTILINE
)
# What a whole file says of itself: Atlas in its head, sqlx in its first bytes. sqlx sends
# such a file as one query.
_WORDS = (
    (pattern(r"(?:[ \t]*--[^\n]*\n)*?[ \t]*--[ \t]*atlas:txmode[ \t]+none\b"), Runner.NONE),
    (pattern(r"-- no-transaction\b"), Runner.QUERY),
)
# What Django's sqlmigrate writes for operations in Python, under their titles.
_UNWRITTEN = pattern(
    r"(?:--[ \t]*(?P<title>\w[^\n]*)\n--[ \t]*\n)?"
    r"--[ \t]*(?P<words>THIS OPERATION|MIGRATION NOW PERFORMS OPERATION THAT)"
    r" CANNOT BE WRITTEN AS SQL\b[^\n]*(?:\n--[ \t]*(?P<after>\w[^\n]*))?"
)


@record
class Part:
    """SQL that stands at `start` of a file's text, as long as what stands there."""

    start: int
    sql: str


@record
class Way:
    """One direction of a marked file: the parts of its text, and how its tool runs it."""

    parts: tuple[Part, ...]
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


def parts(text: str, start: int = 0, end: int | None = None) -> tuple[Part, ...]:
    """Return what a tool sends by itself of a range of a text, by its marks between statements."""
    last = len(text) if end is None else end
    cuts = [found.end() for found in _END.finditer(text, start, last)]
    return tuple(Part(a, text[a:b]) for a, b in zip((start, *cuts), (*cuts, last), strict=True))


def unwritten(part: Part) -> tuple[tuple[Span, str], ...]:
    """Return where Django says that an operation is no SQL, each with the reason to give."""
    if "CANNOT BE WRITTEN AS SQL" not in part.sql:
        return ()
    comments = {comment.start for comment in split(part.sql).comments}
    found = []
    for each in _UNWRITTEN.finditer(part.sql):
        start = each.start()
        title = each["after"] if each["words"].startswith("MIGRATION") else each["title"]
        if start in comments:
            span = Span(part.start + start, part.start + each.end())
            found.append((span, f"{title or 'an operation'}, which is no SQL"))
    return tuple(found)


def batched(statements: Sequence[Statement], text: str) -> tuple[Statement, ...]:
    """Return statements with what a tool sends as one query marked as such."""
    blocks = [found.span() for found in _BLOCK.finditer(text)] if _BEGINS in text else []
    if not blocks:
        return tuple(statements)
    within = [
        next((n for n, (a, b) in enumerate(blocks) if a <= each.span.start < b), None)
        for each in statements
    ]
    return tuple(
        each if n is None or within.count(n) == 1 else replace(each, batch=n)
        for each, n in zip(statements, within, strict=True)
    )


def said(text: str) -> Runner | None:
    """Return how a file asks to be run, None where it asks for nothing."""
    return next((runner for word, runner in _WORDS if word.match(text) is not None), None)


def bracketed(text: str, tool: str) -> str:
    """Return SQL for a tool that cuts at semicolons, with its marks around what holds some.

    Args:
        text: Statements, each with its semicolon.
        tool: The word of the tool's marks, `goose` or `migrate`.
    """
    written = []
    for piece in split(text).pieces:
        sql = text[piece.start : piece.end]
        if piece.kind is PieceKind.STATEMENT and ";" in sql.rstrip().removesuffix(";"):
            sql = f"-- +{tool} StatementBegin\n{sql}\n-- +{tool} StatementEnd"
        written.append(sql)
    return "".join(written)


def _way(text: str, mark: re.Match[str], marks: list[re.Match[str]], *, none: bool) -> Way:
    end = next((other.start() for other in marks if other.start() > mark.start()), len(text))
    runner = Runner.FILE
    if none or _OUTSIDE.search(mark["rest"]) is not None:
        # dbmate sends what it runs outside a transaction as one query.
        runner = Runner.NONE if mark["dbmate"] is None else Runner.QUERY
    return Way(parts(text, mark.end(), end), runner)
