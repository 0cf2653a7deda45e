"""Primary keys that run out of numbers."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.defining import constraints
from migsafe.model.findings import Finding
from migsafe.model.operations import AddColumn, AddConstraint, CreateTable, PrimaryKey

PROFILE = "strict"

_ENDS_AT = {"integer": "2,147,483,647", "smallint": "32,767"}


def check_operation(
    operation: CreateTable | AddColumn | AddConstraint, context: Context
) -> Iterator[Finding]:
    """Report a primary key of one column whose type is too small for a long life."""
    for table, constraint in constraints(operation):
        if not isinstance(constraint, PrimaryKey) or len(constraint.columns) != 1:
            continue
        (name,) = constraint.columns
        column = context.current.after.column(table, name)
        end = None if column is None or column.type is None else _ENDS_AT.get(column.type.name)
        if column is None or end is None:
            continue
        yield context.finding(
            f"{table}.{name} is {column.type}: after {end} values, deleted ones included, every "
            f"INSERT INTO {table} fails, and a wider type rewrites the table.",
            help=f"Use bigint for {name}, and for every column that refers to it.",
            relations=(table,),
        )
