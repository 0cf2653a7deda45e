"""Follows calls of functions and classes that can be read."""

import ast
from collections.abc import Callable, Sequence
from functools import lru_cache

from migsafe.sources.alembic.classes import (
    fields_of,
    initializer,
    methods_by_itself,
    table_of_class,
    type_of_class,
)
from migsafe.sources.alembic.database import Database
from migsafe.sources.alembic.evaluate import Evaluator
from migsafe.sources.alembic.frames import NEXT, Frame, join, names_now
from migsafe.sources.alembic.host import GivenUpError
from migsafe.sources.alembic.library import Library
from migsafe.sources.alembic.plain import same
from migsafe.sources.alembic.reach import gets_live, holding, one_of
from migsafe.sources.alembic.sink import Sink
from migsafe.sources.alembic.unread import PRICE, UNKNOWN_CALL, Unread
from migsafe.sources.alembic.values import (
    Arguments,
    Batch,
    Bound,
    Choice,
    Class,
    Dml,
    Dotted,
    Function,
    Instance,
    Items,
    Listed,
    Live,
    LiveKind,
    Metadata,
    Method,
    MiniTable,
    Parent,
    Pieces,
    SaConstraint,
    SaIndex,
    SaSequence,
    SaType,
    Scope,
    Several,
    SqlText,
    Unknown,
    Value,
    Yielding,
    reason,
)

_BIND = Live(LiveKind.BIND)
_OF_ALL = frozenset({"create_all", "drop_all"})
_DEEPEST = 40
_TURNS = 12
_ELSEWHERE = 10_000

Body = Callable[[Sequence[ast.stmt]], int]


class Calls:
    """Follows calls.

    Args:
        evaluator: Evaluates what stands in the functions.
        sink: Where it is noted what is not understood.
        database: Notes what reaches the database.
        library: Python's own functions.
        body: Follows the statements of a function.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        sink: Sink,
        database: Database,
        library: Library,
        body: Body,
    ) -> None:
        """Start outside of any call."""
        self._evaluator = evaluator
        self._sink = sink
        self._database = database
        self._library = library
        self._body = body
        self.frames: list[Frame] = []
        self._active: list[ast.AST] = []
        self.unread = Unread(evaluator, sink, self._active)
        self._running: list[Function] = []

    def call(self, node: ast.expr, function: Value, arguments: Arguments) -> Value:  # noqa: C901, PLR0912 - a table
        """Follow a call; return what it is worth."""
        match function:
            case Method(of=Live(kind=kind), name="run_async" | "run_sync"):
                # It hands its connection to the function.
                held = Live(LiveKind.BIND) if kind is LiveKind.OP else Live(kind)
                given = Arguments((held, *arguments.positional[1:]), arguments.keywords)
                return self._evaluator.call(arguments.at(0), given, node)
            case Method(of=Live() | Batch() as held, name=name):
                return self._database.call(node, held, name, arguments)
            case Method(
                of=SaType() | MiniTable() | SaSequence() as held, name="create" | "drop" as name
            ):
                return self._database.call(node, held, name, arguments)
            case Method(of=SqlText() | Pieces() | Dml() as held, name="execute" | "scalar"):
                return self._database.call(node, _BIND, "execute", Arguments((held,)))
            case Method(of=SaIndex() | SaConstraint(), name="create" | "drop" as name):
                self._sink.unrecognized(node, f"'.{name}()' of what belongs to a table is not read")
                return None
            case Method(of=Metadata(), name=name) if name in _OF_ALL or gets_live(arguments):
                self._sink.unrecognized(node, f"what '.{name}()' of a metadata makes is not known")
                return None
            case Function():
                return self._function(node, function, arguments)
            case Bound(function=held, arguments=given):
                return self._evaluator.call(held, _merged(given, arguments), node)
            case Several(functions=functions):
                for each in functions:
                    self._evaluator.call(each, arguments, node)
                return None
            case Choice(functions=functions):
                values = [
                    self._evaluator.perhaps_called(each, arguments, node) for each in functions
                ]
                return one_of(values, function.reason)
            case Class():
                made = self._instance(function, arguments)
                if isinstance(made, Instance):
                    self._by_itself(node, made)
                return made
            case Instance():
                method = self._evaluator.attribute_of(function, "__call__")
                if not isinstance(method, Unknown):
                    return self._evaluator.call(method, arguments, node)
            case Dotted(path="builtins.super"):
                return self._parent(arguments)
            case _:
                pass
        known = self._library.call(node, function, arguments)
        return self.unread.call(node, function, arguments) if known is None else known[0]

    def _parent(self, arguments: Arguments) -> Value:
        """Return what `super()` gives, in a method or with its arguments written."""
        match arguments.positional:
            case (Class() as owner, Instance() | Class() as held):
                return Parent(held, owner)
            case _:
                pass
        function = next((each for each in reversed(self._running) if each.owner is not None), None)
        if function is not None and function.owner is not None:
            names = function.node.args
            first = next(iter((*names.posonlyargs, *names.args)), None)
            value = None if first is None else self._evaluator.names.lookup(first.arg)
            if isinstance(value, (Instance, Class)):
                return Parent(value, function.owner)
        return Unknown("what 'super()' stands for is not known")

    # --- functions ------------------------------------------------------------------

    def _function(self, node: ast.expr, function: Function, arguments: Arguments) -> Value:
        if "yield" in function.scope.module.text and _yields(function.node):
            return Yielding(function, arguments)
        unknown = Unknown(f"what '{function.name}' returns is not known")
        if len(self.frames) >= _DEEPEST or self._active.count(function.node) >= _TURNS:
            if gets_live(arguments) or self.unread.may_reach(function):
                self._sink.unrecognized(
                    node, f"'{function.name}' calls itself more often than is followed"
                )
            return unknown
        if not self._sink.is_own or function.scope.module is self._evaluator.names.scope.module:
            return self.run(function, arguments, None)
        watched = self.unread.is_watched
        before = len(self._sink.found)
        # Of code elsewhere only what stands alone is asked what it does besides.
        self.unread.is_watched = node in self.unread.alone
        try:
            with self._evaluator.within(_ELSEWHERE):
                return self.run(function, arguments, None)
        except GivenUpError:
            if (
                self.unread.is_watched
                or gets_live(arguments)
                or len(self._sink.found) > before
                or self.unread.may_reach(function)
            ):
                self._sink.unrecognized(node, f"following '{function.name}' takes too many steps")
            return unknown
        finally:
            self.unread.is_watched = watched

    def run(
        self,
        function: Function,
        arguments: Arguments,
        on_yield: Callable[[Value], Value] | None,
    ) -> Value:
        """Follow the body of a function; return what it returns."""
        scope = self._scope(function, arguments)
        if isinstance(function.node, ast.Lambda):
            value = self._evaluator.value_in(function.node.body, scope)
            self._evaluator.names.left(scope)
            return value
        frame = Frame(on_yield=on_yield)
        before = self._sink.certainty, self._sink.autocommit
        self.frames.append(frame)
        self._active.append(function.node)
        self._running.append(function)
        self._evaluator.names.stack.append(scope)
        try:
            leaves = self._body(function.node.body)
        finally:
            self._evaluator.names.left(self._evaluator.names.stack.pop())
            self._running.pop()
            self._active.pop()
            self.frames.pop()
            self._sink.certainty, self._sink.autocommit = before
        if leaves & NEXT:
            frame.returned.append(None)
        if frame.exits:
            now = [names_now(self._evaluator)] if leaves & NEXT or frame.is_left else []
            join([*now, *frame.exits])
        return _returned(function, frame.returned)

    def _scope(self, function: Function, arguments: Arguments) -> Scope:
        """Return the names that a function starts with."""
        node, text = function.node, function.scope.module.text
        scope = Scope(
            function.scope.module,
            {},
            self._evaluator.names.enclosing(function.scope),
            _declared(node, ast.Global) if "global " in text else frozenset(),
            _declared(node, ast.Nonlocal) if "nonlocal " in text else frozenset(),
        )
        names = scope.names
        parameters = [*node.args.posonlyargs, *node.args.args]
        taken = {parameter.arg for parameter in (*parameters, *node.args.kwonlyargs)}
        for parameter, value in zip(parameters, arguments.positional, strict=False):
            names[parameter.arg] = value
        if node.args.vararg is not None:
            names[node.args.vararg.arg] = (
                arguments.positional[len(parameters) :]
                if arguments.unknown is None
                else Unknown(arguments.unknown)
            )
        names |= {key: value for key, value in arguments.keywords if key in taken}
        if node.args.kwarg is not None:
            names[node.args.kwarg.arg] = (
                Items(tuple(pair for pair in arguments.keywords if pair[0] not in taken))
                if arguments.unknown is None
                else Unknown(arguments.unknown)
            )
        defaults = dict(
            zip(
                [parameter.arg for parameter in parameters][::-1],
                node.args.defaults[::-1],
                strict=False,
            )
        )
        for parameter, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            if default is not None:
                defaults[parameter.arg] = default
        for name in sorted(taken - names.keys()):
            if arguments.unknown is not None:
                names[name] = Unknown(arguments.unknown)
            elif function.defaults is not None and name in function.defaults.names:
                names[name] = function.defaults.names[name]
            elif name in defaults:
                names[name] = self._default(name, defaults[name], function.scope)
            else:
                names[name] = Unknown(f"'{name}' is a parameter")
        return scope

    def _default(self, name: str, node: ast.expr, scope: Scope) -> Value:
        """Return the default of a method's parameter."""
        value = self._evaluator.value_in(node, scope)
        if isinstance(value, (Listed, Items, Instance)):
            return Unknown(f"what the default of '{name}' holds after other calls is not known")
        return value

    # --- classes --------------------------------------------------------------------

    def _instance(self, class_: Class, arguments: Arguments) -> Value:
        made = type_of_class(class_, arguments, self._evaluator)
        if made is not None:
            return made
        if class_.is_enum:
            members = self._evaluator.sequence(class_) or ()
            wanted = arguments.at(0)
            for member in members:
                if self._evaluator.attribute_of(member, "value") == wanted:
                    return member
            return Unknown(reason(wanted) or f"no member of '{class_.name}' has this value")
        if table_of_class(class_, self._evaluator) is not None:
            return Instance(class_, arguments.keywords)
        fields = fields_of(class_, self._evaluator)
        if fields is not None:
            return self._with_fields(class_, fields, arguments)
        initial = initializer(class_, self._evaluator)
        if initial is None:
            return Instance(class_)
        return self._initialized(Instance(class_), initial, arguments)

    def _by_itself(self, node: ast.expr, made: Instance) -> None:
        """Follow the methods of a new object that Python may call without being asked to."""
        for method in methods_by_itself(made.of, self._evaluator):
            if method.node not in self._active and self.unread.may_reach(method):
                self._evaluator.spend(PRICE)
                given = Arguments((made,), (), UNKNOWN_CALL)
                self._evaluator.perhaps_called(method, given, node)

    def _with_fields(
        self, class_: Class, fields: dict[str, ast.expr | None], arguments: Arguments
    ) -> Value:
        given = dict(zip(fields, arguments.positional, strict=False)) | dict(arguments.keywords)
        for name, default in fields.items():
            if name not in given:
                given[name] = (
                    Unknown(arguments.unknown or f"'{name}' is not given")
                    if default is None
                    else self._evaluator.value_in(default, class_.scope)
                )
        made = Instance(class_, tuple(given.items()))
        match self._evaluator.attribute_of(made, "__post_init__"):
            case Bound(function=Function() as initial):
                return self._initialized(made, initial, Arguments())
            case _:
                return made

    def _initialized(self, made: Instance, initial: Function, arguments: Arguments) -> Value:
        """Follow `__init__`; the object is found again under a name of its own."""
        holder = Scope(made.of.scope.module, {"": made})
        self._evaluator.names.stack.append(holder)
        try:
            given = Arguments(
                (holder.names[""], *arguments.positional), arguments.keywords, arguments.unknown
            )
            self.run(initial, given, None)
            return holder.names[""]
        finally:
            self._evaluator.names.stack.pop()


def _merged(first: Arguments, second: Arguments) -> Arguments:
    return Arguments(
        (*first.positional, *second.positional),
        (*first.keywords, *second.keywords),
        first.unknown or second.unknown,
    )


def _returned(function: Function, values: list[Value]) -> Value:
    if not values:
        return Unknown(f"'{function.name}' returns nothing")
    first = values[0]
    if all(same(each, first) for each in values):
        return first
    unknown = next((each for each in values if isinstance(each, Unknown)), None)
    why = Unknown(f"what '{function.name}' returns depends on a condition")
    return holding(unknown or why, values)


@lru_cache(maxsize=1024)
def _declared(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
    kind: type[ast.Global | ast.Nonlocal],
) -> frozenset[str]:
    return frozenset(
        name for each in ast.walk(node) if isinstance(each, kind) for name in each.names
    )


@lru_cache(maxsize=1024)
def _yields(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> bool:
    if isinstance(node, ast.Lambda):
        return False
    pending: list[ast.AST] = list(node.body)
    while pending:
        each = pending.pop()
        if isinstance(each, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            pending.extend(ast.iter_child_nodes(each))
    return False
