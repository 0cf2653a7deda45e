"""A persistent mapping: every change is a new one, and the old one stays what it was."""

from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")
_Node = dict[_Key, _Value] | list["_Node[_Key, _Value]"]

_WIDTH = 32
_FULL = 128
"""Entries up to which a dictionary is copied faster than it is found among many."""


class Shelf(Generic[_Key, _Value]):
    """An immutable mapping whose change copies what stands on the way to one entry.

    A fold over a long history changes one entry at a time. Copying a whole dictionary for
    each would be quadratic. A small shelf is one dictionary; one that outgrows it becomes a
    row of them, told apart by the hash, and so does each of these in its turn.
    """

    __slots__ = ("_top", "get")

    get: Callable[[_Key], _Value | None]
    """Return the entry, or None if there is none. Of a small shelf it is the dictionary's own."""

    def __init__(self, top: "_Node[_Key, _Value] | None" = None) -> None:
        """Wrap what nobody changes any more."""
        self._top: _Node[_Key, _Value] = {} if top is None else top
        self.get = self._top.get if isinstance(self._top, dict) else partial(_found, self._top)

    def __contains__(self, key: _Key) -> bool:
        """Say whether there is an entry."""
        return self.get(key) is not None

    def put(self, key: _Key, value: _Value) -> "Shelf[_Key, _Value]":
        """Return the mapping with one entry set."""
        return Shelf(_put(self._top, key, value))

    def drop(self, key: _Key) -> "Shelf[_Key, _Value]":
        """Return the mapping without an entry."""
        return Shelf(_drop(self._top, key)) if key in self else self

    def items(self) -> Iterator[tuple[_Key, _Value]]:
        """Yield all entries, in no order that anybody may rely on."""
        for entries in _entries(self._top):
            yield from entries.items()

    def __iter__(self) -> Iterator[_Key]:
        """Yield all keys, in no order that anybody may rely on."""
        for entries in _entries(self._top):
            yield from entries

    def values(self) -> Iterator[_Value]:
        """Yield all values, in no order that anybody may rely on."""
        for entries in _entries(self._top):
            yield from entries.values()


def _found(row: "list[_Node[_Key, _Value]]", key: _Key) -> _Value | None:
    place = hash(key)
    node = row[place % _WIDTH]
    while isinstance(node, list):
        place //= _WIDTH
        node = node[place % _WIDTH]
    return node.get(key)


def _put(node: _Node[_Key, _Value], key: _Key, value: _Value, unit: int = 1) -> _Node[_Key, _Value]:
    if isinstance(node, list):
        row, at = node.copy(), hash(key) // unit % _WIDTH
        row[at] = _put(row[at], key, value, unit * _WIDTH)
        return row
    entries = node.copy()
    entries[key] = value
    return entries if len(entries) <= _FULL else _spread(entries, unit)


def _spread(entries: dict[_Key, _Value], unit: int) -> _Node[_Key, _Value]:
    row: list[dict[_Key, _Value]] = [{} for _ in range(_WIDTH)]
    for key, value in entries.items():
        row[hash(key) // unit % _WIDTH][key] = value
    return list(row)


def _drop(node: _Node[_Key, _Value], key: _Key, unit: int = 1) -> _Node[_Key, _Value]:
    if isinstance(node, list):
        row, at = node.copy(), hash(key) // unit % _WIDTH
        row[at] = _drop(row[at], key, unit * _WIDTH)
        return row
    entries = node.copy()
    del entries[key]
    return entries


def _entries(node: _Node[_Key, _Value]) -> Iterator[dict[_Key, _Value]]:
    if isinstance(node, dict):
        yield node
        return
    for below in node:
        yield from _entries(below)
