"""Tables that no longer inherit, so that their rows leave the parent."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.effects import Certain
from migsafe.model.findings import Finding
from migsafe.model.operations import SetInheritance


def check_operation(operation: SetInheritance, context: Context) -> Iterator[Finding]:
    """Report NO INHERIT between two released tables."""
    table, parent = operation.table, operation.parent
    if operation.inherit or isinstance(context.effects.fails, Certain):
        return
    if not context.is_live(table) or not context.is_live(parent):
        return
    if context.goes_here(table) or context.goes_here(parent):
        return
    yield context.finding(
        f"The rows of {table} are not found through {parent} from here on: a SELECT, UPDATE or "
        f"DELETE of {parent} by running code passes them by without an error, and a column or "
        f"CHECK that {parent} gets later does not reach {table}.",
        help=f"Deploy code that asks {table} itself first.",
        relations=(table, parent),
    )
