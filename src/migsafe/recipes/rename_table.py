"""A table gets another name: a view under the other name, before and after."""

from collections.abc import Iterator

from migsafe.catalog.blocks import giving_rights
from migsafe.catalog.schema import TableKind
from migsafe.compatibility.rights import granting
from migsafe.context import Applied
from migsafe.model.expressions import Name
from migsafe.model.intents import RenameTableIntent
from migsafe.model.operations import (
    CreateView,
    DropObject,
    ObjectKind,
    Operation,
    RenameTable,
)
from migsafe.model.plan import CodeChange, Deploy, Direction, Phase
from migsafe.recipes import blocks
from migsafe.recipes.situation import Found, Pending, Situation, cannot
from migsafe.writing import quoting

RANK = 20
_INVOKER = 15
"""The first version whose views can read with the rights and policies of whoever asks."""


def recognise(pending: Pending) -> Iterator[Found]:
    """Yield RENAME TO of live tables."""
    for applied in pending.left:
        match applied.operation:
            case RenameTable() as rename if pending.is_live(applied, rename.table):
                yield _found(rename, applied, pending)
            case _:
                pass


def _found(rename: RenameTable, applied: Applied, pending: Pending) -> Found:
    state = applied.before.table(rename.table)
    key = applied.before.key(rename.table)
    why = None
    if state is None or not state.complete:
        why = (
            f"the columns of {rename.table} are not all known, and a view has to name them: give "
            "the schema before with --schema, or the migrations before"
        )
    elif state.kind is TableKind.FOREIGN:
        why = f"{rename.table} is a foreign table"
    elif pending.settings.version < _INVOKER and "row security" in applied.before.settings(key):
        why = f"{rename.table} has row security, which a view passes by before PostgreSQL 15"
    if why is not None:
        return cannot(rename, why, applied)
    return Found(RenameTableIntent(rename.table, rename.new_name), (applied,))


def recipe(intent: RenameTableIntent, situation: Situation) -> Iterator[Deploy]:
    """Yield the deploys: a view of the new name, code, swap table and view, drop the old name."""
    old, new = intent.table, intent.table.beside(intent.new_name)
    yield blocks.schema(
        Phase.EXPAND,
        f"{new} as a view of {old}",
        (
            blocks.brief(
                _view(new, old, old, situation),
                (DropObject(ObjectKind.VIEW, new),),
                Direction.ADD,
                f"the view reads and writes {old}; whoever may use {old} may use it",
            ),
        ),
        works_with=(0, 1),
    )
    yield blocks.code(
        f"use {new} instead of {old}",
        CodeChange(
            f"use {new} in every statement; while it is a view it takes no ON CONFLICT ON "
            "CONSTRAINT, TRUNCATE, COPY … FROM or MERGE before PostgreSQL 17",
            str(old),
            str(new),
        ),
    )
    yield blocks.schema(
        Phase.MIGRATE,
        f"{new} becomes the table, {old} a view of it",
        (
            blocks.brief(
                (
                    DropObject(ObjectKind.VIEW, new),
                    RenameTable(old, new.name),
                    *_view(old, new, new, situation),
                ),
                (
                    DropObject(ObjectKind.VIEW, old),
                    RenameTable(new, old.name),
                    *_view(new, old, old, situation),
                ),
                Direction.REDEFINE,
                "one transaction: nobody sees one name missing",
            ),
        ),
        works_with=(0, 1),
        min_soak=blocks.SOAK,
    )
    yield blocks.schema(
        Phase.CONTRACT,
        f"drop the view {old}",
        (
            blocks.brief(
                (DropObject(ObjectKind.VIEW, old),),
                _view(old, new, new, situation),
                Direction.REMOVE,
                "a view holds no rows: it can be made again at any time",
            ),
        ),
        works_with=(1,),
        gate=(blocks.retired(1),),
        min_soak=blocks.RELEASE_SOAK,
    )


def _view(view: Name, table: Name, rights_of: Name, situation: Situation) -> tuple[Operation, ...]:
    """Return the view over a table's columns, with the rights that others have on the table."""
    state = situation.before.table(view) or situation.before.table(table)
    columns = () if state is None else tuple(column.name for column in state.columns)
    options = " WITH (security_invoker = true)" if situation.version >= _INVOKER else ""
    made = blocks.operation(
        f"CREATE VIEW {quoting.name(view)}{options} AS "
        f"SELECT {quoting.identifiers(columns)} FROM {quoting.name(table)}"
    )
    if not isinstance(made, CreateView):
        raise TypeError("CREATE VIEW was read as something else")
    return (made, _rights(rights_of, view), *_column_rights(view, table, situation))


def _column_rights(view: Name, table: Name, situation: Situation) -> Iterator[Operation]:
    """Yield what gives a view the rights on single columns that history shows."""
    for each in (view, table):
        granted = situation.before.rights(ObjectKind.TABLE, each).granted
        own = [right for right in granted if right.column is not None]
        for grant in granting(ObjectKind.TABLE, view, own, situation.version):
            yield blocks.operation(grant.sql)


def _rights(table: Name, view: Name) -> Operation:
    """Return the block that gives a view the rights on a table: a view inherits none."""
    source = quoting.literal(quoting.name(table))
    target = quoting.literal(quoting.name(view))
    return blocks.operation(f"DO $${giving_rights(source, target)}$$")


def notes(intent: RenameTableIntent, situation: Situation) -> Iterator[str]:
    """Yield what the reader must know about the names that stay, and about views."""
    old = intent.table
    yield (
        f"A new name for {old} costs a release. Mapping {intent.new_name} to the table {old} in "
        "the application costs one as well, and no migration."
    )
    shown = any(
        right.column is not None for right in situation.before.rights(ObjectKind.TABLE, old).granted
    )
    carried = (
        "only carried over to the view where history shows them"
        if shown
        else ("not carried over to the view")
    )
    yield (
        f"Functions keep {old} in their text, which no catalog resolves: search pg_proc.prosrc. "
        f"Rights on single columns are {carried}; indexes, constraints and "
        "sequences keep their names, as with RENAME."
    )
    if not situation.before.complete:
        yield "An INSERT through a view gets the table's defaults: views have none of their own."
