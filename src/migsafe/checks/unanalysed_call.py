"""Calls of a revision whose arguments are known only when it runs."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import Cause, Unrecognized


def check_operation(operation: Unrecognized, context: Context) -> Iterator[Finding]:
    """Report a call that could not be followed: what it does is not judged."""
    if operation.cause is not Cause.CALL:
        return
    reason = operation.reason.rstrip(".")
    reach = (
        "it may change any relation, so what follows is judged with less certainty"
        if operation.relations is None
        else f"it concerns {', '.join(str(name) for name in operation.relations)}"
    )
    yield context.finding(
        f"What this call does is not known without running it: {reason}; {reach}.",
        help="Write the arguments as literals or module constants, or judge it by hand.",
        relations=operation.relations or (),
    )
