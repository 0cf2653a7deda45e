"""What a server does while a statement runs: locks, new files, rows read, errors."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.record import record

_RELATIONS = """
    SELECT c.oid, c.relkind::pg_catalog.text, c.relfilenode, n.nspname, c.relname,
           i.indrelid, c.relispartition
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""
_LOCKS = """
    SELECT relation, mode FROM pg_catalog.pg_locks
    WHERE pid = %s AND locktype = 'relation' AND mode <> 'AccessShareLock'
      AND database = (SELECT oid FROM pg_catalog.pg_database
                      WHERE datname = pg_catalog.current_database())
"""
_COUNTS = """
    SELECT relid, seq_tup_read,
           seq_tup_read + coalesce(idx_tup_fetch, 0) + n_tup_ins + n_tup_upd + n_tup_del,
           n_tup_upd + n_tup_del, n_tup_ins
    FROM pg_catalog.pg_stat_xact_all_tables
"""
_MODES = {f"{''.join(lock.name.title().split('_'))}Lock": lock for lock in Lock}
_OUTSIDE_ONLY = "25001"
_LISTED = frozenset("rpvmSf")
_STORING = frozenset("rm")

PATIENCE = 60.0
"""Seconds after which a statement is stopped."""

_WATCHED = 20.0


@record
class Relation:
    """A row of pg_class."""

    oid: int
    kind: str
    file: int
    schema: str
    relname: str
    table: int | None
    is_partition: bool

    @property
    def name(self) -> Name:
        """Its name as people write it."""
        return Name(self.relname, None if self.schema == "public" else self.schema)


@dataclass(frozen=True)
class Measured:
    """What was seen of one statement.

    `touched` says whether rows that were there were read or written. `sqlstate` and `error` tell
    of its failure; then nothing else was seen. `forbidden`: the server refuses it in a
    transaction block; then nothing tells what was scanned. `wrote`: rows that were there were
    updated or deleted; `made`: rows are new. `stopped`: it took too long.
    """

    locks: Mapping[Name, Lock] = field(default_factory=dict)
    rewrites: frozenset[Name] = frozenset()
    scans: frozenset[Name] = frozenset()
    builds: frozenset[Name] = frozenset()
    sqlstate: str | None = None
    error: str = ""
    forbidden: bool = False
    touched: bool = False
    wrote: bool = False
    made: bool = False
    stopped: bool = False


class OutsideOnlyError(Exception):
    """The statement cannot run in a transaction block: see `measure_outside`."""


@record
class Count:
    """Rows of a table that were read one after the other, touched in any way, written over.

    `made` are new rows.
    """

    read: int = 0
    touched: int = 0
    written: int = 0
    made: int = 0

    def since(self, before: "Count") -> "Count":
        """Return what was counted since."""
        return Count(
            self.read - before.read,
            self.touched - before.touched,
            self.written - before.written,
            self.made - before.made,
        )


Counts = dict[int, Count]


def relations(session: psycopg.Connection) -> dict[int, Relation]:
    """Return every relation outside the catalogs, by its oid."""
    return {row[0]: Relation(*row) for row in session.execute(_RELATIONS).fetchall()}


def measure(session: psycopg.Connection, statement: str, local: tuple[str, ...] = ()) -> Measured:
    """Run a statement in a transaction, and look; the transaction is left open.

    After a failure it has been rolled back. A statement that ends its transaction, such as
    COMMIT, leaves nothing to look at.

    Args:
        session: A session in no transaction.
        statement: One statement.
        local: Statements that set the stage inside the transaction.

    Raises:
        OutsideOnlyError: If it can run in no transaction block; nothing happened then.
    """
    before = relations(session)
    session.execute("BEGIN")
    counts = _counts(session)
    failure = None
    for each in (*local, statement):
        failure = run(session, each)
        if failure is not None:
            session.execute("ROLLBACK")
            if failure.sqlstate == _OUTSIDE_ONLY:
                raise OutsideOnlyError
            return failure
    if session.info.transaction_status is not TransactionStatus.INTRANS:
        return Measured()
    return _look(session, before, counts)


def run(session: psycopg.Connection, statement: str) -> Measured | None:
    """Run a statement; return its failure, or None."""
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        with suppress(psycopg.Error):
            session.cancel_safe()

    timer = threading.Timer(PATIENCE, stop)
    timer.daemon = True
    timer.start()
    try:
        session.execute(statement.encode())
    except psycopg.Error as error:
        line = (str(error).strip().splitlines() or [""])[0]
        return Measured(sqlstate=error.sqlstate or "", error=line, stopped=stopped.is_set())
    finally:
        timer.cancel()
    return None


def _counts(session: psycopg.Connection) -> Counts:
    # What the session did before is in these numbers until the server collects it.
    return {oid: Count(*counts) for oid, *counts in session.execute(_COUNTS).fetchall()}


def _look(session: psycopg.Connection, before: dict[int, Relation], counts: Counts) -> Measured:
    after = relations(session)
    rewrites = {
        old.name
        for oid, old in before.items()
        if old.kind in _STORING
        and oid in after
        and after[oid].file != old.file
        # A table that was emptied has a new file too, and nothing was copied.
        and _is_stored(session, oid)
    }
    files = {relation.file for relation in before.values()}
    builds = {
        before[index.table].name
        for index in after.values()
        if index.kind == "i"
        and index.table in before
        and index.file not in files
        and before[index.table].name not in rewrites
        and _is_stored(session, index.table)
    }
    now = {
        oid: count.since(counts.get(oid, Count()))
        for oid, count in _counts(session).items()
        if oid in before
    }
    scans = {before[oid].name for oid, count in now.items() if count.read > 0}
    return Measured(
        locks=locks_held(session, before),
        rewrites=frozenset(rewrites),
        scans=frozenset(scans - rewrites - builds),
        builds=frozenset(builds),
        touched=bool(rewrites or builds) or any(count.touched > 0 for count in now.values()),
        wrote=any(count.written > 0 for count in now.values()),
        made=any(count.made > 0 for count in now.values()),
    )


def _is_stored(session: psycopg.Connection, oid: int) -> bool:
    row = session.execute("SELECT pg_catalog.pg_relation_size(%s) > 0", [oid]).fetchone()
    return row is not None and bool(row[0])


def locks_held(session: psycopg.Connection, before: dict[int, Relation]) -> dict[Name, Lock]:
    """Return the strongest lock that a session's transaction holds on each relation."""
    return _locks(session, session.info.backend_pid, before)


def _locks(session: psycopg.Connection, pid: int, before: dict[int, Relation]) -> dict[Name, Lock]:
    locks: dict[Name, Lock] = {}
    for oid, mode in session.execute(_LOCKS, [pid]).fetchall():
        relation = before.get(oid)
        if relation is None or relation.kind not in _LISTED:
            continue
        lock = _MODES[mode]
        locks[relation.name] = max(lock, locks.get(relation.name, lock))
    return locks


# --- statements that no transaction block may hold ---------------------------------------


def _is_any(_relation: Relation) -> bool:
    return True


def _is_partition(relation: Relation) -> bool:
    return relation.is_partition


def _is_apart(relation: Relation) -> bool:
    return relation.kind == "r" and not relation.is_partition


_HOLDERS: tuple[tuple[str, Callable[[Relation], bool]], ...] = (
    ("ROW EXCLUSIVE", _is_any),
    ("SHARE UPDATE EXCLUSIVE", _is_any),
    ("ACCESS SHARE", _is_partition),
    ("ROW EXCLUSIVE", _is_apart),
)
Connect = Callable[[], psycopg.Connection]


def measure_outside(
    fresh: Callable[[], AbstractContextManager[Connect]],
    statement: str,
    stage: tuple[str, ...] = (),
) -> Measured:
    """Run a statement against holders of locks, and look at what it waits for and holds.

    ROW EXCLUSIVE holds up what waits for old transactions, SHARE UPDATE EXCLUSIVE what
    asks for that very mode, a reader of partitions what wants them for itself in the end, and
    ROW EXCLUSIVE on the other tables alone what is asked of them once the partitions are
    through: together they show the strongest mode on each table. What goes from one partition
    to the next is held up at each of them.

    Args:
        fresh: Gives a way to connect to a database in the state before, each time anew.
        statement: One statement.
        stage: Statements that its session runs before it.
    """
    locks: dict[Name, Lock] = {}
    seen = Measured()
    leaves: list[Name] = []
    for mode, is_held in _HOLDERS:
        with fresh() as connect, _observed(connect, statement, stage, mode, is_held) as found:
            taken, seen = found
            for name, lock in taken.items():
                locks[name] = max(lock, locks.get(name, lock))
            with connect() as session:
                leaves = _leaves(session, locks)
    for leaf in leaves:

        def is_leaf(relation: Relation, leaf: Name = leaf) -> bool:
            return relation.name == leaf

        with fresh() as connect, _observed(connect, statement, stage, _ITS_OWN, is_leaf) as found:
            taken, _ = found
            for name, lock in taken.items():
                locks[name] = max(lock, locks.get(name, lock))
    return Measured(
        locks=locks,
        rewrites=seen.rewrites,
        builds=seen.builds,
        sqlstate=seen.sqlstate,
        error=seen.error,
        forbidden=True,
        touched=True,
        stopped=seen.stopped,
    )


_ITS_OWN = "SHARE UPDATE EXCLUSIVE"
"""The mode that VACUUM and REINDEX hold on one table of a tree after the other."""

_BELOW = """
    WITH RECURSIVE below AS (
        SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = ANY(%s)
        UNION SELECT i.inhrelid FROM below b JOIN pg_catalog.pg_inherits i
        ON i.inhparent = b.inhrelid
    )
    SELECT inhrelid FROM below
"""


def _leaves(session: psycopg.Connection, locks: Mapping[Name, Lock]) -> list[Name]:
    """Return the tables with rows below those that were locked: partitions and heirs."""
    there = relations(session)
    locked = [oid for oid, each in there.items() if each.name in locks]
    below = {oid for (oid,) in session.execute(_BELOW, (locked,)).fetchall()}
    return [each.name for oid, each in there.items() if oid in below and each.kind == "r"]


@contextmanager
def _observed(
    connect: Connect,
    statement: str,
    stage: tuple[str, ...],
    mode: str,
    is_held: Callable[[Relation], bool],
) -> Iterator[tuple[dict[Name, Lock], Measured]]:
    with connect() as holder, connect() as watcher, connect() as session:
        for each in stage:
            run(session, each)
        before = relations(watcher)
        holder.execute("BEGIN")
        for relation in before.values():
            if relation.kind in "rp" and is_held(relation):
                name = sql.Identifier(relation.schema, relation.relname)
                holder.execute(sql.SQL("LOCK TABLE ONLY {} IN {} MODE").format(name, sql.SQL(mode)))
        failures: list[Measured] = []

        def work() -> None:
            failure = run(session, statement)
            if failure is not None:
                failures.append(failure)

        worker = threading.Thread(target=work)
        worker.start()
        try:
            found = _watch(watcher, session.info.backend_pid, before, worker)
            holder.execute("ROLLBACK")
            worker.join()
        except BaseException:
            session.cancel_safe()
            raise
        if failures:
            yield found, failures[0]
            return
        yield found, _look(watcher, before, {})


def _watch(
    watcher: psycopg.Connection, pid: int, before: dict[int, Relation], worker: threading.Thread
) -> dict[Name, Lock]:
    """Return the locks of a session, asked for or held, until it waits or has ended."""
    found: dict[Name, Lock] = {}

    def note() -> None:
        for name, lock in _locks(watcher, pid, before).items():
            found[name] = max(lock, found.get(name, lock))

    deadline = time.monotonic() + _WATCHED
    while worker.is_alive() and time.monotonic() < deadline:
        note()
        waiting = watcher.execute(
            "SELECT wait_event_type = 'Lock' FROM pg_catalog.pg_stat_activity WHERE pid = %s",
            [pid],
        ).fetchone()
        if waiting is not None and waiting[0]:
            note()
            break
        time.sleep(0.005)
    return found
