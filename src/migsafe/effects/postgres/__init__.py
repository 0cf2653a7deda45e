"""What PostgreSQL 12 to 18 do: one function a kind of operation, facts by subject."""

from collections.abc import Sequence

from migsafe.catalog.catalog import Catalog
from migsafe.effects.combine import refused, together, unknown_everything
from migsafe.effects.postgres import (
    absences,
    attributes,
    columns,
    constraint_changes,
    constraints,
    data,
    dropping,
    extensions,
    indexes,
    maintenance,
    objects,
    partitions,
    passes,
    programs,
    publications,
    refusals,
    rights,
    tables,
)
from migsafe.model.effects import Certain, Effects, Moment, TransactionNeed
from migsafe.model.expressions import Name
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
from migsafe.model.record import replace

__all__ = ["effects_of", "effects_of_several"]

_NOTHING = Effects()


def effects_of(operation: Operation, catalog: Catalog, version: int) -> Effects:
    """Return what one operation costs on a PostgreSQL server of a major version."""
    effects = _facts(operation, catalog, version)
    refusal = refusals.refusal(operation, catalog, version)
    if refusal is not None:
        effects = replace(effects, fails=refusal)
    missing = absences.of(operation, catalog)
    if missing is not None:
        if missing.forgiven:
            return Effects(sources=effects.sources)
        before = isinstance(effects.fails, Certain) and effects.fails.moment is Moment.SYNTAX
        effects = effects if before else replace(effects, fails=missing.failure)
    return refused(effects)


def effects_of_several(operations: Sequence[Operation], catalog: Catalog, version: int) -> Effects:
    """Return what the operations of one statement cost together, done in the server's order."""
    early = [
        fails
        for operation in operations
        if isinstance(fails := effects_of(operation, catalog, version).fails, Certain)
        and fails.moment is not Moment.EXECUTION
    ]
    first = min(early, key=lambda fails: fails.moment, default=None)
    effects = _dropped_together(operations, catalog) or _in_passes(operations, catalog, version)
    return refused(effects if first is None else replace(effects, fails=first))


def _in_passes(operations: Sequence[Operation], catalog: Catalog, version: int) -> Effects:
    found: list[Effects] = []
    recursing: set[Name] = set()
    for operation in passes.in_passes(operations):
        effects = effects_of(operation, catalog, version)
        recursing.update(passes.recursed_to(operation, effects, catalog))
        found.append(effects)
        catalog = catalog.apply(operation)
    whole = together(found)
    if len({getattr(operation, "table", None) for operation in operations}) == 1:
        whole = replace(whole, locks=passes.raised(whole.locks, recursing))
    return whole


def _dropped_together(operations: Sequence[Operation], catalog: Catalog) -> Effects | None:
    """Return what one DROP of several objects costs: they do not stand in each other's way."""
    tables = tuple(each for each in operations if isinstance(each, DropTable))
    if len(tables) == len(operations):
        return dropping.drop_tables(tables, catalog)
    objects_ = tuple(each for each in operations if isinstance(each, DropObject))
    if len(objects_) == len(operations) and len({each.kind for each in objects_}) == 1:
        return dropping.drop_objects(objects_, catalog)
    return None


def _facts(  # noqa: C901, PLR0912, PLR0915  # one line an operation
    operation: Operation, catalog: Catalog, version: int
) -> Effects:
    match operation:
        case CreateTable():
            return tables.create_table(operation, catalog)
        case CreateTableAs():
            return tables.create_table_as(operation, catalog)
        case DropTable():
            return dropping.drop_tables((operation,), catalog)
        case RenameTable():
            return tables.rename_table(operation, catalog)
        case SetSchema():
            return tables.set_schema(operation, catalog)
        case AddColumn():
            return columns.add_column(operation, catalog, version)
        case DropColumn():
            return columns.drop_column(operation, catalog)
        case RenameColumn():
            return columns.rename_column(operation, catalog)
        case AlterColumnType():
            return columns.alter_column_type(operation, catalog, version)
        case SetDefault() | DropDefault():
            return attributes.set_default(operation, catalog)
        case SetNotNull():
            return attributes.set_not_null(operation, catalog, version)
        case DropNotNull():
            return attributes.drop_not_null(operation, catalog, version)
        case AlterIdentity():
            return attributes.alter_identity(operation, catalog)
        case AlterGenerated():
            return attributes.alter_generated(operation, catalog, version)
        case SetColumnStorage():
            return attributes.set_column_storage(operation, catalog)
        case AddConstraint():
            return constraints.add_constraint(operation, catalog, version)
        case ValidateConstraint():
            return constraint_changes.validate_constraint(operation, catalog)
        case DropConstraint():
            return constraint_changes.drop_constraint(operation, catalog, version)
        case AlterConstraint():
            return constraint_changes.alter_constraint(operation, catalog, version)
        case CreateIndex():
            return indexes.create_index(operation, catalog)
        case DropIndex():
            return indexes.drop_index(operation, catalog)
        case Reindex():
            return indexes.reindex(operation, catalog, version)
        case AttachIndex():
            return indexes.attach_index(operation, catalog)
        case AttachPartition():
            return partitions.attach_partition(operation, catalog, version)
        case DetachPartition():
            return partitions.detach_partition(operation, catalog, version)
        case SetInheritance():
            return partitions.set_inheritance(operation, catalog)
        case RewriteTable():
            return tables.rewrite_table(operation, catalog, version)
        case SetTableOptions():
            return tables.set_table_options(operation, catalog)
        case SetReplicaIdentity():
            return tables.set_replica_identity(operation, catalog)
        case SetRowType():
            return tables.set_row_type(operation, catalog)
        case CreateView():
            return objects.create_view(operation, catalog)
        case RefreshView():
            return objects.refresh_view(operation, catalog)
        case DropObject():
            return dropping.drop_objects((operation,), catalog)
        case RenameObject():
            return objects.rename_object(operation, catalog)
        case CommentOn():
            return objects.comment_on(operation, catalog)
        case AddEnumValue():
            return objects.add_enum_value(operation, catalog)
        case RenameEnumValue():
            return objects.rename_enum_value(operation, catalog)
        case AlterDomain():
            return objects.alter_domain(operation, catalog)
        case AlterCompositeType():
            return objects.alter_composite_type(operation)
        case CreateSequence():
            return objects.create_sequence(operation, catalog)
        case AlterSequence():
            return objects.alter_sequence(operation, catalog)
        case CreateTrigger():
            return objects.create_trigger(operation, catalog)
        case SetTriggerState():
            return objects.set_trigger_state(operation, catalog)
        case CreateRule() | SetRowSecurity() | ChangePolicy():
            return objects.strong_instant(operation, catalog)
        case Grant() | Revoke():
            return rights.change_rights(operation, catalog)
        case SetOwner():
            return tables.set_owner(operation, catalog)
        case ChangeRole():
            return rights.change_role(operation, catalog)
        case ChangePublication():
            return publications.change(operation, catalog)
        case CreateObject():
            return objects.create_object(operation, catalog)
        case Insert():
            return data.insert(operation, catalog)
        case Update():
            return data.update(operation, catalog)
        case Delete():
            return data.delete(operation, catalog)
        case Merge():
            return data.merge(operation, catalog)
        case Truncate():
            return tables.truncate(operation, catalog)
        case Copy():
            return data.copy(operation, catalog)
        case Select():
            return data.select(operation, catalog)
        case DataWork():
            return data.data_work(operation, catalog)
        case LockTable():
            return maintenance.lock_table(operation, catalog)
        case Vacuum():
            return maintenance.vacuum(operation, catalog, version)
        case CreateExtension():
            return extensions.create(operation, catalog)
        case AlterExtension():
            return extensions.alter(operation, catalog)
        case ExecutePrepared(statement=name) if catalog.complete:
            return Effects(fails=Certain("26000", f"nothing prepares the statement {name}"))
        case ExecutePrepared(statement=name):
            return unknown_everything(f"what the prepared statement {name} does")
        case TwoPhase():
            return objects.two_phase(operation)
        case CallRoutine():
            return programs.call(operation, catalog, version, effects_of)
        case AnonymousBlock():
            return programs.block(operation, catalog, version, effects_of)
        case Unrecognized(reason=reason):
            return unknown_everything(reason)
        case RebuildTable():
            # On this server a batch is its operations, one after the other.
            parts: list[Effects] = []
            for part in operation.operations:
                parts.append(effects_of(part, catalog, version))
                catalog = catalog.apply(part)
            return together(parts)
        case NoOperation(sql=sql):
            forbidden = sql.lstrip().upper().startswith(_ALONE)
            need = TransactionNeed.FORBIDDEN if forbidden else TransactionNeed.ALLOWED
            return Effects(transaction=need)
        case (
            CreateSchema()
            | CreateEnum()
            | CreateType()
            | CreateDomain()
            | CreateRoutine()
            | ImportForeignSchema()
            | AlterRoutine()
            | Begin()
            | Commit()
            | Rollback()
            | Savepoint()
            | SetParameter()
            | ResetParameter()
        ):
            return _NOTHING


_ALONE = ("CREATE DATABASE", "DROP DATABASE", "CREATE TABLESPACE", "DROP TABLESPACE")
"""Statements that no transaction block may hold."""
