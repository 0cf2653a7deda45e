"""What works for any kind of object, as SQL: DROP, RENAME, OWNER TO, SET SCHEMA."""

from migsafe.model.expressions import Name
from migsafe.model.operations import (
    DropIndex,
    DropObject,
    DropTable,
    ObjectKind,
    RenameObject,
    RenameTable,
    SetOwner,
    SetSchema,
)
from migsafe.writing import parts, quoting
from migsafe.writing.altering import alter
from migsafe.writing.errors import UnwritableError
from migsafe.writing.parts import joined

_OF_A_TABLE = frozenset({ObjectKind.TRIGGER, ObjectKind.POLICY, ObjectKind.RULE})


def reference(kind: ObjectKind, name: Name, arguments: str | None) -> str:
    """Return how a statement names an object of a kind."""
    match kind:
        case ObjectKind.FUNCTION | ObjectKind.PROCEDURE | ObjectKind.ROUTINE | ObjectKind.AGGREGATE:
            brackets = "" if arguments is None else f"({arguments})"
            return f"{quoting.name(name)}{brackets}"
        case ObjectKind.OPERATOR:
            schema = "" if name.schema is None else f"{quoting.identifier(name.schema)}."
            return f"{schema}{name.name} ({arguments})"
        case ObjectKind.OPERATOR_CLASS | ObjectKind.OPERATOR_FAMILY:
            return joined(quoting.name(name), arguments)
        case ObjectKind.CAST:
            return f"({arguments})"
        case ObjectKind.TRANSFORM:
            return joined("FOR", name.name, arguments)
        case ObjectKind.USER_MAPPING:
            return joined("FOR", parts.role(name.name), arguments)
        case ObjectKind.LARGE_OBJECT:
            return name.name
        case _:
            return quoting.name(name)


def drop_table(operation: DropTable) -> str:
    """Return DROP TABLE."""
    return joined(
        "DROP TABLE",
        "IF EXISTS" if operation.if_exists else None,
        quoting.name(operation.table),
        "CASCADE" if operation.cascade else None,
    )


def drop_index(operation: DropIndex) -> str:
    """Return DROP INDEX."""
    return joined(
        "DROP INDEX",
        "CONCURRENTLY" if operation.concurrently else None,
        "IF EXISTS" if operation.if_exists else None,
        quoting.name(operation.index),
        "CASCADE" if operation.cascade else None,
    )


def drop_object(operation: DropObject) -> str:
    """Return DROP of any other kind."""
    table = None
    if operation.kind in _OF_A_TABLE:
        table = f"ON {quoting.name(_table_of(operation.table, operation.object))}"
    return joined(
        f"DROP {operation.kind}",
        "IF EXISTS" if operation.if_exists else None,
        reference(operation.kind, operation.object, operation.arguments),
        table,
        "CASCADE" if operation.cascade else None,
    )


def _table_of(table: Name | None, object_: Name) -> Name:
    if table is None:
        raise UnwritableError(f"{object_} without the table it belongs to")
    return table


def rename_table(operation: RenameTable) -> str:
    """Return ALTER TABLE … RENAME TO."""
    new = quoting.identifier(operation.new_name)
    return alter(operation.table, f"RENAME TO {new}", if_exists=operation.if_exists)


def rename_object(operation: RenameObject) -> str:
    """Return RENAME of anything but tables and columns."""
    kind, new = operation.kind, quoting.identifier(operation.new_name)
    if kind in {ObjectKind.CONSTRAINT, ObjectKind.DOMAIN_CONSTRAINT}:
        owner = _table_of(operation.table, operation.object)
        of = ObjectKind.TABLE if kind is ObjectKind.CONSTRAINT else ObjectKind.DOMAIN
        old = quoting.identifier(operation.object.name)
        return alter(
            owner, f"RENAME CONSTRAINT {old} TO {new}", kind=of, if_exists=operation.if_exists
        )
    table = None
    if kind in _OF_A_TABLE:
        table = f"ON {quoting.name(_table_of(operation.table, operation.object))}"
    return joined(
        f"ALTER {kind}",
        "IF EXISTS" if operation.if_exists else None,
        reference(kind, operation.object, operation.arguments),
        table,
        f"RENAME TO {new}",
    )


def set_owner(operation: SetOwner) -> str:
    """Return OWNER TO."""
    of = reference(operation.kind, operation.object, operation.arguments)
    return f"ALTER {operation.kind} {of} OWNER TO {parts.role(operation.owner)}"


def set_schema(operation: SetSchema) -> str:
    """Return SET SCHEMA."""
    return joined(
        f"ALTER {operation.kind}",
        "IF EXISTS" if operation.if_exists else None,
        reference(operation.kind, operation.object, operation.arguments),
        f"SET SCHEMA {quoting.identifier(operation.schema)}",
    )
