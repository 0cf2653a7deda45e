"""Amounts whose meaning depends on the locale."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.defining import typed_columns
from migsafe.model.findings import Finding
from migsafe.model.operations import AddColumn, AlterColumnType, CreateTable

PROFILE = "strict"


def check_operation(
    operation: CreateTable | AddColumn | AlterColumnType, context: Context
) -> Iterator[Finding]:
    """Report a column of type money."""
    for table, name, type_ in typed_columns(operation):
        if type_.name == "money":
            yield context.finding(
                f"{table}.{name} is money: what a value means depends on lc_monetary of the "
                "session.",
                help=f"Use numeric for {name}, and name the currency in a column of its own.",
                relations=(table,),
            )
