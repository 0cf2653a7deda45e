"""Materialized views refreshed while readers wait, or taken away from them."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.effects import Certain
from migsafe.model.findings import Finding, Hazard
from migsafe.model.operations import RefreshView
from migsafe.writing import quoting

_WAITS = (Hazard.BLOCKS_READS,)
_UNREADABLE = (Hazard.BREAKS_OLD_CODE,)
_REFUSED = (Hazard.FAILS_AT_RUNTIME,)


def check_operation(operation: RefreshView, context: Context) -> Iterator[Finding]:
    """Report a refresh that keeps readers out, and one that the server refuses."""
    view = operation.view
    state = context.catalog.view(view)
    if not context.is_busy(view) or (state is not None and state.populated is False):
        return
    if not operation.with_data:
        yield context.finding(
            f"REFRESH MATERIALIZED VIEW {view} WITH NO DATA empties it: running code that reads "
            "it fails (55000) until it is refreshed with data.",
            help=f"REFRESH MATERIALIZED VIEW CONCURRENTLY {quoting.name(view)}, or drop the "
            "view in a deploy after the code that reads it is gone.",
            hazards=_UNREADABLE,
        )
    elif not operation.concurrently:
        lock = context.effects.lock_on(context.catalog.key(view))
        yield context.finding(
            f"REFRESH MATERIALIZED VIEW {view} runs its query under an {lock} lock: every SELECT "
            f"from {view} waits until {_end(context)}.",
            help=_concurrently(operation, context),
            hazards=_WAITS,
        )
    elif isinstance(context.effects.fails, Certain):
        yield context.finding(
            f"REFRESH MATERIALIZED VIEW CONCURRENTLY {view} is refused "
            f"({context.effects.fails.sqlstate}): {context.effects.fails.reason}.",
            help=f"CREATE UNIQUE INDEX on columns of {view}, without WHERE, before it.",
            hazards=_REFUSED,
        )


def _end(context: Context) -> str:
    return "COMMIT" if context.current.transaction.is_open else "it is done"


def _concurrently(operation: RefreshView, context: Context) -> str:
    view = operation.view
    statement = f"REFRESH MATERIALIZED VIEW CONCURRENTLY {quoting.name(view)}"
    if any(index.unique and index.where is None for index in context.catalog.indexes(view)):
        return f"{statement}, which lets readers pass."
    return (
        f"{statement}, which lets readers pass; it needs a unique index on columns of {view}, "
        "without WHERE."
    )
