"""Tables copied whole while reads and writes wait."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.effects import Certain, Fact
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.operations import ObjectKind, RewriteKind, RewriteTable

_WAITS = (Hazard.BLOCKS_READS, Hazard.BLOCKS_WRITES, Hazard.REWRITES_TABLE)
_REFUSED = (Hazard.FAILS_AT_RUNTIME,)
_ASIDE = (
    "make a new table with the wanted property, keep it equal with a trigger, fill it in batches, "
    "and switch the code"
)


def check_operation(operation: RewriteTable, context: Context) -> Iterator[Finding]:
    """Report a physical copy of a live table or index, and one that the server refuses."""
    kind, table, effects = operation.kind, operation.table, context.effects
    if table is None:
        yield context.finding(
            f"{kind.value} without a table copies one table after the other: reads and writes of "
            "each wait while it is rewritten.",
            help=_help(operation),
            hazards=_WAITS,
        )
        return
    if operation.kind_of_object is ObjectKind.INDEX:
        yield from _index(operation, context)
        return
    if not context.is_busy(table):
        return
    if isinstance(effects.fails, Certain):
        yield context.finding(
            f"{kind.value} of {table} is refused ({effects.fails.sqlstate}): "
            f"{effects.fails.reason}.",
            help="Change the tables in an order in which no logged table references an unlogged "
            "one."
            if kind in {RewriteKind.LOGGED, RewriteKind.UNLOGGED}
            else f"Leave it as it is, or {_ASIDE}.",
            hazards=_REFUSED,
        )
    elif effects.rewrites:
        known = effects.knows(Fact.REWRITES)
        unless = "" if known else f"; an instant only if that is what {table} has already"
        lost = kind is RewriteKind.UNLOGGED
        later = (
            "; after a crash of the server it is empty, and replicas never have its rows"
            if lost
            else ""
        )
        yield context.finding(
            f"{_words(operation)}: {context.waits(table)}{unless}{later}.",
            help=_help(operation),
            hazards=(*_WAITS, Hazard.LOSES_DATA) if lost else _WAITS,
            confidence=Confidence.HIGH if known else Confidence.LOW,
        )


def _index(operation: RewriteTable, context: Context) -> Iterator[Finding]:
    index, effects = operation.table, context.effects
    state = None if index is None else context.catalog.index(index)
    if state is not None and not context.is_busy(state.table):
        return
    known = effects.knows(Fact.BUILDS)
    if known and not effects.builds:
        return
    table = "its table" if state is None else str(state.table)
    unless = "" if known else "; an instant only if the index is there already"
    yield context.finding(
        f"{operation.kind.value} copies the index {index} while it is locked: nearly every query "
        f"of {table} waits, because planning it looks at each index{unless}.",
        help=f"REINDEX (TABLESPACE {operation.value}) INDEX CONCURRENTLY {index}, outside a "
        "transaction.",
        relations=() if state is None else (state.table,),
        hazards=_WAITS[:2],
        confidence=Confidence.HIGH if known else Confidence.LOW,
    )


def _words(operation: RewriteTable) -> str:
    value = (
        f" {operation.value}"
        if operation.value is not None
        and operation.kind in {RewriteKind.TABLESPACE, RewriteKind.ACCESS_METHOD}
        else ""
    )
    return f"{operation.kind.value}{value} of {operation.table}"


def _help(operation: RewriteTable) -> str:
    match operation.kind:
        case RewriteKind.VACUUM_FULL:
            return (
                "Plain VACUUM lets reads and writes pass and makes the space usable again; to give "
                "it back to the system use a tool that copies online, such as pg_repack."
            )
        case RewriteKind.CLUSTER:
            return (
                "Use a tool that copies and sorts online, such as pg_repack, or do it when nobody "
                "needs the table."
            )
        case RewriteKind.LOGGED | RewriteKind.UNLOGGED:
            return f"Decide it when the table is made; for one in use, {_ASIDE}."
        case RewriteKind.TABLESPACE | RewriteKind.ACCESS_METHOD:
            return f"Do it when nobody needs the table; for one in use, {_ASIDE}."
