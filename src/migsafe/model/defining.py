"""What an operation defines: its columns with their types, its constraints, its names."""

from collections.abc import Iterator

from migsafe.model.expressions import Name, Type
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    Constraint,
    CreateIndex,
    CreateTable,
    CreateTableAs,
    CreateView,
    Operation,
    RenameColumn,
    RenameTable,
)


def typed_columns(operation: Operation) -> Iterator[tuple[Name, str, Type]]:
    """Yield table, name and type of each column that gets a type here."""
    match operation:
        case CreateTable(table=table, columns=columns):
            for column in columns:
                if column.type is not None:
                    yield table, column.name, column.type
        case AddColumn(table=table, column=column):
            if column.type is not None:
                yield table, column.name, column.type
        case AlterColumnType(table=table, column=name, type=type_):
            if type_ is not None:
                yield table, name, type_
        case _:
            pass


def constraints(operation: Operation) -> Iterator[tuple[Name, Constraint]]:
    """Yield table and constraint of each constraint that is made here."""
    match operation:
        case CreateTable(table=table, constraints=made) | AddColumn(table=table, constraints=made):
            for constraint in made:
                yield table, constraint
        case AddConstraint(table=table, constraint=constraint):
            yield table, constraint
        case _:
            pass


def new_names(operation: Operation) -> Iterator[str]:
    """Yield the names that are given here to tables, views, columns, indexes and constraints."""
    match operation:
        case CreateTable(table=name) | CreateTableAs(table=name) | CreateView(view=name):
            yield name.name
        case CreateIndex(name=str() as name):
            yield name
        case RenameTable(new_name=name) | RenameColumn(new_name=name):
            yield name
        case _:
            pass
    match operation:
        case CreateTable(columns=columns):
            yield from (column.name for column in columns)
        case AddColumn(column=column):
            yield column.name
        case _:
            pass
    for _, constraint in constraints(operation):
        if constraint.name is not None:
            yield constraint.name
