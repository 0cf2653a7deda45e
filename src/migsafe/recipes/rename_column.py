"""A column gets another name: both are there, in step, until nobody knows the old one."""

from collections.abc import Iterator

from migsafe.catalog.text import column_of, referenced
from migsafe.context import Applied
from migsafe.model.expressions import Expression, Type
from migsafe.model.intents import RenameColumnIntent
from migsafe.model.operations import (
    AddColumn,
    Column,
    CreateIndex,
    DropColumn,
    ObjectKind,
    RenameColumn,
    SetDefault,
    SetNotNull,
    Update,
)
from migsafe.model.plan import CodeChange, Deploy, Phase
from migsafe.model.record import replace
from migsafe.recipes import blocks, cloning, names
from migsafe.recipes.situation import Found, Pending, Situation, cannot, same
from migsafe.recipes.syncing import Sync
from migsafe.writing.tokens import tokens

RANK = 10


def recognise(pending: Pending) -> Iterator[Found]:
    """Yield RENAME COLUMN of live tables, and add, copy and drop of one value."""
    for applied in pending.left:
        match applied.operation:
            case RenameColumn(kind=ObjectKind.TABLE) as rename if pending.is_live(
                applied, rename.table
            ):
                yield _renamed(rename, applied)
            case AddColumn() as add if pending.is_live(applied, add.table):
                yield from _written_out(add, applied, pending)
            case _:
                pass


def _renamed(rename: RenameColumn, applied: Applied) -> Found:
    why = cloning.obstacle(applied.before, rename.table, rename.column)
    if why is not None:
        return cannot(rename, why, applied)
    return Found(RenameColumnIntent(rename.table, rename.column, rename.new_name), (applied,))


def _written_out(add: AddColumn, applied: Applied, pending: Pending) -> Iterator[Found]:
    """Yield a rename that is written as ADD COLUMN, UPDATE new = old, DROP COLUMN."""
    column = add.column
    if add.constraints or column.identity or column.generated or not column.nullable:
        return
    copied: str | None = None
    parts = [applied]
    nullable: bool = True
    default = column.default
    for later in pending.after(applied):
        match later.operation:
            case Update(assignments=(only,)) as update if (
                copied is None
                and only.column == column.name
                and not update.reads
                and same(applied, add.table, later, update.table)
            ):
                copied = _plain_column(only.value)
                if copied is None or not _covers(update.where, column.name, copied):
                    return
                parts.append(later)
            case SetNotNull(table=table, column=name) if name == column.name and same(
                applied, add.table, later, table
            ):
                nullable = False
                parts.append(later)
            case SetDefault(table=table, column=name, default=value) if (
                name == column.name and same(applied, add.table, later, table)
            ):
                default = value
                parts.append(later)
            case DropColumn(table=table, column=name) as drop if (
                copied is not None and name == copied and same(applied, add.table, later, table)
            ):
                parts.append(later)
                yield _copied(add, replace(column, nullable=nullable, default=default), drop, parts)
                return
            case _:
                pass


def _copied(add: AddColumn, column: Column, drop: DropColumn, parts: list[Applied]) -> Found:
    before = parts[0].before
    why = cloning.fixed(before, add.table, drop.column)
    if why is None and drop.cascade:
        why = "CASCADE drops what nobody named"
    if why is not None:
        return cannot(drop, why, *parts)
    old = before.column(add.table, drop.column)
    if old is not None and (old.generated is not None or old.identity is not None):
        return cannot(drop, f"{drop.column} fills itself: a trigger cannot write it", *parts)
    if old is not None and not _same_values(old.type, column.type):
        return cannot(
            drop,
            f"{drop.column} is {old.type} and {column.name} is {column.type}: a value may not fit; "
            "change the type in a migration of its own",
            *parts,
        )
    intent = RenameColumnIntent(add.table, drop.column, column.name, column)
    return Found(intent, tuple(parts))


def _same_values(old: Type | None, new: Type | None) -> bool:
    """Say whether every old value is a new one as it stands; unknown types are taken to be."""
    return (
        old is None
        or new is None
        or (old.name, old.modifiers, old.array)
        == (
            new.name,
            new.modifiers,
            new.array,
        )
    )


def _plain_column(value: Expression) -> str | None:
    """Return the column that an expression is, None if it is more."""
    if len(value.columns) != 1 or value.functions:
        return None
    return referenced(list(tokens(value.sql)))


def _covers(where: Expression | None, new: str, old: str) -> bool:
    """Say whether an UPDATE copies every value: no condition, or one that skips nothing."""
    if where is None:
        return True
    words = [word.upper() for word in tokens(where.sql)]
    column = column_of(next(tokens(where.sql)))
    return (words[1:] == ["IS", "NULL"] and column == new) or (
        words[1:] == ["IS", "NOT", "NULL"] and column == old
    )


def recipe(intent: RenameColumnIntent, situation: Situation) -> Iterator[Deploy]:
    """Yield the deploys: both columns in step, copy, prove, switch code, hide, drop."""
    table, old = intent.table, intent.column
    sync = _sync(intent, situation)
    new = sync.new.name
    fill = sync.fill(situation.before)
    made = (
        cloning.clones(situation.before, table, old, new, sync.mark)
        if intent.new_column is None
        else cloning.Clones()
    )
    hidden = names.quarantined(old)
    built = [
        blocks.index_name(operation)
        for step in made.steps
        for operation in step.up
        if isinstance(operation, CreateIndex)
    ]
    yield blocks.schema(
        Phase.EXPAND,
        f"add {table}.{new}, kept equal to {old} by a trigger",
        (sync.start(situation.before, situation.version),),
    )
    yield blocks.backfill(f"copy {table}.{old} to {new}", fill, works_with=(0,))
    yield blocks.schema(
        Phase.MIGRATE,
        f"prove that {table}.{new} equals {old}, give it what {old} has",
        (*sync.prove(fill), *made.steps),
        works_with=(0, 1),
        gate=(blocks.none_left(f"rows of {table} whose {new} is not {old}", fill.remaining_sql),),
        if_it_fails=" ".join(blocks.restart_index(name) for name in built) or None,
    )
    yield blocks.code(
        f"use {table}.{new} instead of {old}",
        CodeChange(
            f"read and write {new} only; no statement names both columns",
            f"{table}.{old}",
            f"{table}.{new}",
        ),
        works_with=(0, 1),
    )
    yield blocks.schema(
        Phase.CONTRACT,
        f"hide {table}.{old}",
        (sync.quarantine(),),
        works_with=(1,),
        gate=(blocks.retired(1),),
        min_soak=blocks.SOAK,
    )
    yield blocks.schema(
        Phase.CONTRACT,
        f"drop {table}.{old} and its trigger",
        (sync.finish(hidden, new, situation.before, *made.renames),),
        works_with=(1,),
        gate=(blocks.gone(1),),
        min_soak=blocks.RELEASE_SOAK,
        point_of_no_return=True,
    )


def _sync(intent: RenameColumnIntent, situation: Situation) -> Sync:
    known = situation.column(intent.table, intent.column)
    column = intent.new_column
    if column is None:
        if known is None:
            raise TypeError("a rename is recognised where the column is known")
        column = Column(
            intent.new_name,
            known.type,
            nullable=known.nullable is not False,
            default=known.default,
        )
    old_type = None if known is None or known.type is None else known.type.name
    return Sync(
        intent.table,
        intent.column,
        column,
        names.of_plan(situation.plan_id, situation.ordinal),
        old_type=old_type or (None if column.type is None else column.type.name),
    )


def notes(intent: RenameColumnIntent, situation: Situation) -> Iterator[str]:
    """Yield what the reader must know: why not three phases, and what is not carried over."""
    table, old, new = intent.table, intent.column, intent.new_name
    yield (
        f"A new name for {table}.{old} costs two releases. Mapping {new} to the column {old} in "
        "the application costs one, and no migration."
    )
    yield (
        f"Copying {old} once and then writing both columns from the application loses what the old "
        "code writes after the copy, until its last process is gone and again after every rollback "
        "to it. Here the trigger is there before the copy: no write is missed, whichever version "
        "makes it."
    )
    if intent.new_column is not None:
        carried = [state.name.name for state in situation.before.indexes_on(table, old)]
        carried += [
            state.name
            for state in situation.before.constraints_on(table, old)
            if state.name not in carried
        ]
        if carried:
            yield (
                f"{', '.join(carried)} of {table}.{old} goes with the column, as the migration "
                f"has it: {new} gets none. Write RENAME COLUMN to keep them."
            )
    known = situation.column(table, old)
    if known is None or (known.nullable is not False and known.default is not None):
        yield (
            f"While both columns are there, an INSERT of NULL into {new} gets the default of "
            f"{old}, if it has one: the trigger cannot tell it from one that leaves {new} out."
        )
    yield (
        f"GRANTs on {table}.{old} alone, comments, statistics targets and publications with column "
        f"lists are not carried over to {new}; rows loaded under session_replication_role = "
        "replica pass the trigger by."
    )
