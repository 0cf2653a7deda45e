"""Rows that a migration deletes by a condition."""

from collections.abc import Iterator
from itertools import pairwise

from migsafe.catalog.text import says_its_shape
from migsafe.context import Context, clipped
from migsafe.effects.reach import Reach, reach_of
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.operations import DataWork, Delete, Merge, Truncate
from migsafe.writing.tokens import tokens


def check_operation(operation: Delete | Merge | DataWork, context: Context) -> Iterator[Finding]:
    """Report rows of a released table that go; who waits for all is whole-table-update's."""
    deleted = _deleted(operation, context)
    if deleted is None:
        return
    table, rows = deleted
    if not context.is_live(table) or context.goes_here(table) or _is_emptied_here(table, context):
        return
    yield context.finding(
        f"{rows} are gone for good: no way down brings them back, and the "
        "code that a rollback brings back runs without them.",
        help="Keep them until no rollback needs them: copy them to another table first, or mark "
        "them and delete in a later deploy.",
    )


def _deleted(operation: Delete | Merge | DataWork, context: Context) -> tuple[Name, str] | None:
    """Return the table that loses rows and what they are called; None if it loses none, or all."""
    match operation:
        case Delete(table=table, where=where, sql=sql):
            every = reach_of(table, where, context.catalog, sql) is Reach.ALL
            if every and context.is_busy(table):
                return None
            if where is None:
                return table, f"The rows of {table}"
            if not says_its_shape(where):
                return table, f"Rows of {table}"
            return table, f"The rows of {table} WHERE {clipped(where.sql)}"
        case Merge(table=table, sql=sql) if _deletes(sql):
            return table, f"The rows of {table} that this MERGE deletes"
        case DataWork(table=Name() as table, verb="DELETE"):
            return table, f"Rows of {table}"
        case _:
            return None


def _deletes(sql: str) -> bool:
    words = [word.upper() for word in tokens(sql)]
    return ("THEN", "DELETE") in pairwise(words)


def _is_emptied_here(table: Name, context: Context) -> bool:
    """Say whether its transaction removed all rows before: what it deletes are its own."""
    key = context.catalog.key(table)
    for applied in context.earlier():
        if not (applied.is_certain and context.in_same_transaction(applied)):
            continue
        match applied.operation:
            case Truncate(tables=tables) if key in {applied.before.key(each) for each in tables}:
                return True
            case Delete(table=emptied, where=None) if applied.before.key(emptied) == key:
                return True
            case _:
                pass
    return False
