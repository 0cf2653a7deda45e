"""What a real server does while a statement runs: the judge of every fact."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from migsafe.model.locks import Lock

_RELATIONS = """
    SELECT c.oid, c.relkind::text AS kind, c.relfilenode AS file,
           CASE n.nspname WHEN 'public' THEN c.relname
                ELSE n.nspname || '.' || c.relname END AS name,
           i.indrelid AS table,
           CASE WHEN c.relispartition THEN 'partition' ELSE 'table' END AS role
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_index i ON i.indexrelid = c.oid
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""
_LOCKS = """
    SELECT relation, mode FROM pg_locks
    WHERE pid = %s AND locktype = 'relation' AND mode <> 'AccessShareLock'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_MODES = {f"{''.join(lock.name.title().split('_'))}Lock": lock for lock in Lock}
_OUTSIDE_ONLY = "25001"
_LISTED = frozenset("rpvmSf")
_STORING = frozenset("rm")
_PATIENCE = 20.0


@dataclass(frozen=True)
class Relation:
    """A row of pg_class."""

    oid: int
    kind: str
    file: int
    name: str
    table: int | None
    role: str


@dataclass(frozen=True)
class Measured:
    """What was seen: names of tables, as people write them."""

    locks: dict[str, Lock] = field(default_factory=dict)
    rewrites: frozenset[str] = frozenset()
    scans: frozenset[str] = frozenset()
    builds: frozenset[str] = frozenset()
    sqlstate: str | None = None
    forbidden: bool = False


def relations(connection: psycopg.Connection) -> dict[int, Relation]:
    """Return every relation outside the catalogs, by its oid."""
    rows = connection.execute(_RELATIONS).fetchall()
    return {row[0]: Relation(*row) for row in rows}


def measure(dsn: str, setup: str, statement: str) -> Measured:
    """Run a statement in a session and transaction of its own, look, roll back."""
    prepare(dsn, setup)
    with psycopg.connect(dsn, autocommit=True) as session:
        before = relations(session)
        session.execute("BEGIN")
        try:
            session.execute(statement.encode())
        except psycopg.Error as error:
            session.execute("ROLLBACK")
            if error.sqlstate != _OUTSIDE_ONLY:
                return Measured(sqlstate=error.sqlstate)
        else:
            seen = _look(session, before)
            session.execute("ROLLBACK")
            return seen
    return _measure_outside(dsn, setup, statement)


def prepare(dsn: str, setup: str) -> None:
    """Bring a database into the state that a case starts from."""
    with psycopg.connect(dsn, autocommit=True) as session:
        schemas = session.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_)'"
        ).fetchall()
        for (schema,) in schemas:
            session.execute(f'DROP SCHEMA "{schema}" CASCADE')
        session.execute("CREATE SCHEMA public")
        if setup.strip():
            session.execute(setup.encode())


def _look(session: psycopg.Connection, before: dict[int, Relation]) -> Measured:
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
    read = session.execute(
        "SELECT relid FROM pg_stat_xact_all_tables WHERE seq_tup_read > 0"
    ).fetchall()
    scans = {before[oid].name for (oid,) in read if oid in before} - rewrites - builds
    return Measured(
        locks=_locks(session, session.info.backend_pid, before),
        rewrites=frozenset(rewrites),
        scans=frozenset(scans),
        builds=frozenset(builds),
    )


def _is_stored(session: psycopg.Connection, oid: int) -> bool:
    row = session.execute("SELECT pg_relation_size(%s) > 0", [oid]).fetchone()
    return row is not None and bool(row[0])


def _locks(session: psycopg.Connection, pid: int, before: dict[int, Relation]) -> dict[str, Lock]:
    locks: dict[str, Lock] = {}
    for oid, mode in session.execute(_LOCKS, [pid]).fetchall():
        relation = before.get(oid)
        if relation is None or relation.kind not in _LISTED:
            continue
        lock = _MODES[mode]
        locks[relation.name] = max(lock, locks.get(relation.name, lock))
    return locks


# --- statements that no transaction block may hold ---------------------------------------


_HOLDERS = (
    ("ROW EXCLUSIVE", ("table", "partition")),
    ("SHARE UPDATE EXCLUSIVE", ("table", "partition")),
    ("ACCESS SHARE", ("partition",)),
)


def _measure_outside(dsn: str, setup: str, statement: str) -> Measured:
    """Run a statement against holders of locks, and look at what it waits for and holds.

    ROW EXCLUSIVE holds up what waits for old transactions, SHARE UPDATE EXCLUSIVE what
    asks for that very mode, a reader of partitions what wants them for itself in the end:
    together they show the strongest mode on each table.
    """
    locks: dict[str, Lock] = {}
    seen = Measured()
    for mode, kinds in _HOLDERS:
        prepare(dsn, setup)
        with _observed(dsn, statement, mode, kinds) as (found, outcome):
            seen = outcome
            for name, lock in found.items():
                locks[name] = max(lock, locks.get(name, lock))
    return Measured(
        locks=locks,
        rewrites=seen.rewrites,
        builds=seen.builds,
        sqlstate=seen.sqlstate,
        forbidden=True,
    )


@contextmanager
def _observed(
    dsn: str, statement: str, mode: str, kinds: tuple[str, ...]
) -> Iterator[tuple[dict[str, Lock], Measured]]:
    with (
        psycopg.connect(dsn, autocommit=True) as holder,
        psycopg.connect(dsn, autocommit=True) as watcher,
        psycopg.connect(dsn, autocommit=True) as session,
    ):
        before = relations(watcher)
        holder.execute("BEGIN")
        for relation in before.values():
            if relation.kind in "rp" and relation.role in kinds:
                holder.execute(f'LOCK TABLE ONLY "{relation.name}" IN {mode} MODE')
        state: list[str | None] = []

        def run() -> None:
            try:
                session.execute(statement.encode())
            except psycopg.Error as error:
                state.append(error.sqlstate)

        worker = threading.Thread(target=run)
        worker.start()
        found = _watch(watcher, session.info.backend_pid, before, worker)
        holder.execute("ROLLBACK")
        worker.join(_PATIENCE)
        assert not worker.is_alive(), statement
        after = _look(watcher, before)
        yield (
            found,
            Measured(
                rewrites=after.rewrites,
                builds=after.builds,
                sqlstate=state[0] if state else None,
            ),
        )


def _watch(
    watcher: psycopg.Connection,
    pid: int,
    before: dict[int, Relation],
    worker: threading.Thread,
) -> dict[str, Lock]:
    """Return the locks of a session, asked for or held, until it waits or has ended."""
    found: dict[str, Lock] = {}
    deadline = time.monotonic() + _PATIENCE
    while worker.is_alive() and time.monotonic() < deadline:
        for name, lock in _locks(watcher, pid, before).items():
            found[name] = max(lock, found.get(name, lock))
        waiting = watcher.execute(
            "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s", [pid]
        ).fetchone()
        if waiting is not None and waiting[0]:
            for name, lock in _locks(watcher, pid, before).items():
                found[name] = max(lock, found.get(name, lock))
            break
        time.sleep(0.005)
    return found
