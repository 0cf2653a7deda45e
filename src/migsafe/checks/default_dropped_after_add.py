"""Required columns that get a default and lose it before running code is gone."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.operations import (
    AlterGenerated,
    AlterIdentity,
    DropDefault,
    IdentityAction,
    SetDefault,
)


def check_operation(
    operation: DropDefault | SetDefault | AlterIdentity | AlterGenerated, context: Context
) -> Iterator[Finding]:
    """Report a NOT NULL column of this deploy whose default the same deploy takes away."""
    match operation:
        case SetDefault(default=default) if default.sql.upper() != "NULL":
            return
        case AlterIdentity(action=IdentityAction.ADD | IdentityAction.SET):
            return
        case AlterGenerated(expression=expression) if expression is not None:
            return
        case _:
            pass
    table, name = operation.table, operation.column
    column = context.catalog.column(table, name)
    if column is None or column.nullable is not False or not column.fills_itself:
        return
    if not context.is_live(table) or not context.is_made_here(column.made_by):
        return
    if _fills_itself_in_the_end(table, name, context):
        return
    yield context.finding(
        f"{table}.{name} is NOT NULL, new in this deploy, and loses its default in it: "
        f"{context.insert_without(table, name)}.",
        help=f"Leave the default; drop it in a later deploy, once {context.all_code} writes "
        f"{name}.",
    )


def _fills_itself_in_the_end(table: Name, name: str, context: Context) -> bool:
    column = context.ship.after.column(table, name)
    return column is not None and column.fills_itself
