"""What statements that read and change rows cost."""

from collections.abc import Iterable

from migsafe.catalog.catalog import Catalog
from migsafe.effects.combine import unknown_everything
from migsafe.effects.postgres import sources
from migsafe.effects.postgres.relations import (
    family,
    held,
    referenced_columns,
    sequences_of_column,
    stored_family,
)
from migsafe.effects.postgres.volatility import Volatility, function_volatility
from migsafe.model.effects import Effects, Fact, TransactionNeed, Unknown
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.operations import (
    Copy,
    DataWork,
    Delete,
    ForeignKey,
    Insert,
    LockTable,
    Merge,
    ReferentialAction,
    Select,
    Update,
    Vacuum,
)
from migsafe.model.record import record

RE = Lock.ROW_EXCLUSIVE
RS = Lock.ROW_SHARE
_SOURCES = (sources.LOCKING, sources.measured("data"))
_PLAN = "the plan that the server chooses"


def insert(operation: Insert, catalog: Catalog) -> Effects:
    """Return what INSERT costs: row locks, and a look at every parent."""
    table = operation.table
    unknown = [*_triggers(catalog, table, "insert")]
    if operation.query is not None:
        unknown.append(Unknown(Fact.SCANS, _PLAN))
    if len(family(catalog, table)) > 1:
        unknown.append(Unknown(Fact.LOCKS, "the partitions that the rows fall into"))
    return Effects(
        locks=held(
            catalog,
            (_targets(catalog, table), RE),
            (_looked_up(catalog, table, None), RS),
            (_drawn_from(catalog, operation), RE),
        ),
        brief=operation.query is None,
        unknown=tuple(unknown),
        sources=_SOURCES,
    )


def _targets(catalog: Catalog, table: Name) -> tuple[Name, ...]:
    """Return the relations written through a name: a view writes what it reads."""
    view = catalog.view(table)
    return (table,) if view is None else (table, *view.query.relations)


def _looked_up(catalog: Catalog, table: Name, columns: set[str] | None) -> tuple[Name, ...]:
    """Return the parents whose keys are looked up when columns (None: all) are written."""
    return tuple(
        key.referenced
        for state in catalog.foreign_keys_of(table)
        if isinstance(key := state.constraint, ForeignKey)
        and key.enforced
        and (columns is None or not columns.isdisjoint(key.columns))
    )


def _drawn_from(catalog: Catalog, operation: Insert) -> tuple[Name, ...]:
    """Return the sequences that give numbers to columns which the INSERT leaves out."""
    state = catalog.table(operation.table)
    if state is None or not operation.columns:
        return ()
    return tuple(
        sequence
        for column in state.columns
        if column.name not in operation.columns and column.fills_itself
        for sequence in sequences_of_column(catalog, operation.table, column.name)
    )


def _triggers(catalog: Catalog, table: Name, *events: str) -> tuple[Unknown, ...]:
    return tuple(
        Unknown(Fact.LOCKS, f"what the trigger {trigger.name} does")
        for trigger in catalog.triggers(table)
        if not {event.lower() for event in trigger.events}.isdisjoint(events)
    )


def update(operation: Update, catalog: Catalog) -> Effects:
    """Return what UPDATE costs: row locks for as long as the transaction lasts."""
    table = operation.table
    assigned = {assignment.column for assignment in operation.assignments}
    keys = [
        key
        for key in incoming(catalog, table)
        if (columns := referenced_columns(catalog, key.foreign_key)) is None
        or not assigned.isdisjoint(columns)
    ]
    depends = operation.where is not None or bool(operation.reads)
    return Effects(
        locks=held(
            catalog,
            (_targets(catalog, table), RE),
            (family(catalog, table), RE),
            (_looked_up(catalog, table, assigned), RS),
            *(([key.table], _acts(key.foreign_key.on_update)) for key in keys),
        ),
        scans=() if depends else (*stored_family(catalog, table), *_searched(catalog, keys)),
        brief=False,
        unknown=(*_triggers(catalog, table, "update"), *_planned(depends=depends)),
        sources=_SOURCES,
    )


@record
class Incoming:
    """A foreign key that refers to a table, and the table that holds it."""

    table: Name
    foreign_key: ForeignKey


def incoming(catalog: Catalog, table: Name) -> tuple[Incoming, ...]:
    """Return the enforced foreign keys that refer to a table."""
    return tuple(
        Incoming(state.table, key)
        for state in catalog.foreign_keys_to(table)
        if isinstance(key := state.constraint, ForeignKey) and key.enforced
    )


def _searched(catalog: Catalog, keys: Iterable[Incoming]) -> tuple[Name, ...]:
    """Return the tables that are read whole, again for each row, to find children."""
    return tuple(
        dict.fromkeys(
            name
            for key in keys
            if not any(
                index.columns[: len(key.foreign_key.columns)] == key.foreign_key.columns
                for index in catalog.indexes(key.table)
            )
            for name in stored_family(catalog, key.table)
        )
    )


def _acts(action: ReferentialAction) -> Lock:
    match action:
        case ReferentialAction.NO_ACTION | ReferentialAction.RESTRICT:
            return RS
        case ReferentialAction.CASCADE | ReferentialAction.SET_NULL | ReferentialAction.SET_DEFAULT:
            return RE


def _planned(*, depends: bool) -> tuple[Unknown, ...]:
    return (Unknown(Fact.SCANS, _PLAN),) if depends else ()


def delete(operation: Delete, catalog: Catalog) -> Effects:
    """Return what DELETE costs: row locks, and a look at every child."""
    table = operation.table
    keys = incoming(catalog, table)
    depends = operation.where is not None or bool(operation.reads)
    return Effects(
        locks=held(
            catalog,
            (_targets(catalog, table), RE),
            (family(catalog, table), RE),
            *(([key.table], _acts(key.foreign_key.on_delete)) for key in keys),
        ),
        scans=() if depends else (*stored_family(catalog, table), *_searched(catalog, keys)),
        brief=False,
        unknown=(
            *_triggers(catalog, table, "delete"),
            *_cascading(catalog, keys),
            *_planned(depends=depends),
        ),
        sources=_SOURCES,
    )


def _cascading(catalog: Catalog, keys: Iterable[Incoming]) -> Iterable[Unknown]:
    for key in keys:
        if _acts(key.foreign_key.on_delete) is RE and catalog.foreign_keys_to(key.table):
            yield Unknown(Fact.LOCKS, f"what the changes in {key.table} set off")


def merge(operation: Merge, catalog: Catalog) -> Effects:
    """Return what MERGE costs: row locks."""
    return Effects(
        locks=held(
            catalog,
            (family(catalog, operation.table), RE),
            (_looked_up(catalog, operation.table, None), RS),
        ),
        brief=False,
        unknown=(
            *_triggers(catalog, operation.table, "insert", "update", "delete"),
            Unknown(Fact.SCANS, _PLAN),
        ),
        sources=_SOURCES,
    )


def copy(operation: Copy, catalog: Catalog) -> Effects:
    """Return what COPY costs: as INSERT going in, as SELECT going out."""
    if operation.table is None or not operation.into:
        return Effects(brief=False, unknown=(Unknown(Fact.SCANS, _PLAN),), sources=_SOURCES)
    table = operation.table
    return Effects(
        locks=held(catalog, ([table], RE), (_looked_up(catalog, table, None), RS)),
        brief=False,
        unknown=_triggers(catalog, table, "insert"),
        sources=_SOURCES,
    )


def select(operation: Select, catalog: Catalog) -> Effects:
    """Return what a query costs: reading, unless a function of the user's does more."""
    unknown: list[Unknown] = []
    if operation.query.relations:
        unknown.append(Unknown(Fact.SCANS, _PLAN))
    unknown.extend(
        Unknown(Fact.LOCKS, f"what the function {function} does")
        for function in operation.query.functions
        if function_volatility(function, catalog) in {Volatility.UNKNOWN, Volatility.VOLATILE}
    )
    if " FOR " in operation.query.sql.upper():
        unknown.append(Unknown(Fact.LOCKS, "whether the query locks rows (FOR UPDATE)"))
    return Effects(brief=False, unknown=tuple(unknown), sources=_SOURCES)


def data_work(operation: DataWork, catalog: Catalog) -> Effects:
    """Return what is known of data work done in a revision's Python."""
    taken = [] if operation.table is None else [operation.table]
    if operation.table is not None and operation.rows is not None:
        return Effects(
            locks=held(catalog, (taken, RE), (_looked_up(catalog, taken[0], None), RS)),
            sources=_SOURCES,
        )
    return unknown_everything("what the revision does with rows", held(catalog, (taken, RE)))


def lock_table(operation: LockTable, catalog: Catalog) -> Effects:
    """Return what LOCK TABLE costs: what it says, until the transaction ends."""
    mode = operation.mode.upper().replace(" ", "_").removesuffix("_MODE")
    lock = Lock.__members__.get(mode, Lock.ACCESS_EXCLUSIVE)
    members = [name for table in operation.tables for name in family(catalog, table)]
    beneath = [
        relation
        for table in operation.tables
        if (view := catalog.view(table)) is not None
        for relation in view.query.relations
    ]
    if lock is Lock.ACCESS_SHARE:
        return Effects(brief=False, sources=_SOURCES)
    return Effects(locks=held(catalog, ([*members, *beneath], lock)), brief=False, sources=_SOURCES)


def vacuum(operation: Vacuum, catalog: Catalog) -> Effects:
    """Return what VACUUM and ANALYZE cost: only schema changes wait."""
    need = TransactionNeed.FORBIDDEN if operation.vacuum else TransactionNeed.ALLOWED
    members = [name for table in operation.tables for name in family(catalog, table)]
    decides = "which tables it reaches"
    return Effects(
        locks=held(catalog, (members, Lock.SHARE_UPDATE_EXCLUSIVE)),
        transaction=need,
        brief=False,
        unknown=() if operation.tables else (Unknown(Fact.LOCKS, decides),),
        sources=(sources.VACUUM, sources.measured("data")),
    )
