"""A column that must not be NULL: nullable first, required when everything writes it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from migsafe.context import Applied
from migsafe.effects.postgres.volatility import Volatility, volatility
from migsafe.model.intents import AddRequiredColumn
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    Column,
    DropColumn,
    DropDefault,
    ForeignKey,
    SetDefault,
    SetNotNull,
    Update,
    ValidateConstraint,
)
from migsafe.model.plan import Backfill, CodeChange, Deploy, Direction, Phase, Step
from migsafe.model.record import replace
from migsafe.recipes import batches, blocks, filling
from migsafe.recipes.situation import Found, Pending, Situation, cannot, same
from migsafe.writing import quoting

RANK = 40
_SERIALS = frozenset({"smallserial", "serial", "bigserial"})


def recognise(pending: Pending) -> Iterator[Found]:
    """Yield columns that become NOT NULL in the migration that adds them, or fill themselves."""
    for applied in pending.left:
        match applied.operation:
            case AddColumn() as add if pending.is_live(applied, add.table):
                yield from _found(add, applied, pending)
            case _:
                pass


@dataclass
class _Seen:
    """What follows the ADD COLUMN and belongs to it."""

    parts: list[Applied]
    required: bool
    made_required: bool = False
    drops_default: bool = False
    fill: Update | None = None
    filled: Applied | None = None
    keys: list[ForeignKey] = field(default_factory=list)


def _found(add: AddColumn, applied: Applied, pending: Pending) -> Iterator[Found]:
    column = add.column
    seen = _follow(add, applied, pending)
    default = column.default
    drifts = default is not None and volatility(default, applied.before) >= Volatility.UNKNOWN
    unwritten = seen.required and (default is None or seen.drops_default)
    numbers = column.identity is not None or _is_serial(column)
    if not (drifts or unwritten or numbers or (seen.made_required and default is not None)):
        return
    why = _obstacle(add, applied)
    if why is not None:
        yield cannot(add, why, *seen.parts)
        return
    fill = seen.fill
    if fill is not None and seen.filled is not None:
        if default is not None and not drifts and not seen.drops_default:
            # The constant is there at once: what overwrites it is a change of rows.
            fill = None
        else:
            seen.parts.append(seen.filled)
        if seen.drops_default:
            default = None
    intent = AddRequiredColumn(
        add.table,
        replace(column, nullable=not seen.required, default=default),
        tuple(seen.keys),
        fill,
        drops_default=seen.drops_default and default is not None,
    )
    yield Found(intent, tuple(seen.parts))


def _follow(add: AddColumn, applied: Applied, pending: Pending) -> _Seen:
    name = add.column.name
    seen = _Seen([applied], required=not add.column.nullable)
    seen.keys = [each for each in add.constraints if isinstance(each, ForeignKey)]
    for later in pending.after(applied):
        operation = later.operation
        match operation:
            case SetNotNull(table=table, column=column) if column == name:
                mine = same(applied, add.table, later, table)
                seen.required = seen.required or mine
                seen.made_required = seen.made_required or mine
            case DropDefault(table=table, column=column) if column == name:
                mine = same(applied, add.table, later, table)
                seen.drops_default = seen.drops_default or mine
            case Update(table=table) if seen.fill is None and filling.assigned(
                operation, add.table, name
            ):
                if same(applied, add.table, later, table):
                    seen.fill, seen.filled = operation, later
                continue
            case AddConstraint(table=table, constraint=ForeignKey(columns=columns) as key) if (
                columns == (name,)
            ):
                mine = same(applied, add.table, later, table)
                if mine:
                    # The column is new and empty: a valid key reads nothing.
                    seen.keys.append(replace(key, valid=True))
            case ValidateConstraint(table=table, constraint=constraint):
                mine = constraint in {key.name for key in seen.keys} and same(
                    applied, add.table, later, table
                )
            case _:
                continue
        if mine:
            seen.parts.append(later)
    return seen


def _is_serial(column: Column) -> bool:
    return column.type is not None and column.type.name in _SERIALS


def _obstacle(add: AddColumn, applied: Applied) -> str | None:
    column = add.column
    if column.type is None:
        return f"the type of {column.name} is not known"
    if _is_serial(column) or column.identity is not None:
        return (
            f"{column.name} numbers the rows that are there: add a bigint column, and a sequence "
            "for its default, in a migration of its own"
        )
    if column.generated is not None:
        return f"{column.name} is a generated column"
    if any(not isinstance(each, ForeignKey) for each in add.constraints):
        return f"{column.name} has a CHECK or UNIQUE of its own: add it after the column"
    if applied.before.children(add.table):
        return f"{add.table} has partitions or children"
    return None


def recipe(intent: AddRequiredColumn, situation: Situation) -> Iterator[Deploy]:
    """Yield the deploys: nullable column, code that writes it, fill, NOT NULL without a scan."""
    if _is_constant(intent, situation):
        yield from _with_constant(intent)
        return
    table, name = intent.table, intent.column.name
    needs_code = intent.column.default is None
    works = (0, 1) if needs_code else (0,)
    fill = _fill(intent, situation)
    yield blocks.schema(
        Phase.EXPAND, f"add {table}.{name}, nullable", (_nullable(intent),), works_with=works
    )
    if needs_code:
        yield _code(intent, owner_fills=fill is None)
    if fill is not None:
        gate = (blocks.idle(1),) if needs_code else ()
        yield blocks.backfill(f"fill {table}.{name}", fill, works_with=works, gate=gate)
    if intent.column.nullable:
        return
    left = batches.count_sql(table, f"{quoting.identifier(name)} IS NULL")
    empty = blocks.none_left(f"rows of {table} with {name} NULL", left)
    yield blocks.schema(
        Phase.MIGRATE,
        f"make {table}.{name} NOT NULL",
        blocks.not_null(table, name, before=(blocks.guard(table, left),)),
        works_with=(1,) if needs_code else (0,),
        gate=(blocks.retired(1), empty) if needs_code else (empty,),
        min_soak=blocks.SOAK,
    )


def _is_constant(intent: AddRequiredColumn, situation: Situation) -> bool:
    default = intent.column.default
    return default is not None and volatility(default, situation.before) < Volatility.UNKNOWN


def _with_constant(intent: AddRequiredColumn) -> Iterator[Deploy]:
    """Yield the deploys for a default that existing rows get without being read or written."""
    table, column = intent.table, intent.column
    works = (0, 1) if intent.drops_default else (0,)
    add = AddColumn(table, column, intent.constraints)
    yield blocks.schema(
        Phase.EXPAND,
        f"add {table}.{column.name} with its default",
        (
            blocks.brief(
                (add,),
                (DropColumn(table, column.name),),
                Direction.ADD,
                "a constant default is kept beside the table: no row is read or written",
            ),
        ),
        works_with=works,
    )
    if not intent.drops_default or column.default is None:
        return
    yield _code(intent, owner_fills=False)
    yield blocks.schema(
        Phase.MIGRATE,
        f"drop the default of {table}.{column.name}",
        (
            blocks.brief(
                (DropDefault(table, column.name),),
                (SetDefault(table, column.name, column.default),),
                Direction.RESTRICT,
                f"whoever leaves {column.name} out is refused from here on",
            ),
        ),
        works_with=(1,),
        gate=(blocks.retired(1),),
        min_soak=blocks.SOAK,
    )


def _nullable(intent: AddRequiredColumn) -> Step:
    table, column = intent.table, intent.column
    add = AddColumn(table, replace(column, nullable=True, default=None), intent.constraints)
    default = column.default
    return blocks.brief(
        (add,) if default is None else (add, SetDefault(table, column.name, default)),
        (DropColumn(table, column.name),),
        Direction.ADD,
        "an instant: a nullable column without default reads and writes no row"
        + ("" if default is None else "; the default that follows is for new rows only")
        + ("; its foreign key has nothing to check" if intent.constraints else ""),
    )


def _code(intent: AddRequiredColumn, *, owner_fills: bool) -> Deploy:
    table, name = intent.table, intent.column.name
    changes = [
        CodeChange(f"every INSERT INTO {table} sets {name}, no UPDATE sets it to NULL"),
    ]
    if intent.column.default is None:
        changes.append(CodeChange(f"reads accept {name} NULL until it is filled everywhere"))
    if owner_fills:
        changes.append(
            CodeChange(
                f"fill {name} of the rows that are there: the migration does not say with what "
                f"(plan --fill {table}.{name}=EXPRESSION makes it a deploy of this plan)"
            )
        )
    return blocks.code(f"write {table}.{name}", *changes)


def _fill(intent: AddRequiredColumn, situation: Situation) -> Backfill | None:
    table, column = intent.table, intent.column
    given = situation.fills.get(f"{table}.{column.name}")
    value = given or (None if intent.fill is not None else column.default)
    if value is not None:
        name = quoting.identifier(column.name)
        return batches.fill(
            table,
            ((column.name, value.sql),),
            f"{quoting.identifier(table.name)}.{name} IS NULL",
            situation.before,
        )
    if intent.fill is None:
        return None
    made = filling.backfill(intent.fill, situation.before, frozenset({column.name}))
    return None if isinstance(made, str) else made


def notes(intent: AddRequiredColumn, situation: Situation) -> Iterator[str]:
    """Yield what the reader must know about values that the migration does not give."""
    table, name = intent.table, intent.column.name
    if _is_constant(intent, situation) or _fill(intent, situation) is not None:
        return
    yield (
        f"What existing rows of {table} get in {name} is not said: deploys after the code wait "
        f"until no NULL is left. plan --fill {table}.{name}=EXPRESSION makes it a backfill."
    )
