"""SQL that a program runs in the migration and that could not be read."""

from collections.abc import Iterator

from migsafe.context import Context, clipped, is_understood
from migsafe.model.findings import Finding
from migsafe.model.operations import AnonymousBlock, CallRoutine, Cause, Unrecognized


def check_operation(
    operation: Unrecognized | AnonymousBlock | CallRoutine, context: Context
) -> Iterator[Finding]:
    """Report a text that EXECUTE gets at run time, and a routine whose body is not known."""
    if is_understood(operation, context.effects):
        return
    if isinstance(operation, Unrecognized) and operation.cause is not Cause.DYNAMIC:
        # unreadable-statement and unanalysed-call speak of the others.
        return
    if any(
        earlier.statement is context.current.statement
        and not is_understood(earlier.operation, earlier.effects)
        for earlier in context.earlier()
    ):
        # One statement is one finding, however many texts it runs.
        return
    yield context.finding(
        f"What runs here was not read: {clipped(_seen(operation, context))}{_where(context)}; it "
        "may change any relation, and nothing is said about its locks, nor about running code.",
        help="Write the statements themselves, or build their text from constants; else judge "
        "them by hand.",
        relations=(),
    )


def _where(context: Context) -> str:
    """Return the routine whose call runs it, as a clause."""
    for called in context.current.statement.operations:
        if isinstance(called, CallRoutine) and context.current.operation is not called:
            return f" in {called.routine}"
    return ""


def _seen(operation: Unrecognized | AnonymousBlock | CallRoutine, context: Context) -> str:
    match operation:
        case Unrecognized(reason=reason):
            return reason
        case AnonymousBlock(language=language):
            return f"the body of a DO block in {language}"
        case CallRoutine(routine=routine):
            several = len(context.catalog.routines(routine)) > 1
            why = "several routines bear its name" if several else "no migration shows its body"
            return f"it calls {routine}, and {why}"
