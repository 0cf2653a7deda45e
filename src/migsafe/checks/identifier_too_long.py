"""Names that the server cuts."""

import re
from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.defining import new_names
from migsafe.model.findings import Finding
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    CreateIndex,
    CreateTable,
    CreateTableAs,
    CreateView,
    RenameColumn,
    RenameTable,
)

PROFILE = "strict"

_LONGEST = 63

_Naming = (
    CreateTable
    | CreateTableAs
    | CreateView
    | AddColumn
    | AddConstraint
    | CreateIndex
    | RenameTable
    | RenameColumn
)


def check_operation(operation: _Naming, context: Context) -> Iterator[Finding]:
    """Report a new name of more than 63 bytes."""
    for kept in new_names(operation):
        name = _as_written(kept, context.current.statement.sql)
        held = name.encode()
        if len(held) > _LONGEST:
            cut = held[:_LONGEST].decode(errors="ignore")
            fate = (
                "SQLAlchemy refuses it (IdentifierError)"
                if _is_refused(operation, context)
                else f"the server cuts it to {cut} without an error"
            )
            yield context.finding(
                f"{name} has {len(held)} bytes: {fate}.",
                help=f"Choose a name of at most {_LONGEST} bytes.",
                relations=(),
            )


def _is_refused(operation: _Naming, context: Context) -> bool:
    """Say whether SQLAlchemy writes the name: it measures those of indexes and constraints."""
    origin = context.current.origin
    written = origin.call_span == origin.statement_span
    return written and isinstance(operation, CreateIndex | AddConstraint)


def _as_written(name: str, sql: str) -> str:
    """Return a name as the statement has it: the grammar cuts it as the server does."""
    if len(name.encode()) < _LONGEST:
        return name
    found = re.search(rf"{re.escape(name)}[\w$]*", sql, re.IGNORECASE)
    return name if found is None else found[0]
