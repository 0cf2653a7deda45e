"""Changes of columns that a server refuses."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence, TableState
from migsafe.catalog.text import column_of
from migsafe.effects.postgres.casting import Way, has_stable_text, way
from migsafe.effects.postgres.refusals import constraints
from migsafe.effects.postgres.refusals.known import (
    WHOLE,
    absent_column,
    generated,
    identity,
    is_in_partition_key,
    is_inherited,
    is_partitioned,
    known_table,
    mistyped_default,
)
from migsafe.effects.postgres.relations import family
from migsafe.effects.postgres.reparsing import end_of_type
from migsafe.effects.postgres.using import read_type
from migsafe.effects.postgres.volatility import Volatility, volatility
from migsafe.model.effects import Certain, Moment
from migsafe.model.expressions import Expression, Name
from migsafe.model.operations import (
    AddColumn,
    AlterGenerated,
    AlterIdentity,
    Check,
    ColumnSetting,
    DropColumn,
    DropDefault,
    DropNotNull,
    IdentityAction,
    ObjectKind,
    RenameColumn,
    SetColumnStorage,
    SetDefault,
    SetNotNull,
)
from migsafe.writing.tokens import tokens

_IDENTITY_OF_PARTITIONS = 17
"""From this version on partitions share the identity of their parent."""

_PLAIN_ONLY = frozenset(
    {
        *WHOLE,
        *("real", "double precision", "boolean", "date", "uuid", "oid", "money", "point"),
        *("timestamp without time zone", "timestamp with time zone", "interval"),
        *("time without time zone", "time with time zone", "macaddr", "macaddr8", "name"),
    }
)
"""Types of a fixed length: their values are never stored elsewhere."""


def add_column(  # noqa: C901  # one line a reason
    operation: AddColumn, catalog: Catalog, version: int
) -> Certain | None:
    """Return why ADD COLUMN is refused."""
    table, column = operation.table, operation.column
    state = known_table(catalog, table)
    if state is None:
        return None
    if operation.if_not_exists and catalog.column(table, column.name) is not None:
        return None
    if column.identity is not None and column.type is not None and column.type.name not in WHOLE:
        return Certain("22023", "an identity must be smallint, integer or bigint")
    if state.partition_of is not None:
        return Certain("42809", f"{table} is a partition: columns are added to its parent")
    if operation.only and catalog.children(table):
        return Certain("42P16", f"a column of {table} must be added to its children too")
    numbered = column.identity is not None and not operation.only and catalog.children(table)
    if numbered and not (is_partitioned(state) and version >= _IDENTITY_OF_PARTITIONS):
        return Certain("42P16", f"{table} has children: no identity for all of them")
    there = catalog.column_existence(table, column.name) is Existence.PRESENT
    if there:
        return Certain("42701", f"the column {column.name} is there already")
    if column.generated is not None:
        for name in column.generated.expression.columns:
            if generated(state.column(name)):
                return Certain("42P17", f"{name} is a generated column itself")
        if _changes(column.generated.expression, state, catalog):
            return Certain("42P17", f"{column.generated.expression.sql} is not immutable")
    return mistyped_default(column.default, column.type, catalog) or next(
        _inline(operation, state, catalog), None
    )


def _inline(operation: AddColumn, state: TableState, catalog: Catalog) -> Iterator[Certain]:
    for constraint in operation.constraints:
        found = constraints.of_new_column(constraint, operation.column, state, catalog)
        if found is not None:
            yield found


def drop_column(operation: DropColumn, catalog: Catalog) -> Certain | None:
    """Return why DROP COLUMN is refused."""
    table, column = operation.table, operation.column
    state = known_table(catalog, table)
    if state is None or state.column(column) is None:
        return None
    if is_inherited(state, column, catalog):
        return Certain("42P16", f"{column} is inherited")
    if is_in_partition_key(state, column):
        return Certain("42P16", f"{table} is partitioned by {column}")
    if operation.only and is_partitioned(state) and catalog.partitions(table):
        return Certain("42P16", f"a column of {table} must be dropped from its partitions too")
    if operation.cascade:
        return None
    for member in family(catalog, table, only=operation.only):
        found = catalog.table(member)
        for other in found.columns if found is not None else ():
            if other.generated is not None and column in other.generated.expression.columns:
                return Certain("2BP01", f"the generated column {other.name} uses the column")
        for policy in catalog.policies_on(member, column):
            return Certain("2BP01", f"the policy {policy.name} uses the column")
    return None


def rename_column(operation: RenameColumn, catalog: Catalog) -> Certain | None:
    """Return why RENAME COLUMN is refused."""
    state = known_table(catalog, operation.table)
    if operation.kind is not ObjectKind.TABLE or state is None:
        return None
    missing = absent_column(catalog, operation.table, operation.column)
    if missing is not None:
        return missing
    if is_inherited(state, operation.column, catalog):
        return Certain("42P16", f"{operation.column} is inherited")
    return None


def set_default(operation: SetDefault | DropDefault, catalog: Catalog) -> Certain | None:
    """Return why SET and DROP DEFAULT are refused."""
    table, column = operation.table, operation.column
    if known_table(catalog, table) is None:
        return None
    missing = absent_column(catalog, table, column)
    if missing is not None:
        return missing
    state = catalog.column(table, column)
    if identity(state) is not None:
        return Certain("42601", f"{column} is an identity column")
    if generated(state):
        return Certain("42601", f"{column} is a generated column")
    if isinstance(operation, SetDefault) and state is not None:
        return mistyped_default(operation.default, state.type, catalog)
    return None


def set_not_null(operation: SetNotNull, catalog: Catalog, version: int) -> Certain | None:
    """Return why SET NOT NULL is refused: ONLY, where partitions would be left behind."""
    table, column = operation.table, operation.column
    state = known_table(catalog, table)
    found = None if state is None else state.column(column)
    if state is None or found is None or found.nullable is False or not operation.only:
        return None
    below = catalog.partitions(table) if is_partitioned(state) else ()
    behind = [each for each in below if not catalog.not_null_proven(each.name, column)]
    if behind or (below and version >= _NOT_NULL_INHERITED):
        return Certain("42P16", f"{column} must be NOT NULL in the partitions too")
    return None


def drop_not_null(operation: DropNotNull, catalog: Catalog, version: int) -> Certain | None:
    """Return why DROP NOT NULL is refused."""
    table, column = operation.table, operation.column
    state = known_table(catalog, table)
    found = None if state is None else state.column(column)
    if state is None or found is None:
        return None
    alone = operation.only and is_partitioned(state) and catalog.partitions(table)
    if alone and version < _NOT_NULL_INHERITED:
        reason = f"{column} must stay NOT NULL where the partitions are"
        return Certain("42P16", reason, Moment.ANALYSIS)
    if found.nullable is not False:
        return None
    if found.identity is not None:
        return Certain("42601", f"{column} is an identity column")
    key = catalog.primary_key(table)
    if key is not None and column in getattr(key.constraint, "columns", ()):
        return Certain("42P16", f"{column} is in the primary key")
    parents = (state.partition_of,) if state.partition_of else ()
    if version >= _NOT_NULL_INHERITED:
        parents = (*parents, *state.inherits)
    for parent in parents:
        above = catalog.column(parent, column)
        if above is not None and above.nullable is False:
            return Certain("42P16", f"{column} is NOT NULL in {parent}")
    return None


_NOT_NULL_INHERITED = 18
"""From this version on NOT NULL is a constraint that children inherit."""


def alter_identity(operation: AlterIdentity, catalog: Catalog, version: int) -> Certain | None:
    """Return why a change of an identity is refused."""
    table, column = operation.table, operation.column
    state = known_table(catalog, table)
    if state is None:
        return None
    missing = absent_column(catalog, table, column)
    if missing is not None:
        return missing
    found = state.column(column)
    kind = None if found is None else found.type
    adds = operation.action is IdentityAction.ADD
    alone = operation.only and is_partitioned(state)
    if alone and version >= _IDENTITY_OF_PARTITIONS:
        return Certain("42P16", f"the partitions of {table} share its identity")
    if adds and kind is not None and (kind.name not in WHOLE or kind.array):
        return Certain("22023", f"{column} must be smallint, integer or bigint")
    if state.partition_of is not None and version >= _IDENTITY_OF_PARTITIONS:
        return Certain("42P16", f"{table} is a partition: its parent has the identity")
    has = identity(found) is not None
    match operation.action:
        case IdentityAction.ADD if has:
            return Certain("55000", f"{column} is an identity column already")
        case IdentityAction.ADD if found is not None and found.default is not None:
            return Certain("55000", f"{column} has a default")
        case IdentityAction.SET if not has and catalog.complete:
            return Certain("55000", f"{column} is no identity column")
        case IdentityAction.DROP if not has and catalog.complete and not operation.if_exists:
            return Certain("55000", f"{column} is no identity column")
        case _:
            return None


def alter_generated(  # noqa: C901  # one line a reason
    operation: AlterGenerated, catalog: Catalog, version: int
) -> Certain | None:
    """Return why a change of a generated column is refused."""
    table, column = operation.table, operation.column
    state = known_table(catalog, table)
    sets = operation.expression is not None
    if state is None or (sets and version < _EXPRESSIONS_CHANGE):
        return None
    missing = absent_column(catalog, table, column)
    if missing is not None:
        return missing
    how = generated(state.column(column))
    if not sets and operation.only and catalog.children(table):
        reason = f"the expression of {column} must be dropped in the children too"
        return Certain("0A000", reason, Moment.ANALYSIS)
    if not sets and is_inherited(state, column, catalog):
        return Certain("42P16", f"{column} is inherited", Moment.ANALYSIS)
    if how is None:
        if operation.if_exists or not catalog.complete:
            return None
        return Certain("55000", f"{column} is no generated column")
    if how == "virtual" and (not sets or _has_checks(table, catalog)):
        return Certain("0A000", f"{column} is VIRTUAL: its expression stays")
    for name in operation.expression.columns if operation.expression else ():
        if generated(state.column(name)):
            return Certain("42P17", f"{name} is a generated column itself")
    if operation.expression is not None and _changes(operation.expression, state, catalog):
        return Certain("42P17", f"{operation.expression.sql} is not immutable")
    return None


def _changes(expression: Expression, state: TableState, catalog: Catalog) -> bool:
    """Say whether an expression is known to give different values for one and the same row."""
    if volatility(expression, catalog) in {Volatility.STABLE, Volatility.VOLATILE}:
        return True
    words = list(tokens(expression.sql))
    for at, word in enumerate(words[:-2]):
        found = state.column(column_of(word)) if words[at + 1] == "::" else None
        cast = None if found is None else read_type(words[at + 2 : end_of_type(words, at + 2)])
        if found is None or found.type is None or cast is None:
            continue
        how = way(found.type, cast, explicit=True, catalog=catalog)
        if how is Way.TEXT and has_stable_text(found.type, catalog):
            return True
    return False


_EXPRESSIONS_CHANGE = 17


def _has_checks(table: Name, catalog: Catalog) -> bool:
    return any(isinstance(state.constraint, Check) for state in catalog.constraints(table))


def set_storage(operation: SetColumnStorage, catalog: Catalog) -> Certain | None:
    """Return why a physical setting of a column is refused."""
    table, column = operation.table, operation.column
    state = known_table(catalog, table)
    if state is None:
        return None
    missing = absent_column(catalog, table, column)
    if missing is not None:
        return missing
    found = state.column(column)
    if operation.setting is ColumnSetting.STATISTICS and generated(found) == "virtual":
        return Certain("0A000", f"{column} is VIRTUAL: it has no statistics")
    kind = None if found is None else found.type
    if kind is None or kind.array or kind.name not in _PLAIN_ONLY:
        return None
    stored = operation.setting is ColumnSetting.STORAGE and operation.value.upper() != "PLAIN"
    if stored or operation.setting is ColumnSetting.COMPRESSION:
        return Certain("0A000", f"values of {kind} are never stored elsewhere")
    return None
