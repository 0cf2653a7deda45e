"""New columns that are filled once while running code goes on writing rows without them."""

from collections.abc import Iterator

from migsafe.catalog.text import mentions
from migsafe.context import Context
from migsafe.effects.reach import Reach, reach_of
from migsafe.model.findings import Finding
from migsafe.model.operations import DropColumn, Update


def check_operation(operation: Update, context: Context) -> Iterator[Finding]:
    """Report the fill of a new column that nothing fills afterwards."""
    table = operation.table
    if not context.is_live(table) or _ends_old_inserts(operation, context):
        return
    if reach_of(table, operation.where, context.catalog, operation.sql) is Reach.FEW:
        return
    after = context.ship.after
    # A trigger may fill it; one that does not is rare beside a new column.
    if any(
        trigger.timing == "BEFORE" and "insert" in trigger.events
        for trigger in after.triggers(table)
    ):
        return
    empty = [
        assignment.column
        for assignment in operation.assignments
        if context.is_new_column(table, assignment.column)
        and (column := after.column(table, assignment.column)) is not None
        and column.nullable is not False
        and not column.fills_itself
    ]
    if not empty:
        return
    names = ", ".join(empty)
    them = "it" if len(empty) == 1 else "them"
    yield context.finding(
        f"UPDATE {table} fills the new {'column' if len(empty) == 1 else 'columns'} {names} once; "
        f"{_harm(names, them, context)}.",
        help=f"Fill {them} after code that writes {them} has replaced all older processes, or let "
        f"a default or a trigger fill {them} until then.",
    )


def _harm(names: str, them: str, context: Context) -> str:
    if context.code_ships_first:
        return (
            f"code that names {them} fails (42703) until this has run, and code that does not "
            f"leaves NULL in {names} of every row that it writes from then on"
        )
    return (
        f"{context.old_code} does not know {them}, so every row that it writes from then on holds "
        f"NULL in {names} {context.until_gone}"
    )


def _ends_old_inserts(operation: Update, context: Context) -> bool:
    """Say whether the deploy drops what the column is filled from: old code fails then."""
    key = context.catalog.key(operation.table)
    return any(
        isinstance(later.operation, DropColumn)
        and later.before.key(later.operation.table) == key
        and mentions(operation.sql, later.operation.column)
        for later in context.later()
    )
