"""What adding, changing and dropping columns costs."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import DomainState, Existence
from migsafe.effects.postgres import probes, sources
from migsafe.effects.postgres.constraints import inline_effects
from migsafe.effects.postgres.keys import can_reference
from migsafe.effects.postgres.relations import (
    family,
    held,
    is_partitioned,
    referenced_columns,
    sequences_of_column,
    stored,
    stored_family,
    unseen,
)
from migsafe.effects.postgres.types import (
    TypeChange,
    Values,
    Work,
    change_of_column,
    is_built_in,
)
from migsafe.effects.postgres.volatility import Volatility, volatility
from migsafe.model.effects import (
    Certain,
    Effects,
    Fact,
    Fails,
    Never,
    OnData,
    Unknown,
)
from migsafe.model.expressions import Name, Type
from migsafe.model.locks import Lock
from migsafe.model.operations import (
    AddColumn,
    AlterColumnType,
    AlterGenerated,
    AlterIdentity,
    Column,
    ColumnSetting,
    DropColumn,
    DropDefault,
    DropNotNull,
    ForeignKey,
    IdentityAction,
    ObjectKind,
    RenameColumn,
    SetColumnStorage,
    SetDefault,
    SetNotNull,
)
from migsafe.model.pattern import pattern

AE = Lock.ACCESS_EXCLUSIVE
_MEASURED = (sources.ALTER_TABLE, sources.measured("columns"))
_EXPRESSIONS_CHANGE = 17
"""SET EXPRESSION came with this version."""

SERIALS = ("smallserial", "serial", "bigserial")


def add_column(operation: AddColumn, catalog: Catalog, version: int) -> Effects:
    """Return what ADD COLUMN costs.

    Source:
        PostgreSQL manual, ALTER TABLE, Notes: a default that is not volatile is kept
        aside and no row is touched; measured: fixtures/effects/columns.toml.
    """
    table, column = operation.table, operation.column
    there = catalog.column_existence(table, column.name) is Existence.PRESENT
    if there and operation.if_not_exists:
        return Effects(locks=held(catalog, ([table], AE)), sources=_MEASURED)
    fails: Fails = Never()
    if there:
        fails = Certain("42701", f"the column {column.name} is there already")
    elif _is_required(column, catalog):
        fails = OnData(
            "23502",
            f"existing rows have no value for {column.name}",
            probes.any_row(table),
        )
    rewrite, decides = rewritten_by(column, catalog)
    tables = stored_family(catalog, table)
    inline = inline_effects(operation, catalog, version)
    locks = held(
        catalog,
        (family(catalog, table), AE),
        (drawn_from(column), Lock.ROW_EXCLUSIVE),
        *(([name], lock) for name, lock in inline.locks.items()),
    )
    rewrites = tables if rewrite else ()
    computed = column.generated is not None and not column.generated.stored
    read = tables if computed and not column.nullable else ()
    # NOT NULL is proved by the default that every row gets, or fails on the first row;
    # a VIRTUAL column is computed for each row to see.
    return Effects(
        locks=locks,
        rewrites=rewrites,
        scans=tuple(
            dict.fromkeys(
                name for name in (*inline.scans, *read) if name not in (*rewrites, *inline.builds)
            )
        ),
        builds=tuple(name for name in inline.builds if name not in rewrites),
        fails=fails if not isinstance(fails, Never) else inline.fails,
        brief=not (rewrites or inline.scans or inline.builds or read or decides),
        unknown=(*((Unknown(Fact.REWRITES, decides),) if decides else ()), *inline.unknown),
        sources=_MEASURED,
    )


def _is_required(column: Column, catalog: Catalog) -> bool:
    type_fills = column.type is not None and column.type.name in SERIALS
    domain = _domain(column, catalog)
    if domain is not None and domain.default is not None:
        return False
    refused = not column.nullable or (domain is not None and not domain.nullable)
    return (
        refused
        and (column.default is None or column.default.sql.upper() == "NULL")
        and column.identity is None
        and column.generated is None
        and not type_fills
    )


def rewritten_by(column: Column, catalog: Catalog) -> tuple[bool, str]:
    """Return whether adding a column copies the table, and what is not known about it.

    Source:
        PostgreSQL manual, ALTER TABLE, Notes; measured: fixtures/effects/columns.toml.
    """
    if column.generated is not None:
        return column.generated.stored, ""
    if column.identity is not None:
        return True, ""
    kind = column.type
    if kind is not None and kind.name in SERIALS:
        return True, ""
    if kind is None:
        constrained: bool | None = None
        decides = "the type of the column: a domain with constraints rewrites the table"
    else:
        constrained, decides = _is_constrained(kind, catalog)
    if constrained:
        return True, ""
    domain = _domain(column, catalog)
    default = column.default or (domain.default if domain is not None else None)
    if default is None:
        return False, decides
    found = volatility(default, catalog)
    if found is Volatility.VOLATILE:
        return True, ""
    if found is Volatility.UNKNOWN:
        return False, f"whether {default.sql} is volatile: then the table is rewritten"
    return False, decides


def _domain(column: Column, catalog: Catalog) -> DomainState | None:
    kind = column.type
    if kind is None or kind.array:
        return None
    return catalog.domain(Name(kind.name, kind.schema))


_DRAWN = pattern(r"nextval\('((?:[^']|'')+)'")


def drawn_from(column: Column) -> tuple[Name, ...]:
    """Return the sequences that a default names: each row draws a number from them."""
    if column.default is None:
        return ()
    names = (found.replace('"', "") for found in _DRAWN.findall(column.default.sql))
    return tuple(
        Name(name, schema or None) for schema, _, name in (text.rpartition(".") for text in names)
    )


def _is_constrained(kind: Type, catalog: Catalog) -> tuple[bool | None, str]:
    if is_built_in(kind):
        return False, ""
    name = Name(kind.name, kind.schema)
    domain = catalog.domain(name)
    if domain is not None:
        if domain.checks or not domain.nullable:
            return True, ""
        # A domain may stand over another.
        return _is_constrained(domain.type, catalog)
    if catalog.enum(name) is not None:
        return False, ""
    if catalog.existence(ObjectKind.DOMAIN, name) is Existence.ABSENT:
        return False, ""
    return None, (f"whether {kind} is a domain with constraints: then the table is rewritten")


def drop_column(operation: DropColumn, catalog: Catalog) -> Effects:
    """Return what DROP COLUMN costs: a foreign key on the column locks its parent too."""
    table, column = operation.table, operation.column
    # With ONLY the children keep the column, and are told that it is their own now.
    reached: list[Name] = [*family(catalog, table)]
    reached.extend(sequences_of_column(catalog, table, column))
    dependents: list[str] = []
    reached.extend(_keyed_with(catalog, table, column))
    dependents.extend(
        f"the foreign key {incoming.name}"
        for incoming in catalog.foreign_keys_to(table)
        if isinstance(incoming.constraint, ForeignKey)
        and column in (referenced_columns(catalog, incoming.constraint) or ())
    )
    for view in catalog.views_on_column(table, column):
        dependents.append(f"the view {view.name}")
        reached.append(view.name)
    fails = _absent_column(catalog, table, column, if_exists=operation.if_exists)
    if dependents and not operation.cascade:
        fails = Certain("2BP01", f"{dependents[0]} depends on the column")
    unknown = (
        ()
        if not unseen(catalog, table)
        else (
            Unknown(
                Fact.LOCKS,
                f"the foreign keys on {table}.{column}: a referenced table is locked too",
            ),
        )
    )
    return Effects(
        locks=held(catalog, (reached, AE)),
        fails=fails,
        unknown=unknown,
        sources=_MEASURED,
    )


def _absent_column(
    catalog: Catalog,
    table: Name,
    column: str,
    *,
    if_exists: bool = False,
) -> Fails:
    if if_exists or catalog.column_existence(table, column) is not Existence.ABSENT:
        return Never()
    return Certain("42703", f"{table} has no column {column}")


def rename_column(operation: RenameColumn, catalog: Catalog) -> Effects:
    """Return what RENAME COLUMN costs: an instant, whatever is renamed."""
    if operation.kind is ObjectKind.TYPE:
        return Effects(sources=(sources.ALTER_TYPE,))
    fails = _absent_column(catalog, operation.table, operation.column)
    taken = catalog.column_existence(operation.table, operation.new_name)
    if taken is Existence.PRESENT:
        fails = Certain("42701", f"the column {operation.new_name} is there already")
    return Effects(
        locks=held(catalog, (family(catalog, operation.table), AE)),
        fails=fails,
        sources=_MEASURED,
    )


def alter_column_type(operation: AlterColumnType, catalog: Catalog) -> Effects:
    """Return what ALTER COLUMN … TYPE costs; `types` holds the matrix."""
    table, column = operation.table, operation.column
    change = change_of_column(operation, catalog)
    tables = stored_family(catalog, table)
    related = _keyed_with(catalog, table, column)
    fails = _absent_column(catalog, table, column)
    if isinstance(fails, Never):
        fails = _type_fails(operation, change, catalog)
    state = catalog.column(table, column)
    has_identity = state is not None and state.identity is not None
    numbered = sequences_of_column(catalog, table, column) if has_identity else ()
    unknown: list[Unknown] = []
    if change.work is Work.UNKNOWN:
        facts = (Fact.REWRITES, Fact.SCANS, Fact.BUILDS)
        unknown.extend(Unknown(fact, change.reason) for fact in facts)
    if change.values is Values.UNKNOWN and not isinstance(fails, Certain):
        unknown.extend(_computed(operation, change))
    if change.work is Work.REWRITE and related:
        # Keys are made anew and checked against each other.
        decides = f"whether the foreign keys on {column} are re-checked"
        unknown.append(Unknown(Fact.SCANS, decides))
    return Effects(
        locks=held(
            catalog,
            (family(catalog, table), AE),
            (related, AE),
            # The sequence of an identity gets the type of its column.
            (numbered, Lock.SHARE_ROW_EXCLUSIVE),
        ),
        rewrites=tables if change.work is Work.REWRITE else (),
        scans=tables if change.work is Work.SCAN else (),
        builds=_reindexed(catalog, table, column) if change.work is Work.INDEX_REBUILD else (),
        fails=fails,
        brief=change.work in {Work.NONE, Work.REFUSED},
        unknown=tuple(unknown),
        sources=(sources.ALTER_TABLE, sources.measured("types")),
    )


def _reindexed(catalog: Catalog, table: Name, column: str) -> tuple[Name, ...]:
    """Return the tables of a family whose own indexes hold a column."""
    every = stored_family(catalog, table)
    return tuple(
        name for name in every if unseen(catalog, name) or catalog.indexes_on(name, column)
    )


def _computed(operation: AlterColumnType, change: TypeChange) -> tuple[Unknown, ...]:
    """Return what is not known about the failure of values that an expression gives."""
    using = operation.using
    if using is None or using.opaque or using.has_subquery:
        return (Unknown(Fact.FAILS, change.reason or "the values of the column"),)
    if any(volatility(using, Catalog.empty()) is Volatility.UNKNOWN for _ in using.functions[:1]):
        return (Unknown(Fact.FAILS, f"what {using.sql} gives"),)
    return ()


def _keyed_with(catalog: Catalog, table: Name, column: str) -> tuple[Name, ...]:
    """Return the tables on the other side of the foreign keys that a column is in."""
    own = (
        state.constraint.referenced
        for state in catalog.constraints_on(table, column)
        if isinstance(state.constraint, ForeignKey)
    )
    incoming = (
        state.table
        for state in catalog.foreign_keys_to(table)
        if isinstance(state.constraint, ForeignKey)
        and column in (referenced_columns(catalog, state.constraint) or ())
    )
    return (*own, *incoming)


def _type_fails(operation: AlterColumnType, change: TypeChange, catalog: Catalog) -> Fails:
    column, new = operation.column, operation.type
    if change.work is Work.REFUSED:
        return Certain(change.sqlstate or "0A000", change.reason)
    if new is not None and not _keys_allow(operation, new, catalog):
        return Certain("42804", f"a foreign key of {column} would join different types")
    if change.values is Values.UNKNOWN and operation.using is not None:
        if operation.using.constant:
            return Never()
        return OnData("22000", f"some value that {operation.using.sql} gives may not fit")
    if change.sqlstate is None or new is None:
        return Never()
    # With USING the server stores what the expression gives, not the value itself.
    query = None if operation.using else probes.misfits(operation.table, column, new)
    return OnData(change.sqlstate, f"some value of {column} may not fit {new}", query)


def _keys_allow(operation: AlterColumnType, new: Type, catalog: Catalog) -> bool:
    """Say whether the foreign keys of a column can be made again for its new type."""
    table, column = operation.table, operation.column
    for state in catalog.constraints_on(table, column):
        key = state.constraint
        if isinstance(key, ForeignKey):
            theirs = referenced_columns(catalog, key) or ()
            for mine, name in zip(key.columns, theirs, strict=False):
                other = catalog.column(key.referenced, name)
                kind = None if other is None else other.type
                if mine == column and can_reference(new, kind, catalog) is False:
                    return False
    for state in catalog.foreign_keys_to(table):
        key = state.constraint
        if isinstance(key, ForeignKey):
            theirs = referenced_columns(catalog, key) or ()
            for mine, name in zip(key.columns, theirs, strict=False):
                other = catalog.column(state.table, mine)
                kind = None if other is None else other.type
                if name == column and can_reference(kind, new, catalog) is False:
                    return False
    return True


def set_default(operation: SetDefault | DropDefault, catalog: Catalog) -> Effects:
    """Return what SET and DROP DEFAULT cost: an instant."""
    return Effects(
        locks=held(catalog, (family(catalog, operation.table, only=operation.only), AE)),
        fails=_absent_column(catalog, operation.table, operation.column),
        sources=_MEASURED,
    )


def set_not_null(operation: SetNotNull, catalog: Catalog, version: int) -> Effects:
    """Return what SET NOT NULL costs: a scan, unless a valid constraint proves it.

    Source:
        PostgreSQL manual, ALTER TABLE: "if a valid CHECK constraint is found which
        proves no NULL can exist, then the table scan is skipped"; measured.
    """
    table, column = operation.table, operation.column
    state = catalog.column(table, column)
    members = family(catalog, table, only=operation.only)
    locks = held(catalog, (members, AE))
    fails = _absent_column(catalog, table, column)
    if state is not None and state.nullable is False:
        # There is nothing to tell the partitions; until 17 inheriting tables were asked.
        alone = version >= _NOT_NULL_CONSTRAINTS or is_partitioned(catalog, table)
        locks = held(catalog, (members[:1] if alone else members, AE))
        return Effects(locks=locks, fails=fails, sources=_MEASURED)
    proven = catalog.not_null_proven(table, column)
    if proven:
        return Effects(locks=locks, fails=fails, sources=_MEASURED)
    if isinstance(fails, Never):
        fails = OnData("23502", f"{column} may hold NULLs", probes.nulls(table, column))
    decides = (
        f"whether a valid CHECK ({column} IS NOT NULL) exists, or the column is NOT NULL already"
    )
    return Effects(
        locks=locks,
        scans=stored(catalog, table) if operation.only else stored_family(catalog, table),
        fails=fails,
        brief=False,
        unknown=(Unknown(Fact.SCANS, decides),) if proven is None else (),
        sources=_MEASURED,
    )


_NOT_NULL_CONSTRAINTS = 18
"""From this version on NOT NULL is a constraint that inheriting tables share."""


def drop_not_null(operation: DropNotNull, catalog: Catalog, version: int) -> Effects:
    """Return what DROP NOT NULL costs: an instant; keys and identities refuse it."""
    table, column = operation.table, operation.column
    fails = _absent_column(catalog, table, column)
    key = catalog.primary_key(table)
    state = catalog.column(table, column)
    if key is not None and column in getattr(key.constraint, "columns", ()):
        fails = Certain("42P16", f"{column} is in the primary key")
    elif state is not None and state.identity is not None:
        fails = Certain("42601", f"{column} is an identity column")
    members = family(catalog, table, only=operation.only)
    if version >= _NOT_NULL_CONSTRAINTS:
        there = state is None or state.nullable is not True
        members = family(catalog, table) if there else members[:1]
    return Effects(locks=held(catalog, (members, AE)), fails=fails, sources=_MEASURED)


def alter_identity(operation: AlterIdentity, catalog: Catalog) -> Effects:
    """Return what changing an identity costs: an instant, on its sequence as well."""
    table, column = operation.table, operation.column
    state = catalog.column(table, column)
    sequences = sequences_of_column(catalog, table, column)
    fails = _absent_column(catalog, table, column)
    taken: tuple[tuple[Name, ...], Lock] = ((), AE)
    match operation.action:
        case IdentityAction.ADD:
            if state is not None and state.nullable:
                fails = Certain("55000", f"{column} must be NOT NULL first")
        case IdentityAction.SET:
            taken = (sequences, Lock.SHARE_ROW_EXCLUSIVE)
        case IdentityAction.DROP:
            taken = (sequences, AE)
    locks = held(catalog, ([table], AE), taken)
    return Effects(locks=locks, fails=fails, sources=_MEASURED)


def alter_generated(operation: AlterGenerated, catalog: Catalog, version: int) -> Effects:
    """Return what SET EXPRESSION (a rewrite where it is stored) and DROP EXPRESSION cost."""
    table = operation.table
    fails = _absent_column(catalog, table, operation.column)
    locks = held(catalog, (family(catalog, table), AE))
    if operation.expression is None:
        return Effects(locks=locks, fails=fails, sources=_MEASURED)
    if version < _EXPRESSIONS_CHANGE:
        return Effects(
            locks=locks,
            fails=Certain("42601", "SET EXPRESSION needs PostgreSQL 17"),
            sources=_MEASURED,
        )
    state = catalog.column(table, operation.column)
    if state is not None and state.generated is not None and not state.generated.stored:
        return Effects(locks=locks, fails=fails, sources=_MEASURED)
    unknown: tuple[Unknown, ...] = ()
    if state is None or state.generated is None:
        unknown = (Unknown(Fact.REWRITES, "whether the column is STORED or VIRTUAL"),)
    return Effects(
        locks=locks,
        rewrites=stored_family(catalog, table),
        fails=fails,
        brief=False,
        unknown=unknown,
        sources=_MEASURED,
    )


def set_column_storage(operation: SetColumnStorage, catalog: Catalog) -> Effects:
    """Return what physical settings of a column cost: an instant each."""
    strong = operation.setting in {ColumnSetting.STORAGE, ColumnSetting.COMPRESSION}
    lock = AE if strong else Lock.SHARE_UPDATE_EXCLUSIVE
    alone = operation.setting not in {ColumnSetting.STORAGE, ColumnSetting.STATISTICS}
    return Effects(
        locks=held(catalog, (family(catalog, operation.table, only=alone), lock)),
        fails=_absent_column(catalog, operation.table, operation.column),
        sources=_MEASURED,
    )
