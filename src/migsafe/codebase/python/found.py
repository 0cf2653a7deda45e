"""What was found in a Python file so far, with its places."""

import ast

from migsafe.codebase.sql import SqlTexts
from migsafe.model.code import Basis, Use, UseKind
from migsafe.model.migration import Place
from migsafe.model.origin import Span
from migsafe.sources.alembic.values import Module

Node = ast.expr | ast.stmt | ast.keyword
_Known = tuple[UseKind, str, str | None, int, int]


class Found:
    """The uses of a file: each once at its place, mentions once in the file."""

    __slots__ = ("_mentioned", "_module", "_uses")

    def __init__(self, module: Module) -> None:
        """Begin with nothing found."""
        self._module = module
        self._uses: dict[_Known, Use] = {}
        self._mentioned: dict[tuple[UseKind, str], Use] = {}

    def add(  # noqa: PLR0913  the fields of a use
        self,
        kind: UseKind,
        name: str,
        node: Node,
        basis: Basis,
        how: str,
        *,
        table: str | None = None,
        schema: str | None = None,
        writes: bool | None = None,
        owner: str | None = None,
    ) -> None:
        """Note a use at a node."""
        place = self._place(node)
        self.put(Use(kind, name, table, schema, place, basis, writes, how, owner))

    def sql(
        self, sql: SqlTexts, text: str, node: ast.expr, *, is_sql: bool, table: str | None
    ) -> bool:
        """Note what a string names if it is SQL; say whether it is."""
        whole = self._place(node)
        at = self._module.places.literal_at(node)
        exact = at is not None and isinstance(node, ast.Constant) and node.value == text

        def placed(start: int, end: int) -> Place:
            if at is None or not exact:
                return whole
            return self._module.places.place(self._module.path, Span(at + start, at + end))

        uses = sql.read(text, placed, is_sql=is_sql, table=table)
        for use in uses or ():
            self.put(use)
        return uses is not None

    def put(self, use: Use) -> None:
        """Note a use."""
        if use.basis is Basis.MENTION:
            self._mentioned.setdefault((use.kind, use.name), use)
            return
        key = use.kind, use.name, use.table, use.place.line, use.place.column
        known = self._uses.get(key)
        if known is None or known.basis < use.basis:
            self._uses[key] = use

    def all(self) -> tuple[Use, ...]:
        """Return everything in the order of the file."""
        uses = [*self._uses.values(), *self._mentioned.values()]
        return tuple(sorted(uses, key=lambda use: (use.place.line, use.place.column)))

    def _place(self, node: Node) -> Place:
        places = self._module.places
        start = places.offset(node.lineno, node.col_offset)
        if node.end_lineno is None or node.end_col_offset is None:
            return places.place(self._module.path, Span(start, start))
        end = places.offset(node.end_lineno, node.end_col_offset)
        return places.place(self._module.path, Span(start, end))
