"""Concurrent builds that take the ruin of an earlier attempt for the index."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import CreateIndex, DropIndex
from migsafe.model.origin import Runner
from migsafe.model.record import replace
from migsafe.writing import quoting
from migsafe.writing.sql import write


def check_operation(operation: CreateIndex, context: Context) -> Iterator[Finding]:
    """Report CONCURRENTLY with IF NOT EXISTS, unless a DROP before it clears the name."""
    if (
        operation.name is None
        or not (operation.concurrently and operation.if_not_exists)
        or not context.is_live(operation.table)
        or _is_cleared(operation.name, operation, context)
    ):
        return
    yield context.finding(
        f"If the build of {operation.name} fails or is stopped, an index that is invalid stays "
        "behind; the next run finds its name, skips it and reports success, and no query ever "
        f"uses the index{', nor does it keep duplicates out' if operation.unique else ''}.",
        help=_help(operation, operation.name, context),
    )


def _is_cleared(name: str, operation: CreateIndex, context: Context) -> bool:
    """Say whether the same section has dropped the index just before, if it was there."""
    wanted = context.catalog.key(operation.table).beside(name)
    return any(
        isinstance(earlier.operation, DropIndex)
        and earlier.before.key(earlier.operation.index) == wanted
        for earlier in context.earlier()
    )


def _help(operation: CreateIndex, name: str, context: Context) -> str:
    index = operation.table.beside(name)
    if context.current.origin.call_span is not None:
        return (
            f'op.drop_index("{name}", if_exists=True, postgresql_concurrently=True) before it, '
            "and leave out if_not_exists."
        )
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {quoting.name(index)}"
    build = write(replace(operation, if_not_exists=False))
    # Two statements of a file that is sent as one query are a transaction.
    if context.current.transaction.is_open or context.current.section.runner is Runner.QUERY:
        return f"{drop} before it, each in a file of its own, then {build}."
    return f"{drop}; before it, then {build}."
