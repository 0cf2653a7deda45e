"""Views, routines, types and other objects dropped while running code uses them."""

from collections.abc import Iterator

from migsafe.catalog.schema import Existence
from migsafe.catalog.syncing import SYNC_TRIGGER
from migsafe.context import Context
from migsafe.model.compatibility import OldStatement, Outcome
from migsafe.model.effects import Certain
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import DropObject, ObjectKind

_OF_OTHER_RULES = frozenset(
    {
        ObjectKind.SCHEMA,
        ObjectKind.DATABASE,
        ObjectKind.ROLE,
        ObjectKind.PUBLICATION,
        ObjectKind.SUBSCRIPTION,
    }
)
_UNSEEN = frozenset({ObjectKind.STATISTICS, ObjectKind.EVENT_TRIGGER, ObjectKind.TABLESPACE})
"""No statement of an application meets them."""
_ROUTINES = frozenset({ObjectKind.FUNCTION, ObjectKind.ROUTINE})
_TYPES = frozenset({ObjectKind.TYPE, ObjectKind.DOMAIN})
_NEEDED = "2BP01"


def check_operation(operation: DropObject, context: Context) -> Iterator[Finding]:
    """Report an object of the released schema that goes and is not made again at once."""
    kind, name, table = operation.kind, operation.object, operation.table
    if kind in _OF_OTHER_RULES or kind in _UNSEEN:
        return
    if table is not None and (not context.is_live(table) or context.goes_here(table)):
        return
    if table is None:
        found = context.catalog.existence(kind, name)
    else:
        found = context.catalog.part_existence(kind, name.name, table)
    refused = ""
    match context.effects.fails:
        case Certain(sqlstate=state, reason=reason):
            if state != _NEEDED:
                return
            refused = f"; the statement itself is refused ({state}), because {reason}"
        case _:
            if found is Existence.ABSENT:
                return
    if context.named_here(kind, name, table) or context.made_again(kind, name, table):
        return
    if not refused and _goes_unnoticed(operation, context):
        return
    guessed = operation.if_exists and found is Existence.UNKNOWN
    yield context.finding(
        f"Dropping the {kind.lower()} {name}{'' if table is None else f' of {table}'}: "
        f"{_harm(operation, context)}{refused}.",
        help=_help(operation, context),
        case="used" if refused else "default",
        confidence=Confidence.LOW if guessed else Confidence.HIGH,
    )


def _goes_unnoticed(operation: DropObject, context: Context) -> bool:
    """Say whether no code can have used it, or all that did goes with the deploy."""
    kind, name, before = operation.kind, operation.object, context.ship.before
    if kind in _ROUTINES:
        # Only triggers can call it, and what their loss does was said where they went.
        known = context.catalog.routines(name)
        return bool(known) and all(each.returns == "trigger" for each in known)
    if kind in _TYPES:
        users = before.enum_users(name)
        return bool(users) and all(context.goes_here(*user) for user in users)
    if kind is ObjectKind.SEQUENCE:
        drawing = before.columns_drawing(name)
        return bool(drawing) and all(context.goes_here(*user) for user in drawing)
    if kind is ObjectKind.POLICY and operation.table is not None:
        return context.catalog.row_security(operation.table) is False
    return kind is ObjectKind.TRIGGER and name.name.startswith(SYNC_TRIGGER)


def _harm(operation: DropObject, context: Context) -> str:
    name = operation.object
    old, until = context.old_code, context.until_gone
    match operation.kind:
        case ObjectKind.VIEW | ObjectKind.MATERIALIZED_VIEW | ObjectKind.FOREIGN_TABLE:
            return f"every statement of {old} that names it fails (42P01) {until}"
        case ObjectKind.FUNCTION | ObjectKind.PROCEDURE | ObjectKind.ROUTINE | ObjectKind.AGGREGATE:
            return f"every call of it by {old} fails (42883) {until}"
        case ObjectKind.SEQUENCE:
            return (
                f"every nextval('{name}') of {old} fails (42P01) {until}; the number it "
                "stood at is gone"
            )
        case ObjectKind.TYPE | ObjectKind.DOMAIN:
            return f"every statement of {old} that casts to it fails (42704) {until}"
        case ObjectKind.EXTENSION:
            return (
                f"every statement of {old} that uses a function, an operator or a type of "
                f"it fails (42883, 42704) {until}"
            )
        case ObjectKind.TRIGGER | ObjectKind.RULE:
            fired = [
                str(each)
                for each in (OldStatement.INSERT_FULL, OldStatement.UPDATE, OldStatement.DELETE)
                if context.compatibility.outcome(each) is not Outcome.WORKS
            ]
            verbs = [each.split()[0] for each in fired]
            return (
                f"what it did on {', '.join(verbs) or 'writes'} of {operation.table} is not "
                "done from here on, also for running code, which goes on without an error"
            )
        case ObjectKind.POLICY:
            return (
                "rows that only it let through are hidden from running code, whose INSERT or "
                "UPDATE of such a row fails (42501); if it is restrictive, rows that it hid can "
                "be seen"
            )
        case _:
            return f"whatever {old} does with it fails {until}"


def _help(operation: DropObject, context: Context) -> str:
    if operation.kind in {ObjectKind.TRIGGER, ObjectKind.RULE, ObjectKind.POLICY}:
        return "Deploy code that does without it first, and drop it in a later deploy."
    return (
        "Deploy code that no longer uses it, and drop it in a later deploy, "
        f"{context.brought_back}."
    )
