"""Functions of Python and its standard library that need more than their arguments."""

import ast
import os
from collections.abc import Iterable
from fnmatch import fnmatchcase

from migsafe.sources.alembic.classes import methods_of
from migsafe.sources.alembic.evaluate import Evaluator
from migsafe.sources.alembic.importer import Importer
from migsafe.sources.alembic.plain import truth
from migsafe.sources.alembic.reach import one_of, reaches_database
from migsafe.sources.alembic.texts import shown, text_method, text_of
from migsafe.sources.alembic.values import (
    Arguments,
    Batch,
    Bound,
    Class,
    Dotted,
    EnumMember,
    FilePath,
    Function,
    Instance,
    Items,
    Listed,
    Live,
    Method,
    Namespace,
    OpenFile,
    Pieces,
    Stream,
    Unknown,
    Value,
    imported,
    reason,
)

_KINDS: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "bool": bool,
    "float": float,
    "bytes": bytes,
    "list": Listed,
    "dict": Items,
    "tuple": tuple,
}
_KNOWN_KINDS = (str, int, float, bytes, tuple, Items, Instance, EnumMember)


class Library:
    """Calls of the standard library.

    Args:
        evaluator: Evaluates what a function calls back.
        importer: Reads files of the repository; None where there are none.
    """

    def __init__(self, evaluator: Evaluator, importer: Importer | None) -> None:
        """Keep what calls need."""
        self._evaluator = evaluator
        self._importer = importer

    def call(self, node: ast.expr, function: Value, arguments: Arguments) -> tuple[Value] | None:
        """Return what a call is worth, in a tuple of one; None if it is none of these."""
        match function:
            case Dotted(path=path):
                value = self._imported(node, path.split("."), arguments)
                return None if value is None else (value[0],)
            case Method(of=FilePath(path=path), name="read_text" | "read_bytes"):
                return (self._text(path),)
            case Method(of=OpenFile(path=path), name="read"):
                return (self._text(path),)
            case Method(of=OpenFile(path=path), name="readlines"):
                text = self._text(path)
                return (Listed(text.splitlines(keepends=True)) if isinstance(text, str) else text,)
            case Method(of=FilePath(path=path), name="glob" | "iterdir" as name):
                return (self._listed(path, arguments.at(0) if name == "glob" else "*"),)
            case Method(of=FilePath(), name="exists" | "is_file" | "is_dir"):
                return (Unknown("what files there are is known only when it runs"),)
            case _:
                return None

    def _imported(  # noqa: C901, PLR0912 - a table
        self, node: ast.expr, path: list[str], arguments: Arguments
    ) -> tuple[Value] | None:
        first, second = arguments.at(0), arguments.at(1)
        match path:
            case ["builtins", "isinstance"]:
                return (_is_instance(first, second),)
            case ["builtins", "getattr"] if isinstance(second, str):
                return (self._evaluator.attribute_of(first, second),)
            case ["builtins", "getattr"]:
                return (self._some_attribute(first, second),)
            case ["builtins", "vars"] if isinstance(first, (Live, Batch)):
                return (Method(first, "__dict__"),)
            case ["importlib", "import_module"]:
                return (_module(first),)
            case ["builtins", "map"]:
                return (_once(self._mapped(node, first, arguments.positional[1:])),)
            case ["itertools", "starmap"]:
                return (_once(self._starred(node, first, second)),)
            case ["functools", "reduce"]:
                return (self._reduced(node, first, arguments.positional[1:]),)
            case ["builtins", "filter"]:
                return (_once(self._filtered(node, first, second)),)
            case ["builtins", "sorted"]:
                return (self._sorted(node, arguments),)
            case ["builtins", "next"]:
                if not isinstance(first, Stream) or not (first or len(arguments.positional) > 1):
                    return (Unknown(reason(first) or "what comes next is not known"),)
                self._evaluator.names.replaced(first, Stream(first[1:]))
                return (first[0] if first else second,)
            case ["builtins", "open"] | ["io", "open"] | ["codecs", "open"]:
                name = text_of(first)
                if name is None:
                    return (Unknown(reason(first) or "the file is not known"),)
                return (OpenFile(name),)
            case ["builtins", "type"] if len(arguments.positional) > 1:
                return (Unknown("what a class holds is not known", reaches=True),)
            case ["builtins", "globals"]:
                return (Namespace(self._evaluator.names.scope.module),)
            case ["builtins", "str"] if (text := shown(first)) is not None:
                return (text,)
            case ["builtins", "locals"]:
                why = "the names of a function are not gone through"
                return (Unknown(why, reaches=True),)
            case ["os", "listdir"] if (path_ := text_of(first)) is not None:
                files = self._listed(path_, "*")
                if not isinstance(files, tuple):
                    return (files,)
                names = (each.path for each in files if isinstance(each, FilePath))
                return (Listed(os.path.basename(name) for name in names),)
            case ["builtins", "str", name] if isinstance(first, (str, Pieces)):
                rest = Arguments(arguments.positional[1:], arguments.keywords)
                return (text_method(first, name, rest),)
            case ["importlib", "resources", "files"] if isinstance(first, str):
                return (self._package(first),)
            case ["importlib", "resources", "read_text" | "open_text"] | ["pkgutil", "get_data"]:
                return (self._resource(first, second),)
            case ["os", "environ", *_] | ["os", "getenv"]:
                return (Unknown("the environment is known only when it runs"),)
            case ["re", "sub" | "escape" | "split" | "match" | "search"] if not _is_called(second):
                return (Unknown(f"what 're.{path[1]}' returns is not read"),)
            case _:
                return None

    def _text(self, path: str) -> Value:
        """Return what a file of the repository holds."""
        text = None
        if self._importer is not None:
            text = self._importer.text(path, self._evaluator.names.scope.module.path)
        if text is None:
            return Unknown(f"the file '{os.path.basename(path)}' is not in the repository")
        return text

    def _listed(self, directory: str, pattern: Value) -> Value:
        """Return the files of a directory of the repository, in the order of their names."""
        names = None
        if self._importer is not None and isinstance(pattern, str) and "/" not in pattern:
            module = self._evaluator.names.scope.module
            names = self._importer.names(directory, module.path)
        if names is None:
            return Unknown(reason(pattern) or f"what '{directory}' holds is not known")
        kept = sorted(name for name in names if fnmatchcase(name, str(pattern)))
        return Listed(FilePath(os.path.join(directory, name)) for name in kept)

    def _package(self, name: str) -> Value:
        found = None
        if self._importer is not None:
            found = self._importer.find(name, self._evaluator.names.scope.module.path)
        if found is None or found.rest:
            return Unknown(f"the package '{name}' is not in the repository")
        return FilePath(os.path.dirname(found.module.path))

    def _resource(self, package: Value, name: Value) -> Value:
        directory = self._package(package) if isinstance(package, str) else Unknown("a package")
        if isinstance(directory, FilePath) and isinstance(name, str):
            return self._text(os.path.join(directory.path, name))
        return Unknown(reason(directory) or "what a package holds is not known")

    def _some_attribute(self, held: Value, name: Value) -> Value:
        """Return what an attribute is whose name is not known."""
        why = reason(name) or "which attribute it is is not known"
        match held:
            case Instance(of=of) | (Class() as of):
                methods = methods_of(of, self._evaluator)
                begin = name.parts[0] if isinstance(name, Pieces) else ""
                named = [each.name for each in methods if each.name.startswith(str(begin))]
                return one_of([self._evaluator.attribute_of(held, each) for each in named], why)
            case Unknown():
                return held
            case Dotted(path=path):
                return Unknown(why, path)
            case _:
                return Unknown(why, reaches=reaches_database(held))

    def _each(self, node: ast.expr, function: Value, values: Iterable[Value]) -> list[Value]:
        return [self._evaluator.call(function, Arguments((value,)), node) for value in values]

    def _once(self, node: ast.expr, function: Value, why: str) -> Unknown:
        """Follow a function that is called with what is not known, if it is called at all."""
        if function is not None:
            self._evaluator.perhaps_called(function, Arguments(unknown=why), node)
        return Unknown(why)

    def _mapped(self, node: ast.expr, function: Value, given: tuple[Value, ...]) -> Value:
        sequences = [self._evaluator.sequence(each) for each in given]
        known = [each for each in sequences if each is not None]
        if len(known) != len(sequences):
            unknown = given[sequences.index(None)]
            return self._once(
                node, function, reason(unknown) or "what 'map' goes through is not known"
            )
        return self._rows(node, function, zip(*known, strict=False))

    def _rows(
        self, node: ast.expr, function: Value, rows: Iterable[tuple[Value, ...]]
    ) -> tuple[Value, ...]:
        return tuple([self._evaluator.call(function, Arguments(row), node) for row in rows])

    def _starred(self, node: ast.expr, function: Value, given: Value) -> Value:
        values = self._evaluator.sequence(given)
        rows = None if values is None else [self._evaluator.sequence(each) for each in values]
        if rows is None or None in rows:
            why = reason(given) or "what 'starmap' goes through is not known"
            return self._once(node, function, why)
        return self._rows(node, function, [each for each in rows if each is not None])

    def _reduced(self, node: ast.expr, function: Value, given: tuple[Value, ...]) -> Value:
        values = self._evaluator.sequence(given[0]) if given else None
        if values is None:
            return self._once(node, function, "what 'reduce' goes through is not known")
        values = (*given[1:], *values)
        if not values:
            return Unknown("there is nothing to reduce")
        held = values[0]
        for each in values[1:]:
            held = self._evaluator.call(function, Arguments((held, each)), node)
        return held

    def _filtered(self, node: ast.expr, function: Value, given: Value) -> Value:
        values = self._evaluator.sequence(given)
        if values is None:
            return self._once(
                node, function, reason(given) or "what 'filter' goes through is not known"
            )
        tests = values if function is None else tuple(self._each(node, function, values))
        truths = [truth(test) for test in tests]
        if None in truths:
            return Unknown("what 'filter' keeps is not known")
        return tuple(value for value, held in zip(values, truths, strict=True) if held)

    def _sorted(self, node: ast.expr, arguments: Arguments) -> Value:
        values = self._evaluator.sequence(arguments.at(0))
        if values is None:
            why = reason(arguments.at(0)) or "what is sorted is not known"
            return self._once(node, arguments.keyword("key"), why)
        keys = self._each(node, arguments.keyword("key"), values)
        plain = [key for key in keys if isinstance(key, (str, int))]
        if len(plain) != len(keys) or len({isinstance(key, str) for key in plain}) > 1:
            return Unknown("the order of what is sorted is not known")
        pairs = sorted(zip(plain, range(len(values)), strict=True))
        ordered = [values[at] for _, at in pairs]
        if truth(arguments.keyword("reverse")):
            ordered.reverse()
        return Listed(ordered)


def _once(value: Value) -> Value:
    """Return what `map` and `filter` give: it can be gone through once."""
    return Stream(value) if isinstance(value, tuple) else value


def _module(name: Value) -> Value:
    """Return the module that `importlib.import_module` imports."""
    if isinstance(name, str) and not name.startswith("."):
        return imported(name)
    return Unknown(reason(name) or "which module it is is not known", reaches=True)


def _is_called(value: Value) -> bool:
    return isinstance(value, (Function, Bound, Instance))


def _is_instance(value: Value, kind: Value) -> Value:
    if isinstance(kind, tuple):
        answers = [_is_instance(value, each) for each in kind]
        if True in answers:
            return True
        return next((each for each in answers if isinstance(each, Unknown)), False)
    if value is not None and not isinstance(value, _KNOWN_KINDS):
        return Unknown(reason(value) or "what kind of value it is is not known")
    match kind:
        case Dotted(path=path) if (known := _KINDS.get(path.removeprefix("builtins."))) is not None:
            if isinstance(value, (EnumMember, Instance)):
                return Unknown("whose class it is is not known")
            if known in {tuple, Listed}:
                # A set is neither, nor is what can only be gone through.
                return type(value) is known
            return isinstance(value, known)
        case Class() if isinstance(value, Instance):
            return True if value.of == kind else Unknown("whose class it is is not known")
        case Class() if value is None or isinstance(value, (str, int, tuple, Items)):
            return False
        case _:
            return Unknown("a kind of value is not known")
