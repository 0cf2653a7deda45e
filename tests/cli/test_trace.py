"""`migsafe trace`: what it prints, what it leaves behind (nothing), and whom it lets near."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

import servers
from commands import migsafe
from migsafe.verifying import leftovers
from migsafe.verifying.scratch import PREFIX

_CALL = "import sys; from migsafe.cli import main; main(sys.argv[1:])"
BEFORE = """
CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, name varchar(20));
CREATE TABLE orders (id int PRIMARY KEY, user_id bigint);
"""
MIGRATION = """
ALTER TABLE users ALTER COLUMN name SET NOT NULL;
CREATE INDEX CONCURRENTLY users_email ON users (email);
ALTER TABLE users DROP COLUMN email;
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a tree of two migrations; records and temporary files lie in a place of its own."""
    (tmp_path / "state").mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    # The name of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="mt-") as temporary:
        Path(temporary).chmod(0o777)
        monkeypatch.setenv("TMPDIR", temporary)
        (tmp_path / "tmp").symlink_to(temporary)
        (tmp_path / "0001_before.up.sql").write_text(BEFORE)
        (tmp_path / "0002_change.up.sql").write_text(MIGRATION)
        (tmp_path / "0002_change.down.sql").write_text("ALTER TABLE users ADD COLUMN email text;")
        yield tmp_path


def traced(tree: Path, *arguments: str, status: int = 0) -> dict[str, Any]:
    done = migsafe("trace", "0002_change.up.sql", "-f", "json", *arguments, cwd=tree)
    assert done.returncode == status, done.stdout + done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def left_behind(tree: Path) -> list[str]:
    return [path.name for path in (*tree.glob("state/*/*"), *tree.glob("tmp/migsafe-*"))]


@pytest.mark.postgres
def test_each_statement_is_measured_and_nothing_is_left(tree: Path) -> None:
    found = traced(tree)
    assert found["schema"] == "migsafe.effects/1"
    assert found["server_version"] == "18"
    assert found["server"].startswith("embedded PostgreSQL 18")
    null, index, drop, back = found["statements"]
    assert (null["fails"], null["error"], null["fails_on_existing_data"]) == (
        "on_data",
        "23502",
        True,
    )
    assert null["scans"] == ["users"]
    assert index["forbidden_in_transaction"]
    assert index["locks"] == [{"relation": "users", "mode": "SHARE UPDATE EXCLUSIVE"}]
    assert index["index_builds"] == ["users"]
    assert index["scans"] is None
    assert (drop["breaks_old_code"], drop["loses_data"]) == (True, True)
    assert {"INSERT of every column", "UPDATE"} <= {old["kind"] for old in drop["old_code"]}
    assert (back["section"], back["breaks_old_code"], back["loses_data"]) == ("down", False, False)
    assert left_behind(tree) == []


@pytest.mark.postgres
def test_what_cannot_be_measured_is_null_with_a_reason(tree: Path) -> None:
    (tree / "0002_change.up.sql").write_text("\\connect other\nCOPY users FROM stdin;\n\\.\n")
    found = traced(tree, status=3)
    for statement in found["statements"][:2]:
        assert statement["fails"] is statement["rewrites"] is statement["breaks_old_code"] is None
        assert {"locks", "loses_data"} <= {each["fact"] for each in statement["unknown"]}


@pytest.mark.postgres
def test_history_that_fails_is_said(tree: Path) -> None:
    (tree / "0001_before.up.sql").write_text(f"{BEFORE}\nCREATE EXTENSION postgis;")
    found = traced(tree, status=3)
    advice, remark = (each for each in found["remarks"] if "history" in each)
    assert advice.startswith("1 statement of history did not run here: --schema takes ")
    assert remark.startswith("0001_before.up.sql:5: history: it fails: ")


@pytest.mark.postgres
def test_the_schema_may_come_from_a_file_and_the_server_be_an_older_one(tree: Path) -> None:
    (tree / "schema.sql").write_text(
        f"SET search_path = '';{BEFORE.replace('TABLE ', 'TABLE public.')}"
    )
    (tree / "0001_before.up.sql").write_text("oops")
    found = traced(tree, "--schema", "schema.sql", "--server-version", "16", "--rows", "10")
    assert found["server_version"] == "16"
    assert found["statements"][0]["error"] == "23502"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--server-version", "13"), "16 and 18, not 13"),
        (("--database-url", "env"), "MIGSAFE_DATABASE_URL is not set"),
        (("--database-url", "postgresql://me:secret@127.0.0.1:1/x"), "cannot be reached"),
        (("--database-url", "host=x secret"), "cannot be read"),
    ],
)
def test_a_wrong_server_is_one_message_without_a_password(
    tree: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = migsafe("trace", "0002_change.up.sql", *arguments, cwd=tree)
    assert done.returncode == 2
    assert said in done.stderr
    assert "secret" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_extra_is_named(tree: Path) -> None:
    call = f"import sys; sys.modules['psycopg'] = None; {_CALL}"
    call = call.replace(
        "sys.modules['psycopg'] = None",
        "import importlib.util as u; f = u.find_spec; "
        "u.find_spec = lambda name, *more: None if name == 'psycopg' else f(name, *more)",
    )
    done = subprocess.run(
        [sys.executable, "-c", call, "trace", "0002_change.up.sql"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'migsafe-cli[verify]'" in done.stderr


# --- interruptions ------------------------------------------------------------------------


@contextmanager
def started(tree: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start a trace whose statement sleeps."""
    (tree / "0002_change.up.sql").write_text("SELECT pg_sleep(50);")
    process = subprocess.Popen(
        [sys.executable, "-c", _CALL, "trace", "0002_change.up.sql", "--rows", "1", *arguments],
        cwd=tree,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 40
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def sockets(tree: Path) -> list[Path]:
    return list(tree.glob("tmp/migsafe-*/.s.PGSQL.5432"))


def sleeps(dsn: str) -> bool:
    """Say whether the migration's statement runs on a server."""
    try:
        with psycopg.connect(dsn) as session:
            row = session.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(50);'"
            ).fetchone()
    except psycopg.OperationalError:
        return False
    return row is not None and row[0] > 0


def runs(directory: Path) -> bool:
    """Say whether the migration's statement runs on the server of a directory."""
    return sleeps(f"host={directory} user=postgres dbname=postgres")


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
def test_an_interruption_removes_everything_at_once(
    tree: Path, number: signal.Signals, status: int
) -> None:
    with started(tree) as process:
        wait_until(lambda: any(runs(path.parent) for path in sockets(tree)))
        began = time.monotonic()
        process.send_signal(number)
        process.communicate(timeout=30)
    assert time.monotonic() - began < 15
    assert process.returncode == status
    assert left_behind(tree) == []


@pytest.mark.postgres
def test_what_a_killed_run_left_is_removed_by_the_next_one(
    tree: Path,
) -> None:
    with started(tree) as process:
        wait_until(lambda: any(runs(path.parent) for path in sockets(tree)))
        (socket,) = sockets(tree)
        # One that lives is not touched.
        assert leftovers.clean_up() == 0
        pid = int((socket.parent / "data" / "postmaster.pid").read_text().splitlines()[0])
        process.kill()
    assert len(left_behind(tree)) == 2
    assert leftovers.clean_up() == 1
    assert left_behind(tree) == []
    # Where nobody collects it, a process that has ended keeps its number.
    command = Path(f"/proc/{pid}/cmdline")
    assert not command.exists() or command.read_bytes() == b""


# --- a server that is named ---------------------------------------------------------------


@pytest.fixture(params=[version for version in servers.versions() if version != 16])
def lived_in(
    request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server]
) -> Iterator[str]:
    """Return the DSN of a database in which somebody lives."""
    with server_of(request.param).database() as dsn:
        with psycopg.connect(dsn, autocommit=True) as session:
            session.execute("CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (7)")
        yield dsn


def everything(dsn: str) -> list[object]:
    with psycopg.connect(dsn) as session:
        return [
            session.execute(query.encode()).fetchall()
            for query in (
                "SELECT * FROM users",
                "SELECT relname, xmin::text FROM pg_class ORDER BY 1",
                "SELECT datname FROM pg_database ORDER BY 1",
                "SELECT rolname, rolsuper FROM pg_roles ORDER BY 1",
                "SELECT * FROM pg_db_role_setting",
            )
        ]


HOSTILE = """
DROP TABLE IF EXISTS users CASCADE;
DROP DATABASE {name} WITH (FORCE);
ALTER DATABASE {name} SET work_mem = '1MB';
CREATE DATABASE migsafe_evil;
CREATE ROLE migsafe_evil SUPERUSER;
ALTER ROLE CURRENT_USER SUPERUSER;
ALTER SYSTEM SET work_mem = '1MB';
COPY (SELECT 1) TO PROGRAM 'touch {file}';
COPY (SELECT 1) TO '{file}';
RESET SESSION AUTHORIZATION;
SET ROLE postgres;
CREATE TABLE t (a int);
DO $$ BEGIN EXECUTE 'RESET ROLE'; EXECUTE 'DROP DATABASE {name}'; END $$;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres';
"""


@pytest.mark.postgres
def test_a_database_that_is_there_is_not_touched_whatever_the_migration_says(
    tree: Path, lived_in: str
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(lived_in)["dbname"]
    evil = (tree / "tmp").resolve() / "evil"
    (tree / "0002_change.up.sql").write_text(HOSTILE.format(name=name, file=evil))
    before = everything(lived_in)
    done = migsafe(
        "trace",
        "0002_change.up.sql",
        "--database-url",
        "env",
        cwd=tree,
        environment={"MIGSAFE_DATABASE_URL": lived_in},
    )
    assert done.returncode == 3, done.stderr
    assert "in a scratch database" in done.stdout
    assert everything(lived_in) == before
    assert not evil.exists()


@pytest.mark.postgres
def test_scratch_databases_of_a_killed_run_are_dropped_by_the_next_one(
    tree: Path, server: servers.Server
) -> None:
    def scratches() -> list[str]:
        with psycopg.connect(server.dsn) as session:
            return [
                name
                for query in ("datname FROM pg_database", "rolname FROM pg_roles")
                for (name,) in session.execute(f"SELECT {query}".encode()).fetchall()
                if name.startswith(PREFIX)
            ]

    with psycopg.connect(server.dsn, autocommit=True) as session:
        # Nobody's but by name: it was not made by migsafe.
        session.execute(f"CREATE DATABASE {PREFIX}1_0123456789ab")
    with started(tree, "--database-url", server.dsn) as process:
        wait_until(lambda: sleeps(server.dsn))
        process.kill()
    assert len(scratches()) > 3
    (tree / "0002_change.up.sql").write_text("SELECT 1;")
    done = migsafe("trace", "0002_change.up.sql", "--database-url", server.dsn, cwd=tree)
    assert done.returncode == 0, done.stdout + done.stderr
    assert scratches() == [f"{PREFIX}1_0123456789ab"]
    with psycopg.connect(server.dsn, autocommit=True) as session:
        session.execute(f"DROP DATABASE {PREFIX}1_0123456789ab")
