"""Types that have no room for values that are there."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.compatibility import Loss
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


def check_operation(operation: AlterColumnType, context: Context) -> Iterator[Finding]:
    """Report a change of type that fails on existing values or alters them."""
    table, name = operation.table, operation.column
    column = context.catalog.column(table, name)
    if not context.is_live(table) or column is None:
        return
    if context.is_made_here(column.made_by):
        return
    harm, help_ = _harm(name, context)
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


def _harm(name: str, context: Context) -> tuple[str, str]:
    """Return what happens to values, and what to do instead."""
    match context.effects.fails:
        case OnData(sqlstate=state, query=query):
            harm = (
                f"fails on the first value that does not fit ({state}); once it is through, "
                f"{context.old_code} that writes such a value to {name} is refused "
                f"{context.until_gone}"
            )
            find = "" if query is None else f" Find them: {query}."
            return harm, f"{_BOUNDS}{find}"
        case _ if context.compatibility.loses is Loss.VALUES and context.effects.knows(
            Fact.REWRITES
        ):
            harm = "alters values without an error (rounded, cut or reordered) and keeps no copy"
            return harm, _COPY
        case _:
            return "", ""
