"""What a unique index promises, apart from its name and the order of its columns."""

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import IndexState
from migsafe.model.expressions import Expression, Name
from migsafe.model.operations import CreateIndex, IndexElement, PrimaryKey, Unique
from migsafe.model.record import record


@record
class Guarantee:
    """No two rows of `where` have equal `keys`."""

    keys: frozenset[IndexElement]
    where: Expression | None
    nulls_not_distinct: bool


def guarantee_of(index: IndexState) -> Guarantee:
    """Return what a unique index promises."""
    return Guarantee(_keys(index.elements), index.where, index.nulls_not_distinct)


def promised_by(operation: CreateIndex) -> Guarantee:
    """Return what a unique index will promise once it is built."""
    return Guarantee(_keys(operation.elements), operation.where, operation.nulls_not_distinct)


def _keys(elements: tuple[IndexElement, ...]) -> frozenset[IndexElement]:
    # Neither the direction nor the operator class tells values apart.
    return frozenset(
        IndexElement(element.column, element.expression, element.collation) for element in elements
    )


def holds(guarantee: Guarantee, table: Name, catalog: Catalog) -> bool:
    """Say whether some unique index of a table promises the same."""
    return any(
        index.unique and index.valid is not False and guarantee_of(index) == guarantee
        for index in catalog.indexes(table)
    )


def is_deferrable(index: IndexState, catalog: Catalog) -> bool:
    """Say whether what an index refuses may stand until COMMIT."""
    state = None if index.constraint is None else catalog.constraint(index.table, index.constraint)
    match None if state is None else state.constraint:
        case Unique(deferrable=deferrable) | PrimaryKey(deferrable=deferrable):
            return deferrable
        case _:
            return False


def is_implied(guarantee: Guarantee, table: Name, catalog: Catalog) -> bool:
    """Say whether a unique index of a table leaves a guarantee nothing to refuse.

    It covers the same rows and some of the same keys: what differs in these differs in all.
    """
    return any(
        index.unique
        and index.valid is True
        and not is_deferrable(index, catalog)
        and (there := guarantee_of(index)).keys <= guarantee.keys
        and (there.where is None or there.where == guarantee.where)
        and (
            there.nulls_not_distinct
            or not guarantee.nulls_not_distinct
            or all(_is_filled(table, key.column, catalog) for key in there.keys)
        )
        for index in catalog.indexes(table)
    )


def over(columns: tuple[str, ...], *, nulls_not_distinct: bool = False) -> Guarantee:
    """Return what a key of columns promises of all rows."""
    keys = frozenset(IndexElement(column) for column in columns)
    return Guarantee(keys, None, nulls_not_distinct)


def _is_filled(table: Name, column: str | None, catalog: Catalog) -> bool:
    state = None if column is None else catalog.column(table, column)
    return state is not None and state.nullable is False
