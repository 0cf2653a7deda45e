"""Columns dropped while running code still names them."""

from collections.abc import Iterator

from migsafe.catalog.schema import ColumnState, Existence
from migsafe.catalog.text import mentions
from migsafe.context import Applied, Context, line_of
from migsafe.model.effects import Certain
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.operations import DropColumn, ForeignKey, RenameColumn
from migsafe.rulebook import DEFAULT_CASE

_WITHOUT_THE_LOSS = (Hazard.BREAKS_OLD_CODE,)


def check_operation(operation: DropColumn, context: Context) -> Iterator[Finding]:
    """Report a column of the released schema that goes, with what goes along."""
    table, name = operation.table, operation.column
    column = context.catalog.column(table, name)
    if not context.is_live(table) or context.is_new_column(table, name):
        return
    existence = context.catalog.column_existence(table, name)
    if existence is Existence.ABSENT:
        return
    computed = column is not None and column.generated is not None
    again = context.column_again(table, name)
    parts = [
        f"Dropping {table}.{name}: every statement of {context.old_code} that names it fails "
        f"(42703) {context.until_gone}"
        if again is None
        else _replaced(operation, column, again, context)
    ]
    if not computed:
        parts.append("the values are gone")
    if along := _goes_along(operation, context):
        parts.append(f"with it {'goes' if len(along) == 1 else 'go'} {', '.join(along)}")
    if not operation.cascade:
        parts.extend(_refusals(operation, context))
    parts.extend(_parents(operation, context))
    unnamed = _is_unnamed(operation, context)
    if unnamed:
        parts.append("neither the released code nor this change's says that name")
    # Without IF EXISTS the statement itself says that the column is there.
    guessed = operation.if_exists and existence is Existence.UNKNOWN
    if guessed:
        parts.append(f"whether {name} is there, the known schema does not say")
    yield context.finding(
        f"{'; '.join(parts)}.",
        help=_help(operation, column, context)
        if again is None
        else "Give the new column another name, switch the code, and drop the old one in a later "
        "deploy.",
        case="unnamed" if unnamed else DEFAULT_CASE,
        confidence=Confidence.LOW if guessed else Confidence.HIGH,
        hazards=_WITHOUT_THE_LOSS if computed else None,
    )


def _is_unnamed(operation: DropColumn, context: Context) -> bool:
    """Say whether all code was searched for the column, and none says its name."""
    code = context.ship.code
    if code is None:
        return False
    # What code names is asked of change sets only.
    from migsafe.codebase.change import is_unnamed  # noqa: PLC0415
    from migsafe.codebase.touched import touched  # noqa: PLC0415

    return all(is_unnamed(code, thing) for thing in touched(operation))


def _replaced(
    operation: DropColumn, column: ColumnState | None, again: Applied, context: Context
) -> str:
    """Return what running code meets where another column takes the name."""
    table, name = operation.table, operation.column
    place = line_of(again, context.current)
    match again.operation:
        case RenameColumn(column=other):
            whose = f"whose name {other} takes on {place}"
        case _:
            whose = f"and adding another {name} on {place}"
    new = again.after.column(table, name)
    old_type = None if column is None else column.type
    new_type = None if new is None else new.type
    meets = "meets other values there"
    if old_type is not None and new_type is not None and old_type != new_type:
        meets = f"meets {new_type} where it knew {old_type}"
    between = ""
    if not context.in_same_transaction(again):
        between = ", and until then every statement that names it fails (42703)"
    return f"Dropping {table}.{name}, {whose}: {context.old_code} {meets}{between}"


def _goes_along(operation: DropColumn, context: Context) -> list[str]:
    table, name = operation.table, operation.column
    catalog = context.catalog
    indexes = [
        f"the index {index.name}"
        for index in catalog.indexes_on(table, name)
        if index.constraint is None
    ]
    constraints = [f"the constraint {state.name}" for state in catalog.constraints_on(table, name)]
    return [*indexes, *constraints]


def _refusals(operation: DropColumn, context: Context) -> Iterator[str]:
    """Yield why the server refuses the drop as it stands."""
    match context.effects.fails:
        case Certain(reason=reason, sqlstate=state):
            yield f"the statement itself is refused ({state}), because {reason}"
        case _:
            pass
    for trigger in context.catalog.triggers(operation.table):
        if mentions(trigger.sql, operation.column):
            yield f"the trigger {trigger.name}, which names it, has to go first"


def _parents(operation: DropColumn, context: Context) -> Iterator[str]:
    own = context.catalog.key(operation.table)
    for state in context.catalog.constraints_on(operation.table, operation.column):
        match state.constraint:
            case ForeignKey(referenced=parent) if (
                context.is_busy(parent) and context.catalog.key(parent) != own
            ):
                yield context.waits(parent)
            case _:
                pass


def _help(operation: DropColumn, column: ColumnState | None, context: Context) -> str:
    name = operation.column
    later = f"in a later deploy, {context.brought_back}"
    if column is not None and column.nullable is False and not column.fills_itself:
        return (
            f"DROP NOT NULL on {name}, deploy code that no longer names it, and drop it alone "
            f"{later}."
        )
    return f"Deploy code that no longer names {name}, and drop it alone {later}."
