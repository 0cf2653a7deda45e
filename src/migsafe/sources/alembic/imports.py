"""What a revision takes from the application that it belongs to."""

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from migsafe.model.migration import ApplicationImport, ApplicationTable
from migsafe.model.origin import Span
from migsafe.model.pattern import pattern
from migsafe.model.record import record
from migsafe.sources.alembic.application import (
    Application,
    Described,
    Plain,
    application_of,
    dotted,
    last_name,
)
from migsafe.sources.alembic.modules import import_names
from migsafe.sources.alembic.values import Module
from migsafe.sources.files import Files

_IMPORT = pattern(r"^[ \t]*(?:from[ \t]*([.\w])\w*|import[ \t].*)", re.MULTILINE)
_WORD = pattern(r"\w+")
_OF_ALL = frozenset({"metadata", "create_all", "drop_all"})
_MAKES = (("__table__", "create"), ("create_all",), ("metadata", "create_all"), ("create_table",))
_TAKES_TABLES = frozenset({"select", "query", "insert", "update", "delete", "aliased"})


@record
class Beside:
    """What lies around the revisions: their script directory, and where Python looks as well."""

    script: str
    paths: tuple[str, ...]
    files: Files


@record
class _Import:
    """One import statement; `names` are what it binds, each with its full name.

    The names are those that `application` knows: without the dots of a relative import.
    """

    said: str
    module: str
    names: tuple[tuple[str, str], ...]
    span: Span
    application: Application


@record
class _Use:
    """A chain of names as a revision says it; `given`: an argument of a query."""

    chain: tuple[str, ...]
    node: ast.expr
    given: bool = False


@dataclass(slots=True)
class _Found:
    """A table that a revision uses: where it does so first, and what its uses say."""

    described: Described
    first: ast.expr
    columns: dict[str, None] = field(default_factory=dict)
    makes: bool = False


def application_imports(module: Module, path: str, beside: Beside) -> Iterator[ApplicationImport]:
    """Yield the imports of a revision that take something from its application.

    What lies beside the revisions belongs to them; only the tables that it describes count.
    """
    directory = os.path.dirname(path)
    application = application_of(directory, beside.paths, beside.files)
    if not _may_import(module.text, application):
        return
    imports = [
        each for each in _imports(module, directory, application) if _is_of_application(each)
    ]
    uses = tuple(_uses(module.body)) if imports else ()
    for each in imports:
        used: dict[str, None] = {}
        tables: dict[str, _Found] = {}
        for use in uses:
            bound = _bound(use, each)
            if bound is not None:
                name, full = bound
                used[name] = None
                _note(tables, use, full, each.application)
        if tables or not _lies_in(beside.script, each):
            yield ApplicationImport(
                each.said,
                tuple(name for name, _ in each.names),
                each.span,
                tuple(used),
                tuple(_table(name, found, module) for name, found in tables.items()),
            )


def _table(name: str, found: _Found, module: Module) -> ApplicationTable:
    return ApplicationTable(
        name,
        module.places.span(found.first),
        found.described.table,
        tuple(found.columns),
        found.described.whole,
        found.makes,
    )


def _may_import(text: str, application: Application) -> bool:
    """Say whether a line of a revision looks like an import from the application."""
    return any(
        line[1] == "." or application.has(word)
        for line in _IMPORT.finditer(text)
        for word in _WORD.findall(line[0])
    )


# --- imports -------------------------------------------------------------------------------


def _imports(module: Module, directory: str, application: Application) -> Iterator[_Import]:
    for node in _running(module.body):
        match node:
            case ast.Import(names=names):
                span = module.places.span(node)
                for alias in names:
                    bound = alias.asname or alias.name
                    yield _Import(alias.name, alias.name, ((bound, alias.name),), span, application)
            case ast.ImportFrom(level=level, module=name):
                held = application
                above = directory
                for _ in range(level - 1):
                    above = os.path.normpath(os.path.join(above, ".."))
                if level:
                    held = Application((above,), application.files)
                names_of = tuple((bound, full.lstrip(".")) for bound, full in import_names(node))
                package = name or ""
                span = module.places.span(node)
                yield _Import("." * level + package, package, names_of, span, held)
            case _:
                pass


def _is_of_application(each: _Import) -> bool:
    if each.said.startswith("."):
        return True
    application = each.application
    # `from package import module`: the package may have no file of its own.
    return application.holds(each.module) or any(
        application.holds(full) for _, full in each.names if not full.endswith("*")
    )


def _lies_in(script: str, each: _Import) -> bool:
    files = {each.application.file_of(full) for _, full in each.names}
    return all(
        file is not None and os.path.normpath(file).startswith(os.path.normpath(script) + os.sep)
        for file in files
    )


def _running(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield every node that may run, a node before those in it: no annotations."""
    pending: list[ast.AST] = list(reversed(body))
    while pending:
        node = pending.pop()
        yield node
        below = list(_below(node))
        pending.extend(reversed(below))


def _below(node: ast.AST) -> Iterator[ast.AST]:
    skipped = {"annotation", "returns"}
    if isinstance(node, ast.If) and last_name(node.test) == "TYPE_CHECKING":
        skipped.add("body")
    for name, value in ast.iter_fields(node):
        if name in skipped:
            continue
        if isinstance(value, ast.AST):
            yield value
        elif isinstance(value, list):
            yield from (each for each in value if isinstance(each, ast.AST))


# --- uses ----------------------------------------------------------------------------------


def _uses(body: list[ast.stmt]) -> Iterator[_Use]:
    """Yield the chains of names that a revision says, each at its longest."""
    inner: set[int] = set()
    given: set[int] = set()
    for node in _running(body):
        match node:
            case ast.Call(func=function, args=arguments, keywords=keywords):
                if last_name(function) in _TAKES_TABLES:
                    given.update(id(each) for each in arguments)
                called = dotted(function)
                for keyword in keywords:
                    if called and keyword.arg is not None:
                        # `User(email=…)` names a column as `User.email` does.
                        yield _Use((*called.split("."), keyword.arg), function)
            case ast.Attribute(value=value):
                inner.add(id(value))
            case _:
                pass
        if isinstance(node, (ast.Name, ast.Attribute)) and id(node) not in inner:
            chain = dotted(node)
            if chain:
                yield _Use(tuple(chain.split(".")), node, id(node) in given)


def _bound(use: _Use, each: _Import) -> tuple[str, tuple[str, ...]] | None:
    """Return the name of an import that a chain begins with, and the chain's full name."""
    for name, full in each.names:
        begin = tuple(name.split("."))
        if use.chain[: len(begin)] == begin:
            return name, (*full.split("."), *use.chain[len(begin) :])
        if name == "*":
            path = f"{each.module}.{use.chain[0]}"
            if each.application.define(path) is not None:
                return use.chain[0], (*path.split("."), *use.chain[1:])
    return None


def _note(
    tables: dict[str, _Found], use: _Use, full: tuple[str, ...], application: Application
) -> None:
    """Note a use of something that describes a table."""
    found = _described(use, full, application)
    if found is None:
        return
    described, rest = found
    if rest and (rest[0] in described.others or rest[0] == "__tablename__"):
        return
    if described.whole and _OF_ALL.isdisjoint(rest):
        # A base class, of which the revision makes a class of its own.
        return
    said = ".".join(use.chain[: len(use.chain) - len(rest)])
    known = tables.setdefault(said, _Found(described, use.node))
    known.makes = known.makes or rest in _MAKES
    column = dict(described.columns).get(next((each for each in rest if each not in _INSIDE), ""))
    if column is not None:
        known.columns[column] = None


_INSIDE = frozenset({"__table__", "c", "columns"})


def _described(
    use: _Use, full: tuple[str, ...], application: Application
) -> tuple[Described, tuple[str, ...]] | None:
    """Return what of a full name describes a table, and what is said below it."""
    for length in range(1, len(full) + 1):
        match application.define(".".join(full[:length])):
            case Described() as described:
                return described, full[length:]
            case Plain():
                return None
            case None:
                pass
    # Its code does not show: what is done with it tells.
    if use.given and use.chain[-1][:1].isupper():
        return Described(None), ()
    if "__table__" in use.chain:
        at = len(use.chain) - use.chain.index("__table__")
        return Described(None), full[len(full) - at :]
    return None
