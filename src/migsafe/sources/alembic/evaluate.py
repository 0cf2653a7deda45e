"""Evaluates the expressions of Python files as far as they are known.

Each expression is evaluated once, in Python's order. Calls that are no plain constructs are
handed to the host, which follows functions and notes what reaches the database.
"""

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from migsafe.model.expressions import Name
from migsafe.sources.alembic.classes import (
    attribute_of_class,
    attribute_of_instance,
    attribute_of_member,
    enum_members,
    made_class,
    set_on_class,
    setter,
    table_of_class,
    type_of_class,
)
from migsafe.sources.alembic.containers import Changed, after_call, after_deleting, after_setting
from migsafe.sources.alembic.foreign import is_foreign
from migsafe.sources.alembic.host import NOWHERE, GivenUpError, Host
from migsafe.sources.alembic.importer import Importer
from migsafe.sources.alembic.methods import (
    NotPlain,
    attribute,
    element,
    plain_call,
    sliced,
)
from migsafe.sources.alembic.names import Names
from migsafe.sources.alembic.operators import binary, comparison, source, unary
from migsafe.sources.alembic.plain import (
    MANY,
    NOT_SENT,
    dictionary,
    distinct,
    is_sent,
    is_too_large,
    ordered,
    parts_of,
    same,
    sequence_of,
    size,
    truth,
)
from migsafe.sources.alembic.reach import holding, one_of, part_of, reading, values_of
from migsafe.sources.alembic.texts import concatenated, formatted
from migsafe.sources.alembic.values import (
    MUTATING,
    Arguments,
    Bound,
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
    Parent,
    Pieces,
    Scope,
    Several,
    SqlText,
    Stream,
    Unknown,
    Value,
    Yielding,
    reason,
)

_NO_NAME = Unknown("a part of a value is not known")

_CHANGES_NOTHING = (ast.Constant, ast.Name)
_CHANGING = frozenset(
    (
        *("random.shuffle", "bisect.insort", "bisect.insort_left", "bisect.insort_right"),
        *("heapq.heapify", "heapq.heappush", "heapq.heappop", "operator.setitem"),
        *("builtins.setattr", "builtins.delattr", "builtins.exec", "builtins.eval"),
    )
)
_NO_BOUND = ast.Constant(None)
_ROUND = Unknown("a list holds itself")
_GONE = Unknown("it was gone through before")
_LEAVES_ALONE = frozenset(
    f"builtins.{name}"
    for name in ("bool", "id", "isinstance", "iter", "len", "next", "repr", "str", "type")
)
_ASK_FOR_CLASSES = frozenset(
    {"builtins.isinstance", "builtins.issubclass", "builtins.getattr", "builtins.type"}
)


class Evaluator:
    """Evaluates expressions.

    Args:
        host: Follows calls.
        importer: Finds what files of the repository define; None where there are none.
        limit: How many expressions are evaluated at most.
    """

    def __init__(self, host: Host, importer: Importer | None, limit: int) -> None:
        """Keep what expressions are evaluated with."""
        self._host = host
        self._left = limit
        self.names = Names(self, host, importer, self.spend)

    def decorated(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> Value:
        """Return the function that a `def` makes, with the decorators that can be followed."""
        return self._marked(self._function(node.name, node, scope), node.decorator_list, scope)

    def _function(
        self,
        name: str,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        scope: Scope,
    ) -> Function:
        """Return a function with the defaults of its parameters."""
        self.names.seen(scope)
        names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)][::-1]
        given: list[tuple[str, ast.expr | None]] = [
            *zip(names, node.args.defaults[::-1], strict=False),
            *zip([each.arg for each in node.args.kwonlyargs], node.args.kw_defaults, strict=True),
        ]
        made = [
            (each, default)
            for each, default in reversed(given)
            if default is not None and not isinstance(default, ast.Constant)
        ]
        if not made:
            return Function(name, node, scope)
        defaults = Scope(scope.module, is_lazy=scope.is_module)
        for each, default in made:
            defaults.names[each] = self.value_in(default, scope)
        defaults.made |= defaults.names
        self.names.seen(defaults)
        self.names.left(defaults)
        return Function(name, node, scope, None, defaults)

    def decorated_class(
        self, node: ast.ClassDef, scope: Scope, members: Scope | None = None
    ) -> Value:
        """Return what a class statement makes, with the decorators that can be followed.

        Args:
            node: The statement.
            scope: The names that are known there.
            members: What its body was found to assign; None if nobody followed it.
        """
        if members is None:
            members = Scope(scope.module, is_lazy=True)
        self.names.seen(scope)
        self.names.keep(members)
        made = made_class(node, scope, members, self)
        return self._marked(made, node.decorator_list, scope)

    def _marked(self, made: Value, marks: list[ast.expr], scope: Scope) -> Value:
        for mark in reversed(marks):
            decorator = self.value_in(mark, scope)
            if isinstance(decorator, Yielding):
                # What it does around each call of what it decorates.
                self.perhaps_called(Dotted("builtins.list"), Arguments((decorator,)), mark)
            if isinstance(decorator, Instance):
                method = self.attribute_of(decorator, "__call__")
                if isinstance(method, Method):
                    self._host.on_call(mark, method, _NONE)
                decorator = method
            if isinstance(decorator, (Function, Class, Bound)):
                wrapped = self._host.on_call(mark, decorator, Arguments((made,)))
                made = wrapped if isinstance(wrapped, _DECORATED) else made
            else:
                # A decorator that is not read is taken to call what it decorates.
                self._host.on_mark(mark, decorator)
        return made

    # --- changes --------------------------------------------------------------------

    def bind(self, target: ast.expr, value: Value) -> None:
        """Give a value to what stands on the left of an assignment."""
        match target:
            case ast.Name(id=name):
                self.names.assign(name, value)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                self._bind_each(targets, value)
            case ast.Starred(value=inner):
                self.bind(inner, value)
            case ast.Subscript(value=inner, slice=index):
                held, at = self._together([inner, index])
                self._set_element(held, at, value)
            case ast.Attribute(value=inner, attr=attr):
                self._set_attribute(target, self.value(inner), attr, value)
            case _:
                pass

    def _bind_each(self, targets: list[ast.expr], value: Value) -> None:
        values = None if ordered(value) is None else self.sequence(value)
        starred = [at for at, each in enumerate(targets) if isinstance(each, ast.Starred)]
        if values is None or not (
            len(values) >= len(targets) - len(starred) if starred else len(values) == len(targets)
        ):
            part = part_of(value, _NO_NAME.reason)
            for each in targets:
                self.bind(each, part)
            return
        if starred:
            at, rest = starred[0], len(targets) - starred[0] - 1
            end = len(values) - rest
            values = (*values[:at], Listed(values[at:end]), *values[end:])
        for each, one in zip(targets, values, strict=True):
            self.bind(each, one)

    def _set_attribute(self, node: ast.expr, held: Value, name: str, value: Value) -> None:
        match held:
            case Instance() if (sets := setter(held, name, self)) is not None:
                self.call(Bound(sets, Arguments((held,))), Arguments((value,)), node)
            case Instance(of=of, attributes=attributes):
                kept = tuple((key, each) for key, each in attributes if key != name)
                self.names.replaced(held, Instance(of, (*kept, (name, value))))
            case Class():
                set_on_class(held, name, value, self)
            case Unknown():
                self.spoil(held)
            case Live(table=table) if table is not None:
                self._host.on_row(node, held)
            case _:
                pass

    def augmented(self, node: ast.AugAssign) -> None:
        """Follow `+=` and the like: a list is changed where it is held."""
        target = node.target
        with self.names.holding() as held:
            match target:
                case ast.Attribute(value=inner, attr=attr):
                    held.put("of", self.value(inner))
                    held.put("now", self.attribute_of(held.names["of"], attr))
                case ast.Subscript(value=inner, slice=index):
                    held.put("of", self.value(inner))
                    held.put("at", self.value(index))
                    held.put("now", element(held.names["of"], held.names["at"]))
                case ast.Name(id=name):
                    held.put("now", self.names.lookup(name))
            held.put("by", self.value(node.value))
            made = self._weighed(self._changed_by(held, node))
            match target:
                case ast.Attribute(attr=attr):
                    self._set_attribute(target, held.names["of"], attr, made)
                case ast.Subscript():
                    self._set_element(held.names["of"], held.names["at"], made)
                case ast.Name():
                    self.bind(target, made)

    def _changed_by(self, held: Scope, node: ast.AugAssign) -> Value:
        now, by = held.names["now"], held.names["by"]
        self.spoil(now)
        if not isinstance(now, (Listed, Items)):
            joined = ast.copy_location(ast.BinOp(node.target, node.op, node.value), node)
            return binary(joined, now, by)
        if type(now) is Listed and isinstance(node.op, ast.Add):
            changed = after_call(now, "extend", Arguments((self._gone(by),)))
        elif isinstance(now, Items) and isinstance(node.op, ast.BitOr):
            changed = after_call(now, "update", Arguments((by,)))
        else:
            changed = Changed(Unknown("a list changes in a way that is not followed"))
        self.names.replaced(now, _ROUND if _holds(by, now) and by is not now else changed.now)
        return held.names["now"]

    def _gone(self, value: Value) -> Value:
        """Return what is gone through as a tuple, so that it can be gone through once."""
        if not isinstance(value, Stream):
            return value
        return self.sequence(value)

    def _set_element(self, held: Value, at: Value, value: Value) -> None:
        if isinstance(held, (Listed, Items)):
            now = _ROUND if _holds(value, held) else after_setting(held, at, value)
            self.names.replaced(held, self._weighed(holding(now, (held,))))
        self.spoil(held)

    def spoil(self, value: Value) -> None:
        """Note that what is not known changes: any object that it may be is not known then."""
        if isinstance(value, Unknown) and value.held:
            self.names.spoiled(value.held, value.reason)

    def deleted(self, target: ast.expr) -> None:
        """Follow `del`."""
        match target:
            case ast.Name(id=name):
                self.names.assign(name, Unknown(f"'{name}' was deleted"))
            case ast.Subscript(value=inner, slice=index):
                held = self.value(inner)
                if isinstance(held, (Listed, Items)):
                    self.names.replaced(held, after_deleting(held, self.value(index)))
                self.spoil(held)
            case ast.Attribute(value=inner, attr=attr):
                unknown = Unknown(f"'.{attr}' was deleted")
                self._set_attribute(target, self.value(inner), attr, unknown)
            case _:
                pass

    # --- expressions ----------------------------------------------------------------

    def spend(self, steps: int) -> None:
        """Pay for work that takes as long as so many steps."""
        self._left -= steps
        if self._left < 0:
            raise GivenUpError

    def _together(self, nodes: Sequence[ast.expr]) -> list[Value]:
        """Return what expressions are worth once the last one is known."""
        if all(isinstance(each, _CHANGES_NOTHING) for each in nodes[1:]):
            return [self._one(each) for each in nodes]
        with self.names.holding() as held:
            for at, each in enumerate(nodes):
                held.put(str(at), self._one(each))
            return list(held.names.values())

    def _one(self, node: ast.expr) -> Value:
        """Return what an argument is worth; of a starred one all that it gives."""
        if not isinstance(node, ast.Starred):
            return self.gone_through(node)
        value = self.gone_through(node.value)
        more = self.sequence(value)
        if more is None:
            return Unknown(reason(value) or "no list")
        return tuple(more)

    def _weighed(self, value: Value) -> Value:
        """Return a value, at the price of its size; unknown if it is too large."""
        held = size(value)
        self.spend(held // 64)
        return Unknown("a value is too large") if is_too_large(held) else value

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
        self.names.stack.append(scope)
        try:
            return self.value(node)
        finally:
            self.names.stack.pop()

    def called(self, function: Value, arguments: Arguments) -> Value:
        """Return what a call is worth that nothing in the revision's own text makes."""
        return self.call(function, arguments, NOWHERE)

    def perhaps_called(self, function: Value, arguments: Arguments, node: ast.expr) -> Value:
        """Return what a call is worth that may happen or not."""
        return self._host.perhaps(lambda: self.call(function, arguments, node))

    def perhaps_gone_through(self, value: Value) -> None:
        """Follow what happens when somebody goes through a value, which may not happen."""
        self._host.perhaps(lambda: self.sequence(value))

    def value(self, node: ast.expr) -> Value:  # noqa: C901, PLR0912 - a table
        """Return what an expression is worth."""
        self._left -= 1
        if self._left < 0:
            raise GivenUpError
        # Nine of ten are one of these.
        if isinstance(node, ast.Constant):
            value = node.value
            if isinstance(value, str):
                return value if is_sent(value) else Unknown(NOT_SENT)
            if value is None or isinstance(value, (bool, int, float, bytes)):
                return value
            return Unknown("such a constant is not read")
        if isinstance(node, ast.Name):
            return self.names.lookup(node.id)
        if isinstance(node, ast.Attribute):
            return self.attribute_of(self.value(node.value), node.attr)
        if isinstance(node, ast.Call):
            return self._call(node)
        match node:
            case ast.List(elts=elements):
                return self._weighed(self._sequence(elements, Listed))
            case ast.Tuple(elts=elements):
                return self._weighed(self._sequence(elements, tuple))
            case ast.Set(elts=elements):
                return self._weighed(self._sequence(elements, distinct))
            case ast.Dict():
                return self._weighed(self._dictionary(node))
            case ast.JoinedStr(values=values):
                return self._weighed(self._joined(values))
            case ast.BinOp(left=left, right=right):
                operands = self._together([left, right])
                return self._weighed(holding(binary(node, *operands), operands))
            case ast.UnaryOp(op=op, operand=operand):
                return unary(op, self.value(operand))
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
                self.names.assign(target.id, found, is_outward=True)
                return found
            case ast.Starred(value=inner) | ast.Await(value=inner):
                return self.value(inner)
            case ast.Lambda():
                return self._function("lambda", node, self.names.scope)
            case ast.ListComp(elt=elt, generators=generators):
                return self._weighed(self._comprehension(elt, generators, Listed))
            case ast.SetComp(elt=elt, generators=generators):
                return self._weighed(self._comprehension(elt, generators, distinct))
            case ast.GeneratorExp():
                self._host.perhaps(lambda: self.gone_through(node))
                return Unknown("when a generator is gone through is not known")
            case ast.DictComp(key=key, value=inner, generators=generators):
                pair = ast.Tuple([key, inner], ast.Load())
                return self._weighed(self._comprehension(pair, generators, _dictionary_of))
            case ast.Yield(value=yielded):
                return self._host.on_yield(None if yielded is None else self.value(yielded))
            case ast.YieldFrom(value=inner):
                for each in self.sequence(self.value(inner)) or (Unknown("it is yielded"),):
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
            case EnumMember() if name not in {"name", "value"}:
                return attribute_of_member(value, self.names.lookup(value.of), name, self)
            case Parent(of=Class() as held, owner=owner):
                return attribute_of_class(held, name, self, owner)
            case Parent(of=Instance() as held, owner=owner):
                return attribute_of_instance(held, name, self, owner)
            case _:
                return self.names.followed(attribute(value, name))

    def gone_through(self, node: ast.expr) -> Value:
        """Return what an expression is worth that is gone through at once."""
        if isinstance(node, ast.GeneratorExp):
            return self._comprehension(node.elt, node.generators, Stream)
        return self.value(node)

    def _sequence(
        self, elements: list[ast.expr], make: Callable[[tuple[Value, ...]], Value]
    ) -> Value:
        values: list[Value] = []
        for node, value in zip(elements, self._together(elements), strict=True):
            if not isinstance(node, ast.Starred):
                values.append(value)
            elif isinstance(value, tuple):
                values.extend(value)
            else:
                unknown = Unknown(f"'*' in a list: {reason(value)}")
                return holding(unknown, [value, *values])
        return make(tuple(values))

    def sequence(self, value: Value) -> tuple[Value, ...] | None:
        """Return what a loop over a value goes through, None if that is not known."""
        match value:
            case Stream():
                self.names.replaced(value, _GONE)
                return tuple(value)
            case Class(is_enum=True):
                return enum_members(value, self)
            case Yielding():
                return self._host.collected(value)
            case Instance():
                method = self.attribute_of(value, "__iter__")
                return self.sequence(self.called(method, _NONE)) if _is_bound(method) else None
            case _:
                return sequence_of(value)

    def _dictionary(self, node: ast.Dict) -> Value:
        items: list[tuple[Value, Value]] = []
        written = [
            each for pair in zip(node.keys, node.values, strict=True) for each in pair if each
        ]
        made = iter(self._together(written))
        for key in node.keys:
            known = None if key is None else next(made)
            inner = next(made)
            if key is not None:
                items.append((known, inner))
            elif isinstance(inner, Items):
                items.extend(inner.items)
            else:
                unknown = Unknown(f"'**' in a dictionary: {reason(inner) or 'no dictionary'}")
                return holding(unknown, [inner, *(item for _, item in items)])
        return dictionary(items)

    def _joined(self, values: list[ast.expr]) -> Value:
        parts: list[tuple[Value, str]] = []
        for part in values:
            if not isinstance(part, ast.FormattedValue):
                parts.append((self.value(part), ""))
                continue
            value = self.value(part.value)
            spec = "" if part.format_spec is None else self.value(part.format_spec)
            name = source(part.value)
            parts.append((formatted(value, part.conversion, spec, name), name))
        return concatenated(parts)

    def _compare(self, node: ast.Compare) -> Value:
        if len(node.ops) == 1:
            left, right = self._together([node.left, node.comparators[0]])
            return self._compared(left, node.ops[0], right)
        left = self.value(node.left)
        result: Value = True
        for op, each in zip(node.ops, node.comparators, strict=True):
            right = (
                self._host.perhaps(lambda each=each: self.value(each))  # type: ignore[misc]  # bound at once
                if not isinstance(result, bool)
                else self.value(each)
            )
            said = self._compared(left, op, right)
            if said is False:
                return False
            result = said if isinstance(result, bool) else result
            left = right
        return result

    def _compared(self, left: Value, op: ast.cmpop, right: Value) -> Value:
        if isinstance(op, (ast.In, ast.NotIn)) and not isinstance(right, str):
            members = self.sequence(right)
            right = right if members is None else members
        self._weighed(left)
        self._weighed(right)
        return comparison(left, op, right)

    def _boolean(self, node: ast.BoolOp) -> Value:
        is_and = isinstance(node.op, ast.And)
        unknown: Unknown | None = None
        value: Value = is_and
        met: list[Value] = []
        for each in node.values:
            if unknown is None:
                value = self.value(each)
            else:
                value = self._host.perhaps(lambda each=each: self.value(each))  # type: ignore[misc]  # bound at once
            met.append(value)
            holds = truth(value)
            if holds is None:
                why = "a condition is not known"
                unknown = unknown or Unknown(reason(value) or why)
            elif holds is not is_and:
                # One side decides, whatever the others are; which one it is may stay unknown.
                if unknown is None or isinstance(value, bool):
                    return value
                return holding(unknown, met)
        return value if unknown is None else holding(unknown, met)

    def _either(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> Value:
        holds = truth(self.value(test))
        if holds is not None:
            return self.value(body if holds else orelse)
        first = self._host.perhaps(lambda: self.value(body))
        second = self._host.perhaps(lambda: self.value(orelse))
        if same(first, second):
            return first
        return one_of((first, second), "a condition is not known")

    def _subscript(self, node: ast.Subscript) -> Value:
        match node.slice:
            case ast.Slice(lower=lower, upper=upper, step=step):
                bounds = [each or _NO_BOUND for each in (lower, upper, step)]
                value, *cut = self._together([node.value, *bounds])
                return holding(sliced(value, (cut[0], cut[1], cut[2])), (value,))
            case _:
                value, index = self._together([node.value, node.slice])
                self._searched(value, index)
        match value:
            case Instance() if _is_bound(method := self.attribute_of(value, "__getitem__")):
                return self.call(method, Arguments((index,)), node)
            case Class() if isinstance(index, str):
                return attribute_of_class(value, index, self)
            case Class():
                return value
            case Namespace(module=module) if isinstance(index, str):
                return self.names.global_of(module, index)
            case Namespace(module=module) if isinstance(index, Pieces):
                return self._several(module, index)
            case _:
                return holding(element(value, index), (value,))

    def _searched(self, held: Value, index: Value) -> None:
        """Pay for looking at each value that one whose key is not known may be."""
        if reason(index) is not None:
            if isinstance(held, tuple):
                self.spend(len(held))
            elif isinstance(held, Items):
                self.spend(len(held.items))

    def _bound(self, node: ast.expr | None) -> Value:
        return None if node is None else self.value(node)

    def _several(self, module: Module, name: Pieces) -> Value:
        """Return the functions of a file whose name begins as one that is not known."""
        first = name.parts[0]
        if not isinstance(first, str):
            return Unknown(name.reason)
        found = [
            self.names.global_of(module, each)
            for each in module.functions
            if each.startswith(first)
        ]
        return Several(tuple(found)) if found else Unknown(name.reason)

    def _comprehension(
        self,
        elt: ast.expr,
        generators: list[ast.comprehension],
        make: Callable[[tuple[Value, ...]], Value],
    ) -> Value:
        self.names.stack.append(
            Scope(
                self.names.scope.module,
                {},
                self.names.enclosing(self.names.scope),
                is_inner=True,
            )
        )
        try:
            found: list[Value] = []
            sources: list[Value] = []
            unknown = self._generated(elt, generators, found, sources)
        finally:
            self.names.left(self.names.stack.pop())
        if unknown is not None:
            return holding(unknown, [*found, *sources])
        return reading(make(tuple(found)), sources)

    def _generated(
        self,
        elt: ast.expr,
        generators: list[ast.comprehension],
        found: list[Value],
        sources: list[Value],
    ) -> Unknown | None:
        if not generators:
            found.append(self.value(elt))
            return Unknown("a list is too long") if len(found) > MANY else None
        first, *rest = generators
        given = self.gone_through(first.iter)
        values = self.sequence(given)
        sources.append(given)
        if values is None:
            self.bind(first.target, part_of(given, "what a list is made of is not known"))
            self._host.repeatedly(lambda: self._generated(elt, rest, [], sources))
            return Unknown(reason(given) or "what a list is made of is not known")
        unknown: Unknown | None = None
        for value in values:
            self.bind(first.target, value)
            tests = [truth(self.value(test)) for test in first.ifs]
            if False in tests:
                continue
            if None in tests:
                self._host.perhaps(lambda: self._generated(elt, rest, [], sources))
                unknown = Unknown("what a list is made of depends on a condition")
            else:
                unknown = self._generated(elt, rest, found, sources) or unknown
        return unknown

    # --- calls ----------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Value:
        written = [node.func, *node.args, *(keyword.value for keyword in node.keywords)]
        function, *given = self._together(written)
        arguments = self._arguments(node, given)
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
                if any(_holds(each, held) for each in arguments.positional):
                    changed = Changed(_ROUND, _ROUND)
                now = holding(changed.now, (held, *values_of(arguments)))
                returned = holding(changed.returned, (held, *values_of(arguments)))
                self.names.replaced(held, self._weighed(now))
                return returned
        if isinstance(function, Method) and function.name == "get":
            self._searched(function.of, arguments.at(0))
        made = self._called(function, arguments, node)
        given = (function, *values_of(arguments))
        return reading(holding(made, given), given)

    def _called(self, function: Value, arguments: Arguments, node: ast.expr) -> Value:
        if isinstance(function, (Dotted, Method)):
            for each in (function, *arguments.positional):
                self._weighed(each.of if isinstance(each, Method) else each)
            arguments = self._as_constructs(function, self._taken(function, arguments))
        value = plain_call(function, arguments)
        if isinstance(value, NotPlain):
            if isinstance(function, Unknown) and _may_change(function, node):
                self.spoil(function)
            value = self._host.on_call(node, function, arguments)
            if _changes_what_it_gets(function):
                self.names.spoiled(values_of(arguments), "code that is not read may change it")
            return value
        if isinstance(value, Unknown) and not value.reaches and isinstance(function, Dotted):
            self._host.on_unread(node, function, arguments)
        return self._weighed(value)

    def _taken(self, function: Dotted | Method, arguments: Arguments) -> Arguments:
        """Return arguments with what a function of Python's own goes through as a tuple."""
        if not any(isinstance(each, Stream) for each in arguments.positional) or (
            isinstance(function, Dotted) and function.path in _LEAVES_ALONE
        ):
            return arguments
        given = [
            self.sequence(each) if isinstance(each, Stream) else each
            for each in arguments.positional
        ]
        return Arguments(tuple(given), arguments.keywords, arguments.unknown)

    def _as_constructs(self, function: Value, arguments: Arguments) -> Arguments:
        """Return arguments with mapped classes as tables and classes of types as types."""
        values = (*arguments.positional, *(value for _, value in arguments.keywords))
        if not any(isinstance(value, (Class, Yielding)) for value in values):
            return arguments
        if isinstance(function, Dotted) and function.path in _ASK_FOR_CLASSES:
            return arguments
        labels = arguments.keyword("values_callable")
        first = arguments.at(0)
        if labels is not None and isinstance(first, Class):
            said = self.call(labels, Arguments((first,)), NOWHERE)
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
        return self.names.scope.module.places.literal_at(node)

    def _arguments(self, node: ast.Call, given: list[Value]) -> Arguments:
        positional: list[Value] = []
        keywords: list[tuple[str, Value]] = []
        unknown: str | None = None
        for each, value in zip(node.args, given, strict=False):
            if not isinstance(each, ast.Starred):
                positional.append(value)
            elif isinstance(value, tuple):
                positional.extend(value)
            else:
                unknown = f"what '*{source(each.value)}' holds is not known"
        for keyword, value in zip(node.keywords, given[len(node.args) :], strict=True):
            if keyword.arg is not None:
                keywords.append((keyword.arg, value))
            elif isinstance(value, Items) and all(isinstance(key, str) for key, _ in value.items):
                keywords.extend((str(key), item) for key, item in value.items)
            else:
                unknown = f"what '**{source(keyword.value)}' holds is not known"
        return Arguments(tuple(positional), tuple(keywords), unknown)


def _may_change(function: Unknown, node: ast.expr) -> bool:
    """Return whether the call of what may be one of some objects may change these."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        is_any = any(isinstance(each, Instance) for each in function.held)
        return is_any or node.func.attr in MUTATING
    return True


def _changes_what_it_gets(function: Value) -> bool:
    match function:
        case Dotted(path=path):
            return path in _CHANGING or is_foreign(path)
        case Method(of=Instance() | Dotted()):
            return True
        case _:
            return isinstance(function, Unknown)


def _holds(value: Value, held: Value) -> bool:
    """Return whether an object is a value or a part of it."""
    pending = [value]
    while pending:
        each = pending.pop()
        if each is held:
            return True
        pending += [part for part in parts_of(each) if isinstance(part, (tuple, Items))]
    return False


_NONE = Arguments()
_DECORATED = (Function, Bound, Class, Instance)


def _is_bound(value: Value) -> bool:
    return isinstance(value, (Function, Bound))


def _dictionary_of(pairs: tuple[Value, ...]) -> Value:
    return dictionary((pair[0], pair[1]) for pair in pairs if isinstance(pair, tuple))
