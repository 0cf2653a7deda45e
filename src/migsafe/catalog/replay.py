"""The fold: which part of the catalog each operation changes."""

from migsafe.catalog import (
    columns,
    constraints,
    dropping,
    indexes,
    objects,
    publications,
    renaming,
    rights,
    roles,
    session,
    tables,
    types,
    unread,
    views,
)
from migsafe.catalog.blocks import COPIED, is_known, rights_given
from migsafe.catalog.facts import Facts
from migsafe.catalog.programs import DEEPEST, program_of
from migsafe.catalog.schema import RoutineState
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
    ObjectKind,
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
from migsafe.model.origin import Certainty


def replay(facts: Facts, operation: Operation, made_by: str | None, depth: int = 0) -> None:
    """Apply one operation to a draft; of a program, the statements that it runs.

    Args:
        facts: The draft.
        operation: What ran.
        made_by: The id of the migration it belongs to.
        depth: How many programs it stands in.
    """
    match operation:
        case AnonymousBlock() | CallRoutine() if depth < DEEPEST:
            program = program_of(operation, lambda name: _routines(facts, name))
            if program is None:
                _replay(facts, operation, made_by)
                return
            for step in program.steps:
                replay(facts, step.operation, made_by, depth + 1)
                if not step.certain:
                    _doubt_removal(facts, step.operation)
        case _:
            _replay(facts, operation, made_by)
            if operation.origin is not None and operation.origin.certainty is Certainty.MAYBE:
                _doubt_removal(facts, operation)


def _doubt_removal(facts: Facts, operation: Operation) -> None:
    """Put in doubt what is gone or renamed only under a condition.

    What is made under one is taken as made: `IF NOT EXISTS` is the usual condition.
    """
    match operation:
        case (
            DropTable(table=table)
            | RenameTable(table=table)
            | DropColumn(table=table)
            | RenameColumn(table=table)
        ):
            facts.doubt_relation(facts.key(table))
        case _:
            pass


def _routines(facts: Facts, name: Name) -> tuple[RoutineState, ...]:
    return facts.routines.get(facts.key(name, ObjectKind.ROUTINE)) or ()


def _replay(facts: Facts, operation: Operation, made_by: str | None) -> None:  # noqa: C901, PLR0912, PLR0915  # one line an operation
    match operation:
        case CreateTable():
            tables.create(facts, operation, made_by)
        case CreateTableAs():
            tables.create_as(facts, operation, made_by)
        case DropTable():
            tables.drop(facts, operation)
        case RenameTable():
            tables.rename(facts, operation)
        case AttachPartition():
            tables.attach(facts, operation, made_by)
        case DetachPartition():
            tables.detach(facts, operation)
        case SetInheritance():
            tables.set_inheritance(facts, operation)
        case RewriteTable():
            tables.rewrite(facts, operation)
        case SetTableOptions():
            tables.set_options(facts, operation)
        case SetRowType():
            tables.set_row_type(facts, operation)
        case SetReplicaIdentity():
            tables.set_replica_identity(facts, operation)
        case AddColumn():
            columns.add_column(facts, operation, made_by)
        case DropColumn():
            dropping.drop_column(facts, operation)
        case RenameColumn():
            renaming.rename_column(facts, operation)
        case AlterColumnType():
            columns.alter_type(facts, operation)
        case SetDefault() | DropDefault():
            columns.set_default(facts, operation)
        case SetNotNull():
            columns.set_not_null(facts, operation)
        case DropNotNull():
            columns.drop_not_null(facts, operation)
        case AlterIdentity():
            columns.alter_identity(facts, operation, made_by)
        case AlterGenerated():
            columns.alter_generated(facts, operation)
        case SetColumnStorage():
            columns.set_storage(facts, operation)
        case AddConstraint():
            constraints.add_constraint(facts, operation, made_by)
        case ValidateConstraint():
            constraints.validate(facts, operation)
        case DropConstraint():
            constraints.drop_constraint(facts, operation)
        case AlterConstraint():
            constraints.alter(facts, operation)
        case CreateIndex():
            indexes.create(facts, operation, made_by)
        case DropIndex():
            indexes.drop(facts, operation)
        case AttachIndex():
            indexes.attach(facts, operation)
        case CreateView():
            views.create(facts, operation, made_by)
        case CreateEnum():
            types.create_enum(facts, operation, made_by)
        case AddEnumValue():
            types.add_value(facts, operation)
        case RenameEnumValue():
            types.rename_value(facts, operation)
        case CreateType():
            types.create_type(facts, operation)
        case CreateDomain():
            types.create_domain(facts, operation, made_by)
        case AlterDomain():
            types.alter_domain(facts, operation)
        case AlterCompositeType():
            types.alter_composite(facts, operation)
        case CreateSequence():
            objects.create_sequence(facts, operation, made_by)
        case AlterSequence():
            objects.alter_sequence(facts, operation)
        case CreateRoutine():
            objects.create_routine(facts, operation, made_by)
        case CreateTrigger():
            objects.create_trigger(facts, operation, made_by)
        case SetTriggerState():
            objects.set_trigger_state(facts, operation)
        case CreateRule():
            objects.create_rule(facts, operation)
        case ChangePolicy():
            objects.change_policy(facts, operation)
        case SetRowSecurity():
            objects.set_row_security(facts, operation)
        case SetOwner():
            objects.set_owner(facts, operation)
        case Grant():
            rights.grant(facts, operation)
        case Revoke():
            rights.revoke(facts, operation)
        case DropObject():
            objects.drop_object(facts, operation)
        case RenameObject():
            objects.rename_object(facts, operation)
        case SetSchema():
            objects.set_schema(facts, operation)
        case CreateSchema():
            objects.create_schema(facts, operation)
        case CreateExtension(extension=extension):
            objects.create_object(facts, ObjectKind.EXTENSION, Name(extension), "")
        case ChangePublication(kind=ObjectKind.PUBLICATION, name=name, sql=sql):
            publications.apply(facts, name, sql)
        case ChangePublication(kind=kind, name=name, sql=sql):
            objects.create_object(facts, kind, Name(name), sql)
        case CreateObject():
            objects.define(facts, operation, made_by)
        case ImportForeignSchema():
            objects.import_foreign_schema(facts, operation, made_by)
        case AnonymousBlock(body=body):
            given = rights_given(body)
            if given is not None:
                rights.copy(facts, *given, COPIED)
            elif not is_known(body):
                unread.body(facts, body)
        case CallRoutine():
            unread.call(facts, operation)
        case ChangeRole():
            roles.change(facts, operation)
        case Unrecognized():
            unread.unrecognized(facts, operation)
        case RebuildTable(operations=operations):
            for each in operations:
                replay(facts, each, made_by)
        case SetParameter():
            session.set_parameter(facts, operation)
        case ResetParameter():
            session.reset_parameter(facts, operation)
        case Begin():
            session.begin(facts, facts.copy())
        case Commit():
            session.commit(facts)
        case TwoPhase():
            # Its statements come true in another transaction, or never.
            facts.doubt_all()
        case Rollback(savepoint=savepoint):
            session.rollback(facts, to_savepoint=savepoint is not None)
        case AlterRoutine():
            objects.alter_routine(facts, operation)
        case RefreshView():
            views.refresh(facts, operation)
        case (
            Savepoint()
            | Reindex()
            | CommentOn()
            | AlterExtension()
            | Insert()
            | Update()
            | Delete()
            | Merge()
            | Truncate()
            | Copy()
            | Select()
            | DataWork()
            | ExecutePrepared()
            | LockTable()
            | Vacuum()
            | NoOperation()
        ):
            # Rows, locks and comments are no part of the schema kept here.
            pass
