"""What of a migration's statements a server can be sent."""

from migsafe.model.migration import Section, Statement
from migsafe.model.operations import (
    Begin,
    Cause,
    Commit,
    Copy,
    NoOperation,
    Rollback,
    Savepoint,
    Unrecognized,
)
from migsafe.model.origin import Certainty
from migsafe.model.record import record
from migsafe.writing.errors import UnwritableError
from migsafe.writing.sql import write

_UNSENDABLE = {
    Cause.UNTERMINATED: "its text never ends",
    Cause.CLIENT: "it is a command of psql, not of the server",
    Cause.TEMPLATE: "a placeholder stands where SQL must be known",
    Cause.CALL: "its arguments are not known without running the revision",
    Cause.REFUSED: "the call fails before it sends anything",
    Cause.DYNAMIC: "its text is put together while it runs",
}


@record
class Sent:
    """What is sent for a statement.

    `reason` says why nothing can be; `controls`: it begins or ends a transaction, which
    measuring does by itself. No texts and no reason: it never reaches the server.
    """

    texts: tuple[str, ...] = ()
    reason: str | None = None
    controls: bool = False
    condition: bool = False
    """It stands under a condition that was not decided."""


def sent(statement: Statement, section: Section) -> Sent:
    """Return what is sent to a server for a statement; a call of a revision is written as SQL."""
    operations = statement.operations
    for operation in operations:
        match operation:
            case Unrecognized(cause=cause, reason=reason) if cause in _UNSENDABLE:
                return Sent(reason=f"{_UNSENDABLE[cause]}: {reason}")
            case Copy(into=True, sql=sql) if "stdin" in sql.lower():
                return Sent(reason="its rows come from the client")
            case NoOperation(sql=sql) if sql.startswith("\\"):
                return Sent()
            case _:
                pass
    if statement.opaque:
        names = ", ".join(statement.opaque)
        return Sent(reason=f"{_UNSENDABLE[Cause.TEMPLATE]}: {names}")
    if not statement.sql.strip():
        return Sent(reason="it was not read")
    if operations and all(
        isinstance(each, Begin | Commit | Rollback | Savepoint) for each in operations
    ):
        return Sent((statement.sql,), controls=True)
    condition = any(
        each.origin is not None and each.origin.certainty is not Certainty.ALWAYS
        for each in operations
    )
    if not _is_call(statement, section):
        return Sent((statement.sql,), condition=condition)
    try:
        return Sent(tuple(write(operation) for operation in operations), condition=condition)
    except UnwritableError as error:
        return Sent(reason=f"no SQL stands for it: {error}")


def _is_call(statement: Statement, section: Section) -> bool:
    """Say whether a statement's text is Python: a call that holds no SQL of its own."""
    origin = next((each.origin for each in statement.operations if each.origin), None)
    span = None if origin is None else origin.call_span
    return span is not None and section.text[span.start : span.end] == statement.sql
