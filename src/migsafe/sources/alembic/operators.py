"""What operators make of values; and what expressions are called in the file."""

import ast
import operator
import os
from collections.abc import Callable

from migsafe.sources.alembic.constructs import compared
from migsafe.sources.alembic.plain import (
    MANY,
    NotPlainError,
    compute,
    dictionary,
    equal,
    python_of,
    size,
    truth,
)
from migsafe.sources.alembic.texts import concatenated, percent
from migsafe.sources.alembic.values import (
    Arguments,
    Class,
    Distinct,
    EnumMember,
    FilePath,
    Instance,
    Items,
    Listed,
    Live,
    Moment,
    Pieces,
    SqlText,
    Stream,
    Unknown,
    Value,
    View,
    reason,
)

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


def unary(op: ast.unaryop, operand: Value) -> Value:
    """Return what an operator makes of one value."""
    match op, operand:
        case ast.UAdd(), int() | float():
            return +operand
        case ast.Not(), _:
            said = truth(operand)
            return Unknown(reason(operand) or "a condition") if said is None else not said
        case ast.USub(), int() | float():
            return -operand
        case ast.Invert(), SqlText():
            return SqlText(f"NOT ({operand.sql})")
        case _:
            return Unknown(reason(operand) or "an operator is not read")


def binary(node: ast.BinOp, left: Value, right: Value) -> Value:
    """Return what an operator makes of two values."""
    match node.op, left, right:
        case ast.Add(), str() | Pieces(), str() | Pieces() | Unknown() | Live() | EnumMember():
            return concatenated(((left, source(node.left)), (right, source(node.right))))
        case ast.Add(), Unknown() | Live(), str() | Pieces():
            return concatenated(((left, source(node.left)), (right, source(node.right))))
        case ast.Add(), tuple(), tuple() if (
            type(left) is type(right) in {tuple, Listed} and len(left) + len(right) <= MANY
        ):
            return Listed((*left, *right)) if isinstance(left, Listed) else (*left, *right)
        case ast.Mult(), str() | tuple(), int() if _is_short(left, right):
            return _repeated(left, right)
        case ast.Mult(), int(), str() | tuple() if _is_short(right, left):
            return _repeated(right, left)
        case ast.Mod(), str() | Pieces(), _:
            return percent(left, right, source(node.right))
        case ast.BitOr(), Items(), Items():
            return dictionary((*left.items, *right.items))
        case ast.Div(), FilePath(path=path), str() | FilePath():
            below = right if isinstance(right, str) else right.path
            return FilePath(os.path.join(path, below))
        case ast.BitAnd() | ast.BitOr(), SqlText(), SqlText():
            word = "AND" if isinstance(node.op, ast.BitAnd) else "OR"
            return SqlText(f"({left.sql}) {word} ({right.sql})")
        case _:
            return _computed(node.op, left, right)


def _is_short(value: str | tuple[Value, ...], times: int) -> bool:
    return times * max(size(value), len(value)) <= MANY and not isinstance(
        value, (Distinct, Stream, View)
    )


def _repeated(value: str | tuple[Value, ...], times: int) -> Value:
    return Listed(tuple(value) * times) if isinstance(value, Listed) else value * times


def comparison(left: Value, op: ast.cmpop, right: Value) -> Value:
    """Return whether a comparison holds; what an SQL construct makes of one is SQL."""
    if isinstance(op, (ast.Is, ast.IsNot)):
        same = _same(left, right)
        return same if isinstance(same, Unknown) else same is isinstance(op, ast.Is)
    if isinstance(left, SqlText):
        word = _OPERATORS.get(type(op))
        return Unknown("a comparison") if word is None else compared(left, word, right)
    if isinstance(op, (ast.In, ast.NotIn)) and isinstance(right, (tuple, Items)):
        return _is_in(left, op, right)
    if isinstance(left, EnumMember) and isinstance(right, EnumMember):
        alike = equal(left, right)
        if alike is None or not isinstance(op, (ast.Eq, ast.NotEq)):
            return Unknown("how members of an enum compare is not known")
        return alike is isinstance(op, ast.Eq)
    if isinstance(left, (Stream, View)) or isinstance(right, (Stream, View)):
        return Unknown("what can only be gone through is compared")
    try:
        return bool(_COMPARISONS[type(op)](python_of(left), python_of(right)))
    except NotPlainError as error:
        return Unknown(str(error))
    except RecursionError:
        return Unknown("a value is nested too deep")
    except TypeError:
        return Unknown("what is compared is not known")


def _is_in(left: Value, op: ast.In | ast.NotIn, right: tuple[Value, ...] | Items) -> Value:
    members = tuple(key for key, _ in right.items) if isinstance(right, Items) else right
    equals = [equal(left, each) for each in members]
    if True in equals:
        return isinstance(op, ast.In)
    if None in equals:
        whys = [why for each in (left, *members) if (why := reason(each)) is not None]
        return Unknown(whys[0] if whys else "what is compared is not known")
    return isinstance(op, ast.NotIn)


def _same(left: Value, right: Value) -> bool | Unknown:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Pieces):
            continue
        if (why := reason(one)) is not None:
            return Unknown(why)
        if one is None or isinstance(one, bool):
            return one is other
    if isinstance(left, (EnumMember, Class)):
        return left == right
    if isinstance(left, (Listed, Items, Instance)) or type(left) is not type(right):
        return left is right
    # Whether equal numbers, texts and tuples are one object is up to Python.
    return Unknown("whether two values are one object is not known")


def _computed(op: ast.operator, left: Value, right: Value) -> Value:
    for side in (left, right):
        if (why := reason(side)) is not None:
            return Unknown(why)
    function = _ARITHMETIC.get(type(op))
    numbers = isinstance(left, (int, float, Moment)) and isinstance(right, (int, float, Moment))
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
