"""New columns that every row must fill and that nothing fills."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.compatibility import OldStatement
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.operations import AddColumn, PrimaryKey
from migsafe.model.record import replace

_INSERTS = {OldStatement.INSERT_FULL, OldStatement.INSERT_MINIMAL}


def check_operation(operation: AddColumn, context: Context) -> Iterator[Finding]:
    """Report a required column that the inserts of running code leave out."""
    table, column = operation.table, operation.column
    required = not column.nullable or any(
        isinstance(constraint, PrimaryKey) for constraint in operation.constraints
    )
    if not required or not context.is_live(table):
        return
    if _INSERTS.isdisjoint(context.compatibility.breaks):
        return
    what = f"{table}.{column.name} NOT NULL without a default"
    rows = f"Adding {what} fails as soon as {table} holds a row (23502)"
    inserts = context.insert_without(table, column.name)
    match not context.has_rows(table), _is_named_already(table, column.name, context):
        case False, False:
            harm = f"{rows}, and {inserts}"
        case False, True:
            harm = rows
        case True, False:
            harm = f"After adding {what}, {inserts}"
        case _:
            return
    yield context.finding(
        f"{harm}.",
        help=f"{_optional(operation, context)}; SET NOT NULL in a later deploy, once "
        f"{context.all_code} writes it.",
    )


def _is_named_already(table: Name, column: str, context: Context) -> bool:
    """Say whether running code has to name such a column: it takes the place of a required one."""
    released = context.ship.before.column(table, column)
    return released is not None and released.nullable is False and not released.fills_itself


def _optional(operation: AddColumn, context: Context) -> str:
    """Return how the column is added so that nobody has to write it."""
    column = operation.column
    if context.is_call:
        nullable = replace(operation, column=replace(column, nullable=True))
        return f"{context.written(nullable)}, or with a server_default that stays"
    kind = "" if column.type is None else f" {column.type}"
    return f"ADD COLUMN {column.name}{kind} without NOT NULL, or with a DEFAULT that stays"
