"""What reaches the database: `op`, a connection, and whatever holds one of them."""

from collections.abc import Sequence
from itertools import chain
from types import NoneType

from migsafe.sources.alembic.values import (
    Arguments,
    Batch,
    Bound,
    Choice,
    Class,
    Dotted,
    Function,
    Instance,
    Items,
    Live,
    LiveKind,
    Method,
    Several,
    Unknown,
    Value,
    reason,
)

HARMLESS = frozenset(
    {LiveKind.RESULT, LiveKind.INSPECTOR, LiveKind.QUERY, LiveKind.AUTOCOMMIT, LiveKind.SCHEMA}
)
"""What only tells what the database holds."""
_PLAIN = (str, int, float, bytes, NoneType)


def values_of(arguments: Arguments) -> tuple[Value, ...]:
    """Return all arguments of a call."""
    return (*arguments.positional, *(value for _, value in arguments.keywords))


def gets_live(arguments: Arguments) -> bool:
    """Return whether a call is given something through which it can change the schema."""
    return any(reaches_database(value) for value in values_of(arguments))


def reaches_database(value: Value) -> bool:
    """Return whether this is `op`, a method below it, or holds any: it may change the schema."""
    pending = [value]
    seen: set[int] = set()
    while pending:
        held = pending.pop()
        while isinstance(held, Method):
            # A dialect only answers questions.
            if held.name == "dialect":
                break
            held = held.of
        match held:
            case Live(kind=kind) if kind not in HARMLESS:
                return True
            case Batch() | Unknown(reaches=True):
                return True
            case _ if id(held) not in seen:
                seen.add(id(held))
                pending += (each for each in _parts(held) if not isinstance(each, _PLAIN))
            case _:
                pass
    return False


def _parts(value: Value) -> Sequence[Value]:
    match value:
        case tuple():
            return value
        case Items(items=pairs) | Instance(attributes=pairs):
            return [each for _, each in pairs]
        case Bound(function=function, arguments=arguments):
            return (function, *values_of(arguments))
        case Choice(functions=functions) | Several(functions=functions):
            return functions
        case _:
            return ()


def one_of(values: Sequence[Value], why: str) -> Value:
    """Return what one of several values is where nobody knows which one.

    Functions stay what they are: each may be called. Of None nothing can be asked, so that
    what is imported, or reaches the database, stays what it is beside it.
    """
    called = tuple(each for each in values if each is not None)
    if (
        called
        and isinstance(called[0], (Dotted, Live))
        and all(each == called[0] for each in called)
    ):
        return called[0]
    if any(_is_called(each) for each in called) and all(
        _is_called(each) or isinstance(each, (Class, Dotted)) for each in called
    ):
        parts = (each.functions if isinstance(each, Choice) else (each,) for each in called)
        return Choice(tuple(dict.fromkeys(chain.from_iterable(parts))), why)
    known = next((each for each in values if isinstance(each, Unknown)), None)
    source = next((each.source for each in values if isinstance(each, Unknown)), None)
    return Unknown(
        why if known is None else known.reason,
        source,
        any(reaches_database(each) for each in values),
    )


def _is_called(value: Value) -> bool:
    match value:
        case Function() | Bound() | Choice() | Several():
            return True
        case Method(of=Live(kind=LiveKind.OP) | Batch()):
            return True
        case _:
            return False


def part_of(value: Value, why: str) -> Value:
    """Return what stands for any part of a value that is not known."""
    match value:
        case Live() | Unknown():
            return value
        case Dotted(path=path):
            return Unknown(reason(value) or why, path)
        case tuple():
            return one_of(value, why)
        case _:
            return Unknown(reason(value) or why)
