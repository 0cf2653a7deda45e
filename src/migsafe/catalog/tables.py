"""Tables: made, renamed, moved, dropped; partitions and inheritance."""

from migsafe.catalog import columns, constraints, indexes, relations, rights
from migsafe.catalog.facts import OPTION, Facts
from migsafe.catalog.schema import ColumnState, TableKind, TableState
from migsafe.catalog.text import column_of
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AttachPartition,
    Check,
    Constraint,
    CreateTable,
    CreateTableAs,
    DetachPartition,
    DropTable,
    ForeignKey,
    NotNull,
    ObjectKind,
    PrimaryKey,
    RenameTable,
    RewriteKind,
    RewriteTable,
    RowTypeAction,
    SetInheritance,
    SetReplicaIdentity,
    SetRowType,
    SetTableOptions,
    Unique,
)
from migsafe.model.record import replace
from migsafe.writing.tokens import tokens

_EVERYTHING = frozenset({"CONSTRAINTS", "DEFAULTS", "GENERATED", "IDENTITY", "INDEXES"})


def create(facts: Facts, operation: CreateTable, made_by: str | None) -> None:
    """Apply CREATE TABLE.

    With IF NOT EXISTS and nothing known, the table counts as made here, but it may hold
    columns of an older one: it is not complete.
    """
    key = facts.new_key(operation.table, temporary=operation.temporary)
    if operation.if_not_exists and facts.is_present(key):
        return
    sure = not operation.if_not_exists or facts.is_present(key) is False
    if facts.tables.get(key) is not None:
        relations.take_table(facts, key)
    if operation.temporary:
        facts.temporary = (*facts.temporary, key)
    parents = tuple(facts.altered(parent) for parent in operation.inherits)
    parent = None if operation.partition_of is None else facts.altered(operation.partition_of)
    likes = tuple(facts.key(like) for like in operation.like)
    sources = (*parents, *(() if parent is None else (parent,)))
    facts.tables = facts.tables.put(
        key,
        TableState(
            key,
            kind=_kind(operation),
            complete=sure
            and all(_is_whole(facts, each) for each in (*sources, *likes))
            and (operation.of_type is None or _is_whole_type(facts, operation.of_type)),
            temporary=operation.temporary,
            unlogged=operation.unlogged,
            partition_by=operation.partition_by,
            partition_of=parent,
            partition_bound=operation.partition_bound,
            inherits=parents,
            made_by=made_by,
        ),
    )
    facts.made(key)
    if not sure:
        rights.doubt(facts, ObjectKind.TABLE, key)
    for option in operation.options:
        facts.set_setting(key, f"{OPTION}{option.name}", option.value or "")
    _put_storage(facts, key, operation.tail)
    _fill(facts, key, operation, sources, made_by)


def _put_storage(facts: Facts, key: Name, tail: str) -> None:
    """Note the access method and tablespace that CREATE TABLE names."""
    words = list(tokens(tail))
    upper = [word.upper() for word in words]
    clauses = {"USING": RewriteKind.ACCESS_METHOD, "TABLESPACE": RewriteKind.TABLESPACE}
    for word, kind in clauses.items():
        if word in upper[:-1]:
            facts.set_setting(key, kind.value, column_of(words[upper.index(word) + 1]))


def _fill(
    facts: Facts,
    key: Name,
    operation: CreateTable,
    sources: tuple[Name, ...],
    made_by: str | None,
) -> None:
    """Give a new table its columns, constraints and indexes, in the server's order."""
    table = facts.tables.get(key)
    parent = None if table is None else table.partition_of
    options = (*operation.like_options, *("",) * len(operation.like))
    likes = {
        facts.key(like): _included(option)
        for like, option in zip(operation.like, options, strict=False)
    }
    for source in sources:
        _copy_columns(facts, source, key, made_by, partition=parent is not None)
    for like, included in likes.items():
        _copy_like(facts, like, key, included, made_by)
    if operation.of_type is not None:
        _copy_attributes(facts, operation.of_type, key, made_by)
    given = facts.tables.get(key)
    states = {} if given is None else {each.name: each for each in given.columns}
    for column in operation.columns:
        state = columns.column_state(facts, key, column, made_by)
        if column.type is None and (parent is not None or operation.of_type is not None):
            state = _overlaid(states.get(column.name), state)
        states[column.name] = state
    facts.put_columns(key, tuple(states.values()))
    for constraint in constraints.server_order(operation.constraints):
        constraints.add(facts, key, constraint, made_by)
    for like, included in likes.items():
        if "INDEXES" in included:
            _copy_indexes(facts, like, key, made_by)
    for source in sources:
        _copy_constraints(facts, source, key, made_by, partition=source == parent)
        relations.adopt(facts, source, key)


def _kind(operation: CreateTable) -> TableKind:
    if operation.partition_by is not None:
        return TableKind.PARTITIONED
    if operation.tail.upper().startswith("SERVER "):
        return TableKind.FOREIGN
    return TableKind.PLAIN


def _is_whole(facts: Facts, key: Name) -> bool:
    table = facts.tables.get(key)
    return table is not None and table.complete and facts.is_certain(key)


def _is_whole_type(facts: Facts, name: Name) -> bool:
    composite = facts.composites.get(facts.key(name, ObjectKind.TYPE))
    return composite is not None and composite.complete


def _copy_attributes(facts: Facts, name: Name, key: Name, made_by: str | None) -> None:
    """Give a table OF a composite type the type's attributes as columns."""
    composite = facts.composites.get(facts.key(name, ObjectKind.TYPE))
    for each in () if composite is None else composite.attributes:
        facts.put_column(key, columns.column_state(facts, key, each, made_by))
    facts.set_setting(key, "of type", str(name))


def _overlaid(inherited: ColumnState | None, own: ColumnState) -> ColumnState:
    """Return a column of PARTITION OF or OF: the one it has, with what is said anew."""
    if inherited is None:
        return own
    return replace(
        inherited,
        nullable=False if own.nullable is False else inherited.nullable,
        default=own.default or inherited.default,
        generated=own.generated or inherited.generated,
    )


def _copy_columns(
    facts: Facts, source: Name, key: Name, made_by: str | None, *, partition: bool
) -> None:
    table = facts.tables.get(source)
    for column in () if table is None else table.columns:
        if facts.column(key, column.name) is None:
            # A child that inherits draws no numbers: an identity leaves only its NOT NULL.
            identity = column.identity if partition else None
            facts.put_column(key, replace(column, identity=identity, made_by=made_by))


def _copy_constraints(
    facts: Facts, source: Name, key: Name, made_by: str | None, *, partition: bool
) -> None:
    """Copy what a child inherits; a partition also gets keys and indexes."""
    for state in facts.belongings(source).constraints:
        inherited: Constraint | None = None
        match state.constraint:
            case Check(no_inherit=False) | NotNull(no_inherit=False):
                inherited = state.constraint
            case Check() | NotNull():
                inherited = None
            case ForeignKey():
                inherited = state.constraint if partition else None
            case _ if partition and not _has_key(facts, key, state.constraint):
                inherited = replace(state.constraint, name=None)
            case _:
                pass
        if inherited is not None and facts.constraint(key, state.name) is None:
            constraints.add(facts, key, inherited, made_by)
    table = facts.tables.get(key)
    if partition and table is not None:
        indexes.clone_to_partition(facts, source, table, made_by)


def _has_key(facts: Facts, key: Name, wanted: Constraint) -> bool:
    return any(
        type(state.constraint) is type(wanted)
        and isinstance(state.constraint, PrimaryKey | Unique)
        and isinstance(wanted, PrimaryKey | Unique)
        and state.constraint.columns == wanted.columns
        for state in facts.belongings(key).constraints
    )


def _included(options: str) -> frozenset[str]:
    """Return what one LIKE copies beyond names, types and NOT NULL."""
    included: frozenset[str] = frozenset()
    words = options.upper().split()
    for verb, what in zip(words[::2], words[1::2], strict=False):
        wanted = _EVERYTHING if what == "ALL" else frozenset({what})
        included = included - wanted if verb == "EXCLUDING" else included | wanted
    return included


def _copy_like(
    facts: Facts,
    like: Name,
    key: Name,
    included: frozenset[str],
    made_by: str | None,
) -> None:
    table = facts.tables.get(like)
    for column in () if table is None else table.columns:
        identity = column.identity if "IDENTITY" in included else None
        if identity is not None:
            columns.own_sequence(facts, key, column.name, made_by)
        facts.put_column(
            key,
            replace(
                column,
                default=column.default if "DEFAULTS" in included else None,
                identity=identity,
                generated=column.generated if "GENERATED" in included else None,
                made_by=made_by,
            ),
        )
    if "CONSTRAINTS" in included:
        for state in facts.belongings(like).constraints:
            if isinstance(state.constraint, Check):
                constraints.add(facts, key, state.constraint, made_by)


def _copy_indexes(facts: Facts, like: Name, key: Name, made_by: str | None) -> None:
    """Copy indexes and the constraints they back; the server names them anew."""
    for state in facts.belongings(like).constraints:
        if not isinstance(state.constraint, Check | ForeignKey | NotNull):
            constraints.add(facts, key, replace(state.constraint, name=None), made_by)
    for name in facts.belongings(like).indexes:
        index = facts.indexes.get(name)
        if index is not None and index.constraint is None:
            indexes.copy(facts, index, key, made_by)


def create_as(facts: Facts, operation: CreateTableAs, made_by: str | None) -> None:
    """Apply CREATE TABLE … AS: its columns are the query's, so mostly not known."""
    key = facts.new_key(operation.table, temporary=operation.temporary)
    present = facts.is_present(key)
    if operation.if_not_exists and present:
        return
    if operation.temporary:
        facts.temporary = (*facts.temporary, key)
    named = tuple(
        ColumnState(name, None, nullable=True, made_by=made_by) for name in operation.columns
    )
    facts.tables = facts.tables.put(
        key,
        TableState(
            key,
            named,
            complete=False,
            temporary=operation.temporary,
            unlogged=operation.unlogged,
            made_by=made_by,
        ),
    )
    facts.made(key)
    if operation.if_not_exists and present is None:
        rights.doubt(facts, ObjectKind.TABLE, key)


def drop(facts: Facts, operation: DropTable) -> None:
    """Apply DROP TABLE."""
    relations.take_table(facts, facts.key(operation.table))


def rename(facts: Facts, operation: RenameTable) -> None:
    """Apply ALTER TABLE … RENAME TO, which also renames views, indexes and sequences."""
    key = facts.altered_relation(operation.table, sure=not operation.if_exists)
    if facts.is_present(key) is not None:
        relations.move(facts, key, key.beside(operation.new_name))


def attach(facts: Facts, operation: AttachPartition, made_by: str | None) -> None:
    """Apply ATTACH PARTITION."""
    parent = facts.altered(operation.parent)
    key = facts.altered(operation.partition)
    above, table = facts.tables.get(parent), facts.tables.get(key)
    if above is None or table is None:
        return
    if above.kind is not TableKind.PARTITIONED:
        facts.tables = facts.tables.put(parent, replace(above, kind=TableKind.PARTITIONED))
    table = replace(table, partition_of=parent, partition_bound=operation.bound)
    facts.tables = facts.tables.put(key, table)
    relations.adopt(facts, parent, key)
    _copy_constraints(facts, parent, key, made_by, partition=True)


def detach(facts: Facts, operation: DetachPartition) -> None:
    """Apply DETACH PARTITION; constraints and indexes stay with the table."""
    parent = facts.altered(operation.parent)
    key = facts.altered(operation.partition)
    table = facts.tables.get(key)
    if table is None:
        return
    facts.tables = facts.tables.put(key, replace(table, partition_of=None, partition_bound=None))
    relations.orphan(facts, parent, key)
    for name in facts.belongings(key).indexes:
        index = facts.indexes.get(name)
        if index is not None:
            facts.put_index(replace(index, parent=None))


def set_inheritance(facts: Facts, operation: SetInheritance) -> None:
    """Apply INHERIT and NO INHERIT."""
    key = facts.altered(operation.table)
    parent = facts.altered(operation.parent)
    table = facts.tables.get(key)
    if table is None:
        return
    others = tuple(each for each in table.inherits if each != parent)
    relations.orphan(facts, parent, key)
    if operation.inherit:
        others = (*others, parent)
        relations.adopt(facts, parent, key)
    facts.tables = facts.tables.put(key, replace(table, inherits=others))


def rewrite(facts: Facts, operation: RewriteTable) -> None:
    """Apply what a rewrite changes for good: logging, tablespace, access method."""
    if operation.table is None:
        return
    key = facts.altered_relation(operation.table)
    match operation.kind:
        case RewriteKind.LOGGED | RewriteKind.UNLOGGED:
            table = facts.tables.get(key)
            if table is not None:
                unlogged = operation.kind is RewriteKind.UNLOGGED
                facts.tables = facts.tables.put(key, replace(table, unlogged=unlogged))
        case RewriteKind.TABLESPACE | RewriteKind.ACCESS_METHOD:
            facts.set_setting(key, operation.kind.value, operation.value)
        case RewriteKind.CLUSTER | RewriteKind.VACUUM_FULL:
            pass


def set_options(facts: Facts, operation: SetTableOptions) -> None:
    """Apply SET (…), RESET (…), CLUSTER ON and SET WITHOUT CLUSTER."""
    key = facts.altered_relation(operation.object)
    for option in operation.options:
        value = None if operation.reset else option.value or ""
        facts.set_setting(key, f"{OPTION}{option.name}", value)
    if not operation.options:
        facts.set_setting(key, "cluster on", operation.cluster_on)


def set_replica_identity(facts: Facts, operation: SetReplicaIdentity) -> None:
    """Apply REPLICA IDENTITY."""
    key = facts.altered(operation.table)
    words = (operation.identity, operation.index)
    text = " ".join(word for word in words if word is not None)
    facts.set_setting(key, "replica identity", None if text == "DEFAULT" else text)


def set_row_type(facts: Facts, operation: SetRowType) -> None:
    """Apply OF and NOT OF."""
    key = facts.altered(operation.table)
    if operation.action is not RowTypeAction.WITHOUT_OIDS:
        type_ = operation.type
        facts.set_setting(key, "of type", None if type_ is None else str(type_))
