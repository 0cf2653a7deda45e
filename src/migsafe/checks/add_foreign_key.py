"""Foreign keys that look up every row while writers of both tables wait."""

from collections.abc import Iterable, Iterator

from migsafe.catalog.schema import TableKind
from migsafe.context import Context, line_of
from migsafe.effects.emptied import filled
from migsafe.model.effects import OnData
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.operations import AddConstraint, ForeignKey
from migsafe.writing import quoting

_NOT_VALID_ON_PARTITIONED = 18


def check_operation(operation: AddConstraint, context: Context) -> Iterator[Finding]:
    """Report a foreign key that is validated while its locks are held."""
    table, key = operation.table, operation.constraint
    if not isinstance(key, ForeignKey) or not context.effects.scans or not context.is_busy(table):
        return
    lock = context.effects.lock_on(context.catalog.key(table))
    # A parent that this deploy makes has no writers yet.
    waiting = dict.fromkeys(
        (table, *((key.referenced,) if context.is_busy(key.referenced) else ()))
    )
    match context.effects.fails:
        case OnData(sqlstate=state) if not _stays_null(table, key, context):
            refused = f"; a row without its parent fails the migration ({state})"
        case _:
            refused = ""
    label = f"foreign key {key.name}" if key.name else f"foreign key to {key.referenced}"
    blocked = "" if lock is None else lock.blocks
    yield context.finding(
        f"Adding the {label} looks up every row of {table} under its {lock} lock: {blocked} "
        f"to {' and '.join(map(str, waiting))} wait until it is done{_reads(waiting, context)}"
        f"{refused}.",
        help=_help(operation, key, context),
    )


def _reads(waiting: Iterable[Name], context: Context) -> str:
    """Return whose reads wait as well, because the transaction has locked more before."""
    here = context.current
    shut: list[str] = []
    for name in waiting:
        by = context.shut_by(name)
        if by is not None:
            lock = by.effects.lock_on(context.catalog.key(name))
            same = by.statement is here.statement
            place = "this statement" if same else line_of(by, here)
            shut.append(f"{name} ({lock} lock of {place})")
    return f", and so do reads of {' and '.join(shut)}" if shut else ""


def _help(operation: AddConstraint, key: ForeignKey, context: Context) -> str:
    table, called = operation.table, context.current.origin.call_span is not None
    if _is_new_and_empty(operation, key, context):
        if called:
            column = key.referenced_columns[0] if key.referenced_columns else "id"
            return (
                f'Pass inline_references=True to op.add_column with sa.ForeignKey("'
                f'{key.referenced}.{column}"): a new column has nothing to look up.'
            )
        columns = (
            f" ({quoting.identifiers(key.referenced_columns)})" if key.referenced_columns else ""
        )
        return (
            f"Write REFERENCES {quoting.name(key.referenced)}{columns} in ADD COLUMN "
            f"{quoting.identifier(key.columns[0])} itself: "
            "a new column without default has nothing to look up."
        )
    state = context.catalog.table(table)
    if (
        state is not None
        and state.kind is TableKind.PARTITIONED
        and context.version < _NOT_VALID_ON_PARTITIONED
    ):
        return (
            "Add it NOT VALID to each partition and validate it there, then add it to "
            f"{table}, which takes over what its partitions have. From PostgreSQL 18 on a "
            "partitioned table takes NOT VALID itself."
        )
    python = " (postgresql_not_valid=True)" if called else ""
    name = "" if key.name else "Name it. "
    return (
        f"{name}Add it NOT VALID{python}, and ALTER TABLE {quoting.name(table)} VALIDATE "
        f"CONSTRAINT {quoting.identifier(key.name) if key.name else '…'} in a later migration, "
        "which lets reads and writes pass."
    )


def _stays_null(table: Name, key: ForeignKey, context: Context) -> bool:
    """Say whether the deploy has added a column of the key, and nothing has written rows since."""
    columns = [context.catalog.column(table, column) for column in key.columns]
    new = any(
        column is not None and not column.fills_itself and context.is_made_here(column.made_by)
        for column in columns
    )
    shut = frozenset({context.catalog.key(table)})
    # Code that ships first may have begun to write it.
    return (
        new
        and not key.match_full
        and not context.code_ships_first
        and all(filled(shut, applied.effects) for applied in context.earlier())
    )


def _is_new_and_empty(operation: AddConstraint, key: ForeignKey, context: Context) -> bool:
    if len(key.columns) != 1:
        return False
    column = context.catalog.column(operation.table, key.columns[0])
    return column is not None and not column.fills_itself and context.is_made_here(column.made_by)
