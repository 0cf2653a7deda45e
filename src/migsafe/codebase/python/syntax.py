"""Small questions to the syntax of a Python file."""

import ast
from collections.abc import Iterator

from migsafe.sources.alembic.values import Module


def dotted(node: ast.expr) -> str | None:
    """Return a dotted name as it is written, None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    parts.append(node.id)
    return ".".join(reversed(parts))


def full_name(node: ast.expr, module: Module) -> str:
    """Return a dotted name by what the file imports; empty for anything else."""
    name = dotted(node)
    if name is None:
        return ""
    first, dot, rest = name.partition(".")
    return f"{module.imports.get(first, first)}{dot}{rest}"


def text_of(node: ast.expr | None, module: Module) -> str | None:
    """Return a string that stands in the file, or is the value of one of its constants."""
    if isinstance(node, ast.Name):
        match module.defining.get(node.id):
            case [ast.Assign(value=value)]:
                node = value
            case _:
                return None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def keyword(call: ast.Call, *names: str) -> ast.expr | None:
    """Return what a call gives for a keyword of one of these names."""
    for each in call.keywords:
        if each.arg in names:
            return each.value
    return None


def last(node: ast.expr) -> str:
    """Return the last word of a dotted name, empty for anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
        case _:
            return ""


def strings(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield the strings that an expression is, or is a list of."""
    match node:
        case ast.Constant(value=str() as text):
            yield text, node
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            for each in elements:
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    yield each.value, each
        case _:
            pass


def meta_of(node: ast.ClassDef) -> dict[str, ast.expr]:
    """Return what the class `Meta` of a model assigns."""
    found: dict[str, ast.expr] = {}
    for inner in node.body:
        if isinstance(inner, ast.ClassDef) and inner.name == "Meta":
            for statement in inner.body:
                match statement:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value):
                        found[name] = value
                    case _:
                        pass
    return found
