"""What a unique index promises, apart from its name and the order of its columns."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import IndexState
from migsafe.model.expressions import Expression, Name
from migsafe.model.operations import IndexElement
from migsafe.model.record import record


@record
class Guarantee:
    """No two rows of `where` have equal `keys`."""

    keys: frozenset[IndexElement]
    where: Expression | None
    nulls_not_distinct: bool


def guarantee_of(index: IndexState) -> Guarantee:
    """Return what a unique index promises."""
    keys = frozenset(
        IndexElement(element.column, element.expression, element.collation)
        for element in index.elements
    )
    return Guarantee(keys, index.where, index.nulls_not_distinct)


def holds(guarantee: Guarantee, table: Name, catalog: Catalog) -> bool:
    """Say whether some unique index of a table promises the same."""
    return any(
        index.unique and index.valid is not False and guarantee_of(index) == guarantee
        for index in catalog.indexes(table)
    )
