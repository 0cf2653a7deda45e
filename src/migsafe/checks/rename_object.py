"""Views, routines, types and other objects renamed while running code knows the old name."""

from collections.abc import Iterator

from migsafe.catalog.schema import ConstraintState, Existence
from migsafe.context import Context
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import (
    Exclusion,
    ObjectKind,
    PrimaryKey,
    RenameObject,
    Unique,
)

_UNNAMED = frozenset(
    {
        ObjectKind.TRIGGER,
        ObjectKind.POLICY,
        ObjectKind.RULE,
        ObjectKind.STATISTICS,
        ObjectKind.TABLESPACE,
        ObjectKind.DOMAIN_CONSTRAINT,
        ObjectKind.EVENT_TRIGGER,
    }
)
"""Kinds that no statement of an application names."""


def check_operation(operation: RenameObject, context: Context) -> Iterator[Finding]:
    """Report an object of the released schema that running code can no longer name."""
    kind, name, new, table = (
        operation.kind,
        operation.object,
        operation.new_name,
        operation.table,
    )
    if kind in _UNNAMED:
        return
    if table is not None:
        yield from _constraint(table, name.name, new, context)
        return
    if kind is ObjectKind.INDEX:
        index = context.catalog.index(name)
        if index is not None and index.constraint is not None:
            # The constraint of an index takes the index's new name.
            yield from _constraint(index.table, index.constraint, new, context)
        return
    if context.named_here(kind, name) or context.made_again(kind, name):
        return
    found = context.catalog.existence(kind, name)
    if found is Existence.ABSENT or _is_only_called_by_triggers(operation, context):
        return
    owned = kind is ObjectKind.SEQUENCE and bool(context.catalog.columns_drawing(name))
    case = "default"
    if kind in {ObjectKind.SCHEMA, ObjectKind.DATABASE}:
        case = "schema"
    elif owned:
        case = "sequence of a column"
    yield context.finding(
        f"Renaming the {kind.lower()} {name} to {new}: {_harm(operation, context, owned=owned)}"
        f"{context.new_code(f'says {new}', 'fails')}.",
        help=_help(operation),
        case=case,
        confidence=Confidence.LOW
        if operation.if_exists and found is Existence.UNKNOWN
        else Confidence.HIGH,
    )


def _is_only_called_by_triggers(operation: RenameObject, context: Context) -> bool:
    known = context.catalog.routines(operation.object)
    return (
        operation.kind in {ObjectKind.FUNCTION, ObjectKind.ROUTINE}
        and bool(known)
        and all(each.returns == "trigger" for each in known)
    )


def _harm(operation: RenameObject, context: Context, *, owned: bool) -> str:
    name, old, until = operation.object, context.old_code, context.until_gone
    match operation.kind:
        case ObjectKind.VIEW | ObjectKind.MATERIALIZED_VIEW | ObjectKind.FOREIGN_TABLE:
            return f"every statement of {old} that names {name} fails (42P01) {until}"
        case ObjectKind.FUNCTION | ObjectKind.PROCEDURE | ObjectKind.ROUTINE | ObjectKind.AGGREGATE:
            return f"every call of {name} by {old} fails (42883) {until}"
        case ObjectKind.SEQUENCE:
            draws = "the column goes on to draw from it; " if owned else ""
            return f"{draws}a nextval('{name}') of {old} fails (42P01) {until}"
        case ObjectKind.TYPE | ObjectKind.DOMAIN:
            return (
                f"the columns follow, but every statement of {old} that casts to {name} "
                f"fails (42704) {until}"
            )
        case ObjectKind.SCHEMA:
            return (
                f"every statement of {old} that says {name} or looks there by its "
                f"search_path fails (42P01, 3F000) {until}"
            )
        case ObjectKind.DATABASE:
            return f"{old} cannot connect to {name} (3D000) {until}"
        case ObjectKind.ROLE:
            return f"{old} that connects as {name} is refused (28P01, 28000) {until}"
        case _:
            return f"what {old} says about {name} fails {until}"


def _help(operation: RenameObject) -> str:
    name, new = operation.object, operation.new_name
    match operation.kind:
        case ObjectKind.VIEW:
            return f"Keep the name, or CREATE VIEW {name} AS TABLE {new} in the same transaction."
        case ObjectKind.FUNCTION | ObjectKind.PROCEDURE | ObjectKind.ROUTINE:
            return f"Make {new} beside {name}, switch the code, and drop {name} in a later deploy."
        case _:
            return "Keep the name and map it in code."


def _constraint(table: Name, name: str, new: str, context: Context) -> Iterator[Finding]:
    if context.goes_here(table):
        return
    if context.named_here(ObjectKind.TABLE, table):
        # Running code cannot even name the table.
        return
    state = context.catalog.constraint(table, name)
    if state is not None and (not _is_named_by_upserts(state) or _is_ours(state, context)):
        return
    if state is None and context.catalog.complete:
        return
    yield context.finding(
        f"Renaming the constraint {name} of {table} to {new}: {context.old_code}'s INSERT … ON "
        f"CONFLICT ON CONSTRAINT {name} fails (42704) {context.until_gone}, and code that knows a "
        "refusal by the constraint's name no longer does"
        f"{context.new_code(f'says {new}', 'fails (42704)')}.",
        help="Keep the name, or deploy code that names the columns instead: ON CONFLICT (…).",
        confidence=Confidence.LOW if state is None else Confidence.HIGH,
    )


def _is_named_by_upserts(state: ConstraintState) -> bool:
    return isinstance(state.constraint, Unique | PrimaryKey | Exclusion)


def _is_ours(state: ConstraintState, context: Context) -> bool:
    return context.is_made_here(state.made_by)
