"""Constraints and indexes that a server refuses."""

from collections.abc import Iterable

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import ConstraintState, Existence, TableState
from migsafe.effects.postgres.constraints import merges
from migsafe.effects.postgres.keys import can_reference
from migsafe.effects.postgres.refusals.known import (
    absent_column,
    generated,
    is_partitioned,
    known_table,
)
from migsafe.effects.postgres.relations import referenced_columns
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name, Type
from migsafe.model.operations import (
    AddConstraint,
    AlterConstraint,
    Check,
    Column,
    Constraint,
    CreateIndex,
    DropConstraint,
    DropIndex,
    Exclusion,
    ForeignKey,
    NotNull,
    ObjectKind,
    PrimaryKey,
    Unique,
    ValidateConstraint,
)

_UNIQUE_METHODS = frozenset({"btree"})
_NOT_NULL_CONSTRAINTS = 18
_EXCLUSIONS_OF_PARTITIONED = 17
_UNORDERED = frozenset({"json", "point", "xml", "line", "lseg", "polygon", "path"})
"""Types without an operator class for a unique index."""


def add_constraint(  # noqa: C901, PLR0912  # one line a reason
    operation: AddConstraint, catalog: Catalog, version: int
) -> Certain | None:
    """Return why ADD CONSTRAINT is refused."""
    table, constraint = operation.table, operation.constraint
    state = known_table(catalog, table)
    if state is None:
        return None
    match constraint:
        case Check():
            if operation.only and catalog.children(table) and not constraint.no_inherit:
                return Certain("42P16", f"the constraint must be added to children of {table} too")
            if constraint.no_inherit and is_partitioned(state):
                return Certain("42P16", f"{table} is partitioned: NO INHERIT has no meaning")
            for column in constraint.expression.columns:
                missing_column = absent_column(catalog, table, column)
                if missing_column is not None:
                    return missing_column
            if merges(operation, catalog):
                return None
            return _taken(table, constraint.name, catalog)
        case ForeignKey():
            return _foreign_key(operation, constraint, state, catalog, version)
        case Unique() | PrimaryKey():
            return _key(table, constraint, state, catalog)
        case Exclusion() if is_partitioned(state) and version < _EXCLUSIONS_OF_PARTITIONED:
            return Certain("0A000", f"{table} is partitioned: no EXCLUDE before 17")
        case Exclusion():
            if is_partitioned(state) and _misses_partition_key(state, constraint.columns):
                return Certain("0A000", f"it must hold the partition key of {table}")
            return _relation_taken(table, constraint.name, catalog) or _taken(
                table, constraint.name, catalog
            )
        case NotNull():
            if version < _NOT_NULL_CONSTRAINTS:
                return None
            return absent_column(catalog, table, constraint.column) or _second_not_null(
                table, constraint, catalog
            )


def _second_not_null(table: Name, constraint: NotNull, catalog: Catalog) -> Certain | None:
    state = catalog.column(table, constraint.column)
    if state is None or state.nullable is not False or constraint.name is None:
        return None
    named = [
        other
        for other in catalog.constraints(table)
        if isinstance(other.constraint, NotNull) and other.constraint.column == constraint.column
    ]
    if any(other.name == constraint.name for other in named):
        return None
    return Certain("55000", f"{constraint.column} is NOT NULL already, under another name")


def _taken(table: Name, name: str | None, catalog: Catalog) -> Certain | None:
    if name is None or catalog.constraint(table, name) is None:
        return None
    return Certain("42710", f"a constraint {name} is there already")


def _key(  # noqa: C901  # one line a reason
    table: Name, key: Unique | PrimaryKey, state: TableState, catalog: Catalog
) -> Certain | None:
    primary = isinstance(key, PrimaryKey)
    if key.using_index is not None:
        found = _using_index(table, key.using_index, catalog)
        if found is not None:
            return found
    for column in (*key.columns, *key.include):
        missing = absent_column(catalog, table, column)
        if missing is not None:
            return missing
    if primary and catalog.primary_key(table) is not None:
        return Certain("42P16", f"{table} has a primary key already")
    name = key.name
    if key.using_index is not None and is_partitioned(state):
        return Certain("0A000", f"{table} is partitioned: USING INDEX is not for it")
    there = None if key.using_index is not None else _relation_taken(table, name, catalog)
    if there is not None:
        return there
    if is_partitioned(state) and _misses_partition_key(state, key.columns):
        return Certain("0A000", f"it must hold the partition key of {table}")
    for column in key.columns:
        found_column = state.column(column)
        if generated(found_column) == "virtual":
            return Certain("0A000", f"{column} is VIRTUAL: it has no index")
        if found_column is not None and _is_unordered(found_column.type):
            return Certain("42704", f"{column} has a type that no unique index holds")
    return None if key.using_index is not None else _taken(table, name, catalog)


def _relation_taken(table: Name, name: str | None, catalog: Catalog) -> Certain | None:
    """Return the refusal of an index whose name another relation bears."""
    if name is None:
        return None
    place = catalog.key(table).beside(name)
    there = (
        catalog.existence(kind, place) is Existence.PRESENT
        for kind in (ObjectKind.INDEX, ObjectKind.TABLE, ObjectKind.VIEW, ObjectKind.SEQUENCE)
    )
    return Certain("42P07", f"{name} is there already") if any(there) else None


def _is_unordered(kind: Type | None) -> bool:
    return kind is not None and not kind.array and kind.name in _UNORDERED


def _using_index(table: Name, index: str, catalog: Catalog) -> Certain | None:
    place = catalog.key(table).beside(index)
    if catalog.existence(ObjectKind.INDEX, place) is Existence.ABSENT:
        return Certain("42704", f"there is no index {index}")
    found = catalog.index(place)
    if found is None:
        return None
    if found.constraint is not None:
        return Certain("55000", f"{index} belongs to the constraint {found.constraint}")
    if catalog.key(found.table) != catalog.key(table):
        return Certain("55000", f"{index} is an index of {found.table}")
    if not found.unique:
        return Certain("42809", f"{index} is not a unique index")
    if found.where is not None or any(element.column is None for element in found.elements):
        return Certain("42809", f"{index} is partial or holds expressions")
    return None


def _misses_partition_key(state: TableState, columns: Iterable[str]) -> bool:
    key = state.partition_by
    return key is not None and bool(key.columns) and not set(key.columns) <= set(columns)


def _foreign_key(
    operation: AddConstraint,
    key: ForeignKey,
    state: TableState,
    catalog: Catalog,
    version: int,
) -> Certain | None:
    table = operation.table
    taken = _taken(table, key.name, catalog)
    if taken is not None:
        return taken
    if is_partitioned(state) and catalog.table(key.referenced) is not None:
        if operation.only:
            return Certain("42809", f"{table} is partitioned: ONLY has no meaning")
        if not key.valid and version < _NOT_NULL_CONSTRAINTS:
            return Certain("42809", f"{table} is partitioned: NOT VALID is for 18 and later")
    for column in key.columns:
        missing = absent_column(catalog, table, column)
        if missing is not None:
            return missing
    own = [None if (c := state.column(name)) is None else c.type for name in key.columns]
    found = foreign_key(key, own, state, catalog)
    if found is not None:
        return found
    if catalog.key(key.referenced) in {child.name for child in catalog.children(table)}:
        return Certain("55006", f"{key.referenced} is a partition of {table} itself")
    return None


def foreign_key(  # one line a reason
    key: ForeignKey, own: list[Type | None], state: TableState | None, catalog: Catalog
) -> Certain | None:
    """Return why a foreign key from columns of some types is refused."""
    parent = known_table(catalog, key.referenced)
    if catalog.existence(ObjectKind.TABLE, key.referenced) is Existence.ABSENT:
        return Certain("42P01", f"there is no table {key.referenced}")
    if parent is None:
        return None
    if state is not None and _outlives(state, parent):
        return Certain("42P16", f"rows of {key.referenced} may be gone before those that need them")
    columns = referenced_columns(catalog, key)
    if columns is None:
        reason = f"{key.referenced} has no primary key"
        return Certain("42704", reason) if catalog.complete else None
    if catalog.complete and not _is_unique(key.referenced, columns, catalog):
        return Certain("42830", f"nothing makes {', '.join(columns)} unique in {key.referenced}")
    if len(columns) != len(own):
        return Certain("42830", "the numbers of columns differ")
    for mine, name in zip(own, columns, strict=True):
        theirs = catalog.column(key.referenced, name)
        if can_reference(mine, None if theirs is None else theirs.type, catalog) is False:
            return Certain("42804", f"{mine} cannot reference {name}")
    return None


def _outlives(state: TableState, parent: TableState) -> bool:
    """Say whether a table is more permanent than its parent, or temporary unlike it."""
    if state.temporary or parent.temporary:
        return state.temporary != parent.temporary
    return parent.unlogged and not state.unlogged


def _is_unique(table: Name, columns: tuple[str, ...], catalog: Catalog) -> bool:
    wanted = set(columns)
    return any(
        index.unique and index.where is None and set(index.columns) == wanted
        for index in catalog.indexes(table)
    )


def of_new_column(
    constraint: Constraint, column: Column, state: TableState, catalog: Catalog
) -> Certain | None:
    """Return why a constraint beside a new column is refused."""
    match constraint:
        case PrimaryKey() if catalog.primary_key(state.name) is not None:
            return Certain("42P16", f"{state.name} has a primary key already")
        case PrimaryKey() | Unique() if is_partitioned(state):
            return Certain("0A000", f"it must hold the partition key of {state.name}")
        case PrimaryKey() | Unique() if _is_unordered(column.type):
            return Certain("42704", f"{column.name} has a type that no unique index holds")
        case ForeignKey():
            return foreign_key(constraint, [column.type], state, catalog)
        case _:
            return None


def validate(operation: ValidateConstraint, catalog: Catalog) -> Certain | None:
    """Return why VALIDATE CONSTRAINT is refused."""
    table = operation.table
    gone = missing(table, operation.constraint, catalog)
    if gone is not None or not operation.only or known_table(catalog, table) is None:
        return gone
    state = catalog.constraint(table, operation.constraint)
    match None if state is None else state.constraint:
        case Check(valid=False, no_inherit=False) | NotNull(valid=False, no_inherit=False):
            if catalog.children(table):
                return Certain("42P16", f"the children of {table} must be validated too")
        case _:
            pass
    return None


def missing(table: Name, constraint: str, catalog: Catalog) -> Certain | None:
    """Return the refusal of a constraint that is not there."""
    state = known_table(catalog, table)
    if state is None or not catalog.complete or catalog.constraint(table, constraint) is not None:
        return None
    return Certain("42704", f"{table} has no constraint {constraint}")


def alter_constraint(operation: AlterConstraint, catalog: Catalog, version: int) -> Certain | None:
    """Return why ALTER CONSTRAINT is refused."""
    table = known_table(catalog, operation.table)
    alone = operation.only and table is not None and is_partitioned(table)
    if alone and version >= _NOT_NULL_CONSTRAINTS:
        return Certain("42P16", f"it must be altered in the partitions of {operation.table} too")
    found = missing(operation.table, operation.constraint, catalog)
    if found is not None:
        return found
    state = catalog.constraint(operation.table, operation.constraint)
    if state is None or isinstance(state.constraint, ForeignKey):
        return None
    if operation.inherit is not None:
        return None
    return Certain("42809", f"{operation.constraint} is no foreign key")


def drop_constraint(operation: DropConstraint, catalog: Catalog) -> Certain | None:
    """Return why DROP CONSTRAINT is refused."""
    table = operation.table
    state = known_table(catalog, table)
    name = operation.constraint
    found = None if name is None else catalog.constraint(table, name)
    if state is None or found is None:
        return None
    if any(_same(found, name, parent, catalog) for parent in _parents(state)):
        return Certain("42P16", f"{name} is inherited")
    return None


def _parents(state: TableState) -> tuple[Name, ...]:
    return (*state.inherits, *((state.partition_of,) if state.partition_of else ()))


def _same(found: ConstraintState, name: str | None, parent: Name, catalog: Catalog) -> bool:
    if name is None:
        return False
    above = catalog.constraint(parent, name)
    match found.constraint:
        case Check() | NotNull():
            return above is not None and type(above.constraint) is type(found.constraint)
        case ForeignKey() | Unique() | PrimaryKey() | Exclusion():
            return False


def create_index(operation: CreateIndex, catalog: Catalog) -> Certain | None:
    """Return why CREATE INDEX is refused."""
    table = operation.table
    state = known_table(catalog, table)
    if state is None:
        return None
    if is_partitioned(state) and operation.concurrently:
        return Certain("0A000", f"{table} is partitioned: no concurrent build")
    if operation.unique and operation.method not in _UNIQUE_METHODS:
        return Certain("0A000", f"{operation.method} has no unique indexes")
    if operation.include and operation.method not in {"btree", "gist", "spgist"}:
        return Certain("0A000", f"{operation.method} has no included columns")
    columns = [element.column for element in operation.elements if element.column is not None]
    for column in (*columns, *operation.include):
        if generated(state.column(column)) == "virtual":
            return Certain("0A000", f"{column} is VIRTUAL: it has no index")
    plain = len(columns) == len(operation.elements)
    split = operation.unique and is_partitioned(state) and plain
    if split and _misses_partition_key(state, columns):
        return Certain("0A000", f"it must hold the partition key of {table}")
    return None


def drop_index(operation: DropIndex, catalog: Catalog) -> Certain | None:
    """Return why DROP INDEX is refused."""
    state = catalog.index(operation.index)
    if state is None:
        return None
    table = known_table(catalog, state.table)
    if table is not None and is_partitioned(table) and operation.concurrently:
        return Certain("0A000", f"{state.table} is partitioned: no concurrent drop")
    if state.parent is not None:
        return Certain("2BP01", f"{state.parent} needs the index")
    return None
