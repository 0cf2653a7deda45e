"""Expression indexes about whose values nobody has told the planner."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import CreateIndex, Vacuum
from migsafe.writing import quoting

PROFILE = "strict"


def check_operation(operation: CreateIndex, context: Context) -> Iterator[Finding]:
    """Report an index on an expression of a live table without a later ANALYZE."""
    table = operation.table
    if not context.is_live(table) or all(each.expression is None for each in operation.elements):
        return
    key = context.catalog.key(table)
    for later in context.later():
        match later.operation:
            case Vacuum(analyze=True, tables=tables) if not tables or key in {
                later.before.key(name) for name in tables
            }:
                return
            case _:
                pass
    yield context.finding(
        f"{operation.name or 'The index'} on {table} has an expression without statistics until "
        "the next ANALYZE: the planner guesses how many rows it finds, and may read the whole "
        "table instead.",
        help=f"ANALYZE {quoting.name(table)} after the build.",
        relations=(table,),
    )
