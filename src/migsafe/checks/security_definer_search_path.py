"""Functions with their owner's rights and their caller's search path."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import CreateRoutine

PROFILE = "strict"


def check_operation(operation: CreateRoutine, context: Context) -> Iterator[Finding]:
    """Report SECURITY DEFINER without SET search_path."""
    head = operation.sql.upper()
    if operation.body:
        head = head.replace(operation.body.upper(), "")
    if "SECURITY DEFINER" not in head or "SET SEARCH_PATH" in head or "BEGIN ATOMIC" in head:
        return
    yield context.finding(
        f"{operation.routine} runs with its owner's rights and finds its names along its caller's "
        "search_path: whoever may create a table or function there decides what it does.",
        help="Add SET search_path = …, pg_temp to it.",
        relations=(),
    )
