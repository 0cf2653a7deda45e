"""Operations as calls of Alembic, and whole revision files.

A call is written only where Alembic renders exactly the operation, whatever its
configuration; names are wrapped in `op.f` so that no naming convention changes them.
Everything else is `op.execute` with the SQL.
"""

from collections.abc import Iterable, Sequence
from textwrap import wrap

from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    Check,
    Column,
    Constraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropNotNull,
    DropTable,
    Exclusion,
    ForeignKey,
    IndexElement,
    NotNull,
    ObjectKind,
    Operation,
    PrimaryKey,
    ReferentialAction,
    RenameColumn,
    RenameTable,
    SetDefault,
    SetNotNull,
    Unique,
)
from migsafe.model.record import record
from migsafe.writing import parts, python
from migsafe.writing.columntypes import SERIALS, column_type
from migsafe.writing.python import Call
from migsafe.writing.sql import write

_COMMENT_WIDTH = 80

_IMPORTS = {
    "sa.": "import sqlalchemy as sa\n",
    "op.": "from alembic import op\n",
    "postgresql.": "from sqlalchemy.dialects import postgresql\n",
}


@record
class Block:
    """Operations that belong together, and why.

    `transactional` False puts them into an `autocommit_block`.
    """

    operations: tuple[Operation, ...]
    why: str = ""
    transactional: bool = True


def call(operation: Operation, indent: int = 0) -> str:
    """Return the call that does an operation, as Python source.

    Args:
        operation: What is to be done.
        indent: Columns in front of the call.
    """
    exact = _exact(operation)
    return _execute(write(operation), indent) if exact is None else exact.text(indent)


def line(operation: Operation) -> str:
    """Return the call that does an operation, on one line."""
    exact = _exact(operation)
    if exact is None:
        return python.call("op.execute", python.string(write(operation))).on_one_line()
    return exact.on_one_line()


def _execute(sql: str, indent: int) -> str:
    text = python.sql_text(sql)
    if "\n" in text:
        return f"op.execute({python.block_string(text)})"
    return python.call("op.execute", python.string(text)).text(indent)


def _exact(operation: Operation) -> Call | None:  # noqa: C901, PLR0912 - a table
    """Return the call, None where `op.execute` is the exact one."""
    match operation:
        case CreateTable():
            return _create_table(operation)
        case DropTable(table=table, if_exists=False, cascade=False):
            return python.call("op.drop_table", _s(table.name), schema=_schema(table))
        case RenameTable(table=table, new_name=new, if_exists=False):
            return python.call("op.rename_table", _s(table.name), _s(new), schema=_schema(table))
        case AddColumn():
            return _add_column(operation)
        case DropColumn(if_exists=False, cascade=False, table_if_exists=False, only=False):
            table = operation.table
            return python.call(
                "op.drop_column", _s(table.name), _s(operation.column), schema=_schema(table)
            )
        case RenameColumn(kind=ObjectKind.TABLE, if_exists=False):
            return _alter_column(operation, new_column_name=_s(operation.new_name))
        case AlterColumnType(table_if_exists=False, only=False):
            return _alter_type(operation)
        case SetDefault(table_if_exists=False, only=False, default=default):
            return _alter_column(operation, server_default=_text(default.sql))
        case DropDefault(table_if_exists=False, only=False):
            return _alter_column(operation, server_default="None")
        case SetNotNull(table_if_exists=False, only=False):
            return _alter_column(operation, nullable="False")
        case DropNotNull(table_if_exists=False, only=False):
            return _alter_column(operation, nullable="True")
        case AddConstraint(table_if_exists=False, only=False):
            return _add_constraint(operation)
        case DropConstraint(
            constraint=str(name), if_exists=False, cascade=False, table_if_exists=False, only=False
        ):
            table = operation.table
            return python.call(
                "op.drop_constraint", _f(name), _s(table.name), schema=_schema(table)
            )
        case CreateIndex():
            return _create_index(operation)
        case DropIndex(cascade=False):
            return _drop_index(operation)
        case _:
            # Not a table of facts: what has no call of its own is executed as SQL.
            return None


def _s(text: str) -> str:
    return python.string(text)


def _f(name: str) -> Call:
    return python.call("op.f", _s(name))


def _schema(name: Name) -> str | None:
    return None if name.schema is None else _s(name.schema)


def _text(sql: str) -> Call:
    return python.call("sa.text", _s(python.sql_text(sql)))


def _true(value: bool) -> str | None:  # noqa: FBT001 - a flag to be written
    return "True" if value else None


# --- columns -------------------------------------------------------------------------


def _alter_column(
    operation: RenameColumn | AlterColumnType | SetDefault | DropDefault | SetNotNull | DropNotNull,
    **change: Call | str | None,
) -> Call:
    table = operation.table
    return python.call(
        "op.alter_column",
        _s(table.name),
        _s(operation.column),
        **change,
        schema=_schema(table),
    )


def _alter_type(operation: AlterColumnType) -> Call | None:
    type_ = None if operation.type is None else column_type(operation.type)
    using = operation.using
    if type_ is None or (using is not None and "%" in using.sql):
        # Alembic hands USING to the driver as it is, and most take % for a parameter.
        return None
    return _alter_column(
        operation,
        type_=type_,
        postgresql_using=None if using is None else _s(using.sql),
    )


def _add_column(operation: AddColumn) -> Call | None:
    if operation.constraints or operation.if_not_exists or operation.if_exists or operation.only:
        return None
    column = _column(operation.column)
    if column is None:
        return None
    table = operation.table
    return python.call("op.add_column", _s(table.name), column, schema=_schema(table))


def _column(column: Column, *, key: tuple[str, ...] = ()) -> Call | None:
    """Return `sa.Column(…)`; `key` is the primary key of the table it is made in."""
    if column.type is None or column.storage is not None or column.compression is not None:
        return None
    type_, autoincrement = _type_in_key(column, key)
    if type_ is None:
        return None
    positional: list[Call | str] = [_s(column.name), type_]
    nullable = "True" if column.nullable else "False"
    if column.identity is not None:
        if column.identity.options or not column.nullable:
            return None
        always = "True" if column.identity.always else "False"
        positional.append(python.call("sa.Identity", always=always))
        # SQLAlchemy leaves NOT NULL out where an identity implies it.
        nullable = "False"
    if column.generated is not None:
        if not column.generated.stored or column.generated.expression.opaque:
            return None
        sql = python.sql_text(column.generated.expression.sql)
        positional.append(python.call("sa.Computed", _s(sql), persisted="True"))
    default = column.default
    return python.call(
        "sa.Column",
        *positional,
        server_default=None if default is None else _text(parts.default(default)),
        autoincrement=autoincrement,
        nullable=nullable,
    )


def _type_in_key(column: Column, key: tuple[str, ...]) -> tuple[Call | None, str | None]:
    """Return a column's type, and what must be said so that it becomes no serial."""
    type_ = column.type
    if type_ is None:
        return None, None
    if type_.name in SERIALS and key == (column.name,) and type_ == Type(type_.name):
        return python.call(SERIALS[type_.name]), "True"
    is_integer = type_.name in {"smallint", "integer", "bigint"}
    return column_type(type_), "False" if is_integer and column.name in key else None


# --- tables --------------------------------------------------------------------------


def _create_table(operation: CreateTable) -> Call | None:
    plain = CreateTable(operation.table, operation.columns, operation.constraints)
    if operation != plain or not operation.columns:
        return None
    keys = [each for each in operation.constraints if isinstance(each, PrimaryKey)]
    if keys and operation.constraints[0] is not keys[0]:
        # SQLAlchemy writes the primary key first.
        return None
    elements: list[Call | str] = [_s(operation.table.name)]
    for column in operation.columns:
        written = _column(column, key=keys[0].columns if keys else ())
        if written is None:
            return None
        elements.append(written)
    for constraint in operation.constraints:
        inside = _table_constraint(constraint)
        if inside is None:
            return None
        elements.append(inside)
    return python.call("op.create_table", *elements, schema=_schema(operation.table))


def _table_constraint(constraint: Constraint) -> Call | None:
    """Return a constraint inside `op.create_table`; None where it cannot be said."""
    if constraint.name is None:
        # A naming convention of the project would give it a name.
        return None
    name = _f(constraint.name)
    match constraint:
        case PrimaryKey() if constraint == PrimaryKey(constraint.name, constraint.columns):
            columns = map(_s, constraint.columns)
            return python.call("sa.PrimaryKeyConstraint", *columns, name=name)
        case Unique() if constraint == Unique(constraint.name, constraint.columns):
            columns = map(_s, constraint.columns)
            return python.call("sa.UniqueConstraint", *columns, name=name)
        case Check() if constraint == Check(constraint.name, constraint.expression):
            return python.call("sa.CheckConstraint", _condition(constraint.expression), name=name)
        case ForeignKey(referenced=parent) if _plain_key(constraint) and constraint.valid:
            target = parent.name if parent.schema is None else f"{parent.schema}.{parent.name}"
            if "." in parent.name or any("." in each for each in constraint.referenced_columns):
                return None
            remote = tuple(f"{target}.{each}" for each in constraint.referenced_columns)
            return python.call(
                "sa.ForeignKeyConstraint",
                python.strings(constraint.columns),
                python.strings(remote),
                name=name,
                **_key_options(constraint),
            )
        case _:
            return None


def _condition(expression: Expression) -> Call:
    return _text(parts.expression(expression))


def _plain_key(constraint: ForeignKey) -> bool:
    """Say whether SQLAlchemy can say a foreign key, its validity aside."""
    return (
        bool(constraint.referenced_columns)
        and constraint.enforced
        and not constraint.period
        and not constraint.set_columns
    )


def _key_options(constraint: ForeignKey) -> dict[str, Call | str | None]:
    nothing = ReferentialAction.NO_ACTION
    on_delete, on_update = constraint.on_delete, constraint.on_update
    return {
        "ondelete": None if on_delete is nothing else _s(on_delete.value),
        "onupdate": None if on_update is nothing else _s(on_update.value),
        "match": _s("FULL") if constraint.match_full else None,
        **_deferral(constraint),
    }


def _deferral(
    constraint: ForeignKey | Unique | PrimaryKey,
) -> dict[str, Call | str | None]:
    return {
        "deferrable": _true(constraint.deferrable),
        "initially": _s("DEFERRED") if constraint.initially_deferred else None,
    }


# --- constraints and indexes ---------------------------------------------------------


def _add_constraint(operation: AddConstraint) -> Call | None:
    constraint, table = operation.constraint, operation.table
    if constraint.name is None:
        return None
    name = _f(constraint.name)
    match constraint:
        case Check(enforced=True, no_inherit=False):
            return python.call(
                "op.create_check_constraint",
                name,
                _s(table.name),
                _condition(constraint.expression),
                schema=_schema(table),
                postgresql_not_valid=_true(not constraint.valid),
            )
        case ForeignKey(referenced=parent) if _plain_key(constraint):
            return python.call(
                "op.create_foreign_key",
                name,
                _s(table.name),
                _s(parent.name),
                python.strings(constraint.columns),
                python.strings(constraint.referenced_columns),
                **_key_options(constraint),
                source_schema=_schema(table),
                referent_schema=_schema(parent),
                postgresql_not_valid=_true(not constraint.valid),
            )
        case Unique(columns=columns) if _plain_unique(constraint):
            return python.call(
                "op.create_unique_constraint",
                name,
                _s(table.name),
                python.strings(columns),
                schema=_schema(table),
                **_deferral(constraint),
            )
        case PrimaryKey(columns=columns) if _plain_unique(constraint):
            return python.call(
                "op.create_primary_key",
                name,
                _s(table.name),
                python.strings(columns),
                schema=_schema(table),
            )
        case Check() | ForeignKey() | Unique() | PrimaryKey() | Exclusion() | NotNull():
            return None


def _plain_unique(constraint: Unique | PrimaryKey) -> bool:
    """Say whether a constraint has nothing beyond columns and, for UNIQUE, deferral."""
    if isinstance(constraint, PrimaryKey):
        return constraint == PrimaryKey(constraint.name, constraint.columns)
    return constraint == Unique(
        constraint.name,
        constraint.columns,
        deferrable=constraint.deferrable,
        initially_deferred=constraint.initially_deferred,
    )


def _create_index(operation: CreateIndex) -> Call | None:
    if operation.name is None or operation.only or operation.options or operation.tablespace:
        return None
    table, where = operation.table, operation.where
    elements = Call("[", tuple((None, _element(each)) for each in operation.elements), "]")
    return python.call(
        "op.create_index",
        _f(operation.name),
        _s(table.name),
        elements,
        unique=_true(operation.unique),
        schema=_schema(table),
        if_not_exists=_true(operation.if_not_exists),
        postgresql_concurrently=_true(operation.concurrently),
        postgresql_using=None if operation.method == "btree" else _s(operation.method),
        postgresql_include=python.strings(operation.include) if operation.include else None,
        postgresql_nulls_not_distinct=_true(operation.nulls_not_distinct),
        postgresql_where=None if where is None else _condition(where),
    )


def _element(element: IndexElement) -> Call | str:
    plain = element.column is not None and element == IndexElement(element.column)
    return _s(element.column or "") if plain else _text(parts.index_element(element))


def _drop_index(operation: DropIndex) -> Call:
    index, table = operation.index, operation.table
    return python.call(
        "op.drop_index",
        _f(index.name),
        table_name=None if table is None else _s(table.name),
        schema=_schema(index),
        if_exists=_true(operation.if_exists),
        postgresql_concurrently=_true(operation.concurrently),
    )


# --- revisions -----------------------------------------------------------------------


def revision(
    revision: str,
    down_revision: str | None,
    message: str,
    up: Sequence[Block],
    down: Sequence[Block],
) -> str:
    """Return a whole revision file.

    Args:
        revision: Its id.
        down_revision: The id it stands on, None for a first one.
        message: What it does; the first line is its title.
        up: What upgrade() does.
        down: What downgrade() does; nothing is `pass`.
    """
    bodies = _function("upgrade", up), _function("downgrade", down)
    code = "".join(bodies)
    names = _names((*up, *down))
    imports = [
        line for word, line in _IMPORTS.items() if any(name.startswith(word) for name in names)
    ]
    head = f"{message}\n\nRevision ID: {revision}\nRevises: {down_revision or ''}".rstrip()
    parent = "None" if down_revision is None else _s(down_revision)
    variables = (
        f"revision = {_s(revision)}\n"
        f"down_revision = {parent}\n"
        "branch_labels = None\n"
        "depends_on = None\n"
    )
    parts_ = [f"{python.block_string(head + chr(10))}\n", "".join(imports), variables]
    return "\n".join(part for part in parts_ if part) + code


def _function(name: str, blocks: Sequence[Block]) -> str:
    lines = [f"\n\ndef {name}() -> None:\n"]
    groups = [group for group in map(_group, blocks) if group]
    lines.append("\n".join(groups) if groups else "    pass\n")
    return "".join(lines)


def _group(block: Block) -> str:
    lines = [
        f"    # {line}\n"
        for paragraph in block.why.splitlines()
        for line in wrap(_printable(paragraph), _COMMENT_WIDTH)
    ]
    indent = 4
    if not block.transactional and block.operations:
        lines.append("    with op.get_context().autocommit_block():\n")
        indent = 8
    lines.extend(_calls(block.operations, indent))
    if lines and not block.operations:
        return ""
    return "".join(lines)


def _printable(text: str) -> str:
    """Return a comment's text without what would end it or is no source."""
    return "".join(char if char.isprintable() else " " for char in text)


def _names(blocks: Sequence[Block]) -> list[str]:
    """Return the names that the calls begin with; what stands in literals is no name."""
    names: list[str] = []
    for block in blocks:
        for operation in block.operations:
            exact = _exact(operation)
            names += ["op."] if exact is None else exact.names()
    return names


def _calls(operations: Iterable[Operation], indent: int) -> list[str]:
    return [f"{' ' * indent}{call(operation, indent)}\n" for operation in operations]
