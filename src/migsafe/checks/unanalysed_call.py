"""Calls of a revision whose arguments are known only when it runs, or are not there."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding, Hazard
from migsafe.model.operations import Cause, Unrecognized


def check_operation(operation: Unrecognized, context: Context) -> Iterator[Finding]:
    """Report a call that could not be followed, and one that fails whenever it is reached."""
    reason = operation.reason.rstrip(".")
    if operation.cause is Cause.REFUSED:
        yield context.finding(
            f"This call fails with a TypeError before it sends anything: {reason}.",
            help="Give the argument.",
            case="refused",
            hazards=(Hazard.FAILS_AT_RUNTIME,),
            relations=(),
        )
    if operation.cause is not Cause.CALL:
        return
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
