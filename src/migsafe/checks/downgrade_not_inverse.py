"""Ways down that end in another schema than the one before."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.context import Applied, Context, is_understood
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.migration import Down, Migration
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    CreateEnum,
    CreateIndex,
    CreateTable,
    CreateTableAs,
    CreateView,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropObject,
    DropTable,
    ObjectKind,
    RenameColumn,
    RenameTable,
)
from migsafe.model.origin import Certainty
from migsafe.model.record import record, replace

_SHOWN = 3
"""So many things are named; more are counted."""


@record
class _Thing:
    """Something that a migration makes or drops; `table` for what belongs to one."""

    kind: ObjectKind
    name: Name
    table: Name | None = None

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
    before, there, end = ups[0].before, ups[-1].after, downs[-1].after
    left = [
        str(thing)
        for thing in dict.fromkeys(map(_made, ups))
        if thing is not None
        and not _is_in(thing, before)
        and _is_in(thing, there)
        and _is_in(thing, end)
    ]
    lost = [
        str(thing)
        for thing in dict.fromkeys(map(_dropped, ups))
        if thing is not None
        and _is_in(thing, before)
        and not _is_in(thing, there)
        and not _is_in(thing, end)
        and not _has_its_like(thing, before, end)
    ]
    parts = []
    if left:
        parts.append(f"leaves {_listed(left)}")
    if lost:
        parts.append(f"does not bring back {_listed(lost)}")
    if parts:
        yield context.finding(
            f"The way down {' and '.join(parts)}: the schema after it is none that any version "
            "was tested on, and the next way up may fail on it.",
            help="Take back in the way down, in reverse order, what the way up does.",
            at=downs[-1],
            relations=(),
        )


def _is_followed(applied: Applied) -> bool:
    return (
        is_understood(applied.operation, applied.effects)
        and applied.origin.certainty is Certainty.ALWAYS
    )


def _made(applied: Applied) -> _Thing | None:
    match applied.operation:
        case CreateTable(table=name, temporary=False) | CreateTableAs(table=name, temporary=False):
            return _Thing(ObjectKind.TABLE, name)
        case RenameTable(table=old, new_name=new):
            return _Thing(ObjectKind.TABLE, old.beside(new))
        case CreateView(view=name, temporary=False):
            return _Thing(ObjectKind.VIEW, name)
        case CreateEnum(type=name):
            return _Thing(ObjectKind.TYPE, name)
        case AddColumn(table=table, column=column):
            return _Thing(ObjectKind.COLUMN, Name(column.name), table)
        case RenameColumn(table=table, new_name=new, kind=ObjectKind.TABLE):
            return _Thing(ObjectKind.COLUMN, Name(new), table)
        case CreateIndex(name=str() as index, table=table):
            return _Thing(ObjectKind.INDEX, table.beside(index))
        case AddConstraint(table=table, constraint=constraint) if constraint.name is not None:
            return _Thing(ObjectKind.CONSTRAINT, Name(constraint.name), table)
        case _:
            return None


def _dropped(applied: Applied) -> _Thing | None:
    match applied.operation:
        case DropTable(table=name) | RenameTable(table=name):
            return _Thing(ObjectKind.TABLE, name)
        case DropObject(kind=ObjectKind.VIEW | ObjectKind.MATERIALIZED_VIEW, object=name):
            return _Thing(ObjectKind.VIEW, name)
        case DropObject(kind=ObjectKind.TYPE, object=name):
            return _Thing(ObjectKind.TYPE, name)
        case (
            DropColumn(table=table, column=name)
            | RenameColumn(table=table, column=name, kind=ObjectKind.TABLE)
        ):
            return _Thing(ObjectKind.COLUMN, Name(name), table)
        case DropIndex(index=name):
            return _Thing(ObjectKind.INDEX, name)
        case DropConstraint(table=table, constraint=str() as name):
            return _Thing(ObjectKind.CONSTRAINT, Name(name), table)
        case _:
            return None


def _is_in(thing: _Thing, catalog: Catalog) -> bool:
    """Say whether the known schema holds something; of a table that is gone, it holds nothing."""
    name, table = thing.name, thing.table
    match thing.kind:
        case ObjectKind.TABLE:
            return catalog.table(name) is not None
        case ObjectKind.VIEW:
            return catalog.view(name) is not None
        case ObjectKind.TYPE:
            return catalog.enum(name) is not None
        case ObjectKind.INDEX:
            return catalog.index(name) is not None
        case ObjectKind.COLUMN:
            return table is not None and catalog.column(table, name.name) is not None
        case _:
            return table is not None and catalog.constraint(table, name.name) is not None


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


def _listed(names: list[str]) -> str:
    shown = names[:_SHOWN]
    more = len(names) - len(shown)
    if more:
        shown.append(f"{more} more")
    *others, last = shown
    return f"{', '.join(others)} and {last}" if others else last
