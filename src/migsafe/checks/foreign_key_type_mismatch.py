"""Foreign keys between columns of two types."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.defining import constraints
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.operations import AddColumn, AddConstraint, CreateTable, ForeignKey, PrimaryKey

PROFILE = "strict"


def check_operation(
    operation: CreateTable | AddColumn | AddConstraint, context: Context
) -> Iterator[Finding]:
    """Report a foreign key whose column has another type than the one it refers to."""
    after = context.current.after
    for table, key in constraints(operation):
        if not isinstance(key, ForeignKey):
            continue
        referenced = key.referenced_columns or _key_of(key.referenced, context)
        for name, parent in zip(key.columns, referenced, strict=False):
            here, there = after.column(table, name), after.column(key.referenced, parent)
            if here is None or there is None or here.type is None or there.type is None:
                continue
            if here.type.name == there.type.name:
                continue
            yield context.finding(
                f"{table}.{name} is {here.type}, {key.referenced}.{parent} is {there.type}: a "
                "parent beyond the smaller type cannot be referred to.",
                help=f"Make {table}.{name} {there.type}.",
                relations=(table,),
            )


def _key_of(table: Name, context: Context) -> tuple[str, ...]:
    state = context.current.after.primary_key(table)
    if state is None or not isinstance(state.constraint, PrimaryKey):
        return ()
    return state.constraint.columns
