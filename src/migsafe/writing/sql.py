"""Operations as SQL."""

from collections.abc import Iterable

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
from migsafe.writing import altering, creating, objects, quoting, session
from migsafe.writing.altering import alter
from migsafe.writing.errors import UnwritableError
from migsafe.writing.parts import joined


def statements(operations: Iterable[Operation]) -> str:
    """Return one statement a line group, each ended by a semicolon."""
    return "".join(f"{write(operation)};\n" for operation in operations)


def write(operation: Operation) -> str:  # noqa: C901, PLR0912, PLR0915 - a table
    """Return an operation as one SQL statement, without a semicolon.

    Parsing it gives the operation back.

    Raises:
        UnwritableError: If no statement stands for it (an unread one, a constraint
            without a name, a type or expression that was never known).
    """
    match operation:
        # --- tables
        case CreateTable():
            return creating.create_table(operation)
        case CreateTableAs():
            return creating.create_table_as(operation)
        case DropTable():
            return objects.drop_table(operation)
        case RenameTable():
            return objects.rename_table(operation)
        case CreateSchema():
            return creating.create_schema(operation)
        case AttachPartition(parent=parent, partition=partition, bound=bound):
            return alter(parent, f"ATTACH PARTITION {quoting.name(partition)}", bound)
        case DetachPartition():
            return altering.detach_partition(operation)
        case SetInheritance(table=table, parent=parent, inherit=inherit):
            word = "INHERIT" if inherit else "NO INHERIT"
            return alter(table, word, quoting.name(parent))
        case SetRowType(table=table, action=action, type=type_):
            return alter(table, action, "" if type_ is None else quoting.name(type_))
        case RewriteTable():
            return altering.rewrite(operation)
        case SetTableOptions():
            return altering.set_options(operation)
        case SetReplicaIdentity(table=table, identity=identity, index=index):
            name = None if index is None else quoting.identifier(index)
            return alter(table, f"REPLICA IDENTITY {identity}", name)
        # --- columns
        case AddColumn():
            return altering.add_column(operation)
        case DropColumn():
            return altering.drop_column(operation)
        case RenameColumn():
            return altering.rename_column(operation)
        case (
            AlterColumnType()
            | SetDefault()
            | DropDefault()
            | SetNotNull()
            | DropNotNull()
            | AlterIdentity()
            | AlterGenerated()
            | SetColumnStorage()
        ):
            return altering.alter_column(operation)
        # --- constraints and indexes
        case AddConstraint():
            return altering.add_constraint(operation)
        case ValidateConstraint(table=table, constraint=name, only=only):
            return alter(table, f"VALIDATE CONSTRAINT {quoting.identifier(name)}", only=only)
        case DropConstraint():
            return altering.drop_constraint(operation)
        case AlterConstraint():
            return altering.alter_constraint(operation)
        case CreateIndex():
            return creating.create_index(operation)
        case DropIndex():
            return objects.drop_index(operation)
        case Reindex():
            return session.reindex(operation)
        case AttachIndex(index=index, partition=partition):
            return f"ALTER INDEX {quoting.name(index)} ATTACH PARTITION {quoting.name(partition)}"
        # --- objects
        case RenameObject():
            return objects.rename_object(operation)
        case SetSchema():
            return objects.set_schema(operation)
        case SetOwner():
            return objects.set_owner(operation)
        case DropObject():
            return objects.drop_object(operation)
        case CreateView():
            return creating.create_view(operation)
        case RefreshView():
            return session.refresh(operation)
        case CreateEnum(type=type_, labels=labels):
            listed = ", ".join(map(quoting.literal, labels))
            return f"CREATE TYPE {quoting.name(type_)} AS ENUM ({listed})"
        case AddEnumValue():
            return creating.add_enum_value(operation)
        case RenameEnumValue(type=type_, label=label, new_label=new):
            labels_ = f"{quoting.literal(label)} TO {quoting.literal(new)}"
            return f"ALTER TYPE {quoting.name(type_)} RENAME VALUE {labels_}"
        case CreateDomain():
            return creating.create_domain(operation)
        case AlterDomain():
            return creating.alter_domain(operation)
        case AlterCompositeType():
            return creating.alter_composite(operation)
        case CreateSequence():
            return creating.create_sequence(operation)
        case AlterSequence():
            return creating.alter_sequence(operation)
        case CreateExtension():
            return creating.create_extension(operation)
        case SetTriggerState(table=table, state=state, trigger=trigger):
            name = None if trigger is None else quoting.identifier(trigger)
            return alter(table, state, name)
        case SetRowSecurity(table=table, action=action):
            return alter(table, action, "ROW LEVEL SECURITY")
        # --- data, session
        case Truncate():
            return session.truncate(operation)
        case LockTable():
            return session.lock(operation)
        case SetParameter():
            return session.set_parameter(operation)
        case ResetParameter(parameter=parameter):
            return f"RESET {'ALL' if parameter is None else session.parameter(parameter)}"
        case AnonymousBlock():
            return session.block(operation)
        case Begin(modes=modes):
            return joined("BEGIN", modes)
        case Commit():
            return "COMMIT"
        case Rollback(savepoint=savepoint):
            if savepoint is None:
                return "ROLLBACK"
            return f"ROLLBACK TO SAVEPOINT {quoting.identifier(savepoint)}"
        case TwoPhase(action=action, transaction=name):
            return f"{action} {quoting.literal(name)}"
        case Savepoint(savepoint=name, release=release):
            word = "RELEASE SAVEPOINT" if release else "SAVEPOINT"
            return f"{word} {quoting.identifier(name)}"
        case Select(query=query):
            return query.sql
        case (
            CommentOn(sql=sql)
            | CreateType(sql=sql)
            | CreateRoutine(sql=sql)
            | AlterRoutine(sql=sql)
            | CallRoutine(sql=sql)
            | CreateTrigger(sql=sql)
            | CreateRule(sql=sql)
            | ChangePolicy(sql=sql)
            | Grant(sql=sql)
            | Revoke(sql=sql)
            | ChangeRole(sql=sql)
            | AlterExtension(sql=sql)
            | ChangePublication(sql=sql)
            | CreateObject(sql=sql)
            | ImportForeignSchema(sql=sql)
            | ExecutePrepared(sql=sql)
            | Insert(sql=sql)
            | Update(sql=sql)
            | Delete(sql=sql)
            | Merge(sql=sql)
            | Copy(sql=sql)
            | Vacuum(sql=sql)
            | NoOperation(sql=sql)
        ):
            return sql
        case DataWork() | RebuildTable() | Unrecognized():
            raise UnwritableError(f"{type(operation).__name__} cannot be written")
