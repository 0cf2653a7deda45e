"""What attaching, detaching and inheriting cost."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import IndexState
from migsafe.effects.postgres import bounds, sources
from migsafe.effects.postgres.bounds import Answer
from migsafe.effects.postgres.relations import (
    family,
    held,
    is_partitioned,
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
    Constraint,
    DetachPartition,
    ForeignKey,
    SetInheritance,
)
from migsafe.model.record import replace

AE = Lock.ACCESS_EXCLUSIVE
SRE = Lock.SHARE_ROW_EXCLUSIVE
SUE = Lock.SHARE_UPDATE_EXCLUSIVE
_SOURCES = (sources.PARTITIONING, sources.measured("partitions"))
_CONCURRENT_DETACH = 14


def default_of(catalog: Catalog, parent: Name) -> tuple[Name, ...]:
    """Return the default partition of a table, if it is known to have one."""
    default = catalog.default_partition(parent)
    return () if default is None else (catalog.key(default.name),)


def attach_partition(operation: AttachPartition, catalog: Catalog, version: int) -> Effects:
    """Return what ATTACH PARTITION costs.

    The new partition is read unless its constraints prove its bound, the default partition
    unless its constraints exclude it. What the parent has and the partition lacks is made
    for it: indexes, foreign keys.
    """
    parent, child = operation.parent, operation.partition
    default = default_of(catalog, parent)
    scans: list[Name] = []
    unknown: list[Unknown] = []
    answers = [(child, _proof(operation, catalog))]
    answers.extend(
        (name, excluded(name, parent, operation.bound, catalog=catalog)) for name in default
    )
    for name, answer in answers:
        if answer is not Answer.YES:
            scans.extend(stored(catalog, name))
        if answer is Answer.OPEN:
            decides = f"whether a CHECK on {name} proves that no row is misplaced"
            unknown.append(Unknown(Fact.SCANS, decides))
    if unseen(catalog, parent):
        decides = f"whether {parent} has a default partition: it is locked and read"
        unknown.append(Unknown(Fact.LOCKS, decides))
    misplaced = bool(scans)
    missing_keys, unproven = _compared_keys(catalog, parent, child, version)
    for key in (*missing_keys, *unproven):
        if key.valid and key.enforced:
            scans.extend((*stored(catalog, child), *stored(catalog, key.referenced)))
    missing = _missing_indexes(catalog, parent, child, version)
    builds = stored(catalog, child) if missing else ()
    if missing and unseen(catalog, child):
        decides = f"which indexes of {parent} the partition {child} already has"
        unknown.append(Unknown(Fact.BUILDS, decides))
    scans = [name for name in dict.fromkeys(scans) if name not in builds]
    referenced = [key.referenced for key in missing_keys]
    kept = [name for name in parents(catalog, parent) if name not in referenced]
    return Effects(
        locks=held(
            catalog,
            ([parent], SUE),
            (family(catalog, child), AE),
            (default, AE),
            ((n for name in referenced for n in _with_partitions(catalog, name)), SRE),
            # The triggers of a key that the partition has already are replaced there.
            ((n for name in kept for n in _with_partitions(catalog, name)), AE),
        ),
        scans=tuple(scans),
        builds=builds,
        fails=_attaching_fails(
            child,
            misplaced=misplaced,
            others=bool(missing_keys or unproven) or any(each.unique for each in missing),
        ),
        brief=not (scans or builds),
        unknown=tuple(unknown),
        sources=_SOURCES,
    )


def _attaching_fails(child: Name, *, misplaced: bool, others: bool) -> Fails:
    """Return how rows may refuse it: outside the bound, or refused by what is made for them."""
    if others:
        return OnData("23000", f"rows of {child} may not be unique, or lack a parent, or misplaced")
    if misplaced:
        return OnData("23514", f"rows of {child} may lie outside the bound")
    return Never()


def _with_partitions(catalog: Catalog, table: Name) -> tuple[Name, ...]:
    return family(catalog, table) if is_partitioned(catalog, table) else (table,)


def _compared_keys(
    catalog: Catalog, parent: Name, child: Name, version: int
) -> tuple[tuple[ForeignKey, ...], tuple[ForeignKey, ...]]:
    """Return the foreign keys of a parent that a partition lacks, and has without proof.

    One that is NOT VALID in the partition alone is taken over and validated from 18 on;
    before, another is made beside it.
    """
    there = [key for state in catalog.foreign_keys_of(child) if (key := _bare(state.constraint))]
    missing: list[ForeignKey] = []
    unproven: list[ForeignKey] = []
    for state in catalog.foreign_keys_of(parent):
        key = _bare(state.constraint)
        if key is None or key in there:
            continue
        takes_over = version >= _TAKES_NOT_VALID and replace(key, valid=False) in there
        (unproven if takes_over else missing).append(key)
    return tuple(missing), tuple(unproven)


_TAKES_NOT_VALID = 18


def _bare(constraint: Constraint) -> ForeignKey | None:
    return replace(constraint, name=None) if isinstance(constraint, ForeignKey) else None


def _missing_indexes(
    catalog: Catalog, parent: Name, child: Name, version: int
) -> tuple[IndexState, ...]:
    """Return the indexes of a parent that must still be built for a partition."""
    there = list(catalog.indexes(child))
    missing: list[IndexState] = []
    for index in catalog.indexes(parent):
        fitting = next((own for own in there if _fits(own, index, catalog, version)), None)
        if fitting is None:
            missing.append(index)
        else:
            # An index belongs to one index of the parent only.
            there.remove(fitting)
    return tuple(missing)


_TELLS_KEYS_APART = 17
"""Before, a UNIQUE of the partition served for the parent's primary key."""


def _fits(own: IndexState, index: IndexState, catalog: Catalog, version: int) -> bool:
    """Say whether an index can belong to one of the parent: its order does not matter."""
    if own.parent is not None or _shape(own) != _shape(index):
        return False
    wanted, given = _constraint_kind(index, catalog), _constraint_kind(own, catalog)
    if version < _TELLS_KEYS_APART:
        return wanted is None or given is not None
    return wanted is None or given is wanted


def _shape(index: IndexState) -> tuple[object, ...]:
    elements = tuple(
        replace(element, descending=False, nulls_first=None) for element in index.elements
    )
    return (
        elements,
        index.unique,
        index.method,
        index.where,
        len(index.include),
        frozenset(index.include),
        index.nulls_not_distinct,
    )


def _constraint_kind(index: IndexState, catalog: Catalog) -> type[Constraint] | None:
    if index.constraint is None:
        return None
    state = catalog.constraint(index.table, index.constraint)
    return None if state is None else type(state.constraint)


def _proof(operation: AttachPartition, catalog: Catalog) -> Answer:
    """Say whether no row of the new partition needs to be looked at."""
    parent, child = operation.parent, operation.partition
    if operation.bound.strip().upper() == "DEFAULT":
        others = catalog.partitions(parent)
        if not others:
            return Answer.YES if catalog.complete else Answer.OPEN
        texts = [other.partition_bound or "" for other in others]
        return excluded(child, parent, *texts, catalog=catalog)
    key = _key_of(catalog, parent)
    if key is None:
        return _open_if_checked(catalog, child)
    bound = bounds.bound_of(operation.bound)
    known = _known_of(catalog, child, key)
    if bound is None or unseen(catalog, child):
        return Answer.OPEN if known or unseen(catalog, child) else Answer.NO
    column = catalog.column(child, key)
    return bounds.implies(known, bound, filled=column is not None and column.nullable is False)


def excluded(name: Name, parent: Name, *texts: str, catalog: Catalog) -> Answer:
    """Say whether constraints prove that a partition holds no row within some bounds."""
    key = _key_of(catalog, parent)
    if key is None:
        return _open_if_checked(catalog, name)
    known = _known_of(catalog, name, key)
    others = [bounds.bound_of(text) for text in texts]
    read = [each for each in others if each is not None]
    if len(read) != len(others) or unseen(catalog, name):
        return Answer.OPEN if known or unseen(catalog, name) else Answer.NO
    return bounds.excludes(known, read)


def _key_of(catalog: Catalog, parent: Name) -> str | None:
    """Return the column that a table is partitioned by, None if it is more than a column."""
    state = catalog.table(parent)
    by = None if state is None else state.partition_by
    if by is None or len(by.columns) != 1:
        return None
    return by.columns[0] if "," not in by.definition else None


def _known_of(catalog: Catalog, table: Name, key: str) -> tuple[bounds.Condition, ...]:
    return bounds.conditions((check.expression.sql for check in _checks(catalog, table)), key)


def _open_if_checked(catalog: Catalog, table: Name) -> Answer:
    some = unseen(catalog, table) or any(_checks(catalog, table))
    return Answer.OPEN if some else Answer.NO


def _checks(catalog: Catalog, table: Name) -> Iterator[Check]:
    for state in catalog.constraints(table):
        check = state.constraint
        if isinstance(check, Check) and check.valid and check.enforced:
            yield check


def detach_partition(operation: DetachPartition, catalog: Catalog, version: int) -> Effects:
    """Return what DETACH PARTITION costs; a default partition forbids CONCURRENTLY."""
    parent, child = operation.parent, operation.partition
    default = default_of(catalog, parent)
    if operation.finalize:
        return Effects(
            locks=held(catalog, ([parent], SUE), ([child], AE), (parents(catalog, parent), SRE)),
            sources=_SOURCES,
        )
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
        # The keys of the parent become the child's own in the second transaction.
        locks=held(catalog, ([parent], SUE), ([child], AE), (parents(catalog, parent), SRE)),
        transaction=TransactionNeed.FORBIDDEN,
        fails=fails,
        sources=_SOURCES,
    )


def set_inheritance(operation: SetInheritance, catalog: Catalog) -> Effects:
    """Return what INHERIT and NO INHERIT cost: an instant."""
    parent = [operation.parent] if operation.inherit else []
    return Effects(locks=held(catalog, ([operation.table], AE), (parent, SUE)), sources=_SOURCES)
