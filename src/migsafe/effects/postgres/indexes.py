"""What building, dropping and rebuilding indexes costs."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence
from migsafe.catalog.uniqueness import is_implied, promised_by
from migsafe.effects.postgres import probes, sources
from migsafe.effects.postgres.relations import (
    family,
    held,
    is_partitioned,
    stored,
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
    AttachIndex,
    CreateIndex,
    DropIndex,
    ObjectKind,
    Reindex,
)

AE = Lock.ACCESS_EXCLUSIVE
SUE = Lock.SHARE_UPDATE_EXCLUSIVE
SHARE = Lock.SHARE
FORBIDDEN = TransactionNeed.FORBIDDEN
_PARTITIONED_REINDEX = 14


def create_index(operation: CreateIndex, catalog: Catalog) -> Effects:
    """Return what CREATE INDEX costs: a read of the table while writers wait, or not."""
    table = operation.table
    lock = SUE if operation.concurrently else SHARE
    partitioned = is_partitioned(catalog, table)
    reached = family(catalog, table) if partitioned and not operation.only else (table,)
    found = (
        Existence.UNKNOWN
        if operation.name is None
        else catalog.existence(ObjectKind.INDEX, catalog.key(table).beside(operation.name))
    )
    fails: Fails = Never()
    built = () if partitioned and operation.only else stored(catalog, table)
    if partitioned and catalog.children(table) and not operation.only:
        built = catalog.built_below(operation)
    if found is Existence.PRESENT:
        built = ()
        if not operation.if_not_exists:
            fails = Certain("42P07", f"{operation.name} is there already")
    elif partitioned and operation.concurrently:
        fails = Certain("0A000", f"{table} is partitioned: no concurrent build")
    elif operation.unique and not is_implied(promised_by(operation), table, catalog):
        columns = tuple(element.column or "" for element in operation.elements)
        plain = all(columns) and operation.where is None
        fails = OnData(
            "23505",
            "existing rows may be duplicates",
            probes.duplicates(table, columns, nulls_not_distinct=operation.nulls_not_distinct)
            if plain
            else None,
        )
    return Effects(
        locks=held(catalog, (reached, lock)),
        builds=built,
        transaction=FORBIDDEN if operation.concurrently else TransactionNeed.ALLOWED,
        fails=fails,
        brief=not built,
        sources=(sources.CREATE_INDEX, sources.measured("indexes")),
    )


def drop_index(operation: DropIndex, catalog: Catalog) -> Effects:
    """Return what DROP INDEX costs: an instant, which CONCURRENTLY waits for in peace."""
    state = catalog.index(operation.index)
    table = state.table if state is not None else operation.table
    lock = SUE if operation.concurrently else AE
    absent = (
        state is None and catalog.existence(ObjectKind.INDEX, operation.index) is Existence.ABSENT
    )
    fails: Fails = Never()
    if state is not None and state.constraint is not None:
        fails = Certain("2BP01", f"the constraint {state.constraint} needs the index")
    elif absent and not operation.if_exists:
        fails = Certain("42704", f"there is no index {operation.index}")
    elif table is not None and operation.concurrently and is_partitioned(catalog, table):
        fails = Certain("0A000", f"{table} is partitioned: no concurrent drop")
    unknown: tuple[Unknown, ...] = ()
    if table is None and not absent:
        decides = f"the table that {operation.index} belongs to"
        unknown = (Unknown(Fact.LOCKS, decides),)
    reached: tuple[Name, ...] = ()
    if table is not None:
        reached = family(catalog, table) if is_partitioned(catalog, table) else (table,)
    return Effects(
        locks=held(catalog, (reached, lock)),
        transaction=FORBIDDEN if operation.concurrently else TransactionNeed.ALLOWED,
        fails=fails,
        unknown=unknown,
        sources=(sources.DROP_INDEX, sources.measured("indexes")),
    )


def reindex(operation: Reindex, catalog: Catalog, version: int) -> Effects:
    """Return what REINDEX costs: every index it rebuilds is shut to readers as well."""
    lock = SUE if operation.concurrently else SHARE
    need = FORBIDDEN if operation.concurrently else TransactionNeed.ALLOWED
    cited = (sources.REINDEX, sources.measured("indexes"))
    kind = operation.kind.upper()
    if kind in {"SCHEMA", "DATABASE", "SYSTEM"} or operation.object is None:
        decides = f"the tables of the {kind.lower()}"
        return Effects(
            transaction=FORBIDDEN,
            brief=False,
            unknown=(Unknown(Fact.LOCKS, decides), Unknown(Fact.BUILDS, decides)),
            sources=cited,
        )
    if kind == "INDEX":
        state = catalog.index(operation.object)
        if state is None:
            decides = f"the table that {operation.object} belongs to"
            return Effects(
                transaction=need,
                brief=False,
                unknown=(Unknown(Fact.LOCKS, decides), Unknown(Fact.BUILDS, decides)),
                sources=cited,
            )
        table = state.table
    else:
        table = operation.object
    if is_partitioned(catalog, table):
        if version < _PARTITIONED_REINDEX:
            fails: Fails = Certain("0A000", f"{table} is partitioned")
        else:
            need, fails = FORBIDDEN, Never()
    else:
        fails = Never()
    members = family(catalog, table) if is_partitioned(catalog, table) else (table,)
    return Effects(
        locks=held(catalog, (members, lock)),
        builds=stored(catalog, table) if _has_indexes(catalog, table) else (),
        transaction=need,
        fails=fails,
        brief=False,
        sources=cited,
    )


def _has_indexes(catalog: Catalog, table: Name) -> bool:
    state = catalog.table(table)
    return state is None or not state.complete or bool(catalog.indexes(table))


def attach_index(operation: AttachIndex, catalog: Catalog) -> Effects:
    """Return what ALTER INDEX … ATTACH PARTITION costs: locks on the two indexes alone."""
    del operation, catalog
    return Effects(sources=(sources.CREATE_INDEX, sources.measured("partitions")))
