"""Types that have no room for values that are there."""

from collections.abc import Iterator

from migsafe.catalog.schema import ColumnState
from migsafe.catalog.text import mentions
from migsafe.context import Context, clipped
from migsafe.model.compatibility import Loss, OldStatement, Outcome
from migsafe.model.effects import Fact, OnData
from migsafe.model.findings import Finding
from migsafe.model.operations import AlterColumnType

_BOUNDS = (
    "Add a CHECK of the new bounds NOT VALID, clean what violates it, VALIDATE it, and move to a "
    "second column of the new type."
)
_COPY = (
    "Fill a second column of the new type, and drop this one in a later deploy, when no version "
    "of the code needs its values."
)


_COMPUTED = "22000"
"""What the facts give where USING computes the value: any of its errors."""


def check_operation(operation: AlterColumnType, context: Context) -> Iterator[Finding]:
    """Report a change of type that fails on existing values or alters them."""
    table, name = operation.table, operation.column
    column = context.catalog.column(table, name)
    if not context.is_live(table) or column is None:
        return
    if context.is_made_here(column.made_by):
        return
    harm, help_ = _harm(operation, column, context)
    if not harm:
        return
    wait = ""
    if context.is_busy(table) and context.effects.rewrites:
        lock = context.effects.lock_on(context.catalog.key(table))
        who = "reads and writes" if lock is None else lock.blocks
        wait = (
            f"; {who} of {table} wait under an {lock} lock while every row is rewritten"
            f"{context.how_big(table)}"
        )
    yield context.finding(
        f"Changing {table}.{name} from {column.type} to {operation.type} {harm}{wait}.",
        help=help_,
    )


def _harm(operation: AlterColumnType, column: ColumnState, context: Context) -> tuple[str, str]:
    """Return what happens to values, and what to do instead."""
    name, using = operation.column, operation.using
    match context.effects.fails:
        case OnData(sqlstate=state, query=query):
            harm = f"fails on the first value that does not fit ({state})"
            if state == _COMPUTED and using is not None:
                harm = f"fails if {clipped(using.sql)} gives a value that does not fit"
            if using is not None and not mentions(using.sql, name):
                harm += f"; the values of {name} are gone"
            reads = context.compatibility.outcome(OldStatement.SELECT_NAMED)
            if reads is Outcome.FAILS and not context.keeps_type(operation):
                harm += f"; {context.old_code} that takes {name} for {column.type} fails"
                help_ = _COPY
            else:
                harm += (
                    f"; once it is through, {context.old_code} that writes such a value to {name} "
                    "is refused"
                )
                help_ = _BOUNDS
            find = "" if query is None else f" Find them: {query}."
            return f"{harm} {context.until_gone}", f"{help_}{find}"
        case _ if context.compatibility.loses is Loss.VALUES and context.effects.knows(
            Fact.REWRITES
        ):
            harm = "alters values without an error (rounded, cut or reordered) and keeps no copy"
            return harm, _COPY
        case _:
            return "", ""
