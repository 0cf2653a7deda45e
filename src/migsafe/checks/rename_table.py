"""Tables renamed while running code knows the old name."""

from collections.abc import Iterator

from migsafe.context import Applied, Context, line_of
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import CreateView, RenameTable
from migsafe.writing import quoting


def check_operation(operation: RenameTable, context: Context) -> Iterator[Finding]:
    """Report a renamed table, unless its transaction leaves a view under the old name."""
    table, new = operation.table, operation.new_name
    if not context.is_live(table) or _was_named_here(table, context):
        return
    if _is_kept_as_view(operation, context):
        return
    state = context.catalog.table(table)
    if state is not None and state.partition_of is not None:
        yield context.finding(
            f"Renaming the partition {table} to {new}: statements on {state.partition_of} go on, "
            f"those that name {table} itself fail (42P01); {context.waits(table)}.",
            help=f"Make sure that no code and no job names {table}.",
            case="partition",
            confidence=Confidence.LOW,
        )
        return
    taker = _taker(context.catalog.key(table), context)
    if taker is not None:
        yield context.finding(
            f"{table} is swapped for another table that takes its name on "
            f"{line_of(taker, context.current)}: what running code writes before the swap and was "
            "not copied is missing afterwards, and grants, foreign keys of other tables and "
            f"prepared statements stay with {new}; {context.waits(table)}.",
            help="Sync both tables with triggers before the swap, and keep the old one until no "
            "rollback needs it.",
        )
        return
    yield context.finding(
        f"Renaming {table} to {new}: every statement of {context.old_code} that names {table} "
        f"fails (42P01) {context.until_gone}{context.new_code(f'names {new}', 'fails (42P01)')}; "
        f"{context.waits(table)}.",
        help=f"Keep the table's name and map it in code, or CREATE VIEW {quoting.name(table)} AS "
        f"TABLE {quoting.name(table.beside(new))} in the same transaction.",
    )


def _was_named_here(table: Name, context: Context) -> bool:
    """Say whether the deploy gave the table this name: running code knows an older one."""
    key = context.catalog.key(table)
    return any(
        isinstance(applied.operation, RenameTable)
        and applied.before.key(applied.operation.table).beside(applied.operation.new_name) == key
        for applied in context.earlier()
    )


def _is_kept_as_view(operation: RenameTable, context: Context) -> bool:
    key = context.catalog.key(operation.table)
    names = {key.beside(operation.new_name)}
    for applied in context.later():
        if not context.in_same_transaction(applied):
            return False
        match applied.operation:
            case RenameTable(table=old, new_name=new) if applied.before.key(old) in names:
                names.add(applied.before.key(old).beside(new))
            case CreateView(view=view, query=query) if applied.before.key(view) == key:
                return not names.isdisjoint(applied.before.key(read) for read in query.relations)
            case _:
                pass
    return False


def _taker(key: Name, context: Context) -> Applied | None:
    for applied in context.later():
        match applied.operation:
            case RenameTable(table=old, new_name=new) if applied.before.key(old).beside(new) == key:
                return applied
            case _:
                pass
    return None
