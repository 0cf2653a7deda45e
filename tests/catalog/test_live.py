"""The catalog read from a server is the one that replaying the script gives."""

import re
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

import servers
from migsafe.catalog.catalog import Catalog
from migsafe.catalog.comparing import difference
from migsafe.catalog.live import load
from migsafe.catalog.schema import Existence
from migsafe.model.errors import ServerError, UsageError
from migsafe.model.expressions import Name
from migsafe.model.operations import DropTable, ObjectKind, RenameTable
from migsafe.model.origin import SectionName
from migsafe.parsers.sql import Placement, read_sql

HERE = Path(__file__).parent
SCRIPTS = {
    section.partition("\n")[0]: section.partition("\n")[2]
    for name in ("scripts.sql", "live.sql")
    for section in (HERE / name).read_text("utf-8").removeprefix("-- ").split("\n-- ")
}


# What a server spells its own way; none of it changes what a migration does.
SPELLINGS = {
    # It writes the type of a literal.
    r"('[^']*')::(?:text|regclass)": r"\1",
    # It writes a list of values as an array.
    r"= ANY\(ARRAY\[([^]]*)\]\)": r"IN (\1)",
    # A domain is cast to the type under it.
    r"\(value::text\)": "(value)",
    # It does not remember which index a constraint was made with.
    r"using_index='\w+', ": "",
    # It qualifies what is not in the search path, and nothing else.
    r"pg_catalog\.upper": "upper",
    r"STATISTICS public\.": "STATISTICS ",
    # Before version 17 it has no word for one of the privileges that ALL means.
    r"\w+ MAINTAIN\*?; ": "",
    # Brackets around a column do not make an expression of it.
    r"expression=a\)": "column='a')",
}


def spelled_alike(differing: tuple[str, ...]) -> list[str]:
    """Return the lines that differ by more than the server's spelling."""
    found: dict[str, set[str]] = {"-": set(), "+": set()}
    for line in differing:
        plain = line[2:]
        for pattern, replacement in SPELLINGS.items():
            plain = re.sub(pattern, replacement, plain)
        # Every database has PL/pgSQL.
        if plain not in {"extension public.plpgsql", "language public.plpgsql"}:
            found[line[0]].add(plain)
    return sorted(found["-"] ^ found["+"])


def replayed(script: str) -> Catalog:
    catalog = Catalog.empty(complete=True)
    for statement in read_sql(script, Placement("x.sql", SectionName.UP)).statements:
        catalog = catalog.apply_all(statement.operations)
    return catalog


@pytest.mark.parametrize("version", servers.EMBEDDED)
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_server_gives_the_catalog_that_replaying_gives(
    script: str, version: int, server_of: Callable[[int], servers.Server]
) -> None:
    with server_of(version).database() as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(script.encode())
        live = load(dsn)
    differing = difference(replayed(script), live.catalog)
    assert live.version == version
    assert spelled_alike(differing) == []


def test_the_parents_rows_are_those_of_its_partitions(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id)")
        connection.execute("CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (1000)")
        connection.execute("CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (1000) TO (2000)")
        connection.execute("CREATE TABLE never_analyzed (id int)")
        connection.execute("INSERT INTO p SELECT generate_series(0, 1499)")
        connection.execute("ANALYZE p")
    catalog = load(database).catalog
    whole, first, other = (catalog.size(Name(name)) for name in ("p", "p1", "never_analyzed"))
    assert whole is not None
    assert first is not None
    assert other is not None
    assert (whole.rows, first.rows, other.rows) == (1500, 1000, None)
    assert whole.bytes > first.bytes > other.bytes == 0


def test_sizes_follow_a_rename_and_end_with_the_table(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id int)")
        connection.execute("INSERT INTO t SELECT generate_series(1, 10)")
        connection.execute("ANALYZE t")
    catalog = load(database).catalog.apply(RenameTable(table=Name("t"), new_name="u"))
    size = catalog.size(Name("u"))
    assert size is not None
    assert size.rows == 10
    assert catalog.size(Name("t")) is None
    assert catalog.apply(DropTable(table=Name("u"))).size(Name("u")) is None


def test_a_view_depends_on_the_columns_that_the_server_says(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (a int, b int, c int)")
        connection.execute("CREATE VIEW v AS SELECT a AS c FROM t WHERE b > 0")
    catalog = load(database).catalog
    used = [name for name in "abc" if catalog.views_on_column(Name("t"), name)]
    assert used == ["a", "b"]


def test_what_is_not_there_is_absent_and_what_was_not_asked_for_is_unknown(database: str) -> None:
    catalog = load(database).catalog
    assert catalog.existence(ObjectKind.TABLE, Name("nope")) is Existence.ABSENT
    assert catalog.existence(ObjectKind.OPERATOR, Name("nope")) is Existence.UNKNOWN


def test_names_are_found_along_the_search_path_of_the_role(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA app")
        connection.execute("CREATE TABLE app.t (a int)")
        database_name = connection.info.dbname
        setting = f"ALTER DATABASE {database_name} SET search_path = app, public"
        connection.execute(setting.encode())
    catalog = load(database).catalog
    assert catalog.key(Name("t")) == Name("t", "app")
    assert catalog.session_ended().key(Name("t")) == Name("t", "app")


def test_reading_changes_nothing_and_waits_for_no_lock(database: str) -> None:
    with psycopg.connect(database) as writer:
        writer.execute("CREATE TABLE t (a int)")
        writer.execute("CREATE VIEW v AS SELECT a FROM t")
        writer.commit()
        writer.execute("LOCK TABLE t, v IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(ServerError, match="lock timeout"):
            load(database)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:s3cr3t%21@127.0.0.1:1/x",
        "postgresql+psycopg2://me:s3cr3t%21@127.0.0.1:1/x",
        "host=127.0.0.1 port=1 user=me password=s3cr3t!",
        "postgresql://me:s3cr3t!@[127/x",
        "password=s3cr3t! nonsense",
        "mysql://me:s3cr3t!@host/x",
        "postgresql://127.0.0.1:1/x?password=s3cr3t!",
        "postgresql://s3cr3t!:1/x?sslmode=nonsense&password=s3cr3t!",
    ],
)
def test_no_error_tells_the_password(url: str) -> None:
    with pytest.raises((ServerError, UsageError)) as caught:
        load(url)
    assert "s3cr3t" not in f"{caught.value.message} {caught.value.help}"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
