"""What adding, validating, changing and dropping constraints costs."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import ConstraintState
from migsafe.effects.combine import strongest, together
from migsafe.effects.postgres import probes, sources
from migsafe.effects.postgres.relations import (
    family,
    held,
    is_partitioned,
    referenced_columns,
    stored,
    stored_family,
    unseen,
)
from migsafe.model.effects import (
    Certain,
    Effects,
    Fact,
    Fails,
    Never,
    OnData,
    Unknown,
)
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AlterConstraint,
    Check,
    Constraint,
    DropConstraint,
    Exclusion,
    ForeignKey,
    NotNull,
    PrimaryKey,
    Unique,
    ValidateConstraint,
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
    if name is not None and catalog.constraint(table, name) is not None:
        reason = f"a constraint {name} is there already"
        return replace(effects, fails=Certain("42710", reason))
    return effects


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
                fails=_check_fails(table, constraint) if scanned else Never(),
                brief=not scanned,
                sources=_SOURCES,
            )
        case ForeignKey():
            return _foreign_key(table, constraint, catalog, version)
        case Unique(using_index=None):
            bare = operation.only and is_partitioned(catalog, table)
            return Effects(
                locks=held(catalog, ([table], AE)) if bare else _indexing(catalog, table, version),
                builds=() if bare else stored(catalog, table),
                fails=OnData(
                    "23505",
                    f"{_columns(constraint.columns)} may hold duplicates",
                    probes.duplicates(table, constraint.columns),
                ),
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
            return Effects(
                locks=_indexing(catalog, table, version),
                builds=stored(catalog, table),
                fails=OnData("23P01", "existing rows may exclude each other"),
                brief=False,
                sources=_SOURCES,
            )
        case NotNull():
            return _not_null(operation, constraint, catalog, version)


def _index_family(catalog: Catalog, table: Name) -> tuple[Name, ...]:
    """Return what an index of a table reaches: partitions, but not inheriting tables."""
    if is_partitioned(catalog, table):
        return family(catalog, table)
    return (catalog.key(table),)


def _indexing(catalog: Catalog, table: Name, version: int) -> dict[Name, Lock]:
    """Return the locks of a constraint with an index.

    Until 17 the partitions were locked as for CREATE INDEX.
    """
    below = AE if version >= _NOT_NULL_CONSTRAINTS else Lock.SHARE
    return held(catalog, (_index_family(catalog, table), below), ([table], AE))


def _columns(columns: tuple[str, ...]) -> str:
    return ", ".join(columns)


def _check_fails(table: Name, check: Check) -> OnData:
    return OnData(
        "23514",
        "existing rows may violate the check",
        probes.violations(table, check.expression),
    )


def _foreign_key(table: Name, key: ForeignKey, catalog: Catalog, version: int) -> Effects:
    scanned = key.valid and key.enforced
    locks = held(
        catalog,
        (_index_family(catalog, table), SRE),
        (_index_family(catalog, key.referenced), SRE),
    )
    fails: Fails = Never()
    if scanned:
        fails = OnData("23503", "existing rows may lack a parent", _orphans(table, key, catalog))
    elif not key.valid and version < _NOT_NULL_CONSTRAINTS and is_partitioned(catalog, table):
        fails = Certain(
            "42809", "a partitioned table cannot have a NOT VALID foreign key before 18"
        )
    if not key.enforced and version < _NOT_NULL_CONSTRAINTS:
        fails = Certain("42601", "NOT ENFORCED needs PostgreSQL 18")
    scans = (*stored(catalog, table), *stored(catalog, key.referenced))
    return Effects(
        locks=locks,
        scans=tuple(dict.fromkeys(scans)) if scanned else (),
        fails=fails,
        brief=not scanned,
        sources=_SOURCES,
    )


def _orphans(table: Name, key: ForeignKey, catalog: Catalog) -> str | None:
    return probes.orphans(table, key, referenced_columns(catalog, key) or ())


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
        # Columns that become NOT NULL do so in every partition.
        everywhere = family(catalog, table) if unproven else ()
        return Effects(
            locks=strongest(
                (
                    *_indexing(catalog, table, version).items(),
                    *((name, AE) for name in everywhere),
                )
            ),
            builds=stored(catalog, table),
            fails=OnData(
                "23505",
                f"{_columns(columns)} may hold duplicates or NULLs",
                probes.duplicates_or_nulls(table, columns),
            ),
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
        return Effects(locks=locks, fails=Certain("42601", reason), sources=_SOURCES)
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


def validate_constraint(operation: ValidateConstraint, catalog: Catalog) -> Effects:
    """Return what VALIDATE CONSTRAINT costs: a scan under a lock that lets writes pass."""
    table = operation.table
    state = catalog.constraint(table, operation.constraint)
    locks = held(catalog, (family(catalog, table), SUE))
    if state is None:
        return Effects(
            locks=locks,
            scans=stored_family(catalog, table),
            fails=OnData("23514", "existing rows may violate the constraint"),
            brief=False,
            unknown=(
                Unknown(
                    Fact.LOCKS,
                    f"what {operation.constraint} is: a foreign key takes ROW SHARE on "
                    "the table it references",
                ),
                Unknown(Fact.SCANS, f"whether {operation.constraint} is valid already"),
            ),
            sources=_SOURCES,
        )
    match state.constraint:
        case Check(valid=False) as check:
            return Effects(
                locks=locks,
                scans=stored_family(catalog, table),
                fails=_check_fails(table, check),
                brief=False,
                sources=_SOURCES,
            )
        case ForeignKey(valid=False) as key:
            return Effects(
                locks=held(
                    catalog,
                    (_index_family(catalog, table), SUE),
                    ([key.referenced], Lock.ROW_SHARE),
                ),
                scans=tuple(
                    dict.fromkeys((*stored(catalog, table), *stored(catalog, key.referenced)))
                ),
                fails=OnData(
                    "23503", "existing rows may lack a parent", _orphans(table, key, catalog)
                ),
                brief=False,
                sources=_SOURCES,
            )
        case NotNull(valid=False) as not_null:
            return Effects(
                locks=locks,
                scans=stored_family(catalog, table),
                fails=OnData(
                    "23502",
                    f"{not_null.column} may hold NULLs",
                    probes.nulls(table, not_null.column),
                ),
                brief=False,
                sources=_SOURCES,
            )
        case Check() | ForeignKey() | NotNull():
            return Effects(locks=held(catalog, ([table], SUE)), sources=_SOURCES)
        case Unique() | PrimaryKey() | Exclusion():
            reason = f"{operation.constraint} is no foreign key, CHECK or NOT NULL"
            return Effects(
                locks=held(catalog, ([table], SUE)),
                fails=Certain("42809", reason),
                sources=_SOURCES,
            )


def drop_constraint(operation: DropConstraint, catalog: Catalog) -> Effects:
    """Return what DROP CONSTRAINT costs: a foreign key locks both of its tables."""
    table = operation.table
    members = family(catalog, table, only=operation.only)
    state = (
        None if operation.constraint is None else catalog.constraint(table, operation.constraint)
    )
    if state is None:
        absent = operation.constraint is not None and not unseen(catalog, table)
        known = absent or operation.kind in {"check", "unique"}
        gone = f"{table} has no constraint {operation.constraint}"
        return Effects(
            locks=held(catalog, (members, AE)),
            fails=Certain("42704", gone) if absent and not operation.if_exists else Never(),
            unknown=() if known else _which(operation),
            sources=_SOURCES,
        )
    taken: list[Name] = [*members]
    fails: Fails = Never()
    match state.constraint:
        case ForeignKey(referenced=parent):
            taken.extend(_index_family(catalog, parent))
        case Unique() | PrimaryKey():
            dependents = tuple(_keys_on(state, catalog))
            taken.extend(catalog.key(key.table) for key in dependents)
            if dependents and not operation.cascade:
                reason = f"the foreign key {dependents[0].name} needs it"
                fails = Certain("2BP01", reason)
        case Check():
            # With ONLY the children keep it, and are told that it is their own now.
            taken.extend(family(catalog, table))
        case Exclusion() | NotNull():
            pass
    return Effects(locks=held(catalog, (taken, AE)), fails=fails, sources=_SOURCES)


def _which(operation: DropConstraint) -> tuple[Unknown, ...]:
    name = operation.constraint or "the constraint"
    return (
        Unknown(
            Fact.LOCKS,
            f"what {name} is: a foreign key locks the table it references too",
        ),
    )


def _keys_on(state: ConstraintState, catalog: Catalog) -> Iterator[ConstraintState]:
    """Yield the foreign keys that need a unique or primary key."""
    columns = set(_key_columns(state.constraint))
    for key in catalog.foreign_keys_to(state.table):
        constraint = key.constraint
        if not isinstance(constraint, ForeignKey):
            continue
        wanted = set(constraint.referenced_columns)
        primary = isinstance(state.constraint, PrimaryKey)
        if (wanted and wanted == columns) or (not wanted and primary):
            yield key


def _key_columns(constraint: Constraint) -> tuple[str, ...]:
    match constraint:
        case Unique() | PrimaryKey():
            return constraint.columns
        case Check() | ForeignKey() | Exclusion() | NotNull():
            return ()


def alter_constraint(operation: AlterConstraint, catalog: Catalog, version: int) -> Effects:
    """Return what ALTER CONSTRAINT costs: an instant, unless it starts to be enforced."""
    table = operation.table
    state = catalog.constraint(table, operation.constraint)
    key = state.constraint if state is not None else None
    locks = held(catalog, (family(catalog, table), AE))
    if operation.enforced is not None and version < _NOT_NULL_CONSTRAINTS:
        reason = "ALTER CONSTRAINT … ENFORCED needs PostgreSQL 18"
        return Effects(locks=locks, fails=Certain("42601", reason), sources=_SOURCES)
    if operation.enforced is None:
        if version >= _NOT_NULL_CONSTRAINTS and isinstance(key, ForeignKey):
            later, deferred = _deferral(operation)
            if (later, deferred) == (key.deferrable, key.initially_deferred):
                locks = held(catalog, ([table], AE))
        return Effects(locks=locks, sources=_SOURCES)
    if not isinstance(key, ForeignKey):
        decides = f"what {operation.constraint} references"
        return Effects(
            locks=locks,
            brief=False,
            unknown=(Unknown(Fact.LOCKS, decides), Unknown(Fact.SCANS, decides)),
            sources=_SOURCES,
        )
    # To stop enforcing, triggers are dropped from the referenced table as well.
    if operation.enforced is key.enforced:
        alone = version >= _NOT_NULL_CONSTRAINTS
        return Effects(
            locks=held(catalog, (family(catalog, table, only=alone), AE)), sources=_SOURCES
        )
    above = SRE if operation.enforced else AE
    locks = held(catalog, (family(catalog, table), AE), ([key.referenced], above))
    scanned = operation.enforced and not key.enforced
    return Effects(
        locks=locks,
        scans=(*stored(catalog, table), *stored(catalog, key.referenced)) if scanned else (),
        fails=OnData("23503", "existing rows may lack a parent", _orphans(table, key, catalog))
        if scanned
        else Never(),
        brief=not scanned,
        sources=_SOURCES,
    )


def _deferral(operation: AlterConstraint) -> tuple[bool, bool]:
    """Return whether the key may be deferred afterwards, and is so at first."""
    deferrable = operation.deferrable
    if deferrable is None:
        # INITIALLY DEFERRED alone makes it deferrable; what is not said is taken back.
        deferrable = bool(operation.initially_deferred)
    return deferrable, deferrable and bool(operation.initially_deferred)
