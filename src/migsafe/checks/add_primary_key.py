"""Primary keys whose index is built, or whose columns are read, under the lock."""

from collections.abc import Iterator

from migsafe.catalog.schema import TableKind
from migsafe.context import Context
from migsafe.model.effects import Fact, OnData
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import AddConstraint, CreateIndex, IndexElement, PrimaryKey
from migsafe.writing import quoting


def check_operation(operation: AddConstraint, context: Context) -> Iterator[Finding]:
    """Report a PRIMARY KEY without USING INDEX, or on columns that may hold NULL."""
    table, key = operation.table, operation.constraint
    if not isinstance(key, PrimaryKey) or not context.is_busy(table):
        return
    if not context.has_rows(table):
        return
    effects = context.effects
    lock = effects.lock_on(context.catalog.key(table))
    nulls = any(_may_be_null(table, column, context) for column in key.columns)
    match effects.fails:
        case OnData(sqlstate="23505"):
            also = ", and so does a NULL" if nulls else ""
            refused = f"; a duplicate fails it (23505){also}"
        case OnData(sqlstate=state):
            refused = f"; a NULL fails it ({state})"
        case _:
            refused = ""
    if key.using_index is None:
        yield context.finding(
            f"Adding PRIMARY KEY ({', '.join(key.columns)}) to {table} builds its index: "
            f"{context.waits(table)}{refused}.",
            help=_build_before(operation, key, context, nulls=nulls),
        )
        return
    known = effects.knows(Fact.SCANS)
    if known and not effects.scans:
        return
    if known:
        message = (
            f"Adding the PRIMARY KEY of {table} sets its columns NOT NULL and reads every row to "
            f"prove it: {context.waits(table)}{refused}."
        )
    else:
        message = (
            f"Adding the PRIMARY KEY of {table} reads every row under its {lock} lock "
            f"unless its columns are NOT NULL, which the known schema does not say."
        )
    yield context.finding(
        message,
        help="First make the columns NOT NULL without a blocking scan: ADD CONSTRAINT … CHECK "
        "(… IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT in a later migration, SET NOT NULL.",
        confidence=Confidence.HIGH if known else Confidence.LOW,
    )


def _build_before(
    operation: AddConstraint, key: PrimaryKey, context: Context, *, nulls: bool
) -> str:
    state = context.catalog.table(operation.table)
    if state is not None and state.kind is TableKind.PARTITIONED:
        return (
            "Add the key to each partition USING INDEX first; the partitioned table then takes "
            "over what its partitions have."
        )
    name = f"{operation.table.name}_{'_'.join(key.columns)}_idx"
    index = CreateIndex(
        name=name,
        table=operation.table,
        elements=tuple(IndexElement(column) for column in key.columns),
        unique=True,
        concurrently=True,
    )
    required = "; make the columns NOT NULL" if nulls else ""
    return (
        f"{context.written(index)}{context.outside}{required}; then ADD PRIMARY KEY USING INDEX "
        f"{quoting.identifier(name)}."
    )


def _may_be_null(table: Name, column: str, context: Context) -> bool:
    state = context.catalog.column(table, column)
    return state is None or state.nullable is not False
