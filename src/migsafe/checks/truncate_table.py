"""Rows thrown away by TRUNCATE."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.operations import Truncate


def check_operation(operation: Truncate, context: Context) -> Iterator[Finding]:
    """Report the released tables that a TRUNCATE empties, those that CASCADE adds too."""
    emptied = [table for table in operation.tables if context.is_live(table)]
    if not emptied:
        return
    named = ", ".join(str(table) for table in emptied)
    parts = [f"TRUNCATE removes every row of {named}, and running code finds none"]
    added = _added(operation, context)
    if operation.cascade and added:
        parts.append(f"CASCADE empties {', '.join(str(table) for table in added)} as well")
    elif operation.cascade:
        parts.append("CASCADE empties every table that references it, known here or not")
    match context.effects.fails:
        case Certain(reason=reason, sqlstate=state):
            parts.append(f"the statement itself is refused ({state}), because {reason}")
        case _:
            pass
    parts.append(context.waits(emptied[0]))
    yield context.finding(
        f"{'; '.join(parts)}.",
        help="Take it out of the migration: keep a copy and DELETE in batches what no version "
        "of the code needs.",
        relations=(*emptied, *added),
    )


def _added(operation: Truncate, context: Context) -> tuple[Name, ...]:
    """Return the tables that hold rows of theirs by foreign keys, however far away."""
    if not operation.cascade:
        return ()
    catalog = context.catalog
    named = {catalog.key(table) for table in operation.tables}
    found: dict[Name, None] = {}
    todo = list(named)
    while todo:
        for key in catalog.foreign_keys_to(todo.pop()):
            if key.table not in named and key.table not in found:
                found[key.table] = None
                todo.append(key.table)
    return tuple(found)
