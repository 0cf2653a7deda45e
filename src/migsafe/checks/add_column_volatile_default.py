"""New columns whose default is computed anew for every row."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.effects import effects_of
from migsafe.model.effects import Effects, Fact
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import AddColumn
from migsafe.model.record import replace
from migsafe.writing import quoting


def check_operation(operation: AddColumn, context: Context) -> Iterator[Finding]:
    """Report a default that rewrites the table, or may."""
    table, column = operation.table, operation.column
    if column.default is None or not context.is_busy(table):
        return
    # What the column would cost without its default is another rule's subject.
    without = _without_default(operation, context)
    default = "a default that is computed" if column.default.opaque else column.default.sql
    kind = "" if column.type is None else f" {column.type}"
    way_out = (
        f"ADD COLUMN {quoting.identifier(column.name)}{kind} without the default, then SET "
        "DEFAULT, which only new rows get; fill the others in batches in a later deploy."
    )
    if set(context.effects.rewrites) - set(without.rewrites):
        yield context.finding(
            f"Adding {table}.{column.name} with the volatile default {default} gives every row "
            f"a value of its own: {context.waits(table)}.",
            help=way_out,
        )
        return
    lock = context.effects.lock_on(context.catalog.key(table))
    for unknown in context.effects.unknown:
        if unknown.fact is Fact.REWRITES and unknown not in without.unknown:
            waits = "" if lock is None else f" while {lock.blocks} of it wait"
            decides = unknown.decides.partition(":")[0]
            known = (
                "Give migsafe the function's definition with --schema if it is STABLE or IMMUTABLE"
            )
            if column.default.opaque:
                decides = "its default, which only a run of the revision would tell"
                known = "Write the default as a text, or as sa.text(…)"
            yield context.finding(
                f"Adding {table}.{column.name} may rewrite all of {table}{waits}: that depends on "
                f"{decides}.",
                help=f"{known}; else {way_out}",
                confidence=Confidence.LOW,
            )


def _without_default(operation: AddColumn, context: Context) -> Effects:
    plain = replace(operation, column=replace(operation.column, default=None))
    settings = context.settings
    return effects_of(plain, context.catalog, dialect=settings.dialect, version=context.version)
