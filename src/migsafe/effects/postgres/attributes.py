"""What changing a column's default, NOT NULL, identity, expression and storage costs."""

from migsafe.catalog.catalog import Catalog
from migsafe.effects.postgres import probes, sources
from migsafe.effects.postgres.columns import absent_column
from migsafe.effects.postgres.relations import (
    family,
    held,
    is_partitioned,
    sequences_of_column,
    stored,
    stored_family,
)
from migsafe.model.effects import Certain, Effects, Fact, Moment, Never, OnData, Unknown
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.operations import (
    AlterGenerated,
    AlterIdentity,
    ColumnSetting,
    DropDefault,
    DropNotNull,
    IdentityAction,
    SetColumnStorage,
    SetDefault,
    SetNotNull,
)

AE = Lock.ACCESS_EXCLUSIVE
_MEASURED = (sources.ALTER_TABLE, sources.measured("columns"))
_EXPRESSIONS_CHANGE = 17
"""SET EXPRESSION came with this version."""


def set_default(operation: SetDefault | DropDefault, catalog: Catalog) -> Effects:
    """Return what SET and DROP DEFAULT cost: an instant."""
    return Effects(
        locks=held(catalog, (family(catalog, operation.table, only=operation.only), AE)),
        fails=absent_column(catalog, operation.table, operation.column),
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
    fails = absent_column(catalog, table, column)
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
    fails = absent_column(catalog, table, column)
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
    sequences = _drawn_by_identity(catalog, table, column)
    fails = absent_column(catalog, table, column)
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


def _drawn_by_identity(catalog: Catalog, table: Name, column: str) -> tuple[Name, ...]:
    """Return the sequence that an identity draws from, of those that its column owns."""
    owned = sequences_of_column(catalog, table, column)
    named = f"{table.name}_{column}_seq"
    made = tuple(name for name in owned if name.name.startswith(named))
    return made[:1] or owned[:1]


def alter_generated(operation: AlterGenerated, catalog: Catalog, version: int) -> Effects:
    """Return what SET EXPRESSION (a rewrite where it is stored) and DROP EXPRESSION cost."""
    table = operation.table
    fails = absent_column(catalog, table, operation.column)
    locks = held(catalog, (family(catalog, table), AE))
    if operation.expression is None:
        return Effects(locks=locks, fails=fails, sources=_MEASURED)
    if version < _EXPRESSIONS_CHANGE:
        return Effects(
            locks=locks,
            fails=Certain("42601", "SET EXPRESSION needs PostgreSQL 17", Moment.SYNTAX),
            sources=_MEASURED,
        )
    state = catalog.column(table, operation.column)
    if state is not None and state.generated is not None and not state.generated.stored:
        return Effects(locks=locks, fails=fails, sources=_MEASURED)
    unknown: tuple[Unknown, ...] = ()
    if isinstance(fails, Never) and not operation.expression.constant:
        fails = OnData("22000", f"some value that {operation.expression.sql} gives may not fit")
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
        locks=held(catalog, (family(catalog, operation.table, only=alone or operation.only), lock)),
        fails=absent_column(catalog, operation.table, operation.column),
        sources=_MEASURED,
    )
