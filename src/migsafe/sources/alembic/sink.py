"""Where what a revision does is noted, with the circumstances of each call."""

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from migsafe.model.expressions import Name
from migsafe.model.migration import Statement
from migsafe.model.operations import Cause, Operation, Unrecognized
from migsafe.model.origin import Certainty, SectionName, Span
from migsafe.sources.alembic.sqltext import Where
from migsafe.sources.alembic.values import Module
from migsafe.sources.files import shown

_NOWHERE = Span(0, 0)


class Sink:
    """The statements of a section, as they are found.

    What code in other files does stands where the revision calls it.

    Args:
        module: The revision.
        path: Its path as shown.
        section: Which way the followed function goes.
        here: Returns the file whose code is followed now.
    """

    def __init__(
        self, module: Module, path: str, section: SectionName, here: Callable[[], Module]
    ) -> None:
        """Start with nothing found."""
        self._module = module
        self._path = path
        self._section = section
        self._here = here
        self._anchor: ast.expr | ast.stmt | None = None
        self.found: list[Statement] = []
        self.batches: dict[int, list[Statement]] = {}
        self.autocommit = False
        self.certainty = Certainty.ALWAYS
        self.calls: dict[tuple[str, int, int], str | None] = {}

    @property
    def is_own(self) -> bool:
        """Whether the code that is followed stands in the revision itself."""
        return self._here() is self._module

    def enter(self, node: ast.expr | ast.stmt) -> ast.expr | ast.stmt | None:
        """Note that a call of the revision is followed; return which one was before."""
        before = self._anchor
        if node.col_offset >= 0 and self.is_own:
            self._anchor = node
        return before

    def leave(self, before: ast.expr | ast.stmt | None) -> None:
        """Note that a call is over."""
        self._anchor = before

    @contextmanager
    def at(self, node: ast.expr | ast.stmt) -> Iterator[None]:
        """Follow something as a call of the revision."""
        before = self.enter(node)
        try:
            yield
        finally:
            self.leave(before)

    def where(self) -> Where:
        """Return where the call stands that is followed."""
        node = self._anchor
        return Where(
            self._path,
            self._section,
            self._module.text,
            self._module.places.span(node) if node is not None else _NOWHERE,
            self.autocommit,
            self.certainty,
        )

    def emit(self, *operations: Operation) -> None:
        """Note what a call does."""
        self.found.append(self.where().statement(operations))

    def unrecognized(
        self, node: ast.expr, reason: str, relations: tuple[Name, ...] | None = None
    ) -> None:
        """Note a call whose meaning is not known."""
        where = self.where()
        if not self.is_own:
            here = self._here()
            reason = f"{reason} ({shown(here.path)}, line {node.lineno})"
        sql = where.text[where.span.start : where.span.end]
        self.emit(Unrecognized(Cause.CALL, reason, sql=sql, relations=relations))

    def flush(self, batch: int) -> None:
        """Note what a batch has collected."""
        self.found.extend(self.batches[batch])
        self.batches[batch] = []

    def given_up(self) -> None:
        """Note that the rest is not followed: it takes too many steps."""
        reason = "following it takes too many steps: what comes after is not read"
        self.emit(Unrecognized(Cause.CALL, reason))

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Forget what is found until then: it is no part of the section."""
        kept = self.found, self.batches, self.calls, self.certainty, self.autocommit
        self.found, self.batches, self.calls = [], {}, {}
        try:
            yield
        finally:
            self.found, self.batches, self.calls, self.certainty, self.autocommit = kept

    def counted(self, node: ast.expr, reason: str | None) -> None:
        """Note whether a call of `op` is known; once it is not, it stays so."""
        key = (self._here().path, node.lineno, node.col_offset)
        self.calls[key] = self.calls.get(key) or reason
