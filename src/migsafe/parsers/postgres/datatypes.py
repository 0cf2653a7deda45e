"""Enums, domains, composite and other types."""

from migsafe.model.operations import (
    AddEnumValue,
    AlterDomain,
    Cause,
    Check,
    CreateDomain,
    CreateEnum,
    CreateObject,
    CreateType,
    DomainAction,
    NotNull,
    ObjectKind,
    RenameEnumValue,
    Unrecognized,
)
from migsafe.parsers.postgres import canonical, columns, constraints, expressions, pb, types
from migsafe.parsers.postgres.names import dotted, relation, strings
from migsafe.parsers.postgres.source import Operations, Source


def create_enum(node: pb.Node, source: Source) -> Operations:
    """Return CREATE TYPE … AS ENUM."""
    del source
    statement = node.create_enum_stmt
    return (CreateEnum(dotted(statement.type_name), strings(statement.vals)),)


def alter_enum(node: pb.Node, source: Source) -> Operations:
    """Return ALTER TYPE … ADD VALUE or RENAME VALUE."""
    del source
    statement = node.alter_enum_stmt
    enum = dotted(statement.type_name)
    if statement.old_val:
        return (RenameEnumValue(enum, statement.old_val, statement.new_val),)
    neighbour = statement.new_val_neighbor or None
    return (
        AddEnumValue(
            enum,
            statement.new_val,
            statement.skip_if_new_val_exists,
            neighbour,
            statement.new_val_is_after if neighbour is not None else True,
        ),
    )


def create_composite(node: pb.Node, source: Source) -> Operations:
    """Return CREATE TYPE … AS (…)."""
    statement = node.composite_type_stmt
    attributes = tuple([columns.read(item.column_def)[0] for item in statement.coldeflist])
    sql = canonical.statement(source)
    return (CreateType(relation(statement.typevar), attributes, sql),)


def create_range(node: pb.Node, source: Source) -> Operations:
    """Return CREATE TYPE … AS RANGE."""
    name = dotted(node.create_range_stmt.type_name)
    return (CreateType(name, (), canonical.statement(source)),)


def alter_type(node: pb.Node, source: Source) -> Operations:
    """Return ALTER TYPE … SET (…)."""
    name = dotted(node.alter_type_stmt.type_name)
    return (CreateObject(ObjectKind.TYPE, name, canonical.statement(source)),)


def create_domain(node: pb.Node, source: Source) -> Operations:
    """Return CREATE DOMAIN."""
    statement = node.create_domain_stmt
    name = dotted(statement.domainname)
    nullable = True
    default = None
    checks: list[Check] = []
    for item in statement.constraints:
        match item.constraint.contype:
            case pb.CONSTR_NOTNULL:
                nullable = False
            case pb.CONSTR_NULL:
                pass
            case pb.CONSTR_DEFAULT:
                default = expressions.read(item.constraint.raw_expr)
            case pb.CONSTR_CHECK:
                check = constraints.read(item.constraint)
                if isinstance(check, Check):
                    checks.append(check)
            case kind:
                reason = f"CREATE DOMAIN with {pb.ConstrType.Name(kind)}"
                sql = canonical.statement(source)
                return (Unrecognized(Cause.UNMAPPED, reason, sql, (name,)),)
    collation = statement.coll_clause if statement.HasField("coll_clause") else None
    return (
        CreateDomain(
            name,
            types.read(statement.type_name, collation),
            nullable,
            default,
            tuple(checks),
        ),
    )


def alter_domain(node: pb.Node, source: Source) -> Operations:
    """Return ALTER DOMAIN."""
    statement = node.alter_domain_stmt
    name = dotted(statement.type_name)
    definition: pb.Node = getattr(statement, "def")
    cascade = statement.behavior == pb.DROP_CASCADE
    match statement.subtype:
        case "T" if statement.HasField("def"):
            default = expressions.read(definition)
            return (AlterDomain(name, DomainAction.SET_DEFAULT, default=default),)
        case "T":
            return (AlterDomain(name, DomainAction.DROP_DEFAULT),)
        case "N":
            return (AlterDomain(name, DomainAction.DROP_NOT_NULL),)
        case "O":
            return (AlterDomain(name, DomainAction.SET_NOT_NULL),)
        case "X":
            return (
                AlterDomain(
                    name,
                    DomainAction.DROP_CONSTRAINT,
                    constraint=statement.name,
                    if_exists=statement.missing_ok,
                    cascade=cascade,
                ),
            )
        case "V":
            action = DomainAction.VALIDATE_CONSTRAINT
            return (AlterDomain(name, action, constraint=statement.name),)
        case _:
            added = _domain_constraint(definition.constraint)
            if added is None:
                reason = "ALTER DOMAIN … ADD"
                sql = canonical.statement(source)
                return (Unrecognized(Cause.UNMAPPED, reason, sql, (name,)),)
            return (AlterDomain(name, DomainAction.ADD_CONSTRAINT, added),)


def _domain_constraint(constraint: pb.Constraint) -> Check | NotNull | None:
    if constraint.contype == pb.CONSTR_NOTNULL:
        return NotNull(constraint.conname or None, "value")
    read = constraints.read(constraint)
    return read if isinstance(read, Check) else None
