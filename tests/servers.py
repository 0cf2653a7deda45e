"""Real PostgreSQL servers for tests: one a version and session, a database for each test."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from migsafe.verifying import server

EMBEDDED = tuple(server.EMBEDDED)
"""The major versions that the embedded wheel brings."""


@dataclass(frozen=True)
class Server:
    """A running server; `dsn` names its maintenance database."""

    version: int
    dsn: str

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make a database, give its DSN, drop it."""
        with psycopg.connect(self.dsn, autocommit=True) as admin:
            name = f"test_{os.urandom(6).hex()}"
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
            )
            try:
                yield psycopg.conninfo.make_conninfo(self.dsn, dbname=name)
            finally:
                admin.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )


def installed() -> dict[int, Path]:
    """Return the `bin` directories of Debian's servers, by major version."""
    return {
        int(path.parent.name): path
        for path in Path("/usr/lib/postgresql").glob("*/bin")
        if (path / "initdb").exists()
    }


@contextmanager
def start(version: int) -> Iterator[Server]:
    """Start a server of a major version: the embedded one, or the system's."""
    programs = server.binaries_of(version) if version in EMBEDDED else installed()[version]
    with server.from_binaries(version, programs) as started:
        yield Server(version, started.dsn)


def versions() -> tuple[int, ...]:
    """Return the major versions that can be started here, the embedded ones always."""
    return tuple(sorted({*EMBEDDED, *installed()}))


@contextmanager
def databases(server_of: Callable[[int], Server]) -> Iterator[Callable[[int], str]]:
    """Give one database a version, for tests that make their schema anew."""
    with ExitStack() as stack:
        made: dict[int, str] = {}

        def database_of(version: int) -> str:
            if version not in made:
                made[version] = stack.enter_context(server_of(version).database())
            return made[version]

        yield database_of
