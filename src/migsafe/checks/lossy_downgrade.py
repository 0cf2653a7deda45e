"""Ways down that throw away values which cannot be had again."""

from collections.abc import Iterator

from migsafe.catalog.text import mentions
from migsafe.context import Applied, Context, line_of
from migsafe.model.compatibility import Loss
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.migration import Migration
from migsafe.model.operations import (
    AlterColumnType,
    Delete,
    DropColumn,
    DropTable,
    Insert,
    Truncate,
    Update,
)

_CLOCKS = {"timestamp with time zone", "timestamp without time zone"}


def check_migration(migration: Migration, context: Context) -> Iterator[Finding]:
    """Report what the way down removes or alters although the way up moved data into it."""
    if context.settings.downgrades == "off" or migration.down is None:
        return
    ups = [each for each in context.ship.up if each.migration is migration]
    downs = [each for each in context.ship.down if each.migration is migration]
    found = [
        (applied, lost)
        for at, applied in enumerate(downs)
        if (lost := _lost(applied, ups, downs[:at])) is not None
    ]
    for (applied, lost), *others in context.said_once(found, lambda each: each[0]):
        more = f"; {len(others)} more of its steps lose values too" if others else ""
        yield context.finding(
            f"The way down {lost}{more}.",
            help="Roll back code and keep the schema; else have the way down copy the values back "
            "first.",
            at=applied,
        )


def _lost(applied: Applied, ups: list[Applied], before: list[Applied]) -> str | None:
    key = applied.before.key
    match applied.operation:
        case DropColumn(table=table, column=column):
            filled = _filled(key(table), column, ups)
            if filled is None or _reads(before, column):
                return None
            return (
                f"drops {table}.{column}, which the way up fills ({line_of(filled, applied)}): "
                "what new code has written to it since is gone"
            )
        case DropTable(table=table):
            filled = _copied(key(table), ups)
            if filled is None or _reads(before, table.name):
                return None
            return (
                f"drops {table}, into which the way up moves rows ({line_of(filled, applied)}): "
                "what new code has written to it since is gone"
            )
        case AlterColumnType(table=table, column=column, type=to) if (
            applied.compatibility.loses is Loss.VALUES and not _moves_a_clock(applied)
        ):
            return f"changes {table}.{column} to {to}, which alters values without an error"
        case Truncate(tables=tables) if not all(_is_made(key(name), ups) for name in tables):
            return f"removes every row of {', '.join(map(str, tables))}"
        case Delete(table=table, where=None) if not _is_made(key(table), ups):
            return f"removes every row of {table}"
        case _:
            return None


def _moves_a_clock(applied: Applied) -> bool:
    """Say whether a type only loses its time zone: what the way up added by its rule."""
    match applied.operation:
        case AlterColumnType(table=table, column=name, type=to) if to is not None:
            column = applied.before.column(table, name)
            before = None if column is None or column.type is None else column.type.name
            return {before, to.name} == _CLOCKS
        case _:
            return False


def _filled(table: Name, column: str, ups: list[Applied]) -> Applied | None:
    """Return the step of the way up that moves data into a column; a constant is no data."""
    for each in ups:
        match each.operation:
            case Update(table=to, assignments=assignments) if each.before.key(to) == table:
                if any(
                    one.column == column and not one.value.constant and one.value.sql != "NULL"
                    for one in assignments
                ):
                    return each
            case _:
                pass
    return None


def _copied(table: Name, ups: list[Applied]) -> Applied | None:
    """Return the step of the way up that copies rows of another table into a new one."""
    for each in ups:
        match each.operation:
            case Insert(table=to, query=query) if query is not None and query.relations:
                if each.before.key(to) == table:
                    return each
            case _:
                pass
    return None


def _reads(before: list[Applied], name: str) -> bool:
    """Say whether an earlier step of the way down copies from what is dropped."""
    return any(
        isinstance(each.operation, Update | Insert) and mentions(each.operation.sql, name)
        for each in before
    )


def _is_made(table: Name, ups: list[Applied]) -> bool:
    return bool(ups) and table in ups[-1].made
