"""Tables copied by the migration itself, in one long transaction."""

from collections.abc import Iterator

from migsafe.catalog.schema import Existence
from migsafe.context import Context, some
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.operations import (
    CreateTableAs,
    CreateView,
    Insert,
    ObjectKind,
    Query,
    RefreshView,
)
from migsafe.writing import quoting

_Copying = CreateTableAs | Insert | CreateView | RefreshView


def check_operation(operation: _Copying, context: Context) -> Iterator[Finding]:
    """Report a statement that reads a whole live table to write its rows elsewhere."""
    match operation:
        case CreateTableAs(with_data=True, query=query, table=target):
            words = f"CREATE TABLE {target} AS"
        case CreateView(materialized=True, with_data=True, query=query, view=target):
            words = f"CREATE MATERIALIZED VIEW {target}"
        case Insert(query=Query(has_where=False) as query, table=target):
            words = f"INSERT INTO {target}"
        case RefreshView(with_data=True, view=target) if _is_made_with_it(target, context):
            # The same as to create it with its data.
            state = context.catalog.view(target)
            if state is None:
                return
            query, words = state.query, f"REFRESH MATERIALIZED VIEW {target}"
        case _:
            return
    sources = _sources(query, context)
    if not sources or (isinstance(operation, Insert) and context.is_under_a_lock):
        return
    read = some(sources)
    big = context.how_big(sources[0])
    view = isinstance(operation, CreateView | RefreshView)
    until = "COMMIT" if context.current.transaction.is_open else "it is done"
    # A swap is drop-table's subject, and what it loses.
    scratch = isinstance(operation, CreateTableAs) and operation.temporary
    swapped = all(
        context.ship.after.existence(ObjectKind.TABLE, name) is Existence.ABSENT
        or name in context.ship.created
        for name in sources
    )
    missed = (
        ""
        if view or swapped or scratch
        else f", and what running code writes to {read} meanwhile is not in the copy"
    )
    locks = (
        f"it keeps its transaction's locks{',' if missed else ' and'} "
        if context.is_under_a_lock
        else ""
    )
    yield context.finding(
        f"{words} copies what it reads of {read} in one go{big}: until {until} {locks}VACUUM "
        f"clears away nothing that it may still see{missed}.",
        help=_help(operation),
        relations=sources,
    )


def _sources(query: Query, context: Context) -> tuple[Name, ...]:
    """Return the live relations that the query reads, be it through views of the deploy."""
    found: dict[Name, None] = {}
    seen: set[Name] = set()
    left = list(query.relations)
    while left:
        key = context.catalog.key(left.pop(0))
        view = context.catalog.view(key)
        if context.is_busy(key):
            found[key] = None
        elif view is not None and not view.materialized and key not in seen:
            left.extend(view.query.relations)
        seen.add(key)
    return tuple(found)


def _is_made_with_it(view: Name, context: Context) -> bool:
    """Say whether the transaction of a REFRESH has made the view."""
    key = context.catalog.key(view)
    return any(
        isinstance(applied.operation, CreateView)
        and applied.before.key(applied.operation.view) == key
        and context.in_same_transaction(applied)
        for applied in context.earlier()
    )


def _help(operation: _Copying) -> str:
    if isinstance(operation, RefreshView):
        return "REFRESH it in a migration of its own, when nobody reads it yet."
    if isinstance(operation, CreateView):
        return (
            f"CREATE MATERIALIZED VIEW {quoting.name(operation.view)} … WITH NO DATA, and "
            "REFRESH it in a migration of its own."
        )
    if isinstance(operation, CreateTableAs) and operation.temporary:
        return (
            "Work through the rows in batches over a range of the key, each batch a transaction of "
            "its own."
        )
    return (
        "Make the table empty, keep it equal with a trigger, and copy in batches over a range of "
        "the key, each batch a transaction of its own."
    )
