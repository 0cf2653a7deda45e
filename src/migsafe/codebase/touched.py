"""What an operation adds, takes away, renames or constrains, as application code would name it."""

from collections.abc import Iterator
from enum import StrEnum

from migsafe.model.code import UseKind
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AddEnumValue,
    Check,
    Constraint,
    CreateEnum,
    CreateIndex,
    CreateRoutine,
    CreateTable,
    CreateTableAs,
    CreateType,
    CreateView,
    DropColumn,
    DropConstraint,
    DropObject,
    DropTable,
    IndexElement,
    NotNull,
    ObjectKind,
    Operation,
    RenameColumn,
    RenameEnumValue,
    RenameObject,
    RenameTable,
    SetNotNull,
    SetSchema,
)
from migsafe.model.record import record

_KINDS = {
    ObjectKind.TABLE: UseKind.TABLE,
    ObjectKind.VIEW: UseKind.TABLE,
    ObjectKind.MATERIALIZED_VIEW: UseKind.TABLE,
    ObjectKind.FOREIGN_TABLE: UseKind.TABLE,
    ObjectKind.TYPE: UseKind.TYPE,
    ObjectKind.DOMAIN: UseKind.TYPE,
    ObjectKind.FUNCTION: UseKind.FUNCTION,
    ObjectKind.PROCEDURE: UseKind.FUNCTION,
    ObjectKind.ROUTINE: UseKind.FUNCTION,
    ObjectKind.AGGREGATE: UseKind.FUNCTION,
    ObjectKind.CONSTRAINT: UseKind.CONSTRAINT,
}
"""The kinds of object that application code names."""


class How(StrEnum):
    """What becomes of an object."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    RESTRICTED = "restricted"


@record
class Touched:
    """An object that an operation changes for who names it.

    `owner` is the table of a column or constraint and the type of a label, None for what stands
    alone; `new` is the name that a renamed object has afterwards.
    """

    how: How
    kind: UseKind
    name: str
    owner: Name | None = None
    schema: str | None = None
    new: str | None = None

    @property
    def full_name(self) -> Name:
        """Its name with its schema, of what has no owner."""
        return Name(self.name, self.schema)

    def __str__(self) -> str:
        """Return the object as people say it."""
        if self.owner is not None:
            label = self.kind is UseKind.LABEL
            return (
                f"the label {self.name} of {self.owner}" if label else f"{self.owner}.{self.name}"
            )
        return str(self.full_name)


def touched(operation: Operation) -> Iterator[Touched]:
    """Yield what an operation changes for the code that names it."""
    yield from _added(operation)
    yield from _removed(operation)
    yield from _renamed(operation)
    yield from _restricted(operation)


def _added(operation: Operation) -> Iterator[Touched]:
    match operation:
        case CreateTable(table=name) | CreateTableAs(table=name) | CreateView(view=name):
            yield _alone(How.ADDED, UseKind.TABLE, name)
        case CreateEnum(type=name) | CreateType(type=name):
            yield _alone(How.ADDED, UseKind.TYPE, name)
        case CreateRoutine(routine=name):
            yield _alone(How.ADDED, UseKind.FUNCTION, name)
        case AddColumn(table=table, column=column):
            yield Touched(How.ADDED, UseKind.COLUMN, column.name, table)
        case AddEnumValue(type=owner, label=label):
            yield Touched(How.ADDED, UseKind.LABEL, label, owner)
        case _:
            pass


def _removed(operation: Operation) -> Iterator[Touched]:
    match operation:
        case DropTable(table=name):
            yield _alone(How.REMOVED, UseKind.TABLE, name)
        case DropColumn(table=table, column=column):
            yield Touched(How.REMOVED, UseKind.COLUMN, column, table)
        case DropConstraint(table=table, constraint=str() as constraint):
            yield Touched(How.REMOVED, UseKind.CONSTRAINT, constraint, table)
        case DropObject(kind=kind, object=name, table=None) if kind in _KINDS:
            yield _alone(How.REMOVED, _KINDS[kind], name)
        case _:
            pass


def _renamed(operation: Operation) -> Iterator[Touched]:
    match operation:
        case RenameTable(table=name, new_name=new):
            yield _alone(How.RENAMED, UseKind.TABLE, name, new)
        case RenameColumn(table=table, column=column, new_name=new):
            yield Touched(How.RENAMED, UseKind.COLUMN, column, table, new=new)
        case RenameEnumValue(type=owner, label=label, new_label=new):
            yield Touched(How.RENAMED, UseKind.LABEL, label, owner, new=new)
        case RenameObject(kind=kind, object=name, new_name=new, table=on) if kind in _KINDS:
            if on is None:
                yield _alone(How.RENAMED, _KINDS[kind], name, new)
            else:
                yield Touched(How.RENAMED, _KINDS[kind], name.name, on, new=new)
        case SetSchema(kind=kind, object=name) if kind in _KINDS:
            # Its own name stays: code that names the schema says another from here on.
            yield _alone(How.RENAMED, _KINDS[kind], name, name.name)
        case _:
            pass


def _restricted(operation: Operation) -> Iterator[Touched]:
    match operation:
        case SetNotNull(table=table, column=column):
            columns: tuple[str, ...] = (column,)
        case AddConstraint(table=table, constraint=constraint):
            columns = _columns(constraint)
        case CreateIndex(table=table, unique=True, elements=elements):
            columns = tuple(name for element in elements for name in _columns_of(element))
        case _:
            return
    for name in dict.fromkeys(columns):
        yield Touched(How.RESTRICTED, UseKind.COLUMN, name, table)


def _alone(how: How, kind: UseKind, name: Name, new: str | None = None) -> Touched:
    return Touched(how, kind, name.name, schema=name.schema, new=new)


def _columns_of(element: IndexElement) -> tuple[str, ...]:
    if element.column is not None:
        return (element.column,)
    return () if element.expression is None else element.expression.columns


def _columns(constraint: Constraint) -> tuple[str, ...]:
    match constraint:
        case NotNull(column=column):
            return (column,)
        case Check(expression=expression):
            return expression.columns
        case _:
            return constraint.columns
