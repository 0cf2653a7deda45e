"""Renamed columns, and what follows them."""

from migsafe.catalog import indexes, rights, types, views
from migsafe.catalog.columns import family
from migsafe.catalog.facts import Facts
from migsafe.catalog.schema import ColumnState
from migsafe.catalog.text import renamed
from migsafe.model.expressions import Expression, Name
from migsafe.model.operations import (
    Check,
    Constraint,
    Exclusion,
    ForeignKey,
    NotNull,
    ObjectKind,
    PrimaryKey,
    RenameColumn,
    Unique,
)
from migsafe.model.record import replace


def rename_column(facts: Facts, operation: RenameColumn) -> None:
    """Apply RENAME COLUMN of a table, view or materialized view."""
    if operation.kind is ObjectKind.TYPE:
        types.rename_attribute(facts, operation.table, operation.column, operation.new_name)
        return
    key = facts.altered(operation.table, sure=not operation.if_exists)
    if facts.views.get(key) is not None:
        views.rename_column(facts, key, operation.column, operation.new_name)
        rights.rename_column(facts, key, operation.column, operation.new_name)
        return
    for each in family(facts, key):
        rights.rename_column(facts, each, operation.column, operation.new_name)
        facts.known_column(each, operation.column)
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
    facts.tables = facts.tables.put(key, replace(table, columns=columns, partition_by=by))
    facts.note_types(key)
    facts.touch(key, new)
    _follow_constraints(facts, key, old, new)
    for index in facts.belongings(key).indexes:
        indexes.rename_column(facts, index, old, new)
    for name in facts.belongings(key).sequences:
        sequence = facts.sequences.get(name)
        if sequence is not None and sequence.owned_by == (key, old):
            facts.sequences = facts.sequences.put(name, replace(sequence, owned_by=(key, new)))
    views.follow_column(facts, key, old, new)
    prefix = f"column {old} "
    for setting, value in facts.belongings(key).settings:
        if setting.startswith(prefix):
            facts.set_setting(key, setting, None)
            facts.set_setting(key, f"column {new} {setting.removeprefix(prefix)}", value)


def _follow_constraints(facts: Facts, key: Name, old: str, new: str) -> None:
    attached = facts.belongings(key)
    for state in attached.constraints:
        changed = _constraint_renamed(state.constraint, old, new)
        facts.change_constraint(replace(state, constraint=changed))
    for child, name in attached.incoming:
        incoming = facts.constraint(child, name)
        if incoming is not None and isinstance(incoming.constraint, ForeignKey):
            columns = _swapped(incoming.constraint.referenced_columns, old, new)
            foreign = replace(incoming.constraint, referenced_columns=columns)
            facts.change_constraint(replace(incoming, constraint=foreign))


def _column_renamed(column: ColumnState, old: str, new: str) -> ColumnState:
    if column.generated is not None:
        expression = renamed(column.generated.expression, old, new)
        column = replace(column, generated=replace(column.generated, expression=expression))
    return replace(column, name=new) if column.name == old else column


def _swapped(columns: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if column == old else column for column in columns)


def _constraint_renamed(
    constraint: Constraint,
    old: str,
    new: str,
) -> Constraint:
    match constraint:
        case Check(expression=expression):
            return replace(constraint, expression=renamed(expression, old, new))
        case ForeignKey(columns=columns):
            return replace(constraint, columns=_swapped(columns, old, new))
        case (
            Unique(columns=columns, include=include) | PrimaryKey(columns=columns, include=include)
        ):
            return replace(
                constraint,
                columns=_swapped(columns, old, new),
                include=_swapped(include, old, new),
            )
        case Exclusion(definition=definition, columns=columns):
            text = renamed(Expression(definition, (old,)), old, new).sql
            return replace(constraint, definition=text, columns=_swapped(columns, old, new))
        case NotNull(column=column):
            return replace(constraint, column=new if column == old else column)
