"""Unique indexes and constraints dropped while running code relies on them."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence, IndexState
from migsafe.catalog.uniqueness import Guarantee, guarantee_of, holds
from migsafe.context import Applied, Context, line_of
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.operations import (
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    ObjectKind,
    Unique,
)


def check_operation(operation: DropIndex | DropConstraint, context: Context) -> Iterator[Finding]:
    """Report uniqueness that goes, unless an equal one stays or comes in its place."""
    if isinstance(context.effects.fails, Certain):
        return
    index = _dropped(operation, context.catalog)
    if index is None:
        yield from _not_known(operation, context)
        return
    if not index.unique or index.valid is False or not context.is_live(index.table):
        return
    if context.is_made_here(index.made_by) or _goes_with_more(index, context):
        return
    guarantee = guarantee_of(index)
    if holds(guarantee, index.table, context.current.after):
        yield from _by_name(index, context)
        return
    keys = ", ".join(element.column or "an expression" for element in index.elements)
    back = _comes_back(guarantee, index.table, context)
    if back is not None:
        if not context.in_same_transaction(back):
            again = line_of(back, context.current)
            yield context.finding(
                f"Between this and {again} nothing keeps ({keys}) of {index.table} "
                f"unique: running code's INSERT … ON CONFLICT ({keys}) fails (42P10), and a "
                f"duplicate written meanwhile makes {again} fail (23505).",
                help="Make the new one first, then drop the old one.",
                case="in between",
            )
        return
    yield context.finding(
        f"Dropping {_named(index)} of {index.table}: {context.old_code}'s "
        f"INSERT … ON CONFLICT ({keys}) fails (42P10) {context.until_gone}; code that relies on "
        "the refusal writes duplicates, and the first duplicate closes the way back"
        f"{context.new_code('writes one', 'is refused (23505)')}.",
        help=f"Deploy code that neither upserts on ({keys}) nor counts on the refusal, and drop "
        "it in a later deploy.",
        relations=(index.table,),
    )


def _by_name(index: IndexState, context: Context) -> Iterator[Finding]:
    """Report a constraint that code can no longer name, though another one says the same."""
    name, table = index.constraint, index.table
    if name is None or context.is_made_here(index.made_by):
        return
    if context.ship.after.constraint(table, name) is None:
        yield context.finding(
            f"Another unique index says what {name} of {table} said, but {context.old_code}'s "
            f"INSERT … ON CONFLICT ON CONSTRAINT {name} fails (42704) {context.until_gone}.",
            help=f"See that no code names {name}; ON CONFLICT with columns goes on.",
            case="by name",
            hazards=(Hazard.BREAKS_OLD_CODE,),
            relations=(table,),
        )


def _goes_with_more(index: IndexState, context: Context) -> bool:
    """Say whether the deploy drops its table, or a column of it: that is what is reported then."""
    for applied in (*context.earlier(), *context.later()):
        if not applied.is_certain:
            continue
        match applied.operation:
            case DropTable(table=table) if applied.before.key(table) == index.table:
                return True
            case DropColumn(table=table, column=column) if (
                applied.before.key(table) == index.table and column in index.columns
            ):
                return True
            case _:
                pass
    return False


def _named(index: IndexState) -> str:
    if index.constraint is not None:
        return f"the unique constraint {index.constraint}"
    return f"the unique index {index.name}"


def _dropped(operation: DropIndex | DropConstraint, catalog: Catalog) -> IndexState | None:
    """Return the index that goes, None where it is not known or nothing unique goes."""
    match operation:
        case DropIndex(index=name):
            return catalog.index(name)
        case DropConstraint(table=table, constraint=name):
            state = None if name is None else catalog.constraint(table, name)
            if state is None or not isinstance(state.constraint, Unique):
                return None
            indexes = catalog.indexes(table)
            return next((index for index in indexes if index.constraint == state.name), None)


def _comes_back(guarantee: Guarantee, table: Name, context: Context) -> Applied | None:
    return next((later for later in context.later() if holds(guarantee, table, later.after)), None)


def _not_known(operation: DropIndex | DropConstraint, context: Context) -> Iterator[Finding]:
    """Report what may be unique: an index of unknown shape, a constraint called unique."""
    match operation:
        case DropIndex(index=index, table=table, if_exists=forgiving):
            if context.catalog.existence(ObjectKind.INDEX, index) is Existence.ABSENT:
                return
            if forgiving and context.ship.after.index(index) is not None:
                # It makes room for the index of this deploy, should an attempt have failed.
                return
            if table is None or (context.is_live(table) and not context.goes_here(table)):
                yield context.finding(
                    f"Whether {index} is unique is not known here: if it is, {context.old_code}'s "
                    "INSERT … ON CONFLICT on its columns fails (42P10), and the first duplicate "
                    "closes the way back.",
                    help="Give --schema or the earlier migrations, or look at its definition.",
                    case="unknown index",
                    hazards=(Hazard.UNKNOWN,),
                    confidence=Confidence.LOW,
                )
        case DropConstraint(table=table, constraint=name, kind="unique") if (
            name is None or context.catalog.constraint(table, name) is None
        ):
            if context.is_live(table) and not context.goes_here(table):
                yield context.finding(
                    f"Dropping {name} of {table}, a unique key as the revision says: "
                    f"{context.old_code}'s INSERT … ON CONFLICT on its columns fails (42P10) "
                    f"{context.until_gone}; the first duplicate closes the way back"
                    f"{context.new_code('writes one', 'is refused (23505)')}.",
                    help="Deploy code that neither upserts on its columns nor counts on the "
                    "refusal, and drop it in a later deploy.",
                    relations=(table,),
                    confidence=Confidence.LOW,
                )
        case DropConstraint():
            pass
