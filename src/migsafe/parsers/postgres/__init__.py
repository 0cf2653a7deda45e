"""PostgreSQL, read with its own grammar. Nothing else knows postgast."""

import re

from google.protobuf.message import DecodeError

from migsafe.model.expressions import Expression, Type
from migsafe.model.operations import (
    Cause,
    CreateSchema,
    Insert,
    Operation,
    Unrecognized,
)
from migsafe.model.pattern import pattern
from migsafe.model.record import replace
from migsafe.parsers.errors import ParseError
from migsafe.parsers.postgres import (
    altering,
    bulk,
    catalog_objects,
    data,
    datatypes,
    expressions,
    indexes,
    objects,
    options,
    pb,
    rights,
    routines,
    sequences,
    session,
    tables,
    types,
    views,
)
from migsafe.parsers.postgres.library import PgQueryError, parse
from migsafe.parsers.postgres.names import role
from migsafe.parsers.postgres.source import Operations, Part, Reader, Source
from migsafe.parsers.postgres.walking import walk

READERS: dict[str, Reader] = {
    "alter_collation_stmt": catalog_objects.create_object,
    "alter_database_refresh_coll_stmt": catalog_objects.create_object,
    "alter_database_set_stmt": rights.change_role,
    "alter_database_stmt": catalog_objects.create_object,
    "alter_default_privileges_stmt": rights.default_privileges,
    "alter_domain_stmt": datatypes.alter_domain,
    "alter_enum_stmt": datatypes.alter_enum,
    "alter_event_trig_stmt": catalog_objects.create_object,
    "alter_extension_contents_stmt": catalog_objects.alter_extension,
    "alter_extension_stmt": catalog_objects.alter_extension,
    "alter_fdw_stmt": catalog_objects.create_object,
    "alter_foreign_server_stmt": catalog_objects.create_object,
    "alter_function_stmt": routines.alter,
    "alter_object_depends_stmt": objects.depends,
    "alter_object_schema_stmt": objects.set_schema,
    "alter_op_family_stmt": catalog_objects.create_object,
    "alter_operator_stmt": catalog_objects.create_object,
    "alter_owner_stmt": objects.set_owner,
    "alter_policy_stmt": rights.alter_policy,
    "alter_publication_stmt": catalog_objects.change_publication,
    "alter_role_set_stmt": rights.change_role,
    "alter_role_stmt": rights.change_role,
    "alter_seq_stmt": sequences.alter,
    "alter_stats_stmt": catalog_objects.create_object,
    "alter_subscription_stmt": catalog_objects.change_publication,
    "alter_system_stmt": rights.change_role,
    "alter_table_move_all_stmt": session.move_all,
    "alter_table_space_options_stmt": catalog_objects.create_object,
    "alter_tsconfiguration_stmt": catalog_objects.create_object,
    "alter_tsdictionary_stmt": catalog_objects.create_object,
    "alter_type_stmt": datatypes.alter_type,
    "alter_user_mapping_stmt": catalog_objects.create_object,
    "call_stmt": routines.call,
    "check_point_stmt": session.no_operation,
    "close_portal_stmt": session.no_operation,
    "cluster_stmt": session.cluster,
    "comment_stmt": objects.comment,
    "composite_type_stmt": datatypes.create_composite,
    "constraints_set_stmt": session.no_operation,
    "copy_stmt": data.copy,
    "create_am_stmt": catalog_objects.create_object,
    "create_cast_stmt": catalog_objects.create_object,
    "create_conversion_stmt": catalog_objects.create_object,
    "create_domain_stmt": datatypes.create_domain,
    "create_enum_stmt": datatypes.create_enum,
    "create_event_trig_stmt": catalog_objects.create_object,
    "create_extension_stmt": catalog_objects.create_extension,
    "create_fdw_stmt": catalog_objects.create_object,
    "create_foreign_server_stmt": catalog_objects.create_object,
    "create_foreign_table_stmt": tables.create_foreign,
    "create_function_stmt": routines.create,
    "create_op_class_stmt": catalog_objects.create_object,
    "create_op_family_stmt": catalog_objects.create_object,
    "create_plang_stmt": catalog_objects.create_object,
    "create_policy_stmt": rights.create_policy,
    "create_publication_stmt": catalog_objects.change_publication,
    "create_range_stmt": datatypes.create_range,
    "create_role_stmt": rights.change_role,
    "create_seq_stmt": sequences.create,
    "create_stats_stmt": catalog_objects.create_object,
    "create_stmt": tables.create,
    "create_subscription_stmt": catalog_objects.change_publication,
    "create_table_as_stmt": tables.create_as,
    "create_table_space_stmt": catalog_objects.create_object,
    "create_transform_stmt": catalog_objects.create_object,
    "create_trig_stmt": routines.create_trigger,
    "create_user_mapping_stmt": catalog_objects.create_object,
    "createdb_stmt": catalog_objects.create_object,
    "deallocate_stmt": session.no_operation,
    "declare_cursor_stmt": data.declare_cursor,
    "define_stmt": routines.define,
    "delete_stmt": data.delete,
    "discard_stmt": session.discard,
    "do_stmt": routines.do,
    "drop_owned_stmt": rights.change_role,
    "drop_role_stmt": rights.drop_role,
    "drop_stmt": objects.drop,
    "drop_subscription_stmt": objects.drop_by_name,
    "drop_table_space_stmt": objects.drop_by_name,
    "drop_user_mapping_stmt": objects.drop_by_name,
    "dropdb_stmt": objects.drop_by_name,
    "execute_stmt": data.execute,
    "fetch_stmt": session.no_operation,
    "grant_role_stmt": rights.grant_role,
    "grant_stmt": rights.grant,
    "import_foreign_schema_stmt": catalog_objects.import_foreign_schema,
    "index_stmt": indexes.create,
    "insert_stmt": data.insert,
    "listen_stmt": session.no_operation,
    "load_stmt": session.no_operation,
    "lock_stmt": session.lock,
    "merge_stmt": data.merge,
    "notify_stmt": session.no_operation,
    "prepare_stmt": session.no_operation,
    "reassign_owned_stmt": rights.change_role,
    "refresh_mat_view_stmt": views.refresh,
    "reindex_stmt": indexes.reindex,
    "rename_stmt": objects.rename,
    "rule_stmt": routines.create_rule,
    "sec_label_stmt": objects.security_label,
    "select_stmt": data.select,
    "transaction_stmt": session.transaction,
    "truncate_stmt": data.truncate,
    "unlisten_stmt": session.no_operation,
    "update_stmt": data.update,
    "vacuum_stmt": session.vacuum,
    "variable_set_stmt": session.set_parameter,
    "variable_show_stmt": session.show,
    "view_stmt": views.create,
}
"""How each kind of statement is read, by the grammar's name; see `_operations` too."""


def read_statement(sql: str) -> tuple[Operation, ...]:
    """Return the operations of one statement, without their origin; never raises."""
    return tuple([part.operation for part in read_parts(sql)])


def read_parts(sql: str) -> tuple[Part, ...]:
    """Return the operations of one statement with their places in `sql`; never raises."""
    big = bulk.shortened(sql)
    if big is not None:
        return _read_bulk(sql, *big)
    try:
        tree = parse(sql)
    except PgQueryError as error:
        return (_refused(sql, error),)
    except DecodeError:
        # The tree is nested deeper than protobuf follows.
        reason = "nested too deeply"
        return (Part(Unrecognized(Cause.UNMAPPED, reason, sql), 0, len(sql)),)
    if len(tree.stmts) == 1:
        return tuple(_read(_source(sql, tree.stmts[0], tree)))
    parts: list[Part] = []
    for statement in tree.stmts:
        parts += _read(_source(sql, statement, None))
    return tuple(parts)


def _read_bulk(sql: str, short: str, rows: int) -> tuple[Part, ...]:
    """Return a big INSERT as its short form tells, with its own rows and text."""
    text = sql.strip().removesuffix(";").rstrip()
    operations = [
        replace(part.operation, rows=rows, sql=text)
        if isinstance(part.operation, Insert)
        else part.operation
        for part in read_parts(short)
    ]
    return tuple([Part(operation, 0, len(sql)) for operation in operations])


# As text templates, shells, Flyway, and Python's formats write them.
_PLACEHOLDER = pattern(r"\{\{.*?\}\}|\$\{[^}]+\}|<%.*?%>|\{%.*?%\}|%\(\w+\)s", re.DOTALL)


def _refused(sql: str, error: PgQueryError) -> Part:
    placeholder = _PLACEHOLDER.search(sql)
    if placeholder is not None:
        reason = f"'{placeholder[0]}' is filled in before the server sees it"
        return Part(Unrecognized(Cause.TEMPLATE, reason, sql), 0, len(sql))
    # The position counts characters from 1, whatever its documentation says.
    place = f" at character {error.cursorpos}" if error.cursorpos else ""
    reason = f"{error.message}{place}"
    return Part(Unrecognized(Cause.SYNTAX, reason, sql), 0, len(sql))


def _source(sql: str, statement: pb.RawStmt, tree: pb.ParseResult | None) -> Source:
    whole = Source(sql, 0, len(sql), statement)
    start = whole.offset(statement.stmt_location)
    if not statement.stmt_len:
        return Source(sql, start, len(sql), statement, tree)
    end = whole.offset(statement.stmt_location + statement.stmt_len)
    return Source(sql, start, end, statement, tree)


def _read(source: Source) -> list[Part]:
    node = source.statement.stmt
    try:
        if node.HasField("alter_table_stmt"):
            return altering.read(node, source)
        operations = _operations(node, source)
    except (PgQueryError, RecursionError) as error:
        # The deparser has limits of its own.
        text = source.text[source.start : source.end]
        operations = (Unrecognized(Cause.UNMAPPED, str(error), text),)
    return [Part(operation, source.start, source.end) for operation in operations]


def _operations(node: pb.Node, source: Source) -> Operations:
    kind = node.WhichOneof("node")
    if kind in READERS:
        return READERS[kind](node, source)
    match kind:
        case "explain_stmt":
            if options.flag(node.explain_stmt.options, "analyze"):
                # It runs what it explains.
                return _operations(node.explain_stmt.query, source)
            return (session.explained(node, source),)
        case "create_schema_stmt":
            return _create_schema(node.create_schema_stmt, source)
        case _:
            return (_unmapped(node, source),)


def _create_schema(statement: pb.CreateSchemaStmt, source: Source) -> Operations:
    owner = role(statement.authrole) if statement.HasField("authrole") else None
    schema = statement.schemaname or owner or ""
    made: list[Operation] = [CreateSchema(schema, statement.if_not_exists, owner)]
    created: set[str] = set()
    for element in statement.schema_elts:
        var = _target(element)
        if var is not None:
            var.schemaname = var.schemaname or schema
            created.add(var.relname)
    for element in statement.schema_elts:
        _qualify(element, schema, created)
        alone = Source(source.text, source.start, source.end, pb.RawStmt(stmt=element))
        made += _operations(element, alone)
    return tuple(made)


def _target(element: pb.Node) -> pb.RangeVar | None:
    """Return the relation that an element of CREATE SCHEMA makes or is on."""
    match element.WhichOneof("node"):
        case "create_stmt":
            return element.create_stmt.relation
        case "view_stmt":
            return element.view_stmt.view
        case "index_stmt":
            return element.index_stmt.relation
        case "create_seq_stmt":
            return element.create_seq_stmt.sequence
        case "create_trig_stmt":
            return element.create_trig_stmt.relation
        case _:
            return None


def _qualify(element: pb.Node, schema: str, created: set[str]) -> None:
    """Put the schema where the server looks first while it makes the elements."""
    for message, hidden in walk(element):
        if (
            isinstance(message, pb.RangeVar)
            and not message.schemaname
            and message.relname in created
            and message.relname not in hidden
        ):
            message.schemaname = schema


def _unmapped(node: pb.Node, source: Source) -> Unrecognized:
    kind = node.WhichOneof("node")
    message = "an empty statement"
    if kind is not None:
        message = getattr(node, kind).DESCRIPTOR.name
    sql = source.text[source.start : source.end].strip()
    return Unrecognized(Cause.UNMAPPED, message, sql)


def read_prepared(sql: str) -> tuple[str, tuple[Operation, ...]]:
    """Return the name that a PREPARE gives to its statement, and what that does."""
    tree = parse(sql)
    statement = tree.stmts[0].stmt.prepare_stmt
    alone = Source(sql, 0, len(sql), pb.RawStmt(stmt=statement.query))
    return statement.name, tuple([part.operation for part in _read(alone)])


def read_expression(sql: str) -> Expression:
    """Return an expression.

    Raises:
        ParseError: If it is not one expression.
    """
    statement = _parse_one(f"SELECT {sql}", sql, "an expression")
    targets = statement.select_stmt.target_list
    if (
        {field.name for field, _ in statement.select_stmt.ListFields()} - _PLAIN_SELECT
        or len(targets) != 1
        or targets[0].res_target.name
    ):
        raise ParseError(f"{sql!r} is not one expression")
    try:
        return expressions.read(targets[0].res_target.val)
    except PgQueryError as error:
        raise ParseError(f"{sql!r} cannot be written back: {error.message}") from error


_PLAIN_SELECT = frozenset({"target_list", "limit_option", "op"})


def read_type(sql: str) -> Type:
    """Return a type as a column definition names it, with its collation.

    Raises:
        ParseError: If it is not a type.
    """
    statement = _parse_one(f"ALTER TABLE x ADD x {sql}", sql, "a type")
    commands = statement.alter_table_stmt.cmds
    definition = altering.definition(commands[0].alter_table_cmd).column_def
    if len(commands) != 1 or definition.constraints:
        raise ParseError(f"{sql!r} is not a type")
    collation = definition.coll_clause if definition.HasField("coll_clause") else None
    return types.read(definition.type_name, collation)


def _parse_one(statement: str, sql: str, what: str) -> pb.Node:
    try:
        tree = parse(statement)
    except PgQueryError as error:
        raise ParseError(f"{sql!r} is not {what}: {error.message}") from error
    except DecodeError as error:
        raise ParseError(f"{sql!r} is nested too deeply") from error
    if len(tree.stmts) != 1:
        raise ParseError(f"{sql!r} is not {what}")
    return tree.stmts[0].stmt
