"""Lists, sets and dictionaries that change: what they are afterwards."""

from migsafe.model.record import record
from migsafe.sources.alembic.plain import MANY, sequence_of
from migsafe.sources.alembic.values import (
    Arguments,
    Items,
    Listed,
    Unknown,
    Value,
    reason,
)


@record
class Changed:
    """What a container is after a call that changes it, and what the call returns."""

    now: Value
    returned: Value = None


_NOT_FOLLOWED = Unknown("a list changes in a way that is not followed")


def after_call(held: Listed | Items, name: str, arguments: Arguments) -> Changed:
    """Return what a method that changes a container in place does."""
    if arguments.unknown is not None:
        why = Unknown(arguments.unknown)
        return Changed(why, why)
    changed = (
        _list_after(held, name, arguments)
        if isinstance(held, Listed)
        else _items_after(held, name, arguments)
    )
    if isinstance(changed.now, tuple) and len(changed.now) > MANY:
        return Changed(Unknown("a list is too long"), changed.returned)
    return changed


def _list_after(held: Listed, name: str, arguments: Arguments) -> Changed:
    first = arguments.at(0)
    match name:
        case "append":
            return Changed(Listed((*held, first)))
        case "add":
            return Changed(held if first in held else Listed((*held, first)))
        case "extend" | "update":
            more = sequence_of(first)
            if more is None:
                return Changed(Unknown(reason(first) or "what a list is extended by is not known"))
            return Changed(Listed((*held, *more)))
        case "insert" if isinstance(first, int):
            values = list(held)
            values.insert(first, arguments.at(1))
            return Changed(Listed(values))
        case "remove" | "discard":
            at = held.index(first) if first in held else len(held)
            return Changed(Listed((*held[:at], *held[at + 1 :])))
        case "pop" if held and (first is None or isinstance(first, int)):
            values = list(held)
            taken = values.pop(-1 if first is None else first)
            return Changed(Listed(values), taken)
        case "reverse":
            return Changed(Listed(reversed(held)))
        case "clear":
            return Changed(Listed())
        case _:
            return Changed(_NOT_FOLLOWED, _NOT_FOLLOWED)


def _items_after(held: Items, name: str, arguments: Arguments) -> Changed:
    first = arguments.at(0)
    match name:
        case "clear":
            return Changed(Items(()))
        case "update" if first is None or isinstance(first, Items):
            now = held
            given = () if first is None else first.items
            for key, value in (*given, *arguments.keywords):
                now = with_key(now, key, value)
            return Changed(now)
        case "pop" | "setdefault" if arguments.positional:
            for key, item in held.items:
                if key == first:
                    return Changed(without_key(held, key) if name == "pop" else held, item)
            default = arguments.at(1)
            return Changed(with_key(held, first, default) if name != "pop" else held, default)
        case _:
            return Changed(_NOT_FOLLOWED, _NOT_FOLLOWED)


def after_setting(held: Listed | Items, index: Value, value: Value) -> Value:
    """Return what a container is after `held[index] = value`."""
    match held:
        case Items():
            return with_key(held, index, value)
        case Listed() if isinstance(index, int) and -len(held) <= index < len(held):
            values = list(held)
            values[index] = value
            return Listed(values)
        case _:
            return _NOT_FOLLOWED


def after_deleting(held: Listed | Items, index: Value) -> Value:
    """Return what a container is after `del held[index]`."""
    match held:
        case Items():
            return without_key(held, index)
        case Listed() if isinstance(index, int) and -len(held) <= index < len(held):
            values = list(held)
            del values[index]
            return Listed(values)
        case _:
            return _NOT_FOLLOWED


def with_key(held: Items, key: Value, value: Value) -> Items:
    """Return a dictionary in which a key is worth something else; new keys come last."""
    if any(each == key for each, _ in held.items):
        return Items(tuple((each, value if each == key else item) for each, item in held.items))
    return Items((*held.items, (key, value)))


def without_key(held: Items, key: Value) -> Items:
    """Return a dictionary without a key."""
    return Items(tuple(pair for pair in held.items if pair[0] != key))
