"""Tables that a transaction shuts and that hold no rows but its own."""

from collections.abc import Collection

from migsafe.catalog.catalog import Catalog
from migsafe.model.effects import Effects, Fact, Never, OnData
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    CreateIndex,
    Operation,
    SetNotNull,
    Truncate,
)
from migsafe.model.record import replace

_ABOUT_ROWS = frozenset({Fact.SCANS, Fact.REWRITES})


def found_empty(operation: Operation, effects: Effects, catalog: Catalog) -> tuple[Name, ...]:
    """Return the tables that are empty once an operation has gone through, and shut.

    TRUNCATE empties them; a required column that nothing fills would have been refused by a row.
    """
    match operation, effects.fails:
        case Truncate(), _:
            return tuple(name for name, lock in effects.locks.items() if lock.blocks_reads)
        case AddColumn(table=table), OnData(sqlstate="23502"):
            return (catalog.key(table),)
        case _:
            return ()


def without_rows(
    operation: Operation, effects: Effects, emptied: Collection[Name], catalog: Catalog
) -> Effects:
    """Return what an operation costs where the work on some tables' rows costs nothing.

    Args:
        operation: What runs.
        effects: What it costs elsewhere.
        emptied: Keys of tables that hold only what their transaction put there.
        catalog: The schema before it.
    """
    match operation:
        case (
            AddColumn(table=table)
            | AddConstraint(table=table)
            | AlterColumnType(table=table)
            | CreateIndex(table=table)
            | SetNotNull(table=table)
        ) if catalog.key(table) in emptied:
            # No row of it asks for one of another table either.
            return replace(
                effects,
                scans=(),
                rewrites=(),
                builds=(),
                fails=Never() if isinstance(effects.fails, OnData) else effects.fails,
                unknown=tuple(each for each in effects.unknown if each.fact not in _ABOUT_ROWS),
            )
        case _:
            return effects
