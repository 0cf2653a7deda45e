"""Columns: made, changed, renamed, dropped with what goes with them."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from migsafe.catalog import constraints, indexes, views
from migsafe.catalog.facts import Facts
from migsafe.catalog.schema import ColumnState, SequenceState
from migsafe.catalog.text import renamed
from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import (
    AddColumn,
    AlterColumnType,
    AlterGenerated,
    AlterIdentity,
    Check,
    Column,
    ColumnSetting,
    DropColumn,
    DropDefault,
    DropNotNull,
    Exclusion,
    ForeignKey,
    Generated,
    Identity,
    IdentityAction,
    NotNull,
    ObjectKind,
    PrimaryKey,
    RenameColumn,
    SetColumnStorage,
    SetDefault,
    SetNotNull,
    Unique,
)
from migsafe.writing import quoting

_SERIALS = {"smallserial": "smallint", "serial": "integer", "bigserial": "bigint"}


def family(facts: Facts, key: Name, *, only: bool = False) -> Iterator[Name]:
    """Yield a table and, unless ONLY was said, all that inherit from it."""
    yield key
    if not only:
        for child in facts.belongings(key).children:
            yield from family(facts, child)


# --- making --------------------------------------------------------------------------


def nextval(sequence: Name) -> Expression:
    """Return the default that takes the next value of a sequence."""
    text = quoting.literal(quoting.name(sequence))
    return Expression(f"nextval({text}::regclass)", functions=("nextval",))


def column_state(
    facts: Facts, key: Name, column: Column, made_by: str | None
) -> ColumnState:
    """Return a new column as the server makes it, its sequence made beside it."""
    type_, default, nullable = column.type, column.default, column.nullable
    serial = None if type_ is None else _SERIALS.get(type_.name)
    if type_ is not None and type_.schema == "public":
        type_ = replace(type_, schema=None)
    if serial is not None or column.identity is not None:
        sequence = own_sequence(facts, key, column.name, made_by)
        nullable = False
        if serial is not None:
            type_, default = Type(serial), nextval(sequence)
    return ColumnState(
        column.name,
        type_,
        nullable=nullable,
        default=default,
        identity=column.identity,
        generated=column.generated,
        made_by=made_by,
    )


def own_sequence(facts: Facts, key: Name, column: str, made_by: str | None) -> Name:
    """Make the sequence that a serial or identity column owns; return its key."""
    name = key.beside(facts.free_relation_name(key, column, "seq"))
    own(facts, SequenceState(name, (key, column), made_by))
    facts.made(name)
    return name


def own(facts: Facts, sequence: SequenceState) -> None:
    """Put a sequence, and list it with the table that owns it."""
    old = facts.sequences.get(sequence.name)
    if old is not None and old.owned_by is not None:
        disown(facts, old)
    facts.sequences = facts.sequences.put(sequence.name, sequence)
    if sequence.owned_by is not None:
        table = sequence.owned_by[0]
        attached = facts.belongings(table)
        facts.attach(
            table, replace(attached, sequences=(*attached.sequences, sequence.name))
        )


def disown(facts: Facts, sequence: SequenceState) -> None:
    """Take a sequence off the list of the table that owns it."""
    if sequence.owned_by is None:
        return
    attached = facts.belongings(sequence.owned_by[0])
    others = tuple(each for each in attached.sequences if each != sequence.name)
    facts.attach(sequence.owned_by[0], replace(attached, sequences=others))


def take_sequence(facts: Facts, name: Name) -> None:
    """Remove a sequence, and the defaults that take their values from it."""
    sequence = facts.sequences.get(name)
    if sequence is None:
        return
    disown(facts, sequence)
    facts.sequences = facts.sequences.drop(name)
    facts.gone(name)
    if sequence.owned_by is not None:
        key, column = sequence.owned_by
        state = facts.column(key, column)
        if state is not None and state.default == nextval(name):
            facts.put_column(key, replace(state, default=None))


def add_column(facts: Facts, operation: AddColumn, made_by: str | None) -> None:
    """Apply ADD COLUMN."""
    key = facts.altered(operation.table, sure=not operation.if_exists)
    if facts.tables.get(key) is None:
        return
    if operation.if_not_exists and facts.column(key, operation.column.name) is not None:
        return
    state = column_state(facts, key, operation.column, made_by)
    for each in family(facts, key, only=operation.only):
        if facts.column(each, state.name) is None:
            facts.put_column(each, state)
    for constraint in constraints.server_order(operation.constraints):
        constraints.add(facts, key, constraint, made_by, only=operation.only)


# --- changing ------------------------------------------------------------------------

ColumnChange = (
    AlterColumnType
    | SetDefault
    | DropDefault
    | SetNotNull
    | DropNotNull
    | AlterIdentity
    | AlterGenerated
)


def _changed(
    facts: Facts,
    operation: ColumnChange,
    change: Callable[[ColumnState], ColumnState],
    made_by: str | None,
    *,
    only: bool,
    sure: bool,
) -> None:
    key = facts.altered(operation.table, sure=sure)
    view = facts.views.get(key)
    if view is not None:
        return
    for each in family(facts, key, only=only):
        state = facts.known_column(each, operation.column, made_by)
        facts.put_column(each, change(state))


def alter_type(facts: Facts, operation: AlterColumnType, made_by: str | None) -> None:
    """Apply ALTER COLUMN … TYPE."""
    type_ = operation.type
    if type_ is not None and type_.schema == "public":
        type_ = replace(type_, schema=None)
    _changed(
        facts,
        operation,
        lambda column: replace(column, type=type_),
        made_by,
        only=operation.only,
        sure=not operation.table_if_exists,
    )


def set_default(
    facts: Facts, operation: SetDefault | DropDefault, made_by: str | None
) -> None:
    """Apply SET DEFAULT and DROP DEFAULT."""
    match operation:
        case SetDefault(default=default):
            value: Expression | None = (
                None if default.sql.upper() == "NULL" else default
            )
        case DropDefault():
            value = None
    _changed(
        facts,
        operation,
        lambda column: replace(column, default=value),
        made_by,
        only=operation.only,
        sure=not operation.table_if_exists,
    )


def set_not_null(facts: Facts, operation: SetNotNull, made_by: str | None) -> None:
    """Apply SET NOT NULL; a NOT NULL constraint that was not valid becomes valid."""
    _changed(
        facts,
        operation,
        lambda column: replace(column, nullable=False),
        made_by,
        only=operation.only,
        sure=not operation.table_if_exists,
    )
    key = facts.key(operation.table)
    for each in family(facts, key, only=operation.only):
        for state in facts.belongings(each).constraints:
            match state.constraint:
                case NotNull(column=operation.column, valid=False) as constraint:
                    valid = replace(constraint, valid=True)
                    facts.change_constraint(replace(state, constraint=valid))
                case _:
                    pass


def drop_not_null(facts: Facts, operation: DropNotNull, made_by: str | None) -> None:
    """Apply DROP NOT NULL, which also drops the constraint of that meaning."""
    _changed(
        facts,
        operation,
        lambda column: replace(column, nullable=True),
        made_by,
        only=operation.only,
        sure=not operation.table_if_exists,
    )
    key = facts.key(operation.table)
    for each in family(facts, key, only=operation.only):
        for state in facts.belongings(each).constraints:
            match state.constraint:
                case NotNull(column=operation.column):
                    facts.take_constraint(each, state.name)
                case _:
                    pass


def alter_identity(
    facts: Facts, operation: AlterIdentity, made_by: str | None
) -> None:
    """Apply ADD, SET and DROP of an identity with its sequence."""
    key = facts.altered(operation.table, sure=not operation.if_exists)
    column = facts.known_column(key, operation.column, made_by)
    given = operation.identity
    match operation.action:
        case IdentityAction.ADD:
            own_sequence(facts, key, operation.column, made_by)
            column = replace(column, identity=given or Identity(always=False))
            column = replace(column, nullable=False)
        case IdentityAction.SET:
            if given is not None and operation.changes_always:
                options = given.options or (
                    "" if column.identity is None else column.identity.options
                )
                column = replace(column, identity=Identity(given.always, options))
            elif given is not None and column.identity is not None:
                kept = Identity(column.identity.always, given.options)
                column = replace(column, identity=kept)
        case IdentityAction.DROP:
            for name in facts.belongings(key).sequences:
                sequence = facts.sequences.get(name)
                if sequence is not None and sequence.owned_by == (key, column.name):
                    take_sequence(facts, name)
            column = replace(column, identity=None)
    facts.put_column(key, column)


def alter_generated(
    facts: Facts, operation: AlterGenerated, made_by: str | None
) -> None:
    """Apply SET EXPRESSION and DROP EXPRESSION."""
    expression = operation.expression

    def change(column: ColumnState) -> ColumnState:
        if expression is None:
            return replace(column, generated=None)
        stored = column.generated is None or column.generated.stored
        return replace(column, generated=Generated(expression, stored))

    _changed(
        facts, operation, change, made_by, only=False, sure=not operation.if_exists
    )


def set_storage(
    facts: Facts, operation: SetColumnStorage, made_by: str | None
) -> None:
    """Apply SET STORAGE, COMPRESSION, STATISTICS and column options."""
    key = facts.altered(operation.table)
    if facts.indexes.get(key) is None:
        facts.known_column(key, operation.column, made_by)
    name = f"column {operation.column} {operation.setting}"
    match operation.setting:
        case ColumnSetting.RESET_OPTIONS:
            facts.set_setting(
                key, f"column {operation.column} {ColumnSetting.OPTIONS}", None
            )
        case (
            ColumnSetting.STORAGE
            | ColumnSetting.COMPRESSION
            | ColumnSetting.STATISTICS
            | ColumnSetting.OPTIONS
        ):
            facts.set_setting(key, name, operation.value)


# --- dropping ------------------------------------------------------------------------


def drop_column(facts: Facts, operation: DropColumn) -> None:
    """Apply DROP COLUMN."""
    key = facts.altered(operation.table, sure=not operation.table_if_exists)
    for each in family(facts, key, only=operation.only):
        take(facts, each, operation.column)


def take(facts: Facts, key: Name, column: str) -> None:
    """Remove a column with its indexes, constraints, sequences, and the views on it.

    The statement fails if views or foreign keys of other tables depend and CASCADE was
    not said: where it went through, they are gone either way.
    """
    for view in views.using(facts, key, column):
        views.take(facts, view)
    attached = facts.belongings(key)
    for state in attached.constraints:
        if column in constraints.columns_of(state.constraint):
            constraints.take(facts, key, state.name)
    for child, name in facts.belongings(key).incoming:
        state_or_none = facts.constraint(child, name)
        if state_or_none is not None:
            match state_or_none.constraint:
                case ForeignKey(referenced_columns=columns) if column in columns:
                    facts.take_constraint(child, name)
                case _:
                    pass
    for name in facts.belongings(key).indexes:
        index = facts.indexes.get(name)
        if index is not None and column in indexes.columns_of(index):
            facts.take_index(name)
    for name in facts.belongings(key).sequences:
        sequence = facts.sequences.get(name)
        if sequence is not None and sequence.owned_by == (key, column):
            take_sequence(facts, name)
    prefix = f"column {column} "
    for setting, _ in facts.belongings(key).settings:
        if setting.startswith(prefix):
            facts.set_setting(key, setting, None)
    facts.take_column(key, column)
    table = facts.tables.get(key)
    for other in () if table is None else table.columns:
        if other.generated is not None and column in other.generated.expression.columns:
            take(facts, key, other.name)


# --- renaming ------------------------------------------------------------------------


def rename_column(
    facts: Facts, operation: RenameColumn, made_by: str | None
) -> None:
    """Apply RENAME COLUMN of a table, view or materialized view."""
    if operation.kind is ObjectKind.TYPE:
        return
    key = facts.altered(operation.table, sure=not operation.if_exists)
    if facts.views.get(key) is not None:
        views.rename_column(facts, key, operation.column, operation.new_name)
        return
    for each in family(facts, key):
        facts.known_column(each, operation.column, made_by)
        _rename(facts, each, operation.column, operation.new_name)


def _rename(facts: Facts, key: Name, old: str, new: str) -> None:
    table = facts.tables.get(key)
    if table is None or table.column(old) is None:
        return
    facts.forget_types(key)
    columns = tuple(_column_renamed(column, old, new) for column in table.columns)
    by = table.partition_by
    if by is not None and old in by.columns:
        definition = renamed(Expression(by.definition, (old,)), old, new).sql
        by = replace(by, definition=definition, columns=_swapped(by.columns, old, new))
    facts.tables = facts.tables.put(
        key, replace(table, columns=columns, partition_by=by)
    )
    facts.note_types(key)
    facts.touch(key, new)
    attached = facts.belongings(key)
    for state in attached.constraints:
        changed = _constraint_renamed(state.constraint, old, new)
        facts.change_constraint(replace(state, constraint=changed))
    for child, name in attached.incoming:
        incoming = facts.constraint(child, name)
        if incoming is not None and isinstance(incoming.constraint, ForeignKey):
            foreign = replace(
                incoming.constraint,
                referenced_columns=_swapped(
                    incoming.constraint.referenced_columns, old, new
                ),
            )
            facts.change_constraint(replace(incoming, constraint=foreign))
    for name in attached.indexes:
        indexes.rename_column(facts, name, old, new)
    for name in attached.sequences:
        sequence = facts.sequences.get(name)
        if sequence is not None and sequence.owned_by == (key, old):
            facts.sequences = facts.sequences.put(
                name, replace(sequence, owned_by=(key, new))
            )
    views.follow_column(facts, key, old, new)
    prefix = f"column {old} "
    for setting, value in facts.belongings(key).settings:
        if setting.startswith(prefix):
            facts.set_setting(key, setting, None)
            rest = setting.removeprefix(prefix)
            facts.set_setting(key, f"column {new} {rest}", value)


def _column_renamed(column: ColumnState, old: str, new: str) -> ColumnState:
    if column.generated is not None:
        expression = renamed(column.generated.expression, old, new)
        column = replace(
            column, generated=replace(column.generated, expression=expression)
        )
    return replace(column, name=new) if column.name == old else column


def _swapped(columns: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if column == old else column for column in columns)


def _constraint_renamed(
    constraint: Check | ForeignKey | Unique | PrimaryKey | Exclusion | NotNull,
    old: str,
    new: str,
) -> Check | ForeignKey | Unique | PrimaryKey | Exclusion | NotNull:
    match constraint:
        case Check(expression=expression):
            return replace(constraint, expression=renamed(expression, old, new))
        case ForeignKey(columns=columns):
            return replace(constraint, columns=_swapped(columns, old, new))
        case Unique(columns=columns, include=include) | PrimaryKey(
            columns=columns, include=include
        ):
            return replace(
                constraint,
                columns=_swapped(columns, old, new),
                include=_swapped(include, old, new),
            )
        case Exclusion(definition=definition, columns=columns):
            text = renamed(Expression(definition, (old,)), old, new).sql
            return replace(
                constraint, definition=text, columns=_swapped(columns, old, new)
            )
        case NotNull(column=column):
            return replace(constraint, column=new if column == old else column)
