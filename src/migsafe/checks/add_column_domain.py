"""New columns of a domain that must be checked for every row."""

from collections.abc import Iterator

from migsafe.catalog.schema import DomainState
from migsafe.context import Context
from migsafe.effects import effects_of
from migsafe.model.effects import Effects, Fact
from migsafe.model.expressions import Expression, Name
from migsafe.model.findings import Confidence, Finding
from migsafe.model.operations import AddColumn
from migsafe.model.record import replace
from migsafe.writing import quoting

_NULL = Expression("NULL", constant=True)


def check_operation(operation: AddColumn, context: Context) -> Iterator[Finding]:
    """Report a column that rewrites the table because of its type alone."""
    table, column = operation.table, operation.column
    if column.type is None or not context.is_busy(table):
        return
    domain = context.catalog.domain(Name(column.type.name, column.type.schema))
    by_type = _by_type_alone(operation, domain, context)
    if by_type.rewrites and domain is not None:
        yield context.finding(
            f"Adding {table}.{column.name} of the domain {column.type}, which has constraints, "
            f"tests and writes every row: {context.waits(table)}.",
            help=f"ADD COLUMN {quoting.identifier(column.name)} with the domain's base type, "
            "and its conditions as a CHECK … NOT VALID that a later migration validates.",
        )
    elif domain is not None and column.default is None and context.effects.rewrites:
        default = "a volatile default" if domain.default is None else domain.default.sql
        yield context.finding(
            f"Adding {table}.{column.name} of the domain {column.type}, whose default {default} "
            f"gives every row a value of its own: {context.waits(table)}.",
            help=f"ADD COLUMN {column.name} {column.type} DEFAULT NULL, then DROP DEFAULT, after "
            "which new rows get the domain's; fill the others in batches in a later deploy.",
        )
    elif not by_type.knows(Fact.REWRITES):
        yield context.finding(
            f"Adding {table}.{column.name} rewrites all of {table} if {column.type} is a domain "
            "with constraints, which the known schema does not say.",
            help="Give migsafe the type's definition with --schema.",
            case="unknown type",
            confidence=Confidence.LOW,
        )


def _by_type_alone(operation: AddColumn, domain: DomainState | None, context: Context) -> Effects:
    """Return what the column costs without what else stands in its definition."""
    column = replace(operation.column, default=None, identity=None, generated=None)
    plain = replace(operation, column=column, constraints=())
    if domain is None and plain == operation:
        return context.effects
    # NULL keeps the domain's own default away.
    plain = replace(plain, column=replace(column, default=_NULL))
    return effects_of(
        plain, context.catalog, dialect=context.settings.dialect, version=context.version
    )
