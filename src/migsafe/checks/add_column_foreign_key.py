"""New columns with REFERENCES and a default beside them."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.effects import effects_of
from migsafe.model.findings import Finding
from migsafe.model.operations import AddColumn, ForeignKey
from migsafe.model.record import replace
from migsafe.writing import quoting


def check_operation(operation: AddColumn, context: Context) -> Iterator[Finding]:
    """Report an inline foreign key that has values to look up."""
    table, column = operation.table, operation.column
    keys = tuple(each for each in operation.constraints if isinstance(each, ForeignKey))
    if not keys or not context.is_busy(table):
        return
    alone = effects_of(
        replace(operation, constraints=keys),
        context.catalog,
        dialect=context.settings.dialect,
        version=context.version,
    )
    if not alone.scans:
        return
    parent = keys[0].referenced
    others = (
        f", and writes to {parent} as long"
        if context.is_busy(parent) and context.catalog.key(parent) != context.catalog.key(table)
        else ""
    )
    yield context.finding(
        f"Adding {table}.{column.name} with a default and REFERENCES {parent} looks the default "
        f"up for every row: {context.waits(table)}{others}.",
        help=f"ADD COLUMN {quoting.identifier(column.name)} with REFERENCES and without the "
        "default, which reads nothing; SET DEFAULT after it, and fill existing rows in batches in "
        "a later deploy.",
    )
