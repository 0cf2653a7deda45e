"""Foreign keys whose children are found by reading the whole table."""

from collections.abc import Iterator

from migsafe.catalog.schema import IndexState
from migsafe.catalog.text import conjuncts, is_not_null
from migsafe.context import Context
from migsafe.model.defining import constraints
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    CreateIndex,
    CreateTable,
    ForeignKey,
    IndexElement,
)
from migsafe.writing.tokens import tokens

PROFILE = "strict"
_FINDS_EQUALS = frozenset({"btree", "hash"})


def check_operation(
    operation: CreateTable | AddColumn | AddConstraint, context: Context
) -> Iterator[Finding]:
    """Report a foreign key for whose columns the deploy leaves no index."""
    after = context.ship.after
    for table, key in constraints(operation):
        state = after.table(table)
        if not isinstance(key, ForeignKey) or not key.columns or state is None:
            continue
        if any(_finds_children(index, key) for index in after.indexes(table)):
            continue
        columns = ", ".join(key.columns)
        yield context.finding(
            f"No index on {table} begins with ({columns}): each DELETE of a row of "
            f"{key.referenced} reads all of {table} to look for its children.",
            help=_help(table, key, context),
            relations=(table,),
            confidence=Confidence.HIGH if state.complete else Confidence.LOW,
        )


def _finds_children(index: IndexState, key: ForeignKey) -> bool:
    """Say whether a lookup of the key's columns can use an index."""
    count = len(key.columns)
    if index.method not in _FINDS_EQUALS or set(index.columns[:count]) != set(key.columns):
        return False
    # A child that is looked for is not NULL.
    return index.where is None or all(
        any(is_not_null(part, column) for column in key.columns)
        for part in conjuncts(list(tokens(index.where.sql)))
    )


def _help(table: Name, key: ForeignKey, context: Context) -> str:
    live = context.is_live(table)
    elements = tuple(IndexElement(column) for column in key.columns)
    name = f"{table.name}_{'_'.join(key.columns)}_idx"
    index = CreateIndex(name, table, elements, concurrently=live)
    if live:
        return f"{context.written(index)}{context.outside}."
    if context.current.origin.call_span is not None:
        return "sa.Column(…, index=True), or op.create_index in the same revision."
    return f"{context.written(index)}, in the same migration."
