"""Rows that a migration deletes by a condition."""

from collections.abc import Iterator
from itertools import pairwise

from migsafe.context import Context, clipped
from migsafe.effects.reach import Reach, reach_of
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.operations import DataWork, Delete, Insert, Merge
from migsafe.writing.tokens import tokens


def check_operation(operation: Delete | Merge | DataWork, context: Context) -> Iterator[Finding]:
    """Report rows of a released table that go; who waits for all is whole-table-update's."""
    deleted = _deleted(operation, context)
    if deleted is None:
        return
    table, which = deleted
    if not context.is_live(table) or context.goes_here(table) or _is_filled_here(table, context):
        return
    yield context.finding(
        f"The rows of {table}{which} are gone for good: no way down brings them back, and the "
        "code that a rollback brings back runs without them.",
        help="Keep them until no rollback needs them: copy them to another table first, or mark "
        "them and delete in a later deploy.",
    )


def _deleted(operation: Delete | Merge | DataWork, context: Context) -> tuple[Name, str] | None:
    """Return the table that loses rows and which they are; None if it loses none, or all."""
    match operation:
        case Delete(table=table, where=where, sql=sql):
            every = reach_of(table, where, context.catalog, sql) is Reach.ALL
            if every and context.is_busy(table):
                return None
            if where is None or where.opaque:
                return table, ""
            return table, f" WHERE {clipped(where.sql)}"
        case Merge(table=table, sql=sql) if _deletes(sql):
            return table, " that this MERGE deletes"
        case DataWork(table=Name() as table, verb="DELETE"):
            return table, ""
        case _:
            return None


def _deletes(sql: str) -> bool:
    words = [word.upper() for word in tokens(sql)]
    return ("THEN", "DELETE") in pairwise(words)


def _is_filled_here(table: Name, context: Context) -> bool:
    """Say whether the deploy put rows into the table before: it clears up after itself."""
    key = context.catalog.key(table)
    return any(
        isinstance(applied.operation, Insert) and applied.before.key(applied.operation.table) == key
        for applied in context.earlier()
    )
