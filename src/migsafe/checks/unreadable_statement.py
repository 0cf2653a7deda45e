"""Statements that migsafe could not read, so that nothing is said about them."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import Cause, ExecutePrepared, ImportForeignSchema, Unrecognized


def check_operation(
    operation: Unrecognized | ExecutePrepared | ImportForeignSchema, context: Context
) -> Iterator[Finding]:
    """Report a statement whose effects are not known, with the reason."""
    cause, reason = _cause(operation)
    words = _words(cause)
    if words is None:
        return
    what, help_ = words
    yield context.finding(
        f"{what}: {reason.rstrip('.')}. Nothing is said about its locks, nor about running code.",
        help=help_,
        relations=(operation.relations or ()) if isinstance(operation, Unrecognized) else (),
    )


def _cause(
    operation: Unrecognized | ExecutePrepared | ImportForeignSchema,
) -> tuple[Cause, str]:
    match operation:
        case Unrecognized(cause=cause, reason=reason):
            return cause, reason
        case ExecutePrepared(statement=name):
            return Cause.UNMAPPED, f"it runs the prepared statement {name}"
        case ImportForeignSchema():
            return Cause.UNMAPPED, "what it makes is decided by another server"


def _words(cause: Cause) -> tuple[str, str] | None:
    match cause:
        case Cause.SYNTAX:
            return (
                "The server's grammar refuses this statement",
                "Correct it, or set --dialect if it is written for another server.",
            )
        case Cause.UNMAPPED:
            return (
                "What this statement does is not known to migsafe",
                "Judge its locks and its effect on running code by hand.",
            )
        case Cause.UNTERMINATED:
            return (
                "The file ends inside this statement, so all that follows is unread",
                "Close the quote, comment or dollar tag.",
            )
        case Cause.CLIENT:
            return (
                "This line is a command of psql, not of the server",
                "Move it out of the migration, or make what it includes a migration.",
            )
        case Cause.TEMPLATE:
            return (
                "A placeholder stands where SQL must be known",
                "Lint the file after its placeholders are filled in.",
            )
        case Cause.CALL | Cause.REFUSED | Cause.DYNAMIC:
            # unanalysed-call and hidden-sql speak of these.
            return None
