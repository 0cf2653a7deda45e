"""Foreign keys whose children are found by reading the whole table."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.defining import constraints
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import AddColumn, AddConstraint, CreateTable, ForeignKey

PROFILE = "strict"


def check_operation(
    operation: CreateTable | AddColumn | AddConstraint, context: Context
) -> Iterator[Finding]:
    """Report a foreign key for whose columns the deploy leaves no index."""
    after = context.ship.after
    for table, key in constraints(operation):
        state = after.table(table)
        if not isinstance(key, ForeignKey) or not key.columns or state is None:
            continue
        wanted, count = set(key.columns), len(key.columns)
        if any(
            set(index.columns[:count]) == wanted and index.where is None
            for index in after.indexes(table)
        ):
            continue
        columns = ", ".join(key.columns)
        yield context.finding(
            f"No index on {table} begins with ({columns}): each DELETE of a row of "
            f"{key.referenced} reads all of {table} to look for its children.",
            help=f"CREATE INDEX CONCURRENTLY ON {table} ({columns}).",
            relations=(table,),
            confidence=Confidence.HIGH if state.complete else Confidence.LOW,
        )
