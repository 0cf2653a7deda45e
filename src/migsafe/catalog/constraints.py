"""Constraints: made under the server's names, validated, renamed, dropped."""

from collections.abc import Iterable

from migsafe.catalog import naming
from migsafe.catalog.facts import Facts
from migsafe.catalog.schema import (
    ConstraintState,
    IndexState,
    TableKind,
    TableState,
)
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AddConstraint,
    AlterConstraint,
    Check,
    Constraint,
    DropConstraint,
    Exclusion,
    ForeignKey,
    IndexElement,
    NotNull,
    PrimaryKey,
    Unique,
    ValidateConstraint,
)
from migsafe.model.record import replace


def columns_of(constraint: Constraint) -> tuple[str, ...]:
    """Return the columns whose drop takes the constraint along."""
    match constraint:
        case Check(expression=expression):
            return expression.columns
        case ForeignKey(columns=columns) | Exclusion(columns=columns):
            return columns
        case (
            Unique(columns=columns, include=include) | PrimaryKey(columns=columns, include=include)
        ):
            return (*columns, *include)
        case NotNull(column=column):
            return (column,)


def server_order(constraints: Iterable[Constraint]) -> tuple[Constraint, ...]:
    """Return the constraints of one statement in the order in which they are named.

    CHECKs first, then NOT NULLs, the primary key, other indexes, foreign keys last. An
    unnamed UNIQUE on the columns of another one is the same constraint.
    """
    ranks = {Check: 0, NotNull: 1, PrimaryKey: 2, Unique: 3, Exclusion: 3, ForeignKey: 4}
    ordered = sorted(constraints, key=lambda each: ranks[type(each)])
    kept: list[Constraint] = []
    indexed: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    for each in ordered:
        match each:
            case (
                Unique(columns=columns, include=include)
                | PrimaryKey(columns=columns, include=include)
            ) if each.using_index is None and not each.deferrable:
                if each.name is None and (columns, include) in indexed:
                    continue
                indexed.append((columns, include))
            case _:
                pass
        kept.append(each)
    return tuple(kept)


def add(
    facts: Facts,
    key: Name,
    constraint: Constraint,
    made_by: str | None,
    *,
    only: bool = False,
) -> None:
    """Add a constraint to a table, and to the tables under it."""
    state = _named(facts, key, constraint)
    facts.put_constraint(replace(state, made_by=made_by, since=facts.tick))
    inherited: Constraint | None = None
    match state.constraint:
        case Check(no_inherit=no_inherit, expression=expression):
            inherited = None if no_inherit else state.constraint
            _know(facts, key, expression.columns)
        case NotNull(column=column, valid=valid, no_inherit=no_inherit):
            inherited = None if no_inherit else state.constraint
            if valid:
                _set_not_null(facts, key, column)
        case PrimaryKey() | Unique() | Exclusion():
            _back(facts, replace(state, made_by=made_by))
            inherited = replace(state.constraint, name=None)
            if not _is_partitioned(facts, key):
                inherited = None
        case ForeignKey(columns=columns):
            _know(facts, key, columns)
            inherited = state.constraint if _is_partitioned(facts, key) else None
    if inherited is not None and not only:
        for child in facts.belongings(key).children:
            add(facts, child, inherited, made_by)


def _is_partitioned(facts: Facts, key: Name) -> bool:
    table = facts.tables.get(key)
    return table is not None and (
        table.kind is TableKind.PARTITIONED or table.partition_by is not None
    )


def _know(facts: Facts, key: Name, columns: Iterable[str]) -> None:
    for column in columns:
        facts.known_column(key, column)


def _set_not_null(facts: Facts, key: Name, column: str) -> None:
    known = facts.known_column(key, column)
    if known.nullable is not False:
        facts.put_column(key, replace(known, nullable=False))


def _named(facts: Facts, key: Name, constraint: Constraint) -> ConstraintState:
    """Return the constraint as the server knows it: named, its defaults filled in."""
    name = constraint.name
    full: Constraint
    match constraint:
        case Check():
            name = name or facts.free_constraint_name(
                key, naming.check_addition(constraint), "check"
            )
            full = replace(constraint, name=name)
        case NotNull(column=column):
            name = name or facts.free_constraint_name(key, column, "not_null")
            full = replace(constraint, name=name)
        case ForeignKey(columns=columns):
            addition = naming.columns_addition(columns)
            name = name or facts.free_constraint_name(key, addition, "fkey")
            full = _resolved(facts, replace(constraint, name=name))
        case PrimaryKey() | Unique():
            name, full = _named_unique(facts, key, constraint)
        case Exclusion():
            columns = naming.exclusion_columns(constraint.definition)
            addition = naming.columns_addition(columns)
            name = name or facts.free_constraint_name(key, addition, "excl", index=True)
            full = replace(constraint, name=name)
    return ConstraintState(name, key, full)


def _named_unique(
    facts: Facts, key: Name, constraint: PrimaryKey | Unique
) -> tuple[str, PrimaryKey | Unique]:
    name = constraint.name
    if constraint.using_index is not None:
        index = facts.indexes.get(key.beside(constraint.using_index))
        name = name or constraint.using_index
        if index is None:
            return name, replace(constraint, name=name)
        return name, replace(constraint, name=name, columns=index.columns, include=index.include)
    match constraint:
        case PrimaryKey():
            name = name or facts.free_constraint_name(key, None, "pkey", index=True)
        case Unique(columns=columns, include=include):
            elements = tuple(IndexElement(column=column) for column in columns)
            addition = naming.columns_addition(naming.index_columns(elements, include))
            name = name or facts.free_constraint_name(key, addition, "key", index=True)
    return name, replace(constraint, name=name)


def _resolved(facts: Facts, constraint: ForeignKey) -> ForeignKey:
    """Return a foreign key with the parent's key, and the columns it means."""
    parent = facts.key(constraint.referenced)
    if parent not in facts.tables and facts.is_present(parent) is not False:
        facts.tables = facts.tables.put(parent, TableState(parent, complete=False))
    facts.seen(parent)
    columns = constraint.referenced_columns
    if not columns:
        primary = primary_key(facts, parent)
        columns = () if primary is None else columns_of(primary.constraint)
    else:
        _know(facts, parent, columns)
    return replace(constraint, referenced=parent, referenced_columns=columns)


def primary_key(facts: Facts, key: Name) -> ConstraintState | None:
    """Return the primary key of a table, or None if none is known."""
    return next(
        (
            state
            for state in facts.belongings(key).constraints
            if isinstance(state.constraint, PrimaryKey)
        ),
        None,
    )


def _back(facts: Facts, state: ConstraintState) -> None:
    """Make the index of a constraint, or take over the one that USING INDEX names."""
    key, constraint = state.table, state.constraint
    name = key.beside(state.name)
    match constraint:
        case PrimaryKey(using_index=str(given)) | Unique(using_index=str(given)):
            old = facts.take_index(key.beside(given))
            if old is None:
                old = IndexState(name, key, (), unique=True, valid=None)
            facts.put_index(replace(old, name=name, constraint=state.name))
        case (
            PrimaryKey(columns=columns, include=include) | Unique(columns=columns, include=include)
        ):
            _know(facts, key, (*columns, *include))
            facts.put_index(
                IndexState(
                    name,
                    key,
                    tuple(IndexElement(column=column) for column in columns),
                    unique=True,
                    include=include,
                    constraint=state.name,
                    made_by=state.made_by,
                    nulls_not_distinct=isinstance(constraint, Unique)
                    and constraint.nulls_not_distinct,
                )
            )
        case Exclusion(definition=definition, columns=columns):
            facts.put_index(
                IndexState(
                    name,
                    key,
                    tuple(IndexElement(column=column) for column in columns),
                    method=naming.exclusion_method(definition),
                    constraint=state.name,
                    made_by=state.made_by,
                )
            )
        case Check() | ForeignKey() | NotNull():
            return
    facts.made(name)
    if isinstance(constraint, PrimaryKey):
        for column in constraint.columns:
            _set_not_null(facts, key, column)
    table = facts.tables.get(key)
    if table is not None and table.partition_of is not None:
        _join_parent_index(facts, name, table.partition_of)


def _join_parent_index(facts: Facts, name: Name, parent: Name) -> None:
    index = facts.indexes.get(name)
    if index is None:
        return
    for candidate in facts.belongings(parent).indexes:
        above = facts.indexes.get(candidate)
        if (
            above is not None
            and above.elements == index.elements
            and above.unique == index.unique
            and (above.constraint is None) == (index.constraint is None)
        ):
            facts.put_index(replace(index, parent=candidate))
            return


def add_constraint(facts: Facts, operation: AddConstraint, made_by: str | None) -> None:
    """Apply ADD CONSTRAINT."""
    key = facts.altered(operation.table, sure=not operation.table_if_exists)
    if facts.tables.get(key) is not None:
        add(facts, key, operation.constraint, made_by, only=operation.only)


def validate(facts: Facts, operation: ValidateConstraint) -> None:
    """Apply VALIDATE CONSTRAINT, here and in the tables under it."""
    key = facts.altered(operation.table)
    _validate(facts, key, operation.constraint)


def _validate(facts: Facts, key: Name, name: str) -> None:
    state = facts.constraint(key, name)
    if state is None:
        return
    match state.constraint:
        case Check() | ForeignKey() | NotNull():
            facts.change_constraint(
                replace(state, constraint=replace(state.constraint, valid=True), since=facts.tick)
            )
            if isinstance(state.constraint, NotNull):
                _set_not_null(facts, key, state.constraint.column)
        case Unique() | PrimaryKey() | Exclusion():
            pass
    for child in facts.belongings(key).children:
        _validate(facts, child, name)


def alter(facts: Facts, operation: AlterConstraint) -> None:
    """Apply ALTER CONSTRAINT."""
    key = facts.altered(operation.table)
    state = facts.constraint(key, operation.constraint)
    if state is None:
        return
    changed = state.constraint
    match changed:
        case ForeignKey() | Unique() | PrimaryKey() | Exclusion():
            if operation.deferrable is not None:
                changed = replace(changed, deferrable=operation.deferrable)
            if operation.initially_deferred is not None:
                changed = replace(changed, initially_deferred=operation.initially_deferred)
        case Check() | NotNull():
            pass
    match changed:
        case ForeignKey() | Check():
            if operation.enforced is not None:
                # A constraint that was not enforced comes back as checked: the server
                # scans when it is enforced again.
                changed = replace(changed, enforced=operation.enforced, valid=operation.enforced)
        case _:
            pass
    match changed:
        case Check() | NotNull():
            if operation.inherit is not None:
                changed = replace(changed, no_inherit=not operation.inherit)
        case _:
            pass
    facts.change_constraint(replace(state, constraint=changed))


def drop_constraint(facts: Facts, operation: DropConstraint) -> None:
    """Apply DROP CONSTRAINT; one without a known name leaves the table in doubt."""
    key = facts.altered(operation.table, sure=not operation.table_if_exists)
    if operation.constraint is None:
        facts.doubt_relation(key)
        return
    take(facts, key, operation.constraint, only=operation.only)


def take(facts: Facts, key: Name, name: str, *, only: bool = False) -> None:
    """Remove a constraint with its index, and foreign keys that rest on it."""
    state = facts.take_constraint(key, name)
    if state is None:
        return
    match state.constraint:
        case PrimaryKey(columns=columns) | Unique(columns=columns):
            _drop_keys_resting_on(facts, key, columns)
            _take_index(facts, key, name)
        case Exclusion():
            _take_index(facts, key, name)
        case NotNull(column=column):
            known = facts.column(key, column)
            if known is not None:
                facts.put_column(key, replace(known, nullable=True))
        case Check() | ForeignKey():
            pass
    if not only and not isinstance(state.constraint, Unique | PrimaryKey | Exclusion):
        for child in facts.belongings(key).children:
            take(facts, child, name)


def _take_index(facts: Facts, key: Name, name: str) -> None:
    """Remove the index of a constraint; in partitions its constraint goes along."""
    index = facts.indexes.get(key.beside(name))
    if index is None:
        return
    for child in facts.indexes_under(index):
        under = facts.indexes.get(child)
        if under is not None and under.constraint is not None:
            take(facts, under.table, under.constraint)
    facts.take_index(index.name)


def _drop_keys_resting_on(facts: Facts, key: Name, columns: tuple[str, ...]) -> None:
    """Remove foreign keys that no unique constraint carries any more."""
    carried = [
        set(columns_of(state.constraint))
        for state in facts.belongings(key).constraints
        if isinstance(state.constraint, Unique | PrimaryKey)
    ]
    for child, name in facts.belongings(key).incoming:
        state = facts.constraint(child, name)
        if state is None or not isinstance(state.constraint, ForeignKey):
            continue
        wanted = set(state.constraint.referenced_columns)
        if wanted == set(columns) and wanted not in carried:
            facts.take_constraint(child, name)


def rename(facts: Facts, key: Name, old: str, new: str) -> None:
    """Rename a constraint with its index, here and in the tables under it."""
    state = facts.take_constraint(key, old)
    if state is None:
        return
    facts.put_constraint(replace(state, name=new, constraint=replace(state.constraint, name=new)))
    index = facts.indexes.get(key.beside(old))
    if index is not None and index.constraint == old:
        rename_index(facts, index.name, new)
    if isinstance(state.constraint, Check | NotNull):
        for child in facts.belongings(key).children:
            rename(facts, child, old, new)


def rename_index(facts: Facts, old: Name, new_name: str) -> None:
    """Rename an index, and the constraint that it backs."""
    index = facts.indexes.get(old)
    if index is None:
        return
    new = old.beside(new_name)
    under = facts.indexes_under(index)
    attached = facts.belongings(index.table)
    names = tuple(new if name == old else name for name in attached.indexes)
    facts.attach(index.table, replace(attached, indexes=names))
    backed = new_name if index.constraint is not None else None
    facts.indexes = facts.indexes.drop(old).put(new, replace(index, name=new, constraint=backed))
    for child in under:
        state = facts.indexes.get(child)
        if state is not None:
            facts.indexes = facts.indexes.put(child, replace(state, parent=new))
    facts.gone(old)
    facts.made(new)
    if index.constraint is not None and index.constraint != new_name:
        rename(facts, index.table, index.constraint, new_name)
