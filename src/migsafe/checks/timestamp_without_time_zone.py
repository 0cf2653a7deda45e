"""Moments stored without the zone that makes them moments."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.defining import typed_columns
from migsafe.model.findings import Finding
from migsafe.model.operations import AddColumn, AlterColumnType, CreateTable

PROFILE = "strict"


def check_operation(
    operation: CreateTable | AddColumn | AlterColumnType, context: Context
) -> Iterator[Finding]:
    """Report a column of type timestamp without time zone."""
    for table, name, type_ in typed_columns(operation):
        if type_.name == "timestamp without time zone":
            yield context.finding(
                f"{table}.{name} is {type_}: which moment it means depends on the session "
                "that reads it.",
                help=f"Use timestamp with time zone for {name}.",
                relations=(table,),
            )
