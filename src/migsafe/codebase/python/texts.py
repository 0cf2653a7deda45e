"""Strings of a Python file: SQL, or the name of something."""

import ast

from migsafe.codebase.python.state import State
from migsafe.codebase.use import Basis, UseKind

_LONGEST_NAME = 63


def text(state: State, node: ast.Constant, value: str) -> None:
    """Note what a string names."""
    if len(value) <= _LONGEST_NAME and value.isidentifier():
        state.found.add(UseKind.NAME, value, node, Basis.MENTION, "string")
