"""Statements that the server refuses inside a transaction."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.effects import TransactionNeed
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import (
    CreateIndex,
    DetachPartition,
    DropIndex,
    Reindex,
    RewriteTable,
    Vacuum,
)

_Subject = CreateIndex | DropIndex | Reindex | DetachPartition | Vacuum | RewriteTable


def check_operation(
    operation: CreateIndex | DropIndex | Reindex | DetachPartition | Vacuum | RewriteTable,
    context: Context,
) -> Iterator[Finding]:
    """Report it where its migration's runner opens a transaction, or may."""
    transaction = context.current.transaction
    if context.effects.transaction is not TransactionNeed.FORBIDDEN or not transaction.is_open:
        return
    words = _words(operation)
    if not transaction.certain:
        yield context.finding(
            f"{words} fails if the runner opens a transaction for the file (25001), and "
            "the runner is not known.",
            help="Put it alone in its file, or say -- migsafe: transaction=none in it if the "
            "runner commits each statement by itself.",
            case="unknown runner",
            confidence=Confidence.LOW,
        )
        return
    why = (
        "the file is sent as one query, which makes its statements one transaction"
        if transaction.sent_as_one
        else "a transaction is open"
    )
    yield context.finding(
        f"{words} cannot run here: {why}, in which the server refuses it (25001).",
        help=_help(context),
    )


def _help(context: Context) -> str:
    if context.current.transaction.sent_as_one:
        return "Put it alone in its file: no BEGIN and no SET beside it."
    if context.current.origin.call_span is not None:
        return "Put it inside `with op.get_context().autocommit_block():`."
    return "Put it in a file of its own that the runner does not wrap in BEGIN and COMMIT."


def _words(operation: _Subject) -> str:
    """Return the statement as it begins, with the name of what it is about."""
    concurrently = not isinstance(operation, Vacuum | RewriteTable) and operation.concurrently
    suffix = " CONCURRENTLY" if concurrently else ""
    match operation:
        case CreateIndex(name=index, table=table):
            return f"CREATE INDEX{suffix} {index or f'ON {table}'}"
        case DropIndex(index=name):
            return f"DROP INDEX{suffix} {name}"
        case Reindex(kind=kind, object=about):
            return f"REINDEX {kind.upper()}{suffix}{'' if about is None else f' {about}'}"
        case DetachPartition(partition=partition):
            return f"DETACH PARTITION {partition}{suffix}"
        case Vacuum():
            return "VACUUM"
        case RewriteTable(kind=rewrite, table=whole):
            return f"{rewrite.value}{'' if whole is None else f' of {whole}'}"
