"""A persistent mapping: every change is a new one, and the old one stays what it was."""

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")

_SHARDS = 128
_SMALL = 64
"""Entries up to which one dictionary is copied faster than a row of shards."""


class Shelf(Generic[_Key, _Value]):
    """An immutable mapping whose change copies one shard of many.

    A fold over a long history changes one entry at a time. Copying a whole dictionary
    for each would be quadratic; a shard of 10,000 entries holds about 80. A small shelf
    is one dictionary.
    """

    __slots__ = ("_shards",)

    def __init__(self, shards: tuple[dict[_Key, _Value], ...] = ({},)) -> None:
        """Wrap shards that nobody changes any more."""
        self._shards = shards

    def get(self, key: _Key) -> _Value | None:
        """Return the entry, or None if there is none."""
        shards = self._shards
        shard = shards[0] if len(shards) == 1 else shards[hash(key) % _SHARDS]
        return shard.get(key)

    def __contains__(self, key: _Key) -> bool:
        """Say whether there is an entry."""
        return key in self._shard(key)

    def put(self, key: _Key, value: _Value) -> "Shelf[_Key, _Value]":
        """Return the mapping with one entry set."""
        return self._with(key, {**self._shard(key), key: value})

    def drop(self, key: _Key) -> "Shelf[_Key, _Value]":
        """Return the mapping without an entry."""
        if key not in self:
            return self
        shard = dict(self._shard(key))
        del shard[key]
        return self._with(key, shard)

    def _shard(self, key: _Key) -> dict[_Key, _Value]:
        shards = self._shards
        return shards[0] if len(shards) == 1 else shards[hash(key) % _SHARDS]

    def _with(self, key: _Key, shard: dict[_Key, _Value]) -> "Shelf[_Key, _Value]":
        if len(self._shards) == 1:
            return Shelf((shard,) if len(shard) <= _SMALL else _spread(shard))
        at = hash(key) % _SHARDS
        return Shelf((*self._shards[:at], shard, *self._shards[at + 1 :]))

    def items(self) -> Iterator[tuple[_Key, _Value]]:
        """Yield all entries, in no order that anybody may rely on."""
        for shard in self._shards:
            yield from shard.items()

    def __iter__(self) -> Iterator[_Key]:
        """Yield all keys, in no order that anybody may rely on."""
        for shard in self._shards:
            yield from shard

    def values(self) -> Iterator[_Value]:
        """Yield all values, in no order that anybody may rely on."""
        for shard in self._shards:
            yield from shard.values()


def _spread(entries: dict[_Key, _Value]) -> tuple[dict[_Key, _Value], ...]:
    shards: tuple[dict[_Key, _Value], ...] = tuple({} for _ in range(_SHARDS))
    for key, value in entries.items():
        shards[hash(key) % _SHARDS][key] = value
    return shards
