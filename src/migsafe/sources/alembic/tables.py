"""What Alembic makes of a table or a column: several statements, in its order.

Source:
    alembic.operations.toimpl and alembic.ddl.impl, SQLAlchemy's DDL compiler; held against
    their output by tests/sources/alembic/test_rendering.py.
"""

from collections.abc import Iterator, Sequence

from migsafe.model.expressions import Name, Type
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    Cause,
    Check,
    Column,
    CommentOn,
    Constraint,
    CreateDomain,
    CreateEnum,
    CreateIndex,
    CreateTable,
    ForeignKey,
    IndexElement,
    ObjectKind,
    Operation,
    PrimaryKey,
    Unique,
    Unrecognized,
)
from migsafe.model.record import record, replace
from migsafe.sources.alembic.fragments import condition, expression, operations
from migsafe.sources.alembic.identifiers import shortened
from migsafe.sources.alembic.values import (
    Arguments,
    Items,
    Metadata,
    NotKnownError,
    SaColumn,
    SaConstraint,
    SaForeignKey,
    SaIndex,
    SaType,
    SqlText,
    Unknown,
    Value,
    known_flag,
    known_text,
    known_texts,
    optional_text,
    reason,
)
from migsafe.writing.quoting import identifier, literal
from migsafe.writing.quoting import name as quoted

_SERIAL = {"integer": "serial", "bigint": "bigserial", "smallint": "smallserial"}


@record
class Options:
    """The keywords of `op.add_column`."""

    if_not_exists: bool = False
    inline_references: bool = False
    inline_primary_key: bool = False


def create_table(
    table: Name, items: Sequence[Value], arguments: Arguments, enums: set[Name]
) -> Iterator[Operation]:
    """Yield what `op.create_table` does: enum types, the table, indexes, comments.

    Args:
        table: The new table.
        items: Columns, constraints and indexes.
        arguments: The keywords.
        enums: The types that this run has created already; new ones are added.

    Raises:
        NotKnownError: If a part of the table is not known.
    """
    columns, constraints, indexes = _sorted_out(items)
    for column in columns:
        yield from _implied_enum(column.type, table, enums)
        yield from _implied_domain(column.type, enums)
    primary_key = _primary_key(columns, constraints)
    keyed = _columns_with_keys(columns, constraints)
    auto = _autoincrement(columns, primary_key, keyed)
    created = CreateTable(
        table=table,
        columns=tuple(
            _column(
                each,
                table,
                in_key=primary_key is not None and each.name in primary_key.columns,
                serial=each.name == auto,
            )
            for each in columns
        ),
        constraints=tuple(_constraints(columns, constraints, primary_key)),
        if_not_exists=known_flag(arguments.keyword("if_not_exists"), "if_not_exists"),
    )
    yield _with_suffix(created, arguments)
    for index in indexes:
        yield create_index(index.name, table, index.elements, Arguments((), index.keywords))
    for column in columns:
        if column.index:
            yield _column_index(table, column)
    comment = arguments.keyword("comment")
    if isinstance(comment, str):
        yield comment_on_table(table, comment)
    for column in columns:
        if column.comment is not None:
            yield comment_on_column(table, column.name, column.comment)


def _sorted_out(
    items: Sequence[Value],
) -> tuple[list[SaColumn], list[SaConstraint], list[SaIndex]]:
    columns: list[SaColumn] = []
    constraints: list[SaConstraint] = []
    indexes: list[SaIndex] = []
    for item in items:
        match item:
            case SaColumn():
                columns.append(item)
            case SaConstraint():
                constraints.append(item)
            case SaIndex():
                indexes.append(item)
            case None | Metadata():
                pass
            case _:
                raise NotKnownError(reason(item) or "a part of the table is not known")
    return columns, constraints, indexes


def _implied_enum(column_type: SaType, table: Name, enums: set[Name]) -> Iterator[Operation]:
    if not (column_type.is_enum and column_type.creates) or column_type.type is None:
        return
    name = enum_name(column_type, table)
    if name is None or name in enums:
        return
    enums.add(name)
    if column_type.labels is None:
        # The table is known all the same.
        why = f"the labels of enum '{name}' are not known"
        yield Unrecognized(Cause.CALL, why, relations=(name,))
        return
    yield CreateEnum(type=name, labels=column_type.labels)


def _implied_domain(column_type: SaType, made: set[Name]) -> Iterator[CreateDomain]:
    domain = column_type.domain
    if domain is None or column_type.type is None or not column_type.creates:
        return
    name = Name(column_type.type.name, column_type.type.schema)
    if name in made:
        return
    made.add(name)
    if domain.type is None or any(each is not None for each in domain.others):
        raise NotKnownError(f"what domain '{name}' checks is not read")
    yield CreateDomain(domain=name, type=domain.type, nullable=not domain.not_null)


def enum_name(column_type: SaType, table: Name | None = None) -> Name | None:
    """Return the name of an enum type."""
    if column_type.type is None:
        return None
    schema = column_type.type.schema
    if schema is None and column_type.inherits_schema and table is not None:
        schema = table.schema
    return Name(column_type.type.name, schema)


def _primary_key(
    columns: Sequence[SaColumn], constraints: Sequence[SaConstraint]
) -> PrimaryKey | None:
    for each in constraints:
        if isinstance(each.constraint, PrimaryKey):
            return each.constraint
    names = tuple(column.name for column in columns if column.primary_key)
    return PrimaryKey(None, names) if names else None


def _columns_with_keys(
    columns: Sequence[SaColumn], constraints: Sequence[SaConstraint]
) -> frozenset[str]:
    keyed = {column.name for column in columns if column.foreign_keys}
    for each in constraints:
        if isinstance(each.constraint, ForeignKey):
            keyed.update(each.constraint.columns)
    return frozenset(keyed)


def _autoincrement(
    columns: Sequence[SaColumn], primary_key: PrimaryKey | None, keyed: frozenset[str]
) -> str | None:
    """Return the column that SQLAlchemy makes SERIAL, if there is one."""
    if primary_key is None:
        return None
    members = [each for each in columns if each.name in primary_key.columns]
    for column in members:
        asked = column.autoincrement is True or (
            column.autoincrement is None and len(members) == 1 and column.name not in keyed
        )
        if asked and _may_be_serial(column):
            return column.name
    return None


def _may_be_serial(column: SaColumn) -> bool:
    column_type = column.type.type
    return (
        column_type is not None
        and not column_type.array
        and column_type.name in _SERIAL
        and column.default is None
        and column.identity is None
        and column.generated is None
        and not column.has_other_default
    )


def _column(column: SaColumn, table: Name, *, in_key: bool, serial: bool) -> Column:
    column_type = column.type.type
    if column_type is not None and serial:
        column_type = Type(_SERIAL[column_type.name])
    elif column_type is not None and column.type.inherits_schema:
        name = enum_name(column.type, table)
        schema = None if name is None else name.schema
        column_type = replace(column_type, schema=schema)
    nullable = column.nullable
    if nullable is None:
        nullable = not (in_key or column.primary_key)
    return Column(
        column.name,
        column_type,
        # An identity implies NOT NULL; SQLAlchemy does not write it.
        nullable=nullable or column.identity is not None,
        default=column.default,
        identity=column.identity,
        generated=column.generated,
    )


def _constraints(
    columns: Sequence[SaColumn],
    constraints: Sequence[SaConstraint],
    primary_key: PrimaryKey | None,
) -> Iterator[Constraint]:
    for column in columns:
        yield from column.checks
    if primary_key is not None:
        yield primary_key
    for each in constraints:
        if not isinstance(each.constraint, PrimaryKey) and not each.use_alter:
            yield each.constraint
    for column in columns:
        yield from _of_column(column)


def _of_column(column: SaColumn) -> Iterator[Constraint]:
    """Yield the constraints that SQLAlchemy makes of a column's own arguments."""
    if column.unique and not column.index:
        yield Unique(None, (column.name,))
    for key in column.foreign_keys:
        if not key.use_alter:
            yield replace(key.key, columns=(column.name,))
    if column.type.check is not None and column.type.labels is not None:
        labels = ", ".join(literal(label) for label in column.type.labels)
        yield Check(
            column.type.check or None,
            expression(f"{identifier(column.name)} IN ({labels})"),
        )


def _column_index(table: Name, column: SaColumn) -> CreateIndex:
    return CreateIndex(
        name=default_index_name(table, column.name),
        table=table,
        elements=(IndexElement(column.name),),
        unique=column.unique,
    )


def default_index_name(table: Name, column: str) -> str:
    """Return the name that SQLAlchemy gives to an index without one."""
    schema = "" if table.schema is None else f"{table.schema.replace('.', '_')}_"
    return shortened(f"ix_{schema}{table.name}_{column}")


def _with_suffix(table: CreateTable, arguments: Arguments) -> CreateTable:
    """Return a table with what PostgreSQL's own keywords add to it."""
    words: list[str] = []
    inherits = arguments.keyword("postgresql_inherits")
    if inherits is not None:
        parents = known_texts(inherits, "postgresql_inherits")
        words.append(f"INHERITS ({', '.join(identifier(name) for name in parents)})")
    partition = arguments.keyword("postgresql_partition_by")
    if partition is not None:
        words.append(f"PARTITION BY {known_text(partition, 'partition_by')}")
    using = arguments.keyword("postgresql_using")
    if using is not None:
        words.append(f"USING {known_text(using, 'postgresql_using')}")
    storage = arguments.keyword("postgresql_with")
    if storage is not None:
        words.append(f"WITH ({_storage(storage)})")
    commit = arguments.keyword("postgresql_on_commit")
    if commit is not None:
        said = known_text(commit, "postgresql_on_commit").replace("_", " ").upper()
        words.append(f"ON COMMIT {said}")
    space = arguments.keyword("postgresql_tablespace")
    if space is not None:
        words.append(f"TABLESPACE {identifier(known_text(space, 'tablespace'))}")
    prefixes = known_texts(arguments.keyword("prefixes", ()), "prefixes")
    if not words and not prefixes:
        return table
    before = " ".join(prefixes)
    columns = ", ".join(f"{identifier(each.name)} integer" for each in table.columns)
    sql = f"CREATE {before} TABLE {quoted(table.table)} ({columns}) {' '.join(words)}"
    match operations(sql):
        case (CreateTable() as read,):
            return replace(
                read,
                columns=table.columns,
                constraints=table.constraints,
                if_not_exists=table.if_not_exists,
            )
        case _:
            raise NotKnownError("the options of the table could not be read")


def _storage(value: Value) -> str:
    if not isinstance(value, Items):
        raise NotKnownError("postgresql_with is not known")
    parts = []
    for name, setting in value.items:
        if not isinstance(setting, (str, int, float)):
            raise NotKnownError("a setting of postgresql_with is not known")
        parts.append(f"{known_text(name, 'postgresql_with')} = {setting}")
    return ", ".join(parts)


def add_column(table: Name, column: SaColumn, options: Options) -> Iterator[Operation]:
    """Yield what `op.add_column` does: the column, then its constraints one by one.

    A primary key is not added unless `inline_primary_key` says so; Alembic leaves it out.
    """
    keys = [key for key in column.foreign_keys if not key.use_alter]
    inline_key = options.inline_references and len(column.foreign_keys) == 1
    inline: list[Constraint] = list(column.checks)
    if options.inline_primary_key and column.primary_key:
        inline.append(PrimaryKey(None, (column.name,)))
    if inline_key:
        # Alembic writes the reference without its name.
        inline.extend(_inline(key, column) for key in column.foreign_keys)
    serial = (
        column.primary_key
        and column.autoincrement is not False
        and (not column.foreign_keys or column.autoincrement is True)
        and _may_be_serial(column)
    )
    yield AddColumn(
        table=table,
        column=_column(column, table, in_key=False, serial=serial),
        constraints=tuple(inline),
        if_not_exists=options.if_not_exists,
    )
    later = replace(column, foreign_keys=() if inline_key else tuple(keys))
    for constraint in _of_column(later):
        yield AddConstraint(table=table, constraint=constraint)
    if column.index:
        yield _column_index(table, column)
    if column.comment is not None:
        yield comment_on_column(table, column.name, column.comment)


def _inline(key: SaForeignKey, column: SaColumn) -> ForeignKey:
    return replace(key.key, name=None, columns=(column.name,))


def comment_on_table(table: Name, comment: str | None) -> CommentOn:
    """Return COMMENT ON TABLE; None takes the comment away."""
    return _comment(ObjectKind.TABLE, table, quoted(table), comment)


def comment_on_column(table: Name, column: str, comment: str | None) -> CommentOn:
    """Return COMMENT ON COLUMN; None takes the comment away."""
    target = f"{quoted(table)}.{identifier(column)}"
    return _comment(ObjectKind.COLUMN, table.beside(column), target, comment)


def _comment(kind: ObjectKind, object: Name, target: str, comment: str | None) -> CommentOn:
    said = "NULL" if comment is None else literal(comment)
    sql = f"COMMENT ON {kind} {target} IS {said}"
    match operations(sql):
        case (CommentOn() as read,):
            return read
        case _:
            return CommentOn(kind=kind, object=object, sql=sql)


def create_index(
    name: str | None, table: Name, elements: Sequence[Value], arguments: Arguments
) -> CreateIndex:
    """Return CREATE INDEX.

    Raises:
        NotKnownError: If an element or an option is not known.
    """
    keys = [_element(each) for each in elements]
    if any(key.column is None for key in keys) or arguments.has("postgresql_ops"):
        keys = _read_elements(elements, arguments)
    if name is None and keys and keys[0].column is not None:
        name = default_index_name(table, keys[0].column)
    where = arguments.keyword("postgresql_where")
    storage = arguments.keyword("postgresql_with")
    index = CreateIndex(
        name=name,
        table=table,
        elements=tuple(keys),
        unique=known_flag(arguments.keyword("unique"), "unique"),
        concurrently=known_flag(
            arguments.keyword("postgresql_concurrently"), "postgresql_concurrently"
        ),
        if_not_exists=known_flag(arguments.keyword("if_not_exists"), "if_not_exists"),
        method=_method(arguments),
        include=known_texts(arguments.keyword("postgresql_include", ()), "include"),
        nulls_not_distinct=known_flag(
            arguments.keyword("postgresql_nulls_not_distinct"), "nulls_not_distinct"
        ),
        where=None if where is None else condition(where),
        tablespace=optional_text(arguments.keyword("postgresql_tablespace"), "tablespace"),
    )
    if storage is None:
        return index
    match operations(f"CREATE INDEX i ON t (c) WITH ({_storage(storage)})"):
        case (CreateIndex(options=options),):
            return replace(index, options=options)
        case _:
            raise NotKnownError("postgresql_with could not be read")


def _method(arguments: Arguments) -> str:
    using = optional_text(arguments.keyword("postgresql_using"), "postgresql_using")
    return "btree" if using is None else using.lower()


def _element(value: Value) -> IndexElement:
    match value:
        case str():
            return IndexElement(value)
        case SaColumn():
            return IndexElement(value.name)
        case SqlText():
            return IndexElement(None)
        case Unknown():
            raise NotKnownError(f"an index element: {value.reason}")
        case _:
            raise NotKnownError("an index element is not known")


def _read_elements(elements: Sequence[Value], arguments: Arguments) -> list[IndexElement]:
    """Return the keys of an index as the parser reads them from SQL."""
    classes = _operator_classes(arguments.keyword("postgresql_ops"))
    parts = []
    for each in elements:
        match each:
            case SqlText():
                parts.append(each.sql)
            case str() | SaColumn():
                name = each if isinstance(each, str) else each.name
                parts.append(f"{identifier(name)} {classes.get(name, '')}".strip())
            case _:
                raise NotKnownError("an index element is not known")
    # Options of the method decide which classes and orders the grammar allows: none.
    match operations(f"CREATE INDEX i ON t ({', '.join(parts)})"):
        case (CreateIndex(elements=read),):
            return list(read)
        case _:
            pass
    # `sa.text("a || b")` needs the brackets that the server asks for.
    raise NotKnownError("the index elements are no SQL that the server would take")


def _operator_classes(value: Value) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Items):
        raise NotKnownError("postgresql_ops is not known")
    return {
        known_text(column, "postgresql_ops"): known_text(name, "postgresql_ops")
        for column, name in value.items
    }
