"""What views, triggers, types, rights and other objects cost."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence
from migsafe.catalog.text import column_of
from migsafe.effects.combine import unknown_everything
from migsafe.effects.postgres import reading, sources
from migsafe.effects.postgres.reading import Reads
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
    AddEnumValue,
    AlterCompositeType,
    AlterDomain,
    AlterSequence,
    ChangePolicy,
    Check,
    CommentOn,
    CreateObject,
    CreateRule,
    CreateSequence,
    CreateTrigger,
    CreateView,
    DomainAction,
    NotNull,
    ObjectKind,
    RefreshView,
    RenameEnumValue,
    RenameObject,
    SetRowSecurity,
    SetTriggerState,
    TwoPhase,
    TwoPhaseAction,
)
from migsafe.writing import quoting
from migsafe.writing.tokens import tokens

AE = Lock.ACCESS_EXCLUSIVE
SRE = Lock.SHARE_ROW_EXCLUSIVE
SUE = Lock.SHARE_UPDATE_EXCLUSIVE
_PREPARED = "pg_catalog.pg_prepared_xacts"
_SOURCES = (sources.LOCKING, sources.measured("objects"))


def create_view(operation: CreateView, catalog: Catalog) -> Effects:
    """Return what CREATE VIEW costs: only the view that it replaces is locked."""
    kind = ObjectKind.MATERIALIZED_VIEW if operation.materialized else ObjectKind.VIEW
    there = catalog.existence(kind, operation.view) is Existence.PRESENT
    fails: Fails = Never()
    if there and not (operation.replace or operation.if_not_exists):
        fails = Certain("42P07", f"{operation.view} is there already")
    unknown: tuple[Unknown, ...] = ()
    reads = Reads()
    fills = operation.materialized and operation.with_data and not there
    if fills:
        reads = reading.of_query(operation.query, catalog)
        if reads.decides:
            unknown = (Unknown(Fact.SCANS, f"{reads.decides} for the query"),)
    replaced = [operation.view] if there and operation.replace else []
    return Effects(
        locks=held(catalog, (replaced, AE)),
        scans=reads.tables,
        fails=fails,
        brief=not fills,
        unknown=unknown,
        sources=_SOURCES,
    )


def refresh_view(operation: RefreshView, catalog: Catalog) -> Effects:
    """Return what REFRESH MATERIALIZED VIEW costs; CONCURRENTLY lets readers pass."""
    view = operation.view
    cited = (sources.REFRESH, sources.measured("objects"))
    if not operation.with_data:
        return Effects(locks=held(catalog, ([view], AE)), sources=cited)
    state = catalog.view(view)
    reads = Reads(decides=reading.PLAN)
    if state is not None:
        reads = reading.of_query(state.query, catalog)
    unknown: tuple[Unknown, ...] = ()
    if reads.decides:
        unknown = (Unknown(Fact.SCANS, f"{reads.decides} for the query"),)
    if not operation.concurrently:
        return Effects(
            locks=held(catalog, ([view], AE)),
            rewrites=(catalog.key(view),),
            scans=reads.tables,
            brief=False,
            unknown=unknown,
            sources=cited,
        )
    fails: Fails = Never()
    if catalog.view(view) is not None and not any(
        index.unique and index.where is None for index in catalog.indexes(view)
    ):
        fails = Certain("55000", f"{view} has no unique index on plain columns")
    return Effects(
        locks=held(catalog, ([view], Lock.EXCLUSIVE)),
        # What the query gives is compared with all that the view holds.
        scans=(*reads.tables, catalog.key(view)),
        fails=fails,
        brief=False,
        unknown=unknown,
        sources=cited,
    )


def rename_object(operation: RenameObject, catalog: Catalog) -> Effects:
    """Return what RENAME costs: an index is renamed without a lock on its table."""
    match operation.kind:
        case ObjectKind.VIEW | ObjectKind.MATERIALIZED_VIEW | ObjectKind.SEQUENCE:
            taken = [operation.object]
        case ObjectKind.CONSTRAINT | ObjectKind.TRIGGER | ObjectKind.POLICY | ObjectKind.RULE:
            taken = [] if operation.table is None else [operation.table]
        case ObjectKind.FOREIGN_TABLE:
            taken = [operation.object]
        case _:
            taken = []
    shared = operation.kind is ObjectKind.TRIGGER
    if operation.kind is ObjectKind.CONSTRAINT and taken:
        state = catalog.constraint(taken[0], operation.object.name)
        # Keys are each table's own; CHECK and NOT NULL are renamed in the children as well.
        shared = state is None or isinstance(state.constraint, Check | NotNull)
    if shared and taken:
        taken = [*family(catalog, taken[0])]
    return Effects(locks=held(catalog, (taken, AE)), sources=_SOURCES)


def comment_on(operation: CommentOn, catalog: Catalog) -> Effects:
    """Return what COMMENT costs: an instant, and only schema changes wait."""
    match operation.kind:
        case (
            ObjectKind.TABLE
            | ObjectKind.VIEW
            | ObjectKind.MATERIALIZED_VIEW
            | ObjectKind.SEQUENCE
            | ObjectKind.FOREIGN_TABLE
        ):
            taken = [operation.object]
        case ObjectKind.COLUMN:
            table = operation.object.schema
            taken = [operation.object] if table is None else [_table_of(operation.object)]
        case _:
            taken = []
    return Effects(locks=held(catalog, (taken, SUE)), sources=_SOURCES)


def _table_of(column: Name) -> Name:
    """Return the table of a column whose name is written as `table.column`."""
    schema, _, table = (column.schema or "").rpartition(".")
    return Name(table, schema or None)


def add_enum_value(operation: AddEnumValue, catalog: Catalog) -> Effects:
    """Return what ADD VALUE costs: no lock, but no use of the label before COMMIT."""
    state = catalog.enum(operation.type)
    there = state is not None and operation.label in (state.labels or ())
    fails: Fails = Never()
    if there and not operation.if_not_exists:
        fails = Certain("42710", f"the label {operation.label} is there already")
    elif (
        not there
        and state is not None
        and state.labels is not None
        and operation.neighbour is not None
        and operation.neighbour not in state.labels
    ):
        fails = Certain("22023", f"there is no label {operation.neighbour}")
    need = TransactionNeed.ALLOWED if there else TransactionNeed.UNCOMMITTED_USE
    return Effects(
        transaction=need,
        fails=fails,
        sources=(sources.ALTER_TYPE, sources.measured("objects")),
    )


def rename_enum_value(operation: RenameEnumValue, catalog: Catalog) -> Effects:
    """Return what RENAME VALUE costs: no lock on any table."""
    state = catalog.enum(operation.type)
    fails: Fails = Never()
    if state is not None and state.labels is not None:
        if operation.label not in state.labels:
            fails = Certain("22023", f"there is no label {operation.label}")
        elif operation.new_label in state.labels:
            fails = Certain("42710", f"the label {operation.new_label} is there already")
    return Effects(fails=fails, sources=(sources.ALTER_TYPE,))


def alter_domain(operation: AlterDomain, catalog: Catalog) -> Effects:
    """Return what ALTER DOMAIN costs: constraints read every table that uses it."""
    cited = (sources.ALTER_DOMAIN, sources.measured("objects"))
    state: str | None
    match operation.action:
        case DomainAction.ADD_CONSTRAINT:
            valid = operation.check is None or operation.check.valid
            state = None
            if valid:
                state = "23502" if isinstance(operation.check, NotNull) else "23514"
        case DomainAction.SET_NOT_NULL:
            state = "23502"
        case DomainAction.VALIDATE_CONSTRAINT:
            state = "23514"
        case (
            DomainAction.SET_DEFAULT
            | DomainAction.DROP_DEFAULT
            | DomainAction.DROP_NOT_NULL
            | DomainAction.DROP_CONSTRAINT
        ):
            state = None
    if state is None:
        return Effects(sources=cited)
    users = catalog.domain_users(operation.domain)
    tables = tuple(
        dict.fromkeys(
            (
                *(name for table, _ in users for name in stored(catalog, table)),
                *(name for table, column in users for name in _kept_of(table, column, catalog)),
            )
        )
    )
    unknown: tuple[Unknown, ...] = ()
    if catalog.domain(operation.domain) is None or not catalog.complete:
        decides = f"the tables that use the domain {operation.domain}"
        unknown = (Unknown(Fact.LOCKS, decides), Unknown(Fact.SCANS, decides))
    fails: Fails = Never()
    if users or unknown:
        fails = OnData(state, "stored values may violate it")
    return Effects(
        locks=held(catalog, (tables, Lock.SHARE)),
        scans=tables,
        fails=fails,
        brief=False,
        unknown=unknown,
        sources=cited,
    )


def _kept_of(table: Name, column: str, catalog: Catalog) -> Iterator[Name]:
    """Yield the materialized views that hold a column of a table, through other views too."""
    for view in catalog.views_on_column(table, column):
        listed = view.query.sql.upper().partition(" FROM ")[0]
        if column.upper() in listed or listed.endswith("*"):
            if view.materialized:
                yield view.name
            yield from _kept_of(view.name, column, catalog)


def alter_composite_type(operation: AlterCompositeType) -> Effects:
    """Return what ALTER TYPE … ATTRIBUTE costs: a column of the type refuses it."""
    return Effects(
        fails=OnData("0A000", f"a table may have a column of type {operation.type}"),
        sources=(sources.ALTER_TYPE, sources.measured("objects")),
    )


def create_sequence(operation: CreateSequence, catalog: Catalog) -> Effects:
    """Return what CREATE SEQUENCE costs: nothing that anyone waits for."""
    found = catalog.existence(ObjectKind.SEQUENCE, operation.sequence)
    fails: Fails = Never()
    refused = not (operation.if_not_exists or operation.temporary)
    if found is Existence.PRESENT and refused:
        fails = Certain("42P07", f"{operation.sequence} is there already")
    return Effects(fails=fails, sources=_SOURCES)


def alter_sequence(operation: AlterSequence, catalog: Catalog) -> Effects:
    """Return what ALTER SEQUENCE costs: whoever draws a number waits an instant."""
    return Effects(locks=held(catalog, ([operation.sequence], SRE)), sources=_SOURCES)


def create_trigger(operation: CreateTrigger, catalog: Catalog) -> Effects:
    """Return what CREATE TRIGGER costs: writers wait an instant."""
    table = operation.table
    members = (
        family(catalog, table) if operation.row and is_partitioned(catalog, table) else (table,)
    )
    return Effects(
        locks=held(catalog, (members, SRE)),
        sources=(sources.CREATE_TRIGGER, sources.measured("objects")),
    )


def set_trigger_state(operation: SetTriggerState, catalog: Catalog) -> Effects:
    """Return what ENABLE and DISABLE cost: rules shut readers out, triggers writers."""
    rule = "RULE" in operation.state.upper()
    shared = is_partitioned(catalog, operation.table) and _reaches_partitions(operation, catalog)
    members = family(catalog, operation.table) if shared else (operation.table,)
    return Effects(
        locks=held(catalog, ((operation.table,) if rule else members, AE if rule else SRE)),
        sources=_SOURCES,
    )


def _reaches_partitions(operation: SetTriggerState, catalog: Catalog) -> bool:
    """Say whether partitions have copies of the triggers: of those for each row, of keys."""
    table = operation.table
    which = operation.trigger or operation.state.rpartition(" ")[2]
    if which == "ALL" and (catalog.foreign_keys_of(table) or catalog.foreign_keys_to(table)):
        return True
    return any(
        "FOR EACH ROW" in trigger.sql.upper()
        for trigger in catalog.triggers(table)
        if which in {"ALL", "USER", trigger.name}
    )


def strong_instant(
    operation: CreateRule | SetRowSecurity | ChangePolicy, catalog: Catalog
) -> Effects:
    """Return what rules, row security and policies cost: an instant."""
    return Effects(locks=held(catalog, ([operation.table], AE)), sources=_SOURCES)


def create_object(operation: CreateObject, catalog: Catalog) -> Effects:
    """Return what an object costs that no rule tells apart: mostly nothing, unproven."""
    if operation.kind is ObjectKind.STATISTICS:
        return _statistics(operation, catalog)
    if operation.kind in {ObjectKind.DATABASE, ObjectKind.TABLESPACE}:
        return Effects(transaction=TransactionNeed.FORBIDDEN, sources=_SOURCES)
    if operation.kind in _HARMLESS:
        return Effects(sources=_SOURCES)
    return unknown_everything(f"what {operation.kind} {operation.object} touches")


def _statistics(operation: CreateObject, catalog: Catalog) -> Effects:
    """Return what extended statistics cost: nothing is computed before ANALYZE."""
    words = list(tokens(operation.sql))
    upper = [word.upper() for word in words]
    if upper[:1] == ["ALTER"]:
        gone = catalog.existence(ObjectKind.STATISTICS, operation.object) is Existence.ABSENT
        missing = Certain("42704", f"there are no statistics {operation.object}")
        return Effects(fails=missing if gone else Never(), sources=_SOURCES)
    if "FROM" not in upper:
        return unknown_everything(f"the table of the statistics {operation.object}")
    at = upper.index("FROM") + 1
    table = Name(column_of(words[at]))
    if words[at + 1 : at + 2] == ["."]:
        table = Name(column_of(words[at + 2]), table.name)
    return Effects(locks=held(catalog, ([table], SUE)), sources=_SOURCES)


_HARMLESS = frozenset(
    {
        ObjectKind.AGGREGATE,
        ObjectKind.CAST,
        ObjectKind.COLLATION,
        ObjectKind.CONVERSION,
        ObjectKind.FOREIGN_DATA_WRAPPER,
        ObjectKind.FOREIGN_TABLE,
        ObjectKind.LANGUAGE,
        ObjectKind.OPERATOR,
        ObjectKind.OPERATOR_CLASS,
        ObjectKind.OPERATOR_FAMILY,
        ObjectKind.SERVER,
        ObjectKind.TEXT_SEARCH_CONFIGURATION,
        ObjectKind.TEXT_SEARCH_DICTIONARY,
        ObjectKind.TEXT_SEARCH_PARSER,
        ObjectKind.TEXT_SEARCH_TEMPLATE,
        ObjectKind.TRANSFORM,
        ObjectKind.USER_MAPPING,
    }
)
"""Kinds whose making locks no relation that is there already."""


def two_phase(operation: TwoPhase) -> Effects:
    """Return what two-phase commit needs: its second half runs alone.

    What the transaction locked stays locked from PREPARE TRANSACTION to the second half, in
    whatever session that comes. A server refuses the first unless it is configured for it.
    """
    if operation.action is TwoPhaseAction.PREPARE:
        return Effects(
            fails=OnData(
                "55000",
                "max_prepared_transactions of the server may be 0, as it is by default",
                "SELECT 1 FROM pg_catalog.pg_settings"
                " WHERE name = 'max_prepared_transactions' AND setting = '0'",
            )
        )
    gid = quoting.literal(operation.transaction)
    return Effects(
        transaction=TransactionNeed.FORBIDDEN,
        fails=OnData(
            "42704",
            f"no transaction {operation.transaction!r} may be prepared",
            f"SELECT 1 WHERE NOT EXISTS (SELECT FROM {_PREPARED} WHERE gid = {gid})",  # noqa: S608
        ),
    )
