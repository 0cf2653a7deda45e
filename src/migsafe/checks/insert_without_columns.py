"""INSERTs that rely on the order of columns."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import Insert
from migsafe.writing import quoting

PROFILE = "strict"


def check_operation(operation: Insert, context: Context) -> Iterator[Finding]:
    """Report an INSERT that names no columns."""
    if operation.columns or "DEFAULT VALUES" in operation.sql:
        return
    yield context.finding(
        f"INSERT INTO {operation.table} names no columns: which value goes where depends on the "
        "order in which they were once added.",
        help=f"Name the columns: INSERT INTO {quoting.name(operation.table)} (…).",
        relations=(operation.table,),
    )
