"""CHECK constraints that test every row while reads and writes wait."""

from collections.abc import Iterator

from migsafe.context import Context, clipped
from migsafe.model.effects import OnData
from migsafe.model.findings import Finding
from migsafe.model.operations import AddConstraint, Check
from migsafe.writing import quoting


def check_operation(operation: AddConstraint, context: Context) -> Iterator[Finding]:
    """Report a CHECK that is validated under the lock that adds it."""
    table, check = operation.table, operation.constraint
    if not isinstance(check, Check) or not context.effects.scans or not context.is_busy(table):
        return
    match context.effects.fails:
        case OnData(sqlstate=state):
            refused = f"; one row that violates it fails the migration ({state})"
        case _:
            refused = ""
    label = f"CHECK {check.name}" if check.name else f"CHECK ({clipped(check.expression.sql)})"
    name = "" if check.name else "Name it. "
    python = " (postgresql_not_valid=True)" if context.is_call else ""
    yield context.finding(
        f"Adding the {label} tests every row: {context.waits(table)}{refused}.",
        help=f"{name}Add it NOT VALID{python}, and ALTER TABLE {quoting.name(table)} VALIDATE "
        f"CONSTRAINT {quoting.identifier(check.name) if check.name else '…'} in a later "
        "migration, which lets reads and writes pass.",
    )
