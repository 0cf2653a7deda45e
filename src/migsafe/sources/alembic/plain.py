"""Values that are plain Python data, and what Python's own functions make of them."""

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain, product
from math import prod
from uuid import UUID

from migsafe.sources.alembic.values import (
    Arguments,
    EnumMember,
    Items,
    Listed,
    Moment,
    Unknown,
    Value,
    reason,
)

MANY = 10_000
"""How long a sequence is followed, and how large a number is that makes one."""


class NotPlainError(Exception):
    """Raised where a value is no plain data."""


def python_of(value: Value) -> object:
    """Return a value as Python's own data.

    Raises:
        NotPlainError: If it, or a part of it, is something else or not known.
    """
    match value:
        case None | bool() | int() | float() | str() | bytes():
            return value
        case Listed():
            return [python_of(each) for each in value]
        case tuple():
            return tuple([python_of(each) for each in value])
        case Items(items=items):
            try:
                return {python_of(key): python_of(item) for key, item in items}
            except TypeError as error:
                raise NotPlainError("a key of a dictionary is not known") from error
        case EnumMember(value=inner, is_text=True):
            return python_of(inner)
        case Moment(held=held):
            return held
        case _:
            raise NotPlainError(reason(value) or "a value is no plain data")


def value_of(given: object) -> Value:
    """Return Python's own data as a value.

    Raises:
        NotPlainError: If it is something else.
    """
    match given:
        case None | bool() | int() | float() | str() | bytes():
            return given
        case list() | set() | frozenset():
            return Listed(value_of(each) for each in given)
        case tuple():
            return tuple([value_of(each) for each in given])
        case date() | time() | timedelta() | Decimal() | UUID():
            return Moment(given)
        case dict():
            return Items(tuple((value_of(key), value_of(item)) for key, item in given.items()))
        case _:
            raise NotPlainError("a value is no plain data")


def sequence_of(value: Value) -> tuple[Value, ...] | None:
    """Return what a loop over a value goes through, None if that is not known."""
    match value:
        case tuple():
            return value
        case Items(items=items):
            return tuple(key for key, _ in items)
        case str():
            return tuple(value)
        case _:
            return None


def truth(value: Value) -> bool | None:
    """Return whether a condition holds, None if that is not known."""
    match value:
        case None | bool() | int() | float() | str() | bytes() | tuple():
            return bool(value)
        case Items(items=items):
            return bool(items)
        case Moment(held=held):
            return bool(held)
        case EnumMember():
            return True
        case _:
            return None


def distinct(values: tuple[Value, ...]) -> Listed:
    """Return a set: each value once, in the order of the file."""
    found: list[Value] = []
    for value in values:
        if value not in found:
            found.append(value)
    return Listed(found)


def builtin(name: str, arguments: Arguments) -> "Value | None":
    """Return what a built-in function makes of known values; None if it is not read here."""
    if arguments.unknown is not None:
        return Unknown(arguments.unknown)
    structural = _STRUCTURAL.get(name)
    if structural is not None:
        return structural(arguments)
    computed = _COMPUTED.get(name)
    if computed is None or arguments.has("key"):
        return None
    if name in {"str", "sorted"} and not all(_is_plain(each) for each in arguments.positional):
        # Texts of paths, the order of enums: others know.
        return None
    return compute(computed, arguments)


def _is_plain(value: Value) -> bool:
    try:
        python_of(value)
    except NotPlainError:
        return False
    return True


def compute(function: Callable[..., object], arguments: Arguments) -> Value:
    """Return what a function without side effects makes of plain data."""
    try:
        positional = [python_of(each) for each in arguments.positional]
        named = {key: python_of(each) for key, each in arguments.keywords}
        return value_of(function(*positional, **named))
    except NotPlainError as error:
        return Unknown(str(error))
    except (TypeError, ValueError, KeyError, IndexError, OverflowError, ArithmeticError):
        return Unknown("a value cannot be computed")


def _copied(make: Callable[[tuple[Value, ...]], Value]) -> Callable[[Arguments], Value]:
    def copy(arguments: Arguments) -> Value:
        if not arguments.positional:
            return make(())
        first = arguments.positional[0]
        sequence = sequence_of(first)
        if sequence is None:
            return Unknown(reason(first) or "what a list is made of is not known")
        return make(sequence)

    return copy


def _dict(arguments: Arguments) -> Value:
    given = arguments.at(0)
    items: list[tuple[Value, Value]] = []
    match given:
        case None:
            pass
        case Items():
            items.extend(given.items)
        case tuple():
            for pair in given:
                if not isinstance(pair, tuple) or len(pair) != 2:  # noqa: PLR2004 - a pair
                    return Unknown("what a dictionary is made of is not known")
                items.append((pair[0], pair[1]))
        case _:
            return Unknown(reason(given) or "what a dictionary is made of is not known")
    items.extend(arguments.keywords)
    return Items(tuple(dict(_last_of_each(items)).values()))


def _last_of_each(items: list[tuple[Value, Value]]) -> list[tuple[Value, tuple[Value, Value]]]:
    return [(key, (key, item)) for key, item in items]


def _sequences(arguments: Arguments) -> list[tuple[Value, ...]] | Unknown:
    found = []
    for each in arguments.positional:
        sequence = sequence_of(each)
        if sequence is None:
            return Unknown(reason(each) or "what is gone through is not known")
        found.append(sequence)
    return found


def _zip(arguments: Arguments) -> Value:
    sequences = _sequences(arguments)
    if isinstance(sequences, Unknown):
        return sequences
    return tuple(zip(*sequences, strict=False))


def _chain(arguments: Arguments) -> Value:
    sequences = _sequences(arguments)
    if isinstance(sequences, Unknown):
        return sequences
    return tuple(chain(*sequences))


def _product(arguments: Arguments) -> Value:
    sequences = _sequences(arguments)
    if isinstance(sequences, Unknown):
        return sequences
    if prod(len(each) for each in sequences) > MANY:
        return Unknown("a product is too long")
    return tuple(product(*sequences))


def _enumerate(arguments: Arguments) -> Value:
    sequence = sequence_of(arguments.at(0))
    start = arguments.at(1) if len(arguments.positional) > 1 else arguments.keyword("start", 0)
    if sequence is None or not isinstance(start, int):
        return Unknown(reason(arguments.at(0)) or "what is counted is not known")
    return tuple((start + index, each) for index, each in enumerate(sequence))


def _reversed(arguments: Arguments) -> Value:
    sequence = sequence_of(arguments.at(0))
    if sequence is None:
        return Unknown(reason(arguments.at(0)) or "what is reversed is not known")
    return tuple(reversed(sequence))


def _len(arguments: Arguments) -> Value:
    sequence = sequence_of(arguments.at(0))
    if sequence is None:
        return Unknown(reason(arguments.at(0)) or "a length is not known")
    return len(sequence)


def _any(arguments: Arguments, *, wanted: bool) -> Value:
    sequence = sequence_of(arguments.at(0))
    if sequence is None:
        return Unknown(reason(arguments.at(0)) or "a condition is not known")
    truths = [truth(each) for each in sequence]
    if wanted in truths:
        return wanted
    if None in truths:
        return Unknown("a condition is not known")
    return not wanted


def _range(*numbers: int) -> tuple[int, ...]:
    counted = range(*numbers)
    if len(counted) > MANY:
        raise ValueError
    return tuple(counted)


_STRUCTURAL: dict[str, Callable[[Arguments], Value]] = {
    "list": _copied(Listed),
    "tuple": _copied(tuple),
    "iter": _copied(tuple),
    "set": _copied(distinct),
    "frozenset": _copied(distinct),
    "dict": _dict,
    "zip": _zip,
    "enumerate": _enumerate,
    "reversed": _reversed,
    "len": _len,
    "any": lambda arguments: _any(arguments, wanted=True),
    "all": lambda arguments: _any(arguments, wanted=False),
    "chain": _chain,
    "product": _product,
}
_COMPUTED: dict[str, Callable[..., object]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "repr": repr,
    "abs": abs,
    "round": round,
    "min": min,
    "max": max,
    "sum": sum,
    "sorted": sorted,
    "range": _range,
    "chr": chr,
    "ord": ord,
    "format": format,
    "bytes": bytes,
    "divmod": divmod,
}
LIBRARY: dict[str, Callable[..., object]] = {
    "json.dumps": json.dumps,
    "json.loads": json.loads,
    "datetime.date": date,
    "datetime.date.fromisoformat": date.fromisoformat,
    "datetime.datetime": datetime,
    "datetime.datetime.fromisoformat": datetime.fromisoformat,
    "datetime.datetime.strptime": datetime.strptime,
    "datetime.time": time,
    "datetime.timedelta": timedelta,
    "decimal.Decimal": Decimal,
    "uuid.UUID": UUID,
}
"""Functions of the standard library that only compute."""
