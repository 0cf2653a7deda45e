"""Pieces of SQL inside a revision's arguments, read by the parser."""

from functools import lru_cache

from migsafe.model.expressions import Expression, Name
from migsafe.model.operations import Operation
from migsafe.model.origin import SectionName
from migsafe.parsers import ParseError
from migsafe.parsers.sql import Placement, read_expression, read_sql
from migsafe.sources.alembic.values import (
    NoDefault,
    SaColumn,
    SaSequence,
    SqlText,
    Unknown,
    Value,
)
from migsafe.writing.quoting import identifier, literal
from migsafe.writing.quoting import name as quoted

_NOWHERE = Placement("", SectionName.UP)


@lru_cache(maxsize=4096)
def expression(sql: str) -> Expression:
    """Return an expression; an opaque one if the parser refuses it."""
    try:
        return read_expression(sql)
    except ParseError:
        return Expression(sql, opaque=True)


def operations(sql: str) -> tuple[Operation, ...]:
    """Return the operations of a statement that was put together from known parts."""
    read = read_sql(sql, _NOWHERE)
    return tuple(each for statement in read.statements for each in statement.operations)


def condition(value: Value) -> Expression:
    """Return the expression of a CHECK or WHERE argument: SQL as a string or `text`."""
    if isinstance(value, str):
        return expression(value)
    if isinstance(value, SqlText):
        return expression(value.sql)
    return _opaque(value)


def default(value: Value) -> Expression | None:
    """Return the expression of a `server_default`: a plain string becomes a literal."""
    match value:
        case None | NoDefault():
            return None
        case str():
            return expression(literal(value))
        case SqlText():
            return expression(value.sql)
        case SaSequence():
            return expression(next_value(value.name))
        case _:
            return _opaque(value)


def next_value(sequence: Name) -> str:
    """Return the call that takes a sequence's next value."""
    return f"nextval({literal(quoted(sequence))})"


def rendered(value: Value) -> str | None:
    """Return a value as it stands in SQL as a function's argument, None if unknown."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case str():
            return literal(value)
        case int() | float():
            return str(value)
        case SqlText():
            return value.sql
        case SaColumn():
            return identifier(value.name)
        case _:
            return None


def _opaque(value: Value) -> Expression:
    # The reason is the nearest thing to a text that there is.
    reason = value.reason if isinstance(value, Unknown) else "not known"
    return Expression(f"/* {reason} */", opaque=True)
