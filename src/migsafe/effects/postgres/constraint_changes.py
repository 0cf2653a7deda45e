"""What validating, dropping and altering constraints costs."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import ConstraintState
from migsafe.effects.postgres import probes, sources
from migsafe.effects.postgres.constraints import check_fails, index_family, orphans
from migsafe.effects.postgres.relations import (
    family,
    held,
    is_partitioned,
    stored,
    stored_family,
    unseen,
)
from migsafe.model.effects import Certain, Effects, Fact, Fails, Moment, Never, OnData, Unknown
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.operations import (
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

AE = Lock.ACCESS_EXCLUSIVE
SRE = Lock.SHARE_ROW_EXCLUSIVE
SUE = Lock.SHARE_UPDATE_EXCLUSIVE
_SOURCES = (sources.ALTER_TABLE, sources.LOCKING, sources.measured("constraints"))
_NOT_NULL_CONSTRAINTS = 18
"""The first version with NOT ENFORCED and what came with it."""


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
                fails=check_fails(table, check),
                brief=False,
                sources=_SOURCES,
            )
        case ForeignKey(valid=False) as key:
            return Effects(
                locks=held(
                    catalog,
                    (index_family(catalog, table), SUE),
                    ([key.referenced], Lock.ROW_SHARE),
                ),
                scans=tuple(
                    dict.fromkeys((*stored(catalog, table), *stored(catalog, key.referenced)))
                ),
                fails=OnData(
                    "23503", "existing rows may lack a parent", orphans(table, key, catalog)
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


def drop_constraint(operation: DropConstraint, catalog: Catalog, version: int) -> Effects:
    """Return what DROP CONSTRAINT costs: a foreign key locks both of its tables."""
    table = operation.table
    # Partitions are asked whether they are in use, ONLY or not.
    alone = operation.only and not is_partitioned(catalog, table)
    members = family(catalog, table, only=alone)
    state = (
        None if operation.constraint is None else catalog.constraint(table, operation.constraint)
    )
    if state is None:
        if version >= _NOT_NULL_CONSTRAINTS and _may_be_not_null(operation, catalog):
            decides = (
                f"whether the NOT NULL of a column of {table} is called {operation.constraint}"
            )
            failing = () if operation.if_exists else (Unknown(Fact.FAILS, decides),)
            return Effects(locks=held(catalog, (members, AE)), unknown=failing, sources=_SOURCES)
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
    if isinstance(state.constraint, ForeignKey | Unique | PrimaryKey | Exclusion):
        # What inherits has keys of its own.
        taken = [*index_family(catalog, table)]
    match state.constraint:
        case ForeignKey(referenced=parent):
            taken.extend(index_family(catalog, parent))
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


def _may_be_not_null(operation: DropConstraint, catalog: Catalog) -> bool:
    """Say whether a name may be that of a NOT NULL: the server calls it so when it is made."""
    state = catalog.table(operation.table)
    required = state is not None and any(column.nullable is False for column in state.columns)
    return required and "_not_null" in (operation.constraint or "")


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
    primary_key = catalog.primary_key(state.table)
    if (
        isinstance(state.constraint, Unique)
        and primary_key is not None
        and set(_key_columns(primary_key.constraint)) == columns
    ):
        # The primary key is what they were made for.
        return
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
    locks = held(catalog, (index_family(catalog, table), AE))
    if operation.enforced is not None and version < _NOT_NULL_CONSTRAINTS:
        reason = "ALTER CONSTRAINT … ENFORCED needs PostgreSQL 18"
        return Effects(locks=locks, fails=Certain("42601", reason, Moment.SYNTAX), sources=_SOURCES)
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
    locks = held(catalog, (index_family(catalog, table), AE), ([key.referenced], above))
    scanned = operation.enforced and not key.enforced
    return Effects(
        locks=locks,
        scans=(*stored(catalog, table), *stored(catalog, key.referenced)) if scanned else (),
        fails=OnData("23503", "existing rows may lack a parent", orphans(table, key, catalog))
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
