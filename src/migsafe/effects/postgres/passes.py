"""The order in which ALTER TABLE does what its sub-commands ask for.

A statement with several of them is looked through once, and then carried out in passes:
all drops first, then types, then new columns, and so on.

Source:
    src/backend/commands/tablecmds.c of PostgreSQL, AlterTablePass and ATPrepCmd.
"""

from collections.abc import Iterable, Mapping, Sequence

from migsafe.catalog.catalog import Catalog
from migsafe.effects.postgres.relations import family
from migsafe.model.effects import Effects
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
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


def recursed_to(operation: Operation, effects: Effects, catalog: Catalog) -> tuple[Name, ...]:
    """Return a table and what is below it that a sub-command locks as strongly as the table."""
    table = getattr(operation, "table", None)
    if not isinstance(table, Name):
        return ()
    mode = effects.locks.get(catalog.key(table))
    return tuple(name for name in family(catalog, table) if effects.locks.get(name) is mode)


def raised(locks: Mapping[Name, Lock], recursing: Iterable[Name]) -> Mapping[Name, Lock]:
    """Return locks where each table that is recursed to has the mode of the whole statement."""
    taken = {name: locks[name] for name in recursing if name in locks}
    if not taken:
        return locks
    strongest = max(taken.values())
    return {name: strongest if name in taken else lock for name, lock in locks.items()}
