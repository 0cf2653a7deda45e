"""ALTER TABLE, INDEX, VIEW, SEQUENCE, FOREIGN TABLE, TYPE: one operation a sub-command."""

from migsafe.model.expressions import Name, Type
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    AlterCompositeType,
    AlterConstraint,
    AlterGenerated,
    AlterIdentity,
    AttachIndex,
    AttachPartition,
    AttributeAction,
    Cause,
    ColumnSetting,
    CreateObject,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropNotNull,
    Identity,
    IdentityAction,
    ObjectKind,
    Operation,
    RewriteKind,
    RewriteTable,
    RowTypeAction,
    SetColumnStorage,
    SetDefault,
    SetInheritance,
    SetNotNull,
    SetOwner,
    SetReplicaIdentity,
    SetRowSecurity,
    SetRowType,
    SetTableOptions,
    SetTriggerState,
    Unrecognized,
    ValidateConstraint,
)
from migsafe.parsers.postgres import (
    canonical,
    columns,
    constraints,
    expressions,
    options,
    pb,
    types,
)
from migsafe.parsers.postgres.kinds import OBJECT_KINDS
from migsafe.parsers.postgres.names import dotted, relation, role
from migsafe.parsers.postgres.source import Part, Source
from migsafe.parsers.postgres.subcommands import spans

_TRIGGER_STATES: dict[int, str] = {
    pb.AT_EnableTrig: "ENABLE TRIGGER",
    pb.AT_EnableAlwaysTrig: "ENABLE ALWAYS TRIGGER",
    pb.AT_EnableReplicaTrig: "ENABLE REPLICA TRIGGER",
    pb.AT_DisableTrig: "DISABLE TRIGGER",
    pb.AT_EnableTrigAll: "ENABLE TRIGGER ALL",
    pb.AT_DisableTrigAll: "DISABLE TRIGGER ALL",
    pb.AT_EnableTrigUser: "ENABLE TRIGGER USER",
    pb.AT_DisableTrigUser: "DISABLE TRIGGER USER",
    pb.AT_EnableRule: "ENABLE RULE",
    pb.AT_EnableAlwaysRule: "ENABLE ALWAYS RULE",
    pb.AT_EnableReplicaRule: "ENABLE REPLICA RULE",
    pb.AT_DisableRule: "DISABLE RULE",
}
_ROW_SECURITY: dict[int, str] = {
    pb.AT_EnableRowSecurity: "ENABLE",
    pb.AT_DisableRowSecurity: "DISABLE",
    pb.AT_ForceRowSecurity: "FORCE",
    pb.AT_NoForceRowSecurity: "NO FORCE",
}
_REPLICA_IDENTITIES = {
    "d": "DEFAULT",
    "f": "FULL",
    "n": "NOTHING",
    "i": "USING INDEX",
}


def read(node: pb.Node, source: Source) -> list[Part]:
    """Return one operation for each sub-command, with the sub-command's place."""
    alter = node.alter_table_stmt
    places = spans(source, alter.relation.location, len(alter.cmds))
    return [
        Part(_command(alter, item.alter_table_cmd), start, end)
        for item, (start, end) in zip(alter.cmds, places, strict=True)
    ]


def definition(command: pb.AlterTableCmd) -> pb.Node:
    """Return the node in the field whose name Python keeps for itself."""
    found: pb.Node = getattr(command, "def")
    return found


def _command(alter: pb.AlterTableStmt, command: pb.AlterTableCmd) -> Operation:
    if alter.objtype == pb.OBJECT_TYPE:
        return _attribute(alter, command)
    table = relation(alter.relation)
    operation = _column(alter, command, table)
    if operation is None:
        operation = _constraint(alter, command, table)
    if operation is None:
        operation = _table(alter, command, table)
    if operation is None:
        return Unrecognized(
            Cause.UNMAPPED,
            pb.AlterTableType.Name(command.subtype),
            _alone(alter, command),
            (table,),
        )
    return operation


def _alone(alter: pb.AlterTableStmt, command: pb.AlterTableCmd) -> str:
    """Return the canonical statement with this sub-command only."""
    statement = pb.AlterTableStmt(
        relation=alter.relation, objtype=alter.objtype, missing_ok=alter.missing_ok
    )
    statement.cmds.add().alter_table_cmd.CopyFrom(command)
    return canonical.node(pb.Node(alter_table_stmt=statement))


def _attribute(alter: pb.AlterTableStmt, command: pb.AlterTableCmd) -> Operation:
    type_ = relation(alter.relation)
    cascade = command.behavior == pb.DROP_CASCADE
    column = definition(command).column_def
    match command.subtype:
        case pb.AT_AddColumn:
            return AlterCompositeType(
                type_,
                AttributeAction.ADD,
                column.colname,
                _column_type(column),
                cascade=cascade,
            )
        case pb.AT_DropColumn:
            return AlterCompositeType(
                type_,
                AttributeAction.DROP,
                command.name,
                if_exists=command.missing_ok,
                cascade=cascade,
            )
        case pb.AT_AlterColumnType:
            return AlterCompositeType(
                type_,
                AttributeAction.ALTER,
                command.name,
                _column_type(column),
                cascade=cascade,
            )
        case _:
            return Unrecognized(
                Cause.UNMAPPED,
                pb.AlterTableType.Name(command.subtype),
                _alone(alter, command),
                (type_,),
            )


def _column_type(column: pb.ColumnDef) -> Type:
    return types.read(
        column.type_name,
        column.coll_clause if column.HasField("coll_clause") else None,
    )


def _column(  # noqa: C901 - a table of sub-commands
    alter: pb.AlterTableStmt, command: pb.AlterTableCmd, table: Name
) -> Operation | None:
    if_exists = alter.missing_ok
    only = not alter.relation.inh
    match command.subtype:
        case pb.AT_AddColumn:
            column, inline = columns.read(definition(command).column_def)
            return AddColumn(table, column, inline, command.missing_ok, if_exists, only)
        case pb.AT_DropColumn:
            return DropColumn(
                table,
                command.name,
                command.missing_ok,
                command.behavior == pb.DROP_CASCADE,
                if_exists,
                only,
            )
        case pb.AT_ColumnDefault:
            if not command.HasField("def"):
                return DropDefault(table, command.name, if_exists, only)
            default = expressions.read(definition(command))
            return SetDefault(table, command.name, default, if_exists, only)
        case pb.AT_SetNotNull:
            return SetNotNull(table, command.name, if_exists, only)
        case pb.AT_DropNotNull:
            return DropNotNull(table, command.name, if_exists, only)
        case pb.AT_AlterColumnType:
            changed = definition(command).column_def
            using = (
                expressions.read(changed.raw_default) if changed.HasField("raw_default") else None
            )
            return AlterColumnType(
                table,
                command.name,
                _column_type(changed),
                using,
                table_if_exists=if_exists,
                only=only,
            )
        case pb.AT_SetExpression:
            expression = expressions.read(definition(command))
            return AlterGenerated(table, command.name, expression, only=only)
        case pb.AT_DropExpression:
            return AlterGenerated(table, command.name, if_exists=command.missing_ok, only=only)
        case pb.AT_AddIdentity | pb.AT_SetIdentity | pb.AT_DropIdentity:
            return _identity(command, table, only=only)
        case _:
            return _column_setting(command, table, only=only)


def _identity(command: pb.AlterTableCmd, table: Name, *, only: bool) -> AlterIdentity:
    match command.subtype:
        case pb.AT_AddIdentity:
            added = definition(command).constraint
            identity = Identity(
                added.generated_when == "a",
                canonical.sequence_options(added.options) if added.options else "",
            )
            return AlterIdentity(table, command.name, IdentityAction.ADD, identity, only=only)
        case pb.AT_SetIdentity:
            items = definition(command).list.items
            generated = options.find(items, "generated")
            rest = [item for item in items if item.def_elem.defname != "generated"]
            identity = Identity(
                generated is not None and generated.arg.integer.ival == ord("a"),
                canonical.identity_options(rest) if rest else "",
            )
            return AlterIdentity(
                table,
                command.name,
                IdentityAction.SET,
                identity,
                changes_always=generated is not None,
                only=only,
            )
        case _:
            return AlterIdentity(
                table, command.name, IdentityAction.DROP, if_exists=command.missing_ok, only=only
            )


def _column_setting(
    command: pb.AlterTableCmd, table: Name, *, only: bool
) -> SetColumnStorage | None:
    column = command.name or str(command.num)
    match command.subtype:
        case pb.AT_SetStorage:
            value = definition(command).string.sval.upper()
            return SetColumnStorage(table, column, ColumnSetting.STORAGE, value, only)
        case pb.AT_SetCompression:
            value = definition(command).string.sval
            return SetColumnStorage(table, column, ColumnSetting.COMPRESSION, value, only)
        case pb.AT_SetStatistics:
            value = options.text(definition(command)) if command.HasField("def") else "DEFAULT"
            return SetColumnStorage(table, column, ColumnSetting.STATISTICS, value, only)
        case pb.AT_SetOptions:
            value = canonical.column_options(command)
            return SetColumnStorage(table, column, ColumnSetting.OPTIONS, value, only)
        case pb.AT_ResetOptions:
            value = canonical.column_options(command)
            return SetColumnStorage(table, column, ColumnSetting.RESET_OPTIONS, value, only)
        case _:
            return None


def _constraint(
    alter: pb.AlterTableStmt, command: pb.AlterTableCmd, table: Name
) -> Operation | None:
    if_exists = alter.missing_ok
    only = not alter.relation.inh
    match command.subtype:
        case pb.AT_AddConstraint:
            constraint = constraints.read(definition(command).constraint)
            if constraint is None:
                return None
            return AddConstraint(table, constraint, if_exists, only)
        case pb.AT_ValidateConstraint:
            return ValidateConstraint(table, command.name, only)
        case pb.AT_DropConstraint:
            return DropConstraint(
                table,
                command.name,
                command.missing_ok,
                command.behavior == pb.DROP_CASCADE,
                if_exists,
                only,
            )
        case pb.AT_AlterConstraint:
            change = definition(command).atalter_constraint
            deferral = change.alter_deferrability
            return AlterConstraint(
                table,
                change.conname,
                change.deferrable if deferral else None,
                change.initdeferred if deferral else None,
                change.is_enforced if change.alter_enforceability else None,
                not change.noinherit if change.alter_inheritability else None,
                only,
            )
        case _:
            return None


def _table(alter: pb.AlterTableStmt, command: pb.AlterTableCmd, table: Name) -> Operation | None:
    kind = OBJECT_KINDS[alter.objtype]
    match command.subtype:
        case pb.AT_ChangeOwner:
            return SetOwner(kind, table, role(command.newowner))
        case pb.AT_SetRelOptions | pb.AT_ResetRelOptions:
            given = options.read(definition(command).list.items)
            reset = command.subtype == pb.AT_ResetRelOptions
            return SetTableOptions(table, given, reset, kind)
        case pb.AT_ClusterOn:
            return SetTableOptions(table, (), kind=kind, cluster_on=command.name)
        case pb.AT_DropCluster:
            return SetTableOptions(table, (), reset=True, kind=kind)
        case pb.AT_ReplicaIdentity:
            identity = definition(command).replica_identity_stmt
            return SetReplicaIdentity(
                table,
                _REPLICA_IDENTITIES[identity.identity_type],
                identity.name or None,
            )
        case subtype if subtype in _ROW_SECURITY:
            return SetRowSecurity(table, _ROW_SECURITY[subtype])
        case subtype if subtype in _TRIGGER_STATES:
            return SetTriggerState(table, _TRIGGER_STATES[subtype], command.name or None)
        case pb.AT_GenericOptions | pb.AT_AlterColumnGenericOptions:
            return CreateObject(ObjectKind.FOREIGN_TABLE, table, _alone(alter, command))
        case _:
            return _tree(alter, command, table) or _rewrite(command, table, kind)


def _tree(alter: pb.AlterTableStmt, command: pb.AlterTableCmd, table: Name) -> Operation | None:
    match command.subtype:
        case pb.AT_AddInherit | pb.AT_DropInherit:
            parent = relation(definition(command).range_var)
            inherit = command.subtype == pb.AT_AddInherit
            return SetInheritance(table, parent, inherit)
        case pb.AT_AddOf:
            type_ = dotted(definition(command).type_name.names)
            return SetRowType(table, RowTypeAction.OF, type_)
        case pb.AT_DropOf:
            return SetRowType(table, RowTypeAction.NOT_OF)
        case pb.AT_DropOids:
            return SetRowType(table, RowTypeAction.WITHOUT_OIDS)
        case pb.AT_AttachPartition:
            attached = definition(command).partition_cmd
            partition = relation(attached.name)
            if alter.objtype == pb.OBJECT_INDEX or not attached.HasField("bound"):
                return AttachIndex(table, partition)
            bound = canonical.partition_bound(attached.bound)
            return AttachPartition(table, partition, bound)
        case pb.AT_DetachPartition | pb.AT_DetachPartitionFinalize:
            detached = definition(command).partition_cmd
            return DetachPartition(
                table,
                relation(detached.name),
                detached.concurrent,
                command.subtype == pb.AT_DetachPartitionFinalize,
            )
        case _:
            return None


def _rewrite(command: pb.AlterTableCmd, table: Name, kind: ObjectKind) -> RewriteTable | None:
    match command.subtype:
        case pb.AT_SetLogged:
            return RewriteTable(table, RewriteKind.LOGGED, kind_of_object=kind)
        case pb.AT_SetUnLogged:
            return RewriteTable(table, RewriteKind.UNLOGGED, kind_of_object=kind)
        case pb.AT_SetTableSpace:
            return RewriteTable(table, RewriteKind.TABLESPACE, command.name, kind)
        case pb.AT_SetAccessMethod:
            method = command.name or "DEFAULT"
            return RewriteTable(table, RewriteKind.ACCESS_METHOD, method, kind)
        case _:
            return None
