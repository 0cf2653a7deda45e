"""The application that revisions belong to: its modules, found on disk and read by `ast`.

A module is the application's where the repository holds it. What only an installed package
could tell is not known, and never taken for the application's.
"""

import ast
import os
import sys
from collections.abc import Iterator
from functools import lru_cache

from migsafe.model.errors import InputError
from migsafe.model.record import record
from migsafe.sources.alembic.environment import upwards
from migsafe.sources.alembic.modules import assigned, read_module
from migsafe.sources.alembic.values import Module
from migsafe.sources.files import Files, shown

FOREIGN = sys.stdlib_module_names | {"sqlalchemy", "alembic", "sqlmodel", "__future__"}
_NEAREST = 3
"""So many directories are searched where nothing says where the repository begins."""
_DEEPEST = 8
"""So many imports and base classes are followed."""
_MAKES_A_TABLE = frozenset({"Table"})
_MAKES_A_BASE = frozenset({"MetaData", "declarative_base", "automap_base", "SQLAlchemy"})
_ROOTS = frozenset({"DeclarativeBase", "DeclarativeBaseNoMeta"})
_BASES = _ROOTS | {"Model"}
_ABSTRACT = "__abstract__"
_MARKS = frozenset({"__tablename__", "__table__", "__mapper_args__", _ABSTRACT})
_MAKES_A_COLUMN = frozenset({"Column", "mapped_column", "column_property"})
_MARKING = _MAKES_A_COLUMN | {"relationship", "backref"}
_SOURCES = "src"


@record
class Described:
    """A table as the application's code describes it: a class, a `Table`, or a base of all.

    `columns` are the names of attributes with those of their columns; `others` are names
    that the class has beside them: constants and classes. `whole` marks a base or its
    metadata, which stands for every table.
    """

    table: str | None
    columns: tuple[tuple[str, str], ...] = ()
    others: frozenset[str] = frozenset()
    whole: bool = False


@record
class Plain:
    """Something of the application that is no table: a constant, a function, another class."""


Definition = Described | Plain


@record
class Application:
    """The modules that may be imported beside a revision: `roots` are searched in order."""

    roots: tuple[str, ...]
    files: Files

    def has(self, top: str) -> bool:
        """Say whether something of a top-level name lies where modules are searched."""
        return top not in FOREIGN and any(
            not {top, f"{top}.py"}.isdisjoint(self.files.names(root)) for root in self.roots
        )

    def holds(self, module: str) -> bool:
        """Say whether the repository holds a module, or the package that it should be in."""
        top, *below = module.split(".")
        if top in FOREIGN:
            return False
        for root in self.roots:
            names = self.files.names(root)
            if f"{top}.py" in names:
                return True
            if top in names:
                package = _joined(root, top)
                if "__init__.py" in self.files.names(package) or self._reaches(package, below):
                    return True
        return False

    def _reaches(self, directory: str, below: list[str]) -> bool:
        """Say whether a directory without `__init__.py` holds what is imported from it."""
        for part in below:
            names = self.files.names(directory)
            if f"{part}.py" in names:
                return True
            directory = _joined(directory, part)
            if "__init__.py" in self.files.names(directory):
                return True
        return False

    def file_of(self, path: str) -> str | None:
        """Return the file that a full name leads into, None if there is none."""
        found = self._file(path)
        return None if found is None else found[0]

    def define(self, path: str, depth: int = 0) -> Definition | None:
        """Return what a full name stands for, None where its code does not show."""
        found = self._file(path)
        if found is None or depth > _DEEPEST:
            return None
        file, package, rest = found
        module = _module(file, self.files)
        if module is None or len(rest) != 1:
            return None
        return _Reader(self, module, package, depth).define(rest[0])

    def located(self, path: str) -> tuple[Module, list[str]] | None:
        """Return the module that a full name leads into, and what is left of the name."""
        found = self._file(path)
        if found is None:
            return None
        file, _, rest = found
        module = _module(file, self.files)
        return None if module is None else (module, rest)

    def _file(self, path: str) -> tuple[str, str, list[str]] | None:
        """Return the file that a name leads into, its package, and what is left of the name."""
        parts = path.split(".")
        for root in self.roots:
            directory, found = root, None
            for at, part in enumerate(parts):
                here = _joined(directory, part)
                names = self.files.names(directory)
                if "__init__.py" in self.files.names(here):
                    directory, package = here, ".".join(parts[: at + 1])
                    found = _joined(here, "__init__.py"), package, parts[at + 1 :]
                elif f"{part}.py" in names:
                    found = f"{here}.py", ".".join(parts[:at]), parts[at + 1 :]
                    break
                elif part in names:
                    directory = here
                else:
                    break
            if found is not None:
                return found
        return None


def _joined(directory: str, name: str) -> str:
    return name if directory in {"", "."} else f"{directory}/{name}"


@lru_cache(maxsize=256)
def application_of(directory: str, further: tuple[str, ...], files: Files) -> Application:
    """Return the application beside the revisions of a directory.

    Args:
        directory: Where the revisions lie.
        further: Directories that the environment adds to the path of Python.
        files: What reads them.
    """
    roots = dict.fromkeys(further)
    for ancestor in _ancestors(os.path.abspath(directory or "."), files):
        if "__init__.py" in files.names(shown(ancestor)):
            # A package is found from the directory that it lies in.
            continue
        roots[shown(ancestor)] = None
        if _SOURCES in files.names(shown(ancestor)):
            roots[_joined(shown(ancestor), _SOURCES)] = None
    return Application(tuple(roots), files)


def _ancestors(directory: str, files: Files) -> list[str]:
    """Return the directories from one up to the root of its repository."""
    found: list[str] = []
    for ancestor in upwards(directory):
        found.append(ancestor)
        if ".git" in files.names(shown(ancestor)):
            return found
    here = os.getcwd()
    within = [each for each in found if each == here or each.startswith(here + os.sep)]
    return within or found[:_NEAREST]


# --- what a module defines -----------------------------------------------------------------


@lru_cache(maxsize=512)
def _module(path: str, files: Files) -> Module | None:
    """Return the top level of a module, None if it is not Python."""
    try:
        return read_module(files.text(path), path)
    except InputError:
        return None


def _absolute(path: str, package: str) -> str:
    """Return the full name of what a relative import means in a package."""
    level = len(path) - len(path.lstrip("."))
    if level == 0:
        return path
    parts = package.split(".") if package else []
    kept = parts[: len(parts) - level + 1]
    return ".".join([*kept, path[level:]]) if kept else path


@record
class _Reader:
    """Reads the definitions of one module, following it into others."""

    application: Application
    module: Module
    package: str
    depth: int

    def define(self, name: str) -> Definition | None:
        module = self.module
        if name in module.classes:
            return self._class(module.classes[name])
        if name in module.defining:
            return self._value(assigned(module, name))
        if name in module.functions:
            return Plain()
        if name in module.imports:
            return self._elsewhere(module.imports[name])
        found = (self._elsewhere(f"{package}.{name}") for package in module.wild)
        return next((each for each in found if each is not None), None)

    def _elsewhere(self, path: str) -> Definition | None:
        return self.application.define(_absolute(path, self.package), self.depth + 1)

    def _value(self, node: ast.expr | None) -> Definition:
        match node:
            case ast.Call(func=function, args=arguments):
                made = last_name(function)
                if made in _MAKES_A_TABLE:
                    columns = _listed_columns(arguments)
                    return Described(_text(arguments[:1]), columns)
                if made in _MAKES_A_BASE:
                    return Described(None, whole=True)
            case ast.Attribute(attr="metadata"):
                return Described(None, whole=True)
            case _:
                pass
        return Plain()

    def _class(self, node: ast.ClassDef) -> Definition:
        body = _body_of(node)
        bases = [found for base in node.bases if (found := self._base(base)) is not None]
        inherited = [column for base in bases for column in base.columns]
        is_table = any(
            keyword.arg == "table" and isinstance(keyword.value, ast.Constant)
            for keyword in node.keywords
        )
        if not (bases or body.marked or is_table):
            return Plain()
        columns = (*inherited, *body.columns)
        table = body.table or next((base.table for base in bases if base.table), None)
        is_base = body.abstract or any(last_name(base) in _ROOTS for base in node.bases)
        if table is None and (is_base or not columns):
            return Described(None, columns, whole=True)
        others = body.others.union(*(base.others for base in bases))
        return Described(table, columns, others)

    def _base(self, node: ast.expr) -> Described | None:
        """Return what a base class describes, None if it has to do with no table."""
        if last_name(node) in _BASES:
            return Described(None, whole=True)
        found: Definition | None = None
        if isinstance(node, ast.Name) and self.depth < _DEEPEST:
            deeper = _Reader(self.application, self.module, self.package, self.depth + 1)
            found = deeper.define(node.id)
        elif isinstance(node, ast.Attribute):
            path = dotted(node)
            root, _, rest = path.partition(".")
            if rest and root in self.module.imports:
                found = self._elsewhere(f"{self.module.imports[root]}.{rest}")
        return found if isinstance(found, Described) else None


@record
class _Body:
    """What the body of a class says; `marked`: it is that of a table, or of a base of some."""

    table: str | None
    columns: tuple[tuple[str, str], ...]
    others: frozenset[str]
    marked: bool
    abstract: bool


def _body_of(node: ast.ClassDef) -> _Body:
    table: str | None = None
    columns: list[tuple[str, str]] = []
    others = {each.name for each in node.body if isinstance(each, ast.ClassDef)}
    marked = abstract = False
    for name, value, annotation in _assigned(node):
        made = last_name(value.func) if isinstance(value, ast.Call) else ""
        if name in _MARKS or made in _MARKING:
            marked = True
        abstract = abstract or name == _ABSTRACT
        if name == "__tablename__" and value is not None:
            table = _text([value])
        elif made in _MAKES_A_COLUMN or made.endswith("Field"):
            arguments = value.args if isinstance(value, ast.Call) else []
            columns.append((name, _text(arguments[:1]) or name))
        elif value is None and last_name(annotation) != "ClassVar":
            columns.append((name, name))
        elif made not in _MARKING:
            others.add(name)
    return _Body(table, tuple(columns), frozenset(others), marked, abstract)


def _assigned(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    """Yield the names of a class's body, with their values and annotations."""
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value, None
            case ast.AnnAssign(target=ast.Name(id=name), value=value, annotation=annotation):
                yield name, value, annotation
            case _:
                pass


def _listed_columns(arguments: list[ast.expr]) -> tuple[tuple[str, str], ...]:
    """Return the columns that a `Table` lists."""
    names = (
        _text(each.args[:1])
        for each in arguments
        if isinstance(each, ast.Call) and last_name(each.func) in _MAKES_A_COLUMN
    )
    return tuple((name, name) for name in names if name)


def _text(nodes: list[ast.expr]) -> str | None:
    match nodes:
        case [ast.Constant(value=str() as text)]:
            return text
        case _:
            return None


def last_name(node: ast.expr | None) -> str:
    """Return the last part of a name; empty where it is none."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):
            return last_name(value)
        case _:
            return ""


def dotted(node: ast.expr) -> str:
    """Return a chain of names as it is written; empty where something else is in it."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            before = dotted(value)
            return f"{before}.{attr}" if before else ""
        case _:
            return ""
