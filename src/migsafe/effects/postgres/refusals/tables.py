"""Changes of whole tables, their families and their storage that a server refuses."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence, TableState
from migsafe.effects.postgres.refusals import constraints
from migsafe.effects.postgres.refusals.known import (
    generated,
    is_partitioned,
    known_table,
    mistyped_default,
)
from migsafe.model.effects import Certain, Moment
from migsafe.model.expressions import Name, Type
from migsafe.model.operations import (
    AttachIndex,
    AttachPartition,
    Check,
    Copy,
    CreateTable,
    ForeignKey,
    ObjectKind,
    RewriteKind,
    RewriteTable,
    RowTypeAction,
    SetInheritance,
    SetRowType,
    SetTableOptions,
)

_CLUSTERING = frozenset({"btree", "gist"})
_LOGGING_OF_PARTITIONED = 18
"""From this version on SET LOGGED and UNLOGGED of a partitioned table are refused."""


def create_table(operation: CreateTable, catalog: Catalog, version: int) -> Certain | None:
    """Return why CREATE TABLE is refused."""
    if _is_there(operation, catalog):
        there = Certain("42P07", f"{operation.table} is there already")
        return None if operation.if_not_exists else there
    if operation.unlogged and operation.partition_by and version >= _LOGGING_OF_PARTITIONED:
        return Certain("0A000", "a partitioned table cannot be unlogged")
    for parent in operation.inherits:
        above = known_table(catalog, parent)
        if above is not None and is_partitioned(above):
            return Certain("42809", f"{parent} is partitioned")
        if above is not None and above.partition_of is not None:
            return Certain("42809", f"{parent} is a partition")
    if operation.partition_of is not None:
        default = catalog.default_partition(operation.partition_of)
        if operation.partition_bound == "DEFAULT" and default is not None:
            return Certain("42P17", f"{default.name} is the default partition already")
        return None
    return _mistyped(operation, catalog) or _parentless(operation, catalog)


def _mistyped(operation: CreateTable, catalog: Catalog) -> Certain | None:
    found = (mistyped_default(each.default, each.type, catalog) for each in operation.columns)
    return next((each for each in found if each is not None), None)


def _parentless(operation: CreateTable, catalog: Catalog) -> Certain | None:
    own = TableState(operation.table, temporary=operation.temporary, unlogged=operation.unlogged)
    types = {column.name: column.type for column in operation.columns}
    for constraint in operation.constraints:
        if isinstance(constraint, ForeignKey) and constraint.referenced != operation.table:
            kinds: list[Type | None] = [types.get(column) for column in constraint.columns]
            found = constraints.foreign_key(constraint, kinds, own, catalog)
            if found is not None:
                return found
    return None


def _is_there(operation: CreateTable, catalog: Catalog) -> bool:
    if operation.temporary:
        return False
    return catalog.existence(ObjectKind.TABLE, operation.table) is Existence.PRESENT


def set_row_type(operation: SetRowType, catalog: Catalog) -> Certain | None:
    """Return why OF and NOT OF are refused."""
    state = known_table(catalog, operation.table)
    if state is None:
        return None
    typed = catalog.settings(operation.table).get("of type")
    match operation.action:
        case RowTypeAction.NOT_OF:
            if typed is None and catalog.complete:
                return Certain("42809", f"{operation.table} has no type of its own")
            return None
        case RowTypeAction.OF if operation.type is not None:
            if state.inherits or state.partition_of is not None:
                return Certain("42809", f"{operation.table} inherits from another table")
            kind = catalog.composite(operation.type)
            if kind is None or not kind.complete:
                return None
            mine = [(column.name, column.type) for column in state.columns]
            theirs = [(attribute.name, attribute.type) for attribute in kind.attributes]
            if mine != theirs:
                return Certain("42804", f"the columns are not those of {operation.type}")
            return None
        case _:
            return None


def rewrite_table(operation: RewriteTable, catalog: Catalog, version: int) -> Certain | None:
    """Return why a physical copy is refused."""
    table = operation.table
    if table is None:
        return None
    if operation.kind_of_object is ObjectKind.INDEX:
        if catalog.existence(ObjectKind.INDEX, table) is Existence.ABSENT:
            return Certain("42P01", f"there is no index {table}")
        return None
    state = known_table(catalog, table)
    if state is None:
        return None
    match operation.kind:
        case RewriteKind.LOGGED | RewriteKind.UNLOGGED:
            if is_partitioned(state) and version >= _LOGGING_OF_PARTITIONED:
                return Certain("42809", f"{table} is partitioned")
            unlogging = operation.kind is RewriteKind.UNLOGGED
            if unlogging and not state.unlogged and _is_published(table, catalog):
                return Certain("55000", f"{table} is part of a publication")
            return None
        case RewriteKind.CLUSTER if operation.value is not None:
            return _clustering(state, operation.value, catalog)
        case _:
            return None


def _is_published(table: Name, catalog: Catalog) -> bool:
    return bool(catalog.publications(table))


def _clustering(state: TableState, name: str, catalog: Catalog) -> Certain | None:
    index = catalog.index(state.name.beside(name))
    if index is None:
        return None
    if catalog.key(index.table) != catalog.key(state.name):
        return Certain("42809", f"{name} is an index of {index.table}")
    if index.method not in _CLUSTERING:
        return Certain("0A000", f"{index.method} has no order to cluster by")
    if index.where is not None:
        return Certain("0A000", f"{name} is partial")
    return None


_KNOWS_PARTITIONED = 16
"""Before, a storage parameter of a partitioned table is one that nobody knows."""


def set_options(operation: SetTableOptions, catalog: Catalog, version: int) -> Certain | None:
    """Return why storage parameters are refused."""
    if operation.kind is ObjectKind.INDEX:
        if catalog.existence(ObjectKind.INDEX, operation.object) is Existence.ABSENT:
            return Certain("42P01", f"there is no index {operation.object}")
        return _unknown_parameter(operation, catalog)
    state = known_table(catalog, operation.object)
    if state is None:
        return None
    if operation.cluster_on is not None:
        found = _clustering(state, operation.cluster_on, catalog)
        if found is not None:
            return found
        if is_partitioned(state):
            return Certain("0A000", f"{operation.object} is partitioned")
        return None
    if is_partitioned(state) and not operation.options:
        return Certain("0A000", f"{operation.object} is partitioned: it has no order")
    if is_partitioned(state) and operation.options and not operation.reset:
        code = "42809" if version >= _KNOWS_PARTITIONED else "22023"
        return Certain(code, f"{operation.object} is partitioned: it stores nothing")
    return None


_PARAMETERS = {
    "btree": frozenset({"fillfactor", "deduplicate_items"}),
    "hash": frozenset({"fillfactor"}),
    "gist": frozenset({"fillfactor", "buffering"}),
    "spgist": frozenset({"fillfactor"}),
    "gin": frozenset({"fastupdate", "gin_pending_list_limit"}),
    "brin": frozenset({"pages_per_range", "autosummarize"}),
}
"""The storage parameters of the server's own index methods."""


def _unknown_parameter(operation: SetTableOptions, catalog: Catalog) -> Certain | None:
    index = catalog.index(operation.object)
    known = None if index is None else _PARAMETERS.get(index.method)
    if index is None or known is None or operation.reset:
        return None
    for option in operation.options:
        if option.name not in known:
            return Certain("22023", f"{index.method} has no parameter {option.name}")
    return None


def copy(operation: Copy, catalog: Catalog) -> Certain | None:
    """Return why COPY is refused."""
    if operation.table is None or operation.into:
        return None
    state = known_table(catalog, operation.table)
    if state is not None and is_partitioned(state):
        return Certain("42809", f"{operation.table} is partitioned: COPY a query of it")
    return None


# --- families ------------------------------------------------------------------------


def attach_index(operation: AttachIndex, catalog: Catalog) -> Certain | None:
    """Return why ALTER INDEX … ATTACH PARTITION is refused."""
    for name in (operation.index, operation.partition):
        if catalog.existence(ObjectKind.INDEX, name) is Existence.ABSENT:
            return Certain("42P01", f"there is no index {name}")
    parent, child = catalog.index(operation.index), catalog.index(operation.partition)
    if parent is None or child is None:
        return None
    above, below = known_table(catalog, parent.table), known_table(catalog, child.table)
    if above is not None and not is_partitioned(above):
        return Certain("42809", f"{operation.index} is no index of a partitioned table")
    if above is None or below is None:
        return None
    if child.parent is not None and catalog.key(child.parent) == catalog.key(operation.index):
        return None
    if child.parent is not None or below.partition_of is None:
        return Certain("55000", f"{operation.partition} is no index of a partition of it")
    if catalog.key(below.partition_of) != catalog.key(parent.table):
        return Certain("55000", f"{operation.partition} is no index of a partition of it")
    return None


def set_inheritance(  # one line a reason
    operation: SetInheritance, catalog: Catalog
) -> Certain | None:
    """Return why INHERIT and NO INHERIT are refused."""
    child = known_table(catalog, operation.table)
    if child is None:
        return None
    own_kind = _cannot_inherit(operation, child)
    if own_kind is not None:
        return own_kind
    if catalog.existence(ObjectKind.TABLE, operation.parent) is Existence.ABSENT:
        return Certain("42P01", f"there is no table {operation.parent}")
    parent = known_table(catalog, operation.parent)
    if parent is None:
        return None
    own = catalog.key(operation.parent) in {catalog.key(name) for name in child.inherits}
    if not operation.inherit:
        return (
            None
            if own or not catalog.complete
            else Certain("42P01", f"{operation.parent} is no parent of it")
        )
    if is_partitioned(parent):
        return Certain("42809", f"{operation.parent} is partitioned")
    if parent.partition_of is not None:
        return Certain("42809", f"{operation.parent} is a partition")
    if parent.temporary and not child.temporary:
        return Certain("42809", f"{operation.parent} is temporary")
    if own:
        return Certain("42P07", f"{operation.table} inherits from it already")
    return _is_below(parent, child, catalog) or _unlike(child, parent, catalog)


def _cannot_inherit(operation: SetInheritance, child: TableState) -> Certain | None:
    """Return why a table of this kind has no parents to change, whatever the parent is."""
    if child.partition_of is not None:
        return Certain("42809", f"{operation.table} is a partition", Moment.ANALYSIS)
    if operation.inherit and is_partitioned(child):
        return Certain("42809", f"{operation.table} is partitioned", Moment.ANALYSIS)
    return None


def _is_below(parent: TableState, child: TableState, catalog: Catalog) -> Certain | None:
    below = {child.name, *(each.name for each in catalog.children(child.name))}
    if parent.name in below:
        return Certain("42P07", f"{parent.name} is below {child.name} already")
    return None


def _unlike(child: TableState, parent: TableState, catalog: Catalog) -> Certain | None:
    """Return the first column or CHECK of a parent that a child lacks, or has otherwise."""
    for column in parent.columns:
        own = child.column(column.name)
        if own is None:
            return Certain("42804", f"{child.name} has no column {column.name}")
        if own.type is not None and column.type is not None and own.type != column.type:
            return Certain("42804", f"{child.name}.{column.name} has another type")
        if column.nullable is False and own.nullable:
            return Certain("42804", f"{child.name}.{column.name} must be NOT NULL")
        if generated(column) != generated(own):
            return Certain("42804", f"{child.name}.{column.name} is generated otherwise")
    for state in catalog.constraints(parent.name):
        check = state.constraint
        if not isinstance(check, Check) or check.no_inherit:
            continue
        mine = catalog.constraint(child.name, state.name)
        if mine is None or not isinstance(mine.constraint, Check):
            return Certain("42804", f"{child.name} has no constraint {state.name}")
        if mine.constraint.expression.sql != check.expression.sql:
            return Certain("42804", f"the constraint {state.name} of {child.name} differs")
    return None


def attach_partition(  # noqa: C901  # one line a reason
    operation: AttachPartition, catalog: Catalog, version: int
) -> Certain | None:
    """Return why ATTACH PARTITION is refused."""
    parent = known_table(catalog, operation.parent)
    child = known_table(catalog, operation.partition)
    if parent is None or child is None:
        return None
    if not is_partitioned(parent):
        return Certain("42809", f"{operation.parent} is not partitioned")
    if child.partition_of is not None:
        return Certain("42809", f"{operation.partition} is a partition already")
    if child.inherits:
        return Certain("42809", f"{operation.partition} inherits from another table")
    circle = _is_below(parent, child, catalog)
    if circle is not None:
        return circle
    if catalog.children(operation.partition) and not is_partitioned(child):
        return Certain("42809", f"{operation.partition} has children")
    for column in child.columns:
        if version >= _IDENTITY_OF_PARTITIONS and column.identity is not None:
            return Certain("55000", f"{operation.partition}.{column.name} is an identity")
        if parent.column(column.name) is None:
            return Certain("42804", f"{operation.parent} has no column {column.name}")
    default = catalog.default_partition(operation.parent)
    if operation.bound.strip().upper() == "DEFAULT" and default is not None:
        return Certain("42P17", f"{default.name} is the default partition already")
    return _unlike(child, parent, catalog)


_IDENTITY_OF_PARTITIONS = 17
