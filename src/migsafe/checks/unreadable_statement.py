"""Statements that migsafe could not read, so that nothing is said about them."""

from collections.abc import Iterator

from migsafe.context import Context, is_understood
from migsafe.model.findings import Finding
from migsafe.model.operations import AnonymousBlock, CallRoutine, Cause, Unrecognized


def check_operation(
    operation: Unrecognized | AnonymousBlock | CallRoutine, context: Context
) -> Iterator[Finding]:
    """Report a statement whose effects are not known, with the reason."""
    if is_understood(operation):
        return
    match operation:
        case Unrecognized(cause=cause, reason=reason):
            words = _words(cause)
            reason = reason.rstrip(".")
            relations = operation.relations or ()
        case AnonymousBlock():
            words, relations = _words(Cause.UNMAPPED), ()
            reason = "the body of a DO block is a program"
        case CallRoutine(routine=routine):
            words, relations = _words(Cause.UNMAPPED), ()
            reason = f"it runs the routine {routine}"
    if words is None:
        return
    what, help_ = words
    yield context.finding(
        f"{what}: {reason}. Nothing is said about its locks, nor about running code.",
        help=help_,
        relations=relations,
    )


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
        case Cause.CALL:
            # unanalysed-call speaks of these.
            return None
