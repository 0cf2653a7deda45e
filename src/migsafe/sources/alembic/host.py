"""What evaluating expressions asks of whoever follows the code."""

import ast
from collections.abc import Callable
from typing import Protocol

from migsafe.sources.alembic.values import Arguments, Dotted, Live, Scope, Value, Yielding

NOWHERE = ast.Constant(None, lineno=1, col_offset=-1)
"""Stands for a call that no text of a file makes."""


class GivenUpError(Exception):
    """Raised where following a revision takes too many steps."""


class Host(Protocol):
    """Follows functions and notes what reaches the database."""

    def on_call(self, node: ast.expr, function: Value, arguments: Arguments) -> Value:
        """Return what a call is worth that is no plain construct."""

    def on_unread(self, node: ast.expr, function: Dotted, arguments: Arguments) -> None:
        """Note a call of something imported that makes nothing that is known."""

    def on_mark(self, mark: ast.expr, decorator: Value) -> None:
        """Note a decorator that is not followed."""

    def on_yield(self, value: Value) -> Value:
        """Hand on what a function yields; return what `yield` is worth."""

    @property
    def is_certain(self) -> bool:
        """Whether the code that is followed runs whenever its section runs."""

    def on_row(self, node: ast.expr, row: Live) -> None:
        """Note that an attribute of an object that a session loaded is set."""

    def run_quietly(self, scope: Scope, statements: list[ast.stmt]) -> None:
        """Run statements of a module's level for what they define."""

    def quietly(self, work: Callable[[], Value]) -> Value:
        """Return what work is worth; what it sends to a database is no part of a section."""

    def repeatedly(self, work: Callable[[], Value]) -> None:
        """Follow work that may happen any number of times."""

    def perhaps(self, work: Callable[[], Value]) -> Value:
        """Return what work is worth that may happen or not."""

    def collected(self, yielding: Yielding) -> tuple[Value, ...] | None:
        """Return all that a function yields, None if that is not known."""
