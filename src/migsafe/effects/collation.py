"""Tells a change of collation from a change of type: one statement says both."""

from migsafe.catalog.catalog import Catalog
from migsafe.effects import effects_of
from migsafe.model.operations import AlterColumnType
from migsafe.model.record import replace


def builds_by_collation(
    operation: AlterColumnType, catalog: Catalog, *, dialect: str, version: int
) -> bool:
    """Say whether indexes are built because of the new collation alone.

    They are where the same change of type under the old collation builds none.
    """
    column = catalog.column(operation.table, operation.column)
    if operation.type is None or column is None or column.type is None:
        return False
    if column.type.collation == operation.type.collation:
        return False
    kept = replace(operation, type=replace(operation.type, collation=column.type.collation))
    now = effects_of(operation, catalog, dialect=dialect, version=version)
    then = effects_of(kept, catalog, dialect=dialect, version=version)
    return bool(now.builds) and not then.builds
