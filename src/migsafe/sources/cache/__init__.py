"""What was read of history, kept from one run to the next.

A migration that only stands before those that are judged is read once, for as long as neither
its text nor migsafe changes. Migrations that are judged are always read afresh, whatever the
cache holds: one that a CI restores from a branch does not speak for what a change adds. It
does speak for the schema that the change meets, so restore none that an untrusted branch wrote.

A row is found by a digest of all that its reading depends on, and holds lists that
`model.encoding` checks against the records, never code. A cache that cannot be used is as none.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Protocol, TypeVar

from migsafe.model.migration import Migration
from migsafe.model.record import replace
from migsafe.parsers.postgres import shipped

FEWEST = 50
"""So many migrations of history are read as fast as their rows are found."""
_ROOMS = ("model", "parsers", "sources", "writing")
"""What decides how a text is read."""
_JSON = json.JSONEncoder(separators=(",", ":"), check_circular=False)
_T = TypeVar("_T")


@contextmanager
def history(count: int, *about: str) -> Iterator["History | None"]:
    """Yield the cache of a tree's history, None where there is none or it would not help.

    What is new in it is written when the block ends well.

    Args:
        count: How many migrations are history.
        about: All that decides how they are read, apart from their files.
    """
    place = None if count < FEWEST or os.environ.get("MIGSAFE_CACHE") == "off" else directory()
    code = None if place is None else _code()
    if place is None or code is None:
        yield None
        return
    from migsafe.sources.cache.store import Store

    store = Store(place)
    try:
        yield History(store, code, about)
        store.write()
    finally:
        store.close()


class Rows(Protocol):
    """What holds the rows of all trees."""

    def get(self, key: bytes) -> str | None:
        """Return the value of a key, None if there is none."""

    def put(self, key: bytes, value: str) -> None:
        """Keep a value."""


class History:
    """The rows of a tree.

    Args:
        rows: Where they are kept.
        code: A digest of what reads migrations.
        about: What decides how those of this tree are read.
    """

    def __init__(self, rows: Rows, code: str, about: Sequence[str]) -> None:
        """Keep what is in all keys."""
        self._rows = rows
        self._base = hashlib.sha256()
        self._base.update(_joined((code, *about)))

    def key(self, *parts: str) -> bytes:
        """Return the key of what was read of some texts."""
        digest = self._base.copy()
        digest.update(_joined(parts))
        return digest.digest()

    def migration(self, key: bytes, id: str, path: str, text: str) -> Migration | None:
        """Return the way up that was kept under a key, None if there is none of that file.

        Args:
            key: The key.
            id: What its tool calls the migration.
            path: Its file.
            text: What stands in the file.
        """
        kept = self.row(key, Migration)
        if kept is None or kept.down is not None:
            return None
        if (kept.id, kept.path, kept.up.path) != (id, path, path):
            return None
        return replace(kept, up=replace(kept.up, text=text))

    def keep_migration(self, key: bytes, migration: Migration) -> None:
        """Keep a way up without the text of its file."""
        self.keep(key, replace(migration, up=replace(migration.up, text="")), Migration)

    def row(self, key: bytes, kind: type[_T]) -> _T | None:
        """Return what was kept under a key, None if there is none of that type."""
        from migsafe.model.encoding import MalformedError, decode

        value = self._rows.get(key)
        if value is None:
            return None
        try:
            return decode(json.loads(value), kind)
        except (MalformedError, ValueError, RecursionError):
            return None

    def keep(self, key: bytes, value: _T, kind: type[_T]) -> None:
        """Keep a record, or a tuple of some, under a key."""
        from migsafe.model.encoding import encode

        self._rows.put(key, _JSON.encode(encode(value, kind)))


def _joined(parts: Sequence[str]) -> bytes:
    """Return texts in one, so that others are never the same."""
    return "".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass")


def directory() -> str | None:
    """Return where the cache lies, None where nobody knows where the user's own files do."""
    told = os.environ.get("MIGSAFE_CACHE_DIR")
    if told:
        return os.path.abspath(told)
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.expanduser(os.path.join("~", ".cache"))
    return os.path.join(base, "migsafe") if os.path.isabs(base) else None


@cache
def _code() -> str | None:
    """Return a digest of what reads migrations; None if it cannot be seen."""
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    pending = [os.path.join(top, room) for room in _ROOMS]
    try:
        grammar = _grammar()
        if not (grammar and __file__.endswith(".py")):
            return None
        found = hashlib.sha256(f"{sys.version}\0{grammar}".encode())
        while pending:
            here = pending.pop()
            for name in sorted(os.listdir(here)):
                path = os.path.join(here, name)
                if name.endswith(".py"):
                    with open(path, "rb") as file:
                        found.update(f"\0{path.removeprefix(top)}\0".encode() + file.read())
                elif "." not in name and name != "__pycache__":
                    pending.append(path)
        with open(os.path.join(top, "__init__.py"), "rb") as file:
            found.update(file.read())
    except OSError:
        return None
    return found.hexdigest()


def _grammar() -> str:
    """Return what tells this postgast from others, empty if nothing does.

    It is the name of the folder that installers put beside a package; importlib.metadata
    takes 40 ms to find it.
    """
    beside = os.listdir(os.path.dirname(os.path.dirname(shipped.path("pg_query.desc"))))
    return " ".join(sorted(name for name in beside if name.startswith("postgast-")))
