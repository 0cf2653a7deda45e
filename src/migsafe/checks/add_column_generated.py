"""New generated columns that are stored."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import AddColumn

_VIRTUAL_COLUMNS = 18


def check_operation(operation: AddColumn, context: Context) -> Iterator[Finding]:
    """Report a generated column whose values are computed for every row at once."""
    table, column = operation.table, operation.column
    if column.generated is None or not context.effects.rewrites or not context.is_busy(table):
        return
    virtual = (
        "Make it VIRTUAL, which is computed when it is read; or add"
        if context.version >= _VIRTUAL_COLUMNS
        else "Add"
    )
    later = (
        ""
        if context.version >= _VIRTUAL_COLUMNS
        else " From PostgreSQL 18 on a VIRTUAL column costs nothing."
    )
    yield context.finding(
        f"Adding the stored generated column {table}.{column.name} computes it for every row: "
        f"{context.waits(table)}.",
        help=f"{virtual} a plain column, keep it right with a trigger, and fill existing rows in "
        f"batches in a later deploy.{later}",
    )
