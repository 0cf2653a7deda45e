"""Tables dropped while running code still names them."""

from collections.abc import Iterator

from migsafe.catalog.schema import Existence
from migsafe.context import Applied, Context
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import (
    CreateTableAs,
    DropTable,
    ForeignKey,
    Insert,
    ObjectKind,
    RenameTable,
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
    if (renamed := _replacement(name, context)) is not None:
        parts = list(_swap(table, name, renamed, context))
        help_ = (
            f"Keep {name} and change it in place, or sync both tables with triggers, and drop "
            "the old one in a later deploy."
        )
    else:
        known_as = "it" if name == table else f"{name}, its released name,"
        breaks = (
            f"Dropping {table}: every statement of {context.old_code} that names {known_as} "
            f"fails (42P01) {context.until_gone}; the rows are gone"
        )
        parts = [breaks]
        help_ = (
            f"Deploy code that no longer names {name}, and drop it alone in a later deploy, "
            f"{context.brought_back}."
        )
    match context.effects.fails:
        case Certain(reason=reason, sqlstate=state) if not operation.cascade:
            parts.append(f"the statement itself is refused ({state}), because {reason}")
        case _:
            pass
    parts.extend(f"{context.waits(parent)} too" for parent in _parents(table, context))
    # IF EXISTS of a table that nobody has seen often only makes room for a new one.
    guessed = operation.if_exists and found is Existence.UNKNOWN
    if guessed:
        parts.append(f"whether {table} is there, the known schema does not say")
    yield context.finding(
        f"{'; '.join(parts)}.",
        help=help_,
        confidence=Confidence.LOW if guessed else Confidence.HIGH,
    )


def _parents(table: Name, context: Context) -> list[Name]:
    own = context.catalog.key(table)
    referenced = {
        context.catalog.key(state.constraint.referenced): None
        for state in context.catalog.foreign_keys_of(table)
        if isinstance(state.constraint, ForeignKey)
    }
    return [parent for parent in referenced if parent != own and context.is_busy(parent)]


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


def _replacement(name: Name, context: Context) -> Applied | None:
    """Return the rename by which another table takes a released name in this deploy."""
    for applied in (*context.earlier(), *context.later()):
        match applied.operation:
            case RenameTable(table=old, new_name=new) if (
                applied.before.key(old).beside(new) == name and applied.before.key(old) != name
            ):
                return applied
            case _:
                pass
    return None


def _swap(table: Name, name: Name, renamed: Applied, context: Context) -> Iterator[str]:
    copy = _copy(name, context)
    new = renamed.operation.table if isinstance(renamed.operation, RenameTable) else name
    line = "" if copy is None else f" (line {copy.line})"
    yield (
        f"This is a swap by copy, drop and rename: {new} takes the place of {name} on line "
        f"{renamed.line}, and the rows of {table} are gone"
    )
    held = None if copy is None else copy.held.get(context.catalog.key(table))
    if held is None or not held.blocks_writes:
        yield f"what running code writes to {name} after the copy{line} is lost"
    yield "grants, foreign keys of other tables and prepared statements stay behind"


def _copy(name: Name, context: Context) -> Applied | None:
    for applied in context.earlier():
        match applied.operation:
            case CreateTableAs(query=query) | Insert(query=query) if query is not None:
                if name in {applied.before.key(read) for read in query.relations}:
                    return applied
            case _:
                pass
    return None
