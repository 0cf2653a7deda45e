"""What taking locks by hand, VACUUM and ANALYZE cost."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import TableKind
from migsafe.effects.postgres import sources
from migsafe.effects.postgres.data import beneath
from migsafe.effects.postgres.relations import family, held, is_partitioned
from migsafe.model.effects import Effects, Fact, TransactionNeed, Unknown
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.operations import LockTable, Vacuum

_SOURCES = (sources.LOCKING, sources.measured("data"))
_WITH_HEIRS = 18
"""From this version on VACUUM and ANALYZE go on to inheriting tables."""


def lock_table(operation: LockTable, catalog: Catalog) -> Effects:
    """Return what LOCK TABLE costs: what it says, until the transaction ends."""
    mode = operation.mode.upper().replace(" ", "_").removesuffix("_MODE")
    lock = Lock.__members__.get(mode, Lock.ACCESS_EXCLUSIVE)
    if lock is Lock.ACCESS_SHARE:
        return Effects(brief=False, sources=_SOURCES)
    members = [
        name
        for table in operation.tables
        for name in beneath(table, catalog, only=table in operation.alone)
    ]
    return Effects(locks=held(catalog, (members, lock)), brief=False, sources=_SOURCES)


def _storing(catalog: Catalog) -> Iterator[Name]:
    """Yield every table and materialized view."""
    for table in catalog.tables():
        if table.kind is not TableKind.FOREIGN:
            yield table.name
    for view in catalog.facts.views.values():
        if view.materialized:
            yield view.name


def vacuum(operation: Vacuum, catalog: Catalog, version: int) -> Effects:
    """Return what VACUUM and ANALYZE cost: only schema changes wait."""
    need = TransactionNeed.FORBIDDEN if operation.vacuum else TransactionNeed.ALLOWED
    every = catalog.complete and not operation.vacuum and not operation.tables
    members = [
        name
        for table in (_storing(catalog) if every else operation.tables)
        # Before 18 inheriting tables are at most sampled for the statistics of their parent.
        for name in family(
            catalog, table, only=version < _WITH_HEIRS and not is_partitioned(catalog, table)
        )
    ]
    decides = "which tables it reaches"
    return Effects(
        locks=held(catalog, (members, Lock.SHARE_UPDATE_EXCLUSIVE)),
        transaction=need,
        brief=False,
        unknown=() if operation.tables or every else (Unknown(Fact.LOCKS, decides),),
        sources=(sources.VACUUM, sources.measured("data")),
    )
