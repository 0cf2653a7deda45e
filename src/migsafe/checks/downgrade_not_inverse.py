"""Ways down that end in another schema than the one before, or that cannot run."""

from collections.abc import Iterator

from migsafe.catalog import drift
from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence
from migsafe.config import NEWEST
from migsafe.context import Applied, Context, is_understood, some
from migsafe.effects import effects_of
from migsafe.model.compatibility import OldStatement, Outcome
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.migration import Down, Migration
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    CreateDomain,
    CreateEnum,
    CreateIndex,
    CreateRoutine,
    CreateSchema,
    CreateSequence,
    CreateTable,
    CreateTableAs,
    CreateTrigger,
    CreateType,
    CreateView,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropNotNull,
    DropObject,
    DropTable,
    ObjectKind,
    RenameColumn,
    RenameTable,
    SetDefault,
    SetNotNull,
)
from migsafe.model.origin import Certainty
from migsafe.model.record import record, replace

_VIEWS = frozenset({ObjectKind.VIEW, ObjectKind.MATERIALIZED_VIEW})
_TYPES = frozenset({ObjectKind.TYPE, ObjectKind.DOMAIN})
_ROUTINES = frozenset({ObjectKind.FUNCTION, ObjectKind.PROCEDURE, ObjectKind.ROUTINE})


@record
class _Thing:
    """Something that a migration makes or drops; `table` for what belongs to one."""

    kind: ObjectKind
    name: Name
    table: Name | None = None
    arguments: str | None = None
    """Those of a routine; None where all of the name are meant."""

    def __str__(self) -> str:
        belongs = "" if self.table is None else f"{self.table}."
        return f"the {self.kind.value.lower()} {belongs}{self.name}"


def check_migration(migration: Migration, context: Context) -> Iterator[Finding]:
    """Report what a way down leaves behind, and what it does not bring back."""
    if context.settings.downgrades == "off" or migration.down_state is not Down.PRESENT:
        return
    ups = [each for each in context.ship.up if each.migration is migration]
    downs = [each for each in context.ship.down if each.migration is migration]
    if not ups or not downs or not all(map(_is_followed, (*ups, *downs))):
        return
    if (refused := next((each for each in downs if _is_refused(each)), None)) is not None:
        yield from _cannot_run(refused, context)
        return
    before, there, end = ups[0].before, ups[-1].after, downs[-1].after
    left = [
        thing
        for thing in dict.fromkeys(thing for each in ups for thing in _made(each))
        if not _is_in(thing, before) and _is_in(thing, there) and _is_in(thing, end)
    ]
    lost = [
        thing
        for thing in dict.fromkeys(thing for each in ups for thing in _dropped(each))
        if _is_in(thing, before)
        and not _is_in(thing, there)
        and not _is_in(thing, end)
        and not _has_its_like(thing, before, end)
    ]
    leaves = [str(thing) for thing in _without_parts(left, end)]
    leaves += _changed(ups, downs, before, end)
    parts = []
    if leaves:
        parts.append(f"leaves {some(leaves)}")
    if lost:
        parts.append(f"does not bring back {some(list(_without_parts(lost, before)))}")
    if parts:
        yield context.finding(
            f"The way down {' and '.join(parts)}: the schema after it is none that any version "
            "was tested on, and the next way up may fail on it.",
            help="Take back in the way down, in reverse order, what the way up does.",
            at=downs[-1],
            relations=(),
        )


def _is_refused(applied: Applied) -> bool:
    return isinstance(applied.effects.fails, Certain)


def _cannot_run(applied: Applied, context: Context) -> Iterator[Finding]:
    match applied.effects.fails:
        case Certain(sqlstate=state, reason=reason):
            newest = effects_of(
                applied.operation,
                applied.before,
                dialect=context.settings.dialect,
                version=NEWEST,
            )
            on = ""
            if not isinstance(newest.fails, Certain):
                on = f" on PostgreSQL {context.version}, not on {NEWEST}"
            yield context.finding(
                f"The way down cannot run{on}: after the way up this fails ({state}: {reason}), "
                "and the newer schema stays.",
                help="Take back in the way down, in reverse order, what the way up does.",
                at=applied,
                relations=(),
            )
        case _:
            pass


def _without_parts(things: list[_Thing], catalog: Catalog) -> Iterator[_Thing]:
    """Yield things without those that belong to a table among them."""
    tables = {catalog.key(each.name) for each in things if each.kind is ObjectKind.TABLE}
    for thing in things:
        index = catalog.index(thing.name) if thing.kind is ObjectKind.INDEX else None
        owner = thing.table if index is None else index.table
        if owner is None or catalog.key(owner) not in tables:
            yield thing


# --- what is there before and after, and not the same --------------------------------------


def _changed(
    ups: list[Applied], downs: list[Applied], before: Catalog, end: Catalog
) -> Iterator[str]:
    """Yield in words what the migration touches and the way down leaves as it was not."""
    both = (*ups, *downs)
    touched = dict.fromkeys(column for each in both for column in _columns(each))
    again = {
        (each.before.key(each.operation.table), each.operation.column)
        for each in both
        if isinstance(each.operation, DropColumn)
    }
    for table, column in touched:
        old, new = before.column(table, column), end.column(table, column)
        if old is None or new is None or _is_only_wider(table, column, ups, downs):
            continue
        for words in drift.of_column(old, new, end, made_again=(table, column) in again):
            yield f"the column {table}.{column} {words}"
    for thing in dict.fromkeys(thing for each in ups for thing in (*_made(each), *_dropped(each))):
        if _is_in(thing, before) and _is_in(thing, end):
            yield from _another(thing, before, end)


def _columns(applied: Applied) -> Iterator[tuple[Name, str]]:
    match applied.operation:
        case (
            AlterColumnType(table=table, column=column)
            | SetDefault(table=table, column=column)
            | DropDefault(table=table, column=column)
            | SetNotNull(table=table, column=column)
            | DropNotNull(table=table, column=column)
            | DropColumn(table=table, column=column)
        ):
            yield applied.before.key(table), column
        case _:
            pass


def _is_only_wider(table: Name, column: str, ups: list[Applied], downs: list[Applied]) -> bool:
    """Say whether a type was widened and stays so: to narrow it again could fail on data."""
    if any((table, column) in _columns(each) for each in downs):
        return False
    types = [
        each.compatibility.outcome(OldStatement.SELECT_NAMED)
        for each in ups
        if isinstance(each.operation, AlterColumnType) and (table, column) in _columns(each)
    ]
    return bool(types) and all(outcome is not Outcome.FAILS for outcome in types)


def _another(thing: _Thing, before: Catalog, end: Catalog) -> Iterator[str]:
    match thing.kind:
        case ObjectKind.INDEX:
            old, new = before.index(thing.name), end.index(thing.name)
            if old is not None and new is not None and drift.is_another_index(old, new):
                yield f"{thing} on other columns or rows than before"
        case ObjectKind.CONSTRAINT if thing.table is not None:
            one = before.constraint(thing.table, thing.name.name)
            other = end.constraint(thing.table, thing.name.name)
            if one is not None and other is not None:
                for words in drift.of_constraint(one.constraint, other.constraint, before, end):
                    yield f"{thing} {words}"
        case ObjectKind.VIEW if drift.is_another_view(thing.name, before, end):
            yield f"{thing} with another query than before"
        case ObjectKind.FUNCTION if thing.arguments is not None and drift.is_another_routine(
            thing.name, thing.arguments, before, end
        ):
            yield f"{thing} with another body than before"
        case _:
            pass


def _is_followed(applied: Applied) -> bool:
    return (
        is_understood(applied.operation, applied.effects)
        and applied.origin.certainty is Certainty.ALWAYS
    )


def _made(applied: Applied) -> Iterator[_Thing]:  # noqa: C901, PLR0912  # one line a kind
    match applied.operation:
        case CreateTable(table=name, temporary=False) | CreateTableAs(table=name, temporary=False):
            yield _Thing(ObjectKind.TABLE, name)
        case RenameTable(table=old, new_name=new):
            yield _Thing(ObjectKind.TABLE, old.beside(new))
        case CreateView(view=name, temporary=False):
            yield _Thing(ObjectKind.VIEW, name)
        case CreateEnum(type=name) | CreateType(type=name):
            yield _Thing(ObjectKind.TYPE, name)
        case CreateDomain(domain=name):
            yield _Thing(ObjectKind.DOMAIN, name)
        case CreateSequence(sequence=name, temporary=False):
            yield _Thing(ObjectKind.SEQUENCE, name)
        case CreateSchema(schema=word):
            yield _Thing(ObjectKind.SCHEMA, Name(word))
        case CreateRoutine(kind=ObjectKind.FUNCTION | ObjectKind.PROCEDURE, routine=name) as made:
            yield _Thing(ObjectKind.FUNCTION, name, arguments=made.arguments)
        case CreateTrigger(trigger=word, table=table):
            yield _Thing(ObjectKind.TRIGGER, Name(word), table)
        case AddColumn(table=table, column=column):
            yield _Thing(ObjectKind.COLUMN, Name(column.name), table)
        case RenameColumn(table=table, new_name=new, kind=ObjectKind.TABLE):
            yield _Thing(ObjectKind.COLUMN, Name(new), table)
        case CreateIndex(name=str() as index, table=table):
            yield _Thing(ObjectKind.INDEX, table.beside(index))
        case AddConstraint(table=table, constraint=constraint) if constraint.name is not None:
            yield _Thing(ObjectKind.CONSTRAINT, Name(constraint.name), table)
        case _:
            pass


def _dropped(applied: Applied) -> Iterator[_Thing]:
    match applied.operation:
        case DropTable(table=name) | RenameTable(table=name):
            yield _Thing(ObjectKind.TABLE, name)
        case DropObject(kind=kind, object=name, table=table):
            yield from _dropped_object(kind, name, table)
        case (
            DropColumn(table=table, column=name)
            | RenameColumn(table=table, column=name, kind=ObjectKind.TABLE)
        ):
            yield _Thing(ObjectKind.COLUMN, Name(name), table)
        case DropIndex(index=name):
            yield _Thing(ObjectKind.INDEX, name)
        case DropConstraint(table=table, constraint=str() as name):
            yield _Thing(ObjectKind.CONSTRAINT, Name(name), table)
        case _:
            pass


def _dropped_object(kind: ObjectKind, name: Name, table: Name | None) -> Iterator[_Thing]:
    if kind in _VIEWS:
        yield _Thing(ObjectKind.VIEW, name)
    elif kind in _ROUTINES:
        yield _Thing(ObjectKind.FUNCTION, name)
    elif kind in {ObjectKind.TYPE, ObjectKind.DOMAIN, ObjectKind.SEQUENCE, ObjectKind.SCHEMA}:
        yield _Thing(kind, name)
    elif kind is ObjectKind.TRIGGER and table is not None:
        yield _Thing(kind, Name(name.name), table)


def _is_in(thing: _Thing, catalog: Catalog) -> bool:  # noqa: C901  # one line a kind
    """Say whether the known schema holds something; of a table that is gone, it holds nothing."""
    name, table = thing.name, thing.table
    match thing.kind:
        case ObjectKind.TABLE:
            return catalog.table(name) is not None
        case ObjectKind.VIEW:
            return catalog.view(name) is not None
        case ObjectKind.TYPE:
            return catalog.enum(name) is not None or catalog.composite(name) is not None
        case ObjectKind.DOMAIN:
            return catalog.domain(name) is not None
        case ObjectKind.SEQUENCE:
            return catalog.sequence(name) is not None
        case ObjectKind.SCHEMA:
            return catalog.existence(ObjectKind.SCHEMA, name) is Existence.PRESENT
        case ObjectKind.INDEX:
            return catalog.index(name) is not None
        case ObjectKind.FUNCTION:
            return any(thing.arguments in {None, each.arguments} for each in catalog.routines(name))
        case _ if table is None:
            return False
        case ObjectKind.COLUMN:
            return catalog.column(table, name.name) is not None
        case ObjectKind.TRIGGER:
            return any(each.name == name.name for each in catalog.triggers(table))
        case _:
            return catalog.constraint(table, name.name) is not None


def _has_its_like(thing: _Thing, before: Catalog, end: Catalog) -> bool:
    """Say whether the way down brings the same index or constraint back under another name."""
    match thing.kind:
        case ObjectKind.INDEX:
            old = before.index(thing.name)
            return old is not None and any(
                each.elements == old.elements and each.unique == old.unique
                for each in end.indexes(old.table)
            )
        case ObjectKind.CONSTRAINT if thing.table is not None:
            known = before.constraint(thing.table, thing.name.name)
            return known is not None and any(
                replace(each.constraint, name=None) == replace(known.constraint, name=None)
                for each in end.constraints(thing.table)
            )
        case _:
            return False
