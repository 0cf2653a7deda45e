"""Views that show rows which row security hides."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import CreateView, Option

_INVOKER_SINCE = 15
_ON = frozenset({"true", "on", "1", "yes"})


def check_operation(operation: CreateView, context: Context) -> Iterator[Finding]:
    """Report a view over a protected table that reads it as the view's owner."""
    if any(_is_invoker(option) for option in operation.options):
        return
    protected = [
        str(relation)
        for relation in operation.query.relations
        if "row security" in context.catalog.settings(relation)
    ]
    if not protected:
        return
    view, tables = operation.view, ", ".join(protected)
    what = "keeps a copy of rows" if operation.materialized else "reads as its owner"
    yield context.finding(
        f"{view} {what}, so whoever may read it sees every row of {tables} that its owner may see, "
        f"whatever the policies of {tables} say.",
        help=_help(operation, tables, context),
        relations=(view,),
    )


def _help(operation: CreateView, tables: str, context: Context) -> str:
    if operation.materialized:
        return f"Leave {tables} out, or grant {operation.view} to no role that policies restrict."
    if context.version < _INVOKER_SINCE:
        return (
            f"Read {tables} directly: before PostgreSQL {_INVOKER_SINCE} a view always reads as "
            "its owner."
        )
    return f"CREATE VIEW {operation.view} WITH (security_invoker = true) AS …."


def _is_invoker(option: Option) -> bool:
    value = option.value
    return option.name.lower() == "security_invoker" and (value is None or value.lower() in _ON)
