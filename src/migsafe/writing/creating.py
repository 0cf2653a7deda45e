"""CREATE statements as SQL."""

from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AddEnumValue,
    AlterCompositeType,
    AlterDomain,
    AlterSequence,
    AttributeAction,
    Check,
    Column,
    CreateDomain,
    CreateExtension,
    CreateIndex,
    CreateSchema,
    CreateSequence,
    CreateTable,
    CreateTableAs,
    CreateView,
    DomainAction,
    NotNull,
)
from migsafe.writing import parts, quoting
from migsafe.writing.errors import UnwritableError
from migsafe.writing.parts import joined
from migsafe.writing.tokens import TOKEN


def create_table(operation: CreateTable) -> str:
    """Return CREATE TABLE."""
    foreign = operation.tail.startswith("SERVER ")
    using, tail = ("", operation.tail) if foreign else _access_method(operation.tail)
    by = operation.partition_by
    inherits = ", ".join(map(quoting.name, operation.inherits))
    return joined(
        "CREATE",
        _persistence(temporary=operation.temporary, unlogged=operation.unlogged),
        "FOREIGN TABLE" if foreign else "TABLE",
        "IF NOT EXISTS" if operation.if_not_exists else None,
        quoting.name(operation.table),
        _elements(operation),
        None if operation.partition_of is None else operation.partition_bound,
        f"INHERITS ({inherits})" if inherits else None,
        None if by is None else f"PARTITION BY {by.definition}",
        using,
        f"WITH {parts.options(operation.options)}" if operation.options else None,
        tail,
    )


def _persistence(*, temporary: bool, unlogged: bool) -> str | None:
    if temporary:
        return "TEMPORARY"
    return "UNLOGGED" if unlogged else None


def _elements(operation: CreateTable) -> str:
    of = operation.partition_of or operation.of_type
    elements = [
        parts.column(column) if of is None else _column_options(column)
        for column in operation.columns
    ]
    options = operation.like_options or ("",) * len(operation.like)
    elements += [
        joined(f"LIKE {quoting.name(like)}", option)
        for like, option in zip(operation.like, options, strict=True)
    ]
    elements += map(parts.constraint, operation.constraints)
    lines = ",".join(f"\n    {element}" for element in elements)
    listed = f"({lines}\n)" if elements else None
    if of is None:
        return listed or "()"
    words = "OF" if operation.partition_of is None else "PARTITION OF"
    return joined(words, quoting.name(of), listed)


def _column_options(column: Column) -> str:
    if column.type is not None:
        raise UnwritableError(f"a type for column {column.name!r} of a typed table")
    return joined(quoting.identifier(column.name), "WITH OPTIONS", parts.column_properties(column))


def _access_method(tail: str) -> tuple[str, str]:
    """Return USING … and the rest of a table's tail: WITH (…) stands between them."""
    found = [match for match in TOKEN.finditer(tail) if match.lastgroup != "space"]
    if not found or found[0].group().upper() != "USING":
        return "", tail
    end = found[1].end()
    return tail[:end], tail[end:].strip()


def create_table_as(operation: CreateTableAs) -> str:
    """Return CREATE TABLE … AS."""
    return joined(
        "CREATE",
        _persistence(temporary=operation.temporary, unlogged=operation.unlogged),
        "TABLE",
        "IF NOT EXISTS" if operation.if_not_exists else None,
        quoting.name(operation.table),
        f"({quoting.identifiers(operation.columns)})" if operation.columns else None,
        operation.tail,
        f"AS {operation.query.sql}",
        None if operation.with_data else "WITH NO DATA",
    )


def create_view(operation: CreateView) -> str:
    """Return CREATE VIEW or CREATE MATERIALIZED VIEW."""
    columns = f"({quoting.identifiers(operation.columns)})" if operation.columns else None
    options = f"WITH {parts.options(operation.options)}" if operation.options else None
    if operation.materialized:
        using, tail = _access_method(operation.tail)
        return joined(
            "CREATE MATERIALIZED VIEW",
            "IF NOT EXISTS" if operation.if_not_exists else None,
            quoting.name(operation.view),
            columns,
            using,
            options,
            tail,
            f"AS {operation.query.sql}",
            None if operation.with_data else "WITH NO DATA",
        )
    return joined(
        "CREATE",
        "OR REPLACE" if operation.replace else None,
        "TEMPORARY" if operation.temporary else None,
        "VIEW",
        quoting.name(operation.view),
        columns,
        options,
        f"AS {operation.query.sql}",
        operation.tail,
    )


def create_index(operation: CreateIndex) -> str:
    """Return CREATE INDEX."""
    where = operation.where
    return joined(
        "CREATE",
        "UNIQUE" if operation.unique else None,
        "INDEX",
        "CONCURRENTLY" if operation.concurrently else None,
        "IF NOT EXISTS" if operation.if_not_exists else None,
        None if operation.name is None else quoting.identifier(operation.name),
        "ON ONLY" if operation.only else "ON",
        quoting.name(operation.table),
        None if operation.method == "btree" else f"USING {quoting.identifier(operation.method)}",
        f"({', '.join(map(parts.index_element, operation.elements))})",
        f"INCLUDE ({quoting.identifiers(operation.include)})" if operation.include else None,
        "NULLS NOT DISTINCT" if operation.nulls_not_distinct else None,
        f"WITH {parts.options(operation.options)}" if operation.options else None,
        None
        if operation.tablespace is None
        else f"TABLESPACE {quoting.identifier(operation.tablespace)}",
        None if where is None else f"WHERE {parts.expression(where)}",
    )


def create_schema(operation: CreateSchema) -> str:
    """Return CREATE SCHEMA."""
    return joined(
        "CREATE SCHEMA",
        "IF NOT EXISTS" if operation.if_not_exists else None,
        quoting.identifier(operation.schema),
        None if operation.owner is None else f"AUTHORIZATION {parts.role(operation.owner)}",
    )


def create_extension(operation: CreateExtension) -> str:
    """Return CREATE EXTENSION."""
    schema, version = operation.schema, operation.version
    return joined(
        "CREATE EXTENSION",
        "IF NOT EXISTS" if operation.if_not_exists else None,
        quoting.identifier(operation.extension),
        None if schema is None else f"SCHEMA {quoting.identifier(schema)}",
        None if version is None else f"VERSION {quoting.literal(version)}",
        "CASCADE" if operation.cascade else None,
    )


# --- sequences -----------------------------------------------------------------------


def create_sequence(operation: CreateSequence) -> str:
    """Return CREATE SEQUENCE."""
    return joined(
        "CREATE",
        "TEMPORARY" if operation.temporary else None,
        "SEQUENCE",
        "IF NOT EXISTS" if operation.if_not_exists else None,
        quoting.name(operation.sequence),
        operation.options,
        _owned_by(operation.owned_by),
    )


def alter_sequence(operation: AlterSequence) -> str:
    """Return ALTER SEQUENCE."""
    return joined(
        "ALTER SEQUENCE",
        "IF EXISTS" if operation.if_exists else None,
        quoting.name(operation.sequence),
        operation.options,
        "OWNED BY NONE" if operation.owned_by_none else _owned_by(operation.owned_by),
    )


def _owned_by(owner: tuple[Name, str] | None) -> str | None:
    if owner is None:
        return None
    return f"OWNED BY {quoting.name(owner[0])}.{quoting.identifier(owner[1])}"


# --- types ---------------------------------------------------------------------------


def add_enum_value(operation: AddEnumValue) -> str:
    """Return ALTER TYPE … ADD VALUE."""
    place = None
    if operation.neighbour is not None:
        word = "AFTER" if operation.after else "BEFORE"
        place = f"{word} {quoting.literal(operation.neighbour)}"
    return joined(
        f"ALTER TYPE {quoting.name(operation.type)} ADD VALUE",
        "IF NOT EXISTS" if operation.if_not_exists else None,
        quoting.literal(operation.label),
        place,
    )


def create_domain(operation: CreateDomain) -> str:
    """Return CREATE DOMAIN."""
    default = operation.default
    return joined(
        f"CREATE DOMAIN {quoting.name(operation.domain)} AS",
        parts.type_with_collation(operation.type),
        None if default is None else f"DEFAULT {parts.default(default)}",
        None if operation.nullable else "NOT NULL",
        *map(parts.constraint, operation.checks),
    )


def alter_domain(operation: AlterDomain) -> str:
    """Return ALTER DOMAIN."""
    start = f"ALTER DOMAIN {quoting.name(operation.domain)}"
    match operation.action:
        case DomainAction.SET_DEFAULT:
            if operation.default is None:
                raise UnwritableError(f"a default of {operation.domain} that says nothing")
            return f"{start} SET DEFAULT {parts.expression(operation.default)}"
        case DomainAction.DROP_DEFAULT | DomainAction.SET_NOT_NULL | DomainAction.DROP_NOT_NULL:
            return f"{start} {operation.action}"
        case DomainAction.ADD_CONSTRAINT:
            return f"{start} ADD {_domain_constraint(operation.check)}"
        case DomainAction.DROP_CONSTRAINT | DomainAction.VALIDATE_CONSTRAINT:
            return joined(
                f"{start} {operation.action}",
                "IF EXISTS" if operation.if_exists else None,
                quoting.identifier(operation.constraint or ""),
                "CASCADE" if operation.cascade else None,
            )


def _domain_constraint(check: Check | NotNull | None) -> str:
    match check:
        case Check():
            return parts.constraint(check)
        case NotNull(name=None):
            return "NOT NULL"
        case NotNull(name=str(name)):
            return f"CONSTRAINT {quoting.identifier(name)} NOT NULL"
        case _:
            raise UnwritableError("a constraint of a domain that says nothing")


def alter_composite(operation: AlterCompositeType) -> str:
    """Return ALTER TYPE … ATTRIBUTE."""
    type_ = operation.attribute_type
    text = "" if type_ is None else parts.type_with_collation(type_)
    if operation.action is AttributeAction.ALTER:
        text = f"TYPE {text}"
    return joined(
        f"ALTER TYPE {quoting.name(operation.type)} {operation.action}",
        "IF EXISTS" if operation.if_exists else None,
        quoting.identifier(operation.attribute),
        text,
        "CASCADE" if operation.cascade else None,
    )
