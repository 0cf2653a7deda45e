"""Tables whose rows cannot be told apart."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import IndexState
from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import CreateTable
from migsafe.writing import quoting

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
    key = next((index for index in after.indexes(table) if _tells_rows_apart(index, after)), None)
    if key is not None:
        yield context.finding(
            f"{table} has no primary key: logical replication refuses its UPDATE and DELETE until "
            f"REPLICA IDENTITY names {key.name.name}.",
            help=f"PRIMARY KEY ({quoting.identifiers(key.columns)}) in place of {key.name.name}.",
            relations=(table,),
        )
        return
    yield context.finding(
        f"{table} has no primary key: logical replication refuses its UPDATE and DELETE, and "
        "nothing tells a row from its double.",
        help=f"Add a primary key to {table}.",
        relations=(table,),
    )


def _tells_rows_apart(index: IndexState, after: Catalog) -> bool:
    """Say whether an index could be the primary key: all rows, plain columns, no NULL."""
    columns = [after.column(index.table, name) for name in index.columns]
    return (
        index.unique
        and index.where is None
        and len(columns) == len(index.elements)
        and all(column is not None and column.nullable is False for column in columns)
    )
