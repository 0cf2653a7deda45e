"""`--database-url`: the schema, the version and the sizes come from a server."""

import json
from pathlib import Path

import psycopg
import pytest

from commands import migsafe

NOWHERE = "postgresql://me:s3cr3t@127.0.0.1:1/x"
INDEX = "CREATE INDEX orders_id ON orders (id);\n"
REWRITE = "ALTER TABLE orders ALTER id TYPE bigint;\n"


@pytest.fixture
def orders(database: str) -> str:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE orders (id int, note varchar(20))")
        connection.execute("INSERT INTO orders SELECT generate_series(1, 12345)")
        connection.execute("ANALYZE orders")
    return database


@pytest.fixture
def migration(tmp_path: Path) -> Path:
    (tmp_path / "0002_big.sql").write_text(INDEX, "utf-8")
    return tmp_path


def test_the_message_says_how_big_the_table_is(orders: str, migration: Path) -> None:
    ran = migsafe("lint", "--database-url", orders, "0002_big.sql", cwd=migration)
    assert ran.returncode == 1
    assert "(about 12,000 rows, " in " ".join(ran.stdout.split())


def test_the_url_may_stand_in_the_environment(orders: str, migration: Path) -> None:
    environment = {"MIGSAFE_DATABASE_URL": orders}
    ran = migsafe("lint", "0002_big.sql", cwd=migration, environment=environment)
    assert "about 12,000 rows" in " ".join(ran.stdout.split())


@pytest.mark.parametrize(
    ("limit", "status"), [("rows < 20000", 0), ("size < 10 MB", 0), ("rows < 12000", 1)]
)
def test_a_table_may_be_small_by_its_size(
    orders: str, migration: Path, limit: str, status: int
) -> None:
    settings = f'server-version = 18\nlock-timeout = "role"\nsmall-tables = ["x", "{limit}"]\n'
    (migration / "migsafe.toml").write_text(settings, "utf-8")
    ran = migsafe("lint", "--database-url", orders, "0002_big.sql", cwd=migration)
    assert ran.returncode == status, ran.stdout


def test_a_limit_that_is_none_is_an_error(migration: Path) -> None:
    (migration / "migsafe.toml").write_text('small-tables = ["rows > 10"]\n', "utf-8")
    ran = migsafe("lint", "0002_big.sql", cwd=migration)
    assert ran.returncode == 2
    assert "'rows > 10' in 'small-tables' is neither a table nor a limit" in ran.stderr


def test_the_server_says_its_version_unless_another_is_named(orders: str, migration: Path) -> None:
    def version(*options: str) -> str:
        command = ("inspect", "-f", "json", "--database-url", orders, *options, "0002_big.sql")
        return str(json.loads(migsafe(*command, cwd=migration).stdout)["server_version"])

    assert version() == "18"
    assert version("--server-version", "15") == "15"


def test_history_is_not_replayed_on_top_of_the_database(orders: str, migration: Path) -> None:
    (migration / "0001_old.sql").write_text(REWRITE, "utf-8")
    (migration / "0002_big.sql").write_text(REWRITE, "utf-8")
    command = ("inspect", "-f", "json", "--database-url", orders, "0002_big.sql")
    [statement] = json.loads(migsafe(*command, cwd=migration).stdout)["statements"]
    assert statement["rewrites"] == ["orders"]


@pytest.mark.parametrize(
    "command", [("lint",), ("inspect",), ("plan",), ("gate", "--stage", "1")], ids=lambda c: c[0]
)
def test_a_server_that_does_not_answer_is_one_message(
    command: tuple[str, ...], migration: Path
) -> None:
    ran = migsafe(*command, "--database-url", NOWHERE, "0002_big.sql", cwd=migration)
    said = ran.stdout + ran.stderr
    assert ran.returncode == (3 if command[0] == "gate" else 2)
    assert said.count("the database could not be read") == 1
    assert "s3cr3t" not in said
    assert "Traceback" not in said


def test_two_schemas_are_one_too_many(migration: Path) -> None:
    (migration / "schema.sql").write_text("CREATE TABLE orders (id int);\n", "utf-8")
    command = ("lint", "--schema", "schema.sql", "0002_big.sql")
    both = migsafe(*command, "--database-url", NOWHERE, cwd=migration)
    assert both.returncode == 2
    assert "both say what the schema is" in both.stderr
    environment = {"MIGSAFE_DATABASE_URL": NOWHERE}
    assert migsafe(*command, cwd=migration, environment=environment).returncode == 1
