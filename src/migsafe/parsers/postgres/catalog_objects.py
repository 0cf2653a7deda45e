"""CREATE and ALTER of objects that no rule tells apart, extensions and replication."""

from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AlterExtension,
    ChangePublication,
    CreateExtension,
    CreateObject,
    ImportForeignSchema,
    ObjectKind,
)
from migsafe.parsers.postgres import canonical, options, pb
from migsafe.parsers.postgres.names import dotted, relation, role
from migsafe.parsers.postgres.source import Operations, Source


def create_object(node: pb.Node, source: Source) -> Operations:
    """Return CREATE or ALTER of an object by its kind and name."""
    kind, name = _identity(node)
    return (CreateObject(kind, name, canonical.statement(source)),)


def import_foreign_schema(node: pb.Node, source: Source) -> Operations:
    """Return IMPORT FOREIGN SCHEMA; only LIMIT TO says which tables come."""
    statement = node.import_foreign_schema_stmt
    schema = statement.local_schema
    tables = None
    if statement.list_type == pb.FDW_IMPORT_SCHEMA_LIMIT_TO:
        tables = tuple([Name(item.range_var.relname, schema) for item in statement.table_list])
    return (ImportForeignSchema(schema, tables, canonical.statement(source)),)


def _identity(node: pb.Node) -> tuple[ObjectKind, Name]:  # noqa: C901, PLR0912 - a table
    match node.WhichOneof("node"):
        case "create_table_space_stmt":
            name = node.create_table_space_stmt.tablespacename
            return ObjectKind.TABLESPACE, Name(name)
        case "alter_table_space_options_stmt":
            name = node.alter_table_space_options_stmt.tablespacename
            return ObjectKind.TABLESPACE, Name(name)
        case "create_fdw_stmt":
            name = node.create_fdw_stmt.fdwname
            return ObjectKind.FOREIGN_DATA_WRAPPER, Name(name)
        case "alter_fdw_stmt":
            return ObjectKind.FOREIGN_DATA_WRAPPER, Name(node.alter_fdw_stmt.fdwname)
        case "create_foreign_server_stmt":
            return ObjectKind.SERVER, Name(node.create_foreign_server_stmt.servername)
        case "alter_foreign_server_stmt":
            return ObjectKind.SERVER, Name(node.alter_foreign_server_stmt.servername)
        case "create_foreign_table_stmt":
            table = node.create_foreign_table_stmt.base_stmt.relation
            return ObjectKind.FOREIGN_TABLE, relation(table)
        case "create_user_mapping_stmt":
            user = role(node.create_user_mapping_stmt.user)
            return ObjectKind.USER_MAPPING, Name(user)
        case "alter_user_mapping_stmt":
            user = role(node.alter_user_mapping_stmt.user)
            return ObjectKind.USER_MAPPING, Name(user)
        case "create_am_stmt":
            return ObjectKind.ACCESS_METHOD, Name(node.create_am_stmt.amname)
        case "create_event_trig_stmt":
            return ObjectKind.EVENT_TRIGGER, Name(node.create_event_trig_stmt.trigname)
        case "alter_event_trig_stmt":
            return ObjectKind.EVENT_TRIGGER, Name(node.alter_event_trig_stmt.trigname)
        case "create_plang_stmt":
            return ObjectKind.LANGUAGE, Name(node.create_plang_stmt.plname)
        case "create_op_class_stmt":
            name_ = dotted(node.create_op_class_stmt.opclassname)
            return ObjectKind.OPERATOR_CLASS, name_
        case "create_op_family_stmt":
            name_ = dotted(node.create_op_family_stmt.opfamilyname)
            return ObjectKind.OPERATOR_FAMILY, name_
        case "alter_op_family_stmt":
            name_ = dotted(node.alter_op_family_stmt.opfamilyname)
            return ObjectKind.OPERATOR_FAMILY, name_
        case "create_stats_stmt":
            parts = node.create_stats_stmt.defnames
            canonical.quote_statistics(node.create_stats_stmt.exprs)
            # Unnamed statistics get their name from the server.
            return ObjectKind.STATISTICS, dotted(parts) if parts else Name("")
        case "alter_stats_stmt":
            return ObjectKind.STATISTICS, dotted(node.alter_stats_stmt.defnames)
        case "alter_operator_stmt":
            name_ = dotted(node.alter_operator_stmt.opername.objname)
            return ObjectKind.OPERATOR, name_
        case "alter_collation_stmt":
            return ObjectKind.COLLATION, dotted(node.alter_collation_stmt.collname)
        case "createdb_stmt":
            return ObjectKind.DATABASE, Name(node.createdb_stmt.dbname)
        case "alter_database_stmt":
            return ObjectKind.DATABASE, Name(node.alter_database_stmt.dbname)
        case "alter_database_refresh_coll_stmt":
            name = node.alter_database_refresh_coll_stmt.dbname
            return ObjectKind.DATABASE, Name(name)
        case "create_conversion_stmt":
            name_ = dotted(node.create_conversion_stmt.conversion_name)
            return ObjectKind.CONVERSION, name_
        case "create_cast_stmt":
            type_ = canonical.type_name(node.create_cast_stmt.sourcetype)
            return ObjectKind.CAST, Name(type_)
        case "create_transform_stmt":
            type_ = canonical.type_name(node.create_transform_stmt.type_name)
            return ObjectKind.TRANSFORM, Name(type_)
        case "alter_tsdictionary_stmt":
            name_ = dotted(node.alter_tsdictionary_stmt.dictname)
            return ObjectKind.TEXT_SEARCH_DICTIONARY, name_
        case _:
            name_ = dotted(node.alter_tsconfiguration_stmt.cfgname)
            return ObjectKind.TEXT_SEARCH_CONFIGURATION, name_


def create_extension(node: pb.Node, source: Source) -> Operations:
    """Return CREATE EXTENSION."""
    del source
    statement = node.create_extension_stmt
    schema = options.find(statement.options, "schema")
    version = options.find(statement.options, "new_version")
    return (
        CreateExtension(
            statement.extname,
            statement.if_not_exists,
            None if schema is None else options.value(schema),
            None if version is None else options.value(version),
            options.flag(statement.options, "cascade"),
        ),
    )


def alter_extension(node: pb.Node, source: Source) -> Operations:
    """Return ALTER EXTENSION … UPDATE, ADD or DROP."""
    name = (
        node.alter_extension_stmt.extname
        if node.HasField("alter_extension_stmt")
        else node.alter_extension_contents_stmt.extname
    )
    return (AlterExtension(name, canonical.statement(source)),)


def change_publication(node: pb.Node, source: Source) -> Operations:
    """Return CREATE or ALTER PUBLICATION or SUBSCRIPTION."""
    kind = ObjectKind.PUBLICATION
    match node.WhichOneof("node"):
        case "create_publication_stmt":
            name = node.create_publication_stmt.pubname
        case "alter_publication_stmt":
            name = node.alter_publication_stmt.pubname
        case "create_subscription_stmt":
            kind = ObjectKind.SUBSCRIPTION
            name = node.create_subscription_stmt.subname
        case _:
            kind = ObjectKind.SUBSCRIPTION
            name = node.alter_subscription_stmt.subname
    return (ChangePublication(kind, name, canonical.statement(source)),)
