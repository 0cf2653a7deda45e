"""New columns that number the rows that are there."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import AddColumn
from migsafe.writing import quoting

_SERIALS = frozenset({"smallserial", "serial", "bigserial"})


def check_operation(operation: AddColumn, context: Context) -> Iterator[Finding]:
    """Report a serial or identity column on a live table."""
    table, column = operation.table, operation.column
    serial = column.type is not None and column.type.name in _SERIALS
    if not (serial or column.identity is not None) or not context.is_busy(table):
        return
    if not context.effects.rewrites:
        return
    what = f"{column.type} column" if serial else "identity column"
    # serial is a spelling of an integer type; identities name that type themselves.
    kind = str(column.type).replace("serial", "int") if serial else str(column.type or "bigint")
    yield context.finding(
        f"Adding the {what} {table}.{column.name} numbers every row that is there: "
        f"{context.waits(table)}.",
        help=f"ADD COLUMN {quoting.identifier(column.name)} {kind} without default, CREATE "
        "SEQUENCE … OWNED BY it, SET DEFAULT nextval(…) for new rows, and number the others in "
        "batches in a later deploy.",
    )
