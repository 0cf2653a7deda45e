"""Row security that hides rows from running code, or shows them all."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import SetRowSecurity


def check_operation(operation: SetRowSecurity, context: Context) -> Iterator[Finding]:
    """Report row security that is switched on or off on a table of the released schema."""
    table = operation.table
    if not context.is_live(table):
        return
    action = operation.action.upper()
    if action.startswith(("DISABLE", "NO FORCE")):
        whom = "its owner" if "FORCE" in action else "every role that may read it"
        yield context.finding(
            f"{table}: from here on {whom} sees and changes all of its rows, also running code "
            "that relies on the policies.",
            help="Deploy code that filters rows itself first.",
        )
        return
    forced = "FORCE" in action
    known = context.catalog.table(table)
    policies = context.ship.after.policies(table)
    if policies:
        names = ", ".join(policy.name for policy in policies)
        yield context.finding(
            f"{table}: running code sees and changes only the rows that {names} "
            f"{'lets' if len(policies) == 1 else 'let'} pass{_whom(forced=forced)}; queries "
            "return fewer rows without an error, other writes are refused (42501).",
            help="Deploy code that works under the policies first, for instance one that sets "
            "what they compare with.",
        )
        return
    unsure = known is None or not known.complete
    parts = f"{table} has no policy{' that is known here' if unsure else ''}"
    yield context.finding(
        f"{parts}: running code sees none of its rows{_whom(forced=forced)}, without an error, and "
        "every INSERT is refused (42501).",
        help=f"CREATE POLICY … ON {table} in the same transaction, before row security is enabled.",
        case="no policy",
        confidence=Confidence.LOW if unsure else Confidence.HIGH,
    )


def _whom(*, forced: bool) -> str:
    return "" if forced else " unless it connects as the owner"
