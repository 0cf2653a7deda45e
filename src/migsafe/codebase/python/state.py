"""What is known while a Python file is gone through."""

import ast
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field

from migsafe.codebase.python.found import Found
from migsafe.codebase.python.models import Model
from migsafe.codebase.python.syntax import last
from migsafe.codebase.sql import SqlTexts
from migsafe.model.code import Basis, UseKind
from migsafe.sources.alembic.values import Module

_LONGEST_CHAIN = 60
"""How many calls and attributes of one expression are gone through to find its model."""
_OF_MODELS = frozenset(
    (
        *("select", "query", "update", "insert", "delete", "Query", "get", "aliased", "scalars"),
        *("upsert", "select_from", "join", "outerjoin", "get_object_or_404", "get_or_404"),
        *("get_list_or_404", "with_polymorphic", "bulk_insert_mappings", "bulk_update_mappings"),
    )
)


@dataclass(slots=True, eq=False)
class Context:
    """Where a node stands: the class around it, its model, and what names stand for there."""

    owner: str | None = None
    model: Model | None = None
    variables: MutableMapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class State:
    """The file, what its names stand for, and what was found.

    `enums` are its classes of values, `packages` the names of imported
    packages. `done` are nodes that were read with the node around them.
    """

    module: Module
    models: dict[str, Model]
    found: Found
    enums: dict[str, dict[str, str | None]]
    packages: set[str]
    sql: SqlTexts = field(default_factory=SqlTexts)
    done: set[int] = field(default_factory=set)
    _renamed: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find the attributes that are mapped to columns of another name."""
        for model in self.models.values():
            for column in model.own:
                if column.attribute != column.name:
                    self._renamed.setdefault(column.attribute, set()).add(column.name)

    def class_of(self, node: ast.expr, context: Context) -> str | None:
        """Return the class or table that an expression is, or is an instance of."""
        match node:
            case ast.Name(id="self" | "cls"):
                return context.owner
            case ast.Name(id=name):
                if name in self.models:
                    return name
                return context.variables.get(name) or (name if _is_class(name) else None)
            case ast.Attribute(attr=name) if _is_class(name):
                return name
            case ast.Attribute(value=inner, attr="c" | "columns" | "objects" | "__table__"):
                return self.class_of(inner, context)
            case ast.Call(func=func) if (name := last(func)) in self.models or _is_class(name):
                return name
            case _:
                return None

    def subject(self, node: ast.expr, context: Context) -> str | None:
        """Return the class that a chain of calls is about: `query(User).filter(…)`."""
        found: str | None = None
        for _ in range(_LONGEST_CHAIN):
            match node:
                case ast.Call(func=func, args=args):
                    if last(func) in _OF_MODELS:
                        for each in args[:3]:
                            named = self._entity(each, context)
                            if named is not None and found is not None and named != found:
                                return None
                            found = named or found
                    node = func
                case ast.Attribute(value=inner):
                    if self.class_of(node, context) is not None:
                        break
                    node = inner
                case ast.Subscript(value=inner) | ast.Await(value=inner):
                    node = inner
                case _:
                    break
        return found or self.class_of(node, context)

    def _entity(self, node: ast.expr, context: Context) -> str | None:
        match node:
            case ast.Attribute(value=ast.Name() as inner, attr=name) if not _is_class(name):
                return self.class_of(inner, context)
            case ast.Name() | ast.Attribute():
                return self.class_of(node, context)
            case _:
                return None

    def columns_called(self, attribute: str) -> Iterator[str]:
        """Yield the columns that an attribute of something unknown may be.

        It is called so, and where a model of the file maps it to another column, that as well.
        """
        yield attribute
        yield from self._renamed.get(attribute, ())

    def label(self, node: ast.expr, owner: str, name: str, value: str | None) -> None:
        """Note a member of an enum: the database's label is its name or its value."""
        for label in dict.fromkeys((name, name.lower() if value is None else value)):
            self.found.add(
                UseKind.LABEL, label, node, Basis.LIKELY, "member of an enum", owner=owner
            )


def _is_class(name: str) -> bool:
    return name[:1].isupper() and not name.isupper()
