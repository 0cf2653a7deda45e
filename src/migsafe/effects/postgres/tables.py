"""What making, dropping, moving and copying tables costs."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence
from migsafe.effects.postgres import reading, rights, sources
from migsafe.effects.postgres.bounds import Answer
from migsafe.effects.postgres.partitions import default_of, excluded
from migsafe.effects.postgres.relations import (
    family,
    held,
    is_partitioned,
    owned_sequences,
    parents,
    referencing,
    stored,
    unseen,
)
from migsafe.model.effects import (
    Certain,
    Effects,
    Fact,
    Fails,
    Never,
    OnData,
    TransactionNeed,
    Unknown,
)
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.operations import (
    WHO_RUNS_IT,
    CreateTable,
    CreateTableAs,
    ForeignKey,
    ObjectKind,
    RenameTable,
    RewriteKind,
    RewriteTable,
    SetOwner,
    SetReplicaIdentity,
    SetRowType,
    SetSchema,
    SetTableOptions,
    Truncate,
)
from migsafe.model.record import replace

AE = Lock.ACCESS_EXCLUSIVE
SRE = Lock.SHARE_ROW_EXCLUSIVE
SUE = Lock.SHARE_UPDATE_EXCLUSIVE
_ALTER = (sources.ALTER_TABLE, sources.measured("tables"))
_SEQUENCES_FOLLOW = 15
"""SET LOGGED and UNLOGGED take the owned sequences along from this version on."""
_ACCESS_METHOD = 15
_PARTITIONED_ACCESS_METHOD = 17

RELATIONS = frozenset(
    {
        ObjectKind.TABLE,
        ObjectKind.FOREIGN_TABLE,
        ObjectKind.VIEW,
        ObjectKind.MATERIALIZED_VIEW,
        ObjectKind.SEQUENCE,
    }
)
"""Kinds of object that are locked as tables are."""


def create_table(operation: CreateTable, catalog: Catalog) -> Effects:
    """Return what CREATE TABLE costs the tables that are there: parents are locked."""
    found = catalog.existence(ObjectKind.TABLE, operation.table)
    cited = (sources.CREATE_TABLE, sources.measured("tables"))
    if found is Existence.PRESENT and not operation.temporary:
        if operation.if_not_exists:
            return Effects(sources=cited)
        reason = f"{operation.table} is there already"
        return Effects(fails=Certain("42P07", reason), sources=cited)
    own = catalog.key(operation.table)
    # In the order of the statement: a set of names has another one in every process.
    referenced = dict.fromkeys(
        catalog.key(constraint.referenced)
        for constraint in operation.constraints
        if isinstance(constraint, ForeignKey)
    )
    parent = operation.partition_of
    above: tuple[Name, ...] = ()
    default: tuple[Name, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    if parent is not None:
        above = (catalog.key(parent),)
        default = default_of(catalog, parent)
        referenced.update(dict.fromkeys(parents(catalog, parent)))
        if unseen(catalog, parent):
            decides = f"whether {parent} has a default partition, which is locked and read"
            unknown = (Unknown(Fact.LOCKS, decides), Unknown(Fact.SCANS, decides))
    referenced.pop(own, None)
    reached = [name for table in referenced for name in _partitions_too(catalog, table)]
    fails: Fails = Never()
    read: tuple[Name, ...] = ()
    if default and parent is not None:
        answer = excluded(default[0], parent, operation.partition_bound or "", catalog=catalog)
        if answer is Answer.OPEN:
            decides = f"whether a CHECK on {default[0]} excludes the rows of the new partition"
            unknown = (*unknown, Unknown(Fact.SCANS, decides))
        if answer is not Answer.YES:
            read = stored(catalog, default[0])
            fails = OnData("23514", f"{default[0]} may hold rows of the new partition")
    return Effects(
        locks=held(
            catalog,
            (above, AE),
            (default, AE),
            (operation.inherits, SUE),
            (reached, SRE),
        ),
        scans=read,
        fails=fails,
        brief=not read,
        unknown=unknown,
        sources=cited,
    )


def _partitions_too(catalog: Catalog, table: Name) -> tuple[Name, ...]:
    if is_partitioned(catalog, table):
        return family(catalog, table)
    return (table,)


def create_table_as(operation: CreateTableAs, catalog: Catalog) -> Effects:
    """Return what CREATE TABLE AS costs: it reads, and holds what it reads for long."""
    found = catalog.existence(ObjectKind.TABLE, operation.table)
    cited = (sources.CREATE_TABLE, sources.measured("tables"))
    if found is Existence.PRESENT and not operation.temporary:
        if operation.if_not_exists:
            return Effects(sources=cited)
        reason = f"{operation.table} is there already"
        return Effects(fails=Certain("42P07", reason), sources=cited)
    if not operation.with_data:
        return Effects(sources=cited)
    reads = reading.of_query(operation.query, catalog)
    unknown: tuple[Unknown, ...] = ()
    if reads.decides:
        unknown = (Unknown(Fact.SCANS, f"{reads.decides} for the query"),)
    return Effects(
        scans=reads.tables,
        brief=False,
        unknown=unknown,
        sources=cited,
    )


def rename_table(operation: RenameTable, catalog: Catalog) -> Effects:
    """Return what RENAME TO costs: an instant."""
    fails: Fails = Never()
    taken = catalog.existence(
        ObjectKind.TABLE, catalog.key(operation.table).beside(operation.new_name)
    )
    if taken is Existence.PRESENT:
        fails = Certain("42P07", f"{operation.new_name} is there already")
    return Effects(locks=held(catalog, ([operation.table], AE)), fails=fails, sources=_ALTER)


def set_schema(operation: SetSchema, catalog: Catalog) -> Effects:
    """Return what SET SCHEMA costs: an instant, on what a table owns as well."""
    return _with_what_it_owns(operation, catalog)


def set_owner(operation: SetOwner, catalog: Catalog) -> Effects:
    """Return what OWNER TO costs: an instant, on what a table owns as well.

    For the owner that it has already, the sequences are left alone.
    """
    fails = rights.unless_there((operation.owner,), catalog)
    found = replace(_with_what_it_owns(operation, catalog), fails=fails)
    if operation.kind not in RELATIONS or len(found.locks) == 1:
        return found
    alone = replace(found, locks=held(catalog, ([operation.object], AE)))
    owner = catalog.rights(operation.kind, operation.object).owner
    if owner is not None and owner == operation.owner:
        return alone
    if owner is not None or operation.owner.upper() not in WHO_RUNS_IT:
        return found
    if catalog.complete:
        # Nobody gave it away: it belongs to who made it, and makes this change.
        return alone
    decides = f"whether {operation.object} belongs to the role that runs it already"
    return replace(found, unknown=(Unknown(Fact.LOCKS, decides),))


def _with_what_it_owns(operation: SetSchema | SetOwner, catalog: Catalog) -> Effects:
    if operation.kind not in RELATIONS:
        return Effects(sources=_ALTER)
    return Effects(
        locks=held(
            catalog,
            ([operation.object, *owned_sequences(catalog, operation.object)], AE),
        ),
        sources=_ALTER,
    )


def rewrite_table(operation: RewriteTable, catalog: Catalog, version: int) -> Effects:
    """Return what a physical copy of a table costs."""
    kind, table = operation.kind, operation.table
    cited = _COPIES.get(kind, sources.ALTER_TABLE)
    alone = kind is RewriteKind.VACUUM_FULL or (
        kind is RewriteKind.CLUSTER and (table is None or is_partitioned(catalog, table))
    )
    need = TransactionNeed.FORBIDDEN if alone else TransactionNeed.ALLOWED
    if table is None:
        decides = "which tables it reaches"
        return Effects(
            transaction=need,
            brief=False,
            unknown=(Unknown(Fact.LOCKS, decides), Unknown(Fact.REWRITES, decides)),
            sources=(cited,),
        )
    if operation.kind_of_object is ObjectKind.INDEX:
        return replace(_moving_index(operation, table, catalog), sources=(cited,))
    copy = _copy(operation, table, catalog, version)
    return replace(
        copy,
        transaction=need,
        brief=not copy.rewrites,
        sources=(cited, sources.measured("tables")),
    )


def _moving_index(operation: RewriteTable, index: Name, catalog: Catalog) -> Effects:
    """Return what another tablespace costs an index: nothing where it lies there already."""
    current = _current(RewriteKind.TABLESPACE, index, catalog)
    if current is not None and current == operation.value:
        return Effects()
    state = catalog.index(index)
    if current is not None and state is not None:
        return Effects(builds=stored(catalog, state.table), brief=False)
    decides = f"the tablespace that {index} has already"
    return Effects(brief=False, unknown=(Unknown(Fact.BUILDS, decides),))


_DEFAULTS = {RewriteKind.TABLESPACE: "pg_default", RewriteKind.ACCESS_METHOD: "heap"}
"""Where and how a server stores what does not say it, as long as it is not told otherwise."""


def _current(kind: RewriteKind, relation: Name, catalog: Catalog) -> str | None:
    """Return the tablespace or access method of a relation, None if it is not known."""
    given = catalog.settings(relation).get(kind.value)
    return given or (_DEFAULTS.get(kind) if catalog.complete else None)


def _copy(operation: RewriteTable, table: Name, catalog: Catalog, version: int) -> Effects:
    kind = operation.kind
    match kind:
        case RewriteKind.LOGGED | RewriteKind.UNLOGGED:
            return _logging(kind, table, catalog, version)
        case RewriteKind.TABLESPACE | RewriteKind.ACCESS_METHOD:
            return _moving(operation, table, catalog, version)
        case RewriteKind.CLUSTER | RewriteKind.VACUUM_FULL:
            members = family(catalog, table) if is_partitioned(catalog, table) else (table,)
            return Effects(locks=held(catalog, (members, AE)), rewrites=stored(catalog, table))


_COPIES = {
    RewriteKind.CLUSTER: sources.CLUSTER,
    RewriteKind.VACUUM_FULL: sources.VACUUM,
}


def _logging(kind: RewriteKind, table: Name, catalog: Catalog, version: int) -> Effects:
    """Return what SET LOGGED and UNLOGGED cost; nothing where that is so already."""
    state = catalog.table(table)
    unlogging = kind is RewriteKind.UNLOGGED
    if state is not None and state.complete and state.unlogged is unlogging:
        return Effects(locks=held(catalog, ([table], AE)))
    fails: Fails = Never()
    for child in referencing(catalog, table) if unlogging else ():
        found = catalog.table(child)
        if found is not None and not found.unlogged:
            fails = Certain("42P16", f"the logged table {child} references it")
    for parent in parents(catalog, table):
        found = catalog.table(parent)
        if not unlogging and found is not None and found.unlogged:
            fails = Certain("42P16", f"it references the unlogged table {parent}")
    follow = version >= _SEQUENCES_FOLLOW
    sequences = owned_sequences(catalog, table) if follow else ()
    return Effects(
        locks=held(catalog, ([table, *sequences], AE)),
        # Before 18 it is accepted for a partitioned table, which holds no rows.
        rewrites=() if is_partitioned(catalog, table) else stored(catalog, table),
        fails=fails,
    )


def _moving(operation: RewriteTable, table: Name, catalog: Catalog, version: int) -> Effects:
    """Return what another tablespace or access method costs: a copy, unless it is the same."""
    kind = operation.kind
    rewrites = stored(catalog, table)
    fails: Fails = Never()
    what = "tablespace"
    if kind is RewriteKind.ACCESS_METHOD:
        what = "access method"
        if version < _ACCESS_METHOD:
            fails = Certain("42601", "SET ACCESS METHOD needs PostgreSQL 15")
        elif version < _PARTITIONED_ACCESS_METHOD and is_partitioned(catalog, table):
            fails = Certain("42809", f"{table} is partitioned")
    if is_partitioned(catalog, table):
        # Only partitions that are made later get it.
        rewrites = ()
    current = _current(kind, table, catalog)
    if current is not None and current == operation.value:
        rewrites = ()
    decides = f"the {what} that {table} has already"
    return Effects(
        locks=held(catalog, ([table], AE)),
        rewrites=rewrites,
        fails=fails,
        unknown=(Unknown(Fact.REWRITES, decides),) if rewrites and current is None else (),
    )


_STRONG_OPTIONS = frozenset({"user_catalog_table"})


def set_table_options(operation: SetTableOptions, catalog: Catalog) -> Effects:
    """Return what storage parameters cost: nobody but other schema changes waits."""
    match operation.kind:
        case ObjectKind.INDEX:
            return Effects(sources=_ALTER)
        case ObjectKind.VIEW:
            lock = AE
        case _:
            strong = any(o.name in _STRONG_OPTIONS for o in operation.options)
            lock = AE if strong else SUE
    return Effects(locks=held(catalog, ([operation.object], lock)), sources=_ALTER)


def set_replica_identity(operation: SetReplicaIdentity, catalog: Catalog) -> Effects:
    """Return what REPLICA IDENTITY costs: an instant."""
    return Effects(locks=held(catalog, ([operation.table], AE)), sources=_ALTER)


def set_row_type(operation: SetRowType, catalog: Catalog) -> Effects:
    """Return what OF, NOT OF and SET WITHOUT OIDS cost: an instant."""
    return Effects(locks=held(catalog, ([operation.table], AE)), sources=_ALTER)


def truncate(operation: Truncate, catalog: Catalog) -> Effects:
    """Return what TRUNCATE costs: an instant, on all that CASCADE reaches."""
    reached: list[Name] = []
    queue = [catalog.key(table) for table in operation.tables]
    blocked: str | None = None
    listed = {name for table in queue for name in family(catalog, table)}
    while queue:
        table = queue.pop(0)
        for member in family(catalog, table):
            if member in reached:
                continue
            reached.append(member)
            for other in referencing(catalog, member):
                if operation.cascade:
                    queue.append(other)
                elif other not in listed:
                    blocked = f"{other} references {member}"
    sequences = (
        tuple(name for table in reached for name in owned_sequences(catalog, table))
        if operation.restart_identity
        else ()
    )
    partly = [table for table in operation.tables if unseen(catalog, table)]
    unknown: tuple[Unknown, ...] = ()
    if operation.cascade and partly:
        decides = f"the tables that reference {partly[0]}: CASCADE empties them too"
        unknown = (Unknown(Fact.LOCKS, decides),)
    return Effects(
        locks=held(catalog, (reached, AE), (sequences, AE)),
        fails=Certain("0A000", blocked) if blocked else Never(),
        unknown=unknown,
        sources=(sources.TRUNCATE, sources.measured("tables")),
    )
