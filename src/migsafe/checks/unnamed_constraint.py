"""Constraints that a later migration cannot name."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.defining import constraints
from migsafe.model.findings import Finding
from migsafe.model.operations import AddColumn, AddConstraint, CreateTable, NotNull, PrimaryKey

PROFILE = "strict"


def check_operation(
    operation: CreateTable | AddColumn | AddConstraint, context: Context
) -> Iterator[Finding]:
    """Report constraints without a name; a primary key's is always the same."""
    found = [
        table
        for table, constraint in constraints(operation)
        if constraint.name is None and not isinstance(constraint, NotNull | PrimaryKey)
    ]
    if not found:
        return
    table, count = found[0], len(found)
    what = "A constraint" if count == 1 else f"{count} constraints"
    yield context.finding(
        f"{what} of {table} {'has' if count == 1 else 'have'} no name: the server chooses one, and "
        "the migration that drops it has to guess.",
        help="Write CONSTRAINT and a name before it."
        if not context.is_call
        else 'Give it a name="…", or the MetaData of env.py a naming_convention.',
        relations=(table,),
    )
