"""The triggers by which a plan keeps old and new columns equal, as the catalog shows them."""

from collections.abc import Iterable

from migsafe.catalog.catalog import Catalog
from migsafe.model.expressions import Name

SYNC_TRIGGER = "zz_migsafe_"
"""The names of the triggers by which a plan keeps old and new columns equal begin so."""


def fills(table: Name, columns: Iterable[str], catalog: Catalog) -> bool:
    """Say whether a plan's sync trigger fills some of the columns.

    A trigger whose function names none of them has nothing to do with them.
    """
    wanted = tuple(columns)
    if not wanted:
        return False
    for trigger in catalog.triggers(table):
        if trigger.name.startswith(SYNC_TRIGGER):
            routines = catalog.routines(trigger.function)
            bodies = [routine.body for routine in routines if routine.body is not None]
            if not bodies or any(column in body for body in bodies for column in wanted):
                return True
    return False
