"""Columns renamed while running code knows the old name."""

from collections.abc import Iterator

from migsafe.catalog.text import mentions
from migsafe.context import Context
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.operations import (
    AddColumn,
    CreateView,
    ObjectKind,
    RenameColumn,
    RenameTable,
)


def check_operation(operation: RenameColumn, context: Context) -> Iterator[Finding]:
    """Report a renamed column, unless its transaction keeps the old name."""
    table, name, new = operation.table, operation.column, operation.new_name
    if operation.kind is ObjectKind.TYPE or not context.is_live(table):
        return
    if context.is_new_column(operation.table, operation.column):
        return
    match _keeps_the_name(operation, context):
        case CreateView():
            return
        case AddColumn():
            yield context.finding(
                f"Renaming {table}.{name} to {new}: the generated column {name} serves those who "
                f"read it; an INSERT or UPDATE of {context.old_code} that gives {name} a value "
                f"fails (428C9) {context.until_gone}"
                f"{context.new_code(f'names {new}', 'fails (42703)')}.",
                help=f"Make sure that no running code writes {name}; else add {new}, sync both "
                f"with a trigger, and drop {name} in a later deploy.",
                case="readers only",
            )
            return
        case _:
            pass
    yield context.finding(
        f"Renaming {table}.{name} to {new}: every statement of {context.old_code} that names "
        f"{name} fails (42703) {context.until_gone}"
        f"{context.new_code(f'names {new}', 'fails (42703)')}; {context.waits(table)}.",
        help=f"Keep the column's name and map it in code; or add {new}, sync both with a "
        f"trigger, switch the code, and drop {name} in a later deploy.",
    )


def _keeps_the_name(operation: RenameColumn, context: Context) -> AddColumn | CreateView | None:
    """Return what the transaction leaves that answers to the old name, None if nothing does.

    A generated column under the old name, or a view under the table's released name.
    """
    key = context.catalog.key(operation.table)
    names = _names_before(key, context)
    current = key
    for applied in context.later():
        if not context.in_same_transaction(applied):
            return None
        match applied.operation:
            case RenameTable(table=old, new_name=new) if applied.before.key(old) == current:
                names.add(current)
                current = current.beside(new)
            case AddColumn(table=table, column=column) as added if (
                applied.before.key(table) == current and column.name == operation.column
            ):
                return added if column.generated is not None else None
            case CreateView(view=view, query=query, columns=columns) as made if applied.before.key(
                view
            ) in names and current in {applied.before.key(read) for read in query.relations}:
                offers = operation.column in columns or mentions(query.sql, operation.column)
                return made if offers else None
            case _:
                pass
    return None


def _names_before(key: Name, context: Context) -> set[Name]:
    names: set[Name] = set()
    current = key
    for applied in reversed(tuple(context.earlier())):
        match applied.operation:
            case RenameTable(table=old, new_name=new) if (
                context.in_same_transaction(applied)
                and applied.before.key(old).beside(new) == current
            ):
                current = applied.before.key(old)
                names.add(current)
            case _:
                pass
    return names
