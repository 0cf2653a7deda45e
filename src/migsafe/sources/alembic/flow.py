"""Follows the body of `upgrade` or `downgrade` and collects what reaches the database.

Straight code is followed exactly, functions that can be read are followed into, loops over
known values are unrolled. A condition that is not known makes what it guards uncertain;
everything else that gets hold of `op` or the connection and is not understood becomes an
unrecognized operation with its line. Nothing is imported and nothing is executed.
"""

import ast
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count

from migsafe.model.migration import Statement
from migsafe.model.origin import Certainty, SectionName
from migsafe.sources.alembic.database import Database
from migsafe.sources.alembic.evaluate import Evaluator
from migsafe.sources.alembic.following import Calls
from migsafe.sources.alembic.frames import (
    BREAK,
    CONTINUE,
    JUMPS,
    NEXT,
    NOWHERE,
    RAISE,
    RETURN,
    Frame,
    Loop,
    Names,
    forget,
    is_steady,
    join,
    names_now,
    restore,
)
from migsafe.sources.alembic.host import GivenUpError
from migsafe.sources.alembic.importer import Importer
from migsafe.sources.alembic.library import Library
from migsafe.sources.alembic.modules import changes, import_names
from migsafe.sources.alembic.plain import truth
from migsafe.sources.alembic.reach import part_of, reading
from migsafe.sources.alembic.sink import Sink
from migsafe.sources.alembic.usage import (
    is_for_imports,
    loaded_names,
    only_binds,
    unused_calls,
)
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
    Listed,
    Live,
    LiveKind,
    Metadata,
    MiniTable,
    Module,
    Parent,
    Scope,
    Stream,
    Suppressing,
    Unknown,
    Value,
    View,
    Yielding,
    imported,
)

_MANY_ROUNDS = 1_000
_EXPRESSIONS = 200_000
_CERTAIN_PACKAGES = sys.stdlib_module_names | {"sqlalchemy", "alembic"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_ENTERS = ("__enter__", "__aenter__")
_EXITS = ("__exit__", "__aexit__")
_KEPT = (Live, Batch, MiniTable, Dml, Dotted, Function, Bound, Class, Metadata)


class Walk:
    """Follows one function of a revision.

    Args:
        module: The revision.
        path: Its path as shown.
        section: Which way the function goes.
        importer: Finds what other files of the repository define.
        handed: What the environment hands to the function, by the parameter's name.
        placeholders: What the configuration says of names that are not known.
    """

    def __init__(
        self,
        module: Module,
        path: str,
        section: SectionName,
        importer: Importer | None = None,
        handed: Mapping[str, Value] | None = None,
        placeholders: Mapping[str, str] | None = None,
    ) -> None:
        """Start with nothing found."""
        self._module = module
        self._handed: Mapping[str, Value] = {} if handed is None else handed
        self._evaluator = Evaluator(self, importer, _EXPRESSIONS)
        self._evaluator.names.stack.append(self._evaluator.names.module_scope(module))
        self.sink = Sink(module, path, section, lambda: self._evaluator.names.scope.module)
        self._database = Database(
            self.sink,
            self._evaluator.table_of,
            self._evaluator.literal_at,
            placeholders or {},
        )
        self._calls = Calls(
            self._evaluator,
            self.sink,
            self._database,
            Library(self._evaluator, importer),
            self._body,
        )
        self._repeating = 0
        self._raised: list[list[Names]] = []

    def function(self, name: str) -> tuple[Statement, ...] | None:
        """Return what a function of the module does, in order; None if none can be read."""
        function = self._evaluator.names.lookup(name)
        if not isinstance(function, (Function, Choice)):
            return None
        taken = self._parameters(function) if isinstance(function, Function) else ()
        given = Arguments((), tuple(taken))
        try:
            self._register()
            self._evaluator.called(function, given)
        except (GivenUpError, RecursionError):
            self.sink.given_up()
        return tuple(self.sink.found)

    def _register(self) -> None:
        """Follow the decorators of the file: they may keep what they decorate in a list."""
        for statement in self._module.body:
            for mark in getattr(statement, "decorator_list", ()):
                root = mark.func if isinstance(mark, ast.Call) else mark
                name = getattr(statement, "name", "")
                if isinstance(root, ast.Name) and root.id in self._module.functions:
                    self._evaluator.names.lookup(name)

    def value_of(self, name: str) -> Value:
        """Return what a name of the module's level is worth."""
        try:
            return self._evaluator.names.lookup(name)
        except (GivenUpError, RecursionError):
            return Unknown("following it takes too many steps")

    def _parameters(self, function: Function) -> Iterator[tuple[str, Value]]:
        arguments = function.node.args
        for parameter in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            name = parameter.arg
            if name in self._handed:
                yield name, self._handed[name]
            elif name == "op":
                # Some environments hand `op` to the function.
                yield name, Live(LiveKind.OP)

    # --- what evaluation asks for -----------------------------------------------------

    def on_call(self, node: ast.expr, function: Value, arguments: Arguments) -> Value:
        """Follow a call."""
        before = self.sink.enter(node)
        try:
            return self._calls.call(node, function, arguments)
        finally:
            self.sink.leave(before)

    def on_unread(self, node: ast.expr, function: Dotted, arguments: Arguments) -> None:
        """Note a call of something imported that makes nothing that is known."""
        before = self.sink.enter(node)
        try:
            self._calls.unread.call(node, function, arguments)
        finally:
            self.sink.leave(before)

    def on_mark(self, mark: ast.expr, decorator: Value) -> None:
        """Note a decorator that is not followed."""
        with self.sink.at(mark):
            self._calls.unread.marked(mark, decorator)

    def on_yield(self, value: Value) -> Value:
        """Hand on what a function yields."""
        frame = self._calls.frames[-1] if self._calls.frames else None
        if frame is None or frame.on_yield is None:
            return Unknown("what is sent to a function that yields is not known")
        return frame.on_yield(value)

    @property
    def is_certain(self) -> bool:
        """Whether the code that is followed runs whenever its section runs."""
        return self.sink.certainty is Certainty.ALWAYS and not self._repeating

    def on_row(self, node: ast.expr, row: Live) -> None:
        """Note that an object that a session loaded changes."""
        with self.sink.at(node):
            self._database.row_set(row)

    def quietly(self, work: Callable[[], Value]) -> Value:
        """Return what work is worth that is no part of the section."""
        with self.sink.quiet(), self._apart():
            return work()

    def run_quietly(self, scope: Scope, statements: list[ast.stmt]) -> None:
        """Run statements of a module's level for what they define."""
        self._evaluator.names.stack.append(scope)
        try:
            with self.sink.quiet(), self._apart():
                self._body(statements)
        finally:
            self._evaluator.names.stack.pop()

    @contextmanager
    def _apart(self) -> Iterator[None]:
        """Follow what happens when a file is loaded: it is none of the calls' business."""
        frames, self._calls.frames = self._calls.frames, [Frame()]
        enums, self._database.enums = self._database.enums, set()
        try:
            yield
        finally:
            self._calls.frames, self._database.enums = frames, enums

    def perhaps(self, work: Callable[[], Value]) -> Value:
        """Return what work is worth that may happen or not."""
        before = names_now(self._evaluator)
        with self.sink.perhaps():
            value = work()
        join([names_now(self._evaluator), before])
        return value

    def repeatedly(self, work: Callable[[], Value]) -> None:
        """Follow work that may happen any number of times."""
        while True:
            before, mark = names_now(self._evaluator), self.sink.mark()
            with self._again():
                self.perhaps(work)
            if is_steady(before):
                return
            self.sink.back(mark)

    def collected(self, yielding: Yielding) -> tuple[Value, ...] | None:
        """Return all that a function yields, None if that is not known."""
        found: list[Value] = []
        known = True
        certainty, repeating = self.sink.certainty, self._repeating

        def take(value: Value) -> Value:
            nonlocal known
            if self.sink.certainty is not certainty or self._repeating != repeating:
                known = False
            found.append(value)
            return None

        self._calls.run(yielding.function, yielding.arguments, take)
        return tuple(found) if known and len(found) <= _MANY_ROUNDS else None

    # --- statements -------------------------------------------------------------------

    def _body(self, statements: Sequence[ast.stmt]) -> int:
        """Follow statements; return how they may be left."""
        leaves = NOWHERE
        for statement in statements:
            ways = self._statement(statement)
            leaves |= ways & ~NEXT
            if not ways & NEXT:
                return leaves
            if ways & JUMPS:
                # After `if …: return` the rest depends on the condition as well. After
                # `if …: raise` it does not: either it runs or the migration fails.
                self.sink.certainty = Certainty.MAYBE
        return leaves | NEXT

    def _statement(self, node: ast.stmt) -> int:  # noqa: C901, PLR0912 - a table
        evaluator = self._evaluator
        match node:
            case ast.Expr(value=value):
                self._expression(value)
            case ast.Assign(targets=targets, value=value):
                found = self._assigned(targets, value)
                for target in targets:
                    evaluator.bind(target, found)
            case ast.AnnAssign(target=target, value=value):
                if value is not None:
                    evaluator.bind(target, self._assigned([target], value))
            case ast.AugAssign():
                with self.sink.settled():
                    evaluator.augmented(node)
            case ast.If():
                return self._if(node)
            case ast.For() | ast.AsyncFor():
                return self._for(node)
            case ast.While():
                return self._while(node)
            case ast.With() | ast.AsyncWith():
                return self._with(node.items, node.body)
            case ast.Try() | ast.TryStar():
                return self._try(node)
            case ast.Match():
                return self._match(node)
            case ast.Return(value=value):
                self._frame.returned.append(self._returned(value))
                self._leave()
                return RETURN
            case ast.Raise(exc=exc):
                if exc is not None:
                    self._value(exc)
                if self._raised:
                    self._raised[-1].append(names_now(self._evaluator))
                return RAISE
            case ast.Break() | ast.Continue():
                return self._jump(node)
            case ast.Import() | ast.ImportFrom():
                for name, path in import_names(node):
                    evaluator.names.assign(name, imported(path))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                with self.sink.settled():
                    made = evaluator.decorated(node, evaluator.names.scope)
                evaluator.names.assign(name, made)
            case ast.ClassDef():
                self._class(node)
            case ast.Assert(test=test):
                self._value(test)
            case ast.Delete(targets=targets):
                for target in targets:
                    evaluator.deleted(target)
            case _:
                pass
        return NEXT

    def _class(self, node: ast.ClassDef) -> None:
        """Follow a class statement: what its body does besides defining, and its decorators."""
        scope = self._evaluator.names.scope
        inside = Scope(scope.module, {}, self._evaluator.names.enclosing(scope), is_lazy=True)
        self._evaluator.names.stack.append(inside)
        try:
            self._body([each for each in node.body if not isinstance(each, _FUNCTIONS)])
        finally:
            self._evaluator.names.stack.pop()
        with self.sink.at(node), self.sink.settled():
            made = self._evaluator.decorated_class(node, scope, inside)
            if isinstance(made, Class):
                hook = self._evaluator.attribute_of(Parent(made, made), "__init_subclass__")
                if isinstance(hook, Function):
                    self._evaluator.called(hook, Arguments((made,)))
        self._evaluator.names.assign(node.name, made)

    def _leave(self) -> None:
        """Note what names are worth where a function returns."""
        if self._frame.choices or self.sink.certainty is Certainty.MAYBE:
            self._frame.exits.append(names_now(self._evaluator))
        else:
            self._frame.is_left = True

    def _returned(self, node: ast.expr | None) -> Value:
        if node is None:
            return None
        # Alembic does nothing with what `upgrade` returns.
        is_outermost = len(self._calls.frames) == 1
        return self._value(node, tuple(unused_calls(node)) if is_outermost else ())

    @property
    def _frame(self) -> Frame:
        return self._calls.frames[-1]

    # --- calls that stand alone ---------------------------------------------------------

    def _expression(self, node: ast.expr) -> None:
        match node:
            case ast.Await(value=inner):
                self._expression(inner)
            case ast.Call():
                value = self._value(node, tuple(unused_calls(node)))
                if isinstance(value, Yielding):
                    with self.sink.at(node):
                        self.collected(value)
            case _:
                self._value(node, tuple(unused_calls(node)))

    def _value(self, node: ast.expr, alone: tuple[ast.expr, ...] = ()) -> Value:
        """Return what an expression of a statement is worth.

        Args:
            node: The expression.
            alone: The calls in it that are not made for their value.
        """
        before, self._calls.unread.alone = self._calls.unread.alone, alone
        try:
            with self.sink.settled():
                return self._evaluator.value(node)
        finally:
            self._calls.unread.alone = before

    def _assigned(self, targets: Sequence[ast.expr], node: ast.expr) -> Value:
        """Return what an assignment binds; what nobody reads again is not made for its value."""
        loaded = loaded_names(self._evaluator.names.scope.module)
        is_read = any(not isinstance(each, ast.Name) or each.id in loaded for each in targets)
        return self._value(node, () if is_read else tuple(unused_calls(node)))

    # --- conditions -------------------------------------------------------------------

    def _if(self, node: ast.If) -> int:
        holds = truth(self._value(node.test))
        if holds is not None:
            return self._body(node.body if holds else node.orelse)
        return self._branches([node.body, node.orelse])

    def _branches(self, bodies: list[list[ast.stmt]]) -> int:
        """Follow bodies of which one runs."""
        before = names_now(self._evaluator)
        leaves = NOWHERE
        ways = []
        for body in bodies:
            restore(before)
            left = self._maybe(body)
            leaves |= left
            if left & NEXT:
                ways.append(names_now(self._evaluator))
        join(ways or [before])
        return leaves

    def _maybe(self, body: Sequence[ast.stmt]) -> int:
        self._frame.choices += 1
        with self.sink.perhaps():
            leaves = self._body(body)
        self._frame.choices -= 1
        return leaves

    def _match(self, node: ast.Match) -> int:
        subject = self._value(node.subject)
        for at, case in enumerate(node.cases):
            fits = self._fits(subject, case)
            if fits is None:
                bodies = [each.body for each in node.cases[at:]]
                return self._branches([*bodies, []])
            if fits:
                return self._body(case.body)
        return NEXT

    def _fits(self, subject: Value, case: ast.match_case) -> bool | None:
        """Return whether a case is the one that runs, None if that is not known."""
        match case:
            case ast.match_case(pattern=ast.MatchAs(pattern=None, name=name), guard=None):
                if name is not None:
                    self._evaluator.names.assign(name, subject)
                return True
            case ast.match_case(pattern=ast.MatchValue(value=value), guard=None):
                wanted = self._evaluator.value(value)
                if isinstance(subject, (str, int)) and isinstance(wanted, (str, int)):
                    return subject == wanted
                return None
            case _:
                self._forget([case], "depends on a condition")
                if case.guard is not None:
                    guard = case.guard
                    self.perhaps(lambda: self._value(guard))
                return None

    # --- loops ------------------------------------------------------------------------

    def _jump(self, node: ast.Break | ast.Continue) -> int:
        is_break = isinstance(node, ast.Break)
        if self._frame.loops:
            loop = self._frame.loops[-1]
            names = names_now(self._evaluator)
            (loop.breaks if is_break else loop.continues).append(names)
        return BREAK if is_break else CONTINUE

    def _for(self, node: ast.For | ast.AsyncFor) -> int:
        with self.sink.settled():
            given = self._evaluator.gone_through(node.iter)
        if isinstance(given, Yielding):
            return self._over_yielded(node, given)
        values = self._evaluator.sequence(given)
        if values is not None and len(values) <= _MANY_ROUNDS:
            sources = given.sources if isinstance(given, (Stream, View)) else ()
            return self._rounds(node, given if type(given) is Listed else values, sources)
        if isinstance(given, Live):
            # The rows of a mapped class stay what they are: objects of the session.
            element: Value = Live(LiveKind.RESULT, given.table)
        else:
            element = part_of(given, "it changes with each round of a loop")
        self._evaluator.bind(node.target, element)
        return self._loop(node.body, node.orelse)

    def _rounds(
        self, node: ast.For | ast.AsyncFor, given: tuple[Value, ...], sources: tuple[Value, ...]
    ) -> int:
        """Follow a loop whose rounds are known; a list may change meanwhile."""
        with self._evaluator.names.holding() as held:
            # What reads lists as it goes is not known once one of them changes.
            held.put("", reading(View(given), sources) if sources else given)
            return self._followed_rounds(node, held)

    def _followed_rounds(self, node: ast.For | ast.AsyncFor, held: Scope) -> int:
        before = self.sink.certainty
        leaves = NEXT
        loop = Loop()
        self._frame.loops.append(loop)
        last: list[Statement] = []
        for at in count():
            values = held.names[""]
            if not isinstance(values, tuple) or at > _MANY_ROUNDS:
                self._evaluator.bind(node.target, part_of(values, "a list changes in its loop"))
                leaves |= self._loop(node.body, [])
                break
            if at >= len(values):
                break
            # A round that does nothing takes its time as well.
            self._evaluator.spend(1)
            self._evaluator.bind(node.target, values[at])
            start = len(self.sink.found)
            left = self._body(node.body)
            made = self.sink.found[start:]
            if leaves & JUMPS and made and made == last:
                # It tries the same again.
                del self.sink.found[start:]
            last = made
            leaves |= left & ~(NEXT | CONTINUE)
            ways = [names_now(self._evaluator)] if left & NEXT else []
            ways += loop.continues
            loop.continues = []
            if not ways:
                leaves &= ~NEXT
                break
            join(ways)
            self.sink.certainty = Certainty.MAYBE if leaves & JUMPS else before
        self._frame.loops.pop()
        return self._after_rounds(node.orelse, loop, leaves, before)

    def _after_rounds(
        self, orelse: list[ast.stmt], loop: Loop, leaves: int, before: Certainty
    ) -> int:
        """Follow what comes after the last round of a loop."""
        ways = list(loop.breaks)
        if leaves & NEXT:
            if orelse:
                self.sink.certainty = Certainty.MAYBE if leaves & JUMPS else before
                last = self._body(orelse)
                leaves = (leaves & ~NEXT) | last
            if leaves & NEXT:
                ways.append(names_now(self._evaluator))
        if ways:
            join(ways)
        self.sink.certainty = before
        left = leaves & (RETURN | RAISE)
        return left | NEXT if ways else left

    def _while(self, node: ast.While) -> int:
        endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        jumps = any(
            isinstance(each, (ast.Break, ast.Return, ast.Continue))
            for statement in node.body
            for each in ast.walk(statement)
        )
        if endless:
            return self._loop(node.body, [], once=True)
        if not jumps:
            for _ in range(_MANY_ROUNDS):
                holds = truth(self._value(node.test))
                if holds is None:
                    break
                if not holds:
                    return self._body(node.orelse)
                left = self._body(node.body)
                if not left & NEXT:
                    return left
        self._forget(node.body, "changes with each round of a loop")
        self._value(node.test)
        return self._loop(node.body, node.orelse)

    def _loop(
        self,
        body: list[ast.stmt],
        orelse: list[ast.stmt],
        *,
        once: bool = False,
    ) -> int:
        """Follow a loop of which nobody knows how often it goes round.

        Args:
            body: What a round does.
            orelse: What comes after the last round.
            once: Whether there is a first round for sure.
        """
        self._forget(body, "changes with each round of a loop")
        left = self._steady_round(body, once=once)
        self._forget(body, "changes with each round of a loop")
        leaves = left & (RETURN | RAISE)
        if orelse:
            leaves |= self._maybe(orelse) & ~NEXT
        return leaves | NEXT

    def _steady_round(self, body: list[ast.stmt], *, once: bool) -> int:
        """Follow any round of a loop: with what no round changes."""
        frame = self._frame
        while True:
            before, mark = names_now(self._evaluator), self.sink.mark()
            exits, returned = len(frame.exits), len(frame.returned)
            loop = Loop()
            frame.loops.append(loop)
            certainty = self.sink.certainty
            frame.choices += 1
            with self._again():
                left = self._body(body) if once else self._maybe(body)
            frame.choices -= 1
            self.sink.certainty = certainty
            frame.loops.pop()
            ways = [before, *loop.breaks, *loop.continues]
            if left & NEXT:
                ways.append(names_now(self._evaluator))
            join(ways)
            if is_steady(before):
                return left
            self.sink.back(mark)
            del frame.exits[exits:], frame.returned[returned:]

    @contextmanager
    def _again(self) -> Iterator[None]:
        """Follow what may happen several times."""
        self._repeating += 1
        try:
            yield
        finally:
            self._repeating -= 1

    def _over_yielded(self, node: ast.For | ast.AsyncFor, yielding: Yielding) -> int:
        """Follow a loop over what a function yields: its body runs where that is yielded."""
        leaves = NEXT
        loop = Loop()

        def take(value: Value) -> Value:
            nonlocal leaves
            self._evaluator.bind(node.target, value)
            self._frame.loops.append(loop)
            leaves |= self._body(node.body)
            self._frame.loops.pop()
            if leaves & JUMPS:
                self.sink.certainty = Certainty.MAYBE
            return None

        self._forget(node.body, "changes with each round of a loop")
        with self.sink.at(node.iter):
            self._yielding(yielding, take)
        join([names_now(self._evaluator), *loop.breaks, *loop.continues])
        self._forget(node.body, "changes with each round of a loop")
        leaves &= NEXT | RETURN | RAISE
        return leaves | self._maybe(node.orelse) if node.orelse else leaves

    def _yielding(self, yielding: Yielding, take: Callable[[Value], Value]) -> None:
        """Follow a function that yields; `take` runs among the names from which it was called."""
        outer, frames = list(self._evaluator.names.stack), list(self._calls.frames)

        def here(value: Value) -> Value:
            names = self._evaluator.names
            inner, names.stack = names.stack, outer
            below, self._calls.frames = self._calls.frames, frames
            held, names.held = names.held, [*names.held, *inner]
            try:
                return take(value)
            finally:
                names.stack, names.held, self._calls.frames = inner, held, below

        self._calls.run(yielding.function, yielding.arguments, here)

    def _forget(self, nodes: Sequence[ast.AST], why: str) -> None:
        forget(self._evaluator, dict.fromkeys(changes(nodes)), why, _KEPT)

    # --- with and try -------------------------------------------------------------------

    def _with(self, items: Sequence[ast.withitem], body: Sequence[ast.stmt]) -> int:
        if not items:
            return self._body(body)
        item, *others = items
        entered = item.context_expr
        value = self._value(entered, () if item.optional_vars else tuple(unused_calls(entered)))
        match value:
            case Batch():
                self._named_by(item, value)
                leaves = self._with(others, body)
                # Alembic collects them and sends them when the block ends.
                self.sink.flush(value.number)
                return leaves
            case Live(kind=LiveKind.AUTOCOMMIT):
                before = self.sink.autocommit
                self.sink.autocommit = True
                leaves = self._with(others, body)
                self.sink.autocommit = before
                return leaves
            case Yielding():
                return self._in_yielding(value, item, others, body)
            case Suppressing():
                return self._maybe(body) | NEXT
            case Instance():
                return self._in_object(value, item, others, body)
            case _:
                self._named_by(item, value)
                return self._with(others, body)

    def _named_by(self, item: ast.withitem, value: Value) -> None:
        if item.optional_vars is not None:
            self._evaluator.bind(item.optional_vars, value)

    def _in_object(
        self,
        held: Instance,
        item: ast.withitem,
        others: Sequence[ast.withitem],
        body: Sequence[ast.stmt],
    ) -> int:
        """Follow a block of an object with `__enter__` and `__exit__`."""
        self._named_by(item, self._asked_of(held, item, _ENTERS, Arguments()))
        leaves = self._with(others, body)
        left = self._asked_of(held, item, _EXITS, Arguments(unknown="an exception is not known"))
        return leaves if left is None or left is False else leaves | NEXT

    def _asked_of(
        self, held: Instance, item: ast.withitem, names: tuple[str, ...], arguments: Arguments
    ) -> Value:
        for name in names:
            method = self._evaluator.attribute_of(held, name)
            if not isinstance(method, Unknown):
                with self.sink.settled():
                    return self._evaluator.call(method, arguments, item.context_expr)
        return None

    def _in_yielding(
        self,
        yielding: Yielding,
        item: ast.withitem,
        others: Sequence[ast.withitem],
        body: Sequence[ast.stmt],
    ) -> int:
        """Follow a block of a context manager that is written as a function that yields."""
        leaves: int | None = None

        def enter(value: Value) -> Value:
            nonlocal leaves
            self._named_by(item, value)
            leaves = self._with(others, body)
            return None

        with self.sink.at(item.context_expr):
            self._yielding(yielding, enter)
        return self._with(others, body) if leaves is None else leaves

    def _try(self, node: ast.Try | ast.TryStar) -> int:
        handlers = [
            each
            for each in node.handlers
            if not (is_for_imports(each) and self._imports(node.body) and only_binds(each))
        ]
        frame = self._frame
        exits, returned = len(frame.exits), len(frame.returned)
        leaves = self._guarded(node, handlers) if handlers else self._unguarded(node)
        if not node.finalbody:
            return leaves
        early = frame.exits[exits:]
        with self._evaluator.names.holding() as held:
            for at, value in enumerate(frame.returned[returned:]):
                held.put(str(at), value)
            values = list(held.names)
            last = self._body(node.finalbody)
            frame.returned[returned : returned + len(values)] = [held.names[at] for at in values]
        if early:
            # Where it returned before, this happens as well.
            join([*early, names_now(self._evaluator)])
            del frame.exits[exits:]
            frame.exits.append(names_now(self._evaluator))
        return (leaves & last) | ((leaves | last) & ~NEXT) if last & NEXT else last

    def _imports(self, body: list[ast.stmt]) -> bool:
        """Return whether statements do nothing but import what is there."""
        return all(
            isinstance(each, (ast.Import, ast.ImportFrom))
            and all(self._is_there(path) for _, path in import_names(each))
            for each in body
        )

    def _is_there(self, path: str) -> bool:
        if path.partition(".")[0] in _CERTAIN_PACKAGES:
            return True
        return self._evaluator.names.followed(Dotted(path)) != Dotted(path)

    def _unguarded(self, node: ast.Try | ast.TryStar) -> int:
        leaves = self._body(node.body)
        if leaves & NEXT:
            leaves = (leaves & ~NEXT) | self._body(node.orelse)
        return leaves

    def _guarded(self, node: ast.Try | ast.TryStar, handlers: list[ast.ExceptHandler]) -> int:
        certainty = self.sink.certainty
        before = names_now(self._evaluator)
        if not all(_raises(handler.body) for handler in handlers):
            self.sink.certainty = Certainty.MAYBE
        raised: list[Names] = []
        self._raised.append(raised)
        self._frame.choices += 1
        leaves = self._body(node.body)
        self._frame.choices -= 1
        self._raised.pop()
        after = names_now(self._evaluator)
        if leaves & NEXT:
            leaves = (leaves & ~NEXT) | self._body(node.orelse)
        self.sink.certainty = certainty
        ways = [names_now(self._evaluator)] if leaves & NEXT else []
        imports = self._imported_by(node.body)
        for handler in handlers:
            join([before, after, *raised])
            self._forget_often(node.body)
            if handler.name is not None:
                self._evaluator.names.assign(handler.name, Unknown("an exception is not known"))
            left = self._maybe(handler.body)
            leaves |= left
            if left & NEXT:
                ways.append(names_now(self._evaluator))
        join(ways or [before])
        for name, value in imports:
            if isinstance(self._evaluator.names.lookup(name), Unknown):
                # What stands in for what is not installed is taken to do the same.
                self._evaluator.names.assign(name, value)
        return leaves

    def _forget_often(self, body: Sequence[ast.stmt]) -> None:
        """Make names unknown that statements change more than once before one of them fails."""
        often = [name for name, times in Counter(changes(body)).items() if times > 1]
        forget(self._evaluator, often, "depends on what failed", _KEPT)

    def _imported_by(self, body: list[ast.stmt]) -> list[tuple[str, Value]]:
        """Return the names that statements import, with what they are worth."""
        return [
            (name, self._evaluator.names.lookup(name))
            for each in body
            if isinstance(each, (ast.Import, ast.ImportFrom))
            for name, _ in import_names(each)
        ]


def _raises(body: Sequence[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Raise)
