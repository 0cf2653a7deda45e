"""What attaching, detaching and inheriting cost."""

from migsafe.catalog.catalog import Catalog
from migsafe.effects.postgres import sources
from migsafe.effects.postgres.relations import (
    family,
    held,
    parents,
    stored,
    unseen,
)
from migsafe.model.effects import (
    Certain,
    Effects,
    Fact,
    Fails,
    Never,
    OnData,
    TransactionNeed,
    Unknown,
)
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.operations import (
    AttachPartition,
    Check,
    DetachPartition,
    SetInheritance,
)

AE = Lock.ACCESS_EXCLUSIVE
SRE = Lock.SHARE_ROW_EXCLUSIVE
SUE = Lock.SHARE_UPDATE_EXCLUSIVE
_SOURCES = (sources.PARTITIONING, sources.measured("partitions"))
_CONCURRENT_DETACH = 14


def default_of(catalog: Catalog, parent: Name) -> tuple[Name, ...]:
    """Return the default partition of a table, if it is known to have one."""
    default = catalog.default_partition(parent)
    return () if default is None else (catalog.key(default.name),)


def attach_partition(operation: AttachPartition, catalog: Catalog) -> Effects:
    """Return what ATTACH PARTITION costs.

    The new partition is read unless a CHECK proves its bound, the default partition is
    read unless a CHECK excludes it: whether a CHECK does is the server's to say.
    """
    parent, child = operation.parent, operation.partition
    default = default_of(catalog, parent)
    is_default = operation.bound.strip().upper() == "DEFAULT"
    scans: list[Name] = []
    unknown: list[Unknown] = []
    if not is_default or catalog.partitions(parent):
        for name in (child, *default):
            scans.extend(stored(catalog, name))
            if _has_check(catalog, name):
                decides = f"whether a CHECK on {name} proves that no row is misplaced"
                unknown.append(Unknown(Fact.SCANS, decides))
    if unseen(catalog, parent):
        decides = f"whether {parent} has a default partition: it is locked and read"
        unknown.append(Unknown(Fact.LOCKS, decides))
    builds: tuple[Name, ...] = ()
    if _lacks_an_index(catalog, parent, child):
        builds = stored(catalog, child)
        scans = [name for name in scans if name not in builds]
        if unseen(catalog, child):
            decides = f"which indexes of {parent} the partition {child} already has"
            unknown.append(Unknown(Fact.BUILDS, decides))
    referenced = parents(catalog, parent)
    if referenced:
        decides = f"which foreign keys of {parent} the partition {child} already has"
        unknown.append(Unknown(Fact.SCANS, decides))
        unknown.append(Unknown(Fact.LOCKS, decides))
    return Effects(
        locks=held(
            catalog,
            ([parent], SUE),
            (family(catalog, child), AE),
            (default, AE),
            (referenced, SRE),
        ),
        scans=tuple(dict.fromkeys(scans)),
        builds=builds,
        fails=OnData("23514", f"rows of {child} may lie outside the bound"),
        brief=not (scans or builds),
        unknown=tuple(unknown),
        sources=_SOURCES,
    )


def _lacks_an_index(catalog: Catalog, parent: Name, child: Name) -> bool:
    """Say whether an index of the parent must still be built for the partition."""
    there = [
        (index.elements, index.unique, index.method, index.where)
        for index in catalog.indexes(child)
    ]
    return any(
        (index.elements, index.unique, index.method, index.where) not in there
        for index in catalog.indexes(parent)
    )


def _has_check(catalog: Catalog, table: Name) -> bool:
    if unseen(catalog, table):
        return True
    return any(isinstance(c.constraint, Check) for c in catalog.constraints(table))


def detach_partition(operation: DetachPartition, catalog: Catalog, version: int) -> Effects:
    """Return what DETACH PARTITION costs; a default partition forbids CONCURRENTLY."""
    parent, child = operation.parent, operation.partition
    default = default_of(catalog, parent)
    if operation.finalize:
        return Effects(locks=held(catalog, ([parent], SUE), ([child], AE)), sources=_SOURCES)
    if not operation.concurrently:
        unknown: tuple[Unknown, ...] = ()
        if unseen(catalog, parent):
            decides = f"whether {parent} has a default partition, which is locked too"
            unknown = (Unknown(Fact.LOCKS, decides),)
        return Effects(
            locks=held(
                catalog,
                ([parent, child, *default], AE),
                # The keys of the parent become the child's own.
                (parents(catalog, parent), SRE),
            ),
            unknown=unknown,
            sources=_SOURCES,
        )
    fails: Fails = Never()
    if version < _CONCURRENT_DETACH:
        fails = Certain("42601", "DETACH … CONCURRENTLY needs PostgreSQL 14")
    elif default:
        fails = Certain("55000", f"{parent} has the default partition {default[0]}")
    return Effects(
        locks=held(catalog, ([parent], SUE), ([child], AE)),
        transaction=TransactionNeed.FORBIDDEN,
        fails=fails,
        sources=_SOURCES,
    )


def set_inheritance(operation: SetInheritance, catalog: Catalog) -> Effects:
    """Return what INHERIT and NO INHERIT cost: an instant."""
    parent = [operation.parent] if operation.inherit else []
    return Effects(locks=held(catalog, ([operation.table], AE), (parent, SUE)), sources=_SOURCES)
