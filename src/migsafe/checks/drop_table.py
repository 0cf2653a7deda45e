"""Tables dropped while running code still names them."""

from collections.abc import Iterator

from migsafe.catalog.schema import Existence
from migsafe.context import Applied, Context, line_of
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import (
    CreateTable,
    CreateTableAs,
    DropTable,
    ForeignKey,
    Insert,
    ObjectKind,
    RenameTable,
    Update,
)


def check_operation(operation: DropTable, context: Context) -> Iterator[Finding]:
    """Report a table of the released schema that goes, and what its drop locks."""
    table = operation.table
    if not context.is_live(table):
        return
    found = context.catalog.existence(ObjectKind.TABLE, table)
    if found is Existence.ABSENT:
        return
    name = _released_name(table, context)
    again = _made_again(table, context)
    case = "default"
    if again is not None:
        parts, case = _remade(table, again, context)
        help_ = f"Change {table} in place, or make the new one under another name."
    elif (renamed := _replacement(name, context)) is not None:
        parts = list(_swap(table, name, *renamed, context))
        help_ = (
            f"Keep {name} and change it in place, or sync both tables with triggers, and drop "
            "the old one in a later deploy."
        )
    else:
        known_as = "it" if name == table else f"{name}, its released name,"
        breaks = (
            f"Dropping {table}: every statement of {context.old_code} that names {known_as} "
            f"fails (42P01) {context.until_gone}"
        )
        parts = [breaks, *_rows(name, context)]
        help_ = (
            f"Deploy code that no longer names {name}, and drop it alone in a later deploy, "
            f"{context.brought_back}."
        )
    match context.effects.fails:
        case Certain(reason=reason, sqlstate=state):
            parts.append(f"the statement itself is refused ({state}), because {reason}")
        case _:
            pass
    if parents := _parents(table, context):
        parts.append(f"{' and '.join(map(context.waits, parents))} too")
    # IF EXISTS of a table that nobody has seen often only makes room for a new one.
    guessed = operation.if_exists and found is Existence.UNKNOWN
    if guessed:
        parts.append(f"whether {table} is there, the known schema does not say")
    yield context.finding(
        f"{'; '.join(parts)}.",
        help=help_,
        case=case,
        confidence=Confidence.LOW if guessed else Confidence.HIGH,
    )


def _parents(table: Name, context: Context) -> list[Name]:
    own = context.catalog.key(table)
    referenced = {
        context.catalog.key(state.constraint.referenced): None
        for state in context.catalog.foreign_keys_of(table)
        if isinstance(state.constraint, ForeignKey)
    }
    return [
        parent
        for parent in referenced
        if parent != own and context.is_busy(parent) and context.effects.lock_on(parent) is not None
    ]


def _released_name(table: Name, context: Context) -> Name:
    """Return the name that running code knows: what the deploy renamed is followed back."""
    name = context.catalog.key(table)
    for applied in reversed(tuple(context.earlier())):
        match applied.operation:
            case RenameTable(table=old, new_name=new) if (
                applied.before.key(old).beside(new) == name
            ):
                name = applied.before.key(old)
            case _:
                pass
    return name


def _made_again(table: Name, context: Context) -> Applied | None:
    """Return what makes a table of the name again in the same transaction."""
    key = context.catalog.key(table)
    for applied in context.later():
        match applied.operation:
            case CreateTable(table=name) | CreateTableAs(table=name) if applied.before.key(
                name
            ) == key and context.in_same_transaction(applied):
                return applied
            case _:
                pass
    return None


def _remade(table: Name, again: Applied, context: Context) -> tuple[list[str], str]:
    """Return what a table made again has lost, and the case that this is."""
    old, new = context.catalog.table(table), context.ship.after.table(table)
    lost: list[str] = []
    if old is not None and new is not None and new.complete:
        lost = [each.name for each in old.columns if new.column(each.name) is None]
    filled = isinstance(again.operation, CreateTableAs)
    rows = "its rows are gone" + (", but for what it reads there" if filled else "")
    parts = [
        f"Dropping {table}, which {line_of(again, context.current)} makes again: {rows}",
        "grants, triggers, constraints and indexes are gone unless the deploy makes them again",
    ]
    if lost:
        parts.append(f"{context.old_code} that names {', '.join(lost)} fails (42703)")
    return parts, "filled again" if filled else "default"


def _replacement(name: Name, context: Context) -> tuple[Name, Applied] | None:
    """Return the table that takes a released name in this deploy, and the rename by which."""
    for applied in (*context.earlier(), *context.later()):
        match applied.operation:
            case RenameTable(table=old, new_name=new) if (
                applied.before.key(old).beside(new) == name
            ):
                return old, applied
            case _:
                pass
    return None


def _swap(table: Name, name: Name, new: Name, renamed: Applied, context: Context) -> Iterator[str]:
    copy = _copy(name, context)
    line = "" if copy is None else f" ({line_of(copy, context.current)})"
    yield (
        f"This is a swap by copy, drop and rename: {new} takes the place of {name} on "
        f"{line_of(renamed, context.current)}, and the rows of {table} are gone"
    )
    if copy is None or not _keeps_writers_out(copy, name, context):
        yield f"what running code writes to {name} after the copy{line} is lost"
    yield "grants, foreign keys of other tables and prepared statements stay behind"


def _rows(name: Name, context: Context) -> Iterator[str]:
    """Yield what becomes of the rows."""
    copy = _copy(name, context)
    if copy is None:
        yield "the rows are gone"
        return
    line = line_of(copy, context.current)
    yield f"the rows are gone, but for what {line} took from them"
    if not _keeps_writers_out(copy, name, context):
        yield f"what is written to {name} after {line} is lost"


def _keeps_writers_out(copy: Applied, name: Name, context: Context) -> bool:
    held = copy.held.get(name)
    return held is not None and held.blocks_writes and context.in_same_transaction(copy)


def _copy(name: Name, context: Context) -> Applied | None:
    """Return the first step of the deploy that reads a table's rows into another."""
    for applied in context.earlier():
        match applied.operation:
            case CreateTableAs(query=query) | Insert(query=query) if query is not None:
                read = query.relations
            case Update(reads=read):
                pass
            case _:
                continue
        if name in {applied.before.key(each) for each in read}:
            return applied
    return None
