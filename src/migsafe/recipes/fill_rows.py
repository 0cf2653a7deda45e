"""Rows that are there get other values: in batches, when nothing writes the old ones any more."""

from collections.abc import Iterator

from migsafe.context import Applied
from migsafe.effects.reach import Reach, reach_of
from migsafe.model.intents import FillRows
from migsafe.model.operations import AddColumn, Delete, Merge, Update
from migsafe.model.plan import CodeChange, Deploy
from migsafe.recipes import blocks, filling
from migsafe.recipes.situation import Found, Pending, Situation, cannot

RANK = 90


def recognise(pending: Pending) -> Iterator[Found]:
    """Yield UPDATEs of live tables that may reach many rows."""
    for applied in pending.left:
        match applied.operation:
            case Update() as update if pending.is_live(applied, update.table):
                reach = reach_of(update.table, update.where, applied.before, update.sql)
                if reach not in {Reach.NONE, Reach.FEW}:
                    yield _found(update, applied, pending)
            case Delete() as delete if pending.is_live(applied, delete.table):
                reach = reach_of(delete.table, delete.where, applied.before, delete.sql)
                if reach not in {Reach.NONE, Reach.FEW}:
                    why = "rows that are deleted cannot be had again: delete them from a job"
                    yield cannot(delete, why, applied)
            case Merge() as merge if pending.is_live(applied, merge.table):
                yield cannot(merge, "how many rows it changes is not known", applied)
            case _:
                pass


def _found(update: Update, applied: Applied, pending: Pending) -> Found:
    made = filling.backfill(update, applied.before, _new_columns(update, applied, pending))
    if isinstance(made, str):
        return cannot(update, made, applied)
    return Found(FillRows(update, _new_columns(update, applied, pending)), (applied,))


def _new_columns(update: Update, applied: Applied, pending: Pending) -> tuple[str, ...]:
    """Return the columns that this deploy adds without a value, so that NULL means not done."""
    key = applied.before.key(update.table)
    return tuple(
        each.operation.column.name
        for each in pending.deploy.up
        if isinstance(each.operation, AddColumn)
        and each.before.key(each.operation.table) == key
        and each.operation.column.default is None
    )


def recipe(intent: FillRows, situation: Situation) -> Iterator[Deploy]:
    """Yield the deploys: code that writes the new values, then the rows that are there."""
    update = intent.update
    columns = ", ".join(assignment.column for assignment in update.assignments)
    made = filling.backfill(update, situation.before, intent.new_columns)
    if isinstance(made, str):
        raise TypeError(made)
    yield blocks.code(
        f"write {update.table} ({columns}) as the migration does",
        CodeChange(
            f"every INSERT INTO or UPDATE of {update.table} gives {columns} the value that the "
            "migration gives to the rows that are there"
        ),
    )
    yield blocks.backfill(f"change {update.table} ({columns})", made, gate=(blocks.idle(1),))
