"""A column goes away: first nobody has to write it, then nobody knows it, then it is hidden."""

from collections.abc import Iterator

from migsafe.catalog.schema import ColumnState
from migsafe.context import Applied
from migsafe.model.expressions import Expression
from migsafe.model.intents import DropColumnIntent
from migsafe.model.operations import (
    DropColumn,
    DropDefault,
    DropNotNull,
    RenameColumn,
    SetDefault,
    SetNotNull,
)
from migsafe.model.plan import CodeChange, Condition, Deploy, Direction, Phase, Step
from migsafe.parsers.sql import read_expression
from migsafe.recipes import blocks, cloning, names
from migsafe.recipes.situation import Found, Pending, Situation, cannot
from migsafe.writing import quoting

RANK = 50
_NEUTRAL = {
    "smallint": "0", "integer": "0", "bigint": "0", "numeric": "0", "real": "0",
    "double precision": "0", "text": "''", "character varying": "''", "boolean": "false",
    "json": "'{}'::json", "jsonb": "'{}'::jsonb",
    "timestamp without time zone": "now()", "timestamp with time zone": "now()",
    "date": "CURRENT_DATE",
}  # fmt: skip
"""What new rows get while old code may still read the column: never NULL, which it never met."""


def recognise(pending: Pending) -> Iterator[Found]:
    """Yield DROP COLUMN of live tables."""
    for applied in pending.left:
        match applied.operation:
            case DropColumn() as drop if pending.is_live(applied, drop.table):
                yield _found(drop, applied)
            case _:
                pass


def _found(drop: DropColumn, applied: Applied) -> Found:
    why = cloning.fixed(applied.before, drop.table, drop.column)
    if why is None and drop.cascade:
        why = "CASCADE drops what nobody named"
    if why is not None:
        return cannot(drop, why, applied)
    return Found(DropColumnIntent(drop.table, drop.column), (applied,))


def recipe(intent: DropColumnIntent, situation: Situation) -> Iterator[Deploy]:
    """Yield the deploys: relax, code that does not know it, hide, drop."""
    table, column = intent.table, intent.column
    state = situation.column(table, column)
    relax = _relax(intent, state, situation)
    hidden = names.quarantined(column)
    if relax is not None:
        yield blocks.schema(
            Phase.EXPAND, f"let INSERTs leave {table}.{column} out", (relax,), works_with=(0, 1)
        )
    yield blocks.code(
        f"do not use {table}.{column}",
        CodeChange(
            f"neither read nor write {column}: take it out of the mapping too, an ORM names every "
            "column it knows"
        ),
        gate=() if state is not None else (_may_be_left_out(intent),),
    )
    yield blocks.schema(
        Phase.CONTRACT,
        f"hide {table}.{column}",
        (
            blocks.brief(
                (RenameColumn(table, column, hidden),),
                (RenameColumn(table, hidden, column),),
                Direction.REMOVE,
                f"whoever still uses {column} fails at once and loses nothing: the way back is a "
                "rename",
            ),
        ),
        works_with=(1,),
        gate=(blocks.retired(1),),
        min_soak=blocks.SOAK,
    )
    yield blocks.schema(
        Phase.CONTRACT,
        f"drop {table}.{column}",
        (
            blocks.brief(
                (DropColumn(table, hidden),),
                (),
                Direction.REMOVE,
                "an instant: the column is marked as gone, the table is not rewritten",
            ),
        ),
        works_with=(1,),
        gate=(
            blocks.gone(1),
            Condition(f"the values of {table}.{column} are archived or not needed", None, "yes"),
        ),
        min_soak=blocks.RELEASE_SOAK,
        point_of_no_return=True,
    )


def _relax(
    intent: DropColumnIntent, state: ColumnState | None, situation: Situation
) -> Step | None:
    """Return the step after which an INSERT may leave the column out, None if it may already."""
    if state is None or state.nullable is not False or state.fills_itself:
        return None
    table, column = intent.table, intent.column
    neutral = None if state.type is None or state.type.array else _NEUTRAL.get(state.type.name)
    if neutral is not None and not _is_watched(intent, situation):
        value: Expression = read_expression(neutral)
        return blocks.brief(
            (SetDefault(table, column, value),),
            (DropDefault(table, column),),
            Direction.RELAX,
            f"rows of new code hold {neutral} in {column}: code that runs today finds no NULL",
        )
    name = quoting.identifier(column)
    return blocks.brief(
        (DropNotNull(table, column),),
        (SetNotNull(table, column),),
        Direction.RELAX,
        f"rows of new code hold NULL in {column}: code that runs today must read that",
        rollback_possible_sql=(f"SELECT 1 FROM {quoting.name(table)} WHERE {name} IS NULL LIMIT 1"),
    )


def _is_watched(intent: DropColumnIntent, situation: Situation) -> bool:
    """Say whether a constraint or unique index could refuse the same value in many rows."""
    table, column = intent.table, intent.column
    return bool(situation.before.constraints_on(table, column)) or any(
        index.unique for index in situation.before.indexes_on(table, column)
    )


def _may_be_left_out(intent: DropColumnIntent) -> Condition:
    table = quoting.literal(quoting.name(intent.table))
    return Condition(
        f"{intent.table}.{intent.column} has a default or accepts NULL",
        "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass("
        f"{table}) AND attname = {quoting.literal(intent.column)} "
        "AND attnotnull AND NOT atthasdef AND attidentity = ''",
        "0",
    )


def notes(intent: DropColumnIntent, situation: Situation) -> Iterator[str]:
    """Yield what goes with the column."""
    table, column = intent.table, intent.column
    gone = [index.name.name for index in situation.before.indexes_on(table, column)]
    gone += [
        state.name
        for state in situation.before.constraints_on(table, column)
        if state.name not in gone
    ]
    if gone:
        yield f"{', '.join(gone)} goes with {table}.{column}."
