"""Values that are plain Python data, and what Python's own functions make of them."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain, product
from math import prod
from uuid import UUID

from migsafe.model.pattern import pattern
from migsafe.sources.alembic.values import (
    Arguments,
    Distinct,
    EnumMember,
    Instance,
    Items,
    Listed,
    Moment,
    Stream,
    Unknown,
    Value,
    View,
    reason,
)

MANY = 10_000
"""How long a sequence is followed, and how large a number is that makes one."""
LONGEST = 2_000_000
"""How many characters a text has at most."""
_MOST_PARTS = 100_000
_MOST_BITS = 10_000
_MOST_DIGITS = 1_000
_WIDE = pattern(r"\d{5,}")


NOT_SENT = "a text holds a character that no server takes"


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
        case Distinct():
            try:
                return {python_of(each) for each in value}
            except TypeError as error:
                raise NotPlainError("a member of a set is not known") from error
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


def is_sent(text: str) -> bool:
    """Return whether a text can reach a server: no NUL, no half of a surrogate pair."""
    if "\0" in text:
        return False
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def value_of(given: object) -> Value:  # noqa: C901, PLR0912 - a table
    """Return Python's own data as a value.

    Raises:
        NotPlainError: If it is something else.
    """
    match given:
        case None | bool() | float():
            return given
        case int() if given.bit_length() <= _MOST_BITS:
            return given
        case str() if not is_sent(given):
            raise NotPlainError(NOT_SENT)
        case str() | bytes() if len(given) <= LONGEST:
            return given
        case list() | set() | frozenset() | tuple() | dict() if len(given) > MANY:
            raise NotPlainError("a list is too long")
        case set() | frozenset():
            return Distinct(value_of(each) for each in given)
        case list():
            return Listed(value_of(each) for each in given)
        case tuple():
            return tuple([value_of(each) for each in given])
        case Decimal() if not _is_small(given):
            raise NotPlainError("a number is too large")
        case date() | time() | timedelta() | Decimal() | UUID():
            return Moment(given)
        case dict():
            return Items(tuple((value_of(key), value_of(item)) for key, item in given.items()))
        case int() | str() | bytes():
            raise NotPlainError("a value is too large")
        case _:
            raise NotPlainError("a value is no plain data")


def _is_small(number: Decimal) -> bool:
    """Return whether a decimal number has few digits, before and after the point."""
    digits = number.as_tuple()
    return (
        isinstance(digits.exponent, int)
        and abs(digits.exponent) <= _MOST_DIGITS
        and len(digits.digits) <= _MOST_DIGITS
    )


def size(value: Value) -> int:
    """Return how much there is of a value; what is found in two places counts twice.

    Nothing is counted beyond the largest size that is followed.
    """
    if isinstance(value, str):
        return len(value) // 100
    if not isinstance(value, (tuple, Items)):
        return 0
    counted = 0
    pending: list[Value] = [value]
    while pending and counted <= _MOST_PARTS:
        parts = parts_of(pending.pop())
        counted += len(parts) + 1
        pending += [part for part in parts if isinstance(part, (tuple, Items))]
    return counted


def parts_of(value: Value) -> tuple[Value, ...]:
    """Return what a list, a dictionary or an object holds; nothing of any other value."""
    match value:
        case Instance(attributes=items):
            return tuple(each for _, each in items)
        case Items(items=items):
            return tuple(chain.from_iterable(items))
        case tuple():
            return value
        case _:
            return ()


def is_too_large(size_: int) -> bool:
    """Return whether there is more of a value than is followed."""
    return size_ > _MOST_PARTS


_SCALAR = (str, int, float, bytes, type(None))


def equal(left: Value, right: Value) -> bool | None:
    """Return whether two values are equal for Python, None if that is not known."""
    if isinstance(left, _SCALAR) and isinstance(right, _SCALAR):
        return left == right
    if isinstance(left, EnumMember) and isinstance(right, EnumMember):
        return left == right if left.of == right.of and not left.is_text else None
    try:
        return python_of(left) == python_of(right)
    except NotPlainError:
        return None


def position(values: Sequence[Value], wanted: Value) -> int | None:
    """Return where a value stands first in a sequence, -1 if nowhere, None if unknown."""
    for at, each in enumerate(values):
        same = equal(each, wanted)
        if same is None:
            return None
        if same:
            return at
    return -1


def same(left: Value, right: Value) -> bool:
    """Return whether two values are alike in all that can be asked of them.

    Two objects that change are not alike: somebody else may hold one of them.
    """
    if left is right:
        return True
    if isinstance(left, (Listed, Items, Instance)):
        return False
    if isinstance(left, _SCALAR) or isinstance(right, _SCALAR):
        return type(left) is type(right) and left == right
    if isinstance(left, tuple) and isinstance(right, tuple):
        return type(left) is type(right) and len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


def dictionary(pairs: Iterable[tuple[Value, Value]]) -> Items:
    """Return a dictionary: of equal keys the first decides the place, the last the value."""
    found: dict[object, tuple[Value, Value]] = {}
    for key, value in pairs:
        name = _key(key)
        found[name] = (found[name][0], value) if name in found else (key, value)
    return Items(tuple(found.values()))


def _key(value: Value) -> object:
    if isinstance(value, _SCALAR):
        return value
    try:
        key = python_of(value)
        hash(key)
    except (NotPlainError, TypeError):
        # It may be any of the others: whoever asks for one finds it in the way.
        return object()
    return key


def has_known_keys(held: Items) -> bool:
    """Return whether each key is known, so that it is known which there are."""
    return len(held.items) == 1 or all(
        isinstance(key, (*_SCALAR, EnumMember, Moment)) or _is_plain(key) for key, _ in held.items
    )


def sequence_of(value: Value) -> tuple[Value, ...] | None:
    """Return what a loop over a value goes through, None if that is not known."""
    match value:
        case tuple():
            return value
        case Items(items=items):
            return tuple(key for key, _ in items) if has_known_keys(value) else None
        case str() if len(value) <= MANY:
            return tuple(value)
        case _:
            return None


def is_shown_as_held(value: Value) -> bool:
    """Return whether a value looks in a text like the plain data that it is held as."""
    match value:
        case EnumMember() | Distinct() | Stream() | View():
            return False
        case tuple():
            return all(is_shown_as_held(each) for each in value)
        case Items(items=items):
            return all(is_shown_as_held(pair) for pair in items)
        case _:
            return True


def ordered(value: Value) -> tuple[Value, ...] | None:
    """Return what a loop over a value goes through, None if that or its order is not known."""
    if isinstance(value, Distinct) and len(value) > 1:
        return None
    return sequence_of(value)


def truth(value: Value) -> bool | None:
    """Return whether a condition holds, None if that is not known."""
    match value:
        case Stream():
            return True
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


def distinct(values: tuple[Value, ...]) -> Value:
    """Return a set: each value once, in the order of the file."""
    made = dictionary((value, None) for value in values)
    if not has_known_keys(made):
        return Unknown("a member of a set is not known")
    return Distinct(key for key, _ in made.items)


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
    if name in _SHOWING and not all(is_shown_as_held(each) for each in arguments.positional):
        return Unknown("how a value is shown is not known")
    if name in _PICKING and any(_holds_objects(each) for each in arguments.positional):
        return Unknown("an object is picked in a way that is not followed")
    return compute(computed, arguments)


def _holds_objects(value: Value) -> bool:
    """Return whether a list holds what is an object of its own."""
    return isinstance(value, (tuple, Items)) and any(
        isinstance(each, (Listed, Items)) for each in sequence_of(value) or ()
    )


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
    except RecursionError:
        return Unknown("a value is nested too deep")
    except (
        *(TypeError, ValueError, LookupError, ArithmeticError, AttributeError),
        # A hostile argument may ask for any amount of memory.
        MemoryError,
    ):
        return Unknown("a value cannot be computed")


def _copied(
    make: Callable[[tuple[Value, ...]], Value],
    goes_through: Callable[[Value], tuple[Value, ...] | None],
) -> Callable[[Arguments], Value]:
    def copy(arguments: Arguments) -> Value:
        if not arguments.positional:
            return make(())
        first = arguments.positional[0]
        sequence = goes_through(first)
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
        case tuple() if ordered(given) is not None:
            for pair in given:
                if not isinstance(pair, tuple) or len(pair) != 2:  # noqa: PLR2004 - a pair
                    return Unknown("what a dictionary is made of is not known")
                items.append((pair[0], pair[1]))
        case _:
            return Unknown(reason(given) or "what a dictionary is made of is not known")
    items.extend(arguments.keywords)
    return dictionary(items)


def _sequences(arguments: Arguments) -> list[tuple[Value, ...]] | Unknown:
    found = []
    for each in arguments.positional:
        sequence = ordered(each)
        if sequence is None:
            return Unknown(reason(each) or "what is gone through is not known")
        found.append(sequence)
    return found


def _zip(arguments: Arguments) -> Value:
    sequences = _sequences(arguments)
    if isinstance(sequences, Unknown):
        return sequences
    strict = truth(arguments.keyword("strict"))
    if strict is None or (strict and len({len(each) for each in sequences}) > 1):
        return Unknown("lists of 'zip' differ in length")
    return Stream(zip(*sequences, strict=False))


def _chain(arguments: Arguments) -> Value:
    sequences = _sequences(arguments)
    if isinstance(sequences, Unknown):
        return sequences
    if sum(map(len, sequences)) > MANY:
        return Unknown("a list is too long")
    return Stream(chain(*sequences))


def _product(arguments: Arguments) -> Value:
    sequences = _sequences(arguments)
    if isinstance(sequences, Unknown):
        return sequences
    if arguments.has("repeat"):
        return Unknown("a product with 'repeat' is not read")
    if prod(len(each) for each in sequences) > MANY:
        return Unknown("a product is too long")
    return Stream(product(*sequences))


def _enumerate(arguments: Arguments) -> Value:
    sequence = ordered(arguments.at(0))
    start = arguments.at(1) if len(arguments.positional) > 1 else arguments.keyword("start", 0)
    if sequence is None or not isinstance(start, int):
        return Unknown(reason(arguments.at(0)) or "what is counted is not known")
    return Stream((start + index, each) for index, each in enumerate(sequence))


def _reversed(arguments: Arguments) -> Value:
    sequence = ordered(arguments.at(0))
    if sequence is None:
        return Unknown(reason(arguments.at(0)) or "what is reversed is not known")
    return Stream(reversed(sequence))


def _len(arguments: Arguments) -> Value:
    given = arguments.at(0)
    if isinstance(given, (str, bytes)):
        return len(given)
    sequence = None if isinstance(given, Stream) else sequence_of(given)
    if sequence is None:
        return Unknown(reason(given) or "a length is not known")
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


def _range(arguments: Arguments) -> Value:
    numbers = arguments.positional
    for each in numbers:
        if not isinstance(each, int):
            return Unknown(reason(each) or "what is counted is not known")
    try:
        counted = range(*numbers)  # type: ignore[arg-type]  # whole numbers
    except (TypeError, ValueError):
        return Unknown("what is counted is not known")
    # Its length may be more than `len` can tell.
    return View(counted) if not counted[MANY:] else Unknown("a list is too long")


def _iter(arguments: Arguments) -> Value:
    first = arguments.at(0)
    sequence = ordered(first)
    if len(arguments.positional) != 1 or sequence is None:
        return Unknown(reason(first) or "what is gone through is not known")
    return first if isinstance(first, Stream) else Stream(sequence)


def _bytes(given: str | list[int] | int = (), *coding: str) -> bytes:  # type: ignore[assignment]
    if isinstance(given, int):
        # So many zeros.
        raise TypeError
    return bytes(given, *coding)


def _format(value: object, spec: str = "") -> str:
    return format(value, checked_spec(spec))


def checked_spec(spec: str) -> str:
    """Return the specification of a format.

    Raises:
        ValueError: If it makes a text that is too wide.
    """
    if _WIDE.search(spec) or not spec.isascii():
        raise ValueError
    return spec


def _round(number: object, digits: int | None = None) -> object:
    if digits is not None and abs(digits) > _MOST_DIGITS:
        raise ValueError
    return round(number, digits)  # type: ignore[call-overload]  # a TypeError is caught


def _sum(values: object, start: object = 0) -> object:
    if not isinstance(start, (int, float, Decimal, timedelta)):
        raise TypeError
    return sum(values, start)  # type: ignore[call-overload]  # a TypeError is caught


def _dumps(value: object, **options: object) -> str:
    for each in (options.get("indent"), *_listed(options.get("separators"))):
        if not (each is None or (isinstance(each, int) and each <= _MOST_INDENT)):
            if isinstance(each, str) and len(each) <= _MOST_INDENT:
                continue
            raise ValueError
    if isinstance(value, (set, frozenset)):
        raise TypeError
    return json.dumps(value, **options)  # type: ignore[arg-type]  # a TypeError is caught


def _listed(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else ()


def _decimal(value: object = "0") -> Decimal:
    return Decimal(value)  # type: ignore[arg-type]  # a TypeError is caught


_MOST_INDENT = 16
_SHOWING = frozenset({"str", "repr", "format"})
_PICKING = frozenset({"sorted", "min", "max"})
_STRUCTURAL: dict[str, Callable[[Arguments], Value]] = {
    "list": _copied(Listed, ordered),
    "tuple": _copied(tuple, ordered),
    "set": _copied(distinct, sequence_of),
    "frozenset": _copied(distinct, sequence_of),
    "dict": _dict,
    "iter": _iter,
    "range": _range,
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
    "round": _round,
    "min": min,
    "max": max,
    "sum": _sum,
    "sorted": sorted,
    "chr": chr,
    "ord": ord,
    "format": _format,
    "bytes": _bytes,
    "divmod": divmod,
}
LIBRARY: dict[str, Callable[..., object]] = {
    "json.dumps": _dumps,
    "json.loads": json.loads,
    "datetime.date": date,
    "datetime.date.fromisoformat": date.fromisoformat,
    "datetime.datetime": datetime,
    "datetime.datetime.fromisoformat": datetime.fromisoformat,
    "datetime.datetime.strptime": datetime.strptime,
    "datetime.time": time,
    "datetime.timedelta": timedelta,
    "decimal.Decimal": _decimal,
    "uuid.UUID": UUID,
}
"""Functions of the standard library that only compute."""
