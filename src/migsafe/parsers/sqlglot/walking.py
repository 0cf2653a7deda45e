"""A walk over a tree of sqlglot that knows whose columns are named.

The library's names of a node's parts change between releases: parts are told by what they
are, wherever that is enough.
"""

from collections.abc import Iterator

from sqlglot import exp

from migsafe.model.expressions import Name
from migsafe.parsers.naming import Named, NamedKind, Scope

_OF_DROP = {
    "TABLE": NamedKind.RELATION,
    "VIEW": NamedKind.RELATION,
    "INDEX": NamedKind.INDEX,
    "TYPE": NamedKind.TYPE,
    "FUNCTION": NamedKind.FUNCTION,
    "CONSTRAINT": NamedKind.CONSTRAINT,
    "COLUMN": NamedKind.COLUMN,
}
# Settings, transactions and the like name nothing; a Command was not read at all.
_SILENT = (exp.Set, exp.Transaction, exp.Commit, exp.Rollback, exp.Use)
_STATEMENTS = (exp.Query, exp.DML, exp.DDL, exp.Alter, exp.Drop, exp.TruncateTable, *_SILENT)


def walk(statement: exp.Expression) -> list[Named] | None:
    """Return what a statement names, in no order; None if the library passed over it."""
    return _Walk(statement).found if isinstance(statement, _STATEMENTS) else None


class _Walk:
    """The state of one walk. Nothing recurses: depth is the input's to choose."""

    def __init__(self, statement: exp.Expression) -> None:
        self.found: list[Named] = []
        self._written: set[int] = set()
        self._targets: set[int] = set()
        self._stack: list[tuple[exp.Expression, Scope]] = [(statement, Scope())]
        while self._stack:
            node, scope = self._stack.pop()
            self._visit(node, scope)

    def _push(self, nodes: Iterator[exp.Expression], scope: Scope) -> None:
        self._stack += [(node, scope) for node in nodes]

    def _visit(self, node: exp.Expression, scope: Scope) -> None:  # noqa: C901, PLR0912  a table
        match node:
            case exp.Select():
                self._select(node, scope)
            case exp.SetOperation():
                inner = self._with(node, scope)
                # Its ORDER BY names results only.
                parts = (each for each in _children(node) if not isinstance(each, exp.Order))
                self._push(parts, inner.apart())
            case exp.Subquery() if isinstance(node.parent, (exp.From, exp.Join)):
                self._push(_children(node), scope.apart())
            case exp.Insert():
                self._insert(node, scope)
            case exp.Update() | exp.Delete() | exp.Merge():
                self._change(node, scope)
            case exp.Create() | exp.Alter() | exp.Copy() | exp.TruncateTable():
                self._define(node, scope)
            case exp.Drop():
                self._drop(node, scope)
            case exp.Table():
                self._table(node, scope)
            case exp.Column():
                self._column(node, scope)
            case exp.ColumnDef() if scope.target is not None:
                self._own(node.this, scope.target)
                self._push(_children(node), scope)
            case exp.Reference():
                self._schema(node.this, scope)
            case exp.Anonymous():
                self._function(node)
                self._push(_children(node), scope)
            case exp.DataType() if node.this == exp.DataType.Type.USERDEFINED:
                self._type(node)
            case exp.CTE():
                self._push(_children(node), scope.apart())
            case _ if isinstance(node, _SILENT):
                pass
            case _:
                self._push(_children(node), scope)

    def _with(self, node: exp.Expression, outer: Scope) -> Scope:
        """Return the scope of a query inside another, with what its WITH defines."""
        scope = Scope(outer)
        for each in _children(node):
            if isinstance(each, exp.With):
                names = [_fold(cte.args["alias"].this) for cte in each.expressions]
                scope.ctes = scope.ctes.within(names)
        return scope

    def _select(self, node: exp.Select, outer: Scope) -> None:
        scope = self._with(node, outer)
        self._sources(node, scope)
        scope_of_order = Scope(outer)
        scope_of_order.ctes = scope.ctes
        self._sources(node, scope_of_order)
        scope_of_order.hidden = _results(node)
        for each in _children(node):
            late = isinstance(each, (exp.Order, exp.Group, exp.Having))
            self._stack.append((each, scope_of_order if late else scope))

    def _sources(self, node: exp.Expression, scope: Scope) -> None:
        """Add what stands behind FROM, JOIN and USING of a statement, and its target."""
        for each in _children(node):
            match each:
                case exp.From() | exp.Join():
                    self._source(each.this, scope)
                case exp.Lateral():
                    self._source(each, scope)
                case exp.Table():
                    self._source(each, scope)
                case _:
                    pass

    def _source(self, node: exp.Expression | None, scope: Scope) -> None:
        pending = [node]
        while pending:
            each = pending.pop()
            if each is None:
                continue
            alias = each.args.get("alias")
            called = _fold(alias.this) if alias is not None and alias.this is not None else None
            match each:
                case exp.Table(this=exp.Identifier()):
                    relation = _name(each)
                    derived = scope.is_derived(relation)
                    scope.reads(called or relation.name, None if derived else relation)
                case exp.Paren() | exp.Subquery() if called is None and isinstance(
                    each.this, exp.Table
                ):
                    pending.append(each.this)
                case _:
                    scope.reads(called or f"({len(pending)}", None)
            pending += [join.this for join in each.args.get("joins") or ()]

    def _insert(self, node: exp.Insert, outer: Scope) -> None:
        scope = self._with(node, outer)
        target = node.this
        if isinstance(target, exp.Tuple):
            # WHEN NOT MATCHED THEN INSERT (…) of a MERGE.
            for each in target.expressions:
                self._own(each, outer.target, writes=True)
            self._push((each for each in _children(node) if each is not target), outer)
            return
        self._schema(target, scope, writes=True)
        table = target.this if isinstance(target, exp.Schema) else target
        if isinstance(table, exp.Table):
            self._source(table, scope)
            scope.target = _name(table)
            scope.reads("excluded", scope.target)
        for each in _children(node):
            match each:
                case exp.Schema() | exp.Table():
                    pass
                case exp.OnConflict():
                    self._conflict(each, scope)
                case exp.Returning() | exp.With():
                    self._stack.append((each, scope))
                case _:
                    self._stack.append((each, scope.apart()))

    def _conflict(self, node: exp.OnConflict, scope: Scope) -> None:
        constraint = node.args.get("constraint")
        for each in _children(node):
            if each is constraint and isinstance(each, exp.Identifier):
                self._add(NamedKind.CONSTRAINT, each, of=scope.target)
                continue
            if isinstance(each, exp.EQ):
                self._assignment(each, scope)
            elif isinstance(each, exp.Ordered) and isinstance(each.this, exp.Column):
                self._own(each.this, scope.target)
                continue
            self._stack.append((each, scope))

    def _assignment(self, node: exp.EQ, scope: Scope) -> None:
        """Note the columns that `a = 1` or `(a, b) = (1, 2)` sets."""
        left = node.this
        for each in left.expressions if isinstance(left, exp.Tuple) else (left,):
            if isinstance(each, exp.Column):
                self._own(each, scope.target, writes=True)
                self._written.add(id(each))

    def _change(self, node: exp.Expression, outer: Scope) -> None:
        """Note what UPDATE, DELETE or MERGE names; UPDATE stands in MERGE as well."""
        scope = self._with(node, outer)
        if isinstance(node.this, exp.Table):
            self._targets.add(id(node.this))
            scope.target = _name(node.this)
        else:
            scope.target = outer.target
        self._sources(node, scope)
        for each in _children(node):
            if isinstance(node, exp.Update) and isinstance(each, exp.EQ):
                self._assignment(each, scope)
            self._stack.append((each, scope))

    def _define(self, node: exp.Expression, outer: Scope) -> None:
        """Note what DDL in application code makes, changes or drops."""
        scope = self._with(node, outer)
        kind = str(node.args.get("kind") or "")
        target = node.this
        if isinstance(target, exp.Index):
            if isinstance(target.this, exp.Identifier):
                self._add(NamedKind.INDEX, target.this, writes=True)
            target = target.args.get("table")
        elif kind == "TYPE" and isinstance(target, exp.Table):
            self._add(NamedKind.TYPE, target.this, writes=True)
            return
        elif kind in {"FUNCTION", "PROCEDURE"}:
            return
        table = target.this if isinstance(target, exp.Schema) else target
        if isinstance(table, exp.Table):
            self._targets.add(id(table))
            self._source(table, scope)
            scope.target = _name(table)
        if isinstance(node, exp.TruncateTable):
            self._targets |= {id(each) for each in node.expressions}
        if isinstance(node, exp.Copy):
            self._schema(target, scope, writes=bool(node.args.get("kind")))
            return
        self._push(_children(node), scope)

    def _drop(self, node: exp.Drop, scope: Scope) -> None:
        kind = _OF_DROP.get(str(node.args.get("kind")))
        for each in node.args.get("tables") or (node.this,):
            named = each.this if isinstance(each, exp.Table) else each
            if kind is not None and isinstance(named, (exp.Identifier, exp.Column)):
                self._add(kind, named, of=scope.target, writes=True)

    def _schema(self, node: exp.Expression | None, scope: Scope, *, writes: bool = False) -> None:
        """Note `table (column, …)` as INSERT, COPY and REFERENCES have it."""
        table = node.this if isinstance(node, exp.Schema) else node
        if not isinstance(table, exp.Table):
            return
        if writes:
            self._targets.add(id(table))
        self._table(table, scope)
        if isinstance(node, exp.Schema):
            for each in node.expressions:
                self._own(each, _name(table), writes=writes)

    def _table(self, node: exp.Table, scope: Scope) -> None:
        if isinstance(node.this, exp.Identifier):
            name = _name(node)
            if not scope.is_derived(name):
                self._add(
                    NamedKind.RELATION,
                    node.this,
                    schema=name.schema,
                    writes=id(node) in self._targets,
                )
        elif node.this is not None:
            self._stack.append((node.this, scope))
        for join in node.args.get("joins") or ():
            self._stack.append((join, scope))

    def _column(self, node: exp.Column, scope: Scope) -> None:
        if id(node) in self._written or not isinstance(node.this, exp.Identifier):
            return
        qualifier = node.args.get("table")
        start, end = _span(node.this)
        named = scope.column(
            _fold(node.this), None if qualifier is None else _fold(qualifier), start, end
        )
        if named is not None:
            self.found.append(named)

    def _own(self, node: exp.Expression, target: Name | None, *, writes: bool = False) -> None:
        """Note a column of what a statement writes to."""
        named = node.this if isinstance(node, exp.Column) else node
        if isinstance(named, exp.Identifier):
            self._add(NamedKind.COLUMN, named, of=target, sure=target is not None, writes=writes)

    def _function(self, node: exp.Anonymous) -> None:
        name = node.this if isinstance(node.this, str) else node.name
        parent = node.parent
        schema = None
        if isinstance(parent, exp.Dot) and isinstance(parent.this, exp.Identifier):
            schema = _fold(parent.this)
        start, end = node.meta.get("start", 0), node.meta.get("end", -1) + 1
        self.found.append(Named(NamedKind.FUNCTION, name.lower(), start, end, schema))

    def _type(self, node: exp.DataType) -> None:
        named = node.args.get("kind")
        schema = None
        if isinstance(named, exp.Dot) and isinstance(named.this, exp.Identifier):
            schema, named = _fold(named.this), named.expression
        if isinstance(named, exp.Identifier):
            self._add(NamedKind.TYPE, named, schema=schema)

    def _add(
        self,
        kind: NamedKind,
        node: exp.Expression,
        *,
        schema: str | None = None,
        of: Name | None = None,
        sure: bool = True,
        writes: bool = False,
    ) -> None:
        named = node.this if isinstance(node, exp.Column) else node
        start, end = _span(named)
        self.found.append(
            Named(kind, _fold(named), start, end, schema, of, sure=sure, writes=writes)
        )


def _children(node: exp.Expression) -> Iterator[exp.Expression]:
    for value in node.args.values():
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, exp.Expression):
                yield each


def _results(node: exp.Select) -> frozenset[str]:
    aliased = (each for each in node.expressions if isinstance(each, exp.Alias))
    return frozenset(_fold(each.args["alias"]) for each in aliased)


def _name(table: exp.Table) -> Name:
    schema = table.args.get("db")
    return Name(_fold(table.this), None if schema is None else _fold(schema))


def _fold(node: object) -> str:
    """Return a name as the server knows it."""
    if isinstance(node, exp.Identifier):
        return node.name if node.args.get("quoted") else node.name.lower()
    return str(getattr(node, "name", node)).lower()


def _span(node: exp.Expression) -> tuple[int, int]:
    """Return where a name stands, its quotes among it."""
    return node.meta.get("start", 0), node.meta.get("end", -1) + 1
