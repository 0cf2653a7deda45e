"""New columns with UNIQUE or PRIMARY KEY beside them."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import AddColumn, PrimaryKey, Unique
from migsafe.writing import quoting


def check_operation(operation: AddColumn, context: Context) -> Iterator[Finding]:
    """Report an inline key, whose index is built under the lock of ADD COLUMN."""
    table, column = operation.table, operation.column
    keys = [each for each in operation.constraints if isinstance(each, Unique | PrimaryKey)]
    effects = context.effects
    if not keys or not (effects.builds or effects.rewrites) or not context.is_busy(table):
        return
    word = "PRIMARY KEY" if isinstance(keys[0], PrimaryKey) else "UNIQUE"
    filled = column.default is not None or column.identity is not None
    fill = "" if filled else "let new code fill it and backfill the rest, "
    yield context.finding(
        f"Adding {table}.{column.name} {word} builds an index over every row in the same "
        f"statement: {context.waits(table)}.",
        help=f"ADD COLUMN {quoting.identifier(column.name)} without {word}, {fill}CREATE UNIQUE "
        f"INDEX CONCURRENTLY on it, then ADD CONSTRAINT … {word} USING INDEX.",
    )
