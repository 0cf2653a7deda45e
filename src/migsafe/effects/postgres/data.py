"""What statements that read and change rows cost."""

from collections.abc import Iterable, Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.text import column_of
from migsafe.effects.combine import unknown_everything
from migsafe.effects.postgres import reading, sources
from migsafe.effects.postgres.bodies import are_inert
from migsafe.effects.postgres.publications import unidentified
from migsafe.effects.postgres.reading import Reads
from migsafe.effects.postgres.relations import (
    family,
    held,
    is_partitioned,
    referenced_columns,
    sequences_of_column,
    stored,
    stored_family,
)
from migsafe.effects.postgres.volatility import Volatility, function_volatility
from migsafe.effects.reach import Reach, reach_of
from migsafe.model.effects import Effects, Fact, Fails, Never, OnData, Unknown
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.operations import (
    Check,
    Constraint,
    Copy,
    DataWork,
    Delete,
    Exclusion,
    ForeignKey,
    Insert,
    Merge,
    NotNull,
    PrimaryKey,
    ReferentialAction,
    Select,
    Unique,
    Update,
)
from migsafe.model.record import record, replace
from migsafe.writing.tokens import tokens

RE = Lock.ROW_EXCLUSIVE
RS = Lock.ROW_SHARE
_SOURCES = (sources.LOCKING, sources.measured("data"))


def insert(operation: Insert, catalog: Catalog) -> Effects:
    """Return what INSERT costs: row locks, and a look at every parent."""
    table = operation.table
    unknown = [*_triggers(catalog, table, "insert")]
    reads = Reads() if operation.query is None else reading.of_query(operation.query, catalog)
    if reads.decides:
        unknown.append(Unknown(Fact.SCANS, reads.decides))
    if is_partitioned(catalog, table):
        unknown.append(Unknown(Fact.LOCKS, "the partitions that the rows fall into"))
    return Effects(
        locks=held(
            catalog,
            (_targets(catalog, table), RE),
            (_looked_up(catalog, table, _given(catalog, operation)), RS),
            (_drawn_from(catalog, operation.table, set(operation.columns)), RE),
        ),
        scans=reads.tables,
        fails=_refusing(catalog, table, None),
        brief=operation.query is None,
        unknown=tuple(unknown),
        sources=_SOURCES,
    )


def _given(catalog: Catalog, operation: Insert) -> set[str] | None:
    """Return the columns that an INSERT gives a value other than NULL, None if that is open."""
    state = catalog.table(operation.table)
    if state is None or not state.complete or not operation.columns:
        return None
    filled = {column.name for column in state.columns if column.fills_itself}
    return filled | set(operation.columns)


def _refusing(catalog: Catalog, table: Name, columns: set[str] | None) -> Fails:
    """Return how constraints may refuse rows whose columns (None: all) are written."""
    state = catalog.table(table)
    if state is None:
        # What is not known is not said to fail: every INSERT may meet a constraint.
        return Never()
    wanted = {column.name for column in state.columns} if columns is None else columns
    bound = any(
        column.name in wanted
        and (
            column.nullable is False
            or (
                column.type is not None
                and catalog.domain(Name(column.type.name, column.type.schema)) is not None
            )
        )
        for column in state.columns
    )
    for name in family(catalog, table):
        keys = {
            column for index in catalog.indexes(name) if index.unique for column in index.columns
        }
        checked = any(
            _may_refuse(constraint.constraint, wanted) for constraint in catalog.constraints(name)
        )
        bound = bound or checked or not keys.isdisjoint(wanted)
    split = state.partition_of is not None or is_partitioned(catalog, table)
    if bound or split:
        return OnData(_INTEGRITY, f"rows that the constraints of {table} refuse")
    return Never()


def _may_refuse(constraint: Constraint, written: set[str]) -> bool:
    if isinstance(constraint, Check) and not constraint.valid:
        # Every change of a row is held against it, and rows that are there may fail it.
        return constraint.enforced
    return not written.isdisjoint(_columns_of(constraint))


_INTEGRITY = "23000"
"""The class of all violations of constraints: which one depends on the rows."""


def _columns_of(constraint: Constraint) -> tuple[str, ...]:
    match constraint:
        case Check(expression=expression):
            return expression.columns
        case NotNull(column=column):
            return (column,)
        case ForeignKey() | Unique() | PrimaryKey() | Exclusion():
            return constraint.columns


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
        # One that is checked late is looked up at COMMIT.
        and not key.initially_deferred
        and (columns is None or not columns.isdisjoint(key.columns))
    )


def _drawn_from(catalog: Catalog, table: Name, given: set[str]) -> tuple[Name, ...]:
    """Return the sequences that give numbers to columns which an INSERT leaves out."""
    state = catalog.table(table)
    if state is None or not given:
        return ()
    return tuple(
        sequence
        for column in state.columns
        if column.name not in given and column.fills_itself
        for sequence in sequences_of_column(catalog, table, column.name)
    )


def _triggers(catalog: Catalog, table: Name, *events: str) -> tuple[Unknown, ...]:
    return tuple(
        Unknown(Fact.LOCKS, f"what the trigger {trigger.name} does")
        for trigger in catalog.triggers(table)
        if not {event.lower() for event in trigger.events}.isdisjoint(events)
        and not are_inert(trigger.function, catalog)
    )


def update(operation: Update, catalog: Catalog) -> Effects:
    """Return what UPDATE costs: row locks for as long as the transaction lasts."""
    table = operation.table
    # A value that stays what it was, and a NULL, are looked up nowhere.
    changed = {
        assignment.column
        for assignment in operation.assignments
        if column_of(assignment.value.sql) != assignment.column
    }
    referring = changed - {
        assignment.column
        for assignment in operation.assignments
        if assignment.value.sql.upper() == "NULL"
    }
    keys = [
        key
        for key in incoming(catalog, table)
        if (columns := referenced_columns(catalog, key.foreign_key)) is None
        or not changed.isdisjoint(columns)
    ]
    moved = Effects(
        locks=held(
            catalog,
            (_targets(catalog, table), RE),
            (family(catalog, table), RE),
            (_looked_up(catalog, table, referring), RS),
            *(([key.table], _acts(key.foreign_key.on_update)) for key in keys),
        ),
        fails=_refusing(catalog, table, {each.column for each in operation.assignments}),
        brief=False,
        unknown=_triggers(catalog, table, "update"),
        sources=_SOURCES,
    )
    return _reaching(moved, operation, keys, catalog)


def _reaching(
    effects: Effects, operation: Update | Delete, keys: Iterable["Incoming"], catalog: Catalog
) -> Effects:
    """Return effects with what a WHERE lets the server read and leave alone."""
    table, where = operation.table, operation.where
    searched = _searched(catalog, keys)
    if where is None and not operation.reads:
        scans = (*stored_family(catalog, table), *searched)
        return replace(effects, scans=tuple(dict.fromkeys(scans)))
    if reach_of(table, where, catalog) is Reach.NONE:
        members = family(catalog, table)
        kept = members[:1] if is_partitioned(catalog, table) else members
        return Effects(
            locks=held(catalog, (_targets(catalog, table), RE), (kept, RE)),
            brief=False,
            sources=effects.sources,
        )
    unknown = list(effects.unknown)
    words = [] if where is None else list(tokens(where.sql))
    relations = (table, *(read for read in operation.reads if read != table))
    reads = reading.of_conditions(relations, words, catalog)
    nested = where is not None and (where.has_subquery or where.opaque)
    if nested or reads.decides or searched:
        unknown.append(Unknown(Fact.SCANS, reading.PLAN))
        reads = Reads()
    if is_partitioned(catalog, table) and _may_prune(table, words, catalog):
        unknown.append(Unknown(Fact.LOCKS, "the partitions that the condition leaves"))
    return replace(effects, scans=reads.tables, unknown=tuple(unknown))


def _may_prune(table: Name, words: list[str], catalog: Catalog) -> bool:
    state = catalog.table(table)
    key = None if state is None else state.partition_by
    named = {column_of(word) for word in words}
    return key is None or not key.columns or not named.isdisjoint(key.columns)


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


def delete(operation: Delete, catalog: Catalog) -> Effects:
    """Return what DELETE costs: row locks, and a look at every child."""
    table = operation.table
    keys = incoming(catalog, table)
    gone = Effects(
        locks=held(
            catalog,
            (_targets(catalog, table), RE),
            (family(catalog, table), RE),
            *(([key.table], _acts(key.foreign_key.on_delete)) for key in keys),
        ),
        fails=_losing(catalog, keys),
        brief=False,
        unknown=(*_triggers(catalog, table, "delete"), *_cascading(catalog, keys)),
        sources=_SOURCES,
    )
    return _reaching(gone, operation, keys, catalog)


def _losing(catalog: Catalog, keys: Iterable["Incoming"]) -> Fails:
    """Return how rows that refer to lost rows may refuse the loss."""
    for key in keys:
        match key.foreign_key.on_delete:
            case ReferentialAction.NO_ACTION | ReferentialAction.RESTRICT:
                return OnData(_INTEGRITY, f"rows of {key.table} may refer to rows that go")
            case _ if unidentified([key.table], _changes_by(key), catalog) is not None:
                return OnData("55000", f"{key.table} is published, and nothing identifies its rows")
            case ReferentialAction.SET_NULL | ReferentialAction.SET_DEFAULT:
                refusing = _refusing(catalog, key.table, set(key.foreign_key.columns))
                if not isinstance(refusing, Never):
                    return refusing
            case ReferentialAction.CASCADE:
                if incoming(catalog, key.table):
                    return OnData(_INTEGRITY, f"rows may refer to rows of {key.table} that go")
    return Never()


def _changes_by(key: "Incoming") -> frozenset[str]:
    gone = key.foreign_key.on_delete is ReferentialAction.CASCADE
    return frozenset({"delete" if gone else "update"})


def _cascading(catalog: Catalog, keys: Iterable[Incoming]) -> Iterable[Unknown]:
    for key in keys:
        if _acts(key.foreign_key.on_delete) is RE and catalog.foreign_keys_to(key.table):
            yield Unknown(Fact.LOCKS, f"what the changes in {key.table} set off")


def merge(operation: Merge, catalog: Catalog) -> Effects:
    """Return what MERGE costs: row locks, and what its actions cost."""
    table = operation.table
    words = list(tokens(operation.sql))
    upper = [word.upper() for word in words]
    writes = not {"INSERT", "UPDATE"}.isdisjoint(upper)
    keys = incoming(catalog, table) if "DELETE" in upper else ()
    relations = (table, *(read for read in operation.reads if read != table))
    reads = reading.of_conditions(relations, reading.conditions(words), catalog)
    nested = "SELECT" in upper or bool(_searched(catalog, keys))
    decides = reading.PLAN if nested else reads.decides
    unknown = [*_triggers(catalog, table, "insert", "update", "delete")]
    if decides:
        unknown.append(Unknown(Fact.SCANS, decides))
    if "INSERT" in upper and is_partitioned(catalog, table):
        unknown.append(Unknown(Fact.LOCKS, "the partitions that the rows fall into"))
    given = _merged(words, upper)
    return Effects(
        locks=held(
            catalog,
            (_targets(catalog, table), RE),
            (family(catalog, table), RE),
            (_looked_up(catalog, table, given) if writes else (), RS),
            (_drawn_from(catalog, table, given or set()) if "INSERT" in upper else (), RE),
            *(([key.table], _acts(key.foreign_key.on_delete)) for key in keys),
        ),
        scans=() if decides else reads.tables,
        fails=OnData(_INTEGRITY, f"rows that the constraints of {table} refuse"),
        brief=False,
        unknown=(*unknown, *_cascading(catalog, keys)),
        sources=_SOURCES,
    )


def _merged(words: list[str], upper: list[str]) -> set[str] | None:
    """Return the columns that the actions of a MERGE give values; None if all may get one."""
    if "INSERT" in upper and upper[upper.index("INSERT") + 1 : upper.index("INSERT") + 2] != ["("]:
        return None
    at = [number for number, word in enumerate(upper) if word == "THEN"]
    return {column_of(word) for number in at for word in words[number:]}


def copy(operation: Copy, catalog: Catalog) -> Effects:
    """Return what COPY costs: as INSERT going in, as SELECT going out."""
    table = operation.table
    if operation.into and table is not None:
        unknown = [*_triggers(catalog, table, "insert")]
        if is_partitioned(catalog, table):
            unknown.append(Unknown(Fact.LOCKS, "the partitions that the rows fall into"))
        return Effects(
            locks=held(catalog, ([table], RE), (_looked_up(catalog, table, None), RS)),
            fails=_refusing(catalog, table, None),
            brief=False,
            unknown=tuple(unknown),
            sources=_SOURCES,
        )
    if table is None or catalog.table(table) is None:
        return Effects(brief=False, unknown=(Unknown(Fact.SCANS, reading.PLAN),), sources=_SOURCES)
    # COPY of a table, unlike a query, leaves inheriting tables out.
    return Effects(scans=stored(catalog, table), brief=False, sources=_SOURCES)


def select(operation: Select, catalog: Catalog) -> Effects:
    """Return what a query costs: reading, unless a function of the user's does more."""
    query = operation.query
    reads = reading.of_query(query, catalog)
    unknown: list[Unknown] = []
    if reads.decides:
        unknown.append(Unknown(Fact.SCANS, reads.decides))
    unknown.extend(
        Unknown(Fact.LOCKS, f"what the function {function} does")
        for function in query.functions
        if function_volatility(function, catalog) in {Volatility.UNKNOWN, Volatility.VOLATILE}
        and not are_inert(_routine(function), catalog)
        and function not in _LOCKLESS
    )
    words = [word.upper() for word in tokens(query.sql)]
    locked: tuple[Name, ...] = ()
    if "FOR" in words and words[words.index("FOR") + 1] in _LOCKING:
        if words.count("SELECT") > 1 or "OF" in words:
            unknown.append(Unknown(Fact.LOCKS, "which of its tables the query locks rows of"))
        locked = tuple(
            name
            for relation in query.relations
            for name in beneath(relation, catalog, only="ONLY" in words)
        )
    return Effects(
        locks=held(catalog, (locked, RS)),
        scans=reads.tables,
        brief=False,
        unknown=tuple(unknown),
        sources=_SOURCES,
    )


_LOCKING = frozenset({"UPDATE", "NO", "SHARE", "KEY"})
_LOCKLESS = frozenset(
    {"random", "clock_timestamp", "gen_random_uuid", "pg_sleep", "timeofday", "pg_notify"}
)
"""Volatile functions of the server that lock no relation."""


def _routine(function: str) -> Name:
    schema, _, name = function.rpartition(".")
    return Name(name, schema or None)


def beneath(relation: Name, catalog: Catalog, *, only: bool = False) -> Iterator[Name]:
    """Yield a relation, its partitions and inheriting tables, and what a view reads."""
    yield from family(catalog, relation, only=only)
    view = catalog.view(relation)
    if view is not None and not view.materialized:
        for below in view.query.relations:
            yield from beneath(below, catalog)


def data_work(operation: DataWork, catalog: Catalog) -> Effects:
    """Return what is known of data work done in a revision's Python."""
    taken = [] if operation.table is None else [operation.table]
    if operation.rows is not None:
        looked_up = _looked_up(catalog, taken[0], None) if taken else []
        return Effects(
            locks=held(catalog, (taken, RE), (looked_up, RS)),
            unknown=() if taken else (Unknown(Fact.LOCKS, "the table that gets the rows"),),
            sources=_SOURCES,
        )
    return unknown_everything("what the revision does with rows", held(catalog, (taken, RE)))
