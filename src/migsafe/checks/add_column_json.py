"""New columns of a type that cannot be compared."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.effects import Certain
from migsafe.model.findings import Finding
from migsafe.model.operations import AddColumn

_WITHOUT_EQUALITY = frozenset({"json", "xml", "point", "polygon"})


def check_operation(operation: AddColumn, context: Context) -> Iterator[Finding]:
    """Report a column of type json, or another without `=`, on a released table."""
    table, column = operation.table, operation.column
    if column.type is None or column.type.name not in _WITHOUT_EQUALITY:
        return
    if not context.is_live(table) or isinstance(context.effects.fails, Certain):
        return
    yield context.finding(
        f"{column.type} has no =: DISTINCT, UNION or GROUP BY in a query of running code that "
        f"takes all columns of {table} fails (42883) from here on.",
        help=_help(column.type.name, context),
        case="default" if column.type.name == "json" else "other type",
    )


def _help(type_: str, context: Context) -> str:
    if type_ != "json":
        return "Make sure that no query does that."
    return "Use postgresql.JSONB()." if context.is_call else "Use jsonb."
