"""Enum labels used in the transaction that adds them."""

from collections.abc import Iterable, Iterator

from migsafe.context import Applied, Context
from migsafe.model.effects import Certain, TransactionNeed
from migsafe.model.expressions import Expression, Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AddEnumValue,
    AlterColumnType,
    ChangePolicy,
    Check,
    Column,
    CreateEnum,
    CreateIndex,
    CreateRoutine,
    CreateTable,
    CreateTableAs,
    CreateTrigger,
    CreateView,
    Delete,
    Insert,
    Merge,
    Select,
    SetDefault,
    Update,
)
from migsafe.writing.quoting import literal
from migsafe.writing.tokens import tokens

_OF_A_NEW_TYPE = 17
"""From this version on a label of a type that the transaction made can be used in it."""


def check_operation(operation: AddEnumValue, context: Context) -> Iterator[Finding]:
    """Report the first statement that uses a label before the COMMIT that makes it usable."""
    effects = context.effects
    if effects.transaction is not TransactionNeed.UNCOMMITTED_USE or isinstance(
        effects.fails, Certain
    ):
        return
    if context.version >= _OF_A_NEW_TYPE and _is_type_made_here(operation, context):
        return
    for applied in context.later():
        if not context.in_same_transaction(applied):
            continue
        confidence = _uses(applied, operation)
        if confidence is None:
            continue
        certain = context.current.transaction.certain
        yield context.finding(
            f"This uses the label {operation.label!r} of {operation.type} in the transaction that "
            f"adds it on line {context.current.line}, and fails (55P04): a new label can be used "
            "only after COMMIT.",
            help=_help(context),
            case="default" if certain else "unknown runner",
            at=applied,
            confidence=confidence if certain else Confidence.LOW,
        )
        return


def _is_type_made_here(operation: AddEnumValue, context: Context) -> bool:
    key = context.catalog.key(operation.type)
    return any(
        isinstance(applied.operation, CreateEnum)
        and applied.before.key(applied.operation.type) == key
        and context.in_same_transaction(applied)
        for applied in context.earlier()
    )


def _help(context: Context) -> str:
    if context.current.origin.call_span is not None:
        return (
            "Put the ALTER TYPE into `with op.get_context().autocommit_block():`, or into a "
            "revision that is released before this one."
        )
    return "Put the ALTER TYPE into a migration of its own, which commits before this one."


def _uses(applied: Applied, added: AddEnumValue) -> Confidence | None:  # noqa: C901, PLR0912  # one a kind
    """Say how sure it is that an operation uses the label; None if it does not."""
    operation, word = applied.operation, literal(added.label)
    columns = dict(applied.before.enum_users(added.type))
    match operation:
        case SetDefault(table=table, column=column, default=default):
            return _given(default, applied, table, column, added.type, word)
        case AddColumn(column=column):
            return _in_column(column, added.type, word)
        case CreateTable(columns=made):
            found = [_in_column(column, added.type, word) for column in made]
            return next((each for each in found if each is not None), None)
        case AddConstraint(table=table, constraint=Check(expression=expression)):
            return _in_expression(expression, applied, table, added.type, word)
        case CreateIndex(table=table, where=Expression() as where):
            return _in_expression(where, applied, table, added.type, word)
        case Update(table=table, assignments=assignments, where=where):
            for each in assignments:
                sure = _given(each.value, applied, table, each.column, added.type, word)
                if sure is not None:
                    return sure
            return _in_expression(where, applied, table, added.type, word)
        case Delete(table=table, where=where):
            return _in_expression(where, applied, table, added.type, word)
        case Insert(table=table, columns=named, sql=sql):
            if not _says(sql, word):
                return None
            return _any_of_type(applied, table, named, added.type)
        case (
            Merge(sql=sql)
            | ChangePolicy(sql=sql)
            | CreateTrigger(sql=sql)
            | CreateRoutine(language="sql", sql=sql)
        ):
            return _beside_type(sql, added.type, columns, word)
        case CreateView(query=query) | CreateTableAs(query=query) | Select(query=query):
            return _beside_type(query.sql, added.type, columns, word)
        case AlterColumnType(using=Expression(sql=sql), type=kind) if kind is not None:
            same = kind.name == added.type.name
            return Confidence.HIGH if same and _says(sql, word) else None
        case _:
            return None


def _says(sql: str, word: str) -> bool:
    return word in sql and word in set(tokens(sql))


def _given(
    value: Expression, applied: Applied, table: Name, column: str, name: Name, word: str
) -> Confidence | None:
    """Judge a value that a column is given."""
    if value.opaque or not _says(value.sql, word):
        return None
    return _any_of_type(applied, table, (column,), name)


def _in_column(column: Column, name: Name, word: str) -> Confidence | None:
    if column.type is None or column.default is None or column.type.name != name.name:
        return None
    return None if column.default.opaque or not _says(column.default.sql, word) else Confidence.HIGH


def _in_expression(
    expression: Expression | None, applied: Applied, table: Name, name: Name, word: str
) -> Confidence | None:
    """Judge a condition: a label is compared with a column of the type, not with text."""
    if expression is None or expression.opaque or not _says(expression.sql, word):
        return None
    if "::text" in expression.sql or "::character varying" in expression.sql:
        return None
    return _any_of_type(applied, table, expression.columns, name)


def _any_of_type(
    applied: Applied, table: Name, columns: Iterable[str], name: Name
) -> Confidence | None:
    state = applied.before.table(table)
    named = tuple(columns) or tuple(each.name for each in (state.columns if state else ()))
    found = {_is_of_type(applied, table, column, name) for column in named} or {None}
    if True in found:
        return Confidence.HIGH
    return Confidence.LOW if None in found else None


def _is_of_type(applied: Applied, table: Name, column: str, name: Name) -> bool | None:
    """Say whether a column is of the enum, None where that is not known."""
    state = applied.before.column(table, column)
    if state is None or state.type is None:
        return None
    return state.type.name == name.name


def _beside_type(sql: str, name: Name, columns: dict[Name, str], word: str) -> Confidence | None:
    """Judge SQL of which only the words are known: does it name the type or a column of it?"""
    if not _says(sql, word):
        return None
    words = {each.lower().strip('"') for each in tokens(sql)}
    named = name.name in words or any(
        table.name in words and column in words for table, column in columns.items()
    )
    return Confidence.HIGH if named else None
