"""Defaults dropped while running code leaves the column out."""

from collections.abc import Iterator

from migsafe.context import Applied, Context, line_of
from migsafe.model.compatibility import OldStatement, Outcome
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import AlterDomain, DomainAction, DropDefault, SetDefault


def check_operation(
    operation: DropDefault | SetDefault | AlterDomain, context: Context
) -> Iterator[Finding]:
    """Report a default of the released schema that goes, unless something else fills the column."""
    match operation:
        case SetDefault(default=default) if default.sql.upper() != "NULL":
            return
        case AlterDomain(action=DomainAction.DROP_DEFAULT, domain=domain):
            state = context.catalog.domain(domain)
            if context.is_live(domain) and (state is None or state.default is not None):
                yield context.finding(
                    f"Dropping the default of the domain {domain}: an INSERT of {context.old_code} "
                    "that leaves out a column of this type stores NULL, or fails (23502) where "
                    f"NULL is refused, {context.until_gone}.",
                    help="Deploy code that writes these columns first.",
                )
        case AlterDomain():
            return
        case DropDefault(table=table, column=name) | SetDefault(table=table, column=name):
            yield from _dropped(table, name, context)


def _dropped(table: Name, name: str, context: Context) -> Iterator[Finding]:
    if isinstance(context.effects.fails, Certain) or not context.is_live(table):
        return
    if context.is_new_column(table, name) or context.goes_here(table, name):
        return
    outcome = context.compatibility.outcome(OldStatement.INSERT_MINIMAL)
    if outcome is Outcome.WORKS or _is_filled_by_trigger(table, name, context):
        return
    back = _filled_again(table, name, context)
    if back is not None and context.in_same_transaction(back):
        return
    if back is None:
        who, until = context.old_code, context.until_gone
        later = (
            f"Deploy code that writes {name} in every INSERT, and drop the default "
            f"{context.none_older}."
        )
    else:
        line = line_of(back, context.current)
        who, until = "running code", f"until {line}"
        later = f"Put this and {line} into one transaction."
    insert = f"an INSERT INTO {table} of {who} that leaves it out"
    match outcome:
        case Outcome.FAILS:
            yield context.finding(
                f"{table}.{name} is NOT NULL and loses its default: {insert} fails (23502) "
                f"{until}.",
                help=later,
                case="required column",
            )
        case Outcome.UNKNOWN:
            yield context.finding(
                f"{table}.{name} loses its default: {insert} stores NULL {until}; if the "
                "column is NOT NULL, which the known schema does not say, it fails (23502).",
                help=later,
                confidence=Confidence.LOW,
            )
        case _:
            yield context.finding(
                f"{table}.{name} loses its default: {insert} stores NULL {until}; readers are "
                "used to a value.",
                help=later,
            )


def _filled_again(table: Name, name: str, context: Context) -> Applied | None:
    """Return what gives the column a default or an identity again in this deploy."""
    for applied in context.later():
        column = applied.after.column(table, name)
        if column is not None and column.fills_itself:
            return applied
    return None


def _is_filled_by_trigger(table: Name, name: str, context: Context) -> bool:
    """Say whether a BEFORE INSERT trigger names the column: NOT NULL is checked after it."""
    return any(
        trigger.timing.upper() == "BEFORE"
        and "insert" in trigger.events
        and any(
            routine.body is not None and f"new.{name}" in "".join(routine.body.lower().split())
            for routine in context.catalog.routines(trigger.function)
        )
        for trigger in context.catalog.triggers(table)
    )
