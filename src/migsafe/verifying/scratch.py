"""Scratch databases: made beside what is there, used through roles without rights, dropped.

What a migration says is sent through a session whose login is a role of ours that owns the
scratch database and nothing else: whatever it says, it cannot reach another database, another
role, or the machine.
"""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psycopg
from psycopg import conninfo, sql

from migsafe.model.errors import UsageError
from migsafe.verifying.interrupts import uninterrupted
from migsafe.verifying.named import Server

PREFIX = "migsafe_scratch_"
_COMMENT = "made by migsafe"
_FORCE = 13

# Roles that nobody keeps: the owner of a scratch database stays connected under its name, so
# that the server itself knows whether it lives, wherever it runs. What their owner role owns
# is ours, whoever has a name like it is not.
_DEAD_ROLES = """
    SELECT oid, rolname FROM pg_catalog.pg_roles
    WHERE rolname ~ '^migsafe_scratch_[0-9]+_[0-9a-f]{12}_(owner|app)$'
      AND pg_catalog.shobj_description(oid, 'pg_authid') LIKE 'made by migsafe%'
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_stat_activity
          WHERE application_name
              = substring(rolname from '^migsafe_scratch_[0-9]+_[0-9a-f]{12}'))
"""
_DEAD = f"""
    SELECT datname FROM pg_catalog.pg_database
    WHERE datdba IN (SELECT oid FROM ({_DEAD_ROLES}) AS r) AND datname LIKE 'migsafe_scratch_%'
    ORDER BY 1
"""
_SESSION = (
    "-c statement_timeout=0 -c lock_timeout=0 -c default_transaction_isolation=read\\ committed"
)


@dataclass
class Scratch:
    """A place for scratch databases on a server; `owner` runs migrations, `app` old code."""

    server: Server
    keeper: psycopg.Connection
    name: str
    owner: str
    app: str
    password: str
    made: list[str] = field(default_factory=list)

    def create(self, template: str = "template0") -> str:
        """Make a database, empty or as a copy of one that nobody is connected to."""
        name = f"{self.name}_{len(self.made)}"
        # Known before it is there: an interruption must not lose it.
        self.made.append(name)
        self._wait_for_the_last_to_leave(template)
        self.keeper.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(template), sql.Identifier(self.owner)
            )
        )
        return name

    def _wait_for_the_last_to_leave(self, template: str) -> None:
        # A backend ends a moment after its client; CREATE DATABASE looks only each 100 ms.
        for _ in range(200):
            row = self.keeper.execute(
                "SELECT FROM pg_catalog.pg_stat_activity WHERE datname = %s LIMIT 1", [template]
            ).fetchone()
            if row is None:
                return
            time.sleep(0.005)

    def drop(self, name: str) -> None:
        """Drop a database of ours."""
        _drop(self.keeper, name)

    @contextmanager
    def copy(self, database: str) -> Iterator[str]:
        """Give a copy of a database that nobody is connected to, and drop it."""
        name = self.create(database)
        try:
            yield name
        finally:
            self.drop(name)

    def connect(self, database: str) -> psycopg.Connection:
        """Return a session of the owner in a database of ours."""
        connection = psycopg.connect(
            conninfo.make_conninfo(
                self.server.dsn,
                dbname=database,
                user=self.owner,
                password=self.password,
                options=_SESSION,
                client_encoding="utf8",
                application_name="migsafe",
            ),
            autocommit=True,
            prepare_threshold=None,
        )
        connection.add_notice_handler(lambda _: None)
        return connection

    def make_roles(self) -> None:
        """Make the two roles: one owns the scratch databases, the other is old code's."""
        hashed = self.keeper.pgconn.encrypt_password(
            self.password.encode(), self.owner.encode(), b"scram-sha-256"
        )
        owner, app = sql.Identifier(self.owner), sql.Identifier(self.app)
        # On a server that is thrown away a migration may make roles and databases.
        may = sql.SQL("CREATEROLE CREATEDB" if self.server.ours else "")
        mark = sql.Literal(f"{_COMMENT}: process {os.getpid()} on {socket.gethostname()}")
        with self.keeper.transaction():
            self.keeper.execute(
                sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}").format(
                    owner, may, sql.Literal(hashed.decode())
                )
            )
            self.keeper.execute(sql.SQL("CREATE ROLE {}").format(app))
            for role in (owner, app):
                self.keeper.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(role, mark))
            self.keeper.execute(sql.SQL("GRANT {} TO {}").format(app, owner))
            if not self.server.ours:
                self.keeper.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(owner))


@contextmanager
def scratch(server: Server) -> Iterator[Scratch]:
    """Give a place for scratch databases; remove them and their roles at the end.

    Raises:
        UsageError: If the server refuses them.
    """
    name = f"{PREFIX}{os.getpid()}_{os.urandom(6).hex()}"
    with (
        uninterrupted() as interruptible,
        psycopg.connect(
            conninfo.make_conninfo(server.dsn, application_name=name),
            autocommit=True,
            prepare_threshold=None,
        ) as keeper,
    ):
        drop_dead(keeper)
        place = Scratch(server, keeper, name, f"{name}_owner", f"{name}_app", os.urandom(16).hex())
        try:
            with interruptible():
                try:
                    place.make_roles()
                    database = place.create()
                    place.connect(database).close()
                except psycopg.Error as error:
                    said = (str(error).strip().splitlines() or ["no answer"])[0]
                    raise UsageError(
                        f"the server refuses a scratch database: {said}",
                        help="Name a role that may make databases and roles, and let roles"
                        " log in with a password (pg_hba.conf).",
                    ) from None
                yield place
        finally:
            _remove(server, name, place)


def _remove(server: Server, name: str, place: Scratch) -> None:
    if place.keeper.closed or place.keeper.broken:
        with psycopg.connect(
            conninfo.make_conninfo(server.dsn, application_name=name), autocommit=True
        ) as keeper:
            _remove_through(keeper, place)
    else:
        _remove_through(place.keeper, place)


def _remove_through(keeper: psycopg.Connection, place: Scratch) -> None:
    for name in place.made:
        _drop(keeper, name)
    for role in (place.owner, place.app):
        keeper.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def drop_dead(keeper: psycopg.Connection) -> None:
    """Drop what runs that were killed left on a server: their databases, then their roles."""
    for (name,) in keeper.execute(_DEAD.encode()).fetchall():
        # It may be another role's to drop, or another run may be faster.
        with suppress(psycopg.Error):
            _drop(keeper, name)
    for _, name in keeper.execute(_DEAD_ROLES.encode()).fetchall():
        with suppress(psycopg.Error):
            keeper.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


def _drop(keeper: psycopg.Connection, name: str) -> None:
    database = sql.Identifier(name)
    if keeper.info.server_version // 10_000 >= _FORCE:
        keeper.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
        return
    keeper.execute(
        "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity"
        " WHERE datname = %s",
        [name],
    )
    keeper.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(database))
