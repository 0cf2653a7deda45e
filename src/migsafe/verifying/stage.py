"""The database in which statements are measured, with the sessions that look at it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import psycopg

from migsafe.verifying import losses, measure, oldcode
from migsafe.verifying import shape as shapes
from migsafe.verifying.losses import Data
from migsafe.verifying.oldcode import Met, Old, Seen
from migsafe.verifying.scratch import Scratch
from migsafe.verifying.shape import Shape

_MOST_OLD = 6_000


class Stage:
    """A database of ours: a session that migrates, one that looks on, one of old code.

    Copies need a database that nobody is connected to: the sessions are closed then, and
    opened again with what the migration has set in its own.
    """

    def __init__(self, place: Scratch, database: str, rows: int, seed: int) -> None:
        """Open the sessions; old code is what the schema that is there now allows."""
        self._place = place
        self.rows = rows
        self.seed = seed
        self.database = database
        self.settings: list[str] = []
        self._open = ExitStack()
        with place.connect(database) as owner:
            oldcode.grant(owner, place.app)
            oldcode.advance(owner)
            old, remarks = oldcode.derive(owner, seed)
        if len(old) > _MOST_OLD:
            remarks = (*remarks, f"old code: the first {_MOST_OLD} of {len(old)} statements run")
        self.remarks: tuple[str, ...] = remarks
        self.old: tuple[Old, ...] = old[:_MOST_OLD]
        self.connect()
        self.look()

    def connect(self) -> None:
        """Open the sessions."""
        self.session = self._open.enter_context(self._place.connect(self.database))
        self.watcher = self._open.enter_context(self._place.connect(self.database))
        self.app = self._open.enter_context(oldcode.session_of(self._place, self.database))
        oldcode.prepare(self.app, self.old)
        for text in self.settings:
            measure.run(self.session, text)

    def look(self) -> None:
        """Take what is there now as what was before."""
        self.seen: tuple[Seen, ...] = oldcode.observe(self.app, self.old)
        self.data: Data = losses.read(self.watcher)
        self.shape: Shape = shapes.read(self.watcher)

    def move(self, database: str) -> None:
        """Go on in another database, a copy of this one."""
        self.close()
        self.database = database
        self.connect()

    def close(self) -> None:
        """Close the sessions."""
        self._open.close()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Leave the database alone for a while, so that it can be copied."""
        self.close()
        try:
            yield
        finally:
            self.connect()

    @contextmanager
    def copy(self) -> Iterator[Callable[[], psycopg.Connection]]:
        """Give a way to connect to a copy of the database; its own sessions are closed."""
        with self._place.copy(self.database) as name:
            yield lambda: self._place.connect(name)

    def after(self, *, touched: bool, wrote: bool) -> tuple[tuple[Met, ...], bool | str]:
        """Return what became of old code and of the rows since this was asked last."""
        seen = oldcode.observe(self.app, self.old)
        shape = shapes.read(self.watcher)
        met = oldcode.compare(self.app, self.old, self.seen, seen, same_schema=shape == self.shape)
        self.shape = shape
        again = oldcode.recycled(self.app, met)
        self.seen = tuple(again.get(old, now) for old, now in zip(self.old, seen, strict=True))
        data = losses.read(self.watcher, self.data)
        lost = losses.lost(self.data, data, touched=touched, wrote=wrote)
        self.data = data
        return met, lost
