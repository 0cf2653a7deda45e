"""The mutants of a module: one small wrong change each.

Conditions and operands of `and` and `or` are negated, comparisons turned or moved by one,
members of enums replaced by the next one, failures and undos left out, elements of what is
returned and cases of a `match` dropped, True and False exchanged. `strict` makes other ones
of some of these, and more.
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


def mutants(
    path: str, tree: ast.Module, module: ModuleType, finder: "type[Finder]"
) -> Iterator[Mutant]:
    """Yield the mutants of a module, in the order of its text."""
    seen: dict[str, int] = {}
    for mutant in finder(path, tree, module).statements(tree.body, "module", None):
        count = seen[mutant.key] = seen.get(mutant.key, 0) + 1
        if count > 1:
            text = f"{mutant.text} ({count})"
            yield Mutant(mutant.path, mutant.line, mutant.where, text, mutant.lines, mutant.apply)
        else:
            yield mutant


class Finder:
    """Finds what can be changed, statement by statement."""

    def __init__(self, path: str, tree: ast.Module, module: ModuleType) -> None:
        """Read a module, of which `tree` is the source."""
        self._path = path
        self._tree = tree
        self._names = vars(module)
        self._where = ""
        self._lines: range | None = None
        self._inside = False

    def statements(self, body: list[ast.stmt], where: str, lines: range | None) -> Iterator[Mutant]:
        """Yield the mutants of statements that stand one after the other."""
        for statement in body:
            self._where, self._lines = where, lines
            yield from self._statement(statement, where)

    def _statement(  # noqa: C901, PLR0912  # one case a kind of statement
        self, node: ast.stmt, where: str
    ) -> Iterator[Mutant]:
        match node:
            case ast.FunctionDef(name=name, args=arguments, body=body):
                for default in (*arguments.defaults, *arguments.kw_defaults):
                    if default is not None:
                        yield from self._expression(default)
                within, self._inside = self._inside, True
                where = name if where == "module" else where
                yield from self.statements(body, where, range(0))
                self._inside = within
            case ast.ClassDef(name=name, body=body):
                yield from self.statements(body, name, None)
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                return
            case ast.If(test=test) | ast.While(test=test):
                self._reach(node.lineno, test.end_lineno)
                yield from self._condition(test)
                yield from self.statements(node.body, where, self._lines)
                yield from self.statements(node.orelse, where, self._lines)
            case ast.For(target=target, iter=source):
                self._reach(target.lineno, source.end_lineno)
                yield from self._expression(source)
                yield from self.statements(node.body, where, self._lines)
                yield from self.statements(node.orelse, where, self._lines)
            case ast.Match():
                yield from self._match(node, where)
            case ast.With(body=body) | ast.Try(body=body):
                yield from self.statements(body, where, self._lines)
            case ast.AnnAssign(value=value):
                self._reach(node.lineno, node.end_lineno)
                if value is not None:
                    yield from self._expression(value)
            case _:
                self._reach(node.lineno, node.end_lineno)
                returned = isinstance(node, ast.Return) or (
                    isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield)
                )
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        yield from self._expression(child, returned=returned)

    def _reach(self, first: int, last: int | None) -> None:
        self._lines = range(first, (last or first) + 1) if self._inside else None

    # --- match ------------------------------------------------------------------------

    def _match(self, node: ast.Match, where: str) -> Iterator[Mutant]:
        self._reach(node.lineno, node.subject.end_lineno)
        asked = self._lines
        yield from self._expression(node.subject)
        for case in list(node.cases):
            if not self._matters(node, case):
                continue
            any_other = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
            if not any_other and len(node.cases) > 1:
                # Who does not come here does not miss it.
                first, last = case.body[0], case.body[-1]
                self._reach(first.lineno, last.end_lineno)
                yield self._mutant(
                    case.pattern,
                    f"case {shown(case.pattern)} dropped",
                    dropper(node.cases, case),
                )
            self._lines = asked
            yield from self._pattern(case.pattern)
            if case.guard is not None:
                yield from self._condition(case.guard)
            yield from self.statements(case.body, where, None)

    def _matters(self, node: ast.Match, case: ast.match_case) -> bool:
        del node, case
        return True

    def _pattern(self, pattern: ast.pattern) -> Iterator[Mutant]:
        for node in ast.walk(pattern):
            match node:
                case ast.MatchOr(patterns=patterns):
                    for index, each in enumerate(patterns):
                        # A lone alternative is no alternative: a neighbour stands in its place.
                        apply = _item_setter(patterns, index, patterns[index - 1])
                        yield self._mutant(each, f"| {shown(each)} dropped", apply)
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
                yield from self._condition(node.test)
                yield from self._expression(node.body, returned=returned)
                yield from self._expression(node.orelse, returned=returned)
                return
            case ast.BoolOp(values=values):
                for index, value in enumerate(values):
                    if isinstance(value, ast.Constant):
                        continue  # what stands in for nothing
                    yield self._operand(node, index)
                    yield from self._expression(value, negated=True)
                return
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield from self._expression(operand, negated=negated)
                return
            case ast.Compare(ops=[op]):
                other = _MOVED.get(type(op)) or (None if negated else _TURNED.get(type(op)))
                if other is not None:
                    text = f"{shown(node)} -> {other.__name__}"
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
                yield self._mutant(node, f"{shown(node)} left out", _left_out(node, name))
            case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
                if returned:
                    for each in list(elements):
                        text = f"{shown(each)} dropped of {shown(node)}"
                        yield self._mutant(each, text, dropper(elements, each))
            case ast.Dict(keys=keys, values=values) if returned:
                for index, key in enumerate(keys):
                    named = "**" if key is None else shown(key)
                    text = f"{named} dropped of {shown(node)}"
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
                    for condition in conditions:
                        yield from self._condition(condition)
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
                        text = f"{shown(node)} -> {other.name}"
                        yield self._mutant(node, text, _setter(node, "attr", other.name))
            case _:
                pass

    def _alias(self, node: ast.Name, value: object) -> Iterator[Mutant]:
        if isinstance(value, Enum):
            other = _next(value)
            yield self._mutant(node, f"{node.id} -> {other.name}", _renamed(node, value, other))

    # --- what decides ------------------------------------------------------------------

    def _condition(self, test: ast.expr) -> Iterator[Mutant]:
        yield self._mutant(test, f"if {shown(test)} -> not", self._instead(test, _turned(test)))
        yield from self._expression(test, negated=True)

    def _operand(self, node: ast.BoolOp, index: int) -> Mutant:
        value = node.values[index]
        text = f"{shown(value)} -> not, in {shown(node)}"
        return self._mutant(value, text, self._instead(value, _turned(value)))

    def _instead(self, node: ast.AST, other: ast.AST) -> Callable[[], None]:
        """Return what puts another node in the place of one of the tree."""

        def apply() -> None:
            ast.copy_location(other, node)
            for parent in ast.walk(self._tree):
                for field, value in ast.iter_fields(parent):
                    if value is node:
                        setattr(parent, field, other)
                    elif isinstance(value, list):
                        value[:] = [other if item is node else item for item in value]

        return apply

    def _mutant(
        self, node: ast.expr | ast.pattern | ast.stmt, text: str, apply: Callable[[], None]
    ) -> Mutant:
        return Mutant(self._path, node.lineno, self._where, text, self._lines, apply)


def _next(member: Enum) -> Enum:
    members = list(type(member))
    return members[(members.index(member) + 1) % len(members)]


def shown(node: ast.AST) -> str:
    """Return the text of a node, a long one cut."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _turned(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _setter(node: ast.AST, field: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, field, value)


def _item_setter(items: list[T], index: int, value: T) -> Callable[[], None]:
    def apply() -> None:
        items[index] = value

    return apply


def dropper(items: list[T], item: T) -> Callable[[], None]:
    """Return what takes an item out of a list."""
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
