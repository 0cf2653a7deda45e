"""FACTS: what becomes of old statements, what is lost, what takes a change back."""

from migsafe.catalog.blocks import is_known
from migsafe.catalog.catalog import Catalog
from migsafe.compatibility import columns, constraints, objects, tables
from migsafe.compatibility.outcomes import HARMLESS, merged, met, unknown
from migsafe.model.compatibility import Compatibility, OldStatement, Outcome
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AddEnumValue,
    AlterColumnType,
    AlterCompositeType,
    AlterConstraint,
    AlterDomain,
    AlterExtension,
    AlterGenerated,
    AlterIdentity,
    AlterRoutine,
    AlterSequence,
    AnonymousBlock,
    AttachIndex,
    AttachPartition,
    Begin,
    CallRoutine,
    ChangePolicy,
    ChangePublication,
    ChangeRole,
    CommentOn,
    Commit,
    Copy,
    CreateDomain,
    CreateEnum,
    CreateExtension,
    CreateIndex,
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
    DataWork,
    Delete,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropNotNull,
    DropObject,
    DropTable,
    ExecutePrepared,
    Grant,
    ImportForeignSchema,
    Insert,
    LockTable,
    Merge,
    NoOperation,
    Operation,
    RebuildTable,
    RefreshView,
    Reindex,
    RenameColumn,
    RenameEnumValue,
    RenameObject,
    RenameTable,
    ResetParameter,
    Revoke,
    RewriteTable,
    Rollback,
    Savepoint,
    Select,
    SetColumnStorage,
    SetDefault,
    SetInheritance,
    SetNotNull,
    SetOwner,
    SetParameter,
    SetReplicaIdentity,
    SetRowSecurity,
    SetRowType,
    SetSchema,
    SetTableOptions,
    SetTriggerState,
    Truncate,
    TwoPhase,
    Unrecognized,
    Update,
    Vacuum,
    ValidateConstraint,
)

__all__ = ["compatibility_of"]


def compatibility_of(  # noqa: C901, PLR0912, PLR0915  # one line an operation
    operation: Operation, catalog: Catalog, *, dialect: str, version: int
) -> Compatibility:
    """Return what one operation does to code written for the schema before it.

    Args:
        operation: What runs.
        catalog: The schema before the operation.
        dialect: The kind of server; only `postgres` has facts, others are unknown.
        version: The server's major version.

    Source:
        DESIGN.md, "Operations to start from"; hazards.md, class b; statements that ran
        before and after: tests/compatibility/test_against_server.py.
    """
    if dialect != "postgres":
        return unknown()
    match operation:
        case CreateTable() | CreateTableAs():
            return tables.create_table(operation, catalog)
        case DropTable():
            return tables.drop_table(operation, catalog)
        case RenameTable():
            return tables.rename_table(operation, catalog)
        case SetSchema():
            return tables.set_schema(operation)
        case CreateSchema(schema=name):
            return objects.create_schema(name)
        case AddColumn():
            return columns.add_column(operation, catalog)
        case DropColumn():
            return columns.drop_column(operation, catalog, version)
        case RenameColumn():
            return columns.rename_column(operation, catalog)
        case AlterColumnType():
            return columns.alter_column_type(operation, catalog)
        case SetDefault():
            return columns.set_default(operation, catalog)
        case DropDefault():
            return columns.drop_default(operation, catalog)
        case SetNotNull():
            return columns.set_not_null(operation, catalog)
        case DropNotNull():
            return columns.drop_not_null(operation, catalog)
        case AlterIdentity():
            return columns.alter_identity(operation, catalog, version)
        case AlterGenerated():
            return columns.alter_generated(operation, catalog)
        case AddConstraint():
            return constraints.add_constraint(operation, catalog)
        case ValidateConstraint():
            return HARMLESS
        case DropConstraint():
            return constraints.drop_constraint(operation, catalog)
        case AlterConstraint():
            return constraints.alter_constraint(operation, catalog)
        case RenameObject():
            return objects.rename_object(operation, catalog)
        case CreateIndex():
            return constraints.create_index(operation, catalog)
        case DropIndex():
            return constraints.drop_index(operation, catalog)
        case AttachPartition():
            return tables.attach_partition(operation)
        case DetachPartition():
            return tables.detach_partition(operation, catalog)
        case SetInheritance():
            return tables.set_inheritance(operation)
        case RewriteTable():
            return tables.rewrite_table(operation)
        case SetTableOptions():
            return objects.set_table_options(operation)
        case SetRowType():
            return tables.set_row_type(operation)
        case SetReplicaIdentity():
            return tables.set_replica_identity(operation)
        case CreateView():
            return objects.create_view(operation, catalog, version)
        case RefreshView():
            return objects.refresh_view(operation)
        case DropObject():
            return objects.drop_object(operation, catalog, version)
        case CreateEnum() | CreateType() | CreateDomain():
            return objects.create_type(operation)
        case AddEnumValue():
            return objects.add_enum_value()
        case RenameEnumValue():
            return objects.rename_enum_value(operation)
        case AlterDomain():
            return objects.alter_domain(operation, catalog)
        case AlterCompositeType():
            return objects.alter_composite_type(operation)
        case CreateSequence():
            return objects.create_sequence(operation, catalog)
        case AlterSequence():
            return objects.alter_sequence(operation)
        case CreateRoutine():
            return objects.create_routine(operation, catalog)
        case AlterRoutine():
            return objects.alter_routine(operation)
        case CreateTrigger():
            return objects.create_trigger(operation)
        case SetTriggerState():
            return objects.set_trigger_state(operation)
        case CreateRule():
            return objects.create_rule(operation)
        case SetRowSecurity():
            return objects.set_row_security(operation, catalog)
        case ChangePolicy():
            return objects.change_policy(operation)
        case Grant():
            return objects.grant(operation, catalog, version)
        case Revoke():
            return objects.revoke(operation, catalog, version)
        case CreateExtension():
            return objects.create_extension(operation, catalog)
        case Insert() | Copy(into=True):
            return tables.added_rows()
        case Update() | Merge():
            return tables.changed_rows()
        case Delete() | Truncate():
            return tables.removed_rows()
        case DataWork():
            return tables.data_work(operation)
        case SetOwner():
            return objects.set_owner(operation, catalog)
        case ChangeRole() | AlterExtension() | CallRoutine():
            return unknown()
        case ExecutePrepared() | TwoPhase():
            return unknown()
        case AnonymousBlock(body=body) if is_known(body):
            return Compatibility()
        case AnonymousBlock() | Unrecognized():
            return unknown()
        case ChangePublication():
            # A published table without a replica identity refuses UPDATE and DELETE.
            kinds = (OldStatement.UPDATE, OldStatement.DELETE)
            return Compatibility(old=met((kinds, Outcome.UNKNOWN)))
        case SetColumnStorage() | CreateObject() | ImportForeignSchema():
            # Nobody sees it; what it was before is not known.
            return Compatibility()
        case RebuildTable():
            parts: list[Compatibility] = []
            for part in operation.operations:
                parts.append(compatibility_of(part, catalog, dialect=dialect, version=version))
                catalog = catalog.apply(part)
            return merged(parts)
        case (
            Reindex()
            | AttachIndex()
            | CommentOn()
            | Copy()
            | Select()
            | Begin()
            | Commit()
            | Rollback()
            | Savepoint()
            | SetParameter()
            | ResetParameter()
            | LockTable()
            | Vacuum()
            | NoOperation()
        ):
            return HARMLESS
