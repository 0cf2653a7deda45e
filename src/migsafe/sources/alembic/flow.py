"""Follows the body of `upgrade` or `downgrade` and collects what reaches the database.

Straight code is followed exactly. A condition that is not known makes what it guards
uncertain; a loop over a known list is unrolled; everything else that gets hold of `op` or
the connection and is not understood becomes an unrecognized operation with its line.
"""

import ast
import builtins
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from migsafe.model.expressions import Name
from migsafe.model.migration import Statement
from migsafe.model.operations import (
    Cause,
    Commit,
    CreateEnum,
    DataWork,
    DropObject,
    ObjectKind,
    Operation,
    Rollback,
    Unrecognized,
)
from migsafe.model.origin import Certainty, SectionName, Span
from migsafe.sources.alembic.calls import is_operation, read_call, table_of
from migsafe.sources.alembic.evaluate import (
    Evaluator,
    gets_live,
    reaches_database,
    source,
    truth,
)
from migsafe.sources.alembic.revision import Module, import_names
from migsafe.sources.alembic.sqltext import Where, read_string
from migsafe.sources.alembic.tables import enum_name
from migsafe.sources.alembic.values import (
    MUTATING,
    Arguments,
    Batch,
    Dml,
    Dotted,
    EnumClass,
    Function,
    Live,
    LiveKind,
    Method,
    MiniTable,
    NotKnownError,
    SaType,
    SqlText,
    Unknown,
    Value,
    imported,
    known_flag,
)

_MANY_ROUNDS = 1_000
_EXECUTES = frozenset({"execute", "scalar", "scalars", "exec_driver_sql"})
_SENDS = frozenset({"execute", "executemany", "exec_driver_sql"})
_HARMLESS_ON_SESSION = frozenset({"close", "expire_all", "expunge_all", "refresh"})
_READING = frozenset({"isinstance", "hasattr", "print", "repr", "str", "type", "id", "bool", "len"})
_RUNS_ANYTHING = frozenset({"exec", "eval", "globals", "locals", "__import__"})
_HARMLESS_PACKAGES = sys.stdlib_module_names | {"sqlalchemy", "alembic", "__future__"}


@dataclass(slots=True)
class _Frame:
    """Where the walk is: the names of the function and the circumstances."""

    names: dict[str, Value] = field(default_factory=dict)
    autocommit: bool = False
    certainty: Certainty = Certainty.ALWAYS


class Walk:
    """Follows one function of a revision.

    Args:
        module: The revision.
        path: Its path as shown.
        section: Which way the function goes.
    """

    def __init__(self, module: Module, path: str, section: SectionName) -> None:
        """Start with nothing found."""
        self._module = module
        self._path = path
        self._section = section
        self._frame = _Frame()
        self._found: list[Statement] = []
        self._batches: dict[int, list[Statement]] = {}
        self._enums: set[Name] = set()
        self._helpers: dict[str, bool] = {}
        self._evaluator = Evaluator(module.text, module.places.offset, self._lookup, self._on_call)

    def function(self, node: ast.FunctionDef) -> tuple[Statement, ...]:
        """Return what the function does, in order."""
        arguments = node.args
        for parameter in (*arguments.posonlyargs, *arguments.args):
            # Some environments hand `op` to the function.
            if parameter.arg == "op":
                self._frame.names["op"] = Live(LiveKind.OP)
            else:
                self._frame.names[parameter.arg] = Unknown(f"'{parameter.arg}' is a parameter")
        self._body(node.body)
        return tuple(self._found)

    # --- names ----------------------------------------------------------------------

    def _lookup(self, name: str) -> Value:
        names = self._frame.names
        return names[name] if name in names else self._module.lookup(name)

    def _forget(self, nodes: Iterable[ast.AST], why: str) -> None:
        """Make unknown what some statements assign."""
        for node in nodes:
            for each in ast.walk(node):
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                    self._frame.names[each.id] = Unknown(f"'{each.id}' {why}")

    def _bind(self, target: ast.expr, value: Value) -> None:
        match target:
            case ast.Name(id=name):
                self._frame.names[name] = value
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                known = isinstance(value, tuple) and len(value) == len(targets)
                for index, each in enumerate(targets):
                    if known and isinstance(value, tuple):
                        self._bind(each, value[index])
                    else:
                        self._bind(each, Unknown("a part of a value is not known"))
            case ast.Starred(value=inner):
                self._bind(inner, Unknown("a part of a value is not known"))
            case ast.Subscript(value=ast.Name(id=name)):
                self._evaluator.value(target.slice)
                self._frame.names[name] = Unknown(f"'{name}' changes")
            case _:
                pass

    # --- statements -----------------------------------------------------------------

    def _body(self, statements: Sequence[ast.stmt]) -> bool:
        """Follow statements; return whether the function surely ends in them."""
        return any(self._statement(statement) for statement in statements)

    def _statement(self, node: ast.stmt) -> bool:  # noqa: C901, PLR0912 - a table
        match node:
            case ast.Expr(value=value):
                self._expression(value)
            case ast.Assign(targets=targets, value=value):
                found = self._evaluator.value(value)
                for target in targets:
                    self._bind(target, found)
            case ast.AnnAssign(target=target, value=value):
                if value is not None:
                    self._bind(target, self._evaluator.value(value))
            case ast.AugAssign(target=target, op=op, value=value):
                self._augmented(node, target, op, value)
            case ast.If():
                return self._if(node)
            case ast.For() | ast.AsyncFor():
                self._for(node)
            case ast.While():
                self._while(node)
            case ast.With() | ast.AsyncWith():
                return self._with(node.items, node.body)
            case ast.Try() | ast.TryStar():
                self._try(node)
            case ast.Match():
                self._match(node)
            case ast.Return(value=value):
                if value is not None:
                    self._evaluator.value(value)
                return True
            case ast.Raise():
                return True
            case ast.Import() | ast.ImportFrom():
                for name, path in import_names(node):
                    self._frame.names[name] = imported(path)
            case ast.FunctionDef(name=name):
                self._module.functions[name] = node
                self._frame.names[name] = Function(name)
            case ast.ClassDef(name=name):
                self._module.classes[name] = node
                self._frame.names.pop(name, None)
                self._module.known.pop(name, None)
            case ast.Assert(test=test):
                self._evaluator.value(test)
            case ast.Delete():
                self._forget([node], "was deleted")
            case _:
                pass
        return False

    def _augmented(
        self, node: ast.AugAssign, target: ast.expr, op: ast.operator, value: ast.expr
    ) -> None:
        if not isinstance(target, ast.Name):
            self._evaluator.value(value)
            return
        before = ast.copy_location(ast.Name(target.id, ast.Load()), target)
        joined = ast.copy_location(ast.BinOp(before, op, value), node)
        self._bind(target, self._evaluator.value(joined))

    def _expression(self, node: ast.expr) -> None:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if (
                attr in MUTATING
            ):
                held = self._lookup(name)
                self._evaluator.value(node)
                if not isinstance(held, (Live, Batch, MiniTable, Dml, Dotted)):
                    self._frame.names[name] = Unknown(f"'{name}' changes")
            case ast.Await(value=inner):
                self._expression(inner)
            case ast.Call():
                before = len(self._found)
                self._evaluator.value(node)
                if before == len(self._found):
                    self._foreign(node)
            case _:
                self._evaluator.value(node)

    def _foreign(self, node: ast.Call) -> None:
        """Report a bare call of the application's code: it may do anything."""
        root: ast.expr = node
        while isinstance(root, (ast.Call, ast.Attribute)):
            root = root.func if isinstance(root, ast.Call) else root.value
        if not isinstance(root, ast.Name):
            return
        value = self._lookup(root.id)
        if root is node.func and isinstance(value, Unknown) and not hasattr(builtins, root.id):
            # It came with `from … import *`, or was made in a way that is not followed.
            self._unrecognized(node, f"what '{root.id}' does is not known: {value.reason}")
        if isinstance(value, Dotted):
            package = value.path.lstrip(".").partition(".")[0]
            if value.path.startswith(".") or package not in _HARMLESS_PACKAGES:
                self._unrecognized(
                    node,
                    f"'{source(node.func)}' comes from '{value.path}', which may run anything",
                )

    def _if(self, node: ast.If) -> bool:
        holds = truth(self._evaluator.value(node.test))
        if holds is not None:
            return self._body(node.body if holds else node.orelse)
        ends = []
        with_names = dict(self._frame.names)
        for branch in (node.body, node.orelse):
            self._frame.names = dict(with_names)
            ends.append(self._maybe(branch))
        self._frame.names = with_names
        self._forget([*node.body, *node.orelse], "depends on a condition")
        if all(ends):
            return True
        for branch, ended in zip((node.body, node.orelse), ends, strict=True):
            # After `if …: return` the rest depends on the condition as well. After
            # `if …: raise` it does not: either it runs or the migration fails.
            if ended and not isinstance(branch[-1], ast.Raise):
                self._frame.certainty = Certainty.MAYBE
        return False

    def _maybe(self, body: Sequence[ast.stmt]) -> bool:
        before = self._frame.certainty
        self._frame.certainty = Certainty.MAYBE
        ended = self._body(body)
        self._frame.certainty = before
        return ended

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        values = self._evaluator.value(node.iter)
        jumps = any(
            isinstance(each, (ast.Break, ast.Continue, ast.Return))
            for statement in node.body
            for each in ast.walk(statement)
        )
        if isinstance(values, tuple) and len(values) <= _MANY_ROUNDS and not jumps:
            for value in values:
                self._bind(node.target, value)
                self._body(node.body)
            self._body(node.orelse)
            return
        self._bind(node.target, Unknown("it changes with each round of a loop"))
        self._loop(node.body)
        self._maybe(node.orelse)

    def _while(self, node: ast.While) -> None:
        self._evaluator.value(node.test)
        self._loop(node.body)
        self._maybe(node.orelse)

    def _loop(self, body: Sequence[ast.stmt]) -> None:
        self._forget(body, "changes with each round of a loop")
        self._maybe(body)

    def _with(self, items: Sequence[ast.withitem], body: Sequence[ast.stmt]) -> bool:
        if not items:
            return self._body(body)
        item, *others = items
        expression = item.context_expr
        batch = self._batch(expression)
        if batch is not None:
            return self._in_batch(batch, item, others, body)
        function = (
            self._evaluator.value(expression.func) if isinstance(expression, ast.Call) else None
        )
        match function:
            case Method(of=Live(kind=LiveKind.CONTEXT), name="autocommit_block"):
                before = self._frame.autocommit
                self._frame.autocommit = True
                ended = self._with(others, body)
                self._frame.autocommit = before
                return ended
            case Method(of=Live(kind=kind), name=name) if name in {
                "begin",
                "begin_nested",
                "begin_transaction",
                "connect",
            }:
                value: Value = Live(kind)
            case Dotted(path="contextlib.suppress"):
                return self._maybe(body)
            case _:
                value = self._evaluator.value(expression)
        if item.optional_vars is not None:
            self._bind(item.optional_vars, value)
        return self._with(others, body)

    def _batch(self, node: ast.expr) -> Batch | None:
        """Return the batch that a `with` opens, None if it opens none."""
        if not (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "batch_alter_table"
            and self._evaluator.value(node.func.value) == Live(LiveKind.OP)
        ):
            return None
        positional = tuple(self._evaluator.value(each) for each in node.args)
        keywords = {each.arg: self._evaluator.value(each.value) for each in node.keywords}
        table = positional[0] if positional else keywords.get("table_name")
        schema = positional[1] if len(positional) > 1 else keywords.get("schema")
        if not isinstance(table, str) or not (schema is None or isinstance(schema, str)):
            self._unrecognized(node, "the table of 'batch_alter_table' is not known")
            return Batch(Name(""), len(self._batches))
        name = Name(table, schema)
        if keywords.get("recreate", "auto") not in {"auto", "never"}:
            self._unrecognized(node, "the batch may copy the whole table", (name,))
        return Batch(name, len(self._batches))

    def _in_batch(
        self,
        batch: Batch,
        item: ast.withitem,
        others: Sequence[ast.withitem],
        body: Sequence[ast.stmt],
    ) -> bool:
        self._batches[batch.number] = []
        if item.optional_vars is not None:
            self._bind(item.optional_vars, batch)
        ended = self._with(others, body)
        # Alembic collects them and sends them when the block ends.
        self._found.extend(self._batches[batch.number])
        return ended

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        if node.handlers:
            self._maybe(node.body)
        else:
            self._body(node.body)
        for handler in node.handlers:
            self._maybe(handler.body)
        self._maybe(node.orelse) if node.handlers else self._body(node.orelse)
        self._body(node.finalbody)
        if node.handlers:
            self._forget([*node.body, *node.handlers], "depends on an exception")

    def _match(self, node: ast.Match) -> None:
        self._evaluator.value(node.subject)
        self._forget(node.cases, "depends on a condition")
        for case in node.cases:
            self._maybe(case.body)
        self._forget(node.cases, "depends on a condition")

    # --- calls ----------------------------------------------------------------------

    def _on_call(self, node: ast.Call, function: Value, arguments: Arguments) -> Value:
        match function:
            case Method(of=Live(kind=LiveKind.OP), name=name):
                return self._operation(node, name, arguments, None)
            case Method(of=Batch() as batch, name=name):
                return self._operation(node, name, arguments, batch)
            case Method(of=Live(kind=kind), name=name):
                return self._through(node, kind, name, arguments)
            case Method(of=SaType() as type_, name="create" | "drop" as verb):
                return self._enum(node, type_, verb, arguments)
            case Function(name=name):
                return self._helper(node, name, arguments)
            case EnumClass(name=name, is_enum=False):
                if gets_live(arguments) or self._class_names_op(name):
                    self._unrecognized(node, f"class '{name}' of this file is not followed")
                return Unknown(f"what '{name}' makes is not known")
            case _:
                return self._other(node, function, arguments)

    def _operation(
        self, node: ast.Call, name: str, arguments: Arguments, batch: Batch | None
    ) -> Value:
        if name == "execute":
            return self._execute(node, arguments)
        if batch is not None and not batch.table.name:
            self._unrecognized(node, "the table of the batch is not known")
            return Unknown("the table of a batch is not known")
        table = None if batch is None else batch.table
        if not is_operation(name):
            self._unrecognized(node, f"'op.{name}' is not read")
            return Unknown(f"what '{name}' returns is not known")
        where = self._where(node)
        try:
            operations = read_call(name, arguments, table, self._enums)
        except NotKnownError as error:
            on = table_of(name, arguments, table)
            relations = None if on is None else (on,)
            self._unrecognized(node, f"'{name}': {error}", relations)
        else:
            # The server would find these types made by the statement before.
            statement = where.statement(self._module.text, operations)
            if batch is None or name == "bulk_insert":
                self._found.append(statement)
            else:
                self._batches[batch.number].append(statement)
        if name == "create_table":
            made = table_of(name, arguments, table)
            return None if made is None else MiniTable(made)
        return None

    def _execute(self, node: ast.Call, arguments: Arguments) -> Value:
        what = arguments.at(0)
        if what is None:
            what = arguments.keyword("sqltext", arguments.keyword("statement"))
        where = self._where(node)
        match what:
            case str() | SqlText():
                sql = what if isinstance(what, str) else what.sql
                at = what.at if isinstance(what, SqlText) else None
                if at is None and isinstance(what, str) and node.args:
                    at = self._evaluator.literal_at(node.args[0])
                self._found.extend(read_string(sql, at, where))
            case Dml(verb="SELECT"):
                pass
            case Dml(verb=verb, table=table):
                self._emit(node, DataWork(table=table, verb=verb))
            case Unknown(reason=reason):
                self._unrecognized(node, f"the SQL is not known: {reason}")
            case _:
                self._unrecognized(node, "what it executes is not known")
        return Live(LiveKind.RESULT)

    def _through(self, node: ast.Call, kind: LiveKind, name: str, arguments: Arguments) -> Value:
        if name in _EXECUTES:
            return self._execute(node, arguments)
        if kind is LiveKind.SESSION and name in _HARMLESS_ON_SESSION:
            return None
        if kind is LiveKind.BIND and name in {"commit", "rollback"}:
            self._emit(node, Commit() if name == "commit" else Rollback())
            return None
        self._unrecognized(node, f"'{name}' of {kind} is not read")
        return Live(LiveKind.RESULT)

    def _enum(self, node: ast.Call, type_: SaType, verb: str, arguments: Arguments) -> Value:
        name = enum_name(type_)
        try:
            checked = known_flag(arguments.keyword("checkfirst", default=True), "checkfirst")
        except NotKnownError:
            checked = True
        if name is None or not type_.is_enum:
            self._unrecognized(node, f"the type that '.{verb}()' works on is not known")
        elif verb == "drop":
            drop = DropObject(kind=ObjectKind.TYPE, object=name, if_exists=checked)
            self._enums.discard(name)
            self._emit(node, drop)
        elif type_.labels is None:
            self._unrecognized(node, f"the labels of enum '{name}' are not known")
        else:
            self._enums.add(name)
            create = CreateEnum(type=name, labels=type_.labels, if_not_exists=checked)
            self._emit(node, create)
        return None

    def _helper(self, node: ast.Call, name: str, arguments: Arguments) -> Value:
        if gets_live(arguments) or self._reaches(name):
            self._unrecognized(node, f"'{name}' of this file is not followed")
        return Unknown(f"what '{name}' returns is not known")

    def _class_names_op(self, name: str) -> bool:
        """Return whether the methods of a class of the file get at `op` by name."""
        node = self._module.classes.get(name)
        return node is not None and any(
            isinstance(each, ast.Name) and isinstance(self._lookup(each.id), Live)
            for each in ast.walk(node)
        )

    def _reaches(self, name: str) -> bool:
        """Return whether a function of the file does something to the database."""
        known = self._helpers.get(name)
        if known is not None:
            return known
        # A function that calls itself reaches what its other statements reach.
        self._helpers[name] = False
        node = self._module.functions.get(name)
        if node is None:
            return True
        outer = self._frame, self._found, self._enums, self._batches
        self._frame = _Frame(dict(self._frame.names))
        self._found, self._enums, self._batches = [], set(), {}
        parameters = node.args
        for each in (*parameters.posonlyargs, *parameters.args, *parameters.kwonlyargs):
            self._frame.names[each.arg] = (
                Live(LiveKind.OP) if each.arg == "op" else Unknown(f"'{each.arg}' is a parameter")
            )
        self._body(node.body)
        reaches = bool(self._found)
        self._frame, self._found, self._enums, self._batches = outer
        self._helpers[name] = reaches
        return reaches

    def _other(self, node: ast.Call, function: Value, arguments: Arguments) -> Value:
        called = source(node.func)
        match node.func:
            case ast.Name(id="str") if _is_number(arguments):
                return str(arguments.at(0))
            case ast.Name(id=name) if name in _READING:
                return Unknown(f"what '{name}' returns is not known")
            case ast.Name(id=name) if name in _RUNS_ANYTHING:
                self._unrecognized(node, f"'{name}' may run anything")
            case _ if reaches_database(function):
                self._unrecognized(node, f"'{called}' is not read")
            case _ if gets_live(arguments):
                self._unrecognized(node, f"'{called}' gets {_given(arguments)}")
            case ast.Attribute(attr="insert" | "update" | "delete" as verb) if (
                isinstance(function, Unknown) and arguments == Arguments()
            ):
                # A table that came some other way: what is done to its rows is known.
                return Dml(verb.upper(), None)
            case ast.Attribute(attr=attr) if attr in _SENDS and isinstance(
                function, (Unknown, Dotted)
            ):
                # Whatever it is, it takes SQL: a connection that came some other way.
                self._unrecognized(node, f"what '{called}' runs, and where, is not known")
            case _:
                pass
        return Unknown(f"what '{called}' returns is not known")

    # --- results --------------------------------------------------------------------

    def _where(self, node: ast.expr) -> Where:
        return Where(
            self._path,
            self._section,
            self._module.places.span(node),
            self._frame.autocommit,
            self._frame.certainty,
        )

    def _emit(self, node: ast.expr, *operations: Operation) -> None:
        where = self._where(node)
        self._found.append(where.statement(self._module.text, operations))

    def _unrecognized(
        self, node: ast.expr, reason: str, relations: tuple[Name, ...] | None = None
    ) -> None:
        span: Span = self._module.places.span(node)
        self._emit(
            node,
            Unrecognized(
                Cause.CALL,
                reason,
                sql=self._module.text[span.start : span.end],
                relations=relations,
            ),
        )


def _given(arguments: Arguments) -> str:
    for value in (*arguments.positional, *(value for _, value in arguments.keywords)):
        if isinstance(value, Live):
            return f"'{value.kind}'" if value.kind is LiveKind.OP else str(value.kind)
    return "hold of 'op'"


def _is_number(arguments: Arguments) -> bool:
    only = arguments.positional[:1]
    return len(arguments.positional) == 1 and all(type(each) in {int, str} for each in only)
