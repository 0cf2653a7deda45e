"""What a statement names: relations, columns with their aliases resolved, functions, types."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from google.protobuf.message import DecodeError, Message

from migsafe.model.expressions import Name
from migsafe.model.origin import byte_offsets
from migsafe.parsers.naming import Named, NamedKind, Scope, unfilled
from migsafe.parsers.placeholders import filled
from migsafe.parsers.postgres import pb
from migsafe.parsers.postgres.library import PgQueryError, parse
from migsafe.parsers.postgres.names import dotted, relation

_STATEMENTS = frozenset(
    {"select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt", "copy_stmt"}
)
_LATE = frozenset({"sort_clause", "group_clause"})
_LEAVES = frozenset({"string", "integer", "float", "boolean", "a_const", "a_star"})


def named(sql: str) -> tuple[Named, ...] | None:
    """Return what a query or a change of data names, None if it cannot be read.

    Other statements name nothing here: what they define is a migration's to say.
    """
    found = _read(sql)
    if found is not None:
        return found
    for reading in filled(sql, {}):
        found = _read(reading.sql)
        if found is not None:
            return unfilled(found, reading)
    return None


def _read(sql: str) -> tuple[Named, ...] | None:
    try:
        tree = parse(sql)
    except (PgQueryError, DecodeError):
        return None
    walk = _Walk(sql)
    for statement in tree.stmts:
        if statement.stmt.WhichOneof("node") in _STATEMENTS:
            walk.run(statement.stmt)
    return tuple(sorted(walk.found, key=lambda each: each.start))


class _Walk:
    """The state of one walk. Nothing recurses: depth is the input's to choose."""

    def __init__(self, sql: str) -> None:
        self.found: list[Named] = []
        self._sql = sql
        self._bytes = [] if sql.isascii() else byte_offsets(sql)
        self._stack: list[tuple[Message, Scope]] = []

    def run(self, statement: pb.Node) -> None:
        """Walk one statement."""
        self._stack.append((statement, Scope()))
        while self._stack:
            node, scope = self._stack.pop()
            if isinstance(node, pb.Node):
                kind = node.WhichOneof("node")
                if kind is None or kind in _LEAVES:
                    continue
                node = getattr(node, kind)
            self._visit(node, scope)

    def _visit(self, node: Message, scope: Scope) -> None:
        match node:
            case pb.SelectStmt():
                self._select(node, scope)
            case pb.InsertStmt():
                self._insert(node, scope)
            case pb.UpdateStmt() | pb.DeleteStmt() | pb.MergeStmt():
                self._change(node, scope)
            case pb.CopyStmt():
                self._copy(node, scope)
            case pb.RangeSubselect():
                inner = scope if node.lateral else scope.apart()
                self._stack.append((node.subquery, inner))
            case pb.RangeVar():
                self._relation(node, scope)
            case pb.ColumnRef():
                self._column(node, scope)
            case pb.FuncCall():
                self._function(node, scope)
            case pb.TypeName():
                self._type(node)
            case _:
                self._children(node, scope)

    def _children(
        self, node: Message, scope: Scope, *, without: Sequence[str] = (), late: Scope | None = None
    ) -> None:
        for field, value in node.ListFields():
            if field.message_type is None or field.name in without:
                continue
            inside = late if late is not None and field.name in _LATE else scope
            for each in value if field.is_repeated else (value,):
                self._stack.append((each, inside))

    def _with(self, clause: pb.WithClause, outer: Scope) -> Scope:
        """Return the scope of a query inside another, having read what its WITH defines."""
        queries = [item.common_table_expr for item in clause.ctes]
        scope = Scope(outer)
        scope.ctes = scope.ctes.within([each.ctename for each in queries])
        for number, each in enumerate(queries):
            inner = scope.apart()
            inner.ctes = scope.ctes.first(len(queries) if clause.recursive else number)
            self._stack.append((each.ctequery, inner))
        return scope

    def _select(self, node: pb.SelectStmt, outer: Scope) -> None:
        scope = self._with(node.with_clause, outer)
        if node.HasField("larg"):
            for each in (node.larg, node.rarg):
                self._stack.append((each, scope.apart()))
            return
        self._sources(node.from_clause, scope)
        late = Scope(outer)
        late.ctes, late.sources = scope.ctes, scope.sources
        late.hidden = frozenset(target.res_target.name for target in node.target_list) - {""}
        self._children(node, scope, without=("with_clause", "locking_clause"), late=late)

    def _sources(self, nodes: Sequence[pb.Node], scope: Scope) -> None:
        pending = list(nodes)
        while pending:
            node = pending.pop()
            kind = node.WhichOneof("node")
            if kind == "join_expr":
                pending += (node.join_expr.larg, node.join_expr.rarg)
            elif kind == "range_var":
                self._source(node.range_var, scope)
            elif kind is not None:
                alias = getattr(node, kind).alias.aliasname
                scope.reads(alias or f"({len(scope.sources)}", None)

    def _source(self, var: pb.RangeVar, scope: Scope) -> Name | None:
        name = relation(var)
        known = None if scope.is_derived(name) else name
        scope.reads(var.alias.aliasname or name.name, known)
        return known

    def _insert(self, node: pb.InsertStmt, outer: Scope) -> None:
        scope = self._with(node.with_clause, outer)
        scope.target = self._target(node.relation, scope)
        scope.reads("excluded", scope.target)
        self._assigned(node.cols, scope)
        self._stack.append((node.select_stmt, scope.apart()))
        conflict = node.on_conflict_clause
        if conflict.infer.conname:
            start = self._offset(conflict.infer.location)
            self._add(NamedKind.CONSTRAINT, conflict.infer.conname, start, of=scope.target)
        for item in conflict.infer.index_elems:
            if item.index_elem.name:
                start = self._offset(conflict.infer.location)
                self._add(NamedKind.COLUMN, item.index_elem.name, start, of=scope.target)
        self._assigned(conflict.target_list, scope)
        self._children(node, scope, without=("with_clause", "relation", "cols", "select_stmt"))

    def _change(self, node: pb.UpdateStmt, outer: Scope) -> None:
        """Read UPDATE, or DELETE or MERGE, which have most of it."""
        scope = self._with(node.with_clause, outer)
        scope.target = self._target(node.relation, scope)
        match node:
            case pb.UpdateStmt():
                self._sources(node.from_clause, scope)
                self._assigned(node.target_list, scope)
            case pb.DeleteStmt():
                self._sources(node.using_clause, scope)
            case _:
                self._sources((node.source_relation,), scope)
                for item in node.merge_when_clauses:
                    self._assigned(item.merge_when_clause.target_list, scope)
        self._children(node, scope, without=("with_clause", "relation"))

    def _copy(self, node: pb.CopyStmt, scope: Scope) -> None:
        if node.HasField("query"):
            self._stack.append((node.query, scope))
            return
        target = self._target(node.relation, scope, writes=node.is_from)
        start = self._offset(node.relation.location)
        for item in node.attlist:
            self._add(NamedKind.COLUMN, item.string.sval, start, of=target, writes=node.is_from)

    def _target(self, var: pb.RangeVar, scope: Scope, *, writes: bool = True) -> Name | None:
        target = self._source(var, scope)
        self._relation(var, scope, writes=writes)
        return target

    def _assigned(self, targets: Sequence[pb.Node], scope: Scope) -> None:
        for item in targets:
            target = item.res_target
            start = self._offset(target.location)
            self._add(NamedKind.COLUMN, target.name, start, of=scope.target, writes=True)

    def _relation(self, var: pb.RangeVar, scope: Scope, *, writes: bool = False) -> None:
        name = relation(var)
        if not scope.is_derived(name):
            start = self._offset(var.location)
            self._add(NamedKind.RELATION, name.name, start, schema=name.schema, writes=writes)

    def _column(self, node: pb.ColumnRef, scope: Scope) -> None:
        parts = [each.string.sval for each in node.fields if each.HasField("string")]
        if len(parts) < len(node.fields) or not parts:
            return
        start = self._offset(node.location)
        qualifier = parts[-2] if len(parts) > 1 else None
        found = scope.column(parts[-1], qualifier, start, self._end(start))
        if found is not None:
            self.found.append(found)

    def _function(self, node: pb.FuncCall, scope: Scope) -> None:
        name = dotted(node.funcname)
        if name.schema == "sqlc":
            # sqlc's own words: a parameter, or all columns of a table.
            for each in node.args if name.name == "embed" else ():
                parts = list(_strings(each.column_ref.fields))
                if parts:
                    start = self._offset(each.column_ref.location)
                    self._embedded(parts[-1], start, scope)
            return
        if name.schema != "pg_catalog":
            start = self._offset(node.location)
            self._add(NamedKind.FUNCTION, name.name, start, schema=name.schema)
        self._children(node, scope)

    def _embedded(self, alias: str, start: int, scope: Scope) -> None:
        relation = scope.sources.get(alias, Name(alias))
        if relation is not None:
            self._add(NamedKind.RELATION, relation.name, start, schema=relation.schema)

    def _type(self, node: pb.TypeName) -> None:
        if node.names:
            name = dotted(node.names)
            if name.schema != "pg_catalog":
                start = self._offset(node.location)
                self._add(NamedKind.TYPE, name.name, start, schema=name.schema)

    def _add(
        self,
        kind: NamedKind,
        name: str,
        start: int,
        *,
        schema: str | None = None,
        of: Name | None = None,
        writes: bool = False,
    ) -> None:
        sure = kind is not NamedKind.COLUMN or of is not None
        end = self._end(start)
        self.found.append(Named(kind, name, start, end, schema, of, sure=sure, writes=writes))

    def _offset(self, location: int) -> int:
        return bisect_left(self._bytes, location) if self._bytes else location

    def _end(self, start: int) -> int:
        """Return where the dotted name ends that begins somewhere."""
        end = start
        while end < len(self._sql) and (self._sql[end].isalnum() or self._sql[end] in '_$."'):
            end += 1
        return end


def _strings(nodes: Sequence[pb.Node]) -> Iterator[str]:
    for node in nodes:
        if node.HasField("string"):
            yield node.string.sval
