"""Types whose labels stay for ever."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import CreateEnum

PROFILE = "strict"


def check_operation(operation: CreateEnum, context: Context) -> Iterator[Finding]:
    """Report an enum where it is made."""
    yield context.finding(
        f"{operation.type} is an enum: a label that is added to it cannot be removed again, and "
        "code that does not know a new one cannot read its rows.",
        help="Keep the values in a table that a foreign key refers to, or in text with a CHECK.",
        relations=(),
    )
