"""Routines whose body names what is renamed or dropped."""

from collections.abc import Iterator

from migsafe.context import Context, some
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import DropColumn, DropTable, ObjectKind, RenameColumn, RenameTable


def check_operation(
    operation: DropColumn | DropTable | RenameColumn | RenameTable, context: Context
) -> Iterator[Finding]:
    """Report routines that the deploy leaves behind with a name that is gone."""
    table = operation.table
    if not context.is_live(table):
        return
    column = None
    match operation:
        case DropColumn(column=name):
            column, gone, state = name, f"{table}.{name}", "42703"
        case RenameColumn(column=name, kind=ObjectKind.TABLE):
            column, gone, state = name, f"{table}.{name}", "42703"
        case RenameColumn():
            return
        case _:
            gone, state = str(table), "42P01"
    stale = [
        routine
        for routine in context.catalog.routines_naming(table, column)
        if context.ship.after.runs_body_of(routine)
    ]
    if not stale or _is_back(table, column, context):
        return
    one = len(stale) == 1
    verb = "renamed" if isinstance(operation, RenameColumn | RenameTable) else "dropped"
    yield context.finding(
        f"The routine{'' if one else 's'} {some([each.name for each in stale])} "
        f"{'names' if one else 'name'} {gone}, which is {verb} here: "
        f"the server does not look into a body, so each call fails ({state}) from then on.",
        help=f"CREATE OR REPLACE {'it' if one else 'them'} in the same migration, or "
        "drop what nobody calls.",
        # A word of the body may stand for something else.
        confidence=Confidence.LOW if column is not None else Confidence.HIGH,
    )


def _is_back(table: Name, column: str | None, context: Context) -> bool:
    """Say whether the deploy ends with something of the name again."""
    after = context.ship.after
    if column is not None:
        return after.column(table, column) is not None
    return after.table(table) is not None or after.view(table) is not None
