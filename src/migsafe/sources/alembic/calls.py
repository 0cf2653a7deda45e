"""The calls of `op` and `batch_op` that change the schema, as operations."""

from collections.abc import Callable, Iterator

from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AddConstraint,
    AlterColumnType,
    AlterIdentity,
    Check,
    DataWork,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropNotNull,
    DropTable,
    ForeignKey,
    Generated,
    Identity,
    IdentityAction,
    Operation,
    PrimaryKey,
    RenameColumn,
    RenameTable,
    SetDefault,
    SetNotNull,
)
from migsafe.model.record import record, replace
from migsafe.sources.alembic.constructs import action, deferred, exclusion, unique
from migsafe.sources.alembic.fragments import condition, default
from migsafe.sources.alembic.tables import (
    Options,
    add_column,
    comment_on_column,
    comment_on_table,
    create_index,
    create_table,
)
from migsafe.sources.alembic.types import sa_type
from migsafe.sources.alembic.values import (
    Arguments,
    MiniTable,
    NotKnownError,
    SaColumn,
    SqlText,
    Unknown,
    Value,
    known_flag,
    known_text,
    known_texts,
    optional_text,
    require_given,
)

_ELSEWHERE = ("mysql_", "sqlite_", "mssql_", "oracle_", "mariadb_")
_UNHEEDED = frozenset(
    {
        "info",
        "autoincrement",
        "existing_type",
        "existing_nullable",
        "existing_server_default",
        "existing_comment",
        "existing_autoincrement",
        "insert_after",
        "insert_before",
        "multiinsert",
        "execution_options",
        "keep_existing",
        "extend_existing",
        "implicit_returning",
        "postgresql_ignore_search_path",
        "quote",
    }
)


@record
class Call:
    """A call with its arguments sorted out.

    `table` is the table it works on; `given` are the positional parameters after it by
    name, with the keywords.
    """

    table: Name
    given: dict[str, Value]
    rest: tuple[Value, ...]
    arguments: Arguments
    enums: set[Name]

    def get(self, name: str, default: Value = None) -> Value:
        """Return an argument by name."""
        return self.given.get(name, default)

    def flag(self, name: str) -> bool:
        """Return an argument that is True or False."""
        return known_flag(self.given.get(name), name)

    def text(self, name: str) -> str:
        """Return an argument that is a string."""
        return known_text(self.given.get(name), name)

    def optional(self, name: str) -> str | None:
        """Return an argument that is a string or None."""
        return optional_text(self.given.get(name), name)


@record
class Signature:
    """The parameters of an operation.

    `table` is the parameter that names the table, None if `batch_op` has it in its name.
    `rest` takes further positional arguments; `optional` are parameters that may be left out.
    """

    read: Callable[[Call], Iterator[Operation]]
    parameters: tuple[str, ...]
    keywords: frozenset[str] = frozenset()
    table: str = "table_name"
    schema: str = "schema"
    rest: bool = False
    optional: frozenset[str] = frozenset()


def is_operation(name: str) -> bool:
    """Return whether `op.name` is an operation that this module reads."""
    return name in _SIGNATURES


def table_of(name: str, arguments: Arguments, batch: Name | None) -> Name | None:
    """Return the table that a call works on, as far as that is known."""
    if batch is not None:
        return batch
    signature = _SIGNATURES.get(name)
    if signature is None:
        return None
    given = _bound(signature.parameters, arguments)
    table = given.get(signature.table)
    if isinstance(table, MiniTable):
        return table.name
    schema = arguments.keyword(signature.schema)
    if not isinstance(table, str) or not (schema is None or isinstance(schema, str)):
        return None
    return Name(table, schema)


def read_call(
    name: str, arguments: Arguments, batch: Name | None, enums: set[Name]
) -> tuple[Operation, ...]:
    """Return what a call does.

    Args:
        name: The operation, without `op.`.
        arguments: What it was given.
        batch: The table of `batch_alter_table`, None for `op`.
        enums: The enum types made so far in this run.

    Raises:
        NotKnownError: If what it does depends on something that is not known.
        RefusedCallError: If it lacks an argument.
    """
    signature = _SIGNATURES[name]
    parameters = signature.parameters
    if batch is not None:
        parameters = tuple(each for each in parameters if each != signature.table)
    if arguments.unknown is not None:
        raise NotKnownError(arguments.unknown)
    _check_keywords(name, signature, arguments)
    given = _bound(parameters, arguments)
    require_given((each for each in parameters if each not in signature.optional), given)
    rest = arguments.positional[len(parameters) :]
    if rest and not signature.rest:
        given.update(_legacy(name, rest))
    table = table_of(name, arguments, batch)
    if table is None and signature.table in signature.parameters:
        value = given.get(signature.table)
        if name == "drop_index" and value is None:
            # Nothing needs the table of an index that goes away.
            table = Name("", optional_text(given.get("schema"), "schema"))
        elif name == "bulk_insert" and isinstance(given.get("rows"), tuple):
            # Whichever table it is: it gets a few rows.
            table = Name("")
        else:
            known_text(value, signature.table)
            raise NotKnownError("its schema is not known")
    call = Call(table or Name(""), given, rest, arguments, enums)
    return tuple(signature.read(call))


def _legacy(name: str, rest: tuple[Value, ...]) -> dict[str, Value]:
    raise NotKnownError(f"'{name}' takes no {len(rest)} more positional arguments")


def _bound(parameters: tuple[str, ...], arguments: Arguments) -> dict[str, Value]:
    given: dict[str, Value] = dict(zip(parameters, arguments.positional, strict=False))
    given.update(arguments.keywords)
    return given


def _check_keywords(name: str, signature: Signature, arguments: Arguments) -> None:
    for keyword, _ in arguments.keywords:
        known = (
            keyword in signature.parameters
            or keyword in signature.keywords
            or keyword in _UNHEEDED
            or keyword == signature.schema
            or keyword.startswith(_ELSEWHERE)
        )
        if not known:
            raise NotKnownError(f"argument '{keyword}' of '{name}' is not known")


def _create_table(call: Call) -> Iterator[Operation]:
    yield from create_table(call.table, call.rest, call.arguments, call.enums)


def _drop_table(call: Call) -> Iterator[Operation]:
    yield DropTable(table=call.table, if_exists=call.flag("if_exists"))


def _rename_table(call: Call) -> Iterator[Operation]:
    yield RenameTable(table=call.table, new_name=call.text("new_table_name"))


def _add_column(call: Call) -> Iterator[Operation]:
    column = call.get("column")
    if not isinstance(column, SaColumn):
        reason = column.reason if isinstance(column, Unknown) else "it is no column"
        raise NotKnownError(reason)
    yield from add_column(
        call.table,
        column,
        Options(
            call.flag("if_not_exists"),
            call.flag("inline_references"),
            call.flag("inline_primary_key"),
        ),
    )


def _drop_column(call: Call) -> Iterator[Operation]:
    column = call.get("column_name")
    if isinstance(column, SaColumn):
        column = column.name
    yield DropColumn(
        table=call.table,
        column=known_text(column, "the column"),
        if_exists=call.flag("if_exists"),
    )


def _alter_column(call: Call) -> Iterator[Operation]:
    column = call.text("column_name")
    table = call.table
    type_ = call.get("type_")
    if type_ is not None:
        yield _alter_type(call, column, type_)
    nullable = call.get("nullable")
    if nullable is not None:
        if known_flag(nullable, "nullable"):
            yield DropNotNull(table=table, column=column)
        else:
            yield SetNotNull(table=table, column=column)
    # The absence of the argument is told by False.
    server_default = call.get("server_default", default=False)
    if server_default is not False:
        yield _alter_default(call, column, server_default)
    comment = call.get("comment", default=False)
    if comment is not False:
        yield comment_on_column(table, column, comment if isinstance(comment, str) else None)
    new_name = call.optional("new_column_name")
    if new_name is not None:
        yield RenameColumn(table=table, column=column, new_name=new_name)
    made = sa_type(type_)
    if made is not None and made.check is not None and made.labels is not None:
        added = SaColumn(new_name or column, made)
        additions = add_column(table, added, Options())
        next(additions)
        yield from additions


def _alter_type(call: Call, column: str, type_: Value) -> AlterColumnType:
    made = sa_type(type_)
    existing = sa_type(call.get("existing_type"))
    using = call.get("postgresql_using")
    return AlterColumnType(
        table=call.table,
        column=column,
        type=None if made is None else made.type,
        using=None if using is None else condition(using),
        existing=None if existing is None else existing.type,
    )


def _alter_default(call: Call, column: str, value: Value) -> Operation:
    table = call.table
    existing = call.get("existing_server_default")
    match value:
        case Identity():
            action = IdentityAction.ADD
            if isinstance(existing, Identity):
                action = IdentityAction.SET
                if value.options or existing.options:
                    raise NotKnownError("a change of sequence options is not read")
            return AlterIdentity(table=table, column=column, action=action, identity=value)
        case None if isinstance(existing, Identity):
            return AlterIdentity(table=table, column=column, action=IdentityAction.DROP)
        case Generated():
            raise NotKnownError("a column cannot become generated")
        case _:
            new = default(value)
    if new is None:
        return DropDefault(table=table, column=column)
    return SetDefault(table=table, column=column, default=new)


def _create_index(call: Call) -> Iterator[Operation]:
    columns = call.get("columns")
    if isinstance(columns, (str, SqlText)):
        columns = (columns,)
    if not isinstance(columns, tuple):
        reason = columns.reason if isinstance(columns, Unknown) else "no list"
        raise NotKnownError(f"columns: {reason}")
    yield create_index(call.optional("index_name"), call.table, columns, call.arguments)


def _drop_index(call: Call) -> Iterator[Operation]:
    name = call.text("index_name")
    yield DropIndex(
        index=Name(name, call.table.schema),
        concurrently=call.flag("postgresql_concurrently"),
        if_exists=call.flag("if_exists"),
        table=call.table if call.table.name else None,
    )


def _create_foreign_key(call: Call) -> Iterator[Operation]:
    referenced = Name(call.text("referent_table"), call.optional("referent_schema"))
    match_type = call.optional("match")
    key = ForeignKey(
        call.optional("constraint_name"),
        known_texts(call.get("local_cols"), "local_cols"),
        referenced,
        known_texts(call.get("remote_cols"), "remote_cols"),
        on_delete=action(call.get("ondelete"), "ondelete"),
        on_update=action(call.get("onupdate"), "onupdate"),
        match_full=match_type is not None and match_type.upper() == "FULL",
        valid=not call.flag("postgresql_not_valid"),
        deferrable=call.flag("deferrable"),
        initially_deferred=deferred(call.arguments),
    )
    yield AddConstraint(table=call.table, constraint=key)


def _create_check(call: Call) -> Iterator[Operation]:
    check = Check(
        call.optional("constraint_name"),
        condition(call.get("condition")),
        valid=not call.flag("postgresql_not_valid"),
    )
    yield AddConstraint(table=call.table, constraint=check)


def _create_unique(call: Call) -> Iterator[Operation]:
    constraint = unique(known_texts(call.get("columns"), "columns"), call.arguments)
    yield AddConstraint(
        table=call.table,
        constraint=replace(constraint, name=call.optional("constraint_name")),
    )


def _create_primary_key(call: Call) -> Iterator[Operation]:
    key = PrimaryKey(call.optional("constraint_name"), known_texts(call.get("columns"), "columns"))
    yield AddConstraint(table=call.table, constraint=key)


def _create_exclude(call: Call) -> Iterator[Operation]:
    name = call.optional("constraint_name")
    yield AddConstraint(table=call.table, constraint=exclusion(name, call.rest, call.arguments))


def _drop_constraint(call: Call) -> Iterator[Operation]:
    yield DropConstraint(
        table=call.table,
        constraint=call.optional("constraint_name"),
        if_exists=call.flag("if_exists"),
        kind=call.optional("type_"),
    )


def _create_comment(call: Call) -> Iterator[Operation]:
    yield comment_on_table(call.table, call.optional("comment"))


def _drop_comment(call: Call) -> Iterator[Operation]:
    yield comment_on_table(call.table, None)


def _bulk_insert(call: Call) -> Iterator[Operation]:
    rows = call.get("rows")
    yield DataWork(
        table=call.table if call.table.name else None,
        verb="INSERT",
        rows=len(rows) if isinstance(rows, tuple) else None,
    )


_INDEX = frozenset(
    {
        "unique",
        "if_not_exists",
        "postgresql_concurrently",
        "postgresql_include",
        "postgresql_nulls_not_distinct",
        "postgresql_ops",
        "postgresql_tablespace",
        "postgresql_using",
        "postgresql_where",
        "postgresql_with",
    }
)
_TABLE = frozenset(
    {
        "comment",
        "if_not_exists",
        "prefixes",
        "postgresql_inherits",
        "postgresql_on_commit",
        "postgresql_partition_by",
        "postgresql_tablespace",
        "postgresql_using",
        "postgresql_with",
    }
)
_DEFERRABLE = frozenset({"deferrable", "initially"})
_KEY = _DEFERRABLE | {
    "ondelete",
    "onupdate",
    "match",
    "use_alter",
    "postgresql_not_valid",
    "referent_schema",
}
_ALTER = frozenset({"nullable", "comment", "server_default", "new_column_name", "type_"}) | {
    "postgresql_using"
}
_IF_EXISTS = frozenset({"if_exists"})
_ADD = frozenset({"if_not_exists", "inline_references", "inline_primary_key"})

_SIGNATURES = {
    "create_table": Signature(_create_table, ("table_name",), _TABLE, rest=True),
    "drop_table": Signature(_drop_table, ("table_name",), _IF_EXISTS),
    "rename_table": Signature(
        _rename_table, ("old_table_name", "new_table_name"), table="old_table_name"
    ),
    "add_column": Signature(_add_column, ("table_name", "column"), _ADD),
    "drop_column": Signature(_drop_column, ("table_name", "column_name"), _IF_EXISTS),
    "alter_column": Signature(_alter_column, ("table_name", "column_name"), _ALTER),
    "create_index": Signature(_create_index, ("index_name", "table_name", "columns"), _INDEX),
    "drop_index": Signature(
        _drop_index,
        ("index_name", "table_name"),
        # Autogenerated downgrades repeat what the index was made with.
        _INDEX | _IF_EXISTS,
        optional=frozenset({"table_name"}),
    ),
    "create_foreign_key": Signature(
        _create_foreign_key,
        (
            "constraint_name",
            "source_table",
            "referent_table",
            "local_cols",
            "remote_cols",
        ),
        _KEY,
        table="source_table",
        schema="source_schema",
    ),
    "create_check_constraint": Signature(
        _create_check,
        ("constraint_name", "table_name", "condition"),
        _DEFERRABLE | {"postgresql_not_valid"},
    ),
    "create_unique_constraint": Signature(
        _create_unique,
        ("constraint_name", "table_name", "columns"),
        _DEFERRABLE | {"postgresql_include", "postgresql_nulls_not_distinct"},
    ),
    "create_primary_key": Signature(
        _create_primary_key, ("constraint_name", "table_name", "columns")
    ),
    "create_exclude_constraint": Signature(
        _create_exclude,
        ("constraint_name", "table_name"),
        _DEFERRABLE | {"where", "using"},
        rest=True,
    ),
    "drop_constraint": Signature(
        _drop_constraint,
        ("constraint_name", "table_name", "type_"),
        _IF_EXISTS,
        optional=frozenset({"type_"}),
    ),
    "create_table_comment": Signature(_create_comment, ("table_name", "comment")),
    "drop_table_comment": Signature(_drop_comment, ("table_name",)),
    "bulk_insert": Signature(_bulk_insert, ("table", "rows"), table="table"),
}
