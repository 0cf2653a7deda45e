"""Row security that hides rows from running code, or shows them all."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import ChangePolicy, SetRowSecurity
from migsafe.rulebook import DEFAULT_CASE
from migsafe.writing import quoting
from migsafe.writing.tokens import tokens


def check_operation(
    operation: SetRowSecurity | ChangePolicy, context: Context
) -> Iterator[Finding]:
    """Report row security that is switched on or off on a live table, and other policies of one."""
    table = operation.table
    if not context.is_live(table):
        return
    match operation:
        case ChangePolicy():
            yield from _policy(operation, context)
        case SetRowSecurity(action=action):
            yield from _switched(table, action.upper(), context)


def _policy(operation: ChangePolicy, context: Context) -> Iterator[Finding]:
    """Report a policy where row security is on already, or may be: else nothing asks it yet."""
    table, name = operation.table, operation.policy
    was_on = context.ship.before.row_security(table)
    if was_on is False or (was_on is None and context.ship.after.row_security(table)):
        # Switching it on is what is reported.
        return
    if operation.create:
        words = [word.upper() for word in tokens(operation.sql)]
        restrictive = "RESTRICTIVE" in words
        case = DEFAULT_CASE if restrictive else "more rows"
        does = (
            f"running code sees and changes only the rows that {name} lets pass as well; queries "
            "return fewer rows without an error, other writes are refused (42501)"
            if restrictive
            else f"running code sees and changes the rows that {name} lets pass as well"
        )
    else:
        case = DEFAULT_CASE
        does = (
            f"which rows {name} lets pass is decided otherwise from here on; queries of running "
            "code return other rows without an error, writes of rows that it no longer lets pass "
            "are refused (42501)"
        )
    yield context.finding(
        f"{table}: {does}, unless it connects as the owner.",
        help="Deploy code that works under both first.",
        case=case,
        confidence=Confidence.LOW if was_on is None else Confidence.HIGH,
    )


def _switched(table: Name, action: str, context: Context) -> Iterator[Finding]:
    before, after = context.catalog.row_security(table), context.ship.after.row_security(table)
    if "FORCE" in action:
        # Without row security there is nothing to force.
        if after is False:
            return
    elif before is (not action.startswith("DISABLE")):
        return
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
        help=f"CREATE POLICY … ON {quoting.name(table)} in the same transaction, before row "
        "security is enabled.",
        case="no policy",
        confidence=Confidence.LOW if unsure else Confidence.HIGH,
    )


def _whom(*, forced: bool) -> str:
    return "" if forced else " unless it connects as the owner"
