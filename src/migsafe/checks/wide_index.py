"""Indexes that cost every write and serve few reads."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import CreateIndex

PROFILE = "strict"


def check_operation(operation: CreateIndex, context: Context) -> Iterator[Finding]:
    """Report a plain index of more columns than most queries give."""
    most, count = int(context.options["columns"]), len(operation.elements)
    if operation.unique or count <= most:
        return
    yield context.finding(
        f"{operation.name or 'An index'} on {operation.table} has {count} columns: it serves "
        "queries that give the first of them, and every write pays for all.",
        help="Leave out the last ones, or move them to INCLUDE.",
        relations=(operation.table,),
    )
