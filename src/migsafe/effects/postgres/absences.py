"""What a statement needs to find, and what happens where it is not there."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence
from migsafe.model.effects import Certain, Moment
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    AlterConstraint,
    AlterGenerated,
    AlterIdentity,
    AttachPartition,
    ChangePolicy,
    Copy,
    CreateIndex,
    CreateRule,
    CreateTrigger,
    Delete,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropNotNull,
    Grant,
    GrantScope,
    Insert,
    LockTable,
    Merge,
    ObjectKind,
    Operation,
    RenameColumn,
    RenameTable,
    Revoke,
    RewriteTable,
    SetColumnStorage,
    SetDefault,
    SetInheritance,
    SetNotNull,
    SetOwner,
    SetReplicaIdentity,
    SetRowSecurity,
    SetRowType,
    SetSchema,
    SetTableOptions,
    SetTriggerState,
    Truncate,
    Update,
    Vacuum,
    ValidateConstraint,
)
from migsafe.model.record import record


@record
class Absence:
    """A relation that is not there; `forgiven` by IF EXISTS, the statement does nothing."""

    failure: Certain
    forgiven: bool = False


def of(operation: Operation, catalog: Catalog) -> Absence | None:
    """Return the first relation that an operation needs and that is not there, else None."""
    names, forgiven = _needed(operation)
    for name in names:
        if _is_absent(name, catalog):
            return Absence(Certain("42P01", f"there is no table {name}", Moment.ANALYSIS), forgiven)
    return None


def _is_absent(name: Name, catalog: Catalog) -> bool:
    return (
        catalog.existence(ObjectKind.TABLE, name) is Existence.ABSENT
        and catalog.view(name) is None
        and catalog.sequence(name) is None
        and catalog.index(name) is None
    )


def _needed(  # noqa: C901 - a table
    operation: Operation,
) -> tuple[tuple[Name, ...], bool]:
    """Return the relations that an operation needs, and whether IF EXISTS forgives their lack."""
    match operation:
        case AddColumn() | RenameColumn(kind=ObjectKind.TABLE) | RenameTable():
            return (operation.table,), operation.if_exists
        case (
            DropColumn()
            | AlterColumnType()
            | SetDefault()
            | DropDefault()
            | SetNotNull()
            | DropNotNull()
            | AddConstraint()
            | DropConstraint()
        ):
            return (operation.table,), operation.table_if_exists
        case SetSchema(kind=ObjectKind.TABLE):
            return (operation.object,), operation.if_exists
        case (
            AlterIdentity()
            | AlterGenerated()
            | CreateIndex()
            | ValidateConstraint()
            | AlterConstraint()
            | SetColumnStorage()
            | SetReplicaIdentity()
            | SetRowType()
            | SetRowSecurity()
            | SetTriggerState()
            | SetInheritance()
            | CreateTrigger()
            | CreateRule()
            | ChangePolicy()
            | Insert()
            | Update()
            | Delete()
            | Merge()
        ):
            return (operation.table,), False
        case RewriteTable(table=Name() as table, kind_of_object=ObjectKind.TABLE):
            return (table,), False
        case SetTableOptions(kind=ObjectKind.TABLE) | SetOwner(kind=ObjectKind.TABLE):
            return (operation.object,), False
        case (
            Grant(kind=ObjectKind.TABLE | ObjectKind.SEQUENCE, scope=GrantScope.OBJECTS)
            | Revoke(kind=ObjectKind.TABLE | ObjectKind.SEQUENCE, scope=GrantScope.OBJECTS)
        ):
            return operation.objects, False
        case AttachPartition() | DetachPartition():
            return (operation.parent, operation.partition), False
        case Truncate() | LockTable() | Vacuum():
            return operation.tables, False
        case Copy(table=Name() as table):
            return (table,), False
        case _:
            return (), False
