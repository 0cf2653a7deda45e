"""CASCADE: what goes with a drop without being named."""

import re
from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence, ViewState
from migsafe.context import Applied, Context
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import (
    AlterDomain,
    Check,
    Constraint,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropObject,
    DropTable,
    Exclusion,
    ForeignKey,
    NotNull,
    ObjectKind,
    PrimaryKey,
    Unique,
)

Drop = DropTable | DropColumn | DropConstraint | DropIndex | DropObject | AlterDomain
_TYPES = {ObjectKind.TYPE, ObjectKind.DOMAIN}
_VIEWS = {ObjectKind.VIEW, ObjectKind.MATERIALIZED_VIEW}
_ROUTINES = {ObjectKind.FUNCTION, ObjectKind.PROCEDURE, ObjectKind.ROUTINE, ObjectKind.AGGREGATE}


def check_operation(
    operation: DropTable | DropColumn | DropConstraint | DropIndex | DropObject | AlterDomain,
    context: Context,
) -> Iterator[Finding]:
    """Report a drop with CASCADE: an error where something is known to go with it."""
    if isinstance(operation, DropObject) and operation.kind is ObjectKind.SCHEMA:
        # All that is in it goes: drop-schema says so.
        return
    if not operation.cascade or not _is_known_to_code(operation, context):
        return
    subject = _subject(operation)
    along = tuple(dict.fromkeys(_along(operation, context.catalog)))
    if along:
        yield context.finding(
            f"CASCADE drops with {subject}, unnamed: {', '.join(along)}; {context.old_code} that "
            f"needs any of it fails {context.until_gone}.",
            help="Leave CASCADE out and drop by name, in a step of its own, what no version of "
            "the code needs.",
            case="something goes",
        )
        return
    quiet = tuple(_quiet(context))
    if quiet[:1] != (subject,):
        # One statement, one warning: it stands at the first object that it is about.
        return
    yield context.finding(
        f"CASCADE drops whatever depends on {' and '.join(quiet)}, unnamed: nothing does in the "
        "history that was read, and what was made elsewhere goes without a word.",
        help="Leave CASCADE out: then the statement fails instead of taking anything along.",
        confidence=Confidence.LOW,
    )


def _quiet(context: Context) -> Iterator[str]:
    """Yield what the statement drops with CASCADE, where nothing is known to go with it."""
    current = context.current
    if len(current.statement.operations) == 1:
        together: tuple[Applied, ...] = (current,)
    else:
        around = (*context.earlier(), current, *context.later())
        together = tuple(each for each in around if each.statement is current.statement)
    for applied in together:
        operation, here = applied.operation, context.at(applied)
        if (
            isinstance(operation, Drop)
            and operation.cascade
            and _is_known_to_code(operation, here)
            and not any(_along(operation, applied.before))
        ):
            yield _subject(operation)


def _is_known_to_code(operation: Drop, context: Context) -> bool:
    catalog = context.catalog
    match operation:
        case DropTable(table=table):
            there = catalog.existence(ObjectKind.TABLE, table) is not Existence.ABSENT
            return there and context.is_live(table)
        case DropColumn(table=table) | DropConstraint(table=table):
            return context.is_live(table)
        case DropIndex(index=index, table=hint):
            state = catalog.index(index)
            owner = hint if state is None else state.table
            return owner is None or context.is_live(owner)
        case DropObject(table=Name() as table):
            return context.is_live(table)
        case DropObject(kind=kind, object=name):
            absent = catalog.existence(kind, name) is Existence.ABSENT
            return not absent and context.is_live(name)
        case AlterDomain(domain=domain):
            return context.is_live(domain)


def _subject(operation: Drop) -> str:
    match operation:
        case DropTable(table=table):
            return str(table)
        case DropColumn(table=table, column=column):
            return f"{table}.{column}"
        case DropConstraint(table=table, constraint=name):
            return f"the constraint {name} of {table}"
        case DropIndex(index=index):
            return f"the index {index}"
        case DropObject(kind=kind, object=name):
            return f"the {kind.value.lower()} {name}"
        case AlterDomain(domain=domain, constraint=name):
            return f"the constraint {name} of the domain {domain}"


def _along(operation: Drop, catalog: Catalog) -> Iterator[str]:
    """Yield what only CASCADE takes along, in words."""
    match operation:
        case DropTable(table=table):
            yield from _with_table(table, catalog)
        case DropColumn(table=table, column=column):
            yield from _with_column(table, column, catalog)
        case DropConstraint(table=table, constraint=str() as name):
            state = catalog.constraint(table, name)
            yield from () if state is None else _keys_on(table, state.constraint, catalog)
        case DropObject(kind=kind, object=name):
            yield from _with_object(kind, name, catalog)
        case DropConstraint() | DropIndex() | AlterDomain():
            pass


def _with_table(table: Name, catalog: Catalog) -> Iterator[str]:
    yield from _views(catalog.views_on(table), catalog)
    for key in catalog.foreign_keys_to(table):
        if key.table != catalog.key(table):
            yield f"the foreign key {key.name} of {key.table}"
    for child in catalog.children(table):
        if child.partition_of is None:
            yield f"the inheriting table {child.name}"


def _with_object(kind: ObjectKind, name: Name, catalog: Catalog) -> Iterator[str]:
    if kind in _VIEWS:
        yield from _views(catalog.views_on(name), catalog)
    elif kind in _TYPES:
        for table, column in catalog.enum_users(name):
            yield f"the column {table}.{column}"
    elif kind in _ROUTINES:
        for trigger in catalog.triggers_calling(name):
            yield f"the trigger {trigger.name} of {trigger.table}"
    elif kind is ObjectKind.SEQUENCE:
        for table, column in catalog.columns_drawing(name):
            yield f"the default of {table}.{column}"


def _views(views: tuple[ViewState, ...], catalog: Catalog) -> Iterator[str]:
    """Yield views and the views that read them."""
    todo, seen = list(views), set[Name]()
    while todo:
        view = todo.pop(0)
        if view.name not in seen:
            seen.add(view.name)
            yield f"the {'materialized ' if view.materialized else ''}view {view.name}"
            todo.extend(catalog.views_on(view.name))


def _with_column(table: Name, column: str, catalog: Catalog) -> Iterator[str]:
    yield from _views(catalog.views_on_column(table, column), catalog)
    for state in catalog.constraints_on(table, column):
        yield from _keys_on(table, state.constraint, catalog)
    known = catalog.table(table)
    for other in () if known is None else known.columns:
        if other.generated is not None and column in other.generated.expression.columns:
            yield f"the generated column {other.name}"
    for trigger in catalog.triggers(table):
        if re.search(rf"\b{re.escape(column)}\b", trigger.sql):
            yield f"the trigger {trigger.name}"


def _keys_on(table: Name, constraint: Constraint, catalog: Catalog) -> Iterator[str]:
    """Yield the foreign keys that need a unique or primary key."""
    for state in catalog.foreign_keys_to(table):
        if isinstance(state.constraint, ForeignKey) and _needs(state.constraint, constraint):
            yield f"the foreign key {state.name} of {state.table}"


def _needs(key: ForeignKey, constraint: Constraint) -> bool:
    match constraint:
        case PrimaryKey(columns=columns):
            return not key.referenced_columns or set(key.referenced_columns) == set(columns)
        case Unique(columns=columns):
            return set(key.referenced_columns) == set(columns)
        case Check() | ForeignKey() | Exclusion() | NotNull():
            return False
