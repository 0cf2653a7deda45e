"""ALTER TABLE and its like as SQL."""

from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    AlterConstraint,
    AlterGenerated,
    AlterIdentity,
    ColumnSetting,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropNotNull,
    IdentityAction,
    ObjectKind,
    RenameColumn,
    RewriteKind,
    RewriteTable,
    SetColumnStorage,
    SetDefault,
    SetNotNull,
    SetTableOptions,
)
from migsafe.writing import parts, quoting
from migsafe.writing.errors import UnwritableError
from migsafe.writing.parts import joined

ColumnOperation = (
    AlterColumnType
    | SetDefault
    | DropDefault
    | SetNotNull
    | DropNotNull
    | AlterIdentity
    | AlterGenerated
    | SetColumnStorage
)


def alter(
    table: Name,
    *words: str | None,
    kind: ObjectKind = ObjectKind.TABLE,
    if_exists: bool = False,
    only: bool = False,
) -> str:
    """Return `ALTER TABLE t …`."""
    return joined(
        f"ALTER {kind}",
        "IF EXISTS" if if_exists else None,
        "ONLY" if only else None,
        quoting.name(table),
        *words,
    )


def add_column(operation: AddColumn) -> str:
    """Return ADD COLUMN."""
    return alter(
        operation.table,
        "ADD COLUMN",
        "IF NOT EXISTS" if operation.if_not_exists else None,
        parts.column(operation.column),
        *(
            parts.inline_constraint(constraint, operation.column.name)
            for constraint in operation.constraints
        ),
        if_exists=operation.if_exists,
        only=operation.only,
    )


def drop_column(operation: DropColumn) -> str:
    """Return DROP COLUMN."""
    return alter(
        operation.table,
        "DROP COLUMN",
        "IF EXISTS" if operation.if_exists else None,
        quoting.identifier(operation.column),
        "CASCADE" if operation.cascade else None,
        if_exists=operation.table_if_exists,
        only=operation.only,
    )


def rename_column(operation: RenameColumn) -> str:
    """Return RENAME COLUMN, of a composite type RENAME ATTRIBUTE."""
    word = "ATTRIBUTE" if operation.kind is ObjectKind.TYPE else "COLUMN"
    return alter(
        operation.table,
        f"RENAME {word}",
        quoting.identifier(operation.column),
        "TO",
        quoting.identifier(operation.new_name),
        kind=operation.kind,
        if_exists=operation.if_exists,
    )


def alter_column(operation: ColumnOperation) -> str:
    """Return ALTER COLUMN."""
    if_exists = only = False
    match operation:
        case AlterColumnType() | SetDefault() | DropDefault() | SetNotNull() | DropNotNull():
            if_exists, only = operation.table_if_exists, operation.only
        case AlterGenerated() | SetColumnStorage() | AlterIdentity():
            only = operation.only
    column = quoting.identifier(operation.column)
    kind = ObjectKind.TABLE
    if (
        isinstance(operation, SetColumnStorage)
        and operation.setting is ColumnSetting.STATISTICS
        and operation.column.isdecimal()
    ):
        # Only the keys of an index have numbers for names.
        column, kind = operation.column, ObjectKind.INDEX
    return alter(
        operation.table,
        f"ALTER COLUMN {column}",
        _change(operation),
        kind=kind,
        if_exists=if_exists,
        only=only,
    )


def _change(operation: ColumnOperation) -> str:
    match operation:
        case AlterColumnType(type=type_, using=using):
            if type_ is None:
                raise UnwritableError(f"the type of column {operation.column!r} is not known")
            text = f"TYPE {parts.type_with_collation(type_)}"
            return text if using is None else f"{text} USING {parts.expression(using)}"
        case SetDefault(default=default):
            return f"SET DEFAULT {parts.expression(default)}"
        case DropDefault():
            return "DROP DEFAULT"
        case SetNotNull():
            return "SET NOT NULL"
        case DropNotNull():
            return "DROP NOT NULL"
        case AlterIdentity():
            return _identity(operation)
        case AlterGenerated():
            return _generated(operation)
        case SetColumnStorage():
            return _setting(operation)


def _generated(operation: AlterGenerated) -> str:
    if operation.expression is None:
        return "DROP EXPRESSION IF EXISTS" if operation.if_exists else "DROP EXPRESSION"
    return f"SET EXPRESSION AS ({parts.expression(operation.expression)})"


def _setting(operation: SetColumnStorage) -> str:
    match operation.setting:
        case ColumnSetting.OPTIONS:
            return f"SET ({operation.value})"
        case ColumnSetting.RESET_OPTIONS:
            return f"RESET ({operation.value})"
        case ColumnSetting.STORAGE | ColumnSetting.COMPRESSION | ColumnSetting.STATISTICS:
            return f"SET {operation.setting} {operation.value}"


def _identity(operation: AlterIdentity) -> str:
    identity = operation.identity
    if operation.action is IdentityAction.DROP:
        return "DROP IDENTITY IF EXISTS" if operation.if_exists else "DROP IDENTITY"
    if identity is None:
        raise UnwritableError(f"an identity for column {operation.column!r} that says nothing")
    if operation.action is IdentityAction.ADD:
        return f"ADD {parts.identity(identity)}"
    kind = "ALWAYS" if identity.always else "BY DEFAULT"
    return joined(f"SET GENERATED {kind}" if operation.changes_always else None, identity.options)


def add_constraint(operation: AddConstraint) -> str:
    """Return ADD CONSTRAINT."""
    return alter(
        operation.table,
        "ADD",
        parts.constraint(operation.constraint),
        if_exists=operation.table_if_exists,
        only=operation.only,
    )


def drop_constraint(operation: DropConstraint) -> str:
    """Return DROP CONSTRAINT."""
    if operation.constraint is None:
        raise UnwritableError(f"a constraint of {operation.table} without a name")
    return alter(
        operation.table,
        "DROP CONSTRAINT",
        "IF EXISTS" if operation.if_exists else None,
        quoting.identifier(operation.constraint),
        "CASCADE" if operation.cascade else None,
        if_exists=operation.table_if_exists,
        only=operation.only,
    )


def alter_constraint(operation: AlterConstraint) -> str:
    """Return ALTER CONSTRAINT."""
    words: list[str] = []
    if operation.deferrable is not None:
        words.append("DEFERRABLE" if operation.deferrable else "NOT DEFERRABLE")
    if operation.initially_deferred:
        words.append("INITIALLY DEFERRED")
    if operation.enforced is not None:
        words.append("ENFORCED" if operation.enforced else "NOT ENFORCED")
    if operation.inherit is not None:
        words.append("INHERIT" if operation.inherit else "NO INHERIT")
    name = quoting.identifier(operation.constraint)
    return alter(operation.table, f"ALTER CONSTRAINT {name}", *words, only=operation.only)


def detach_partition(operation: DetachPartition) -> str:
    """Return DETACH PARTITION."""
    return alter(
        operation.parent,
        f"DETACH PARTITION {quoting.name(operation.partition)}",
        "CONCURRENTLY" if operation.concurrently else None,
        "FINALIZE" if operation.finalize else None,
    )


def set_options(operation: SetTableOptions) -> str:
    """Return SET (…), RESET (…), CLUSTER ON or SET WITHOUT CLUSTER."""
    if operation.options:
        words = f"{'RESET' if operation.reset else 'SET'} {parts.options(operation.options)}"
    elif operation.cluster_on is not None:
        words = f"CLUSTER ON {quoting.identifier(operation.cluster_on)}"
    else:
        words = "SET WITHOUT CLUSTER"
    return alter(operation.object, words, kind=operation.kind)


def rewrite(operation: RewriteTable) -> str:
    """Return SET LOGGED, SET TABLESPACE, SET ACCESS METHOD, CLUSTER or VACUUM FULL."""
    table = None if operation.table is None else quoting.name(operation.table)
    value = None if operation.value is None else quoting.identifier(operation.value)
    match operation.kind:
        case RewriteKind.CLUSTER:
            options = parts.options(operation.options) if operation.options else None
            return joined("CLUSTER", options, table, None if value is None else f"USING {value}")
        case RewriteKind.VACUUM_FULL:
            rest = parts.options(operation.options)[1:-1]
            return joined(f"VACUUM (FULL{', ' if rest else ''}{rest})", table)
        case RewriteKind.LOGGED | RewriteKind.UNLOGGED:
            return _rewritten(operation, operation.kind.value)
        case RewriteKind.TABLESPACE:
            return _rewritten(operation, f"SET TABLESPACE {value}")
        case RewriteKind.ACCESS_METHOD:
            method = "DEFAULT" if operation.value == "DEFAULT" else value
            return _rewritten(operation, f"SET ACCESS METHOD {method}")


def _rewritten(operation: RewriteTable, words: str) -> str:
    if operation.table is None:
        return _move_all(operation, words)
    return alter(operation.table, words, kind=operation.kind_of_object)


def _move_all(operation: RewriteTable, words: str) -> str:
    given = operation.options
    spaces = [option.value or "" for option in given if option.name == "in tablespace"]
    owners = [option.value or "" for option in given if option.name == "owned by"]
    if not spaces:
        raise UnwritableError("a move of every table that does not say from where")
    return joined(
        f"ALTER {operation.kind_of_object} ALL IN TABLESPACE {quoting.identifier(spaces[0])}",
        f"OWNED BY {quoting.identifiers(tuple(owners))}" if owners else None,
        words,
        "NOWAIT" if any(option.name == "nowait" for option in given) else None,
    )
