"""Defaults that change what running code's INSERT stores."""

from collections.abc import Iterator

from migsafe.context import Context, clipped
from migsafe.model.compatibility import OldStatement, Outcome
from migsafe.model.effects import Certain
from migsafe.model.expressions import Expression
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import AlterDomain, DomainAction, SetDefault


def check_operation(operation: SetDefault | AlterDomain, context: Context) -> Iterator[Finding]:
    """Report a default of the released schema that becomes another one."""
    match operation:
        case SetDefault(default=default) if default.sql.upper() != "NULL":
            yield from _changed(operation, context)
        case AlterDomain(
            action=DomainAction.SET_DEFAULT, domain=domain, default=Expression() as new
        ):
            state = context.catalog.domain(domain)
            if context.is_live(domain) and (state is None or state.default != new):
                yield context.finding(
                    f"The default of the domain {domain} is {clipped(new.sql)} from here on: an "
                    "INSERT of running code that leaves out a column of this type stores it.",
                    help=_EXPECTED,
                )
        case SetDefault() | AlterDomain():
            pass


_EXPECTED = "Make sure that running code and its readers can live with the new value."


def _changed(operation: SetDefault, context: Context) -> Iterator[Finding]:
    table, name, default = operation.table, operation.column, operation.default
    if not context.is_live(table) or context.is_new_column(table, name):
        return
    if isinstance(context.effects.fails, Certain) or context.goes_here(table, name):
        return
    outcome = context.compatibility.outcome(OldStatement.INSERT_MINIMAL)
    released = context.ship.before.column(table, name)
    before = None if released is None else released.default
    if before is not None and _value(before) == _value(default):
        # A change of type often needs the same default put back.
        return
    if outcome is Outcome.WORKS:
        return
    known = outcome is not Outcome.UNKNOWN
    stored = "its old default" if not known else "NULL" if before is None else clipped(before.sql)
    yield context.finding(
        f"An INSERT INTO {table} of running code that leaves {name} out stores "
        f"{clipped(default.sql)} from here on, where it stored {stored}; code that takes the "
        "default from its own model goes on to write the old one.",
        help=_EXPECTED,
        confidence=Confidence.HIGH if known else Confidence.LOW,
    )


def _value(default: Expression) -> str:
    """Return the text of a default without the cast that a literal may carry."""
    literal, cast, _ = default.sql.partition("::")
    return literal if cast and literal.endswith("'") else default.sql
