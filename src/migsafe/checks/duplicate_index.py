"""Indexes that do what another one does already."""

from collections.abc import Iterator

from migsafe.catalog.schema import IndexState
from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import CreateIndex
from migsafe.writing import quoting

PROFILE = "strict"


def check_operation(operation: CreateIndex, context: Context) -> Iterator[Finding]:
    """Report a plain index that begins another one, or that another one begins."""
    # Direction and operator class count: a scan follows the index as it is sorted.
    elements = operation.elements
    if (
        operation.unique
        or operation.method != "btree"
        or operation.where is not None
        or any(element.column is None for element in elements)
    ):
        return
    new = operation.name or "the new index"
    for other in context.catalog.indexes(operation.table):
        old = other.name.name
        if old == operation.name or not _is_plain(other):
            continue
        if other.elements[: len(elements)] == elements:
            extra, keeper, help_ = new, old, f"Leave {new} out."
        elif not other.unique and elements[: len(other.elements)] == other.elements:
            drop = f"DROP INDEX CONCURRENTLY {quoting.name(other.name)} once {new} is built."
            made_here = context.is_made_here(other.made_by)
            extra, keeper, help_ = old, new, f"Leave {old} out." if made_here else drop
        else:
            continue
        yield context.finding(
            f"{extra} on {operation.table} serves no query that {keeper} does not serve, and every "
            "write keeps both.",
            help=help_,
            relations=(),
        )
        return


def _is_plain(index: IndexState) -> bool:
    return (
        index.method == "btree"
        and index.where is None
        and len(index.columns) == len(index.elements) > 0
    )
