"""Constraints that refuse rows which running code still writes."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.syncing import fills
from migsafe.catalog.text import proves_not_null
from migsafe.catalog.uniqueness import is_deferrable
from migsafe.context import Applied, Context, clipped, line_of
from migsafe.model.expressions import Expression, Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AlterConstraint,
    AlterDomain,
    Check,
    Column,
    Constraint,
    CreateIndex,
    DomainAction,
    Exclusion,
    ForeignKey,
    NotNull,
    PrimaryKey,
    ReferentialAction,
    Unique,
    Update,
)


def check_operation(
    operation: AddConstraint | AddColumn | CreateIndex | AlterConstraint | AlterDomain,
    context: Context,
) -> Iterator[Finding]:
    """Report a restriction where it starts, whether or not it is validated there."""
    match operation:
        case (
            AddConstraint(table=table, constraint=Unique() | PrimaryKey() | Exclusion(), only=True)
            | CreateIndex(table=table, only=True)
        ) if context.catalog.is_partitioned(table):
            # Its partitions hold the rows, and have no such index yet.
            pass
        case AddConstraint(table=table, constraint=constraint) if context.is_live(table):
            yield from _added(table, constraint, context)
        case AddColumn(table=table, column=column, constraints=constraints) if context.is_live(
            table
        ):
            for constraint in constraints:
                yield from _inline(table, column, constraint, context)
        case CreateIndex(unique=True, table=table) if context.is_live(table):
            yield from _unique_index(operation, context)
        case AlterConstraint(table=table, constraint=name) if context.is_live(table):
            yield from _altered(operation, table, name, context)
        case AlterDomain(
            domain=domain, action=DomainAction.ADD_CONSTRAINT | DomainAction.SET_NOT_NULL
        ) if context.is_live(domain):
            yield context.finding(
                f"{context.old_code.capitalize()} that writes a value against the new rule of the "
                f"domain {domain} is refused (23514 or 23502) in every table that uses it "
                f"{context.until_gone}.",
                help=f"Deploy code that keeps to the rule first, and add it {context.none_older}.",
            )
        case _:
            pass


# --- constraints ---------------------------------------------------------------------


def _added(table: Name, constraint: Constraint, context: Context) -> Iterator[Finding]:
    if fills(table, _rewritten_by_a_plan(constraint), context.catalog):
        return
    match constraint:
        case Check(enforced=True):
            if not _was_there(table, constraint, context):
                yield from _check(table, constraint, context)
        case ForeignKey(enforced=True):
            yield from _foreign_key(table, constraint, context)
        case Unique(using_index=None):
            yield from _keys(table, constraint.columns, None, context)
        case PrimaryKey():
            yield from _primary_key(table, constraint, context)
        case Exclusion():
            yield context.finding(
                f"{context.old_code.capitalize()} that writes to {table} a row which "
                f"{_named(constraint)} excludes is refused (23P01) {context.until_gone}.",
                help="Deploy code that avoids and handles the refusal first.",
            )
        case NotNull(valid=False, column=column):
            # A valid one is set-not-null's subject.
            yield context.finding(
                f"{context.old_code.capitalize()} that leaves {table}.{column} NULL is refused "
                f"(23502) {context.until_gone}, though existing rows are not looked at.",
                help=f"Deploy code that always writes {column} first.",
            )
        case Check() | ForeignKey() | Unique() | NotNull():
            pass


def _primary_key(table: Name, key: PrimaryKey, context: Context) -> Iterator[Finding]:
    """Report duplicates that are refused, unless an index did so before, and NULLs."""
    columns = key.columns
    if key.using_index is not None:
        index = context.catalog.index(context.catalog.key(table).beside(key.using_index))
        if index is None:
            yield context.finding(
                f"{context.old_code.capitalize()} that writes to {table} and leaves a column of "
                f"{key.using_index} NULL, if that takes NULL, is refused (23502) "
                f"{context.until_gone}; which columns those are, the known schema does not say.",
                help="Deploy code that always writes them first.",
                confidence=Confidence.LOW,
            )
            return
        columns = index.columns
    takes = {column: _takes_nulls(table, column, context) for column in columns}
    nulls = [column for column, does in takes.items() if does is not False]
    known = any(takes.values())
    perhaps = "" if known else ", if it takes NULL"
    left = "" if not nulls else f"leaves {' or '.join(nulls)} NULL (23502){perhaps}"
    repeated: tuple[Finding, ...] = ()
    if key.using_index is None:
        also = f", and so is code that {left}," if left else ""
        repeated = tuple(_keys(table, columns, None, context, also=also))
    yield from repeated
    if left and not repeated:
        yield context.finding(
            f"{context.old_code.capitalize()} that writes to {table} and {left}{',' * (not known)} "
            f"is refused {context.until_gone}.",
            help=f"Deploy code that always writes {' and '.join(nulls)} first.",
            confidence=Confidence.HIGH if known else Confidence.LOW,
        )


def _takes_nulls(table: Name, column: str, context: Context) -> bool | None:
    """Say whether a column takes NULL, None where that is not known."""
    state = context.catalog.column(table, column)
    if context.catalog.not_null_proven(table, column) or (state and state.nullable is False):
        return False
    return None if state is None or state.nullable is None else True


def _check(table: Name, check: Check, context: Context) -> Iterator[Finding]:
    columns = check.expression.columns
    if _are_new_and_empty(table, columns, context) and not any(
        proves_not_null(check.expression.sql, column) for column in columns
    ):
        return
    yield context.finding(
        f"{context.old_code.capitalize()} that writes to {table} a row against {_named(check)} is "
        f"refused (23514) {context.until_gone}.",
        help=f"Deploy code that writes only valid rows first, and add it {context.none_older}.",
    )


def _foreign_key(table: Name, key: ForeignKey, context: Context) -> Iterator[Finding]:
    parent, columns = key.referenced, ", ".join(key.columns)
    written = not _are_new_and_empty(table, key.columns, context)
    filler = None if written else _filler(table, key.columns, context)
    known, met = _was_there(table, key, context), context.is_live(parent)
    if key.on_delete is ReferentialAction.CASCADE and met and (written or filler is not None):
        if not _was_there(table, key, context, same_delete=True):
            yield _cascades(table, key, filler, context, refuses=written and not known)
        return
    if known:
        return
    if written:
        refused = f"writes to {table} a value of {columns} that {parent} lacks"
        also = ""
        if met and key.on_delete in _REFUSES:
            refused += f", or deletes from {parent} a row that {table} names,"
        elif met:
            also = f"; from here on {_meets(table, key)}"
        yield context.finding(
            f"{context.old_code.capitalize()} that {refused} is refused (23503) "
            f"{context.until_gone}{also}.",
            help=f"First deploy code that writes {parent} before {table} and deletes the other way "
            "round.",
        )
    elif met:
        when = f"Once new code fills {table}.{columns}"
        if filler is not None:
            filled = line_of(filler, context.current)
            when = f"With {table}.{columns}, which {filled} fills, naming rows of {parent}"
        yield context.finding(
            f"{when}, {_meets(table, key)}.",
            help=f"Make sure that code which deletes from {parent} expects it.",
            case="default" if filler is not None and key.on_delete in _REFUSES else "parent",
        )


_REFUSES = {ReferentialAction.NO_ACTION, ReferentialAction.RESTRICT}


def _cascades(
    table: Name, key: ForeignKey, filler: Applied | None, context: Context, *, refuses: bool
) -> Finding:
    parent, columns = key.referenced, ", ".join(key.columns)
    filled = "" if filler is None else f" ({line_of(filler, context.current)} fills it)"
    writes = ""
    if refuses:
        writes = (
            f"; code that writes to {table} a value of {columns} that {parent} lacks is "
            f"refused (23503) {context.until_gone}"
        )
    return context.finding(
        f"From here on {context.old_code} that deletes from {parent} deletes the rows of {table} "
        f"whose {columns}{filled} names the deleted row; they do not come back{writes}.",
        help="Use ON DELETE NO ACTION (the default), and let code delete what must go.",
        case="cascade",
    )


def _meets(table: Name, key: ForeignKey) -> str:
    deletes = f"a DELETE FROM {key.referenced} by running code"  # noqa: S608  # words
    match key.on_delete:
        case ReferentialAction.NO_ACTION | ReferentialAction.RESTRICT:
            return f"{deletes} is refused (23503) for rows that {table} names"
        case ReferentialAction.CASCADE:
            return f"{deletes} deletes the rows of {table} that name the deleted row"
        case ReferentialAction.SET_NULL | ReferentialAction.SET_DEFAULT:
            return f"{deletes} changes the rows of {table} that name the deleted row"


def _filler(table: Name, columns: tuple[str, ...], context: Context) -> Applied | None:
    """Return the step of the deploy that writes values into new columns."""
    key = context.catalog.key(table)
    for applied in (*context.earlier(), *context.later()):
        match applied.operation:
            case Update(table=to, assignments=assignments) if applied.before.key(to) == key:
                if any(
                    each.column in columns and each.value.sql.upper() != "NULL"
                    for each in assignments
                ):
                    return applied
            case _:
                pass
    return None


def _inline(
    table: Name, column: Column, constraint: Constraint, context: Context
) -> Iterator[Finding]:
    """Report a constraint written beside a new column, or on it alone."""
    name, default = column.name, column.default
    match constraint:
        case Unique() | PrimaryKey():
            if default is None or default.functions:
                return
            yield context.finding(
                f"Running code's second INSERT INTO {table} is refused (23505): it does not name "
                f"{name}, whose default is the same for every row.",
                help=f"Add {name} without a default, or make it unique once all code writes it.",
            )
        case _:
            yield from _added(table, constraint, context)


def _keys(
    table: Name,
    columns: tuple[str, ...],
    where: Expression | None,
    context: Context,
    *,
    also: str = "",
) -> Iterator[Finding]:
    if _are_new_and_empty(table, columns, context) or any(
        _covers(catalog, table, columns, where)
        for catalog in (context.ship.before, context.catalog)
    ):
        return
    shown = ", ".join(columns) or "its columns"
    among = "" if where is None else f" among the rows WHERE {clipped(where.sql)}"
    yield context.finding(
        f"{context.old_code.capitalize()} that writes a second row with the same ({shown}) to "
        f"{table}{among} is refused (23505){also} {context.until_gone}.",
        help="Deploy code that writes no duplicates and handles the refusal first.",
    )


def _unique_index(operation: CreateIndex, context: Context) -> Iterator[Finding]:
    table = operation.table
    columns = tuple(element.column for element in operation.elements if element.column)
    if len(columns) == len(operation.elements):
        yield from _keys(table, columns, operation.where, context)
        return
    name = operation.name or "the new index"
    if name in {index.name.name for index in context.ship.before.indexes(table)}:
        return
    yield context.finding(
        f"{context.old_code.capitalize()} that writes to {table} what {name} counts as a duplicate "
        f"is refused (23505) {context.until_gone}.",
        help="Deploy code that writes no duplicates and handles the refusal first.",
    )


def _altered(
    operation: AlterConstraint, table: Name, name: str, context: Context
) -> Iterator[Finding]:
    state = context.catalog.constraint(table, name)
    known = None if state is None else state.constraint
    if operation.enforced:
        if isinstance(known, ForeignKey | Check) and known.enforced:
            return
        yield context.finding(
            f"{context.old_code.capitalize()} that writes to {table} a row against {name} is "
            f"refused {context.until_gone}.",
            help="Deploy code that writes only valid rows first.",
        )
    elif _is_sooner(operation, known):
        yield context.finding(
            f"Transactions of {context.old_code} that satisfy {name} of {table} only at COMMIT are "
            f"refused at the statement {context.until_gone}.",
            help="Deploy code that writes in an order that satisfies it at each statement first.",
        )


def _is_sooner(operation: AlterConstraint, known: Constraint | None) -> bool:
    """Say whether a constraint that could wait for COMMIT no longer does."""
    if not isinstance(known, ForeignKey):
        return operation.deferrable is False or operation.initially_deferred is False
    was = (known.deferrable, known.initially_deferred)
    return (was[0] and operation.deferrable is False) or (
        was[1] and operation.initially_deferred is False
    )


# --- what running code cannot violate --------------------------------------------------


def _are_new_and_empty(table: Name, columns: tuple[str, ...], context: Context) -> bool:
    """Say whether running code leaves all the columns NULL: it does not know them."""
    states = [context.current.after.column(table, column) for column in columns]
    return bool(states) and all(
        state is not None and context.is_made_here(state.made_by) and not state.fills_itself
        for state in states
    )


def _was_there(
    table: Name, constraint: Constraint, context: Context, *, same_delete: bool = False
) -> bool:
    """Say whether the released schema has the same rule under whatever name."""
    before = context.ship.before
    for state in before.constraints(table):
        match (constraint, state.constraint):
            case (Check(expression=new), Check(expression=old, enforced=True)):
                if new.sql == old.sql and not new.opaque:
                    return True
            case (ForeignKey() as key, ForeignKey(enforced=True) as known):
                if (
                    key.columns == known.columns
                    and before.key(key.referenced) == before.key(known.referenced)
                    and (not same_delete or key.on_delete is known.on_delete)
                ):
                    return True
            case _:
                pass
    return False


def _covers(
    catalog: Catalog, table: Name, columns: tuple[str, ...], where: Expression | None
) -> bool:
    """Say whether a narrower or equal unique index keeps such duplicates out already."""
    return any(
        index.unique
        and index.valid is not False
        and not is_deferrable(index, catalog)
        and (index.where is None or (where is not None and index.where.sql == where.sql))
        and len(index.columns) == len(index.elements)
        and set(index.columns) <= set(columns)
        for index in catalog.indexes(table)
    )


def _rewritten_by_a_plan(constraint: Constraint) -> tuple[str, ...]:
    """Return the columns that a sync trigger can keep true; none for keys."""
    match constraint:
        case Check(expression=expression):
            return expression.columns
        case NotNull(column=column):
            return (column,)
        case ForeignKey(columns=columns):
            return columns
        case Unique() | PrimaryKey() | Exclusion():
            return ()


def _named(constraint: Check | Exclusion) -> str:
    kind = "the CHECK" if isinstance(constraint, Check) else "the EXCLUDE constraint"
    return kind if constraint.name is None else f"{kind} {constraint.name}"
