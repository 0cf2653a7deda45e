"""What DROP costs: objects that fall together, and all that falls with them."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence
from migsafe.effects.postgres import sources
from migsafe.effects.postgres.dependents import Fall
from migsafe.effects.postgres.relations import family, held, is_partitioned, parents
from migsafe.model.effects import (
    Certain,
    Effects,
    Fact,
    Fails,
    Moment,
    Never,
    TransactionNeed,
    Unknown,
)
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.operations import DropObject, DropTable, ObjectKind

AE = Lock.ACCESS_EXCLUSIVE
SUE = Lock.SHARE_UPDATE_EXCLUSIVE
_TABLES = (sources.DROP_TABLE, sources.measured("dropping"))
_SOURCES = (sources.LOCKING, sources.measured("dropping"))


def drop_tables(operations: tuple[DropTable, ...], catalog: Catalog) -> Effects:
    """Return what DROP TABLE costs: every table that they reference is locked as well."""
    there: list[Name] = []
    unknown: list[Unknown] = []
    for operation in operations:
        table = operation.table
        if catalog.existence(ObjectKind.TABLE, table) is Existence.ABSENT:
            if operation.if_exists and catalog.view(table) is None:
                continue
            return Effects(fails=_absent(table, catalog), sources=_TABLES)
        state = catalog.table(table)
        if state is None or not state.complete:
            decides = f"the tables that {table} references: they are locked too"
            unknown.append(Unknown(Fact.LOCKS, decides))
        there.append(table)
    fall = Fall(catalog)
    fall.relations(there)
    fails: Fails = Never()
    if unknown:
        # History may lack what was dropped meanwhile.
        named = (name for table in there for name in (table, *parents(catalog, table)))
        return Effects(locks=held(catalog, (named, AE)), unknown=tuple(unknown), sources=_TABLES)
    if fall.needing and not operations[0].cascade:
        fails = Certain("2BP01", f"{fall.needing[0]} needs it")
    return Effects(locks=held(catalog, (fall.reached, AE)), fails=fails, sources=_TABLES)


def _absent(table: Name, catalog: Catalog) -> Certain:
    others = (catalog.view(table), catalog.sequence(table), catalog.index(table))
    if any(other is not None for other in others):
        return Certain("42809", f"{table} is not a table", Moment.ANALYSIS)
    return Certain("42P01", f"there is no table {table}", Moment.ANALYSIS)


def drop_objects(  # noqa: C901  # one line a kind
    operations: tuple[DropObject, ...], catalog: Catalog
) -> Effects:
    """Return what DROP costs for anything but tables, columns and indexes."""
    kind = operations[0].kind
    there = tuple(each for each in operations if not (each.if_exists and _is_absent(each, catalog)))
    fall = Fall(catalog)
    match kind:
        case ObjectKind.TRIGGER | ObjectKind.POLICY | ObjectKind.RULE:
            taken = tuple(name for each in there for name in _changed(each, catalog))
            return Effects(locks=held(catalog, (taken, AE)), sources=_SOURCES)
        case (
            ObjectKind.VIEW
            | ObjectKind.MATERIALIZED_VIEW
            | ObjectKind.SEQUENCE
            | ObjectKind.FOREIGN_TABLE
        ):
            fall.relations(each.object for each in there)
        case ObjectKind.FUNCTION | ObjectKind.PROCEDURE | ObjectKind.ROUTINE:
            for each in there:
                fall.routine(each.object)
        case ObjectKind.TYPE | ObjectKind.DOMAIN:
            for each in there:
                fall.type(each.object)
        case ObjectKind.SCHEMA:
            for each in there:
                fall.schema(each.object.name)
        case ObjectKind.STATISTICS:
            described = tuple(
                name for each in there for name in _described_by(each.object, catalog)
            )
            return Effects(locks=held(catalog, (described, SUE)), sources=_SOURCES)
        case ObjectKind.DATABASE | ObjectKind.TABLESPACE:
            # Refused even where IF EXISTS leaves nothing to do.
            return Effects(transaction=TransactionNeed.FORBIDDEN, sources=_SOURCES)
        case _:
            decides = f"what depends on {operations[0].object}: CASCADE locks and drops it"
            open_ = operations[0].cascade and kind not in _LEAVES
            unknown = (Unknown(Fact.LOCKS, decides),) if open_ and there else ()
            return Effects(unknown=unknown, sources=_SOURCES)
    return _falling(operations, there, fall)


_LEAVES = frozenset({ObjectKind.PUBLICATION, ObjectKind.SUBSCRIPTION})
"""Kinds on which nothing can depend."""


def _falling(
    operations: tuple[DropObject, ...], there: tuple[DropObject, ...], fall: Fall
) -> Effects:
    catalog = fall.catalog
    first = operations[0]
    if fall.needing and not first.cascade:
        fails: Fails = Certain("2BP01", f"{fall.needing[0]} needs it")
        return Effects(locks=held(catalog, (fall.reached, AE)), fails=fails, sources=_SOURCES)
    unknown: tuple[Unknown, ...] = ()
    if first.cascade and there and not catalog.complete:
        decides = f"what depends on {first.object}: CASCADE locks and drops it"
        unknown = (Unknown(Fact.LOCKS, decides),)
    return Effects(locks=held(catalog, (fall.reached, AE)), unknown=unknown, sources=_SOURCES)


def _is_absent(operation: DropObject, catalog: Catalog) -> bool:
    kind, name = operation.kind, operation.object
    if operation.table is None:
        return catalog.existence(kind, name) is Existence.ABSENT
    return catalog.part_existence(kind, name.name, operation.table) is Existence.ABSENT


def _changed(operation: DropObject, catalog: Catalog) -> tuple[Name, ...]:
    if operation.table is None:
        return ()
    if operation.kind is ObjectKind.TRIGGER and is_partitioned(catalog, operation.table):
        return family(catalog, operation.table)
    return (operation.table,)


def _described_by(statistics: Name, catalog: Catalog) -> tuple[Name, ...]:
    key = catalog.key(statistics)
    return tuple(
        table.name
        for table in catalog.tables()
        if any(catalog.key(each.name) == key for each in catalog.statistics(table.name))
    )
