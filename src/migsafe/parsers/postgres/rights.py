"""Roles, privileges, policies."""

from collections.abc import Sequence

from migsafe.model.expressions import Name
from migsafe.model.operations import (
    ChangePolicy,
    ChangeRole,
    Grant,
    GrantScope,
    Revoke,
)
from migsafe.parsers.postgres import canonical, pb
from migsafe.parsers.postgres.kinds import OBJECT_KINDS
from migsafe.parsers.postgres.names import relation, role, strings
from migsafe.parsers.postgres.objects import Object, named
from migsafe.parsers.postgres.source import Operations, Source


def grant(node: pb.Node, source: Source) -> Operations:
    """Return GRANT or REVOKE on objects."""
    statement = node.grant_stmt
    scope = GrantScope.OBJECTS
    if statement.targtype == pb.ACL_TARGET_ALL_IN_SCHEMA:
        scope = GrantScope.ALL_IN_SCHEMA
        found = tuple([Object(Name(item.string.sval)) for item in statement.objects])
    else:
        found = tuple([_object(statement.objtype, item) for item in statement.objects])
    objects = tuple([each.name for each in found])
    arguments = tuple([each.arguments for each in found])
    # The deparser leaves out what it has no word for: parameters.
    known = statement.objtype in OBJECT_KINDS
    return (
        _operation(
            statement,
            canonical.statement(source) if known else canonical.own(source),
            scope,
            objects,
            arguments if any(each is not None for each in arguments) else (),
        ),
    )


def _operation(
    statement: pb.GrantStmt,
    sql: str,
    scope: GrantScope,
    objects: tuple[Name, ...],
    arguments: tuple[str | None, ...] = (),
    makers: tuple[str, ...] = (),
) -> Grant | Revoke:
    kind = OBJECT_KINDS.get(statement.objtype)
    privileges, grantees = _privileges(statement), _roles(statement.grantees)
    option = statement.grant_option
    if statement.is_grant:
        return Grant(
            kind, objects, privileges, grantees, sql, scope, arguments, makers, option=option
        )
    return Revoke(
        kind,
        objects,
        privileges,
        grantees,
        sql,
        scope,
        arguments,
        makers,
        option=option,
        cascade=statement.behavior == pb.DROP_CASCADE,
    )


def _object(kind: pb.ObjectType, node: pb.Node) -> Object:
    if node.HasField("range_var"):
        return Object(relation(node.range_var))
    return named(kind, node)


def _privileges(statement: pb.GrantStmt) -> tuple[str, ...]:
    """Return the privileges in capitals, with columns in brackets; ALL if all are meant."""
    if not statement.privileges:
        return ("ALL",)
    return tuple([_privilege(node.access_priv) for node in statement.privileges])


def _privilege(privilege: pb.AccessPriv) -> str:
    name = privilege.priv_name.upper() or "ALL"
    if not privilege.cols:
        return name
    return f"{name} ({', '.join(strings(privilege.cols))})"


def _roles(nodes: Sequence[pb.Node]) -> tuple[str, ...]:
    return tuple([role(node.role_spec) for node in nodes])


def grant_role(node: pb.Node, source: Source) -> Operations:
    """Return GRANT or REVOKE of roles; the roles stand as privileges."""
    statement = node.grant_role_stmt
    roles = tuple([item.access_priv.priv_name for item in statement.granted_roles])
    grantees = _roles(statement.grantee_roles)
    sql = canonical.statement(source)
    option = any(item.def_elem.defname == "admin" for item in statement.opt)
    if statement.is_grant:
        return (Grant(None, (), roles, grantees, sql, option=option),)
    return (Revoke(None, (), roles, grantees, sql, option=option),)


def default_privileges(node: pb.Node, source: Source) -> Operations:
    """Return ALTER DEFAULT PRIVILEGES."""
    statement = node.alter_default_privileges_stmt
    schemas: list[Name] = []
    makers: list[str] = []
    for item in statement.options:
        given = item.def_elem.arg.list.items
        if item.def_elem.defname == "schemas":
            schemas.extend(Name(each.string.sval) for each in given)
        else:
            makers.extend(role(each.role_spec) for each in given)
    return (
        _operation(
            statement.action,
            canonical.statement(source),
            GrantScope.DEFAULT,
            tuple(schemas),
            makers=tuple(makers),
        ),
    )


def create_policy(node: pb.Node, source: Source) -> Operations:
    """Return CREATE POLICY."""
    statement = node.create_policy_stmt
    table = relation(statement.table)
    sql = canonical.statement(source)
    return (ChangePolicy(statement.policy_name, table, create=True, sql=sql),)


def alter_policy(node: pb.Node, source: Source) -> Operations:
    """Return ALTER POLICY."""
    statement = node.alter_policy_stmt
    table = relation(statement.table)
    sql = canonical.statement(source)
    return (ChangePolicy(statement.policy_name, table, create=False, sql=sql),)


def change_role(node: pb.Node, source: Source) -> Operations:
    """Return CREATE and ALTER ROLE, REASSIGN and DROP OWNED, settings of a database."""
    verb, subject = _role_change(node)
    return (ChangeRole(verb, subject, canonical.statement(source)),)


def _role_change(node: pb.Node) -> tuple[str, str]:
    match node.WhichOneof("node"):
        case "create_role_stmt":
            return "CREATE ROLE", node.create_role_stmt.role
        case "alter_role_stmt":
            return "ALTER ROLE", role(node.alter_role_stmt.role)
        case "alter_role_set_stmt":
            statement = node.alter_role_set_stmt
            whose = role(statement.role) if statement.HasField("role") else "ALL"
            return "ALTER ROLE", whose
        case "drop_owned_stmt":
            return "DROP OWNED", ", ".join(_roles(node.drop_owned_stmt.roles))
        case "reassign_owned_stmt":
            return "REASSIGN OWNED", ", ".join(_roles(node.reassign_owned_stmt.roles))
        case "alter_database_set_stmt":
            return "ALTER DATABASE", node.alter_database_set_stmt.dbname
        case _:
            return "ALTER SYSTEM", ""


def drop_role(node: pb.Node, source: Source) -> Operations:
    """Return DROP ROLE, one operation a role."""
    del source
    statement = node.drop_role_stmt
    return tuple([_drop_role(statement, item) for item in statement.roles])


def _drop_role(statement: pb.DropRoleStmt, item: pb.Node) -> ChangeRole:
    alone = pb.DropRoleStmt(roles=[item], missing_ok=statement.missing_ok)
    sql = canonical.node(pb.Node(drop_role_stmt=alone))
    return ChangeRole("DROP ROLE", role(item.role_spec), sql)
