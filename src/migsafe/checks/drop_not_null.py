"""Columns that may be NULL from here on, while running code was promised that they are not."""

from collections.abc import Iterator

from migsafe.catalog.text import proves_not_null
from migsafe.context import Applied, Context, line_of
from migsafe.model.compatibility import OldStatement, Outcome
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import (
    AlterDomain,
    Check,
    DomainAction,
    DropConstraint,
    DropNotNull,
    Insert,
    NotNull,
    SetNotNull,
    Update,
)


def check_operation(
    operation: DropNotNull | DropConstraint | AlterDomain, context: Context
) -> Iterator[Finding]:
    """Report NOT NULL that goes from a column of the released schema."""
    match operation:
        case DropNotNull(table=table, column=column):
            yield from _dropped(table, column, context)
        case DropConstraint(table=table, constraint=str() as name):
            state = context.catalog.constraint(table, name)
            if state is not None and isinstance(state.constraint, NotNull):
                yield from _dropped(table, state.constraint.column, context)
        case AlterDomain(domain=domain, action=DomainAction.DROP_NOT_NULL):
            known = context.catalog.domain(domain)
            if context.is_live(domain) and (known is None or not known.nullable):
                yield context.finding(
                    f"The domain {domain} takes NULL from here on: {context.old_code} reads NULL "
                    "in the columns of this type as soon as somebody has written one, and the "
                    f"first NULL closes the way back{_too_early(context)}.",
                    help=_first(context),
                )
        case DropConstraint() | AlterDomain():
            pass


def _first(context: Context) -> str:
    return f"Deploy code that reads NULL there first, and write NULL only {context.none_older}."


def _too_early(context: Context) -> str:
    return context.new_code("writes NULL there", "is refused (23502)")


def _dropped(table: Name, name: str, context: Context) -> Iterator[Finding]:
    if not context.is_live(table) or context.is_new_column(table, name):
        return
    if context.goes_here(table, name):
        return
    match context.effects.fails:
        case Certain(sqlstate=state, reason=reason):
            if state != _NO_SUCH_COLUMN:
                yield context.finding(
                    f"DROP NOT NULL on {table}.{name}: the statement itself is refused ({state}), "
                    f"because {reason}.",
                    help="Leave it out, or drop the primary key or identity first.",
                )
            return
        case _:
            pass
    column = context.catalog.column(table, name)
    reads = context.compatibility.outcome(OldStatement.SELECT_NAMED)
    if reads is Outcome.WORKS and column is not None:
        return
    if _is_refused_otherwise(table, name, context) or _comes_back(table, name, context):
        return
    writer = _writes_null(table, name, context)
    if writer is not None:
        yield context.finding(
            f"{table}.{name} loses NOT NULL, and {line_of(writer, context.current)} of this deploy "
            f"writes NULL there: {context.old_code}, which was promised a value, reads it "
            f"{_when(context)}, and SET NOT NULL fails (23502) on the way back.",
            help="Deploy code that reads NULL there first, and write the first NULL in a "
            "later deploy.",
            case="writes NULL",
        )
        return
    known = column is not None and column.nullable is False
    yield context.finding(
        f"{table}.{name} may be NULL from here on: {context.old_code}, which was promised a value, "
        "reads NULL as soon as new code has written one, and SET NOT NULL fails (23502) on the "
        f"way back after the first{_too_early(context)}.",
        help=_first(context),
        confidence=Confidence.HIGH if known else Confidence.LOW,
    )


_NO_SUCH_COLUMN = "42703"


def _when(context: Context) -> str:
    return context.until_gone if context.code_ships_first else "at once"


def _is_refused_otherwise(table: Name, name: str, context: Context) -> bool:
    """Say whether an enforced CHECK goes on to refuse NULL, validated or not."""
    return any(
        isinstance(state.constraint, Check)
        and state.constraint.enforced
        and proves_not_null(state.constraint.expression.sql, name)
        for state in context.current.after.constraints_on(table, name)
    )


def _comes_back(table: Name, name: str, context: Context) -> bool:
    return any(
        isinstance(applied.operation, SetNotNull)
        and applied.operation.column == name
        and applied.before.key(applied.operation.table) == context.catalog.key(table)
        and context.in_same_transaction(applied)
        for applied in context.later()
    )


def _writes_null(table: Name, name: str, context: Context) -> Applied | None:
    key = context.catalog.key(table)
    for applied in context.later():
        match applied.operation:
            case Update(table=where, assignments=assignments) if applied.before.key(where) == key:
                if any(
                    each.column == name and each.value.sql.upper() == "NULL" for each in assignments
                ):
                    return applied
            case Insert(table=where, columns=columns) if (
                applied.before.key(where) == key and columns and name not in columns
            ):
                column = applied.before.column(where, name)
                if column is not None and not column.fills_itself:
                    return applied
            case _:
                pass
    return None
