"""What publications cost, and what they refuse: changes of rows that nothing identifies."""

from collections.abc import Iterable

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.publications import is_of_all_tables, tables_in
from migsafe.catalog.schema import Existence, TableKind
from migsafe.effects.combine import unknown_everything
from migsafe.effects.postgres import sources
from migsafe.effects.postgres.relations import family, held, is_partitioned
from migsafe.model.effects import Certain, Effects, Fact, Never, Unknown
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.operations import ChangePublication, ObjectKind
from migsafe.writing.tokens import tokens

SUE = Lock.SHARE_UPDATE_EXCLUSIVE
_SOURCES = (sources.LOCKING, sources.measured("publications"))


def change(operation: ChangePublication, catalog: Catalog) -> Effects:
    """Return what publications and subscriptions cost: schema changes wait."""
    if operation.kind is ObjectKind.SUBSCRIPTION:
        return unknown_everything("the subscription's options and its publisher")
    upper = [word.upper() for word in tokens(operation.sql)]
    listed = [
        catalog.key(name)
        for table, only in tables_in(operation.sql)
        # Partitions are published with their parent, and locked no more than it says.
        for name in family(catalog, table, only=only or is_partitioned(catalog, table))
    ]
    members = {
        catalog.key(table.name)
        for table in catalog.tables()
        if operation.name in catalog.publications(table.name)
    }
    taken = list(listed)
    unknown: tuple[Unknown, ...] = ()
    if upper[:1] == ["ALTER"] and upper[3:5] == ["SET", "TABLE"]:
        taken.extend(members)
        if not catalog.complete:
            decides = f"the tables that the publication {operation.name} had before"
            unknown = (Unknown(Fact.LOCKS, decides),)
    refused = _refusal(operation, upper, listed, members, catalog)
    return Effects(
        locks=held(catalog, (taken, SUE)),
        fails=refused or Never(),
        unknown=unknown,
        sources=_SOURCES,
    )


def _refusal(
    operation: ChangePublication,
    upper: list[str],
    listed: list[Name],
    members: set[Name],
    catalog: Catalog,
) -> Certain | None:
    """Return why CREATE or ALTER PUBLICATION is refused."""
    place = Name(operation.name)
    found = catalog.existence(ObjectKind.PUBLICATION, place)
    if upper[:1] == ["CREATE"] and found is Existence.PRESENT:
        return Certain("42710", f"the publication {place} is there already")
    if upper[:1] == ["ALTER"] and found is Existence.ABSENT:
        return Certain("42704", f"there is no publication {place}")
    text = catalog.facts.objects.get((ObjectKind.PUBLICATION, place)) or ""
    if upper[:1] == ["ALTER"] and listed and is_of_all_tables(text):
        return Certain("55000", f"the publication {place} is of all tables")
    for table in listed:
        if catalog.existence(ObjectKind.TABLE, table) is Existence.ABSENT:
            state = "42809" if catalog.view(table) is not None else "42P01"
            return Certain(state, f"there is no table {table}")
    action = upper[3:4] if upper[:1] == ["ALTER"] else []
    for table in listed:
        if action == ["ADD"] and table in members:
            return Certain("42710", f"{table} is part of it already")
        if action == ["DROP"] and table not in members and catalog.complete:
            return Certain("42704", f"{table} is not part of it")
        known = catalog.table(table)
        if action != ["DROP"] and known is not None and (known.unlogged or known.temporary):
            return Certain("22023", f"{table} is not permanent")
    return None


def unidentified(
    tables: Iterable[Name], changes: frozenset[str], catalog: Catalog
) -> Certain | None:
    """Return the refusal of UPDATE or DELETE where a published table identifies no row.

    Args:
        tables: The tables whose rows are changed.
        changes: `update`, `delete`: what is done to them.
        catalog: The schema before.
    """
    for table in tables:
        state = catalog.table(table)
        if state is None or not state.complete or state.kind is TableKind.PARTITIONED:
            continue
        if changes & catalog.published_changes(table) and not catalog.identifies_rows(table):
            return Certain("55000", f"{table} is published, and nothing identifies its rows")
    return None
