"""Python files as `ast` shows them; nothing of them is run."""

import ast
from collections.abc import Iterable, Iterator, Sequence

from migsafe.model.errors import InputError
from migsafe.sources.alembic.places import Places
from migsafe.sources.alembic.values import MUTATING, Module

_NOTHING_BELOW = (ast.Constant, ast.Name, ast.expr_context, ast.operator)


def read_module(text: str, path: str) -> Module:
    """Return the module level of a Python file.

    Raises:
        InputError: If it is not Python.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise InputError(
            f"not Python: {error.msg}",
            help="Correct the file; python -m py_compile shows the place.",
            path=path,
            line=error.lineno,
        ) from error
    except ValueError as error:
        raise InputError(f"not Python: {error}", help="Correct the file.", path=path) from error
    except (RecursionError, MemoryError) as error:
        raise InputError(
            "not readable as Python: an expression is nested too deep",
            help="Take the deeply nested expression apart.",
            path=path,
        ) from error
    module = Module(path, text, Places(text), tree.body)
    for statement in tree.body:
        _define(module, statement)
    _join_defining(module)
    return module


def import_names(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Yield each name that an import binds, with the full name of what it is."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.asname is not None:
                yield alias.asname, alias.name
            else:
                top = alias.name.partition(".")[0]
                yield top, top
        return
    package = "." * node.level + (f"{node.module}." if node.module else "")
    for alias in node.names:
        yield alias.asname or alias.name, f"{package}{alias.name}"


def _define(module: Module, statement: ast.stmt) -> None:
    match statement:
        case ast.Import():
            module.imports.update(import_names(statement))
        case ast.ImportFrom(names=[ast.alias(name="*")], level=level, module=name):
            module.wild.append("." * level + (name or ""))
        case ast.ImportFrom():
            module.imports.update(import_names(statement))
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            module.functions[name] = statement
        case ast.ClassDef(name=name):
            module.classes[name] = statement
        case _:
            _define_below(module, statement)


def _define_below(module: Module, statement: ast.stmt) -> None:
    """Note what a statement assigns or changes, and what a compound one defines."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return
    changed = dict.fromkeys(changes([statement]))
    for name in changed:
        module.defining.setdefault(name, []).append(statement)
    if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)):
        return
    defined = dict.fromkeys(_defined_in(module, statement))
    if not _is_for_types(statement):
        # Which of its definitions is the one depends on the way through it.
        for name in defined.keys() - changed.keys():
            module.defining.setdefault(name, []).append(statement)


def _defined_in(module: Module, statement: ast.stmt) -> Iterator[str]:
    """Note what a compound statement imports or defines; yield the names."""
    for node in ast.walk(statement):
        match node:
            case ast.Import() | ast.ImportFrom():
                for name, path in import_names(node):
                    module.imports.setdefault(name, path)
                    yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                module.functions.setdefault(name, node)
                yield name
            case ast.ClassDef(name=name):
                module.classes.setdefault(name, node)
                yield name
            case _:
                pass


def _is_for_types(statement: ast.stmt) -> bool:
    """Return whether a statement is `if TYPE_CHECKING:`."""
    if not isinstance(statement, ast.If):
        return False
    test = statement.test
    said = test.id if isinstance(test, ast.Name) else getattr(test, "attr", "")
    return said == "TYPE_CHECKING"


def _join_defining(module: Module) -> None:
    """Let names that are defined by each other, and change meanwhile, be defined together."""
    often = {name for name, statements in module.defining.items() if len(statements) > 1}
    if not often:
        return
    asked_by = {
        name: {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        for name, node in module.functions.items()
    }
    # Each name leads to another one of those it is defined with, at last to itself.
    leads = {name: name for name in module.defining}
    for statement in _each_once(module.defining.values()):
        changed = set(changes([statement]))
        asked = {each.id for each in ast.walk(statement) if isinstance(each, ast.Name)}
        asked = asked.union(*(asked_by[name] for name in asked & asked_by.keys()))
        asked &= often if changed.isdisjoint(often) else leads.keys()
        if asked - changed:
            first = _last(leads, min(changed))
            for name in changed | asked:
                leads[_last(leads, name)] = first
    together: dict[str, list[str]] = {}
    for name in leads:
        together.setdefault(_last(leads, name), []).append(name)
    for names in together.values():
        if len(names) > 1:
            found = _each_once([module.defining[name] for name in names])
            found.sort(key=lambda each: each.lineno)
            module.defining |= dict.fromkeys(names, found)


def _each_once(lists: Iterable[list[ast.stmt]]) -> list[ast.stmt]:
    return list({id(each): each for one in lists for each in one}.values())


def _last(leads: dict[str, str], name: str) -> str:
    """Return where a name leads to, and let it lead there at once from now on."""
    passed = []
    while leads[name] != name:
        passed.append(name)
        name = leads[name]
    leads |= dict.fromkeys(passed, name)
    return name


def changes(statements: Sequence[ast.AST]) -> Iterator[str]:
    """Yield the names that statements assign, or whose values they change in place."""
    pending: list[ast.AST] = list(reversed(statements))
    while pending:
        node = pending.pop()
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case (
                ast.Subscript(ctx=ast.Store() | ast.Del())
                | ast.Attribute(ctx=ast.Store() | ast.Del())
            ):
                yield from _root(node)
            case ast.Call(func=ast.Attribute(value=held, attr=attr)) if attr in MUTATING:
                yield from _root(held)
            case (
                ast.MatchAs(name=str() as name)
                | ast.MatchStar(name=str() as name)
                | ast.MatchMapping(rest=str() as name)
                | ast.ExceptHandler(name=str() as name)
            ):
                yield name
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                # What it does happens when it is called.
                continue
            case _:
                pass
        if not isinstance(node, _NOTHING_BELOW):
            pending.extend(ast.iter_child_nodes(node))


def _root(node: ast.AST) -> Iterator[str]:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def assigned(module: Module, name: str) -> ast.expr | None:
    """Return the expression that a name is worth, None if no plain assignment says so."""
    match [each for each in module.defining.get(name, ()) if name in changes([each])]:
        case [*_, ast.Assign(targets=[ast.Name()], value=value)] | [
            *_,
            ast.AnnAssign(value=ast.expr() as value),
        ]:
            return value
        case _:
            return None
