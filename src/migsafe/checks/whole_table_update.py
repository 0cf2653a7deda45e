"""Rows changed without a bound on how many."""

from collections.abc import Iterator

from migsafe.catalog.text import column_of, says_its_shape
from migsafe.context import Context, clipped, some
from migsafe.effects.reach import Reach, reach_of, reach_of_merge
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.operations import Delete, Merge, Update
from migsafe.writing.tokens import tokens

_LOCKED = (Hazard.BLOCKS_WRITES,)
_IS_NULL = 3
_CHANGING = {"UPDATE": "write", "DELETE": "remove"}


def check_operation(operation: Update | Delete | Merge, context: Context) -> Iterator[Finding]:
    """Report an UPDATE or DELETE of every row, and an UPDATE or MERGE that may be one."""
    if not context.is_busy(operation.table) or context.is_under_a_lock:
        return
    match operation:
        case Merge():
            yield from _merged(operation, context)
        case Update() | Delete():
            yield from _changed(operation, context)


def _merged(operation: Merge, context: Context) -> Iterator[Finding]:
    """Report a MERGE that changes rows which are there, by those of another relation."""
    words = [word.upper() for word in tokens(operation.sql)]
    verbs = [
        words[at + 1]
        for at, word in enumerate(words[:-1])
        if word == "THEN" and words[at + 1] in _CHANGING
    ]
    if reach_of_merge(operation, context.catalog) is not Reach.UNKNOWN:
        return
    deciding = some(operation.reads) if operation.reads else "what it is joined with"
    table = operation.table
    does = " and ".join(f"{_CHANGING[verb]} them" for verb in dict.fromkeys(verbs))
    yield context.finding(
        f"MERGE INTO {table} may reach many rows and {does}: how many, {deciding} decides. "
        f"Each stays locked {_until(context)}, and whoever writes it waits.",
        help="Write it in batches over a range of the key, each batch a transaction of its own; "
        "or silence this with the number of rows as the reason.",
        case="unknown number of rows",
        hazards=_LOCKED,
        confidence=Confidence.LOW,
    )


def _changed(operation: Update | Delete, context: Context) -> Iterator[Finding]:
    table, where = operation.table, operation.where
    reach = reach_of(table, where, context.catalog, operation.sql)
    fills = isinstance(operation, Update) and _fills_new_column(operation, context)
    if reach is Reach.ALL or (fills and reach is Reach.UNKNOWN):
        yield _all_rows(operation, context)
    elif isinstance(operation, Update) and reach is Reach.UNKNOWN:
        condition = (
            "its condition"
            if where is None or not says_its_shape(where)
            else f"WHERE {clipped(where.sql)}"
        )
        yield context.finding(
            f"UPDATE {table} may reach many rows: how many {condition} lets through is not "
            f"known. Each stays locked {_until(context)}, and whoever writes it waits.",
            help="Write it in batches over a range of the key, each batch a transaction of its "
            "own; or silence this with the number of rows as the reason.",
            case="unknown number of rows",
            hazards=_LOCKED,
            confidence=Confidence.LOW,
        )


def _all_rows(operation: Update | Delete, context: Context) -> Finding:
    table = operation.table
    stops = "has no WHERE" if operation.where is None else "has a WHERE that every row meets"
    if isinstance(operation, Delete):
        return context.finding(
            f"DELETE of {table} {stops}: every row stays locked "
            f"{_until(context)} and is gone then; running code finds the table empty.",
            help="Delete in batches over a range of the key, after the code that reads the rows "
            "is gone.",
        )
    return context.finding(
        f"UPDATE {table} {stops}: every row is written again and stays locked {_until(context)}, "
        "so that whoever writes one of them waits, and the table takes twice its space.",
        help="Write it in batches over a range of the key, each batch a transaction of its own, "
        "in a deploy of its own.",
        hazards=_LOCKED,
    )


def _until(context: Context) -> str:
    return "until COMMIT" if context.current.transaction.is_open else "until the statement ends"


def _fills_new_column(operation: Update, context: Context) -> bool:
    """Say whether the condition is that a column is NULL which this deploy has added."""
    if operation.where is None:
        return False
    words = list(tokens(operation.where.sql))
    if [word.upper() for word in words[-2:]] != ["IS", "NULL"] or len(words) > _IS_NULL + 2:
        return False
    column = context.catalog.column(operation.table, column_of(words[-_IS_NULL]))
    return column is not None and not column.fills_itself and context.is_made_here(column.made_by)
