"""A revision file: its header, its constants and its two functions."""

import ast
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from migsafe.model.errors import InputError
from migsafe.model.origin import Span
from migsafe.model.pattern import pattern
from migsafe.model.record import record
from migsafe.sources.alembic.evaluate import Evaluator
from migsafe.sources.alembic.values import (
    MUTATING,
    Arguments,
    EnumClass,
    Function,
    Unknown,
    Value,
    imported,
)

_HEADER = pattern(r"^revision\b[^=\n]*=", re.MULTILINE)
_OLD_HEADER = pattern(r"^down_revision\b[^=\n]*=", re.MULTILINE)
_HELD_ID = pattern(r"^revision\b[^=\n]*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)
_HELD_DOWN = pattern(r"^down_revision\b[^=\n]*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)
_LINE_END = pattern(r"\r\n?|\n")
_HEADER_NAMES = ("revision", "down_revision", "branch_labels", "depends_on")


def is_revision(text: str) -> bool:
    """Return whether a Python file looks like a revision: it names one."""
    return _HEADER.search(text) is not None


def header_of_unread(text: str) -> tuple[str | None, str | None]:
    """Return revision and down_revision of a file that is not Python, if they show."""
    found = _HELD_ID.search(text)
    down = _HELD_DOWN.search(text)
    return found[1] if found else None, down[1] if down else None


class Places:
    """Offsets in a text for the lines and columns of `ast`."""

    __slots__ = ("_ascii", "_starts", "_text")

    def __init__(self, text: str) -> None:
        """Find the lines of a text."""
        self._text = text
        self._ascii = text.isascii()
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(text))]

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line (from 1) and a column (from 0, in UTF-8 bytes)."""
        start = self._starts[line - 1]
        if self._ascii or column == 0:
            return start + column
        end = self._starts[line] if line < len(self._starts) else len(self._text)
        held = self._text[start:end].encode()[:column]
        return start + len(held.decode("utf-8", "ignore"))

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Return where a node stands."""
        start = self.offset(node.lineno, node.col_offset)
        if node.end_lineno is None or node.end_col_offset is None:
            return Span(start, start)
        return Span(start, self.offset(node.end_lineno, node.end_col_offset))

    def line(self, offset: int) -> int:
        """Return the line of an offset, from 1."""
        return bisect_right(self._starts, offset)


@dataclass(slots=True)
class Module:
    """What the module level of a revision defines.

    `constants` holds the expression of each name that is assigned once; None where it is
    assigned in a way that is not followed. `wild` are packages imported with `*`.
    """

    text: str
    places: Places
    body: list[ast.stmt] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)
    constants: dict[str, ast.expr | None] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    known: dict[str, Value] = field(default_factory=dict)
    wild: list[str] = field(default_factory=list)

    def lookup(self, name: str) -> Value:
        """Return the value of a name of the module."""
        found = self.known.get(name)
        if found is not None or name in self.known:
            return found
        value = self._find(name)
        self.known[name] = value
        return value

    def _find(self, name: str) -> Value:
        if name in self.constants:
            node = self.constants[name]
            if node is None:
                return Unknown(f"'{name}' changes while the file runs")
            # A name that is defined by itself must not be followed for ever.
            self.known[name] = Unknown(f"'{name}' is defined by itself")
            return self.evaluator().value(node)
        if name in self.functions:
            return Function(name)
        if name in self.classes:
            return self._constants_of_class(self.classes[name])
        if name in self.imports:
            return imported(self.imports[name])
        return Unknown(f"'{name}' is not known")

    def _constants_of_class(self, node: ast.ClassDef) -> EnumClass:
        evaluator = self.evaluator()
        members = tuple(
            (target.id, evaluator.value(statement.value))
            for statement in node.body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name)
        )
        bases = {_last_name(base) for base in node.bases}
        is_text = "StrEnum" in bases or ("str" in bases and "Enum" in bases)
        is_enum = any(base.endswith(("Enum", "Flag")) for base in bases)
        return EnumClass(node.name, members, is_enum, is_text)

    def evaluator(self) -> Evaluator:
        """Return an evaluator for what runs when the file is loaded."""
        return Evaluator(self.text, self.places.offset, self.lookup, _not_run)


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _not_run(node: ast.Call, function: Value, arguments: Arguments) -> Value:
    del node, function, arguments
    return Unknown("a call at the head of the file is not run")


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
    package = "." * node.level + (node.module or "")
    for alias in node.names:
        yield alias.asname or alias.name, f"{package}.{alias.name}"


def read_module(text: str, path: str) -> Module:
    """Return the module level of a revision.

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
    except (ValueError, RecursionError, MemoryError) as error:
        raise InputError(
            f"not readable as Python ({type(error).__name__})",
            help="Take the deeply nested expression apart.",
            path=path,
        ) from error
    module = Module(text, Places(text), tree.body)
    for statement in tree.body:
        _define(module, statement)
    return module


def _define(module: Module, statement: ast.stmt) -> None:
    match statement:
        case ast.Import() | ast.ImportFrom():
            _take(module, statement)
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                _assign(module, target, value)
        case ast.AnnAssign(target=ast.Name() as target, value=value):
            if value is not None:
                _assign(module, target, value)
        case ast.FunctionDef(name=name):
            module.functions[name] = statement
        case ast.ClassDef(name=name):
            module.classes[name] = statement
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr))) if (
            attr in MUTATING
        ):
            module.constants[name] = None
        case ast.Expr():
            pass
        case _:
            _define_below(module, statement)


def _take(module: Module, node: ast.Import | ast.ImportFrom) -> None:
    for name, path in import_names(node):
        if name == "*":
            module.wild.append(path.removesuffix(".*"))
        else:
            module.imports[name] = path


def _define_below(module: Module, statement: ast.stmt) -> None:
    """Note what compound statements define: imports as they are, names as unknown."""
    for node in ast.walk(statement):
        match node:
            case ast.Import() | ast.ImportFrom():
                for name, path in import_names(node):
                    module.imports.setdefault(name, path)
            case ast.Name(id=name, ctx=ast.Store()):
                module.constants[name] = None
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                module.constants[name] = None
            case ast.FunctionDef(name=name):
                module.functions.setdefault(name, node)
            case _:
                pass


def _assign(module: Module, target: ast.expr, value: ast.expr) -> None:
    match target:
        case ast.Name(id=name):
            module.constants[name] = value
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            values = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
            for index, each in enumerate(targets):
                if isinstance(each, ast.Name):
                    known = values[index] if len(values) == len(targets) else None
                    module.constants[each.id] = known
        case ast.Subscript(value=ast.Name(id=name)):
            module.constants[name] = None
        case _:
            pass


@record
class Header:
    """The header of a revision. A name in `unknown` could not be read."""

    revision: str | None
    down: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def read_header(module: Module) -> Header:
    """Return a revision's header."""
    unknown: list[str] = []
    found: dict[str, tuple[str, ...]] = {}
    for name in _HEADER_NAMES:
        value = module.lookup(name) if name in module.constants else None
        if value is None:
            found[name] = ()
        elif isinstance(value, str):
            found[name] = (value,)
        elif isinstance(value, tuple) and all(isinstance(each, str) for each in value):
            found[name] = tuple(str(each) for each in value)
        else:
            found[name] = ()
            unknown.append(name)
    return Header(
        found["revision"][0] if found["revision"] else None,
        found["down_revision"],
        found["branch_labels"],
        found["depends_on"],
        tuple(unknown),
    )


def header_span(module: Module, name: str) -> Span:
    """Return where a name of the header is assigned: its value; the file's start if not."""
    node = module.constants.get(name)
    return Span(0, 0) if node is None else module.places.span(node)
