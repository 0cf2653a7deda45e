"""INSERT, UPDATE, DELETE, MERGE, TRUNCATE, COPY and queries."""

from collections.abc import Iterator, Sequence

from migsafe.model.operations import (
    Assignment,
    CallRoutine,
    Copy,
    Delete,
    ExecutePrepared,
    Insert,
    Merge,
    Operation,
    Query,
    Select,
    SetParameter,
    Truncate,
    Update,
)
from migsafe.model.record import replace
from migsafe.parsers.postgres import canonical, expressions, pb, queries
from migsafe.parsers.postgres.names import dotted, relation
from migsafe.parsers.postgres.source import Operations, Source
from migsafe.parsers.postgres.tables import into_table


def insert(node: pb.Node, source: Source) -> Operations:
    """Return INSERT, after what its WITH clause does."""
    statement = node.insert_stmt
    return (
        *_within(statement.with_clause),
        read_insert(statement, canonical.statement(source)),
    )


def read_insert(statement: pb.InsertStmt, sql: str) -> Insert:
    """Return an INSERT; `sql` is its canonical text."""
    rows: int | None = 1
    query: Query | None = None
    if statement.HasField("select_stmt"):
        values = statement.select_stmt.select_stmt.values_lists
        rows = len(values) or None
        # VALUES counts its rows; a sub-query in one of them still reads.
        if rows is None or "SELECT" in sql:
            # What WITH names is seen from the whole statement only.
            reads = queries.relations_read(statement, statement.relation, sql)
            if rows is None or reads:
                query = replace(queries.read(statement.select_stmt), relations=reads)
    conflict = statement.on_conflict_clause.infer
    return Insert(
        relation(statement.relation),
        tuple([column.res_target.name for column in statement.cols]),
        rows,
        sql,
        query,
        tuple(
            [element.index_elem.name for element in conflict.index_elems if element.index_elem.name]
        ),
        conflict.conname or None,
    )


def update(node: pb.Node, source: Source) -> Operations:
    """Return UPDATE, after what its WITH clause does."""
    statement = node.update_stmt
    return (
        *_within(statement.with_clause),
        _read_update(statement, canonical.statement(source)),
    )


def _read_update(statement: pb.UpdateStmt, sql: str) -> Update:
    return Update(
        relation(statement.relation),
        tuple(_assignments(statement.target_list)),
        expressions.read(statement.where_clause) if statement.HasField("where_clause") else None,
        sql,
        queries.relations_read(statement, statement.relation, sql),
    )


def _assignments(targets: Sequence[pb.Node]) -> Iterator[Assignment]:
    for target in targets:
        value = target.res_target.val
        if value.HasField("multi_assign_ref"):
            # (a, b) = (x, y) is told by position; (a, b) = (SELECT …) has one source.
            reference = value.multi_assign_ref
            value = reference.source
            if value.HasField("row_expr"):
                value = value.row_expr.args[reference.colno - 1]
        yield Assignment(target.res_target.name, expressions.read(value))


def delete(node: pb.Node, source: Source) -> Operations:
    """Return DELETE, after what its WITH clause does."""
    statement = node.delete_stmt
    return (
        *_within(statement.with_clause),
        _read_delete(statement, canonical.statement(source)),
    )


def _read_delete(statement: pb.DeleteStmt, sql: str) -> Delete:
    return Delete(
        relation(statement.relation),
        expressions.read(statement.where_clause) if statement.HasField("where_clause") else None,
        sql,
        queries.relations_read(statement, statement.relation, sql),
    )


def merge(node: pb.Node, source: Source) -> Operations:
    """Return MERGE, after what its WITH clause does."""
    statement = node.merge_stmt
    return (
        *_within(statement.with_clause),
        _read_merge(statement, canonical.statement(source)),
    )


def _read_merge(statement: pb.MergeStmt, sql: str) -> Merge:
    reads = queries.relations_read(statement, statement.relation, sql)
    return Merge(relation(statement.relation), sql, reads)


def _within(clause: pb.WithClause) -> Iterator[Operation]:
    """Yield what the data-changing parts of a WITH clause do."""
    for item in clause.ctes:
        query = item.common_table_expr.ctequery
        match query.WhichOneof("node"):
            case "insert_stmt":
                yield from _within(query.insert_stmt.with_clause)
                yield read_insert(query.insert_stmt, canonical.node(query))
            case "update_stmt":
                yield from _within(query.update_stmt.with_clause)
                yield _read_update(query.update_stmt, canonical.node(query))
            case "delete_stmt":
                yield from _within(query.delete_stmt.with_clause)
                yield _read_delete(query.delete_stmt, canonical.node(query))
            case "merge_stmt":
                yield from _within(query.merge_stmt.with_clause)
                yield _read_merge(query.merge_stmt, canonical.node(query))
            case _:
                # Postgres allows data-changing WITH at the top level only.
                pass


def truncate(node: pb.Node, source: Source) -> Operations:
    """Return TRUNCATE."""
    del source
    statement = node.truncate_stmt
    return (
        Truncate(
            tuple([relation(item.range_var) for item in statement.relations]),
            statement.behavior == pb.DROP_CASCADE,
            statement.restart_seqs,
        ),
    )


def copy(node: pb.Node, source: Source) -> Operations:
    """Return COPY."""
    statement = node.copy_stmt
    table = relation(statement.relation) if statement.HasField("relation") else None
    return (Copy(table, statement.is_from, canonical.statement(source)),)


def execute(node: pb.Node, source: Source) -> Operations:
    """Return EXECUTE; a text that prepares the statement itself says more (`parsers.sql`)."""
    return (ExecutePrepared(node.execute_stmt.name, canonical.statement(source)),)


def select(node: pb.Node, source: Source) -> Operations:
    """Return a query, the table it makes (INTO), or the routines it calls."""
    statement = node.select_stmt
    before = tuple(_within(statement.with_clause))
    first = statement
    while first.HasField("larg"):
        first = first.larg
    if first.HasField("into_clause"):
        into = pb.IntoClause()
        into.CopyFrom(first.into_clause)
        first.ClearField("into_clause")
        return (*before, into_table(into, node))
    calls = _calls(statement)
    if calls:
        return calls
    return (*before, Select(queries.read(node, canonical.statement(source))))


def _calls(statement: pb.SelectStmt) -> Operations:
    """Return the routines that a query calls, if it does nothing else."""
    if {field.name for field, _ in statement.ListFields()} - _OF_PLAIN_CALLS:
        return ()
    targets = statement.target_list
    if not targets or not all(target.res_target.val.HasField("func_call") for target in targets):
        return ()
    return tuple([_call(target.res_target.val) for target in targets])


_OF_PLAIN_CALLS = frozenset({"target_list", "limit_option", "op"})


def _call(node: pb.Node) -> Operation:
    called = node.func_call
    name = dotted(called.funcname)
    if name.name == "set_config" and name.schema in {None, "pg_catalog"}:
        setting = _set_config(called.args, f"SELECT {canonical.expression(node)}")
        if setting is not None:
            return setting
    return CallRoutine(name, f"SELECT {canonical.expression(node)}")


def _set_config(args: Sequence[pb.Node], sql: str) -> SetParameter | None:
    match args:
        case [first, value, scope] if first.a_const.HasField("sval"):
            name = first.a_const.sval.sval.lower()
        case _:
            return None
    local = scope.a_const.boolval.boolval
    if not scope.a_const.HasField("boolval") or not value.HasField("a_const"):
        return SetParameter(name, None, local, computed=sql)
    given = value.a_const
    return SetParameter(name, given.sval.sval if given.HasField("sval") else None, local)


def declare_cursor(node: pb.Node, source: Source) -> Operations:
    """Return the query of DECLARE CURSOR."""
    query = node.declare_cursor_stmt.query
    return (Select(queries.read(query, canonical.statement(source))),)
