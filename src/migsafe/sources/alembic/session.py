"""What a connection of an environment is told before a revision runs: timeouts.

Read from env.py by `ast` and from the URL of the configuration file, never run. Only what
stands in front of the migrations on every path counts: a SET behind a condition may not
happen, unless the condition asks for PostgreSQL.
"""

import ast
import os
import re
from collections.abc import Iterator, Mapping

from migsafe.model.errors import InputError
from migsafe.model.operations import SetParameter
from migsafe.model.pattern import pattern
from migsafe.parsers.postgres import read_statement
from migsafe.sources.alembic.environment import Environment
from migsafe.sources.files import Files

_WORD = "timeout"
"""No other parameter of a session decides how long others wait."""
_OPTION = pattern(r"(?:-c\s*|--)([A-Za-z_][\w.-]*)\s*=\s*((?:\\.|[^\s\\])+)")
_EXECUTES = frozenset({"execute", "exec_driver_sql", "scalar"})
_RUNS = "run_migrations"
_OFFLINE = "offline"
_POSTGRES = "postgres"


def session_of(environment: Environment, files: Files) -> tuple[SetParameter, ...]:
    """Return the timeouts of a new connection, in the order in which they are set."""
    found = list(_of_url(environment.url or ""))
    path = os.path.normpath(os.path.join(environment.script, "env.py"))
    try:
        text = files.text(path) if files.exists(path) else ""
    except InputError:
        text = ""
    if _WORD in text:
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return tuple(found)
        found += _of_module(tree)
    return tuple(found)


def _of_url(url: str) -> Iterator[SetParameter]:
    """Yield what the `options` of a URL set."""
    if "options" not in url:
        return
    from urllib.parse import parse_qsl, urlsplit  # noqa: PLC0415  few URLs have any

    try:
        query = urlsplit(url).query
    except ValueError:
        return
    for key, value in parse_qsl(query):
        if key == "options":
            yield from _of_options(value)


def _of_options(options: str) -> Iterator[SetParameter]:
    for found in _OPTION.finditer(options):
        name = found[1].lower().replace("-", "_")
        if _WORD in name:
            yield SetParameter(name, re.sub(r"\\(.)", r"\1", found[2]))


def _of_module(tree: ast.Module) -> list[SetParameter]:
    constants = _constants(tree)
    found = list(_of_connect_args(tree, constants))
    functions = {
        node.name: node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    for name in _listeners(tree, functions):
        found += _sets(functions[name].body, None, constants)
    runners = _runners(functions)
    for name, last in runners.items():
        if _OFFLINE not in name:
            found += _sets(functions[name].body, last, constants)
    return found


def _constants(tree: ast.Module) -> dict[str, str]:
    """Return the strings and numbers that the module gives a name."""
    return {
        target.id: str(node.value.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _text(node: ast.expr, constants: Mapping[str, str]) -> str | None:
    """Return the text of an expression; `text("…")` of SQLAlchemy and f-strings as well."""
    match node:
        case ast.Constant(value=str() | int() as value):
            return str(value)
        case ast.Name(id=name):
            return constants.get(name)
        case ast.Call(func=ast.Name(id="text") | ast.Attribute(attr="text"), args=[inner, *_]):
            return _text(inner, constants)
        case ast.FormattedValue(value=inner):
            return _text(inner, constants)
        case ast.JoinedStr(values=values):
            parts = [_text(value, constants) for value in values]
            return None if None in parts else "".join(part for part in parts if part is not None)
        case _:
            return None


def _of_connect_args(tree: ast.Module, constants: Mapping[str, str]) -> Iterator[SetParameter]:
    """Yield what `connect_args` set: libpq's `options`, asyncpg's `server_settings`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Dict):
            continue
        for key, value in zip(node.keys, node.values, strict=True):
            match key, value:
                case ast.Constant(value="options"), _:
                    yield from _of_options(_text(value, constants) or "")
                case ast.Constant(value="server_settings"), ast.Dict(keys=keys, values=values):
                    for name, setting in zip(keys, values, strict=True):
                        if isinstance(name, ast.Constant) and _WORD in str(name.value):
                            yield SetParameter(str(name.value), _text(setting, constants))
                case _:
                    pass


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _listeners(tree: ast.Module, functions: Mapping[str, _Function]) -> list[str]:
    """Return the functions that SQLAlchemy calls for each new connection."""
    found = [
        name
        for name, node in functions.items()
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and _is_connect(decorator, "listens_for")
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_connect(node, "listen"):
            found += [
                each.id for each in node.args if isinstance(each, ast.Name) and each.id in functions
            ]
    return found


def _is_connect(call: ast.Call, name: str) -> bool:
    called = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    called = call.func.id if isinstance(call.func, ast.Name) else called
    return called == name and any(
        isinstance(each, ast.Constant) and each.value in {"connect", "begin", "checkout"}
        for each in call.args
    )


def _runners(functions: Mapping[str, _Function]) -> dict[str, int]:
    """Return the functions that run the migrations, and the line on which each does.

    A function that calls such a one, or hands it on (`run_sync(do_run_migrations)`), runs
    them as well.
    """
    found: dict[str, int] = {}
    grows = True
    while grows:
        grows = False
        for name, node in functions.items():
            lines = [
                each.lineno
                for statement in node.body
                for each in ast.walk(statement)
                if (isinstance(each, ast.Attribute) and each.attr == _RUNS)
                or (isinstance(each, ast.Name) and each.id in found and each.id != name)
            ]
            if lines and name not in found:
                found[name] = min(lines)
                grows = True
    return found


def _sets(
    body: list[ast.stmt], last: int | None, constants: Mapping[str, str]
) -> Iterator[SetParameter]:
    """Yield the timeouts that a body sets on every path, up to a line."""
    for statement in body:
        if last is not None and statement.lineno > last:
            return
        match statement:
            case ast.With(body=inner) | ast.AsyncWith(body=inner):
                yield from _sets(inner, last, constants)
            case ast.Try(body=inner, finalbody=final):
                yield from _sets([*inner, *final], last, constants)
            case ast.If(test=test, body=inner):
                if _POSTGRES in ast.unparse(test).lower():
                    yield from _sets(inner, last, constants)
            case ast.Expr() | ast.Assign():
                for call in ast.walk(statement):
                    if isinstance(call, ast.Call):
                        yield from _executed(call, constants)
            case _:
                pass


def _executed(call: ast.Call, constants: Mapping[str, str]) -> Iterator[SetParameter]:
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _EXECUTES:
        return
    if not call.args or _WORD not in ast.unparse(call.args[0]):
        return
    sql = _text(call.args[0], constants)
    if sql is None:
        return
    for operation in read_statement(sql):
        match operation:
            case SetParameter(parameter=parameter) if _WORD in parameter:
                yield operation
            case _:
                pass
