"""What an environment hands to the functions of its revisions.

Source:
    alembic.runtime.environment: `context.run_migrations(**kw)` gives its keywords to each
    `upgrade` and `downgrade`.
"""

import ast
import os
from collections.abc import Mapping

from migsafe.model.errors import InputError
from migsafe.model.origin import SectionName
from migsafe.sources.alembic.environment import Environment
from migsafe.sources.alembic.flow import Walk
from migsafe.sources.alembic.importer import Importer
from migsafe.sources.alembic.modules import read_module
from migsafe.sources.alembic.values import Module, Tables, Unknown, Value
from migsafe.sources.files import Files

_RUNS = "run_migrations"


def handed_by(environment: Environment, files: Files, importer: Importer) -> Mapping[str, Value]:
    """Return what `env.py` hands to the functions, by the name of their parameter."""
    path = os.path.normpath(os.path.join(environment.script, "env.py"))
    if not files.exists(path):
        return {}
    try:
        text = files.text(path)
        if _RUNS not in text:
            return {}
        module = read_module(text, path)
        keywords = [*_keywords(ast.parse(text))]
    except InputError:
        return {}
    walk = Walk(module, path, SectionName.UP, importer)
    return {name: _value(node, module, walk) for name, node in keywords}


def _keywords(tree: ast.Module) -> list[tuple[str, ast.expr]]:
    return [
        (keyword.arg, keyword.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == _RUNS
        for keyword in node.keywords
        if keyword.arg is not None
    ]


def _value(node: ast.expr, module: Module, walk: Walk) -> Value:
    if not isinstance(node, ast.Name):
        return Unknown("what env.py hands over is known only when it runs")
    match module.defining.get(node.id):
        case [ast.Assign(value=made)] if _holds_tables(made):
            return Tables()
        case _:
            return walk.value_of(node.id)


def _holds_tables(node: ast.expr) -> bool:
    """Return whether an expression is the `tables` of a metadata, in a wrapper or as it is."""
    match node:
        case ast.Attribute(attr="tables"):
            return True
        case ast.Call(args=[ast.Attribute(attr="tables")], keywords=[]):
            return True
        case _:
            return False
