"""The names that followed code knows, and what they are worth."""

import ast
import builtins
import os
from collections.abc import Callable
from typing import Protocol

from migsafe.sources.alembic.classes import Evaluates
from migsafe.sources.alembic.foreign import is_foreign
from migsafe.sources.alembic.host import NOWHERE, Host
from migsafe.sources.alembic.importer import Importer
from migsafe.sources.alembic.values import (
    Dotted,
    Instance,
    Items,
    Module,
    Scope,
    Unknown,
    Value,
    imported,
)

_OF_ALEMBIC = frozenset({"alembic.context", "alembic.op"})
_Replaced = dict[int, tuple[Value, Value]]
"""Values by their identity, with what came into their place; held, so that none is reused."""


class Reads(Evaluates, Protocol):
    """What evaluates the expressions that names stand for."""

    def attribute_of(self, value: Value, name: str) -> Value:
        """Return an attribute of a value."""

    def decorated(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> Value:
        """Return the function that a `def` makes."""

    def decorated_class(self, node: ast.ClassDef, scope: Scope) -> Value:
        """Return what a class statement makes."""


class Names:
    """The names of the code that is followed: `stack` are its scopes, the innermost last.

    Args:
        reads: Evaluates what a name stands for.
        host: Follows code.
        importer: Finds what files of the repository define; None where there are none.
        step: Called for each container that is looked through.
    """

    def __init__(
        self, reads: Reads, host: Host, importer: Importer | None, step: Callable[[], None]
    ) -> None:
        """Start with no names at all."""
        self._reads = reads
        self._host = host
        self._importer = importer
        self._step = step
        self._modules: dict[Module, Scope] = {}
        self._resolved: dict[tuple[str, str], Value] = {}
        self.stack: list[Scope] = []

    @property
    def scope(self) -> Scope:
        """The names that the code knows which is followed now."""
        return self.stack[-1]

    def scopes(self) -> list[Scope]:
        """Return all scopes that the followed code can reach."""
        found: dict[int, Scope] = {}
        for scope in (*self._modules.values(), *self.stack):
            here: Scope | None = scope
            while here is not None and id(here) not in found:
                found[id(here)] = here
                here = here.outer
        return list(found.values())

    def scope_of(self, name: str) -> Scope:
        """Return the scope that holds a name, the innermost one if none does."""
        here: Scope | None = self.scope
        while here is not None:
            if name in here.names and name not in here.elsewhere:
                return here
            here = here.outer
        module = self.module_scope(self.scope.module)
        return module if name in module.names else self.scope

    def lookup(self, name: str) -> Value:
        """Return the value of a name."""
        first = self.stack[-1]
        here: Scope | None = first
        if name not in first.elsewhere:
            while here is not None:
                if name in here.names:
                    return self.followed(here.names[name])
                here = here.outer
        return self.followed(self.global_of(first.module, name))

    def followed(self, value: Value) -> Value:
        """Return a value; what a full name of the repository stands for."""
        return self._resolve(value) if isinstance(value, Dotted) else value

    def module_scope(self, module: Module) -> Scope:
        """Return the names of a module's level, as far as anybody has asked for them."""
        scope = self._modules.get(module)
        if scope is None:
            scope = self._modules[module] = Scope(module, is_module=True)
        return scope

    def global_of(self, module: Module, name: str) -> Value:
        """Return the value of a name of a module's level."""
        names = self.module_scope(module).names
        if name not in names:
            # A name that is defined by itself must not be followed for ever.
            names[name] = Unknown(f"'{name}' is defined by itself")
            value = self._defined(module, name)
            # Conditions that were followed meanwhile have put other names in their place.
            self.module_scope(module).names[name] = value
            return value
        return names[name]

    def _defined(self, module: Module, name: str) -> Value:  # noqa: C901, PLR0912 - a table
        scope = self.module_scope(module)
        match module.defining.get(name):
            case None:
                pass
            case [
                ast.Assign(targets=[ast.Name()], value=node)
                | ast.AnnAssign(target=ast.Name(), value=ast.expr() as node)
            ]:
                return self._host.quietly(lambda: self._reads.value_in(node, scope))
            case [ast.AnnAssign(value=None)]:
                pass
            case statements:
                self._host.run_quietly(scope, statements)
                return scope.names[name]
        if name in module.functions:
            return self._reads.decorated(module.functions[name], scope)
        if name in module.classes:
            return self._reads.decorated_class(module.classes[name], scope)
        if name in module.imports:
            return imported(module.imports[name])
        for package in module.wild:
            path = f"{package}.{name}"
            if path in _OF_ALEMBIC:
                return imported(path)
            value = self._resolve(Dotted(path))
            if not isinstance(value, Dotted):
                return value
        match name:
            case "__file__":
                return os.path.abspath(module.path)
            case "__name__":
                # Alembic's own name for a revision: the file's, with underscores.
                stem = os.path.basename(module.path)
                return "".join(each if each.isalnum() else "_" for each in stem)
            case _ if hasattr(builtins, name):
                return Dotted(f"builtins.{name}")
            case _:
                source = next((each for each in module.wild if is_foreign(each)), None)
                return Unknown(f"'{name}' is not known", source)

    def _resolve(self, value: Dotted) -> Value:
        """Return what a full name stands for in the repository; itself where it is none."""
        if self._importer is None or value.path.startswith("builtins."):
            return value
        key = (value.path, self.stack[-1].module.path)
        if key not in self._resolved:
            self._resolved[key] = value
            self._resolved[key] = self._resolve_new(value)
        return self._resolved[key]

    def _resolve_new(self, value: Dotted) -> Value:
        found = None
        if self._importer is not None:
            found = self._importer.find(value.path, self.scope.module.path)
        if found is None or not found.rest or not _defines(found.module, found.rest[0]):
            return value
        name = ast.copy_location(ast.Name(found.rest[0], ast.Load()), NOWHERE)
        held = self._reads.value_in(name, self.module_scope(found.module))
        for each in found.rest[1:]:
            held = self._reads.attribute_of(held, each)
        return held

    def assign(self, name: str, value: Value) -> None:
        """Give a name a value."""
        scope = self.scope
        if name in scope.elsewhere:
            self.module_scope(scope.module).names[name] = self._on_module(name, value)
            return
        while name in scope.outside and scope.outer is not None:
            scope = scope.outer
        scope.names[name] = value

    def replaced(self, old: Value, new: Value) -> None:
        """Put a new value in the place of one that changed, wherever it is held."""
        known: _Replaced = {}
        for scope in self.scopes():
            for name, value in scope.names.items():
                changed = self._with(value, old, new, known)
                if changed is not value:
                    scope.names[name] = (
                        self._on_module(name, changed) if scope.is_module else changed
                    )

    def _on_module(self, name: str, value: Value) -> Value:
        """Return what a name of a module's level is worth after a function changed it."""
        if self._host.is_certain or self.scope.is_module:
            return value
        return Unknown(f"'{name}' depends on a condition")

    def _with(self, value: Value, old: Value, new: Value, known: _Replaced) -> Value:
        if value is old:
            return new
        if id(value) in known:
            return known[id(value)][1]
        match value:
            case tuple() if value:
                self._step()
                parts = [self._with(each, old, new, known) for each in value]
                changed = any(a is not b for a, b in zip(parts, value, strict=True))
                found: Value = type(value)(parts) if changed else value
            case Items(items=items):
                self._step()
                pairs = [(key, self._with(item, old, new, known)) for key, item in items]
                changed = any(a[1] is not b[1] for a, b in zip(pairs, items, strict=True))
                found = Items(tuple(pairs)) if changed else value
            case Instance(of=of, attributes=items):
                self._step()
                pairs_ = [(key, self._with(item, old, new, known)) for key, item in items]
                changed = any(a[1] is not b[1] for a, b in zip(pairs_, items, strict=True))
                found = Instance(of, tuple(pairs_)) if changed else value
            case _:
                return value
        known[id(value)] = value, found
        return found

    def enclosing(self, scope: Scope) -> Scope | None:
        """Return the scope that an inner function sees; modules are looked up by themselves."""
        return None if scope.is_module else scope


def _defines(module: Module, name: str) -> bool:
    return (
        name in module.defining
        or name in module.functions
        or name in module.classes
        or name in module.imports
        or bool(module.wild)
    )
