"""Which tables a query reads whole: known where no index could be of use.

Where an index has a column of a condition, the server's estimates decide; that is said to
be unknown. A full read of an index counts as a read of its table.
"""

from collections.abc import Iterable

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.text import column_of
from migsafe.effects.postgres.relations import is_partitioned, stored, stored_family, unseen
from migsafe.model.expressions import Name
from migsafe.model.operations import Query
from migsafe.model.record import record
from migsafe.writing.tokens import tokens

PLAN = "the plan that the server chooses"
_NESTING = frozenset(
    {"UNION", "INTERSECT", "EXCEPT", "LIMIT", "FETCH", "WITH", "EXISTS", "MIN", "MAX", "NATURAL"}
    | {"LATERAL", "TABLESAMPLE"}
)
"""Words with which more than the conditions decides what is read."""

_CONDITIONS = frozenset({"WHERE", "ON", "USING"})
_AFTER = frozenset({"GROUP", "ORDER", "HAVING", "WINDOW", "RETURNING", "WHEN", "SET", "FOR"})
_JOINS = frozenset({"JOIN", "FROM", "CROSS", "LEFT", "RIGHT", "FULL", "INNER", "AS"})
_DEPTH = 20


@record
class Reads:
    """Tables that are read whole, and what decides about more; empty: nothing does."""

    tables: tuple[Name, ...] = ()
    decides: str = ""


def of_query(query: Query, catalog: Catalog, depth: int = 0) -> Reads:
    """Return what a query reads, views and all."""
    words = list(tokens(query.sql))
    upper = [word.upper() for word in words]
    if upper[:1] == ["EXPLAIN"] and "ANALYZE" not in upper[:4]:
        return Reads()
    relations = [name for name in query.relations if not _is_of_the_server(name)]
    if not relations:
        return Reads()
    if depth > _DEPTH or upper.count("SELECT") > 1 or not _NESTING.isdisjoint(upper):
        return Reads(decides=PLAN)
    return of_conditions(relations, conditions(words), catalog, depth, only="ONLY" in upper)


def of_conditions(
    relations: Iterable[Name],
    words: list[str],
    catalog: Catalog,
    depth: int = 0,
    *,
    only: bool = False,
) -> Reads:
    """Return what is read of relations under conditions, given as their words."""
    if [word.upper() for word in words] in (["FALSE"], ["NULL"]):
        return Reads()
    found: list[Name] = []
    for relation in relations:
        view = catalog.view(relation)
        if view is not None and not view.materialized:
            below = of_query(view.query, catalog, depth + 1)
            if below.decides or _may_push_down(words, view.query, catalog):
                return Reads(decides=PLAN)
            found.extend(below.tables)
            continue
        if _may_use_an_index(relation, words, catalog):
            return Reads(decides=PLAN)
        found.extend(stored(catalog, relation) if only else stored_family(catalog, relation))
    return Reads(tuple(dict.fromkeys(found)))


def _is_of_the_server(name: Name) -> bool:
    return name.schema in {"pg_catalog", "information_schema"} or (
        name.schema is None and name.name.startswith("pg_")
    )


def _may_push_down(words: list[str], query: Query, catalog: Catalog) -> bool:
    return any(_may_use_an_index(relation, words, catalog) for relation in query.relations)


def conditions(words: list[str]) -> list[str]:
    """Return the words of a query's conditions."""
    found: list[str] = []
    inside = False
    for word in words:
        upper = word.upper()
        if upper in _CONDITIONS:
            inside = True
        elif upper in _AFTER or upper in _JOINS:
            inside = False
        elif inside:
            found.append(word)
    return found


def _may_use_an_index(relation: Name, words: list[str], catalog: Catalog) -> bool:
    """Say whether a condition names a column that an index of the relation begins or holds."""
    if not words:
        return False
    if catalog.view(relation) is None and unseen(catalog, relation):
        return True
    named = {
        column_of(word)
        for at, word in enumerate(words)
        # A value that is cast is not the value that the index holds.
        if words[at + 1 : at + 2] != ["::"]
    }
    state = catalog.table(relation)
    if state is not None and is_partitioned(catalog, relation) and state.partition_by is not None:
        key = state.partition_by
        if not key.columns or not named.isdisjoint(key.columns):
            return True
    every = {column_of(word) for word in words}
    members = (relation, *(child.name for child in catalog.children(relation)))
    for index in (each for member in members for each in catalog.indexes(member)):
        if not named.isdisjoint(index.columns):
            return True
        for element in index.elements:
            if element.expression is not None and not every.isdisjoint(element.expression.columns):
                return True
        if index.where is not None and not every.isdisjoint(index.where.columns):
            return True
    return False
