"""Indexes built while writers wait."""

from collections.abc import Iterator

from migsafe.catalog.schema import TableKind
from migsafe.context import Applied, Context, line_of
from migsafe.model.effects import Certain, OnData
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.operations import CreateIndex
from migsafe.model.record import replace

_REFUSED = (Hazard.FAILS_AT_RUNTIME,)
_WAITS = (Hazard.BLOCKS_WRITES, Hazard.SCANS_TABLE)


_ON_OTHERS = "; the partitions that are known have it already, others may not"


def check_operation(operation: CreateIndex, context: Context) -> Iterator[Finding]:
    """Report a build without CONCURRENTLY, and one that the server refuses."""
    table, effects = operation.table, context.effects
    label = f"CREATE INDEX {operation.name or f'ON {table}'}"
    state = context.catalog.table(table)
    partitioned = state is not None and state.kind is TableKind.PARTITIONED
    if operation.concurrently:
        if isinstance(effects.fails, Certain) and partitioned:
            yield context.finding(
                f"{label} CONCURRENTLY is refused ({effects.fails.sqlstate}): "
                f"{effects.fails.reason}.",
                help=_by_partition(operation),
                hazards=_REFUSED,
            )
        return
    # A partitioned table may have partitions that history does not show.
    unseen = partitioned and not operation.only and not context.catalog.complete
    if not (effects.builds or unseen) or not context.is_busy(table):
        return
    refused = ""
    if isinstance(effects.fails, OnData):
        columns = ", ".join(e.column or "an expression" for e in operation.elements)
        refused = f"; a duplicate ({columns}) fails it ({effects.fails.sqlstate})"
    shut = context.shut_by(table)
    yield context.finding(
        f"{label}: {_who(operation, shut, context)} while the index is built"
        f"{context.how_big(table)}{refused}{'' if effects.builds else _ON_OTHERS}.",
        help=_by_partition(operation) if partitioned else _concurrently(operation, context),
        hazards=(
            *((Hazard.BLOCKS_READS,) if shut else ()),
            *_WAITS,
            *((Hazard.FAILS_ON_EXISTING_DATA,) if refused else ()),
        ),
        confidence=Confidence.HIGH if effects.builds else Confidence.LOW,
    )


def _who(operation: CreateIndex, shut: Applied | None, context: Context) -> str:
    table = operation.table
    lock = context.effects.lock_on(context.catalog.key(table))
    everywhere = " and its partitions" if context.catalog.is_partitioned(table) else ""
    if shut is not None:
        lock = shut.effects.lock_on(context.catalog.key(table))
        return (
            f"reads and writes of {table}{everywhere} wait under the {lock} lock of "
            f"{line_of(shut, context.current)}"
        )
    who = f"{table}{everywhere} wait"
    return who if lock is None else f"{lock.blocks} to {who} under the {lock} lock"


def _by_partition(operation: CreateIndex) -> str:
    unique = "UNIQUE " if operation.unique else ""
    return (
        f"CREATE {unique}INDEX ON ONLY {operation.table}, then for each partition CREATE "
        f"{unique}INDEX CONCURRENTLY and ALTER INDEX … ATTACH PARTITION."
    )


def _concurrently(operation: CreateIndex, context: Context) -> str:
    # A failed build leaves an invalid index, which IF NOT EXISTS would accept.
    better = replace(operation, concurrently=True, if_not_exists=False)
    return f"{context.written(better)}{context.outside}."
