"""What reaches the database: `op`, a connection, and whatever holds one of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from types import NoneType

from migsafe.sources.alembic.plain import same
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
    Listed,
    Live,
    LiveKind,
    Method,
    Scope,
    Several,
    Stream,
    Unknown,
    Value,
    View,
    Yielding,
    reason,
)

HARMLESS = frozenset(
    {LiveKind.RESULT, LiveKind.INSPECTOR, LiveKind.QUERY, LiveKind.AUTOCOMMIT, LiveKind.SCHEMA}
)
"""What only tells what the database holds."""
_DEEPEST = 3
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


def objects(values: Sequence[Value]) -> tuple[Value, ...]:
    """Return what of some values can change: lists, dictionaries and objects, each once."""
    found: dict[int, Value] = {}
    pending = list(reversed(values))
    while pending:
        match pending.pop():
            case (Listed() | Items() | Instance()) as held:
                found[id(held)] = held
            case tuple() as parts:
                pending += reversed(parts)
            case Unknown(held=parts):
                pending += reversed(parts)
            case Method(of=of):
                pending.append(of)
            case Bound(arguments=arguments) | Yielding(arguments=arguments):
                pending += reversed(values_of(arguments))
            case _:
                pass
    return tuple(found.values())


def reading(value: Value, sources: Sequence[Value]) -> Value:
    """Return a value; one that is gone through with what it reads."""
    if isinstance(value, (Stream, View)) and not value.sources:
        value.sources = objects(sources)
    return value


def holding(value: Value, sources: Sequence[Value]) -> Value:
    """Return a value; one that is not known with the objects that it may be or hold."""
    if not isinstance(value, Unknown):
        return value
    held = objects((value, *sources))
    return Unknown(value.reason, value.source, value.reaches, held) if held else value


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
        functions = _told_apart(dict.fromkeys(chain.from_iterable(parts)), why)
        return Choice(functions, why)
    known = next((each for each in values if isinstance(each, Unknown)), None)
    source = next((each.source for each in values if isinstance(each, Unknown)), None)
    return Unknown(
        why if known is None else known.reason,
        source,
        any(reaches_database(each) for each in values),
        objects(values),
    )


def _told_apart(functions: Iterable[Value], why: str) -> tuple[Value, ...]:
    """Return functions of which no two are made by the same text."""
    found: dict[object, Value] = {}
    for each in functions:
        key: object = each.node if isinstance(each, Function) else each
        before = found.get(key)
        if isinstance(before, Function) and isinstance(each, Function):
            found[key] = _either_of(before, each, why)
        else:
            found[key] = each
    return tuple(found.values())


def _either_of(first: Function, second: Function, why: str) -> Function:
    """Return a function that sees the names of one of two: unknown where these differ."""
    if first.defaults is None or second.defaults is None:
        defaults = first.defaults or second.defaults
    else:
        defaults = _one_scope(first.defaults, second.defaults, why)
    scope = _one_scope(first.scope, second.scope, why)
    return Function(first.name, first.node, scope, first.owner, defaults)


def _one_scope(first: Scope, second: Scope, why: str) -> Scope:
    if first is second or first.is_module:
        return first
    names = {
        name: first.names[name]
        if name in first.names
        and name in second.names
        and same(first.names[name], second.names[name])
        else holding(Unknown(why), [each.names.get(name) for each in (first, second)])
        for name in (*first.names, *second.names)
    }
    outer = first.outer
    if outer is not None and second.outer is not None:
        outer = _one_scope(outer, second.outer, why)
    return replace(first, names=names, outer=outer, made={})


def is_as_known(before: Value, now: Value, depth: int = 0) -> bool:
    """Return whether nothing that was known of a value has become unknown."""
    match before, now:
        case Unknown(), _:
            return True
        case Function(), Function():
            return before.node is now.node and (
                before.scope is now.scope
                or depth > _DEEPEST
                or all(
                    is_as_known(value, now.scope.names.get(name), depth + 1)
                    for name, value in before.scope.names.items()
                )
            )
        case Choice(functions=functions), Choice(functions=others):
            return len(functions) == len(others) and all(map(is_as_known, functions, others))
        case _:
            return same(before, now)


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
            return holding(Unknown(reason(value) or why), (value,))
