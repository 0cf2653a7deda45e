"""A column that is there becomes required."""

from collections.abc import Iterator

from migsafe.catalog.text import referenced
from migsafe.context import Applied
from migsafe.model.intents import SetNotNullIntent
from migsafe.model.operations import AddConstraint, NotNull, SetNotNull, Update
from migsafe.model.plan import Backfill, CodeChange, Deploy, Phase
from migsafe.recipes import batches, blocks, filling
from migsafe.recipes.situation import Found, Pending, Situation, cannot, same
from migsafe.writing import quoting
from migsafe.writing.tokens import tokens

RANK = 60


def recognise(pending: Pending) -> Iterator[Found]:
    """Yield SET NOT NULL of live tables, with the UPDATE that replaces the NULLs."""
    for applied in pending.left:
        match applied.operation:
            case SetNotNull() as change if pending.is_live(applied, change.table):
                if applied.before.not_null_proven(change.table, change.column):
                    # No row is read, and nobody who writes NULL was accepted before.
                    continue
                yield _found(change, applied, pending)
            case AddConstraint(constraint=NotNull(valid=True)) as add if pending.is_live(
                applied, add.table
            ):
                why = "a named NOT NULL constraint: write SET NOT NULL, or add it NOT VALID"
                yield cannot(add, why, applied)
            case _:
                pass


def _found(change: SetNotNull, applied: Applied, pending: Pending) -> Found:
    fill: Update | None = None
    parts = [applied]
    for earlier in pending.before(applied):
        match earlier.operation:
            case Update() as update if (
                fill is None
                and filling.assigned(update, change.table, change.column)
                and same(applied, change.table, earlier, update.table)
                and _replaces_nulls(update, change.column)
            ):
                fill = update
                parts.insert(0, earlier)
            case _:
                pass
    return Found(SetNotNullIntent(change.table, change.column, fill), tuple(parts))


def _replaces_nulls(update: Update, column: str) -> bool:
    """Say whether an UPDATE reaches the rows in which a column is NULL, and no others."""
    if update.where is None:
        return False
    match list(tokens(update.where.sql)):
        case [*name, is_, null]:
            return (is_.upper(), null.upper()) == ("IS", "NULL") and referenced(name) == column
        case _:
            return False


def recipe(intent: SetNotNullIntent, situation: Situation) -> Iterator[Deploy]:
    """Yield the deploys: code that writes it, replace NULLs, NOT NULL without a scan."""
    table, column = intent.table, intent.column
    fill = _fill(intent, situation)
    changes = [CodeChange(f"no INSERT INTO or UPDATE of {table} leaves {column} NULL")]
    if fill is None:
        changes.append(
            CodeChange(
                f"replace the NULLs of {table}.{column}: the migration does not say with what "
                f"(plan --fill {table}.{column}=EXPRESSION makes it a deploy of this plan)"
            )
        )
    yield blocks.code(f"write {table}.{column} always", *changes)
    if fill is not None:
        yield blocks.backfill(
            f"replace the NULLs of {table}.{column}", fill, gate=(blocks.idle(1),)
        )
    left = batches.count_sql(table, f"{quoting.identifier(column)} IS NULL")
    yield blocks.schema(
        Phase.MIGRATE,
        f"make {table}.{column} NOT NULL",
        blocks.not_null(table, column, before=(blocks.guard(table, left),)),
        works_with=(1,),
        gate=(blocks.retired(1), blocks.none_left(f"rows of {table} with {column} NULL", left)),
        min_soak=blocks.SOAK,
    )


def _fill(intent: SetNotNullIntent, situation: Situation) -> Backfill | None:
    table, column = intent.table, intent.column
    given = situation.fills.get(f"{table}.{column}")
    if given is not None:
        value = f"{quoting.identifier(table.name)}.{quoting.identifier(column)} IS NULL"
        return batches.fill(table, ((column, given.sql),), value, situation.before)
    if intent.fill is None:
        return None
    # Its condition is that the column is NULL: a row that has a value is done.
    made = filling.backfill(intent.fill, situation.before, frozenset({column}))
    return None if isinstance(made, str) else made
