"""Columns whose type limits their length."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.defining import typed_columns
from migsafe.model.findings import Finding
from migsafe.model.operations import AddColumn, AlterColumnType, CreateTable

PROFILE = "strict"


def check_operation(
    operation: CreateTable | AddColumn | AlterColumnType, context: Context
) -> Iterator[Finding]:
    """Report a column of type varchar(n)."""
    for table, name, type_ in typed_columns(operation):
        if type_.name == "character varying" and type_.modifiers:
            yield context.finding(
                f"{table}.{name} is {type_}: a longer value is refused (22001), and a "
                "change of the limit is a change of type.",
                help=f"Use text for {name}, with a CHECK on its length that can be replaced.",
                relations=(table,),
            )
