"""Concurrent builds under a timeout that ends them half done."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import CreateIndex, ObjectKind, Reindex


def check_operation(operation: CreateIndex | Reindex, context: Context) -> Iterator[Finding]:
    """Report a build under a statement_timeout that a table of some size outlasts."""
    limit = context.current.timeouts.statement_ms
    if (
        not operation.concurrently
        or limit is None
        or limit >= int(context.options["enough_ms"])
        or not _is_worth_it(operation, context)
    ):
        return
    called = context.current.origin.call_span is not None
    off = "SET statement_timeout = 0"
    before = f'op.execute("{off}")' if called else off
    after = 'op.execute("RESET statement_timeout")' if called else "RESET statement_timeout"
    what = (
        f"the build of {operation.name or 'the index'}"
        if isinstance(operation, CreateIndex)
        else f"the rebuild of {operation.object}"
    )
    alone = (
        "Turn it off for the role that migrates: beside SET the file would be a transaction."
        if context.current.transaction.sent_as_one
        else f"{before} before it and {after} after it; nobody waits for a concurrent build."
    )
    yield context.finding(
        f"The statement_timeout of {limit / 1000:g} s in force here ends {what} if it takes "
        "longer: the migration fails (57014), and an invalid index stays behind, which every "
        "write still has to keep up to date.",
        help=alone,
    )


def _is_worth_it(operation: CreateIndex | Reindex, context: Context) -> bool:
    if isinstance(operation, CreateIndex):
        return context.is_busy(operation.table)
    if operation.object is None:
        return True
    if operation.kind.upper() != ObjectKind.INDEX:
        return context.is_busy(operation.object)
    index = context.catalog.index(operation.object)
    return index is None or context.is_busy(index.table)
