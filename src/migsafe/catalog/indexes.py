"""Indexes: made under the server's names, attached, dropped."""

from collections.abc import Iterator

from migsafe.catalog import naming
from migsafe.catalog.facts import Facts
from migsafe.catalog.schema import IndexState, TableKind, TableState
from migsafe.catalog.text import renamed
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AttachIndex,
    CreateIndex,
    DropIndex,
    IndexElement,
    RewriteKind,
)
from migsafe.model.record import replace


def columns_of(index: IndexState) -> frozenset[str]:
    """Return every column that an index needs: keys, expressions, predicate, INCLUDE."""
    found = set(index.include)
    for element in index.elements:
        if element.column is not None:
            found.add(element.column)
        if element.expression is not None:
            found.update(element.expression.columns)
    if index.where is not None:
        found.update(index.where.columns)
    return frozenset(found)


def create(facts: Facts, operation: CreateIndex, made_by: str | None) -> None:
    """Apply CREATE INDEX, on partitions as well unless ONLY was said."""
    key = facts.altered(operation.table)
    known = True
    if operation.name is not None and operation.if_not_exists:
        present = facts.is_present(key.beside(operation.name))
        if present:
            return
        # An index of this name may be there, and be something else, or invalid.
        known = present is False
    name = _create(facts, key, operation, operation.name, made_by)
    if not known:
        index = facts.indexes.get(name)
        if index is not None:
            facts.put_index(replace(index, valid=None))


def _create(
    facts: Facts,
    key: Name,
    operation: CreateIndex,
    given: str | None,
    made_by: str | None,
) -> Name:
    addition = naming.columns_addition(naming.index_columns(operation.elements, operation.include))
    name = key.beside(given or facts.free_relation_name(key, addition, "idx"))
    table = facts.tables.get(key)
    partitioned = table is not None and table.kind is TableKind.PARTITIONED
    state = IndexState(
        name,
        key,
        operation.elements,
        unique=operation.unique,
        where=operation.where,
        method=operation.method,
        include=operation.include,
        valid=not (partitioned and operation.only),
        made_by=made_by,
        nulls_not_distinct=operation.nulls_not_distinct,
    )
    facts.put_index(state)
    facts.made(name)
    if operation.tablespace is not None:
        facts.set_setting(name, RewriteKind.TABLESPACE.value, operation.tablespace)
    for column in sorted(columns_of(state)):
        facts.known_column(key, column)
    if partitioned and not operation.only:
        for child in facts.belongings(key).children:
            own = own_match(facts, child, state)
            below = _create(facts, child, operation, None, made_by) if own is None else own.name
            index = facts.indexes.get(below)
            if index is not None:
                facts.put_index(replace(index, parent=name))
    return name


def drop(facts: Facts, operation: DropIndex) -> None:
    """Apply DROP INDEX."""
    key = facts.key(operation.index)
    if facts.take_index(key) is None:
        if operation.table is not None and facts.is_present(key) is None:
            facts.altered(operation.table, sure=False)
        facts.gone(key)


def attach(facts: Facts, operation: AttachIndex) -> None:
    """Apply ATTACH PARTITION of an index; the last one makes the parent valid."""
    above = facts.indexes.get(facts.key(operation.index))
    below = facts.indexes.get(facts.key(operation.partition))
    if above is None or below is None:
        return
    facts.put_index(replace(below, parent=above.name))
    attached = {
        index.table
        for name in facts.indexes_under(above)
        if (index := facts.indexes.get(name)) is not None and index.valid
    }
    if attached >= set(facts.belongings(above.table).children):
        facts.put_index(replace(above, valid=True))


def rename_column(facts: Facts, name: Name, old: str, new: str) -> None:
    """Let an index follow the rename of a column."""
    index = facts.indexes.get(name)
    if index is None or old not in columns_of(index):
        return

    def element(each: IndexElement) -> IndexElement:
        if each.expression is not None:
            return replace(each, expression=renamed(each.expression, old, new))
        return replace(each, column=new) if each.column == old else each

    where = None if index.where is None else renamed(index.where, old, new)
    facts.put_index(
        replace(
            index,
            elements=tuple(element(each) for each in index.elements),
            include=tuple(new if each == old else each for each in index.include),
            where=where,
        )
    )


def clone_to_partition(
    facts: Facts, parent: Name, partition: TableState, made_by: str | None
) -> None:
    """Give a partition the indexes of its parent: its own that match, else new ones."""
    for name in facts.belongings(parent).indexes:
        above = facts.indexes.get(name)
        if above is None or above.constraint is not None:
            continue
        match_ = own_match(facts, partition.name, above)
        if match_ is None:
            copy(facts, above, partition.name, made_by, parent=name)
        else:
            facts.put_index(replace(match_, parent=name))


def own_match(facts: Facts, partition: Name, above: IndexState | CreateIndex) -> IndexState | None:
    """Return the index of a partition that the server takes for its part of an index.

    Source:
        `CompareIndexInfo` in src/backend/catalog/index.c.
    """
    for name in facts.belongings(partition).indexes:
        index = facts.indexes.get(name)
        if index is not None and index.parent is None and _compared(index) == _compared(above):
            return index
    return None


def _compared(index: IndexState | CreateIndex) -> tuple[object, ...]:
    return (
        index.elements,
        index.include,
        index.unique,
        index.nulls_not_distinct,
        index.where,
        index.method,
    )


def built_below(facts: Facts, key: Name, operation: CreateIndex) -> Iterator[Name]:
    """Yield the leaves of a partitioned table on which its new index is built.

    Where a partition has its part of it already, nothing is built on it or below it.
    """
    left = list(facts.belongings(key).children)
    while left:
        child = left.pop(0)
        if own_match(facts, child, operation) is not None:
            continue
        table = facts.tables.get(child)
        if table is not None and table.partition_by is not None:
            left += facts.belongings(child).children
        else:
            yield child


def copy(
    facts: Facts,
    index: IndexState,
    key: Name,
    made_by: str | None,
    *,
    parent: Name | None = None,
) -> None:
    """Make an index like another one on another table, named as the server does."""
    addition = naming.columns_addition(naming.index_columns(index.elements, index.include))
    name = key.beside(facts.free_relation_name(key, addition, "idx"))
    facts.put_index(
        replace(index, name=name, table=key, parent=parent, made_by=made_by, valid=True)
    )
    facts.made(name)
