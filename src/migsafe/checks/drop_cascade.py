"""CASCADE: what goes with a drop without being named."""

import re
from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence, RoutineUse, ViewState
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
from migsafe.model.record import record

Drop = DropTable | DropColumn | DropConstraint | DropIndex | DropObject | AlterDomain
_TYPES = {ObjectKind.TYPE, ObjectKind.DOMAIN}
_VIEWS = {ObjectKind.VIEW, ObjectKind.MATERIALIZED_VIEW}
_ROUTINES = {ObjectKind.FUNCTION, ObjectKind.PROCEDURE, ObjectKind.ROUTINE, ObjectKind.AGGREGATE}

_MADE_ALONE = _VIEWS | {ObjectKind.TRIGGER}
_SILENT = {
    ObjectKind.CONSTRAINT: "rows without their parent are no longer refused",
    ObjectKind.TRIGGER: "what the trigger did is no longer done, and no error says so",
    ObjectKind.SEQUENCE: "an INSERT that leaves the column out gets no value",
    ObjectKind.DOMAIN_CONSTRAINT: "values that were refused are stored",
    ObjectKind.INDEX: "lookups that use the index become scans",
    ObjectKind.POLICY: "the rows that the policy decided about are shown or hidden otherwise",
}
"""What running code meets without an error of its own; SEQUENCE: a default of a column."""


@record
class _Along:
    """Something that goes with a drop; a default goes as SEQUENCE, a CHECK as DOMAIN_CONSTRAINT."""

    kind: ObjectKind
    name: Name
    table: Name | None = None

    def __str__(self) -> str:
        """Return it in words."""
        match self.kind:
            case ObjectKind.CONSTRAINT:
                return f"the foreign key {self.name} of {self.table}"
            case ObjectKind.SEQUENCE:
                return f"the default of {self.table}.{self.name}"
            case ObjectKind.COLUMN:
                return f"the column {self.table}.{self.name}"
            case ObjectKind.DOMAIN_CONSTRAINT if self.table is None:
                return f"a rule of the domain {self.name}"
            case ObjectKind.DOMAIN_CONSTRAINT:
                return f"the CHECK {self.name} of {self.table}"
            case ObjectKind.TABLE:
                return f"the inheriting table {self.name}"
            case _:
                belongs = "" if self.table is None else f" of {self.table}"
                return f"the {self.kind.value.lower()} {self.name}{belongs}"


_ALONE = frozenset(
    {
        ObjectKind.EVENT_TRIGGER,
        ObjectKind.POLICY,
        ObjectKind.PUBLICATION,
        ObjectKind.RULE,
        ObjectKind.STATISTICS,
        ObjectKind.SUBSCRIPTION,
        ObjectKind.TRIGGER,
    }
)
"""Kinds on which nothing can depend: their CASCADE does nothing."""


def check_operation(
    operation: DropTable | DropColumn | DropConstraint | DropIndex | DropObject | AlterDomain,
    context: Context,
) -> Iterator[Finding]:
    """Report a drop with CASCADE: an error where something is known to go with it."""
    match operation:
        case DropObject(kind=ObjectKind.SCHEMA):
            # All that is in it goes: drop-schema says so.
            return
        case DropObject(kind=kind) if kind in _ALONE:
            return
        case _:
            pass
    if not operation.cascade or not _is_known_to_code(operation, context):
        return
    subject = _subject(operation)
    lost = _lost(operation, context)
    if lost:
        yield context.finding(
            f"CASCADE drops with {subject} what the statement does not name: "
            f"{', '.join(map(str, lost))}; {_harm(lost, context)}.",
            help="Leave CASCADE out and drop by name, in a step of its own, what no version of "
            "the code needs.",
            case="something goes",
        )
        return
    quiet = tuple(_quiet(context))
    if quiet[:1] != (subject,):
        # One statement, one warning: it stands at the first object that it is about.
        return
    known = "nothing does in the history that was read"
    if _unnamed(operation, context):
        known = "what is known to is made again in the same transaction"
    yield context.finding(
        f"CASCADE drops whatever depends on {' and '.join(quiet)} without naming it: {known}, but "
        "what was made elsewhere would go unseen.",
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
            and not _lost(operation, here)
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
            return not absent and context.is_live(name) and not context.named_here(kind, name)
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


def _lost(operation: Drop, context: Context) -> list[_Along]:
    """Return what goes along and does not come again in the same transaction."""
    return [
        each
        for each in _unnamed(operation, context)
        if each.kind not in _MADE_ALONE or not context.made_again(each.kind, each.name, each.table)
    ]


def _unnamed(operation: Drop, context: Context) -> list[_Along]:
    """Return what goes along and is not among what the same statement names."""
    named: set[tuple[ObjectKind, Name]] = set()
    for other in context.current.statement.operations:
        match other:
            case DropTable(table=name):
                named.add((ObjectKind.TABLE, context.catalog.key(name)))
            case DropObject(kind=kind, object=name, table=None):
                named.add((kind, context.catalog.key(name)))
            case _:
                pass
    relations = {name for kind, name in named if kind not in _ROUTINES}
    return [
        each
        for each in dict.fromkeys(_along(operation, context.catalog))
        if (
            (each.kind, each.name) not in named
            if each.table is None
            else context.catalog.key(each.table) not in relations
        )
    ]


def _harm(lost: list[_Along], context: Context) -> str:
    """Return what running code meets without it."""
    kinds = {each.kind for each in lost}
    named = [str(each.name) for each in lost if each.kind not in _SILENT]
    harms = []
    if named:
        harms = [
            f"{context.old_code} that names {' or '.join(named)} fails {context.until_gone}",
        ]
    harms += [harm for kind, harm in _SILENT.items() if kind in kinds]
    return ", and ".join(harms)


def _along(operation: Drop, catalog: Catalog) -> Iterator[_Along]:
    """Yield what only CASCADE takes along."""
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


def _with_table(table: Name, catalog: Catalog) -> Iterator[_Along]:
    yield from _views(catalog.views_on(table), catalog)
    for key in catalog.foreign_keys_to(table):
        if key.table != catalog.key(table):
            yield _Along(ObjectKind.CONSTRAINT, Name(key.name), key.table)
    for child in catalog.children(table):
        if child.partition_of is None:
            yield _Along(ObjectKind.TABLE, child.name)


def _with_object(kind: ObjectKind, name: Name, catalog: Catalog) -> Iterator[_Along]:
    if kind in _VIEWS:
        yield from _views(catalog.views_on(name), catalog)
    elif kind in _TYPES:
        for table, column in catalog.enum_users(name):
            yield _Along(ObjectKind.COLUMN, Name(column), table)
    elif kind in _ROUTINES:
        for use in catalog.uses_of_routine(name):
            yield _use(use, catalog)
    elif kind is ObjectKind.SEQUENCE:
        for table, column in catalog.columns_drawing(name):
            yield _Along(ObjectKind.SEQUENCE, Name(column), table)


def _use(use: RoutineUse, catalog: Catalog) -> _Along:
    """Return what goes with a routine that it calls."""
    name, table = Name(use.name), use.relation
    match use.kind:
        case ObjectKind.COLUMN:
            state = catalog.column(table, use.name)
            computed = state is not None and state.generated is not None
            return _Along(ObjectKind.COLUMN if computed else ObjectKind.SEQUENCE, name, table)
        case ObjectKind.VIEW:
            return _Along(ObjectKind.VIEW, table)
        case ObjectKind.DOMAIN:
            return _Along(ObjectKind.DOMAIN_CONSTRAINT, table)
        case ObjectKind.CONSTRAINT:
            return _Along(ObjectKind.DOMAIN_CONSTRAINT, name, table)
        case kind:
            return _Along(kind, name, table)


def _views(views: tuple[ViewState, ...], catalog: Catalog) -> Iterator[_Along]:
    """Yield views and the views that read them."""
    todo, seen = list(views), set[Name]()
    while todo:
        view = todo.pop(0)
        if view.name not in seen:
            seen.add(view.name)
            kind = ObjectKind.MATERIALIZED_VIEW if view.materialized else ObjectKind.VIEW
            yield _Along(kind, view.name)
            todo.extend(catalog.views_on(view.name))


def _with_column(table: Name, column: str, catalog: Catalog) -> Iterator[_Along]:
    reading = catalog.views_on_column(table, column)
    sure = tuple(view for view in reading if catalog.reads_surely(view, table, column))
    yield from _views(sure, catalog)
    for state in catalog.constraints_on(table, column):
        yield from _keys_on(table, state.constraint, catalog)
    known = catalog.table(table)
    for other in () if known is None else known.columns:
        if other.generated is not None and column in other.generated.expression.columns:
            yield _Along(ObjectKind.COLUMN, Name(other.name), table)
    for trigger in catalog.triggers(table):
        if re.search(rf"\b{re.escape(column)}\b", trigger.sql):
            yield _Along(ObjectKind.TRIGGER, Name(trigger.name), table)


def _keys_on(table: Name, constraint: Constraint, catalog: Catalog) -> Iterator[_Along]:
    """Yield the foreign keys that need a unique or primary key."""
    for state in catalog.foreign_keys_to(table):
        if isinstance(state.constraint, ForeignKey) and _needs(state.constraint, constraint):
            yield _Along(ObjectKind.CONSTRAINT, Name(state.name), state.table)


def _needs(key: ForeignKey, constraint: Constraint) -> bool:
    match constraint:
        case PrimaryKey(columns=columns):
            return not key.referenced_columns or set(key.referenced_columns) == set(columns)
        case Unique(columns=columns):
            return set(key.referenced_columns) == set(columns)
        case Check() | ForeignKey() | Exclusion() | NotNull():
            return False
