"""New columns of a domain that must be checked for every row."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.effects import effects_of
from migsafe.model.effects import Fact
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import AddColumn
from migsafe.model.record import replace


def check_operation(operation: AddColumn, context: Context) -> Iterator[Finding]:
    """Report a column that rewrites the table because of its type alone."""
    table, column = operation.table, operation.column
    if column.type is None or not context.is_busy(table):
        return
    plain = replace(
        operation,
        column=replace(column, default=None, identity=None, generated=None),
        constraints=(),
    )
    by_type = effects_of(
        plain, context.catalog, dialect=context.settings.dialect, version=context.version
    )
    if (
        by_type.rewrites
        and context.catalog.domain(Name(column.type.name, column.type.schema)) is not None
    ):
        yield context.finding(
            f"Adding {table}.{column.name} of the domain {column.type}, which has constraints, "
            f"tests and writes every row: {context.waits(table)}.",
            help=f"ADD COLUMN {column.name} with the domain's base type, and its conditions as a "
            "CHECK … NOT VALID that a later migration validates.",
        )
    elif not by_type.knows(Fact.REWRITES):
        yield context.finding(
            f"Adding {table}.{column.name} rewrites all of {table} if {column.type} is a domain "
            "with constraints, which the known schema does not say.",
            help="Give migsafe the type's definition with --schema.",
            case="unknown type",
            confidence=Confidence.LOW,
        )
