"""Columns whose values are padded with blanks."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.defining import typed_columns
from migsafe.model.findings import Finding
from migsafe.model.operations import AddColumn, AlterColumnType, CreateTable

PROFILE = "strict"


def check_operation(
    operation: CreateTable | AddColumn | AlterColumnType, context: Context
) -> Iterator[Finding]:
    """Report a column of type char(n)."""
    for table, name, type_ in typed_columns(operation):
        if type_.name == "character":
            yield context.finding(
                f"{table}.{name} is {type_}: values are padded with blanks, which some comparisons "
                "see and others do not.",
                help=f"Use text for {name}, with a CHECK on its length if that matters.",
                relations=(table,),
            )
