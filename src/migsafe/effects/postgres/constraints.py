"""What adding, validating, changing and dropping constraints costs."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.uniqueness import is_implied, over
from migsafe.effects.combine import strongest, together
from migsafe.effects.postgres import probes, sources
from migsafe.effects.postgres.relations import (
    family,
    held,
    is_partitioned,
    referenced_columns,
    stored,
    stored_family,
)
from migsafe.model.effects import (
    Certain,
    Effects,
    Fact,
    Fails,
    Moment,
    Never,
    OnData,
    Unknown,
)
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    Check,
    Exclusion,
    ForeignKey,
    NotNull,
    PrimaryKey,
    Unique,
)
from migsafe.model.record import replace

AE = Lock.ACCESS_EXCLUSIVE
SRE = Lock.SHARE_ROW_EXCLUSIVE
SUE = Lock.SHARE_UPDATE_EXCLUSIVE
_SOURCES = (sources.ALTER_TABLE, sources.LOCKING, sources.measured("constraints"))
_NOT_NULL_CONSTRAINTS = 18
"""The first version with NOT NULL constraints of their own, NOT ENFORCED, and NOT VALID
foreign keys of partitioned tables."""


def add_constraint(operation: AddConstraint, catalog: Catalog, version: int) -> Effects:
    """Return what ADD CONSTRAINT costs.

    Source:
        PostgreSQL manual, ALTER TABLE, Notes, and Explicit Locking, table 13.2;
        measured: fixtures/effects/constraints.toml.
    """
    table, constraint = operation.table, operation.constraint
    effects = _adding(operation, catalog, version)
    name = constraint.name
    there = name is not None and catalog.constraint(table, name) is not None
    if merges(operation, catalog):
        effects = replace(effects, scans=(), fails=Never(), brief=True)
    elif there and catalog.certain(table):
        reason = f"a constraint {name} is there already"
        effects = replace(effects, fails=Certain("42710", reason))
    if version < _NOT_NULL_CONSTRAINTS or operation.only:
        return effects
    # Tables that inherit are locked even where they get no constraint.
    own = effects.locks.get(catalog.key(table), AE)
    below = ((member, own) for member in family(catalog, table))
    return replace(effects, locks=strongest((*effects.locks.items(), *below)))


def merges(operation: AddConstraint, catalog: Catalog) -> bool:
    """Say whether a CHECK is one that its table inherits already, and only becomes its own."""
    check = operation.constraint
    if not isinstance(check, Check) or check.name is None:
        return False
    there = catalog.constraint(operation.table, check.name)
    table = catalog.table(operation.table)
    if there is None or table is None or not isinstance(there.constraint, Check):
        return False
    parents = (*table.inherits, *((table.partition_of,) if table.partition_of else ()))
    return there.constraint.expression.sql == check.expression.sql and any(
        catalog.constraint(parent, check.name) is not None for parent in parents
    )


def _adding(operation: AddConstraint, catalog: Catalog, version: int) -> Effects:
    table, constraint = operation.table, operation.constraint
    match constraint:
        case Check():
            scanned = constraint.valid and constraint.enforced
            alone = constraint.no_inherit and version < _NOT_NULL_CONSTRAINTS
            members = family(catalog, table, only=alone or operation.only)
            reads = (
                stored(catalog, table) if constraint.no_inherit else stored_family(catalog, table)
            )
            return Effects(
                locks=held(catalog, (members, AE)),
                scans=reads if scanned else (),
                fails=check_fails(table, constraint) if scanned else Never(),
                brief=not scanned,
                sources=_SOURCES,
            )
        case ForeignKey():
            return _foreign_key(table, constraint, catalog, version)
        case Unique(using_index=None):
            bare = operation.only and is_partitioned(catalog, table)
            locks = _indexing(catalog, table, version, deferrable=constraint.deferrable)
            return Effects(
                locks=held(catalog, ([table], AE)) if bare else locks,
                builds=() if bare else stored(catalog, table),
                fails=_refuses_duplicates(table, constraint, catalog),
                brief=False,
                sources=_SOURCES,
            )
        case Unique():
            return Effects(
                locks=held(catalog, ([table], AE)),
                fails=_using_index(catalog, table, constraint.using_index),
                sources=_SOURCES,
            )
        case PrimaryKey():
            return _primary_key(operation, constraint, catalog, version)
        case Exclusion():
            bare = operation.only and is_partitioned(catalog, table)
            return Effects(
                locks=held(catalog, ([table], AE)) if bare else _indexing(catalog, table, version),
                builds=() if bare else stored(catalog, table),
                fails=OnData("23P01", "existing rows may exclude each other"),
                brief=False,
                sources=_SOURCES,
            )
        case NotNull():
            return _not_null(operation, constraint, catalog, version)


def index_family(catalog: Catalog, table: Name) -> tuple[Name, ...]:
    """Return what an index of a table reaches: partitions, but not inheriting tables."""
    if is_partitioned(catalog, table):
        return family(catalog, table)
    return (catalog.key(table),)


def _indexing(
    catalog: Catalog, table: Name, version: int, *, deferrable: bool = False
) -> dict[Name, Lock]:
    """Return the locks of a constraint with an index.

    Until 17 the partitions were locked as for CREATE INDEX, and as for CREATE TRIGGER where
    the constraint may be deferred.
    """
    older = SRE if deferrable else Lock.SHARE
    below = AE if version >= _NOT_NULL_CONSTRAINTS else older
    return held(catalog, (index_family(catalog, table), below), ([table], AE))


def _columns(columns: tuple[str, ...]) -> str:
    return ", ".join(columns)


def check_fails(table: Name, check: Check) -> OnData:
    """Return the failure of rows that a CHECK refuses."""
    return OnData(
        "23514",
        "existing rows may violate the check",
        probes.violations(table, check.expression),
    )


def _foreign_key(table: Name, key: ForeignKey, catalog: Catalog, version: int) -> Effects:
    scanned = key.valid and key.enforced
    locks = held(
        catalog,
        (index_family(catalog, table), SRE),
        (index_family(catalog, key.referenced), SRE),
    )
    fails: Fails = Never()
    if scanned:
        fails = OnData("23503", "existing rows may lack a parent", orphans(table, key, catalog))
    elif not key.valid and version < _NOT_NULL_CONSTRAINTS and is_partitioned(catalog, table):
        fails = Certain(
            "42809", "a partitioned table cannot have a NOT VALID foreign key before 18"
        )
    if not key.enforced and version < _NOT_NULL_CONSTRAINTS:
        fails = Certain("42601", "NOT ENFORCED needs PostgreSQL 18", Moment.SYNTAX)
    scans = (*stored(catalog, table), *stored(catalog, key.referenced))
    return Effects(
        locks=locks,
        scans=tuple(dict.fromkeys(scans)) if scanned else (),
        fails=fails,
        brief=not scanned,
        sources=_SOURCES,
    )


def orphans(table: Name, key: ForeignKey, catalog: Catalog) -> str | None:
    """Return the query for rows that lack their parent."""
    return probes.orphans(
        table,
        key,
        referenced_columns(catalog, key) or (),
        inherited=_has_heirs(catalog, table),
        parent_inherited=_has_heirs(catalog, key.referenced),
    )


def _has_heirs(catalog: Catalog, table: Name) -> bool:
    """Say whether other tables inherit from a table, whose rows have keys of their own."""
    return bool(catalog.children(table)) and not is_partitioned(catalog, table)


def _using_index(catalog: Catalog, table: Name, index: str | None) -> Fails:
    if index is None:
        return Never()
    state = catalog.index(catalog.key(table).beside(index))
    if state is None:
        return Never()
    if not state.unique:
        return Certain("42809", f"{index} is not a unique index")
    if state.where is not None or any(e.column is None for e in state.elements):
        return Certain("42809", f"{index} is partial or holds expressions")
    if state.constraint is not None:
        return Certain("42809", f"{index} belongs to the constraint {state.constraint}")
    if is_partitioned(catalog, table):
        return Certain("0A000", "USING INDEX is refused for partitioned tables")
    return Never()


def _primary_key(
    operation: AddConstraint, key: PrimaryKey, catalog: Catalog, version: int
) -> Effects:
    table, columns = operation.table, key.columns
    bare = operation.only and is_partitioned(catalog, table)
    if key.using_index is not None:
        index = catalog.index(catalog.key(table).beside(key.using_index))
        columns = index.columns if index is not None else ()
    unproven, decides = _nullable(table, columns, catalog)
    second = catalog.primary_key(table)
    if second is not None:
        return Effects(
            locks=held(catalog, ([table], AE)),
            fails=Certain("42P16", f"the primary key {second.name} is there already"),
            sources=_SOURCES,
        )
    if key.using_index is None and bare:
        return Effects(locks=held(catalog, ([table], AE)), sources=_SOURCES)
    if key.using_index is None:
        # Columns become NOT NULL in every partition, and are asked of what inherits.
        asked = unproven or not is_partitioned(catalog, table)
        everywhere = family(catalog, table) if asked else ()
        return Effects(
            locks=strongest(
                (
                    *_indexing(catalog, table, version).items(),
                    *((name, AE) for name in everywhere),
                )
            ),
            builds=stored(catalog, table),
            scans=tuple(
                name
                for name in (stored_family(catalog, table) if unproven else ())
                if name not in stored(catalog, table)
            ),
            fails=_fails_as_key(table, key, unproven, catalog),
            brief=False,
            sources=_SOURCES,
        )
    fails = _using_index(catalog, table, key.using_index)
    if isinstance(fails, Never) and unproven:
        fails = OnData(
            "23502", f"{_columns(unproven)} may hold NULLs", probes.nulls(table, *unproven)
        )
    return Effects(
        locks=held(catalog, (family(catalog, table), AE)),
        scans=stored(catalog, table) if unproven else (),
        fails=fails,
        brief=not (unproven or decides),
        unknown=(Unknown(Fact.SCANS, decides),) if decides else (),
        sources=_SOURCES,
    )


def _refuses_duplicates(table: Name, key: Unique | PrimaryKey, catalog: Catalog) -> Fails:
    nulls_not_distinct = isinstance(key, Unique) and key.nulls_not_distinct
    promised = over(key.columns, nulls_not_distinct=nulls_not_distinct)
    if not key.without_overlaps and is_implied(promised, table, catalog):
        return Never()
    return OnData(
        "23505",
        f"{_columns(key.columns)} may hold duplicates",
        probes.duplicates(
            table,
            key.columns,
            inherited=_has_heirs(catalog, table),
            nulls_not_distinct=nulls_not_distinct,
        ),
    )


def _fails_as_key(
    table: Name, key: PrimaryKey, unproven: tuple[str, ...], catalog: Catalog
) -> Fails:
    """Return on which rows a primary key fails: duplicates, NULLs, either, or none."""
    duplicates = _refuses_duplicates(table, key, catalog)
    if not unproven:
        return duplicates
    if isinstance(duplicates, Never):
        return OnData(
            "23502", f"{_columns(unproven)} may hold NULLs", probes.nulls(table, *unproven)
        )
    return OnData(
        "23505",
        f"{_columns(key.columns)} may hold duplicates or NULLs",
        probes.duplicates_or_nulls(table, key.columns, inherited=_has_heirs(catalog, table)),
    )


def _nullable(
    table: Name, columns: tuple[str, ...], catalog: Catalog
) -> tuple[tuple[str, ...], str]:
    """Return the columns that a key must still prove NOT NULL, and what is not known."""
    if not columns:
        return (), "whether the key's columns are NOT NULL"
    unproven: list[str] = []
    decides = ""
    for column in columns:
        state = catalog.column(table, column)
        if state is not None and state.nullable is False:
            continue
        proven = catalog.not_null_proven(table, column)
        if proven:
            continue
        unproven.append(column)
        if state is None or state.nullable is None or proven is None:
            decides = f"whether {column} is NOT NULL"
    return tuple(unproven), decides


def _not_null(
    operation: AddConstraint, constraint: NotNull, catalog: Catalog, version: int
) -> Effects:
    table = operation.table
    alone = constraint.no_inherit or operation.only
    locks = held(catalog, (family(catalog, table, only=alone), AE))
    if version < _NOT_NULL_CONSTRAINTS:
        reason = "a NOT NULL constraint of its own needs PostgreSQL 18"
        return Effects(locks=locks, fails=Certain("42601", reason, Moment.SYNTAX), sources=_SOURCES)
    column = catalog.column(table, constraint.column)
    if not constraint.valid or (column is not None and column.nullable is False):
        return Effects(locks=locks, sources=_SOURCES)
    proven = catalog.not_null_proven(table, constraint.column)
    if proven:
        return Effects(locks=locks, sources=_SOURCES)
    decides = f"whether {constraint.column} is proven NOT NULL already"
    return Effects(
        locks=locks,
        scans=stored_family(catalog, table),
        fails=OnData(
            "23502",
            f"{constraint.column} may hold NULLs",
            probes.nulls(table, constraint.column),
        ),
        brief=False,
        unknown=(Unknown(Fact.SCANS, decides),) if proven is None else (),
        sources=_SOURCES,
    )


def inline_effects(operation: AddColumn, catalog: Catalog, version: int) -> Effects:
    """Return what the constraints written beside a new column cost.

    All values are equal or NULL at first: a foreign key without a default has nothing to
    check, a CHECK reads every row all the same, a UNIQUE builds its index.
    """
    column = operation.column
    filled = column.default is not None or column.generated is not None
    parts: list[Effects] = []
    for constraint in operation.constraints:
        match constraint:
            case ForeignKey():
                scanned = constraint.valid and constraint.enforced and filled
                effects = _foreign_key(
                    operation.table, replace(constraint, valid=scanned), catalog, version
                )
                parts.append(
                    replace(
                        effects,
                        fails=OnData("23503", "the default may have no parent")
                        if scanned
                        else Never(),
                    )
                )
            case Check():
                effects = _adding(AddConstraint(operation.table, constraint), catalog, version)
                parts.append(_failing_at_once(effects, "23514"))
            case Unique() | PrimaryKey() | Exclusion() | NotNull():
                effects = _adding(AddConstraint(operation.table, constraint), catalog, version)
                parts.append(_failing_at_once(effects, "23505"))
    return together(parts)


def _failing_at_once(effects: Effects, sqlstate: str) -> Effects:
    """Return effects whose failure speaks of a column that is not there yet."""
    if isinstance(effects.fails, OnData):
        reason = "the value that every row gets may be refused"
        return replace(effects, fails=OnData(sqlstate, reason))
    return effects
