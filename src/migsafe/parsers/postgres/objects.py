"""DROP, RENAME, OWNER TO, SET SCHEMA, COMMENT ON: what works for any kind of object."""

from collections.abc import Sequence

from migsafe.model.expressions import Name
from migsafe.model.operations import (
    CommentOn,
    CreateObject,
    DropIndex,
    DropObject,
    DropTable,
    ObjectKind,
    Operation,
    RenameColumn,
    RenameObject,
    RenameTable,
    SetOwner,
    SetSchema,
)
from migsafe.model.record import record
from migsafe.parsers.postgres import canonical, options, pb
from migsafe.parsers.postgres.kinds import OBJECT_KINDS
from migsafe.parsers.postgres.names import dotted, relation, role, within
from migsafe.parsers.postgres.source import Operations, Source

_OF_A_TABLE = frozenset(
    {pb.OBJECT_TRIGGER, pb.OBJECT_POLICY, pb.OBJECT_RULE, pb.OBJECT_TABCONSTRAINT}
)
_OF_A_METHOD = frozenset({pb.OBJECT_OPCLASS, pb.OBJECT_OPFAMILY})


@record
class Object:
    """An object that a statement names: of a table, with arguments, or plain."""

    name: Name
    table: Name | None = None
    arguments: str | None = None


def named(kind: pb.ObjectType, node: pb.Node) -> Object:
    """Return the object that a node names."""
    match node.WhichOneof("node"):
        case "string":
            return Object(Name(node.string.sval))
        case "type_name":
            return Object(dotted(node.type_name.names))
        case "object_with_args":
            called = node.object_with_args
            return Object(dotted(called.objname), arguments=canonical.arguments(called, kind))
        case "list":
            return _listed(kind, node.list.items)
        case _:
            # A large object's number.
            return Object(Name(options.text(node)))


def _listed(kind: pb.ObjectType, items: Sequence[pb.Node]) -> Object:
    if kind in _OF_A_TABLE:
        table, name = within(items)
        return Object(Name(name), table)
    if kind == pb.OBJECT_COLUMN:
        table, name = within(items)
        return Object(Name(name), table)
    if kind in _OF_A_METHOD:
        method = items[0].string.sval
        return Object(dotted(items[1:]), arguments=f"USING {method}")
    if kind == pb.OBJECT_DOMCONSTRAINT:
        return Object(Name(items[1].string.sval), table=dotted(items[0].type_name.names))
    if kind == pb.OBJECT_CAST:
        source, target = (canonical.type_name(item.type_name) for item in items)
        return Object(Name(source), arguments=f"{source} AS {target}")
    if kind == pb.OBJECT_TRANSFORM:
        return Object(
            Name(canonical.type_name(items[0].type_name)),
            arguments=f"LANGUAGE {items[1].string.sval}",
        )
    return Object(dotted(items))


def drop(node: pb.Node, source: Source) -> Operations:
    """Return one operation for each object that a DROP names."""
    del source
    statement = node.drop_stmt
    cascade = statement.behavior == pb.DROP_CASCADE
    if_exists = statement.missing_ok
    kind = statement.remove_type
    dropped: list[Operation] = []
    for item in statement.objects:
        if kind == pb.OBJECT_TABLE:
            dropped.append(DropTable(dotted(item.list.items), if_exists, cascade))
        elif kind == pb.OBJECT_INDEX:
            index = dotted(item.list.items)
            dropped.append(DropIndex(index, statement.concurrent, if_exists, cascade))
        else:
            found = named(kind, item)
            dropped.append(
                DropObject(
                    OBJECT_KINDS[kind],
                    found.name,
                    if_exists,
                    cascade,
                    found.table,
                    found.arguments,
                )
            )
    return tuple(dropped)


def drop_by_name(node: pb.Node, source: Source) -> Operations:
    """Return a DROP of what has a statement of its own: database, tablespace, …."""
    del source
    match node.WhichOneof("node"):
        case "dropdb_stmt":
            database = node.dropdb_stmt
            return (DropObject(ObjectKind.DATABASE, Name(database.dbname), database.missing_ok),)
        case "drop_table_space_stmt":
            space = node.drop_table_space_stmt
            name = Name(space.tablespacename)
            return (DropObject(ObjectKind.TABLESPACE, name, space.missing_ok),)
        case "drop_subscription_stmt":
            subscription = node.drop_subscription_stmt
            return (
                DropObject(
                    ObjectKind.SUBSCRIPTION,
                    Name(subscription.subname),
                    subscription.missing_ok,
                    subscription.behavior == pb.DROP_CASCADE,
                ),
            )
        case _:
            mapping = node.drop_user_mapping_stmt
            return (
                DropObject(
                    ObjectKind.USER_MAPPING,
                    Name(role(mapping.user)),
                    mapping.missing_ok,
                    arguments=f"SERVER {mapping.servername}",
                ),
            )


def rename(node: pb.Node, source: Source) -> Operations:
    """Return ALTER … RENAME."""
    del source
    statement = node.rename_stmt
    new = statement.newname
    if_exists = statement.missing_ok
    match statement.rename_type:
        case pb.OBJECT_TABLE:
            return (RenameTable(relation(statement.relation), new, if_exists),)
        case pb.OBJECT_COLUMN:
            kind = OBJECT_KINDS[statement.relation_type]
            table = relation(statement.relation)
            return (RenameColumn(table, statement.subname, new, kind, if_exists),)
        case pb.OBJECT_ATTRIBUTE:
            type_ = relation(statement.relation)
            kind = ObjectKind.TYPE
            return (RenameColumn(type_, statement.subname, new, kind, if_exists),)
        case pb.OBJECT_DOMCONSTRAINT:
            return (
                RenameObject(
                    ObjectKind.DOMAIN_CONSTRAINT,
                    Name(statement.subname),
                    new,
                    dotted(statement.object.list.items),
                ),
            )
        case renamed if renamed in _OF_A_TABLE:
            return (
                RenameObject(
                    OBJECT_KINDS[renamed],
                    Name(statement.subname),
                    new,
                    relation(statement.relation),
                    if_exists,
                ),
            )
        case renamed:
            found = _subject(statement, renamed)
            return (
                RenameObject(
                    OBJECT_KINDS[renamed],
                    found.name,
                    new,
                    if_exists=if_exists,
                    arguments=found.arguments,
                ),
            )


def _subject(
    statement: pb.RenameStmt | pb.AlterObjectSchemaStmt | pb.AlterObjectDependsStmt,
    kind: pb.ObjectType,
) -> Object:
    if statement.HasField("object"):
        return named(kind, statement.object)
    if statement.HasField("relation"):
        return Object(relation(statement.relation))
    if isinstance(statement, pb.RenameStmt):
        return Object(Name(statement.subname))
    return Object(Name(""))


def set_owner(node: pb.Node, source: Source) -> Operations:
    """Return ALTER … OWNER TO."""
    del source
    statement = node.alter_owner_stmt
    found = named(statement.object_type, statement.object)
    return (
        SetOwner(
            OBJECT_KINDS[statement.object_type],
            found.name,
            role(statement.newowner),
            found.arguments,
        ),
    )


def set_schema(node: pb.Node, source: Source) -> Operations:
    """Return ALTER … SET SCHEMA."""
    del source
    statement = node.alter_object_schema_stmt
    found = _subject(statement, statement.object_type)
    return (
        SetSchema(
            OBJECT_KINDS[statement.object_type],
            found.name,
            statement.newschema,
            statement.missing_ok,
            found.arguments,
        ),
    )


def depends(node: pb.Node, source: Source) -> Operations:
    """Return ALTER … DEPENDS ON EXTENSION."""
    statement = node.alter_object_depends_stmt
    kind = statement.object_type
    if kind in _OF_A_TABLE:
        found = Object(relation(statement.relation))
    else:
        found = _subject(statement, kind)
    sql = canonical.statement(source)
    return (CreateObject(OBJECT_KINDS[kind], found.name, sql),)


def comment(node: pb.Node, source: Source) -> Operations:
    """Return COMMENT ON; for a part of a table (column, trigger, …) `object` is the table."""
    statement = node.comment_stmt
    found = named(statement.objtype, statement.object)
    return (
        CommentOn(
            OBJECT_KINDS[statement.objtype],
            found.table or found.name,
            canonical.statement(source),
        ),
    )


def security_label(node: pb.Node, source: Source) -> Operations:
    """Return SECURITY LABEL."""
    statement = node.sec_label_stmt
    found = named(statement.objtype, statement.object)
    return (
        CreateObject(
            OBJECT_KINDS[statement.objtype],
            found.table or found.name,
            canonical.statement(source),
        ),
    )
