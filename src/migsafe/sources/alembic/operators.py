"""What operators make of values; and what expressions are called in the file."""

import ast
import operator
import os
from collections.abc import Callable

from migsafe.sources.alembic.constructs import compared
from migsafe.sources.alembic.plain import MANY, NotPlainError, compute, python_of, truth
from migsafe.sources.alembic.texts import concatenated, percent
from migsafe.sources.alembic.values import (
    Arguments,
    Class,
    EnumMember,
    FilePath,
    Items,
    Live,
    Moment,
    Pieces,
    SqlText,
    Unknown,
    Value,
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
        case ast.Add(), tuple(), tuple() if len(left) + len(right) <= MANY:
            return type(left)((*left, *right))
        case ast.Mult(), str() | tuple(), int() if right * len(left) <= MANY:
            return left * right if isinstance(left, str) else type(left)(left * right)
        case ast.Mod(), str() | Pieces(), _:
            return percent(left, right, source(node.right))
        case ast.BitOr(), Items(), Items():
            return Items((*left.items, *right.items))
        case ast.Div(), FilePath(path=path), str() | FilePath():
            below = right if isinstance(right, str) else right.path
            return FilePath(os.path.join(path, below))
        case ast.BitAnd() | ast.BitOr(), SqlText(), SqlText():
            word = "AND" if isinstance(node.op, ast.BitAnd) else "OR"
            return SqlText(f"({left.sql}) {word} ({right.sql})")
        case _:
            return _computed(node.op, left, right)


def comparison(left: Value, op: ast.cmpop, right: Value) -> Value:
    """Return whether a comparison holds; what an SQL construct makes of one is SQL."""
    if isinstance(op, (ast.Is, ast.IsNot)):
        same = _same(left, right)
        return same if isinstance(same, Unknown) else same is isinstance(op, ast.Is)
    if isinstance(left, SqlText):
        word = _OPERATORS.get(type(op))
        return Unknown("a comparison") if word is None else compared(left, word, right)
    try:
        return bool(_COMPARISONS[type(op)](python_of(left), python_of(right)))
    except NotPlainError as error:
        if isinstance(left, EnumMember) and isinstance(right, EnumMember):
            return (left == right) is isinstance(op, ast.Eq)
        return Unknown(str(error))
    except TypeError:
        return Unknown("what is compared is not known")


def _same(left: Value, right: Value) -> bool | Unknown:
    if left is None and right is None:
        return True
    for one in (left, right):
        if not isinstance(one, Pieces) and (why := reason(one)) is not None:
            return Unknown(why)
    return left == right if _is_plain(left) and _is_plain(right) else left is right


def _is_plain(value: Value) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, tuple, EnumMember, Class))


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
