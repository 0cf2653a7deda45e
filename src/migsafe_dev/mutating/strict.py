"""Mutants of judgements: what decides is forced, what is said is emptied.

A condition becomes True and False instead of its opposite, an operand of `and` and `or` is
left out (which an exchange of the two would only repeat), a pattern no longer asks for an
attribute, words and names are emptied, cases of a severity are exchanged, hazards, relations
and places are left out, numbers are moved by one.
"""

import ast
from collections.abc import Iterator
from types import ModuleType

from migsafe import rulebook
from migsafe_dev.mutating.mutants import Finder, Mutant, dropper, shown

_OPTIONAL = frozenset({"at", "hazards", "relations"})
"""What a finding may be made without."""


class Strict(Finder):
    """Finds what can be changed in a module that judges."""

    def __init__(self, path: str, tree: ast.Module, module: ModuleType) -> None:
        """Read a module; the page of its rule, if it has one, names the cases."""
        super().__init__(path, tree, module)
        self._cases = _other_cases(module.__name__.rpartition(".")[2].replace("_", "-"))
        self._answers = False

    def statements(self, body: list[ast.stmt], where: str, lines: range | None) -> Iterator[Mutant]:
        """Yield the mutants of statements; each of several findings is left out."""
        for statement in body:
            yield from super().statements([statement], where, lines)
            match statement:
                case ast.Expr(value=ast.Yield() | ast.YieldFrom() as said) if len(body) > 1:
                    self._reach(statement.lineno, statement.end_lineno)
                    text = f"{shown(said)} dropped"
                    yield self._mutant(statement, text, self._instead(statement, ast.Pass()))
                case _:
                    pass

    def _statement(self, node: ast.stmt, where: str) -> Iterator[Mutant]:
        match node:
            case ast.Raise() | ast.Assert():
                pass
            case ast.FunctionDef(returns=returns):
                before = self._answers
                self._answers = isinstance(returns, ast.Name) and returns.id == "bool"
                yield from super()._statement(node, where)
                self._answers = before
            case ast.Return(value=ast.expr() as value) if self._answers:
                self._reach(node.lineno, node.end_lineno)
                yield from self._condition(value)
            case _:
                yield from super()._statement(node, where)

    def _condition(self, test: ast.expr) -> Iterator[Mutant]:
        for value in _forced(test):
            text = f"if {shown(test)} -> {value}"
            yield self._mutant(test, text, self._instead(test, ast.Constant(value)))
        yield from self._expression(test, negated=True)

    def _operand(self, node: ast.BoolOp, index: int) -> Mutant:
        value = node.values[index]
        text = f"{shown(value)} dropped of {shown(node)}"
        neutral = ast.Constant(isinstance(node.op, ast.And))
        return self._mutant(value, text, self._instead(value, neutral))

    def _matters(self, node: ast.Match, case: ast.match_case) -> bool:
        # What comes last and does nothing is there for those who read.
        idle = all(isinstance(statement, ast.Pass) for statement in case.body)
        return not (idle and case is node.cases[-1])

    def _pattern(self, pattern: ast.pattern) -> Iterator[Mutant]:
        yield from super()._pattern(pattern)
        for node in ast.walk(pattern):
            match node:
                case ast.MatchClass(kwd_patterns=asked):
                    for each in asked:
                        if not _takes(each):
                            text = f"{shown(each)} is not asked for in {shown(node)}"
                            yield self._mutant(each, text, self._instead(each, _anything(each)))
                case ast.MatchValue(value=ast.Constant() as value):
                    yield from self._expression(value)
                case _:
                    pass

    def _expression(  # noqa: C901, PLR0912  # one case a kind of expression
        self, node: ast.expr, *, negated: bool = False, returned: bool = False
    ) -> Iterator[Mutant]:
        match node:
            case ast.Constant(value=bool() | None):
                yield from super()._expression(node, negated=negated, returned=returned)
            case ast.Constant(value=value):
                yield from self._constant(node, value)
            case ast.JoinedStr(values=parts):
                yield from self._words(node, parts)
            case ast.Compare() | ast.UnaryOp(op=ast.Not()) if not negated:
                yield from self._condition(node)
            case ast.GeneratorExp(elt=element, generators=loops) if negated:
                yield from self._condition(element)
                for loop in loops:
                    yield from self._expression(loop.iter)
                    for condition in loop.ifs:
                        yield from self._condition(condition)
            case ast.BinOp(left=left, right=right, op=op):
                # A chain of alternatives is a list.
                chain = isinstance(op, ast.BitOr) and isinstance(left, ast.BinOp)
                for side in (left,) if chain else (left, right):
                    text = f"{shown(node)} -> {shown(side)}"
                    yield self._mutant(side, text, self._instead(node, side))
                for side in (left, right):
                    yield from self._expression(side)
            case ast.Call(func=ast.Name(id="any" | "all"), args=[ast.GeneratorExp() as each]):
                yield from self._expression(each, negated=True)
            case ast.Subscript(value=value, slice=ast.Constant() | ast.UnaryOp() | ast.Tuple()):
                yield from self._expression(value)
            case ast.Tuple(elts=elements) if not returned:
                yield from self._classes(node, elements)
                yield from super()._expression(node)
            case _:
                if isinstance(node, ast.Call):
                    yield from self._left_out(node)
                yield from super()._expression(node, negated=negated, returned=returned)

    def _constant(self, node: ast.Constant, value: object) -> Iterator[Mutant]:
        match value:
            case str() if (other := self._cases.get(value)) not in {None, value}:
                text = f"{value!r} -> {other!r}"
                yield self._mutant(node, text, self._instead(node, ast.Constant(other)))
            case str() if value and value not in self._cases:
                text = f"{shown(node)} -> nothing"
                yield self._mutant(node, text, self._instead(node, ast.Constant("")))
            case int() | float():
                text = f"{value} -> {value + 1}"
                yield self._mutant(node, text, self._instead(node, ast.Constant(value + 1)))
            case _:
                pass

    def _words(self, node: ast.JoinedStr, parts: list[ast.expr]) -> Iterator[Mutant]:
        values = [part for part in parts if isinstance(part, ast.FormattedValue)]
        if len(values) < len(parts):
            text = f"only values of {shown(node)}"
            yield self._mutant(node, text, self._instead(node, ast.JoinedStr([*values])))
        for part in values:
            yield from self._expression(part.value)

    def _left_out(self, node: ast.Call) -> Iterator[Mutant]:
        match node.func:
            case ast.Attribute(attr="finding"):
                for keyword in node.keywords:
                    if keyword.arg in _OPTIONAL:
                        text = f"{keyword.arg}={shown(keyword.value)} left out"
                        yield self._mutant(node, text, dropper(node.keywords, keyword))
            case _:
                pass

    def _classes(self, node: ast.expr, elements: list[ast.expr]) -> Iterator[Mutant]:
        for each in elements if len(elements) > 1 else ():
            match each:
                case ast.Name(id=name) if isinstance(self._names.get(name), type):
                    text = f"{name} dropped of {shown(node)}"
                    yield self._mutant(each, text, dropper(elements, each))
                case _:
                    pass


def _forced(test: ast.expr) -> tuple[bool, ...]:
    """Return what a condition is made to be, leaving out what an operand left out shows."""
    match test:
        case ast.BoolOp(op=op):
            return (isinstance(op, ast.Or),)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return tuple(not value for value in _forced(operand))
        case ast.Constant():
            return ()
        case _:
            return (True, False)


def _takes(pattern: ast.pattern) -> bool:
    """Say whether what a pattern matches is named, beneath its top; or whether it asks nothing."""
    inner = pattern.pattern if isinstance(pattern, ast.MatchAs) else pattern
    return inner is None or any(
        isinstance(node, ast.MatchAs | ast.MatchStar) and node.name is not None
        for node in ast.walk(inner)
    )


def _anything(pattern: ast.pattern) -> ast.MatchAs:
    return ast.MatchAs(name=pattern.name if isinstance(pattern, ast.MatchAs) else None)


def _other_cases(rule_id: str) -> dict[str, str]:
    """Return for each case of a rule's page one of another severity."""
    if rule_id not in rulebook.ids():
        return {}
    severities = rulebook.rule(rule_id).severities
    return {
        case: next((other for other in severities if severities[other] != severity), case)
        for case, severity in severities.items()
    }
