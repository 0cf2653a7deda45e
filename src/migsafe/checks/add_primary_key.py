"""Primary keys whose index is built, or whose columns are read, under the lock."""

from collections.abc import Iterator

from migsafe.catalog.schema import TableKind
from migsafe.context import Context
from migsafe.model.effects import Fact, OnData
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import AddConstraint, PrimaryKey


def check_operation(operation: AddConstraint, context: Context) -> Iterator[Finding]:
    """Report a PRIMARY KEY without USING INDEX, or on columns that may hold NULL."""
    table, key = operation.table, operation.constraint
    if not isinstance(key, PrimaryKey) or not context.is_busy(table):
        return
    effects = context.effects
    lock = effects.lock_on(context.catalog.key(table))
    match effects.fails:
        case OnData(sqlstate=state):
            built = key.using_index is None
            refused = (
                f"; a duplicate fails it ({state}), and so does a NULL"
                if built
                else f"; a NULL fails it ({state})"
            )
        case _:
            refused = ""
    if key.using_index is None:
        yield context.finding(
            f"Adding PRIMARY KEY ({', '.join(key.columns)}) to {table} builds its index under its "
            f"{lock} lock: {context.waits(table)}{refused}.",
            help=_build_before(operation, key, context),
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
        decides = next(u.decides for u in effects.unknown if u.fact is Fact.SCANS)
        message = (
            f"Adding the PRIMARY KEY of {table} reads every row under its {lock} lock "
            f"unless its columns are NOT NULL; not known is {decides}."
        )
    yield context.finding(
        message,
        help="First make the columns NOT NULL without a blocking scan: ADD CONSTRAINT … CHECK "
        "(… IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT in a later migration, SET NOT NULL.",
        confidence=Confidence.HIGH if known else Confidence.LOW,
    )


def _build_before(operation: AddConstraint, key: PrimaryKey, context: Context) -> str:
    state = context.catalog.table(operation.table)
    if state is not None and state.kind is TableKind.PARTITIONED:
        return (
            "Add the key to each partition USING INDEX first; the partitioned table then takes "
            "over what its partitions have."
        )
    columns = ", ".join(key.columns)
    return (
        f"CREATE UNIQUE INDEX CONCURRENTLY … ON {operation.table} ({columns}) outside a "
        "transaction, make the columns NOT NULL, then ADD PRIMARY KEY USING INDEX."
    )
