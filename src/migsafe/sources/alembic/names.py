"""The names that followed code knows, and what they are worth."""

import ast
import builtins
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from migsafe.sources.alembic.classes import Evaluates
from migsafe.sources.alembic.foreign import is_foreign
from migsafe.sources.alembic.host import NOWHERE, Host
from migsafe.sources.alembic.importer import Importer
from migsafe.sources.alembic.modules import changes
from migsafe.sources.alembic.plain import parts_of
from migsafe.sources.alembic.reach import holding, objects, reading
from migsafe.sources.alembic.values import (
    Arguments,
    Bound,
    Dotted,
    Instance,
    Items,
    Listed,
    Method,
    Module,
    Scope,
    Stream,
    Unknown,
    Value,
    View,
    Yielding,
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
        spend: Called with how much is looked through.
    """

    def __init__(
        self, reads: Reads, host: Host, importer: Importer | None, spend: Callable[[int], None]
    ) -> None:
        """Start with no names at all."""
        self._reads = reads
        self._host = host
        self._importer = importer
        self._spend = spend
        self._modules: dict[Module, Scope] = {}
        self._resolved: dict[tuple[str, str], Value] = {}
        self._kept: dict[int, Scope] = {}
        self.stack: list[Scope] = []
        self.held: list[Scope] = []

    @property
    def scope(self) -> Scope:
        """The names that the code knows which is followed now."""
        return self.stack[-1]

    def scopes(self) -> list[Scope]:
        """Return all scopes that the followed code can reach."""
        found: dict[int, Scope] = {}
        of_modules = self._modules.values()
        for scope in (*of_modules, *self.stack, *self._kept.values(), *self.held):
            here: Scope | None = scope
            while here is not None and id(here) not in found:
                found[id(here)] = here
                here = here.outer
        return list(found.values())

    def keep(self, scope: Scope) -> None:
        """Note that what these names hold may change when nobody follows their code."""
        if not scope.is_module:
            self._kept[id(scope)] = scope

    def seen(self, scope: Scope) -> None:
        """Note that a function that may be called later sees these names."""
        here: Scope | None = scope
        while here is not None and not here.is_seen:
            here.is_seen = True
            here = here.outer

    def left(self, scope: Scope) -> None:
        """Note that code is left; a function that sees its names may change them later."""
        if scope.is_seen and (
            "nonlocal " in scope.module.text or objects(tuple(scope.names.values()))
        ):
            self.keep(scope)

    @contextmanager
    def holding(self) -> Iterator[Scope]:
        """Hold values that have no name while other code is followed that may change them."""
        scope = Scope(self.scope.module)
        self.held.append(scope)
        try:
            yield scope
        finally:
            self.held.remove(scope)

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
            scope = self._modules[module] = Scope(module, is_module=True, is_lazy=True)
        return scope

    def global_of(self, module: Module, name: str) -> Value:
        """Return the value of a name of a module's level."""
        scope = self.module_scope(module)
        if name not in scope.names:
            if name not in scope.made:
                # A name that is defined by itself must not be followed for ever.
                scope.put(name, Unknown(f"'{name}' is defined by itself"))
                scope.made[name] = self._defined(module, name)
            scope.put(name, scope.made[name])
        return scope.names[name]

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
                defined = [*dict.fromkeys(changes(statements))]
                for each in defined:
                    if each not in scope.names:
                        scope.put(each, Unknown(f"'{each}' is defined by itself"))
                self._host.run_quietly(scope, statements)
                scope.made |= {each: scope.names[each] for each in defined}
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

    def assign(self, name: str, value: Value, *, is_outward: bool = False) -> None:
        """Give a name a value; `is_outward`: outside of the comprehensions that are followed."""
        scope = self.scope
        while is_outward and scope.is_inner:
            if scope.outer is None:
                scope = self.module_scope(scope.module)
                break
            scope = scope.outer
        if name in scope.elsewhere:
            self._settle(scope.module, {name})
            self.module_scope(scope.module).put(name, self._on_module(name, value))
            return
        while name in scope.outside and scope.outer is not None:
            scope = scope.outer
        scope.put(name, value)

    def replaced(self, old: Value, new: Value) -> None:
        """Put a new value in the place of one that changed, wherever it is held."""
        self._replace({id(old): (old, new)})

    def spoiled(self, values: Sequence[Value], why: str) -> None:
        """Let objects be unknown, and all that they hold: they change in a way nobody follows."""
        known: _Replaced = {}
        pending = list(objects(values))
        while pending:
            held = pending.pop()
            if id(held) not in known:
                self._spend(1)
                known[id(held)] = held, Unknown(why)
                pending += objects(parts_of(held))
        if known:
            self._replace(known)

    def _replace(self, known: _Replaced) -> None:
        self._spend(sum(len(scope.names) + 1 for scope in self.scopes()) // 16)
        if not self.scope.is_module:
            for module, scope in list(self._modules.items()):
                held = [
                    name
                    for name, value in scope.names.items()
                    if self._with(value, known) is not value
                ]
                if held:
                    self._settle(module, set(held))
        for scope in self.scopes():
            for name, value in scope.names.items():
                changed = self._with(value, known)
                if changed is not value:
                    is_here = not scope.is_module
                    scope.put(name, changed if is_here else self._on_module(name, changed))
        for key, value in self._resolved.items():
            changed = self._with(value, known)
            if changed is not value:
                self._resolved[key] = self._on_module(key[0], changed)

    def _settle(self, module: Module, names: set[str]) -> None:
        """Find what a module makes of some names of its own before a function changes them."""
        if self.scope.is_module:
            return
        for name, statements in module.defining.items():
            if name not in self.module_scope(module).names and any(
                isinstance(each, ast.Name) and each.id in names
                for statement in statements
                for each in ast.walk(statement)
            ):
                self.global_of(module, name)

    def _on_module(self, name: str, value: Value) -> Value:
        """Return what a name of a module's level is worth after a function changed it."""
        if self._host.is_certain or self.scope.is_module:
            return value
        return holding(Unknown(f"'{name}' depends on a condition"), (value,))

    def _with(self, value: Value, known: _Replaced) -> Value:
        if id(value) in known:
            return known[id(value)][1]
        match value:
            case Bound(function=function, arguments=arguments):
                known[id(value)] = value, value
                parts_ = self._with_parts(arguments, known)
                held = self._with(function, known)
                is_new = parts_ is not arguments or held is not function
                found: Value = Bound(held, parts_) if is_new else value
            case Yielding(function=generator, arguments=arguments):
                parts_ = self._with_parts(arguments, known)
                found = Yielding(generator, parts_) if parts_ is not arguments else value
            case Method(of=of_, name=name) if isinstance(of_, (Listed, Items, Instance)):
                held = self._with(of_, known)
                found = Method(held, name) if held is not of_ else value
            case Unknown(held=held_) if held_:
                parts = [self._with(each, known) for each in held_]
                is_new = any(a is not b for a, b in zip(parts, held_, strict=True))
                found = holding(Unknown(value.reason, value.source, value.reaches), parts)
                found = found if is_new else value
            case Stream() | View() if any(id(each) in known for each in value.sources):
                found = holding(Unknown("what it goes through changes"), value.sources)
            case tuple() if value:
                self._spend(1)
                parts = [self._with(each, known) for each in value]
                changed = any(a is not b for a, b in zip(parts, value, strict=True))
                found = reading(type(value)(parts), _sources(value)) if changed else value
            case Items(items=items):
                self._spend(1)
                pairs = [(key, self._with(item, known)) for key, item in items]
                changed = any(a[1] is not b[1] for a, b in zip(pairs, items, strict=True))
                found = Items(tuple(pairs)) if changed else value
            case Instance(of=of, attributes=items):
                self._spend(1)
                pairs_ = [(key, self._with(item, known)) for key, item in items]
                changed = any(a[1] is not b[1] for a, b in zip(pairs_, items, strict=True))
                found = Instance(of, tuple(pairs_)) if changed else value
            case _:
                return value
        known[id(value)] = value, found
        return found

    def _with_parts(self, arguments: Arguments, known: _Replaced) -> Arguments:
        positional = tuple([self._with(each, known) for each in arguments.positional])
        keywords = tuple([(key, self._with(each, known)) for key, each in arguments.keywords])
        before = (*arguments.positional, *(each for _, each in arguments.keywords))
        after = (*positional, *(each for _, each in keywords))
        if all(a is b for a, b in zip(before, after, strict=True)):
            return arguments
        return Arguments(positional, keywords, arguments.unknown)

    def enclosing(self, scope: Scope) -> Scope | None:
        """Return the scope that an inner function sees; modules are looked up by themselves."""
        return None if scope.is_module else scope


def _sources(value: Value) -> tuple[Value, ...]:
    return value.sources if isinstance(value, (Stream, View)) else ()


def _defines(module: Module, name: str) -> bool:
    return (
        name in module.defining
        or name in module.functions
        or name in module.classes
        or name in module.imports
        or bool(module.wild)
    )
