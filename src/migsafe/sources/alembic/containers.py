"""Lists, sets and dictionaries that change: what they are afterwards."""

from migsafe.model.record import record
from migsafe.sources.alembic.plain import MANY, dictionary, equal, ordered, position, sequence_of
from migsafe.sources.alembic.values import (
    Arguments,
    Distinct,
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
    match held:
        case Distinct():
            changed = _set_after(held, name, arguments)
        case Listed():
            changed = _list_after(held, name, arguments)
        case _:
            changed = _items_after(held, name, arguments)
    if isinstance(changed.now, tuple) and len(changed.now) > MANY:
        return Changed(Unknown("a list is too long"), changed.returned)
    return changed


def _set_after(held: Distinct, name: str, arguments: Arguments) -> Changed:
    first = arguments.at(0)
    if name == "clear" and arguments == Arguments():
        return Changed(Distinct())
    if name in {"add", "remove", "discard"} and len(arguments.positional) == 1:
        at = position(held, first)
        if at is None or (at < 0 and name == "remove"):
            return _unfollowed(first)
        if name == "add":
            return Changed(held if at >= 0 else Distinct((*held, first)))
        return Changed(held if at < 0 else Distinct((*held[:at], *held[at + 1 :])))
    if name == "update" and len(arguments.positional) == 1:
        now = held
        for each in sequence_of(first) or (Unknown("what a set is updated with"),):
            at = position(now, each)
            if at is None:
                return _unfollowed(first)
            now = now if at >= 0 else Distinct((*now, each))
        return Changed(now)
    return Changed(_NOT_FOLLOWED, _NOT_FOLLOWED)


def _unfollowed(given: Value) -> Changed:
    """Return what a container is when it is not known what is done to it."""
    why = Unknown(reason(given) or _NOT_FOLLOWED.reason)
    return Changed(why, why)


def _list_after(held: Listed, name: str, arguments: Arguments) -> Changed:
    first = arguments.at(0)
    match name, len(arguments.positional), arguments.keywords:
        case "append", 1, ():
            return Changed(Listed((*held, first)))
        case "extend", 1, ():
            more = ordered(first)
            return _unfollowed(first) if more is None else Changed(Listed((*held, *more)))
        case "insert", 2, () if isinstance(first, int):
            values = list(held)
            values.insert(first, arguments.at(1))
            return Changed(Listed(values))
        case "remove", 1, ():
            at = position(held, first)
            if at is None or at < 0:
                return _unfollowed(first)
            return Changed(Listed((*held[:at], *held[at + 1 :])))
        case "pop", 0 | 1, ():
            index = first if arguments.positional else -1
            if isinstance(index, int) and -len(held) <= index < len(held):
                values = list(held)
                taken = values.pop(index)
                return Changed(Listed(values), taken)
            return _unfollowed(index)
        case "reverse", 0, ():
            return Changed(Listed(reversed(held)))
        case "clear", 0, ():
            return Changed(Listed())
        case _:
            return Changed(_NOT_FOLLOWED, _NOT_FOLLOWED)


def _items_after(held: Items, name: str, arguments: Arguments) -> Changed:
    first = arguments.at(0)
    match name, len(arguments.positional):
        case "clear", 0:
            return Changed(Items(()))
        case "update", 0 | 1 if not arguments.positional or isinstance(first, Items):
            given = first.items if isinstance(first, Items) else ()
            return Changed(dictionary((*held.items, *given, *arguments.keywords)))
        case "pop" | "setdefault", 1 | 2:
            return _taken(held, name, arguments)
        case _:
            return Changed(_NOT_FOLLOWED, _NOT_FOLLOWED)


def _taken(held: Items, name: str, arguments: Arguments) -> Changed:
    key = arguments.at(0)
    for each, item in reversed(held.items):
        same = equal(each, key)
        if same is None:
            return _unfollowed(key)
        if same:
            return Changed(without_key(held, key) if name == "pop" else held, item)
    if name == "setdefault":
        return Changed(with_key(held, key, arguments.at(1)), arguments.at(1))
    if len(arguments.positional) == 1:
        return _unfollowed(key)
    return Changed(held, arguments.at(1))


def after_setting(held: Listed | Items, index: Value, value: Value) -> Value:
    """Return what a container is after `held[index] = value`."""
    match held:
        case Items():
            return with_key(held, index, value)
        case Listed() if isinstance(index, int) and -len(held) <= index < len(held):
            values = list(held)
            values[index] = value
            return type(held)(values)
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
    return dictionary((*held.items, (key, value)))


def without_key(held: Items, key: Value) -> Value:
    """Return a dictionary without a key."""
    equals = [equal(each, key) for each, _ in held.items]
    if None in equals or True not in equals:
        return Unknown(reason(key) or _NOT_FOLLOWED.reason)
    return Items(tuple(pair for pair, is_it in zip(held.items, equals, strict=True) if not is_it))
