"""Columns: made, changed, renamed, dropped with what goes with them."""

from collections.abc import Callable, Iterator

from migsafe.catalog import constraints
from migsafe.catalog.facts import Facts
from migsafe.catalog.schema import ColumnState, ConstraintState, SequenceState
from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import (
    AddColumn,
    AlterColumnType,
    AlterGenerated,
    AlterIdentity,
    Column,
    ColumnSetting,
    DropDefault,
    DropNotNull,
    Generated,
    Identity,
    IdentityAction,
    NotNull,
    SetColumnStorage,
    SetDefault,
    SetNotNull,
)
from migsafe.model.record import replace
from migsafe.writing import quoting

_SERIALS = {"smallserial": "smallint", "serial": "integer", "bigserial": "bigint"}


def family(facts: Facts, key: Name, *, only: bool = False) -> Iterator[Name]:
    """Yield a table and, unless ONLY was said, all that inherit from it, each once."""
    queue, met = [key], {key}
    while queue:
        each = queue.pop()
        yield each
        # A text may say that a table inherits from itself; the server refuses that.
        below = () if only else facts.belongings(each).children
        fresh = [child for child in below if child not in met]
        met.update(fresh)
        queue.extend(reversed(fresh))


# --- making --------------------------------------------------------------------------


def nextval(sequence: Name) -> Expression:
    """Return the default that takes the next value of a sequence."""
    text = quoting.literal(quoting.name(sequence))
    return Expression(f"nextval({text}::regclass)", functions=("nextval",))


def column_state(facts: Facts, key: Name, column: Column, made_by: str | None) -> ColumnState:
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
        since=facts.tick,
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
        facts.attach(table, replace(attached, sequences=(*attached.sequences, sequence.name)))


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
    *,
    only: bool,
    sure: bool,
) -> None:
    key = facts.altered(operation.table, sure=sure)
    view = facts.views.get(key)
    if view is not None:
        return
    for each in family(facts, key, only=only):
        state = facts.known_column(each, operation.column)
        facts.put_column(each, change(state))


def alter_type(facts: Facts, operation: AlterColumnType) -> None:
    """Apply ALTER COLUMN … TYPE."""
    type_ = operation.type
    if type_ is not None and type_.schema == "public":
        type_ = replace(type_, schema=None)
    _changed(
        facts,
        operation,
        lambda column: replace(column, type=type_),
        only=operation.only,
        sure=not operation.table_if_exists,
    )


def set_default(facts: Facts, operation: SetDefault | DropDefault) -> None:
    """Apply SET DEFAULT and DROP DEFAULT."""
    match operation:
        case SetDefault(default=default):
            value: Expression | None = None if default.sql.upper() == "NULL" else default
        case DropDefault():
            value = None
    _changed(
        facts,
        operation,
        lambda column: replace(column, default=value),
        only=operation.only,
        sure=not operation.table_if_exists,
    )


def set_not_null(facts: Facts, operation: SetNotNull) -> None:
    """Apply SET NOT NULL; a NOT NULL constraint that was not valid becomes valid."""
    _changed(
        facts,
        operation,
        lambda column: replace(column, nullable=False),
        only=operation.only,
        sure=not operation.table_if_exists,
    )
    for state, constraint in _not_null_constraints(facts, operation):
        if not constraint.valid:
            valid = replace(constraint, valid=True)
            facts.change_constraint(replace(state, constraint=valid))


def drop_not_null(facts: Facts, operation: DropNotNull) -> None:
    """Apply DROP NOT NULL, which also drops the constraint of that meaning."""
    _changed(
        facts,
        operation,
        lambda column: replace(column, nullable=True),
        only=operation.only,
        sure=not operation.table_if_exists,
    )
    for state, _ in _not_null_constraints(facts, operation):
        facts.take_constraint(state.table, state.name)


def _not_null_constraints(
    facts: Facts, operation: SetNotNull | DropNotNull
) -> list[tuple[ConstraintState, NotNull]]:
    """Return the constraints, of the table and its children, that mean NOT NULL of the column."""
    key = facts.key(operation.table)
    return [
        (state, state.constraint)
        for each in family(facts, key, only=operation.only)
        for state in facts.belongings(each).constraints
        if isinstance(state.constraint, NotNull) and state.constraint.column == operation.column
    ]


def alter_identity(facts: Facts, operation: AlterIdentity, made_by: str | None) -> None:
    """Apply ADD, SET and DROP of an identity with its sequence."""
    key = facts.altered(operation.table, sure=not operation.if_exists)
    column = facts.known_column(key, operation.column)
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


def alter_generated(facts: Facts, operation: AlterGenerated) -> None:
    """Apply SET EXPRESSION and DROP EXPRESSION."""
    expression = operation.expression

    def change(column: ColumnState) -> ColumnState:
        if expression is None:
            return replace(column, generated=None)
        stored = column.generated is None or column.generated.stored
        return replace(column, generated=Generated(expression, stored))

    _changed(facts, operation, change, only=False, sure=not operation.if_exists)


def set_storage(facts: Facts, operation: SetColumnStorage) -> None:
    """Apply SET STORAGE, COMPRESSION, STATISTICS and column options."""
    key = facts.altered(operation.table)
    if facts.indexes.get(key) is None:
        facts.known_column(key, operation.column)
    name = f"column {operation.column} {operation.setting}"
    match operation.setting:
        case ColumnSetting.RESET_OPTIONS:
            facts.set_setting(key, f"column {operation.column} {ColumnSetting.OPTIONS}", None)
        case (
            ColumnSetting.STORAGE
            | ColumnSetting.COMPRESSION
            | ColumnSetting.STATISTICS
            | ColumnSetting.OPTIONS
        ):
            facts.set_setting(key, name, operation.value)
