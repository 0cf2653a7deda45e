"""Runs statements in states, on a server that is thrown away."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg

from migsafe.model.expressions import Name
from migsafe.verifying.measure import (
    Connect,
    Measured,
    OutsideOnlyError,
    measure,
    measure_outside,
    run,
)
from migsafe.verifying.named import Server
from migsafe.verifying.server import EMBEDDED, embedded, from_binaries
from migsafe_dev.agreeing.comparing import Observed

_STATE = """
    SELECT n.nspname, c.relname, c.relkind::text, c.relpages, c.reltuples,
           CASE WHEN c.relkind IN ('r', 'm') THEN pg_relation_size(c.oid) ELSE 0 END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^(pg_|information_)' ORDER BY c.oid
"""
_OPENS = re.compile(r"(BEGIN|START\s+TRANSACTION)\b", re.IGNORECASE)
ROLES = ("generated_role", "generated_other")
_PROGRAMS = Path("/usr/lib/postgresql")


@contextmanager
def server(version: int) -> Iterator[Server]:
    """Start a server of a major version: the embedded one, or the system's."""
    start = (
        embedded(version)
        if version in EMBEDDED
        else from_binaries(version, _PROGRAMS / str(version) / "bin")
    )
    with start as running:
        with psycopg.connect(running.dsn, autocommit=True) as session:
            for role in ROLES:
                session.execute(f"CREATE ROLE {role}".encode())
        yield running


class Observer:
    """Measures one statement after the other, each in the first state of its schema."""

    def __init__(self, dsn: str) -> None:
        """Connect to a server; nothing is brought into a state yet."""
        self._dsn = dsn
        self._setup: str | None = None
        self._session = self._connect()
        self._state: list[tuple[object, ...]] = []

    def close(self) -> None:
        """Leave the server."""
        self._session.close()

    def observe(self, setup: str, statement: str, query: str | None) -> Observed:
        """Return what a statement does in a state, and whether a query finds a row there.

        Raises:
            psycopg.Error: If the setup or the query is refused.
        """
        self._bring(setup)
        empty = self._empty()
        warned = self._warned(query)
        try:
            if _OPENS.match(statement):
                # It makes the transaction that others are measured in.
                found = run(self._session, statement) or Measured()
            else:
                found = measure(self._session, statement)
            self._session.execute("ROLLBACK")
        except OutsideOnlyError:
            found = measure_outside(self._fresh(setup), statement)
            self._setup = None
        self._session.execute("RESET ALL")
        if self._setup is not None and self._read() != self._state:
            # What a statement leaves behind in spite of ROLLBACK: dead rows, estimates.
            self._setup = None
        return Observed(found, empty, warned)

    def _warned(self, query: str | None) -> bool | None:
        return (
            None if query is None else self._session.execute(query.encode()).fetchone() is not None
        )

    def _empty(self) -> frozenset[Name]:
        return frozenset(
            Name(str(name), None if schema == "public" else str(schema))
            for schema, name, kind, *_, size in self._state
            if kind in {"r", "m"} and size == 0
        )

    def _read(self) -> list[tuple[object, ...]]:
        return self._session.execute(_STATE).fetchall()

    def _bring(self, setup: str) -> None:
        if self._setup != setup:
            self._setup = None
            prepare(self._session, setup)
            self._setup = setup
            self._state = self._read()

    def _fresh(self, setup: str) -> Callable[[], AbstractContextManager[Connect]]:

        @contextmanager
        def fresh() -> Iterator[Connect]:
            prepare(self._session, setup)
            yield self._connect

        return fresh

    def _connect(self) -> psycopg.Connection:
        session = psycopg.connect(self._dsn, autocommit=True, prepare_threshold=None)
        session.add_notice_handler(lambda _: None)
        return session


def prepare(session: psycopg.Connection, setup: str) -> None:
    """Bring a database into the state that a setup makes, whatever was there.

    Raises:
        psycopg.Error: If the setup is refused.
    """
    schemas = session.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_)'"
    ).fetchall()
    publications = session.execute("SELECT pubname FROM pg_publication").fetchall()
    lines = [f'DROP PUBLICATION "{name}"' for (name,) in publications]
    lines.extend(f'DROP SCHEMA "{name}" CASCADE' for (name,) in schemas)
    lines.append("CREATE SCHEMA public")
    session.execute(";".join((*lines, setup)).encode())
