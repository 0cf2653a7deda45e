"""Indexes: CREATE INDEX, REINDEX."""

from migsafe.model.expressions import Name
from migsafe.model.operations import CreateIndex, IndexElement, Reindex
from migsafe.parsers.postgres import canonical, expressions, options, pb
from migsafe.parsers.postgres.names import relation
from migsafe.parsers.postgres.source import Operations, Source

_NULLS_FIRST: dict[int, bool] = {
    pb.SORTBY_NULLS_FIRST: True,
    pb.SORTBY_NULLS_LAST: False,
}
_REINDEX_KINDS: dict[int, str] = {
    pb.REINDEX_OBJECT_INDEX: "INDEX",
    pb.REINDEX_OBJECT_TABLE: "TABLE",
    pb.REINDEX_OBJECT_SCHEMA: "SCHEMA",
    pb.REINDEX_OBJECT_SYSTEM: "SYSTEM",
    pb.REINDEX_OBJECT_DATABASE: "DATABASE",
}


def create(node: pb.Node, source: Source) -> Operations:
    """Return CREATE INDEX."""
    del source
    index = node.index_stmt
    return (
        CreateIndex(
            index.idxname or None,
            relation(index.relation),
            tuple([_element(item.index_elem) for item in index.index_params]),
            index.unique,
            index.concurrent,
            index.if_not_exists,
            not index.relation.inh,
            index.access_method or "btree",
            tuple([item.index_elem.name for item in index.index_including_params]),
            index.nulls_not_distinct,
            expressions.read(index.where_clause) if index.HasField("where_clause") else None,
            options.read(index.options),
            index.table_space or None,
        ),
    )


def _element(element: pb.IndexElem) -> IndexElement:
    return IndexElement(
        element.name or None,
        expressions.read(element.expr) if element.HasField("expr") else None,
        canonical.collation(element.collation) if element.collation else None,
        canonical.operator_class(element) if element.opclass else None,
        element.ordering == pb.SORTBY_DESC,
        _NULLS_FIRST.get(element.nulls_ordering),
    )


def reindex(node: pb.Node, source: Source) -> Operations:
    """Return REINDEX."""
    del source
    statement = node.reindex_stmt
    target: Name | None = None
    if statement.HasField("relation"):
        target = relation(statement.relation)
    elif statement.name:
        target = Name(statement.name)
    return (
        Reindex(
            _REINDEX_KINDS[statement.kind],
            target,
            options.flag(statement.params, "concurrently"),
        ),
    )
