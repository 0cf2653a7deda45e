"""What the text of a statement tells without following it."""

import ast
from collections.abc import Iterator
from functools import lru_cache

from migsafe.sources.alembic.application import last_name
from migsafe.sources.alembic.values import Module

_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_CONSUMING = frozenset(
    ("all", "any", "deque", "list", "max", "min", "next", "set", "sorted", "sum", "tuple")
)
"""Functions that go through what others do, such as `list(map(…))`."""


def unused_calls(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the calls of an expression whose value nobody takes, if nobody takes its own."""
    match node:
        case ast.Call(func=func, args=arguments):
            yield node
            if last_name(func) in _CONSUMING:
                for each in arguments:
                    yield from unused_calls(each)
        case ast.BoolOp(values=values):
            yield from unused_calls(values[-1])
        case ast.IfExp(body=body, orelse=orelse):
            yield from unused_calls(body)
            yield from unused_calls(orelse)
        case ast.ListComp(elt=inner) | ast.SetComp(elt=inner) | ast.GeneratorExp(elt=inner):
            yield from unused_calls(inner)
        case ast.UnaryOp(operand=inner) | ast.Await(value=inner):
            yield from unused_calls(inner)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for each in elements:
                yield from unused_calls(each)
        case _:
            pass


@lru_cache(maxsize=256)
def loaded_names(module: Module) -> frozenset[str]:
    """Return the names that a file reads anywhere."""
    return frozenset(
        node.id
        for statement in module.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )


def is_for_imports(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler is there for an import that fails, and for nothing else."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return all(isinstance(each, ast.Name) and each.id in _IMPORT_ERRORS for each in kinds)


def only_binds(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler only gives names to what it has instead."""
    return not any(
        isinstance(each, _FUNCTIONS)
        or (isinstance(each, ast.Expr) and not isinstance(each.value, ast.Constant))
        for statement in handler.body
        for each in ast.walk(statement)
    )
