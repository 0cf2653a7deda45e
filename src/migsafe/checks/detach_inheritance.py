"""Tables that no longer inherit, so that their rows leave the parent."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.operations import DetachPartition, SetInheritance


def check_operation(
    operation: SetInheritance | DetachPartition, context: Context
) -> Iterator[Finding]:
    """Report NO INHERIT and DETACH PARTITION between two released tables."""
    table, lost = _leaving(operation, context)
    parent = operation.parent
    if table is None or isinstance(context.effects.fails, Certain):
        return
    if not context.is_live(table) or not context.is_live(parent):
        return
    if context.goes_here(table) or context.goes_here(parent):
        return
    yield context.finding(
        f"The rows of {table} are not found through {parent} from here on: a SELECT, UPDATE or "
        f"DELETE of {parent} by running code passes them by without an error, and {lost}.",
        help=f"Deploy code that asks {table} itself first.",
        relations=(table, parent),
    )


def _is_refused(context: Context) -> bool:
    """Say whether the server refuses CONCURRENTLY here: surely in a transaction."""
    transaction = context.current.transaction
    return transaction.is_open and transaction.certain


def _leaving(
    operation: SetInheritance | DetachPartition, context: Context
) -> tuple[Name | None, str]:
    """Return the table that leaves its parent, if one does, and what else running code loses."""
    parent = operation.parent
    match operation:
        case SetInheritance(inherit=True) | DetachPartition(finalize=True):
            return None, ""
        case DetachPartition(concurrently=True) if _is_refused(context):
            return None, ""
        case DetachPartition(partition=table) if context.catalog.default_partition(parent):
            return table, f"a row in its bound goes to the default partition of {parent}"
        case DetachPartition(partition=table):
            return table, f"an INSERT INTO {parent} of a row in its bound is refused (23514)"
        case SetInheritance(table=table):
            return table, f"a column or CHECK that {parent} gets later does not reach {table}"
