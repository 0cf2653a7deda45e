"""Columns moved in one deploy: the new one made, filled and the old one dropped."""

from collections.abc import Iterator

from migsafe.catalog.text import mentions
from migsafe.context import Applied, Context, line_of
from migsafe.model.expressions import Name, Type
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import (
    AddColumn,
    AnonymousBlock,
    Cause,
    CreateTrigger,
    DataWork,
    DropColumn,
    Insert,
    Merge,
    Unrecognized,
    Update,
)
from migsafe.model.record import replace


def check_operation(operation: DropColumn, context: Context) -> Iterator[Finding]:
    """Report a dropped column whose values the same deploy moved to their new place."""
    if not context.is_live(operation.table) or context.is_new_column(
        operation.table, operation.column
    ):
        return
    moved = _move(operation, context)
    if moved is None:
        return
    applied, target, confidence = moved
    table, name = operation.table, operation.column
    copied = line_of(applied, context.current)
    again = context.column_again(table, name)
    fails = f"{context.old_code} that names {name} fails (42703) {context.until_gone}"
    if again is not None and context.in_same_transaction(again):
        yield from _swapped(operation, again, f"{target} ({copied})", confidence, context)
        return
    if again is not None:
        line = line_of(again, context.current)
        fails = (
            f"{context.old_code} that names {name} fails (42703) until {line}, which gives the "
            "name to another column"
        )
    yield context.finding(
        f"One deploy adds {target}, moves {table}.{name} into it ({copied}) and drops {name}: "
        f"{fails}; what is written to {name} after {copied} is not in {target}, and no version of "
        f"the code works before and after{context.new_code(f'names {target}', 'fails')}.",
        help=f"Let this deploy add {target} and sync it with a trigger; drop {name} in a later "
        "deploy, when no version of the code names it.",
        confidence=confidence,
    )


def _swapped(
    operation: DropColumn, again: Applied, target: str, confidence: Confidence, context: Context
) -> Iterator[Finding]:
    """Report a column that is changed by way of another, which takes its name."""
    table, name = operation.table, operation.column
    old, new = context.catalog.column(table, name), again.after.column(table, name)
    before = None if old is None else old.type
    after = None if new is None else new.type
    meets = "meets another column there"
    if before is not None and after is not None and before != after:
        meets = f"meets {after} where it knew {before}"
    yield context.finding(
        f"One deploy moves {table}.{name} into {target} and drops it, and another column takes "
        f"its name on {line_of(again, context.current)}: {context.old_code} {meets}, and its "
        "default, NOT NULL, constraints and indexes are gone unless the deploy makes them again.",
        help=f"Keep the new column beside {name}, sync both with a trigger, switch the code, and "
        f"drop {name} in a later deploy.",
        case="same type" if _is_alike(before, after) else "default",
        confidence=confidence,
    )


def _is_alike(before: Type | None, after: Type | None) -> bool:
    """Say whether two types differ in their length at most."""
    return (
        before is not None
        and after is not None
        and replace(before, modifiers=()) == replace(after, modifiers=())
    )


def _move(operation: DropColumn, context: Context) -> tuple[Applied, str, Confidence] | None:
    """Return where the deploy reads the column into something new, and what that is."""
    table, old = context.catalog.key(operation.table), operation.column
    new: list[str] = []
    for applied in context.earlier():
        key = applied.before.key
        match applied.operation:
            case AddColumn(table=to, column=column) if key(to) == table:
                new.append(column.name)
            case Update(table=to, assignments=assignments, sql=text) if key(to) == table:
                for assignment in assignments:
                    value = assignment.value
                    reads = old in value.columns or (value.opaque and mentions(text, old))
                    if assignment.column in new and reads:
                        return applied, f"{operation.table}.{assignment.column}", Confidence.HIGH
            case Insert(table=to, sql=text, query=query) if (
                query is not None
                and key(to) in applied.made
                and table in {key(read) for read in query.relations}
                and mentions(text, old)
            ):
                return applied, str(to), Confidence.HIGH
            case other:
                if target := _hidden_move(other, applied, table, old, new):
                    return applied, f"{operation.table}.{target}", Confidence.LOW
    return None


def _hidden_move(
    operation: object, applied: Applied, table: Name, old: str, new: list[str]
) -> str | None:
    """Return the new column that code in a block, trigger or session may fill."""
    key = applied.before.key
    match operation:
        case AnonymousBlock(body=text) | Unrecognized(cause=Cause.DYNAMIC, sql=text):
            pass
        case Merge(table=to, sql=text) if key(to) == table:
            pass
        case CreateTrigger(table=to, function=function) if key(to) == table:
            text = " ".join(routine.body or "" for routine in applied.before.routines(function))
        case DataWork(table=to) if to is None or key(to) == table:
            return new[-1] if new else None
        case _:
            return None
    if not mentions(text, old):
        return None
    return next((name for name in new if mentions(text, name)), None)
