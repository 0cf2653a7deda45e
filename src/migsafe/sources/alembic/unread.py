"""Calls that are not followed: through which of them the schema may change."""

import ast

from migsafe.model.operations import Select
from migsafe.sources.alembic.classes import methods_of, unread_base
from migsafe.sources.alembic.evaluate import Evaluator
from migsafe.sources.alembic.foreign import is_foreign, may_call, only_logs, runs_others
from migsafe.sources.alembic.operators import source
from migsafe.sources.alembic.reach import gets_live, reaches_database, values_of
from migsafe.sources.alembic.sink import Sink
from migsafe.sources.alembic.sqltext import read_string
from migsafe.sources.alembic.values import (
    Arguments,
    Bound,
    Choice,
    Class,
    Dml,
    Dotted,
    Function,
    Instance,
    Items,
    Live,
    LiveKind,
    Method,
    Several,
    SqlText,
    Unknown,
    Value,
    Yielding,
    reason,
)

_SENDS = frozenset({"execute", "executemany", "exec_driver_sql"})
_OF_ALL = frozenset({"create_all", "drop_all"})
_OPENING = frozenset(
    (
        *("begin", "begin_nested", "connect", "connection", "cursor", "execution_options"),
        *("get_bind", "raw_connection"),
    )
)
"""What is asked of a way to a database, and gives another one."""
_ASKING = frozenset(
    (
        *("close", "commit", "dispose", "expire", "expire_all", "fetchall", "fetchmany"),
        *("fetchone", "flush", "get", "has_table", "in_transaction", "query"),
        *("raise_for_status", "refresh", "rollback", "seek"),
    )
)
"""What is asked of one, or of what it found, and changes no schema."""
_LOGS = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "setLevel"}
)
_CHANGING = frozenset(
    ("alter", "ddl", "downgrade", "drop", "execute", "migrate", "truncate", "upgrade")
)
"""Words in the names of functions that do more than compute a value."""
UNKNOWN_CALL = "what it is called with is not known"
"""Why the arguments of a function that somebody else calls are not known."""
_READING = frozenset(
    (
        *("hasattr", "print", "repr", "type", "id", "callable", "issubclass", "super", "object"),
        *("vars", "dir", "min", "max", "sum", "hash", "slice", "any", "all", "iter", "round"),
        *("bool", "str"),
    )
)
PRICE = 30
"""How many steps it costs to follow a function that somebody else may call."""
_MAKING = frozenset({"__init__", "__new__", "__post_init__"})
_RUNS_ANYTHING = frozenset({"exec", "eval", "__import__", "compile"})


class Unread:
    """Notes calls that are not followed.

    What certainly reaches no database is left out. Code that nobody here knows may do
    anything, and is asked about where it is not called for its value alone.

    Args:
        evaluator: Follows the functions that such a call is given.
        sink: Where it is noted what may change the schema.
        active: The functions that are followed now.
    """

    def __init__(self, evaluator: Evaluator, sink: Sink, active: list[ast.AST]) -> None:
        """Start with nothing that stands alone."""
        self._evaluator = evaluator
        self._sink = sink
        self._active = active
        self.alone: tuple[ast.expr, ...] = ()
        self.is_watched = False
        self._reaching_code: dict[ast.AST, bool] = {}

    def call(self, node: ast.expr, function: Value, arguments: Arguments) -> Value:
        """Note a call that is not followed; return what it is worth."""
        called = source(node.func) if isinstance(node, ast.Call) else source(node)
        name = called.rpartition(".")[2]
        self._noted(node, function, arguments, called)
        if not isinstance(function, Dotted) or may_call(function.path):
            self._called_back(node, arguments)
        match function, node:
            case Unknown(), ast.Call(
                func=ast.Attribute(attr="insert" | "update" | "delete" as verb)
            ) if arguments == Arguments():
                # A table that came some other way: what is done to its rows is known.
                return Dml(verb.upper(), None)
            case Unknown(reaches=True), _ if name not in _OPENING:
                return Unknown(function.reason, function.source)
            case Unknown(), _:
                return function
            case Dotted(path=path), _ if not path.startswith("builtins."):
                gives = not is_foreign(path) and self._gets_code(arguments)
                return Unknown(f"what '{called}' returns is not known", path, gives)
            case Dotted(path="builtins.max" | "builtins.min" | "builtins.iter"), _:
                said = f"what '{called}' returns is not known"
                return Unknown(said, reaches=gets_live(arguments))
            case _:
                return Unknown(f"what '{called}' returns is not known")

    def _noted(self, node: ast.expr, function: Value, arguments: Arguments, called: str) -> None:  # noqa: C901, PLR0912 - a table
        """Report a call through which the schema may change."""
        origin = _origin(function)
        if origin is not None and only_logs(origin):
            return
        match function:
            case Dotted(path=path) if path.startswith("builtins."):
                name = path.removeprefix("builtins.")
                if name in _RUNS_ANYTHING:
                    self._sink.unrecognized(node, f"'{name}' may run anything")
                elif name not in _READING and gets_live(arguments):
                    self._sink.unrecognized(node, f"'{called}' gets {_given(arguments)}")
            case Dotted(path=path) if runs_others(path):
                self._sink.unrecognized(node, f"what '{path}' runs is not read")
            case Unknown(reaches=True):
                self._reaching(node, function, arguments, called)
            case _ if reaches_database(function):
                self._sink.unrecognized(node, f"'{called}' is not read")
            case Unknown() | Dotted() if called.rpartition(".")[2] in _OF_ALL:
                self._sink.unrecognized(node, f"what '{called}' makes is not known")
            case _ if gets_live(arguments):
                why = reason(function)
                said = "" if why is None else f": {why}"
                self._sink.unrecognized(node, f"'{called}' gets {_given(arguments)}{said}")
            case Method(of=Instance() as instance):
                self._inherited(node, instance, called)
            case Unknown() | Dotted():
                if not self._sent_elsewhere(node, called, arguments):
                    self._doubted(node, function, called)
            case _:
                pass

    def _reaching(
        self, node: ast.expr, function: Unknown, arguments: Arguments, called: str
    ) -> None:
        name = called.rpartition(".")[2]
        if (
            name in _OPENING
            or name in _ASKING
            or (name in _SENDS and self._only_asks(arguments.at(0)))
        ):
            return
        self._sink.unrecognized(node, f"'{called}' may change the schema: {function.reason}")

    def _inherited(self, node: ast.expr, instance: Instance, called: str) -> None:
        """Follow the methods of an object that a method which is not read may call."""
        base = unread_base(instance.of, self._evaluator)
        name = called.rpartition(".")[2]
        if base is not None and is_foreign(base) and self._is_asked(node, name):
            self._sink.doubt(node, base, f"'{called}' comes from '{base}', which may run anything")
        for method in methods_of(instance.of, self._evaluator):
            if method.name not in _MAKING and method.node not in self._active:
                given = Arguments((instance,), (), UNKNOWN_CALL)
                self._evaluator.perhaps_called(method, given, node)

    def _is_asked(self, node: ast.expr, name: str) -> bool:
        """Return whether it is asked what a call does that is not read.

        What is called for its value is taken to compute it, unless its name says more.
        """
        if self._sink.is_own:
            return node in self.alone or not _CHANGING.isdisjoint(name.lower().split("_"))
        return self.is_watched and node in self.alone

    def _doubted(self, node: ast.expr, function: Unknown | Dotted, called: str) -> None:
        """Note a call of code that is not read: it may do anything."""
        name = called.rpartition(".")[2]
        if not self._is_asked(node, name):
            return
        origin = _origin(function)
        if origin is None:
            if not isinstance(function, Unknown) or _is_attribute(node):
                return
            # It came with `from … import *`, or was made in a way that is not followed.
            said = f"what '{called}' does is not known: {function.reason}"
            self._sink.doubt(node, called, said)
        elif is_foreign(origin) and name not in _LOGS:
            if isinstance(function, Unknown) and name in _ASKING:
                return
            root = self._root(node, origin)
            said = f"'{called}' comes from '{root}', which may run anything"
            self._sink.doubt(node, origin.lstrip(".").partition(".")[0], said)

    def _root(self, node: ast.expr, origin: str) -> str:
        """Return the full name of what a call begins with."""
        root = node
        while isinstance(root, (ast.Call, ast.Attribute, ast.Subscript)):
            root = root.func if isinstance(root, ast.Call) else root.value
        held = self._evaluator.names.lookup(root.id) if isinstance(root, ast.Name) else None
        return held.path if isinstance(held, Dotted) and is_foreign(held.path) else origin

    def marked(self, mark: ast.expr, decorator: Value) -> None:
        """Note a decorator that is not followed: it may do anything."""
        if isinstance(decorator, (Unknown, Dotted)):
            origin = _origin(decorator)
            if origin is not None and is_foreign(origin) and self._sink.is_own:
                called = source(mark)
                said = f"'{called}' comes from '{origin}', which may run anything"
                self._sink.doubt(mark, origin, said)

    def _called_back(self, node: ast.expr, arguments: Arguments) -> None:
        """Follow the functions that a call is given: it may call them."""
        for each in _functions_in(arguments):
            self._evaluator.spend(PRICE)
            if isinstance(each, Instance):
                method = self._evaluator.attribute_of(each, "__call__")
                if isinstance(method, Bound) and not self._is_active(method):
                    self._evaluator.perhaps_called(method, Arguments(unknown=UNKNOWN_CALL), node)
            elif isinstance(each, Yielding):
                self._evaluator.perhaps_gone_through(each)
            elif not reaches_database(each) and not self._is_active(each):
                self._evaluator.perhaps_called(each, Arguments(unknown=UNKNOWN_CALL), node)

    def _gets_code(self, arguments: Arguments) -> bool:
        """Return whether a call is given a class or an object that may change the schema."""
        codes = [each.of if isinstance(each, Instance) else each for each in values_of(arguments)]
        return any(isinstance(each, Class) and self.may_reach(each) for each in codes)

    def may_reach(self, code: Function | Class) -> bool:
        """Return whether code names something through which the schema may change."""
        known = self._reaching_code.get(code.node)
        if known is None:
            # What calls itself is no more than what else it calls.
            self._reaching_code[code.node] = False
            known = self._reaching_code[code.node] = self._names_live(code)
        return known

    def _names_live(self, code: Function | Class) -> bool:
        self._evaluator.names.stack.append(code.scope)
        try:
            names = {each.id for each in ast.walk(code.node) if isinstance(each, ast.Name)}
            values = [self._evaluator.names.lookup(name) for name in sorted(names)]
        finally:
            self._evaluator.names.stack.pop()
        return any(
            self.may_reach(each) if isinstance(each, (Function, Class)) else reaches_database(each)
            for each in values
        )

    def _is_active(self, function: Value) -> bool:
        while isinstance(function, Bound):
            function = function.function
        return isinstance(function, Function) and function.node in self._active

    def _sent_elsewhere(self, node: ast.expr, called: str, arguments: Arguments) -> bool:
        """Report SQL that is sent through a connection that came some other way."""
        if called.rpartition(".")[2] not in _SENDS or "." not in called:
            return False
        if (self._sink.is_own or self.is_watched) and not self._only_asks(arguments.at(0)):
            self._sink.unrecognized(node, f"what '{called}' runs, and where, is not known")
        return True

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


def _origin(function: Value) -> str | None:
    """Return the full name of the code that is called, None if it has none."""
    match function:
        case Dotted(path=path):
            return path
        case Unknown(source=source_):
            return source_
        case _:
            return None


def _is_attribute(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


def _functions_in(arguments: Arguments) -> list[Value]:
    """Return the functions among what a call is given, also those in lists."""
    found: list[Value] = []
    pending = [*arguments.positional, *(value for _, value in arguments.keywords)]
    seen: set[int] = set()
    while pending:
        value = pending.pop(0)
        match value:
            case Function() | Bound() | Choice() | Several() | Yielding() | Instance():
                found.append(value)
            case tuple() if id(value) not in seen:
                seen.add(id(value))
                pending += value
            case Items(items=items) if id(value) not in seen:
                seen.add(id(value))
                pending += (each for _, each in items)
            case _:
                pass
    return found


def _given(arguments: Arguments) -> str:
    for value in (*arguments.positional, *(value for _, value in arguments.keywords)):
        if isinstance(value, Live):
            return f"'{value.kind}'" if value.kind is LiveKind.OP else str(value.kind)
    return "hold of 'op'"
