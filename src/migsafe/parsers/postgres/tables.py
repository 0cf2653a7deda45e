"""CREATE TABLE in its forms, CREATE SCHEMA's tables included."""

from migsafe.model.operations import (
    Column,
    Constraint,
    CreateObject,
    CreateTable,
    CreateTableAs,
    CreateView,
    ObjectKind,
    Partitioning,
)
from migsafe.model.record import replace
from migsafe.parsers.postgres import canonical, columns, constraints, options, pb, queries
from migsafe.parsers.postgres.names import dotted, relation, strings
from migsafe.parsers.postgres.source import Operations, Source

_LIKE_OPTIONS = (
    "COMMENTS",
    "COMPRESSION",
    "CONSTRAINTS",
    "DEFAULTS",
    "GENERATED",
    "IDENTITY",
    "INDEXES",
    "STATISTICS",
    "STORAGE",
)
_LIKE_ALL = 0x7FFFFFFF


def create(node: pb.Node, source: Source) -> Operations:
    """Return CREATE TABLE."""
    del source
    return (read(node.create_stmt),)


def create_foreign(node: pb.Node, source: Source) -> Operations:
    """Return CREATE FOREIGN TABLE: a table whose tail begins with SERVER.

    One whose columns have options of their own is kept as text: a column has no place for them.
    """
    statement = node.create_foreign_table_stmt
    base = statement.base_stmt
    table = relation(base.relation)
    if any(element.column_def.fdwoptions for element in base.table_elts):
        return (CreateObject(ObjectKind.FOREIGN_TABLE, table, canonical.statement(source)),)
    bare = pb.CreateForeignTableStmt(
        base_stmt=pb.CreateStmt(relation=pb.RangeVar(relname="x", inh=True, relpersistence="p")),
        servername=statement.servername,
        options=statement.options,
    )
    sql = canonical.node(pb.Node(create_foreign_table_stmt=bare))
    return (replace(read(base), tail=sql[sql.index("SERVER ") :]),)


def read(statement: pb.CreateStmt) -> CreateTable:
    """Return the table that a CREATE TABLE makes."""
    table = relation(statement.relation)
    found: list[Column] = []
    lifted: list[Constraint] = []
    like: list[pb.TableLikeClause] = []
    for element in statement.table_elts:
        match element.WhichOneof("node"):
            case "column_def":
                column, inline = columns.read(element.column_def)
                found.append(column)
                lifted.extend(inline)
            case "constraint":
                constraint = constraints.read(element.constraint)
                if constraint is not None:
                    lifted.append(constraint)
            case "table_like_clause":
                like.append(element.table_like_clause)
            case _:
                pass
    parents = tuple([relation(item.range_var) for item in statement.inh_relations])
    partition = statement.HasField("partbound")
    return CreateTable(
        table,
        tuple(found),
        tuple(lifted),
        statement.if_not_exists,
        is_temporary(statement.relation),
        statement.relation.relpersistence == "u",
        () if partition else parents,
        tuple([relation(clause.relation) for clause in like]),
        tuple([_like_options(clause.options) for clause in like]),
        parents[0] if partition else None,
        canonical.partition_bound(statement.partbound) if partition else None,
        _partitioning(statement.partspec) if statement.HasField("partspec") else None,
        options.read(statement.options),
        canonical.table_tail(statement),
        dotted(statement.of_typename.names) if statement.HasField("of_typename") else None,
    )


def is_temporary(var: pb.RangeVar) -> bool:
    """Return whether a relation is made for this session only."""
    temporary: bool = var.relpersistence == "t" or var.schemaname == "pg_temp"
    return temporary


def _like_options(mask: int) -> str:
    if mask == _LIKE_ALL:
        return "INCLUDING ALL"
    return " ".join(
        f"INCLUDING {word}" for bit, word in enumerate(_LIKE_OPTIONS) if mask & 1 << bit
    )


def _partitioning(spec: pb.PartitionSpec) -> Partitioning:
    return Partitioning(
        canonical.partitioning(spec),
        tuple([part.partition_elem.name for part in spec.part_params if part.partition_elem.name]),
    )


def create_as(node: pb.Node, source: Source) -> Operations:
    """Return CREATE TABLE … AS or CREATE MATERIALIZED VIEW."""
    del source
    statement = node.create_table_as_stmt
    into = statement.into
    if statement.objtype == pb.OBJECT_MATVIEW:
        bare = pb.IntoClause(
            access_method=into.access_method, table_space_name=into.table_space_name
        )
        return (
            CreateView(
                relation(into.rel),
                queries.read(statement.query),
                strings(into.col_names),
                materialized=True,
                with_data=not into.skip_data,
                if_not_exists=statement.if_not_exists,
                options=options.read(into.options),
                tail=canonical.into_tail(bare),
            ),
        )
    return (into_table(into, statement.query, if_not_exists=statement.if_not_exists),)


def into_table(
    into: pb.IntoClause, query: pb.Node, *, if_not_exists: bool = False
) -> CreateTableAs:
    """Return the table that a query's result makes."""
    return CreateTableAs(
        relation(into.rel),
        queries.read(query),
        strings(into.col_names),
        not into.skip_data,
        if_not_exists,
        is_temporary(into.rel),
        into.rel.relpersistence == "u",
        canonical.into_tail(into),
    )
