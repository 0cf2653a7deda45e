"""Columns that running code did not ask for and gets."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import AddColumn

PROFILE = "strict"


def check_operation(operation: AddColumn, context: Context) -> Iterator[Finding]:
    """Report a column that is added to a table which running code may read with *."""
    table, name = operation.table, operation.column.name
    if not context.is_live(table):
        return
    yield context.finding(
        f"Every SELECT * on {table} returns {name} as well now: code that takes columns by "
        "position sees one more, a prepared SELECT * has to be prepared again.",
        help="Have code name the columns that it reads.",
        relations=(table,),
    )
