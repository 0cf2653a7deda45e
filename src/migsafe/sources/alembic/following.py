"""Follows calls: of functions and classes that can be read, and of all others."""

import ast
from collections.abc import Callable, Sequence
from functools import lru_cache

from migsafe.model.operations import Select
from migsafe.sources.alembic.classes import (
    fields_of,
    initializer,
    table_of_class,
    type_of_class,
)
from migsafe.sources.alembic.database import Database
from migsafe.sources.alembic.evaluate import Evaluator
from migsafe.sources.alembic.frames import NEXT, Frame
from migsafe.sources.alembic.host import GivenUpError
from migsafe.sources.alembic.library import Library
from migsafe.sources.alembic.methods import gets_live, reaches_database
from migsafe.sources.alembic.operators import source
from migsafe.sources.alembic.sink import Sink
from migsafe.sources.alembic.sqltext import read_string
from migsafe.sources.alembic.values import (
    Arguments,
    Batch,
    Bound,
    Class,
    Dml,
    Dotted,
    Function,
    Instance,
    Items,
    Live,
    LiveKind,
    Metadata,
    Method,
    MiniTable,
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

_DEEPEST = 40
_TURNS = 12
_ELSEWHERE = 10_000
_SENDS = frozenset({"execute", "executemany", "exec_driver_sql"})
_READING = frozenset(
    (
        *("hasattr", "print", "repr", "type", "id", "callable", "issubclass", "super", "object"),
        *("vars", "dir", "min", "max", "sum", "hash", "slice", "any", "all", "iter", "round"),
    )
)
_RUNS_ANYTHING = frozenset({"exec", "eval", "__import__", "compile"})

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
        self.bare: ast.expr | None = None
        self.is_watched = False
        self.unread: ast.expr | None = None
        self._active: list[ast.AST] = []

    def call(self, node: ast.expr, function: Value, arguments: Arguments) -> Value:  # noqa: C901 - a table
        """Follow a call; return what it is worth."""
        self.unread = None
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
            case Method(of=Metadata(), name=name) if gets_live(arguments):
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
            case Class():
                return self._instance(function, arguments)
            case _:
                pass
        known = self._library.call(function, arguments)
        if known is not None:
            return known[0]
        value = self._other(node, function, arguments)
        self.unread = node
        return value

    # --- functions ------------------------------------------------------------------

    def _function(self, node: ast.expr, function: Function, arguments: Arguments) -> Value:
        if "yield" in function.scope.module.text and _yields(function.node):
            return Yielding(function, arguments)
        unknown = Unknown(f"what '{function.name}' returns is not known")
        if len(self.frames) >= _DEEPEST or self._active.count(function.node) >= _TURNS:
            if gets_live(arguments):
                self._sink.unrecognized(node, f"'{function.name}' calls itself without an end")
            return unknown
        if not self._sink.is_own or function.scope.module is self._evaluator.names.scope.module:
            return self.run(function, arguments, None)
        before = len(self._sink.found)
        watched = self.is_watched
        # Of code elsewhere only what stands alone is asked what it does besides.
        self.is_watched = node is self.bare
        try:
            with self._evaluator.within(_ELSEWHERE):
                return self.run(function, arguments, None)
        except GivenUpError:
            if self.is_watched or gets_live(arguments) or len(self._sink.found) > before:
                self._sink.unrecognized(node, f"following '{function.name}' takes too many steps")
            return unknown
        finally:
            self.is_watched = watched

    def run(
        self,
        function: Function,
        arguments: Arguments,
        on_yield: Callable[[Value], Value] | None,
    ) -> Value:
        """Follow the body of a function; return what it returns."""
        scope = self._scope(function, arguments)
        if isinstance(function.node, ast.Lambda):
            return self._evaluator.value_in(function.node.body, scope)
        frame = Frame(on_yield=on_yield)
        before = self._sink.certainty, self._sink.autocommit
        self.frames.append(frame)
        self._active.append(function.node)
        self._evaluator.names.stack.append(scope)
        try:
            leaves = self._body(function.node.body)
        finally:
            self._evaluator.names.stack.pop()
            self._active.pop()
            self.frames.pop()
            self._sink.certainty, self._sink.autocommit = before
        if leaves & NEXT:
            frame.returned.append(None)
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
        for name in taken - names.keys():
            if arguments.unknown is not None:
                names[name] = Unknown(arguments.unknown)
            elif name in defaults:
                names[name] = self._evaluator.value_in(defaults[name], function.scope)
            else:
                names[name] = Unknown(f"'{name}' is a parameter")
        return scope

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
        return self._initialized(class_, initial, arguments)

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
        return Instance(class_, tuple(given.items()))

    def _initialized(self, class_: Class, initial: Function, arguments: Arguments) -> Value:
        """Follow `__init__`; the object is found again under a name of its own."""
        holder = Scope(class_.scope.module, {"": Instance(class_)})
        self._evaluator.names.stack.append(holder)
        try:
            given = Arguments(
                (holder.names[""], *arguments.positional), arguments.keywords, arguments.unknown
            )
            self.run(initial, given, None)
            return holder.names[""]
        finally:
            self._evaluator.names.stack.pop()

    # --- all others -------------------------------------------------------------------

    def _other(self, node: ast.expr, function: Value, arguments: Arguments) -> Value:
        called = source(node.func) if isinstance(node, ast.Call) else source(node)
        match function:
            case Dotted(path=path) if path.startswith("builtins."):
                name = path.removeprefix("builtins.")
                if name in _RUNS_ANYTHING:
                    self._sink.unrecognized(node, f"'{name}' may run anything")
                elif name not in _READING and gets_live(arguments):
                    self._sink.unrecognized(node, f"'{called}' gets {_given(arguments)}")
            case _ if reaches_database(function):
                self._sink.unrecognized(node, f"'{called}' is not read")
            case _ if gets_live(arguments):
                why = reason(function)
                said = "" if why is None else f": {why}"
                self._sink.unrecognized(node, f"'{called}' gets {_given(arguments)}{said}")
            case Unknown() | Dotted() | Method(of=Unknown() | Dotted() | Instance()):
                self._sent_elsewhere(node, called, arguments)
            case _:
                pass
        match function, node:
            case Unknown(), ast.Call(
                func=ast.Attribute(attr="insert" | "update" | "delete" as verb)
            ) if arguments == Arguments():
                # A table that came some other way: what is done to its rows is known.
                return Dml(verb.upper(), None)
            case Unknown(), _:
                return function
            case _:
                return Unknown(f"what '{called}' returns is not known")

    def _sent_elsewhere(self, node: ast.expr, called: str, arguments: Arguments) -> None:
        """Report SQL that is sent through a connection that came some other way."""
        if called.rpartition(".")[2] not in _SENDS or "." not in called:
            return
        if (self._sink.is_own or self.is_watched) and not self._only_asks(arguments.at(0)):
            self._sink.unrecognized(node, f"what '{called}' runs, and where, is not known")

    def _only_asks(self, what: Value) -> bool:
        match what:
            case str() | SqlText():
                sql = what if isinstance(what, str) else what.sql
                statements = read_string(sql, None, self._sink.where())
                operations = [each for one in statements for each in one.operations]
                return bool(operations) and all(isinstance(each, Select) for each in operations)
            case Dml(verb=verb):
                return verb == "SELECT"
            case _:
                return False


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
    if all(each is first or each == first for each in values):
        return first
    unknown = next((each for each in values if isinstance(each, Unknown)), None)
    return unknown or Unknown(f"what '{function.name}' returns depends on a condition")


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


def _given(arguments: Arguments) -> str:
    for value in (*arguments.positional, *(value for _, value in arguments.keywords)):
        if isinstance(value, Live):
            return f"'{value.kind}'" if value.kind is LiveKind.OP else str(value.kind)
    return "hold of 'op'"
