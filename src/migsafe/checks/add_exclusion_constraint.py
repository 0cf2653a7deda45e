"""EXCLUDE constraints, which have no way that lets traffic pass."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.effects import Fact, OnData
from migsafe.model.findings import Finding
from migsafe.model.operations import AddConstraint, Exclusion


def check_operation(operation: AddConstraint, context: Context) -> Iterator[Finding]:
    """Report an EXCLUDE constraint on a table that running code uses."""
    table, constraint = operation.table, operation.constraint
    if not isinstance(constraint, Exclusion) or not context.is_busy(table):
        return
    if context.effects.knows(Fact.BUILDS) and not context.effects.builds:
        # ONLY a partitioned table, which holds no rows.
        return
    name = "the EXCLUDE constraint" if constraint.name is None else constraint.name
    fails = context.effects.fails
    refused = (
        f"; two rows that exclude each other fail it ({fails.sqlstate})"
        if isinstance(fails, OnData)
        else ""
    )
    yield context.finding(
        f"Adding {name} builds its index: {context.waits(table)}{refused}.",
        help="EXCLUDE takes neither NOT VALID nor USING INDEX: add it while the table is small, "
        "or when nobody needs it; or make a new table that has it, keep both equal with a trigger "
        "and fill the new one in batches.",
    )
