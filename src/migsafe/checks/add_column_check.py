"""New columns with a CHECK beside them."""

from collections.abc import Iterator

from migsafe.context import Context, clipped
from migsafe.effects import effects_of
from migsafe.model.findings import Finding
from migsafe.model.operations import AddColumn, Check
from migsafe.model.record import replace
from migsafe.writing import quoting


def check_operation(operation: AddColumn, context: Context) -> Iterator[Finding]:
    """Report an inline CHECK that reads every row, though they all hold one value."""
    table, column = operation.table, operation.column
    checks = tuple(each for each in operation.constraints if isinstance(each, Check))
    if not checks or not context.is_busy(table):
        return
    alone = effects_of(
        replace(operation, constraints=checks),
        context.catalog,
        dialect=context.settings.dialect,
        version=context.version,
    )
    # A rewrite reads every row anyway, and is another rule's subject.
    if not alone.scans:
        return
    test = clipped(checks[0].expression.sql)
    yield context.finding(
        f"Adding {table}.{column.name} with CHECK ({test}) tests every row "
        f"although all hold the same value: {context.waits(table)}.",
        help=f"ADD COLUMN {quoting.identifier(column.name)} without the CHECK, then ADD "
        f"CONSTRAINT … CHECK ({test}) NOT VALID, and VALIDATE CONSTRAINT in a later migration.",
    )
