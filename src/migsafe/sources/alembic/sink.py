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
        self.doubts: dict[str, Statement] = {}

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
        self.found.append(self._unrecognized(node, reason, relations))

    def refused(self, node: ast.expr, reason: str) -> None:
        """Note a call that fails before it sends anything."""
        self.found.append(self._unrecognized(node, reason, (), Cause.REFUSED))

    def doubt(self, node: ast.expr, about: str, reason: str) -> None:
        """Note a call that may do anything, to be said where nothing else is said of it.

        Of the calls about one thing in one expression the last one is kept: it holds the others.
        """
        self.doubts[about] = self._unrecognized(node, reason, None)

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        """Follow what may happen or not."""
        before, self.certainty = self.certainty, Certainty.MAYBE
        try:
            yield
        finally:
            self.certainty = before

    @contextmanager
    def settled(self) -> Iterator[None]:
        """Follow an expression of a statement; then say which of its calls may do anything."""
        start = len(self.found)
        before, self.doubts = self.doubts, {}
        try:
            yield
            said = self.found[start:]
            if not any(isinstance(each, Unrecognized) for one in said for each in one.operations):
                self.found.extend(self.doubts.values())
        finally:
            self.doubts = before

    def _unrecognized(
        self,
        node: ast.expr,
        reason: str,
        relations: tuple[Name, ...] | None,
        cause: Cause = Cause.CALL,
    ) -> Statement:
        where = self.where()
        if not self.is_own:
            here = self._here()
            reason = f"{reason} ({shown(here.path)}, line {node.lineno})"
        sql = where.text[where.span.start : where.span.end]
        return where.statement((Unrecognized(cause, reason, sql=sql, relations=relations),))

    def flush(self, batch: int) -> None:
        """Note what a batch has collected."""
        self.found.extend(self.batches[batch])
        self.batches[batch] = []

    def mark(self) -> tuple[int, dict[int, int]]:
        """Return how much is found until now."""
        return len(self.found), {number: len(held) for number, held in self.batches.items()}

    def back(self, mark: tuple[int, dict[int, int]]) -> None:
        """Forget what was found since a mark: it is followed again."""
        del self.found[mark[0] :]
        for number, held in self.batches.items():
            del held[mark[1].get(number, 0) :]

    def given_up(self) -> None:
        """Note that the rest is not followed: it takes too many steps."""
        reason = "following it takes too many steps: what comes after is not read"
        self.emit(Unrecognized(Cause.CALL, reason))

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Forget what is found until then: it is no part of the section."""
        kept = self.found, self.batches, self.calls, self.doubts, self.certainty, self.autocommit
        self.found, self.batches, self.calls, self.doubts = [], {}, {}, {}
        try:
            yield
        finally:
            self.found, self.batches, self.calls, self.doubts = kept[:4]
            self.certainty, self.autocommit = kept[4:]

    def counted(self, node: ast.expr, reason: str | None) -> None:
        """Note whether a call of `op` is known; once it is not, it stays so."""
        key = (self._here().path, node.lineno, node.col_offset)
        self.calls[key] = self.calls.get(key) or reason
