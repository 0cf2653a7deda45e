"""New columns that every row must fill and that nothing fills."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.compatibility import OldStatement
from migsafe.model.findings import Finding
from migsafe.model.operations import AddColumn, PrimaryKey

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
    kind = "" if column.type is None else f" {column.type}"
    yield context.finding(
        f"Adding {table}.{column.name} NOT NULL without a default fails as soon as {table} "
        f"holds a row (23502), and {context.insert_without(table, column.name)}.",
        help=f"ADD COLUMN {column.name}{kind} without NOT NULL, or with a DEFAULT that stays; "
        f"SET NOT NULL in a later deploy, once {context.all_code} writes it.",
    )
