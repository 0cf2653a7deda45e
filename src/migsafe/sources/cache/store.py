"""The file of the cache: one table of SQLite, read as a run goes on, written when it ends.

Whatever is wrong with the file, nothing is raised: rows that cannot be read are not there, and
rows that cannot be written are not kept. A file that is broken or that another program made
is begun anew; one that is locked, read-only or on a full disk is left alone.
"""

import os
import sqlite3
import time
from contextlib import suppress

NAME = "history-1.sqlite"
"""The number is that of the table's form: versions that know another do not meet in a file."""
MOST = 64 << 20
"""Bytes that the rows may take, and so the file, but for what one run adds."""
_TABLE = "CREATE TABLE history (key BLOB PRIMARY KEY, value TEXT NOT NULL, used INTEGER NOT NULL)"
# A view or a trigger would be a program of whoever made the file.
_SCHEMA = "SELECT count(*), max(sql = ?) FROM sqlite_master WHERE sql IS NOT NULL"
_FORGET = (
    "DELETE FROM history WHERE rowid IN (SELECT rowid FROM history ORDER BY used, rowid"
    " LIMIT (SELECT count(*) / 4 + 1 FROM history))"
)
_LARGEST = 1 << 20
"""Characters of a row; what is longer is mostly data, and quick to read."""
_WAIT = 0.5
"""Seconds to wait for another process."""
_RECENT = 7
"""Days after which a row that is used is marked as used again."""
_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})


class Store:
    """The rows that lie in a directory, which need not be there.

    Args:
        directory: Where the file lies, or is to lie.
    """

    def __init__(self, directory: str) -> None:
        """Open the file if there is one."""
        self._path = os.path.join(directory, NAME)
        self._today = int(time.time()) // 86400
        self._new: dict[bytes, str] = {}
        self._room = MOST // 2
        self._used: list[bytes] = []
        self._is_broken = False
        self._connection: sqlite3.Connection | None = None
        if os.path.isfile(self._path):
            try:
                self._connection = _connected(self._path)
                # One lock for all rows: to take it for each would be most of the work.
                self._connection.execute("BEGIN")
                if self._connection.execute(_SCHEMA, (_TABLE,)).fetchone() != (1, 1):
                    self._leave(broken=True)
            except sqlite3.Error as error:
                self._leave(broken=_is_broken(error))

    def get(self, key: bytes) -> str | None:
        """Return the value of a key, None where there is none that can be read."""
        if self._connection is None:
            return None
        try:
            found = self._connection.execute(
                "SELECT value, used FROM history WHERE key = ?", (key,)
            ).fetchone()
        except sqlite3.Error as error:
            self._leave(broken=_is_broken(error))
            return None
        match found:
            case (str() as value, int() as used):
                if used + _RECENT < self._today:
                    self._used.append(key)
                return value
            case _:
                return None

    def put(self, key: bytes, value: str) -> None:
        """Keep a value, from the end of the run on; one that is too large is not kept."""
        if len(value) <= min(_LARGEST, self._room):
            self._new[key] = value
            self._room -= len(value)

    def write(self) -> None:
        """Write what is new; forget what was not used for longest where there is too much."""
        if not (self._new or self._used):
            return
        # The next run reads again what this one cannot keep.
        with suppress(sqlite3.Error, OSError):
            if self._connection is None:
                self._connection = self._begun()
            else:
                self._connection.execute("COMMIT")
            self._write(self._connection)

    def close(self) -> None:
        """Close the file; what was not written is not kept."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _leave(self, *, broken: bool) -> None:
        """Go on without the file."""
        self._is_broken = self._is_broken or broken
        self.close()

    def _begun(self) -> sqlite3.Connection:
        """Return a connection to a new file, or to the one that another process began."""
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        if self._is_broken:
            # A journal that is left behind would be played back into the new file.
            for path in (f"{self._path}-journal", f"{self._path}-wal", self._path):
                with suppress(FileNotFoundError):
                    os.unlink(path)
        elif os.path.lexists(self._path) and not os.path.isfile(self._path):
            raise FileExistsError(self._path)
        return _connected(self._path)

    def _write(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
            connection.execute(_TABLE)
        connection.executemany(
            "INSERT OR REPLACE INTO history VALUES (?, ?, ?)",
            ((key, value, self._today) for key, value in self._new.items()),
        )
        connection.executemany(
            "UPDATE history SET used = ? WHERE key = ?", ((self._today, key) for key in self._used)
        )
        while _size(connection) > MOST:
            connection.execute(_FORGET)
        connection.execute("COMMIT")


def _connected(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 2 * _LARGEST)
    return connection


def _is_broken(error: sqlite3.Error) -> bool:
    """Say whether a file is no database, or not the one that it should be."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN


def _size(connection: sqlite3.Connection) -> int:
    """Return the bytes of a file that are in use."""
    count, free, size = (
        connection.execute(f"PRAGMA {each}").fetchone()[0]
        for each in ("page_count", "freelist_count", "page_size")
    )
    return int((count - free) * size)
