"""Tables whose rows cannot be told apart."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import CreateTable

PROFILE = "strict"


def check_operation(operation: CreateTable, context: Context) -> Iterator[Finding]:
    """Report a table that the deploy leaves without a primary key."""
    table = operation.table
    if (
        operation.temporary
        or operation.partition_of is not None
        or operation.inherits
        or operation.like
    ):
        return
    after = context.ship.after
    if after.table(table) is None or after.primary_key(table) is not None:
        return
    yield context.finding(
        f"{table} has no primary key: logical replication refuses its UPDATE and DELETE, and "
        "nothing tells a row from its double.",
        help=f"Add a primary key to {table}.",
        relations=(table,),
    )
