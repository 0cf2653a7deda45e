"""Where an operation was read."""

from enum import StrEnum
from itertools import accumulate

from migsafe.model.record import record


@record(order=True)
class Span:
    """A half-open range of character offsets in a file's decoded text."""

    start: int
    end: int

    def moved(self, by: int) -> "Span":
        """Return the span with both ends moved."""
        return Span(self.start + by, self.end + by)


def byte_offsets(text: str) -> list[int]:
    """Return where each character begins in UTF-8, and last where the text ends."""
    return list(accumulate((len(each.encode()) for each in text), initial=0))


class SectionName(StrEnum):
    """The two directions of a migration."""

    UP = "up"
    DOWN = "down"


class Runner(StrEnum):
    """How the tool that runs a section brackets it with transactions."""

    RUN = "run"
    """One transaction for everything the run applies (Alembic's default)."""
    FILE = "file"
    """One transaction for each section."""
    QUERY = "query"
    """The file is sent as one query: a transaction as soon as it holds two statements."""
    NONE = "none"
    """Each statement commits by itself, unless the file says BEGIN."""
    AUTO = "auto"
    """Not known: a plain SQL file that does not say."""


class Certainty(StrEnum):
    """Whether an operation runs whenever its section runs."""

    ALWAYS = "always"
    MAYBE = "maybe"
    """Under a condition that was not decided."""
    UNKNOWN = "unknown"


@record
class Origin:
    """Where an operation was read.

    `span` is the operation's own text: a sub-command of ALTER TABLE, the `op.` call of a
    revision, or the SQL inside `op.execute` where its place in the file is exact.
    `statement_span` is the whole statement. `call_span` is the `op.` call in a revision,
    None in SQL. `autocommit` marks what a revision runs inside `autocommit_block()`.
    """

    path: str
    section: SectionName
    span: Span
    statement_span: Span
    call_span: Span | None = None
    autocommit: bool = False
    certainty: Certainty = Certainty.ALWAYS
