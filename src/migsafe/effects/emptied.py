"""Tables that a transaction shuts and that hold no rows."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence
from migsafe.model.effects import Effects, Fact, Never, OnData
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
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

    TRUNCATE empties them; a required column that nothing fills would have been refused by a row,
    unless it was there already and nothing was done.
    """
    match operation, effects.fails:
        case Truncate(), _:
            return tuple(name for name, lock in effects.locks.items() if lock.blocks_reads)
        case AddColumn(table=table, column=column, if_not_exists=lenient), OnData(sqlstate="23502"):
            there = catalog.column_existence(table, column.name)
            return () if lenient and there is not Existence.ABSENT else (catalog.key(table),)
        case _:
            return ()


def filled(emptied: frozenset[Name], effects: Effects) -> frozenset[Name]:
    """Return which of the tables are still empty after an operation that may have filled some."""
    if not emptied or effects.unknown:
        return frozenset()
    return emptied.difference(
        name for name, lock in effects.locks.items() if lock is Lock.ROW_EXCLUSIVE
    )


def without_rows(
    operation: Operation, effects: Effects, emptied: frozenset[Name], catalog: Catalog
) -> Effects:
    """Return what an operation costs where the work on some tables' rows costs nothing.

    Args:
        operation: What runs.
        effects: What it costs elsewhere.
        emptied: Keys of tables that hold no rows.
        catalog: The schema before it.
    """
    match operation:
        case (
            AddColumn(table=table)
            | AddConstraint(table=table)
            | AlterColumnType(table=table)
            | CreateIndex(table=table)
            | SetNotNull(table=table)
        ) if emptied.issuperset(_family(catalog.key(table), catalog)):
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


def _family(table: Name, catalog: Catalog) -> frozenset[Name]:
    """Return a table with all that inherits from it."""
    found, pending = {table}, [table]
    while pending:
        heirs = {child.name for child in catalog.children(pending.pop())} - found
        found |= heirs
        pending.extend(heirs)
    return frozenset(found)
