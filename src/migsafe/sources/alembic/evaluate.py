"""Evaluates the expressions of Python files as far as they are known.

Each expression is evaluated once, in Python's order. Calls that are no plain constructs are
handed to the host, which follows functions and notes what reaches the database.
"""

import ast
import builtins
import operator
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from migsafe.model.expressions import Name
from migsafe.sources.alembic.classes import (
    attribute_of_class,
    attribute_of_instance,
    enum_members,
    made_class,
    table_of_class,
    type_of_class,
)
from migsafe.sources.alembic.constructs import compared
from migsafe.sources.alembic.containers import after_call, after_deleting, after_setting
from migsafe.sources.alembic.importer import Importer
from migsafe.sources.alembic.methods import NotPlain, attribute, element, plain_call, sliced
from migsafe.sources.alembic.plain import (
    MANY,
    NotPlainError,
    compute,
    distinct,
    python_of,
    sequence_of,
    truth,
)
from migsafe.sources.alembic.texts import concatenated, formatted, percent
from migsafe.sources.alembic.values import (
    MUTATING,
    Arguments,
    Class,
    Dotted,
    EnumClass,
    EnumMember,
    Function,
    Instance,
    Items,
    Listed,
    Live,
    Method,
    MiniTable,
    Module,
    Namespace,
    Pieces,
    Scope,
    Several,
    SqlText,
    Unknown,
    Value,
    Yielding,
    imported,
    reason,
)

_NO_NAME = Unknown("a part of a value is not known")
_LARGEST = 10**18
_OPERATORS = {
    ast.Eq: "=",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[object, object], object]] = {
    ast.Eq: lambda left, right: left == right,
    ast.NotEq: lambda left, right: left != right,
    ast.Lt: lambda left, right: left < right,  # type: ignore[operator]  # a TypeError is caught
    ast.LtE: lambda left, right: left <= right,  # type: ignore[operator]
    ast.Gt: lambda left, right: left > right,  # type: ignore[operator]
    ast.GtE: lambda left, right: left >= right,  # type: ignore[operator]
    ast.In: lambda left, right: left in right,  # type: ignore[operator]
    ast.NotIn: lambda left, right: left not in right,  # type: ignore[operator]
}


_ARITHMETIC: dict[type[ast.operator], Callable[..., object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


class GivenUpError(Exception):
    """Raised where following a revision takes too many steps."""


class Host(Protocol):
    """Follows functions and notes what reaches the database."""

    def on_call(self, node: ast.expr, function: Value, arguments: Arguments) -> Value:
        """Return what a call is worth that is no plain construct."""

    def on_yield(self, value: Value) -> Value:
        """Hand on what a function yields; return what `yield` is worth."""

    @property
    def is_certain(self) -> bool:
        """Whether the code that is followed runs whenever its section runs."""

    def on_row(self, node: ast.expr, row: Live) -> None:
        """Note that an attribute of an object that a session loaded is set."""

    def run_quietly(self, scope: Scope, statements: list[ast.stmt]) -> None:
        """Run statements of a module's level for what they define."""

    def quietly(self, work: Callable[[], Value]) -> Value:
        """Return what work is worth; what it sends to a database is no part of a section."""

    def perhaps(self, work: Callable[[], Value]) -> Value:
        """Return what work is worth that may happen or not."""

    def collected(self, yielding: Yielding) -> tuple[Value, ...] | None:
        """Return all that a function yields, None if that is not known."""


class Evaluator:
    """Evaluates expressions.

    Args:
        host: Follows calls.
        importer: Finds what files of the repository define; None where there are none.
        limit: How many expressions are evaluated at most.
    """

    def __init__(self, host: Host, importer: Importer | None, limit: int) -> None:
        """Keep what expressions are evaluated with; `scope` is set by who follows."""
        self._host = host
        self._importer = importer
        self._left = limit
        self._modules: dict[Module, Scope] = {}
        self._resolved: dict[tuple[str, str], Value] = {}
        self.stack: list[Scope] = []

    # --- names ----------------------------------------------------------------------

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
        here: Scope | None = self.scope
        module = self.scope.module
        if name not in self.scope.elsewhere:
            while here is not None:
                if name in here.names:
                    return self._followed(here.names[name])
                here = here.outer
        return self._followed(self.global_of(module, name))

    def _followed(self, value: Value) -> Value:
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
            names[name] = self._defined(module, name)
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
                return self._host.quietly(lambda: self.value_in(node, scope))
            case [ast.AnnAssign(value=None)]:
                pass
            case statements:
                self._host.run_quietly(scope, statements)
                return scope.names[name]
        if name in module.functions:
            return self.decorated(module.functions[name], scope)
        if name in module.classes:
            return made_class(module.classes[name], scope, self)
        if name in module.imports:
            return imported(module.imports[name])
        for package in module.wild:
            value = self._resolve(Dotted(f"{package}.{name}"))
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
                return Unknown(f"'{name}' is not known")

    def _resolve(self, value: Dotted) -> Value:
        """Return what a full name stands for in the repository; itself where it is none."""
        if self._importer is None or value.path.startswith("builtins."):
            return value
        key = (value.path, self.scope.module.path)
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
        name = ast.copy_location(ast.Name(found.rest[0], ast.Load()), _NOWHERE)
        held = self.value_in(name, self.module_scope(found.module))
        for each in found.rest[1:]:
            held = self.attribute_of(held, each)
        return held

    def decorated(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> Value:
        """Return the function that a `def` makes, with the decorators that can be followed."""
        function: Value = Function(node.name, node, scope)
        for mark in reversed(node.decorator_list):
            made = self.value_in(mark, scope)
            if isinstance(made, (Function, Class)):
                # A decorator that is not read is taken to call what it decorates.
                wrapped = self._host.on_call(mark, made, Arguments((function,)))
                function = wrapped if isinstance(wrapped, (Function, Class)) else function
        return function

    # --- changes --------------------------------------------------------------------

    def bind(self, target: ast.expr, value: Value) -> None:
        """Give a value to what stands on the left of an assignment."""
        match target:
            case ast.Name(id=name):
                self.assign(name, value)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                self._bind_each(targets, value)
            case ast.Starred(value=inner):
                self.bind(inner, value)
            case ast.Subscript(value=inner, slice=index):
                held = self.value(inner)
                if isinstance(held, (Listed, Items)):
                    self.replaced(held, after_setting(held, self.value(index), value))
            case ast.Attribute(value=inner, attr=attr):
                self._set_attribute(target, self.value(inner), attr, value)
            case _:
                pass

    def assign(self, name: str, value: Value) -> None:
        """Give a name a value."""
        scope = self.scope
        if name in scope.elsewhere:
            self.module_scope(scope.module).names[name] = self._on_module(name, value)
        else:
            scope.names[name] = value

    def _bind_each(self, targets: list[ast.expr], value: Value) -> None:
        values = sequence_of(value)
        starred = [at for at, each in enumerate(targets) if isinstance(each, ast.Starred)]
        if values is None or len(values) < len(targets) - len(starred):
            why = Unknown(reason(value) or _NO_NAME.reason)
            for each in targets:
                self.bind(each, value if isinstance(value, Live) else why)
            return
        if starred:
            at, rest = starred[0], len(targets) - starred[0] - 1
            end = len(values) - rest
            values = (*values[:at], Listed(values[at:end]), *values[end:])
        for each, one in zip(targets, values, strict=False):
            self.bind(each, one)

    def _set_attribute(self, node: ast.expr, held: Value, name: str, value: Value) -> None:
        match held:
            case Instance(of=of, attributes=attributes):
                kept = tuple((key, each) for key, each in attributes if key != name)
                self.replaced(held, Instance(of, (*kept, (name, value))))
            case Live(table=table) if table is not None:
                self._host.on_row(node, held)
            case _:
                pass

    def deleted(self, target: ast.expr) -> None:
        """Follow `del`."""
        match target:
            case ast.Name(id=name):
                self.assign(name, Unknown(f"'{name}' was deleted"))
            case ast.Subscript(value=inner, slice=index):
                held = self.value(inner)
                if isinstance(held, (Listed, Items)):
                    self.replaced(held, after_deleting(held, self.value(index)))
            case _:
                pass

    def replaced(self, old: Value, new: Value) -> None:
        """Put a new value in the place of one that changed, wherever it is held."""
        known: dict[int, Value] = {}
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

    def _with(self, value: Value, old: Value, new: Value, known: dict[int, Value]) -> Value:
        if value is old:
            return new
        if id(value) in known:
            return known[id(value)]
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
        known[id(value)] = found
        return found

    # --- expressions ----------------------------------------------------------------

    def _step(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise GivenUpError

    @contextmanager
    def within(self, limit: int) -> Iterator[None]:
        """Follow code with fewer steps than are left; raise GivenUpError when they are used."""
        limit = min(limit, self._left)
        rest, self._left = self._left - limit, limit
        try:
            yield
        finally:
            self._left = max(self._left, 0) + rest

    def value_in(self, node: ast.expr, scope: Scope) -> Value:
        """Return what an expression is worth where other names are known."""
        self.stack.append(scope)
        try:
            return self.value(node)
        finally:
            self.stack.pop()

    def called(self, function: Value, arguments: Arguments) -> Value:
        """Return what a call is worth that nothing in the revision's own text makes."""
        return self.call(function, arguments, _NOWHERE)

    def value(self, node: ast.expr) -> Value:  # noqa: C901, PLR0912 - a table
        """Return what an expression is worth."""
        self._step()
        match node:
            case ast.Constant(value=value):
                if value is None or isinstance(value, (bool, int, float, str, bytes)):
                    return value
                return Unknown("such a constant is not read")
            case ast.Name(id=name):
                return self.lookup(name)
            case ast.Attribute():
                return self.attribute_of(self.value(node.value), node.attr)
            case ast.Call():
                return self._call(node)
            case ast.List(elts=elements):
                return self._sequence(elements, Listed)
            case ast.Tuple(elts=elements):
                return self._sequence(elements, tuple)
            case ast.Set(elts=elements):
                return self._sequence(elements, distinct)
            case ast.Dict():
                return self._dictionary(node)
            case ast.JoinedStr(values=values):
                return self._joined(values)
            case ast.BinOp():
                return self._binary(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.Compare():
                return self._compare(node)
            case ast.BoolOp():
                return self._boolean(node)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self._either(test, body, orelse)
            case ast.Subscript():
                return self._subscript(node)
            case ast.NamedExpr(target=target, value=inner):
                found = self.value(inner)
                self.bind(target, found)
                return found
            case ast.Starred(value=inner) | ast.Await(value=inner):
                return self.value(inner)
            case ast.Lambda():
                return Function("lambda", node, self.scope)
            case ast.ListComp(elt=elt, generators=generators):
                return self._comprehension(elt, generators, Listed)
            case ast.SetComp(elt=elt, generators=generators):
                return self._comprehension(elt, generators, distinct)
            case ast.GeneratorExp(elt=elt, generators=generators):
                return self._comprehension(elt, generators, tuple)
            case ast.DictComp(key=key, value=inner, generators=generators):
                pair = ast.Tuple([key, inner], ast.Load())
                return self._comprehension(pair, generators, _dictionary_of)
            case ast.Yield(value=yielded):
                return self._host.on_yield(None if yielded is None else self.value(yielded))
            case ast.YieldFrom(value=inner):
                for each in sequence_of(self.value(inner)) or (Unknown("it is yielded"),):
                    self._host.on_yield(each)
                return None
            case _:
                return Unknown(f"a {type(node).__name__} is not read")

    def attribute_of(self, value: Value, name: str) -> Value:
        """Return an attribute of a value."""
        match value:
            case Class():
                return attribute_of_class(value, name, self)
            case Instance():
                return attribute_of_instance(value, name, self)
            case _:
                return self._followed(attribute(value, name))

    def _sequence(
        self, elements: list[ast.expr], make: Callable[[tuple[Value, ...]], Value]
    ) -> Value:
        values: list[Value] = []
        for element_ in elements:
            value = self.value(element_)
            if not isinstance(element_, ast.Starred):
                values.append(value)
                continue
            more = self.sequence(value)
            if more is None:
                return Unknown(f"'*' in a list: {reason(value) or 'no list'}")
            values.extend(more)
        return make(tuple(values))

    def sequence(self, value: Value) -> tuple[Value, ...] | None:
        """Return what a loop over a value goes through, None if that is not known."""
        match value:
            case Class(is_enum=True):
                return enum_members(value, self)
            case Yielding():
                return self._host.collected(value)
            case _:
                return sequence_of(value)

    def _dictionary(self, node: ast.Dict) -> Value:
        items: list[tuple[Value, Value]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            inner = self.value(value)
            if key is not None:
                items.append((self.value(key), inner))
            elif isinstance(inner, Items):
                items.extend(inner.items)
            else:
                return Unknown(f"'**' in a dictionary: {reason(inner) or 'no dictionary'}")
        return Items(tuple(items))

    def _joined(self, values: list[ast.expr]) -> Value:
        parts: list[tuple[Value, str]] = []
        for part in values:
            if not isinstance(part, ast.FormattedValue):
                parts.append((self.value(part), ""))
                continue
            value = self.value(part.value)
            if part.format_spec is not None or part.conversion not in {-1, ord("s")}:
                spec = "" if part.format_spec is None else self.value(part.format_spec)
                value = formatted(value, part.conversion, spec if isinstance(spec, str) else "?")
            parts.append((value, source(part.value)))
        return concatenated(parts)

    def _unary(self, node: ast.UnaryOp) -> Value:
        operand = self.value(node.operand)
        match node.op, operand:
            case ast.Not(), _:
                said = truth(operand)
                return Unknown(reason(operand) or "a condition") if said is None else not said
            case ast.USub(), int() | float():
                return -operand
            case ast.Invert(), SqlText():
                return SqlText(f"NOT ({operand.sql})")
            case _:
                return Unknown(reason(operand) or "an operator is not read")

    def _binary(self, node: ast.BinOp) -> Value:
        left = self.value(node.left)
        right = self.value(node.right)
        match node.op, left, right:
            case ast.Add(), str() | Pieces(), _:
                if isinstance(right, (str, Pieces, Unknown, Live, EnumMember)):
                    return concatenated(((left, source(node.left)), (right, source(node.right))))
            case ast.Add(), Unknown() | Live(), str() | Pieces():
                return concatenated(((left, source(node.left)), (right, source(node.right))))
            case ast.Add(), tuple(), tuple() if len(left) + len(right) <= MANY:
                return type(left)((*left, *right))
            case ast.Mult(), str() | tuple(), int() if right * len(left) <= MANY:
                return left * right if isinstance(left, str) else type(left)(left * right)
            case ast.Mod(), str() | Pieces(), _:
                return percent(left, right, source(node.right))
            case ast.BitOr(), Items(), Items():
                return Items((*left.items, *right.items))
            case ast.Div(), _, str():
                return self.call(attribute(left, "joinpath"), Arguments((right,)), node)
            case ((ast.BitAnd() | ast.BitOr()), SqlText(), SqlText()):
                word = "AND" if isinstance(node.op, ast.BitAnd) else "OR"
                return SqlText(f"({left.sql}) {word} ({right.sql})")
            case _:
                pass
        return _computed(node.op, left, right)

    def _compare(self, node: ast.Compare) -> Value:
        left = self.value(node.left)
        result: Value = True
        for op, each in zip(node.ops, node.comparators, strict=True):
            right = self.value(each)
            result = self._compared(left, op, right)
            if result is False:
                return False
            if not isinstance(result, bool):
                return result
            left = right
        return result

    def _compared(self, left: Value, op: ast.cmpop, right: Value) -> Value:
        if isinstance(left, SqlText) and not isinstance(op, (ast.Is, ast.IsNot)):
            word = _OPERATORS.get(type(op))
            return Unknown("a comparison") if word is None else compared(left, word, right)
        if isinstance(op, (ast.Is, ast.IsNot)):
            same = _same(left, right)
            return same if isinstance(same, Unknown) else same is isinstance(op, ast.Is)
        if isinstance(op, (ast.In, ast.NotIn)):
            members = right if isinstance(right, str) else self.sequence(right)
            if members is not None and not isinstance(members, str):
                right = members
        try:
            return bool(_COMPARISONS[type(op)](python_of(left), python_of(right)))
        except NotPlainError as error:
            if isinstance(left, EnumMember) and isinstance(right, EnumMember):
                return (left == right) is isinstance(op, ast.Eq)
            return Unknown(str(error))
        except TypeError:
            return Unknown("what is compared is not known")

    def _boolean(self, node: ast.BoolOp) -> Value:
        is_and = isinstance(node.op, ast.And)
        unknown: Unknown | None = None
        value: Value = is_and
        for each in node.values:
            if unknown is None:
                value = self.value(each)
            else:
                value = self._host.perhaps(lambda each=each: self.value(each))  # type: ignore[misc]  # bound at once
            holds = truth(value)
            if holds is None:
                why = "a condition is not known"
                unknown = unknown or Unknown(reason(value) or why)
            elif holds is not is_and:
                # One side decides, whatever the others are; which one it is may stay unknown.
                return value if unknown is None or isinstance(value, bool) else unknown
        return unknown or value

    def _either(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> Value:
        holds = truth(self.value(test))
        if holds is not None:
            return self.value(body if holds else orelse)
        first = self._host.perhaps(lambda: self.value(body))
        second = self._host.perhaps(lambda: self.value(orelse))
        if first == second:
            return first
        return Unknown("a condition is not known")

    def _subscript(self, node: ast.Subscript) -> Value:
        value = self.value(node.value)
        match node.slice:
            case ast.Slice(lower=lower, upper=upper, step=step):
                bounds = [
                    None if each is None else self.value(each) for each in (lower, upper, step)
                ]
                return sliced(value, (bounds[0], bounds[1], bounds[2]))
            case _:
                index = self.value(node.slice)
        match value:
            case Class() if isinstance(index, str):
                return attribute_of_class(value, index, self)
            case Class():
                return value
            case Namespace(module=module) if isinstance(index, str):
                return self.global_of(module, index)
            case Namespace(module=module) if isinstance(index, Pieces):
                return self._several(module, index)
            case _:
                return element(value, index)

    def _bound(self, node: ast.expr | None) -> Value:
        return None if node is None else self.value(node)

    def _several(self, module: Module, name: Pieces) -> Value:
        """Return the functions of a file whose name begins as one that is not known."""
        first = name.parts[0]
        if not isinstance(first, str):
            return Unknown(name.reason)
        found = [
            self.global_of(module, each) for each in module.functions if each.startswith(first)
        ]
        return Several(tuple(found)) if found else Unknown(name.reason)

    def _comprehension(
        self,
        elt: ast.expr,
        generators: list[ast.comprehension],
        make: Callable[[tuple[Value, ...]], Value],
    ) -> Value:
        self.stack.append(Scope(self.scope.module, {}, self.enclosing(self.scope)))
        try:
            found: list[Value] = []
            unknown = self._generated(elt, generators, found)
        finally:
            self.stack.pop()
        return unknown or make(tuple(found))

    def enclosing(self, scope: Scope) -> Scope | None:
        """Return the scope that an inner function sees; modules are looked up by themselves."""
        return None if scope.is_module else scope

    def _generated(
        self, elt: ast.expr, generators: list[ast.comprehension], found: list[Value]
    ) -> Unknown | None:
        if not generators:
            found.append(self.value(elt))
            return Unknown("a list is too long") if len(found) > MANY else None
        first, *rest = generators
        given = self.value(first.iter)
        values = self.sequence(given)
        if values is None:
            why = Unknown(reason(given) or "what a list is made of is not known")
            self.bind(first.target, given if isinstance(given, Live) else why)
            self._host.perhaps(lambda: self._generated(elt, rest, []))
            return why
        unknown: Unknown | None = None
        for value in values:
            self.bind(first.target, value)
            tests = [truth(self.value(test)) for test in first.ifs]
            if False in tests:
                continue
            if None in tests:
                self._host.perhaps(lambda: self._generated(elt, rest, []))
                unknown = Unknown("what a list is made of depends on a condition")
            else:
                unknown = self._generated(elt, rest, found) or unknown
        return unknown

    # --- calls ----------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Value:
        function = self.value(node.func)
        arguments = self._arguments(node)
        value = self.call(function, arguments, node)
        if isinstance(value, SqlText) and value.at is None and node.args:
            return self._placed(value, node.args[0])
        return value

    def call(self, function: Value, arguments: Arguments, node: ast.expr) -> Value:
        """Return what a call is worth."""
        if isinstance(function, Method) and function.name in MUTATING:
            held = function.of
            if isinstance(held, (Listed, Items)):
                changed = after_call(held, function.name, arguments)
                self.replaced(held, changed.now)
                return changed.returned
        if isinstance(function, (Dotted, Method)):
            arguments = self._as_constructs(function, arguments)
        value = plain_call(function, arguments)
        if isinstance(value, NotPlain):
            return self._host.on_call(node, function, arguments)
        return value

    def _as_constructs(self, function: Value, arguments: Arguments) -> Arguments:
        """Return arguments with mapped classes as tables and classes of types as types."""
        values = (*arguments.positional, *(value for _, value in arguments.keywords))
        if not any(isinstance(value, (Class, Yielding)) for value in values):
            return arguments
        labels = arguments.keyword("values_callable")
        first = arguments.at(0)
        if labels is not None and isinstance(first, Class):
            said = self.call(labels, Arguments((first,)), _NOWHERE)
            name = arguments.keyword("name", first.name.lower())
            given = said if isinstance(said, tuple) else (Unknown("the labels are not known"),)
            others = tuple((key, value) for key, value in arguments.keywords if key != "name")
            return Arguments(given, (("name", name), *others), arguments.unknown)
        is_of_ours = isinstance(function, Dotted) and function.path.startswith("builtins.")
        return Arguments(
            tuple(self._as_construct(each, is_of_ours) for each in arguments.positional),
            tuple((key, self._as_construct(each, is_of_ours)) for key, each in arguments.keywords),
            arguments.unknown,
        )

    def _as_construct(self, value: Value, is_of_ours: bool) -> Value:  # noqa: FBT001 - of one caller
        match value:
            case Class(is_enum=True) if is_of_ours:
                return enum_members(value, self)
            case Yielding() if is_of_ours:
                values = self._host.collected(value)
                return Unknown("what it yields is not known") if values is None else values
            case Class() if is_of_ours:
                return value
            case Class(is_enum=True):
                members = enum_members(value, self)
                return EnumClass(
                    value.name, tuple((member.name, member.value) for member in members)
                )
            case Class():
                return (
                    table_of_class(value, self) or type_of_class(value, Arguments(), self) or value
                )
            case _:
                return value

    def _placed(self, value: SqlText, node: ast.expr) -> SqlText:
        at = self.literal_at(node)
        if at is None or not isinstance(node, ast.Constant) or node.value != value.sql:
            return value
        return SqlText(value.sql, at)

    def table_of(self, value: Value) -> Name | None:
        """Return the table of an object of a mapped class, None if that is not known."""
        match value:
            case Live(table=table):
                return table
            case MiniTable(name=name):
                return name
            case Instance(of=class_):
                held = table_of_class(class_, self)
                return None if held is None else held.name
            case _:
                return None

    def literal_at(self, node: ast.expr) -> int | None:
        """Return where a plain string literal's text begins, None if it is not plain."""
        return self.scope.module.places.literal_at(node)

    def _arguments(self, node: ast.Call) -> Arguments:
        positional: list[Value] = []
        keywords: list[tuple[str, Value]] = []
        unknown: str | None = None
        for each in node.args:
            value = self.value(each)
            if not isinstance(each, ast.Starred):
                positional.append(value)
                continue
            more = self.sequence(value)
            if more is not None:
                positional.extend(more)
            else:
                unknown = f"what '*{source(each.value)}' holds is not known"
        for keyword in node.keywords:
            value = self.value(keyword.value)
            if keyword.arg is not None:
                keywords.append((keyword.arg, value))
            elif isinstance(value, Items) and all(isinstance(key, str) for key, _ in value.items):
                keywords.extend((str(key), item) for key, item in value.items)
            else:
                unknown = f"what '**{source(keyword.value)}' holds is not known"
        return Arguments(tuple(positional), tuple(keywords), unknown)


_NOWHERE = ast.Constant(None, lineno=1, col_offset=-1)


def _defines(module: Module, name: str) -> bool:
    return (
        name in module.defining
        or name in module.functions
        or name in module.classes
        or name in module.imports
        or bool(module.wild)
    )


def _dictionary_of(pairs: tuple[Value, ...]) -> Value:
    return Items(tuple((pair[0], pair[1]) for pair in pairs if isinstance(pair, tuple)))


def _same(left: Value, right: Value) -> bool | Unknown:
    if left is None and right is None:
        return True
    for one in (left, right):
        if not isinstance(one, Pieces) and (why := reason(one)) is not None:
            return Unknown(why)
    return left == right if _is_plain(left) and _is_plain(right) else left is right


def _is_plain(value: Value) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, tuple, EnumMember, Class))


def _computed(op: ast.operator, left: Value, right: Value) -> Value:
    for side in (left, right):
        if (why := reason(side)) is not None:
            return Unknown(why)
    function = _ARITHMETIC.get(type(op))
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    if function is None or not numbers or _is_huge(left) or _is_huge(right):
        return Unknown("an operator is not read")
    return compute(function, Arguments((left, right)))


def _is_huge(value: Value) -> bool:
    return isinstance(value, int) and abs(value) > _LARGEST


def source(node: ast.expr) -> str:
    """Return what an expression is called in the file, shortened."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{source(value)}.{attr}"
        case ast.Call(func=func):
            return f"{source(func)}(…)"
        case ast.Subscript(value=value):
            return f"{source(value)}[…]"
        case _:
            return "…"
