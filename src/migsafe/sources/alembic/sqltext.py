"""SQL in strings of a revision, as statements of a section."""

import re

from migsafe.model.migration import Statement
from migsafe.model.operations import Operation
from migsafe.model.origin import Certainty, Origin, SectionName, Span
from migsafe.model.pattern import pattern
from migsafe.model.record import record, replace
from migsafe.parsers.sql import Placement, read_sql

# What `sqlalchemy.text` takes for a parameter, and what is quoted and is none for us.
_PARAMETER = pattern(
    r"'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$"
    r"|\b(?P<among>IN)\s+:\w+(?!:)|(?<![:\w\\]):(?P<name>\w+)(?!:)",
    re.DOTALL | re.IGNORECASE,
)

# A colon that `text` takes as itself: the backslash does not reach the server.
_ESCAPED_COLON = pattern(r"\\(:[\w$]*)(?![:\w$])")


@record
class Where:
    """Where a call stands and under which circumstances it runs; `text` is the whole file."""

    path: str
    section: SectionName
    text: str
    span: Span
    autocommit: bool = False
    certainty: Certainty = Certainty.ALWAYS

    def origin(self) -> Origin:
        """Return the origin of what a call without SQL does."""
        return Origin(
            self.path,
            self.section,
            self.span,
            self.span,
            self.span,
            autocommit=self.autocommit,
            certainty=self.certainty,
        )

    def statement(
        self, operations: tuple[Operation, ...], opaque: tuple[str, ...] = ()
    ) -> Statement:
        """Return a call as a statement that holds operations."""
        origin = self.origin()
        return Statement(
            self.text[self.span.start : self.span.end],
            self.span,
            tuple(replace(operation, origin=origin) for operation in operations),
            opaque,
        )


def read_string(sql: str, at: int | None, where: Where) -> tuple[Statement, ...]:
    """Return the statements in a string.

    Args:
        sql: The string's value.
        at: Where the text stands in the file, None if its place is not exact; then every
            span is the call's.
        where: The call.
    """
    sent = _with_numbered_parameters(sql)
    if "\\:" in sent and (plain := _ESCAPED_COLON.sub(r"\1", sent)) != sent:
        # The server gets fewer characters than stand in the file: no place is exact.
        sent, at = plain, None
    placement = Placement(
        where.path,
        where.section,
        offset=at or 0,
        call_span=where.span,
        autocommit=where.autocommit,
        certainty=where.certainty,
        at=where.span if at is None else None,
    )
    return read_sql(sent, placement).statements


def _with_numbered_parameters(sql: str) -> str:
    """Return SQL whose named parameters the server's grammar takes, as long as before."""
    if ":" not in sql:
        return sql

    numbers: dict[str, int] = {}

    def numbered(found: re.Match[str]) -> str:
        if found["among"] is not None:
            # An expanding parameter brings its own parentheses.
            room = len(found[0]) - len("IN")
            return ("IN($1)" if room >= len("($1)") else "IN(1)").ljust(len(found[0]))
        if found["name"] is None:
            return found[0]
        number = numbers.setdefault(found["name"], len(numbers) + 1)
        # There is room for one digit at least.
        shown = f"${number}" if len(f"${number}") <= len(found[0]) else "$1"
        return shown.ljust(len(found[0]))

    return _PARAMETER.sub(numbered, sql)
