"""Strings of a Python file: SQL, or the name of something."""

import ast

from migsafe.codebase.python.models import Model
from migsafe.codebase.python.state import State
from migsafe.codebase.python.syntax import last
from migsafe.model.code import Basis, UseKind
from migsafe.model.pattern import pattern

_HOLE = "{{value}}"
_FIELD = pattern(r"(?<![{$])\{[\w.\[\]!:]*\}(?!\})")
_TAKES_SQL = frozenset(
    (
        *("text", "literal_column", "DDL", "RawSQL", "CheckConstraint", "Computed", "SQL"),
        *("execute", "executemany", "execute_sql", "execute_query", "raw", "raw_sql", "mogrify"),
        *("fetch", "fetchrow", "fetchval", "fetch_all", "fetch_one", "fetch_val", "read_sql"),
        *("read_sql_query", "exec_driver_sql", "run_sql"),
    )
)
"""Functions whose first argument is SQL, if it is a string."""
_ONLY_STATEMENTS = frozenset({"execute", "fetch", "raw", "SQL", "text"})
"""Of these those that take other strings as well."""
_LONGEST_NAME = 63


def argument(state: State, call: ast.Call, model: Model | None) -> None:
    """Read the first argument of what takes SQL."""
    name = last(call.func)
    if name in _TAKES_SQL and call.args:
        is_sql = name not in _ONLY_STATEMENTS or _is_spaced(call.args[0])
        read(state, call.args[0], is_sql=is_sql, table=None if model is None else model.table)


def _is_spaced(node: ast.expr) -> bool:
    return not isinstance(node, ast.Constant) or (
        isinstance(node.value, str) and len(node.value.split(None, 2)) > 1
    )


def read(state: State, node: ast.expr, *, is_sql: bool = False, table: str | None = None) -> None:
    """Note what a string names, or several that are put together."""
    if id(node) in state.done:
        return
    match node:
        case ast.Constant(value=str() as value):
            _text(state, node, value, is_sql=is_sql, table=table)
        case ast.JoinedStr() | ast.BinOp():
            parts = _parts(state, node)
            if not any(isinstance(part, ast.Constant) for part in parts):
                return
            text = "".join(
                part.value
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
                else _HOLE
                for part in parts
            )
            if state.found.sql(state.sql, text, node, is_sql=is_sql, table=table):
                state.done.update(id(part) for part in parts if isinstance(part, ast.Constant))
        case _:
            pass


def _text(state: State, node: ast.Constant, value: str, *, is_sql: bool, table: str | None) -> None:
    state.done.add(id(node))
    if len(value) <= _LONGEST_NAME and value.isidentifier():
        state.found.add(UseKind.NAME, value, node, Basis.MENTION, "string")
        return
    text = _FIELD.sub(_HOLE, value) if "{" in value and " " in value else value
    state.found.sql(state.sql, text, node, is_sql=is_sql, table=table)


def _parts(state: State, node: ast.expr) -> list[ast.expr]:
    """Return the strings and values that are put together, in order."""
    found: list[ast.expr] = []
    stack: list[ast.expr] = [node]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.BinOp, ast.JoinedStr)):
            # What was read as a part is not read again by itself.
            state.done.add(id(node))
        match node:
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                stack += [right, left]
            case ast.JoinedStr(values=values):
                stack += reversed(values)
            case ast.BinOp(left=left, op=ast.Mod()):
                stack.append(left)
            case _:
                found.append(node)
    return found
