"""Schemas and databases dropped with what is in them."""

from collections.abc import Iterator

from migsafe.catalog.schema import Existence
from migsafe.context import Context
from migsafe.model.effects import Certain
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.operations import DropObject, ObjectKind

_LISTED = 5
"""Tables that a message names."""
_NOT_EMPTY = "2BP01"
_SAFE_ROWS = (Hazard.BREAKS_OLD_CODE,)


def check_operation(operation: DropObject, context: Context) -> Iterator[Finding]:
    """Report a schema or database that this deploy did not make."""
    kind, name = operation.kind, operation.object
    if kind is ObjectKind.DATABASE:
        yield context.finding(
            f"Dropping the database {name}: everything in it is gone, and running code cannot "
            "connect to it.",
            help="Rename it first and keep it until nobody misses it; no migration should hold "
            "this.",
        )
        return
    if kind is not ObjectKind.SCHEMA or context.named_here(kind, name):
        return
    found = context.catalog.existence(kind, name)
    if found is Existence.ABSENT:
        return
    inside = [
        str(table.name)
        for table in context.catalog.tables()
        if (table.name.schema or "public") == name.name
    ]
    guessed = operation.if_exists and found is Existence.UNKNOWN
    confidence = Confidence.LOW if guessed else Confidence.HIGH
    if operation.cascade:
        shown = ", ".join(inside[:_LISTED])
        more = f" and {len(inside) - _LISTED} more" if len(inside) > _LISTED else ""
        what = f"{shown}{more} and whatever else is in it" if inside else "whatever is in it"
        yield context.finding(
            f"Dropping the schema {name} with CASCADE: {what} is gone with its rows, and every "
            f"statement of {context.old_code} that names something there fails (42P01, 3F000) "
            f"{context.until_gone}.",
            help="Deploy code that names nothing in it, and drop its tables one by one in later "
            "deploys.",
            confidence=confidence,
        )
        return
    refused = ""
    match context.effects.fails:
        case Certain(sqlstate=state, reason=reason) if state == _NOT_EMPTY:
            refused = f"; the statement itself is refused ({state}), because {reason}"
        case _:
            pass
    yield context.finding(
        f"Dropping the schema {name}: it goes only if it is empty (2BP01 otherwise), and what "
        f"{context.old_code} says about it fails (3F000) {context.until_gone}{refused}.",
        help="Deploy code that does not name it, and drop it in a later deploy.",
        case="default" if refused else "empty",
        hazards=_SAFE_ROWS,
        confidence=confidence,
    )
