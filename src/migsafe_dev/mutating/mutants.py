"""The mutants of a module: one small wrong change each.

Conditions and operands of `and` and `or` are negated, comparisons turned or moved by one,
members of enums replaced by the next one, failures and undos left out, elements of what is
returned and cases of a `match` dropped, True and False exchanged.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from types import ModuleType
from typing import TypeVar

_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_MOVED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_LEFT_OUT = {"Certain": "_migsafe_never", "OnData": "_migsafe_never", "Undo": "_migsafe_none"}
"""Calls, and the name of what stands in their place: see `judging`."""

_SHOWN = 90
T = TypeVar("T")


@dataclass(frozen=True)
class Mutant:
    """A change of a module's tree, made in place by `apply`.

    `lines` are those of the code that runs whenever the change could matter; None where it is
    made when the module is loaded. `where` is the function that it is in.
    """

    path: str
    line: int
    where: str
    text: str
    lines: range | None
    apply: Callable[[], None]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.where}: {self.text}"

    @property
    def key(self) -> str:
        """What it is known by when lines move."""
        return f"{self.path}: {self.where}: {self.text}"


def mutants(path: str, tree: ast.Module, module: ModuleType) -> Iterator[Mutant]:
    """Yield the mutants of a module, in the order of its text."""
    seen: dict[str, int] = {}
    for mutant in _Finder(path, module).statements(tree.body, "module", None):
        count = seen[mutant.key] = seen.get(mutant.key, 0) + 1
        if count > 1:
            text = f"{mutant.text} ({count})"
            yield Mutant(mutant.path, mutant.line, mutant.where, text, mutant.lines, mutant.apply)
        else:
            yield mutant


class _Finder:
    """Finds what can be changed, statement by statement."""

    def __init__(self, path: str, module: ModuleType) -> None:
        self._path = path
        self._names = vars(module)
        self._where = ""
        self._lines: range | None = None

    def statements(self, body: list[ast.stmt], where: str, lines: range | None) -> Iterator[Mutant]:
        for statement in body:
            self._where, self._lines = where, lines
            yield from self._statement(statement, where)

    def _statement(  # noqa: C901, PLR0912  # one case a kind of statement
        self, node: ast.stmt, where: str
    ) -> Iterator[Mutant]:
        inside = where != "module"
        match node:
            case ast.FunctionDef(name=name, args=arguments, body=body):
                for default in (*arguments.defaults, *arguments.kw_defaults):
                    if default is not None:
                        yield from self._expression(default)
                yield from self.statements(body, name if not inside else where, range(0))
            case ast.ClassDef(name=name, body=body):
                yield from self.statements(body, name, range(0))
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                return
            case ast.If(test=test) | ast.While(test=test):
                self._reach(node.lineno, test.end_lineno, inside=inside)
                yield self._negated(node, "test")
                yield from self._expression(test, negated=True)
                yield from self.statements(node.body, where, self._lines)
                yield from self.statements(node.orelse, where, self._lines)
            case ast.For(target=target, iter=source):
                self._reach(target.lineno, source.end_lineno, inside=inside)
                yield from self._expression(source)
                yield from self.statements(node.body, where, self._lines)
                yield from self.statements(node.orelse, where, self._lines)
            case ast.Match():
                yield from self._match(node, where, inside=inside)
            case ast.With(body=body) | ast.Try(body=body):
                yield from self.statements(body, where, self._lines)
            case ast.AnnAssign(value=value):
                self._reach(node.lineno, node.end_lineno, inside=inside)
                if value is not None:
                    yield from self._expression(value)
            case _:
                self._reach(node.lineno, node.end_lineno, inside=inside)
                returned = isinstance(node, ast.Return) or (
                    isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield)
                )
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        yield from self._expression(child, returned=returned)

    def _reach(self, first: int, last: int | None, *, inside: bool) -> None:
        self._lines = range(first, (last or first) + 1) if inside else None

    # --- match ------------------------------------------------------------------------

    def _match(self, node: ast.Match, where: str, *, inside: bool) -> Iterator[Mutant]:
        self._reach(node.lineno, node.subject.end_lineno, inside=inside)
        asked = self._lines
        yield from self._expression(node.subject)
        for case in list(node.cases):
            any_other = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
            if not any_other and len(node.cases) > 1:
                # Who does not come here does not miss it.
                first, last = case.body[0], case.body[-1]
                self._reach(first.lineno, last.end_lineno, inside=inside)
                yield self._mutant(
                    case.pattern,
                    f"case {_shown(case.pattern)} dropped",
                    _dropper(node.cases, case),
                )
            self._lines = asked
            yield from self._pattern(case.pattern)
            if case.guard is not None:
                yield self._negated(case, "guard")
                yield from self._expression(case.guard, negated=True)
            yield from self.statements(case.body, where, None)

    def _pattern(self, pattern: ast.pattern) -> Iterator[Mutant]:
        for node in ast.walk(pattern):
            match node:
                case ast.MatchOr(patterns=patterns):
                    for index, each in enumerate(patterns):
                        # A lone alternative is no alternative: a neighbour stands in its place.
                        apply = _item_setter(patterns, index, patterns[index - 1])
                        yield self._mutant(each, f"| {_shown(each)} dropped", apply)
                case ast.MatchValue(value=ast.Attribute() as value):
                    yield from self._member(value)
                case ast.MatchSingleton(value=bool() as value):
                    yield self._mutant(
                        node, f"case {value} -> {not value}", _setter(node, "value", not value)
                    )
                case _:
                    pass

    # --- expressions ------------------------------------------------------------------

    def _expression(  # noqa: C901, PLR0912, PLR0915  # one case a kind of expression
        self, node: ast.expr, *, negated: bool = False, returned: bool = False
    ) -> Iterator[Mutant]:
        """Yield the mutants of an expression; a `negated` one has been turned already."""
        match node:
            case ast.IfExp():
                yield self._negated(node, "test")
                yield from self._expression(node.test, negated=True)
                yield from self._expression(node.body, returned=returned)
                yield from self._expression(node.orelse, returned=returned)
                return
            case ast.BoolOp(values=values):
                for index, value in enumerate(values):
                    if isinstance(value, ast.Constant):
                        continue  # what stands in for nothing
                    turned = ast.copy_location(ast.UnaryOp(ast.Not(), value), value)
                    text = f"{_shown(value)} -> not, in {_shown(node)}"
                    yield self._mutant(value, text, _item_setter(values, index, turned))
                    yield from self._expression(value, negated=True)
                return
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield from self._expression(operand, negated=negated)
                return
            case ast.Compare(ops=[op]):
                other = _MOVED.get(type(op)) or (None if negated else _TURNED.get(type(op)))
                if other is not None:
                    text = f"{_shown(node)} -> {other.__name__}"
                    yield self._mutant(node, text, _item_setter(node.ops, 0, other()))
            case ast.comprehension():
                return
            case ast.Constant(value=bool() as value):
                text = f"{value} -> {not value}"
                yield self._mutant(node, text, _setter(node, "value", not value))
                return
            case ast.Attribute(value=ast.Name()):
                yield from self._member(node)
                return
            case ast.Name(id=name):
                yield from self._alias(node, self._names.get(name))
                return
            case ast.Call(func=ast.Name(id=name)) if name in _LEFT_OUT:
                yield self._mutant(node, f"{_shown(node)} left out", _left_out(node, name))
            case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
                if returned:
                    for each in list(elements):
                        text = f"{_shown(each)} dropped of {_shown(node)}"
                        yield self._mutant(each, text, _dropper(elements, each))
            case ast.Dict(keys=keys, values=values) if returned:
                for index, key in enumerate(keys):
                    named = "**" if key is None else _shown(key)
                    text = f"{named} dropped of {_shown(node)}"
                    yield self._mutant(values[index], text, _entry_dropper(node, index))
            case ast.Subscript(value=value, slice=place):
                yield from self._expression(value, returned=returned)
                yield from self._expression(place)
                return
            case _:
                pass
        for child in ast.iter_child_nodes(node):
            match child:
                case ast.comprehension(iter=source, ifs=conditions):
                    yield from self._expression(source, returned=returned)
                    for index, condition in enumerate(conditions):
                        turned = ast.copy_location(ast.UnaryOp(ast.Not(), condition), condition)
                        text = f"if {_shown(condition)} -> not"
                        yield self._mutant(condition, text, _item_setter(conditions, index, turned))
                        yield from self._expression(condition, negated=True)
                case ast.keyword(arg="sources"):
                    pass  # what is cited is no fact
                case ast.keyword(value=value):
                    yield from self._expression(value, returned=returned)
                case ast.expr():
                    yield from self._expression(child, returned=returned)
                case _:
                    pass

    def _member(self, node: ast.Attribute) -> Iterator[Mutant]:
        match node.value:
            case ast.Name(id=name):
                found = self._names.get(name)
                if isinstance(found, type) and issubclass(found, Enum):
                    member = found.__members__.get(node.attr)
                    if member is not None:
                        other = _next(member)
                        text = f"{_shown(node)} -> {other.name}"
                        yield self._mutant(node, text, _setter(node, "attr", other.name))
            case _:
                pass

    def _alias(self, node: ast.Name, value: object) -> Iterator[Mutant]:
        if isinstance(value, Enum):
            other = _next(value)
            yield self._mutant(node, f"{node.id} -> {other.name}", _renamed(node, value, other))

    def _negated(self, node: ast.AST, field: str) -> Mutant:
        test: ast.expr = getattr(node, field)
        turned = ast.copy_location(ast.UnaryOp(ast.Not(), test), test)
        return self._mutant(test, f"if {_shown(test)} -> not", _setter(node, field, turned))

    def _mutant(self, node: ast.expr | ast.pattern, text: str, apply: Callable[[], None]) -> Mutant:
        return Mutant(self._path, node.lineno, self._where, text, self._lines, apply)


def _next(member: Enum) -> Enum:
    members = list(type(member))
    return members[(members.index(member) + 1) % len(members)]


def _shown(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _setter(node: ast.AST, field: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, field, value)


def _item_setter(items: list[T], index: int, value: T) -> Callable[[], None]:
    def apply() -> None:
        items[index] = value

    return apply


def _dropper(items: list[T], item: T) -> Callable[[], None]:
    return lambda: items.remove(item)


def _entry_dropper(node: ast.Dict, index: int) -> Callable[[], None]:
    def apply() -> None:
        del node.keys[index], node.values[index]

    return apply


def _left_out(node: ast.Call, name: str) -> Callable[[], None]:
    def apply() -> None:
        node.func = ast.copy_location(ast.Name(_LEFT_OUT[name], ast.Load()), node.func)

    return apply


def _renamed(node: ast.Name, value: Enum, other: Enum) -> Callable[[], None]:
    def apply() -> None:
        node.id = f"_migsafe_{type(value).__name__}_{other.name}"

    return apply
