"""A column gets another type: in place where that is an instant, else by a column beside it."""

from collections.abc import Iterator

from migsafe.catalog.text import column_of
from migsafe.context import Applied
from migsafe.effects.postgres.retyping import change_of_column
from migsafe.effects.postgres.types import Values, Work
from migsafe.model.expressions import Expression, Type
from migsafe.model.intents import ChangeTypeIntent
from migsafe.model.operations import AlterColumnType, Column, RenameColumn
from migsafe.model.plan import CodeChange, Deploy, Direction, Phase
from migsafe.model.record import record
from migsafe.recipes import blocks, cloning, names
from migsafe.recipes.situation import Found, Pending, Situation, cannot
from migsafe.recipes.syncing import Sync
from migsafe.writing import quoting
from migsafe.writing.parts import type_name
from migsafe.writing.tokens import tokens

RANK = 30
_LIMITS = {
    "smallint": ("-32768", "32767"),
    "integer": ("-2147483648", "2147483647"),
}
_WIDENED = frozenset(
    {
        ("smallint", "integer"),
        ("smallint", "bigint"),
        ("integer", "bigint"),
    }
)


@record
class _Conversion:
    """Both directions between two types, and when the way back has no faithful value.

    `up` speaks of `{old}`, `down` of `{new}`; `lost` is a condition on `{new}`.
    """

    up: str
    down: str
    lost: str | None = None


def recognise(pending: Pending) -> Iterator[Found]:
    """Yield changes of a column's type on live tables."""
    for applied in pending.left:
        match applied.operation:
            case AlterColumnType() as change if pending.is_live(applied, change.table):
                yield _found(change, applied)
            case _:
                pass


def _found(change: AlterColumnType, applied: Applied) -> Found:
    catalog = applied.before
    state = catalog.column(change.table, change.column)
    existing = change.existing if state is None or state.type is None else state.type
    if change.type is None:
        return cannot(change, "the new type is not known", applied)
    if existing is None:
        why = (
            f"the type of {change.table}.{change.column} is not known: give the schema before "
            "with --schema, or the migrations before"
        )
        return cannot(change, why, applied)
    views = catalog.views_on_column(change.table, change.column)
    if views:
        why = f"view {views[0].name} reads {change.table}.{change.column}"
        return cannot(change, why, applied)
    intent = ChangeTypeIntent(change.table, change.column, change.type, change.using, existing)
    work = change_of_column(change, catalog)
    if work.work is Work.NONE:
        if work.values is not Values.KEPT:
            return cannot(change, "some values do not fit the new type", applied)
        return Found(intent, (applied,))
    if _conversion(intent) is None:
        why = f"no conversion from {existing} to {change.type} and back is known to be safe"
        return cannot(change, why, applied)
    obstacle = cloning.obstacle(catalog, change.table, change.column)
    if obstacle is not None:
        return cannot(change, obstacle, applied)
    return Found(intent, (applied,))


def _conversion(intent: ChangeTypeIntent) -> _Conversion | None:
    """Return both directions of a change that every value survives, None if none is known."""
    existing, new = intent.existing, intent.type
    if existing is None or existing.array or new.array:
        return None
    pair = (existing.name, new.name)
    up = f"{{old}}::{type_name(new)}"
    down = f"{{new}}::{type_name(existing)}"
    plain = intent.using is None or _is_cast(intent.using, intent.column)
    if plain and pair in _WIDENED:
        low, high = _LIMITS[existing.name]
        return _Conversion(
            up,
            f"greatest(least({{new}}, {high}), {low})::{existing.name}",
            f"{{new}} NOT BETWEEN {low} AND {high}",
        )
    if plain and pair in {("json", "jsonb"), ("real", "double precision")}:
        return _Conversion(up, down)
    zone = _zone(intent.using, intent.column)
    if zone is not None and pair in {
        ("timestamp without time zone", "timestamp with time zone"),
        ("timestamp with time zone", "timestamp without time zone"),
    }:
        return _Conversion(f"({{old}} AT TIME ZONE {zone})", f"({{new}} AT TIME ZONE {zone})")
    return None


def _is_cast(using: Expression, column: str) -> bool:
    words = list(tokens(using.sql))
    return using.columns == (column,) and not using.functions and column_of(words[0]) == column


def _zone(using: Expression | None, column: str) -> str | None:
    """Return the zone of `column AT TIME ZONE 'zone'`; only UTC has no hour twice."""
    if using is None:
        return None
    words = list(tokens(using.sql))
    while words and words[0] == "(" and words[-1] == ")":
        words = words[1:-1]
    match [words[:1], [word.upper() for word in words[1:]]]:
        case [[name], ["AT", "TIME", "ZONE", "'UTC'"]] if column_of(name) == column:
            return words[-1]
        case _:
            return None


def recipe(intent: ChangeTypeIntent, situation: Situation) -> Iterator[Deploy]:
    """Yield the deploys: one where it is an instant, else a column of the new type beside it."""
    change = AlterColumnType(intent.table, intent.column, intent.type, intent.using)
    if change_of_column(change, situation.before).work is Work.NONE:
        yield from _in_place(intent, change)
    else:
        yield from _beside(intent, situation)


def _in_place(intent: ChangeTypeIntent, change: AlterColumnType) -> Iterator[Deploy]:
    table, column = intent.table, intent.column
    existing = intent.existing
    yield blocks.schema(
        Phase.EXPAND,
        f"{table}.{column} becomes {intent.type}",
        (
            blocks.brief(
                (change,),
                (AlterColumnType(table, column, existing),),
                Direction.RELAX,
                "an instant: every value that is there stays as it is",
                rollback_possible_sql=None if existing is None else _too_long(intent, existing),
            ),
        ),
        works_with=(0, 1),
    )
    yield blocks.code(
        f"use what {table}.{column} can hold now",
        CodeChange(
            f"first every reader of {column} accepts the new values, then one writes them; "
            "prepared statements on the table are prepared again"
        ),
    )


def _too_long(intent: ChangeTypeIntent, existing: Type) -> str | None:
    """Return the query for a value that the old type refuses or cuts, None if none can be told."""
    column = quoting.identifier(intent.column)
    back = f"{column}::{type_name(existing)}"
    return (
        f"SELECT 1 FROM {quoting.name(intent.table)} "
        f"WHERE {back}::{type_name(intent.type)} IS DISTINCT FROM {column} LIMIT 1"
    )


def _beside(intent: ChangeTypeIntent, situation: Situation) -> Iterator[Deploy]:
    table, column = intent.table, intent.column
    conversion = _conversion(intent)
    state = situation.column(table, column)
    if conversion is None or state is None or intent.existing is None:
        raise TypeError("a type is changed where both types are known")
    shadow, hidden = names.shadow(column), names.quarantined(column)
    sync = Sync(
        table,
        column,
        Column(shadow, intent.type, nullable=state.nullable is not False, default=state.default),
        names.of_plan(situation.plan_id, situation.ordinal),
        conversion.up,
        conversion.down,
        intent.existing.name,
    )
    fill = sync.fill(situation.before)
    made = cloning.clones(situation.before, table, column, shadow, sync.mark)
    yield blocks.schema(
        Phase.EXPAND,
        f"add {table}.{shadow} as {intent.type}, kept equal to {column} by a trigger",
        (sync.start(situation.before, situation.version),),
        works_with=(0, 1),
    )
    yield blocks.backfill(f"fill {table}.{shadow} from {column}", fill)
    yield blocks.schema(
        Phase.MIGRATE,
        f"prove that {table}.{shadow} equals {column}, give it what {column} has",
        (*sync.prove(fill), *made.steps),
        works_with=(0, 1),
        gate=(
            blocks.none_left(f"rows of {table} whose {shadow} is not filled", fill.remaining_sql),
        ),
    )
    yield blocks.code(
        f"accept {table}.{column} as {intent.existing} and as {intent.type}",
        CodeChange(
            f"read and write {column} so that both types do; no statement names {shadow}; "
            "prepared statements on the table are prepared again after the next deploy",
            str(intent.existing),
            str(intent.type),
        ),
    )
    yield _swap(intent, sync, conversion)
    yield blocks.schema(
        Phase.CONTRACT,
        f"drop the {intent.existing} of {table}.{column} and the trigger",
        (sync.finish(hidden, column, situation.before, *made.renames),),
        works_with=(1,),
        gate=(blocks.gone(1),),
        min_soak=blocks.RELEASE_SOAK,
        point_of_no_return=True,
    )


def _swap(intent: ChangeTypeIntent, sync: Sync, conversion: _Conversion) -> Deploy:
    """Return the deploy that gives the new column the name; the old one goes on being filled."""
    table, column = intent.table, intent.column
    shadow, hidden = sync.new.name, names.quarantined(column)
    lost = None
    if conversion.lost is not None:
        condition = conversion.lost.replace("{new}", quoting.identifier(column))
        lost = f"SELECT 1 FROM {quoting.name(table)} WHERE {condition} LIMIT 1"
    return blocks.schema(
        Phase.CONTRACT,
        f"{table}.{column} is {intent.type} from here on",
        (
            blocks.brief(
                (
                    RenameColumn(table, column, hidden),
                    RenameColumn(table, shadow, column),
                    sync.sync_function(hidden, column, replace=True),
                ),
                (
                    RenameColumn(table, column, shadow),
                    RenameColumn(table, hidden, column),
                    sync.sync_function(replace=True),
                ),
                Direction.REDEFINE,
                "one transaction, two renames: the way back is the same, because the trigger goes "
                "on filling the old column",
                rollback_possible_sql=lost,
            ),
        ),
        works_with=(1,),
        gate=(blocks.retired(1),),
        min_soak=blocks.SOAK,
    )


def notes(intent: ChangeTypeIntent, situation: Situation) -> Iterator[str]:
    """Yield what the reader must know where a second column is made."""
    change = AlterColumnType(intent.table, intent.column, intent.type, intent.using)
    if change_of_column(change, situation.before).work is Work.NONE:
        return
    yield (
        f"{intent.table} holds {intent.column} twice until the last deploy: mind the space, and "
        "the backfill in replication."
    )
    state = situation.column(intent.table, intent.column)
    if state is not None and state.nullable is not False and state.default is not None:
        yield (
            f"While both columns are there, an INSERT of NULL into {intent.column} by new code "
            "gets its default: the trigger cannot tell it from one that leaves the column out."
        )
    conversion = _conversion(intent)
    if conversion is not None and conversion.lost is not None:
        yield (
            f"The first value that does not fit {intent.existing} makes the old code wrong about "
            f"its row: deploy {intent.existing} readers back only while the rollback query of the "
            "swap returns no row."
        )
