"""Which relations an operation reaches beyond the one that it names."""

from collections.abc import Iterable

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import TableKind
from migsafe.effects.combine import strongest
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.operations import ForeignKey


def held(catalog: Catalog, *taken: tuple[Iterable[Name], Lock]) -> dict[Name, Lock]:
    """Return the strongest mode for each relation, under the catalog's own names."""
    return strongest((catalog.key(name), lock) for names, lock in taken for name in names)


def family(catalog: Catalog, table: Name, *, only: bool = False) -> tuple[Name, ...]:
    """Return a table and all below it: partitions and inheriting tables."""
    key = catalog.key(table)
    if only:
        return (key,)
    return (key, *(catalog.key(child.name) for child in catalog.children(table)))


def unseen(catalog: Catalog, table: Name) -> bool:
    """Say whether a table may have columns, keys or partitions that history did not show."""
    state = catalog.table(table)
    return state is None or not state.complete


def is_partitioned(catalog: Catalog, table: Name) -> bool:
    """Say whether a table is known to be partitioned."""
    state = catalog.table(table)
    return state is not None and state.kind is TableKind.PARTITIONED


def stored(catalog: Catalog, table: Name) -> tuple[Name, ...]:
    """Return where the rows of a table lie: itself, or all leaves of a partitioned one."""
    if not is_partitioned(catalog, table):
        return (catalog.key(table),)
    leaves = tuple(
        catalog.key(child.name)
        for child in catalog.children(table)
        if child.kind is not TableKind.PARTITIONED
    )
    return leaves or _unseen(catalog, table)


def stored_family(catalog: Catalog, table: Name) -> tuple[Name, ...]:
    """Return every table of a family that holds rows."""
    leaves = tuple(name for name in family(catalog, table) if not is_partitioned(catalog, name))
    return leaves or _unseen(catalog, table)


def _unseen(catalog: Catalog, table: Name) -> tuple[Name, ...]:
    """Return the table itself for partitions that history did not show, as long as it may not."""
    return () if catalog.complete else (catalog.key(table),)


def owned_sequences(catalog: Catalog, table: Name) -> tuple[Name, ...]:
    """Return the sequences that belong to a table's columns."""
    return tuple(catalog.key(state.name) for state in catalog.sequences_of(table))


def sequences_of_column(catalog: Catalog, table: Name, column: str) -> tuple[Name, ...]:
    """Return the sequences that belong to one column."""
    return tuple(
        catalog.key(state.name)
        for state in catalog.sequences_of(table)
        if state.owned_by is not None and state.owned_by[1] == column
    )


def parents(catalog: Catalog, table: Name) -> tuple[Name, ...]:
    """Return the tables that a table's foreign keys reference."""
    return tuple(
        dict.fromkeys(
            catalog.key(state.constraint.referenced)
            for state in catalog.foreign_keys_of(table)
            if isinstance(state.constraint, ForeignKey)
        )
    )


def referencing(catalog: Catalog, table: Name) -> tuple[Name, ...]:
    """Return the other tables whose foreign keys reference a table."""
    own = catalog.key(table)
    return tuple(
        dict.fromkeys(
            key
            for state in catalog.foreign_keys_to(table)
            if (key := catalog.key(state.table)) != own
        )
    )


def referenced_columns(catalog: Catalog, foreign_key: ForeignKey) -> tuple[str, ...] | None:
    """Return the columns that a foreign key references, None if they are not known."""
    if foreign_key.referenced_columns:
        return foreign_key.referenced_columns
    key = catalog.primary_key(foreign_key.referenced)
    if key is None:
        return None
    columns = getattr(key.constraint, "columns", ())
    return tuple(columns) or None
