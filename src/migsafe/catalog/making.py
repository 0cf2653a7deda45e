"""Which object an operation makes, or gives its name to."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.objects import space
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    ChangePolicy,
    CreateDomain,
    CreateEnum,
    CreateExtension,
    CreateObject,
    CreateRoutine,
    CreateRule,
    CreateSchema,
    CreateSequence,
    CreateTable,
    CreateTableAs,
    CreateTrigger,
    CreateType,
    CreateView,
    ObjectKind,
    Operation,
    RenameObject,
    RenameTable,
    SetSchema,
)
from migsafe.model.record import record


@record
class Named:
    """An object by its name space, name, and table if it belongs to one."""

    space: ObjectKind
    name: Name
    table: Name | None = None


def named(kind: ObjectKind, name: Name, table: Name | None, catalog: Catalog) -> Named:
    """Return an object as it is compared."""
    if table is not None:
        return Named(kind, Name(name.name), catalog.key(table))
    return Named(space(kind), catalog.key(name))


def given_by(operation: Operation, catalog: Catalog) -> Named | None:  # noqa: C901, PLR0912
    """Return the object that has its name from an operation; `catalog` is the schema before."""
    match operation:
        case CreateTable(table=name) | CreateTableAs(table=name):
            return named(ObjectKind.TABLE, name, None, catalog)
        case CreateView(view=name):
            return named(ObjectKind.VIEW, name, None, catalog)
        case CreateSequence(sequence=name):
            return named(ObjectKind.SEQUENCE, name, None, catalog)
        case CreateEnum(type=name) | CreateType(type=name) | CreateDomain(domain=name):
            return named(ObjectKind.TYPE, name, None, catalog)
        case CreateRoutine(kind=kind, routine=name) | CreateObject(kind=kind, object=name):
            return named(kind, name, None, catalog)
        case CreateSchema(schema=word):
            return named(ObjectKind.SCHEMA, Name(word), None, catalog)
        case CreateExtension(extension=word):
            return named(ObjectKind.EXTENSION, Name(word), None, catalog)
        case CreateTrigger(trigger=word, table=table):
            return named(ObjectKind.TRIGGER, Name(word), table, catalog)
        case ChangePolicy(policy=word, table=table, create=True):
            return named(ObjectKind.POLICY, Name(word), table, catalog)
        case CreateRule(rule=word, table=table):
            return named(ObjectKind.RULE, Name(word), table, catalog)
        case RenameTable(table=name, new_name=new):
            return named(ObjectKind.TABLE, catalog.key(name).beside(new), None, catalog)
        case RenameObject(kind=kind, object=name, new_name=new, table=table):
            return named(kind, name.beside(new), table, catalog)
        case SetSchema(kind=kind, object=name, schema=schema):
            return named(kind, Name(name.name, schema), None, catalog)
        case _:
            return None
