"""The order in which ALTER TABLE does what its sub-commands ask for.

A statement with several of them is looked through once, and then carried out in passes:
all drops first, then types, then new columns, and so on.

Source:
    src/backend/commands/tablecmds.c of PostgreSQL, AlterTablePass and ATPrepCmd.
"""

from collections.abc import Sequence

from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    AlterGenerated,
    AlterIdentity,
    Check,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropNotNull,
    Exclusion,
    ForeignKey,
    IdentityAction,
    NotNull,
    Operation,
    PrimaryKey,
    SetDefault,
    SetNotNull,
    Unique,
)

_DROP, _TYPE, _COLUMN, _EXPRESSION, _ATTRIBUTE, _INDEX, _OTHER, _REST = range(8)


def in_passes(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Return the operations of one statement in the order in which the server does them."""
    return tuple(sorted(operations, key=_pass))


def _pass(operation: Operation) -> int:  # one line a pass
    match operation:
        case DropColumn() | DropConstraint() | DropNotNull() | DropDefault():
            return _DROP
        case AlterIdentity(action=IdentityAction.DROP) | AlterGenerated(expression=None):
            return _DROP
        case AlterColumnType():
            return _TYPE
        case AddColumn():
            return _COLUMN
        case AlterGenerated():
            return _EXPRESSION
        case SetNotNull() | AddConstraint(constraint=NotNull()):
            return _ATTRIBUTE
        case AddConstraint(constraint=Unique() | PrimaryKey() | Exclusion()):
            return _INDEX
        case AddConstraint(constraint=Check() | ForeignKey()) | SetDefault():
            return _OTHER
        case AlterIdentity(action=IdentityAction.ADD):
            return _OTHER
        case _:
            return _REST
