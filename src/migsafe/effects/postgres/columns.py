"""What adding, changing and dropping columns costs."""

from collections.abc import Iterable, Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import ConstraintState, DomainState, Existence, ViewState
from migsafe.effects.postgres import probes, sources
from migsafe.effects.postgres.constraints import inline_effects
from migsafe.effects.postgres.relations import (
    family,
    held,
    referenced_columns,
    sequences_of_column,
    stored,
    stored_family,
    unseen,
)
from migsafe.effects.postgres.retyping import (
    change_of_column,
    fails_on_data,
    is_built_anew,
    is_checked,
    joined,
    refusal_later,
)
from migsafe.effects.postgres.types import TypeChange, Values, Work, is_built_in
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
from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.locks import Lock
from migsafe.model.operations import (
    AddColumn,
    AlterColumnType,
    Column,
    DropColumn,
    ForeignKey,
    ObjectKind,
    RenameColumn,
)
from migsafe.model.pattern import pattern

AE = Lock.ACCESS_EXCLUSIVE
_MEASURED = (sources.ALTER_TABLE, sources.measured("columns"))

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
    if isinstance(fails, Never):
        fails = inline.fails
    if isinstance(fails, Never) and _may_be_long(column):
        fails = OnData("22001", f"the default may be too long for {column.type}")
    locks = held(
        catalog,
        (family(catalog, table), AE),
        (drawn_from(column.default), Lock.ROW_EXCLUSIVE),
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
        fails=fails,
        brief=not (rewrites or inline.scans or inline.builds or read or decides),
        unknown=(*((Unknown(Fact.REWRITES, decides),) if decides else ()), *inline.unknown),
        sources=_MEASURED,
    )


_LENGTHS = {"md5": 32, "gen_random_uuid": 36, "current_user": 63, "session_user": 63, "user": 63}
"""The greatest lengths of what some functions give."""


def _may_be_long(column: Column) -> bool:
    """Say whether a function gives a default that its column may be too short for."""
    kind, default = column.type, column.default
    if kind is None or default is None or default.constant or not kind.modifiers:
        return False
    if kind.name not in {"character varying", "character"} or not kind.modifiers[0].isdigit():
        return False
    lengths = [_LENGTHS.get(name) for name in default.functions]
    room = int(kind.modifiers[0])
    return bool(lengths) and any(length is None or length > room for length in lengths)


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


def drawn_from(default: Expression | None) -> tuple[Name, ...]:
    """Return the sequences that a default names: each row draws a number from them."""
    if default is None:
        return ()
    names = (found.replace('"', "") for found in _DRAWN.findall(default.sql))
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
    unsure: list[Name] = []
    for member, column in _gone_with(operation, catalog):
        reached.extend(_keyed_with(catalog, member, column))
        dependents.extend(
            f"the foreign key {incoming.name}"
            for incoming in catalog.foreign_keys_to(member)
            if isinstance(incoming.constraint, ForeignKey)
            and column in (referenced_columns(catalog, incoming.constraint) or ())
        )
        reading = catalog.views_on_column(member, column)
        sure = [view for view in reading if catalog.reads_surely(view, member, column)]
        for name in _views_over(catalog, sure):
            dependents.append(f"the view {name}")
            reached.append(name)
        unsure.extend(view.name for view in reading if view not in sure)
    dependents.extend(_numbered_elsewhere(operation, catalog))
    column = operation.column
    fails = absent_column(catalog, table, column, if_exists=operation.if_exists)
    if dependents and not operation.cascade:
        fails = Certain("2BP01", f"{dependents[0]} depends on the column")
    unknown = [
        Unknown(
            Fact.LOCKS if operation.cascade else Fact.FAILS,
            f"whether the view {view} uses {table}.{column}",
        )
        for view in unsure
        if not isinstance(fails, Certain)
    ]
    if unseen(catalog, table):
        decides = f"the foreign keys on {table}.{column}: a referenced table is locked too"
        unknown.append(Unknown(Fact.LOCKS, decides))
    return Effects(
        locks=held(catalog, (reached, AE)),
        fails=fails,
        unknown=tuple(unknown),
        sources=_MEASURED,
    )


def _gone_with(operation: DropColumn, catalog: Catalog) -> Iterator[tuple[Name, str]]:
    """Yield the column in each table, and the generated columns that CASCADE takes along."""
    for member in family(catalog, operation.table, only=operation.only):
        yield member, operation.column
        state = catalog.table(member)
        for other in state.columns if state is not None and operation.cascade else ():
            uses = other.generated.expression.columns if other.generated is not None else ()
            if operation.column in uses:
                yield member, other.name


def _views_over(catalog: Catalog, views: Iterable[ViewState]) -> tuple[Name, ...]:
    """Return views and the views that read them, as CASCADE drops them."""
    found: dict[Name, None] = {}
    queue = list(views)
    while queue:
        view = queue.pop(0)
        if view.name not in found:
            found[view.name] = None
            queue.extend(catalog.views_on(view.name))
    return tuple(found)


def _numbered_elsewhere(operation: DropColumn, catalog: Catalog) -> Iterator[str]:
    """Yield the columns that draw from the sequence of a column and stay without it."""
    if not operation.only:
        return
    owned = {
        catalog.key(name)
        for name in sequences_of_column(catalog, operation.table, operation.column)
    }
    for child in catalog.children(operation.table) if owned else ():
        for column in child.columns:
            if owned.intersection(map(catalog.key, drawn_from(column.default))):
                yield f"the default of {child.name}.{column.name}"


def absent_column(
    catalog: Catalog,
    table: Name,
    column: str,
    *,
    if_exists: bool = False,
) -> Fails:
    """Return the failure of a statement on a column that is not there."""
    if if_exists or catalog.column_existence(table, column) is not Existence.ABSENT:
        return Never()
    return Certain("42703", f"{table} has no column {column}")


def rename_column(operation: RenameColumn, catalog: Catalog) -> Effects:
    """Return what RENAME COLUMN costs: an instant, whatever is renamed."""
    if operation.kind is ObjectKind.TYPE:
        return Effects(sources=(sources.ALTER_TYPE,))
    fails = absent_column(catalog, operation.table, operation.column)
    taken = catalog.column_existence(operation.table, operation.new_name)
    if taken is Existence.PRESENT:
        fails = Certain("42701", f"the column {operation.new_name} is there already")
    return Effects(
        locks=held(catalog, (family(catalog, operation.table), AE)),
        fails=fails,
        sources=_MEASURED,
    )


def alter_column_type(operation: AlterColumnType, catalog: Catalog, version: int) -> Effects:
    """Return what ALTER COLUMN … TYPE costs; `types` holds the matrix."""
    table, column = operation.table, operation.column
    change = change_of_column(operation, catalog, version)
    tables = stored_family(catalog, table)
    keys = dict.fromkeys(
        state for name in family(catalog, table) for state, *_ in joined(name, column, catalog)
    )
    related = [name for key in keys for name in _both_sides(key)]
    fails = absent_column(catalog, table, column)
    if isinstance(fails, Never):
        fails = (
            Certain(change.sqlstate or "0A000", change.reason)
            if change.work is Work.REFUSED
            else fails_on_data(operation, change, catalog)
        )
    state = catalog.column(table, column)
    has_identity = state is not None and state.identity is not None
    numbered = sequences_of_column(catalog, table, column) if has_identity else ()
    unknown: list[Unknown] = []
    if change.work is Work.UNKNOWN:
        facts = (Fact.REWRITES, Fact.SCANS, Fact.BUILDS)
        unknown.extend(Unknown(fact, change.reason) for fact in facts)
    if change.values is Values.UNKNOWN and not isinstance(fails, Certain):
        unknown.extend(_computed(operation, change))
    later = refusal_later(operation, catalog, version)
    if isinstance(later, Unknown):
        unknown.append(later)
    if change.work is Work.REWRITE and version < _READS_KEYS_WHOLE:
        looked_up = {side for key in keys for side in _both_sides(key)} - set(tables)
        for side in sorted(looked_up, key=str):
            decides = f"whether {side} is read whole to check the key: the server's plan"
            unknown.append(Unknown(Fact.SCANS, decides))
    rewrites = tables if change.work is Work.REWRITE else ()
    builds = tuple(
        name
        for name in tables
        if change.work is Work.INDEX_REBUILD
        and (unseen(catalog, name) or is_built_anew(name, column, change, catalog))
    )
    scans: list[Name] = []
    if change.work in {Work.INDEX_REBUILD, Work.SCAN}:
        scans.extend(name for name in tables if is_checked(name, column, catalog))
    if change.work is Work.REWRITE:
        # Keys are made anew, and every row is looked up once more.
        scans.extend(
            name
            for key in keys
            if isinstance(key.constraint, ForeignKey)
            and key.constraint.valid
            and key.constraint.enforced
            for side in _both_sides(key)
            for name in stored(catalog, side)
        )
    return Effects(
        locks=held(
            catalog,
            (family(catalog, table), AE),
            (related, AE),
            # The sequence of an identity gets the type of its column.
            (numbered, Lock.SHARE_ROW_EXCLUSIVE),
        ),
        rewrites=rewrites,
        scans=tuple(dict.fromkeys(name for name in scans if name not in (*rewrites, *builds))),
        builds=builds,
        fails=fails,
        brief=change.work in {Work.NONE, Work.REFUSED},
        unknown=tuple(unknown),
        sources=(sources.ALTER_TABLE, sources.measured("types")),
    )


_READS_KEYS_WHOLE = 16
"""From this version on the keys of a column that changed are checked like new ones."""


def _both_sides(state: ConstraintState) -> tuple[Name, ...]:
    key = state.constraint
    return (state.table, key.referenced) if isinstance(key, ForeignKey) else ()


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
