"""History that is kept from run to run changes no report, whatever became of the cache."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import pytest

from commands import migsafe
from keeping import database, history, reports, rows, without
from migsafe.parsers.sql import Include, Placement, ReadSql, read_sql
from migsafe.sources import cache, sql_tree
from migsafe.sources.cache import store

MANY = cache.FEWEST + 10
TABLE = "CREATE TABLE t{n} (id bigint PRIMARY KEY, note varchar(20) NOT NULL);\n"
CHANGES = (
    "ALTER TABLE t{n} ADD COLUMN done boolean DEFAULT false;\n",
    "-- migsafe: transaction=none\nCREATE INDEX CONCURRENTLY i{n} ON t{n} (note);\n",
    "ALTER TABLE t{n} ADD CONSTRAINT k{n} CHECK (note <> '') NOT VALID;\nDROP TABLE old{n};\n",
    "SELEC 1;\nUPDATE t{n} SET note = '${{who}}';\n",
    "DO $$ BEGIN EXECUTE 'ALTER TABLE t{n} ADD COLUMN x int'; END $$;\n",
    "\\i parts/more.sql\n",
)
LAST = "ALTER TABLE t5 ALTER COLUMN note TYPE text, DROP COLUMN done;\nDROP TABLE t7;\n"
SCRIPT = "import sys; from migsafe.cli import main; main(sys.argv[1:])"
Write = Callable[[Path], str]


def _text(number: int) -> str:
    if number == MANY:
        return LAST
    if number % 2:
        return TABLE.format(n=number)
    return CHANGES[number // 2 % len(CHANGES)].format(n=number - 1)


def golang(directory: Path) -> str:
    for number in range(1, MANY + 1):
        name = f"{number:03}_change"
        (directory / f"{name}.up.sql").write_text(_text(number))
        (directory / f"{name}.down.sql").write_text(f"DROP TABLE IF EXISTS t{number};\n")
    return f"{MANY:03}_change.up.sql"


def goose(directory: Path) -> str:
    for number in range(1, MANY + 1):
        down = f"-- +goose Down\nDROP TABLE IF EXISTS t{number};\n"
        path = directory / f"{number:03}_change.sql"
        path.write_text(f"-- +goose Up\n{_text(number)}{down}")
    return f"{MANY:03}_change.sql"


def flyway(directory: Path) -> str:
    for number in range(1, MANY + 1):
        (directory / f"V{number}__change.sql").write_text(_text(number))
    return f"V{MANY}__change.sql"


def numbered(directory: Path) -> str:
    for number in range(1, MANY + 1):
        (directory / f"{number:03}.sql").write_text(_text(number))
    return f"{MANY:03}.sql"


def liquibase(directory: Path) -> str:
    for at in (1, 2):
        first, last = (1, MANY) if at == 1 else (MANY, MANY + 1)
        sets = (f"--changeset ann:{number}\n{_text(number)}" for number in range(first, last))
        (directory / f"{at}.sql").write_text("--liquibase formatted sql\n" + "".join(sets))
    (directory / "changelog.xml").write_text(
        '<databaseChangeLog><include file="1.sql"/><include file="2.sql"/></databaseChangeLog>'
    )
    return "2.sql"


TREES = (golang, goose, flyway, numbered, liquibase)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the paths of all SQL that is parsed."""
    paths = list[str]()

    def noting(
        text: str,
        placement: Placement,
        dialect: str,
        placeholders: Mapping[str, str],
        include: Include | None,
    ) -> ReadSql:
        paths.append(placement.path)
        return read_sql(text, placement, dialect, placeholders, include)

    monkeypatch.setattr(sql_tree, "read_sql", noting)
    return paths


@pytest.mark.parametrize("write", TREES, ids=lambda write: write.__name__)
def test_a_report_is_the_same_without_a_cache_with_a_new_and_with_a_filled_one(
    where: Path, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    last = write(where)
    expected = without(monkeypatch, last)
    assert "drop-column" in expected
    assert not database().exists()
    assert reports(last) == expected
    assert len(rows()) > MANY // 2
    assert reports(last) == expected


@pytest.mark.parametrize("write", TREES, ids=lambda write: write.__name__)
def test_only_what_is_judged_or_includes_other_files_is_parsed_again(
    where: Path, parsed: list[str], write: Write
) -> None:
    last = write(where)
    reports(last)
    assert len(parsed) >= MANY
    parsed.clear()
    reports(last)
    assert last in parsed
    assert {path for path in parsed if "\\i" not in (where / path).read_text()} <= {
        last,
        last.replace("up.sql", "down.sql"),
    }


def test_ways_down_of_history_are_not_read(where: Path, parsed: list[str]) -> None:
    last = golang(where)
    (where / "002_change.down.sql").write_bytes(b"\xff\xfe")
    reports(last)
    assert [path for path in parsed if "down" in path] == [last.replace("up", "down")]


def test_a_file_that_psql_includes_is_read_again(where: Path) -> None:
    last = numbered(where)
    before = history(last)
    (where / "parts" / "more.sql").write_text("DROP TABLE t5;\n")
    assert str(history(last)).count("DROP TABLE t5") > str(before).count("DROP TABLE t5")


def test_what_changed_is_read_again(
    where: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    last = golang(where)
    before = reports(last)
    (where / "005_change.up.sql").write_text("CREATE TABLE t5 (note integer);\n")
    parsed.clear()
    after = reports(last)
    assert {"005_change.up.sql", last} <= set(parsed)
    assert after == without(monkeypatch, last) != before


@pytest.mark.parametrize(
    "arguments",
    [["--transaction=none"], ["--transaction=file"], ["--no-history"], ["--convention=numbered"]],
)
def test_options_that_decide_how_a_file_is_read_have_rows_of_their_own(
    where: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    last = numbered(where)
    reports(last)
    assert reports(last, *arguments) == without(monkeypatch, last, *arguments)


def test_placeholders_have_rows_of_their_own(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    last = numbered(where)
    (where / "002.sql").write_text("ALTER TABLE ${table} ADD COLUMN done boolean;\n")
    reports(last)
    for table in ("t4", "t7"):
        (where / "migsafe.toml").write_text(f'[placeholders]\ntable = "{table}"\n')
        assert reports(last) == without(monkeypatch, last)


def test_other_code_has_rows_of_its_own(
    where: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    last = golang(where)
    reports(last)
    monkeypatch.setattr(cache, "_code", lambda: "of another version")
    parsed.clear()
    reports(last)
    assert len(parsed) >= MANY


def test_the_digest_of_the_code_looks_at_all_that_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "migsafe"
    shutil.copytree(Path(cache.__file__).parents[2], copy)
    monkeypatch.setattr(cache, "__file__", str(copy / "sources" / "cache" / "__init__.py"))
    digests = {cache._code.__wrapped__()}
    for name in (
        "__init__.py",
        "model/operations.py",
        "parsers/postgres/altering.py",
        "sources/alembic/calls.py",
        "writing/quoting.py",
    ):
        with (copy / name).open("a") as file:
            file.write("# another\n")
        digests.add(cache._code.__wrapped__())
    assert len(digests) == 6
    assert None not in digests
    (copy / "model").rename(copy / "gone")
    assert cache._code.__wrapped__() is None


def test_what_is_judged_is_read_afresh_whatever_the_rows_say(
    where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = golang(where)
    expected = without(monkeypatch, last)
    # The last one is history of the next, and so has a row.
    later = where / f"{MANY + 1:03}_change.up.sql"
    later.write_text("SELECT 1;\n")
    reports(later.name)
    ((key, value),) = ((key, each) for key, each in rows().items() if "DROP TABLE t7" in each)
    row = json.loads(value)
    row[3][3] = []
    connection = sqlite3.connect(database())
    connection.execute("UPDATE history SET value = ? WHERE key = ?", (json.dumps(row), key))
    connection.commit()
    connection.close()
    assert reports(last) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "nothing",
        "null",
        "[]",
        "{}",
        "[" * 100_000,
        '["001_change"]',
        "1e999",
        "\udcff",
        None,
        b"\xff",
        7,
    ],
    ids=repr,
)
def test_a_row_that_holds_anything_else_is_read_again(where: Path, value: object) -> None:
    last = golang(where)
    expected = reports(last)
    before = rows()
    connection = sqlite3.connect(database())
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    connection.execute("UPDATE history SET value = coalesce(CAST(? AS TEXT), value)", (value,))
    connection.commit()
    connection.close()
    assert reports(last) == expected
    assert reports(last) == expected
    assert rows() == before


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database " * 1000)


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _torn(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[5000:9000] = b"\x07" * 4000
    path.write_bytes(data)


def _foreign(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE history (url TEXT)")
    connection.close()


def _view(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE history RENAME TO kept")
    connection.execute(
        "CREATE VIEW history AS WITH RECURSIVE r(value, used, key) AS "
        "(SELECT '', 0, 0 UNION ALL SELECT value, used, key FROM r) SELECT * FROM r"
    )
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "damage",
    [_garbage, _truncated, _emptied, _torn, _foreign, _view],
    ids=lambda each: each.__name__,
)
def test_a_file_that_is_broken_is_begun_anew(
    where: Path, parsed: list[str], damage: Callable[[Path], None]
) -> None:
    last = golang(where)
    expected = reports(last)
    damage(database())
    assert reports(last) == expected
    assert reports(last) == expected
    parsed.clear()
    assert reports(last) == expected
    assert len(parsed) < MANY // 2


@pytest.fixture
def locked() -> Iterator[Callable[[], None]]:
    connections = []

    def lock() -> None:
        connection = sqlite3.connect(database())
        connection.execute("BEGIN EXCLUSIVE")
        connections.append(connection)

    yield lock
    for connection in connections:
        connection.close()


def test_a_file_that_another_process_holds_is_left_alone(
    where: Path, monkeypatch: pytest.MonkeyPatch, locked: Callable[[], None]
) -> None:
    monkeypatch.setattr(store, "_WAIT", 0.01)
    last = golang(where)
    expected = reports(last)
    before = database().read_bytes()
    locked()
    (where / "003_change.up.sql").write_text(TABLE.format(n=3) + "SELECT 1;")
    assert reports(last) == expected
    assert database().read_bytes() == before


def test_a_place_that_cannot_be_made_is_no_cache(
    where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = golang(where)
    expected = without(monkeypatch, last)
    for place in (where / "parts" / "more.sql" / "below", Path("/proc/none"), where / "\udcff"):
        monkeypatch.setenv("MIGSAFE_CACHE_DIR", str(place))
        assert reports(last) == expected


@pytest.mark.parametrize("kind", ["directory", "pipe", "link"])
def test_what_stands_in_the_place_of_the_file_is_left_alone(where: Path, kind: str) -> None:
    last = golang(where)
    database().parent.mkdir()
    match kind:
        case "directory":
            database().mkdir()
        case "pipe":
            os.mkfifo(database())
        case _:
            database().symlink_to("elsewhere")
    reports(last)
    assert not database().is_file()
    assert [path.name for path in database().parent.iterdir()] == [store.NAME]


def test_a_full_disk_is_no_error(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    last = golang(where)
    expected = without(monkeypatch, last)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (8192, -1)); "
    done = subprocess.run(
        [sys.executable, "-B", "-c", limit + SCRIPT, "lint", "--format=json", last],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout in expected, done.stderr) == (True, "")
    assert reports(last) == expected
    assert len(rows()) > MANY // 2


def test_processes_at_once_do_not_disturb_each_other(where: Path) -> None:
    last = golang(where)
    expected = migsafe("lint", last, cwd=where, environment={"MIGSAFE_CACHE": "off"})
    for _ in range(2):
        running = [
            subprocess.Popen(
                [sys.executable, "-c", SCRIPT, "lint", last],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        for each in running:
            assert (*each.communicate(), each.returncode) == (expected.stdout, "", 1)
    assert len(rows()) > MANY // 2


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_: int) -> NoReturn:
        raise KeyError

    for name in ("MIGSAFE_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert cache.directory() is None


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"MIGSAFE_CACHE_DIR": "/m", "XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/m"),
        ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/migsafe"),
        ({"XDG_CACHE_HOME": "x", "HOME": "/h"}, "/h/.cache/migsafe"),
        ({"HOME": "/h"}, "/h/.cache/migsafe"),
    ],
)
def test_the_cache_lies_where_the_user_keeps_such_files(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    for name in ("MIGSAFE_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache.directory() == expected


def test_a_few_migrations_are_not_kept(where: Path) -> None:
    golang(where)
    reports(f"{cache.FEWEST:03}_change.up.sql")
    assert not database().exists()
    reports(f"{cache.FEWEST + 1:03}_change.up.sql")
    assert database().exists()


def test_what_was_not_used_for_longest_is_forgotten(
    where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = golang(where)
    reports(last)
    first = set(rows())
    connection = sqlite3.connect(database())
    connection.execute("UPDATE history SET used = used - 8")
    connection.execute("INSERT INTO history SELECT randomblob(32), value, 1 FROM history")
    connection.commit()
    size = connection.execute("PRAGMA page_count").fetchone()[0] * 4096
    connection.close()
    monkeypatch.setattr(store, "MOST", size - 20_000)
    (where / "003_change.up.sql").write_text(TABLE.format(n=3) + "SELECT 1;")
    reports(last)
    assert len(first - set(rows())) <= 1, "what this run used is still there"
    assert len(rows()) < len(first) * 2
    assert database().stat().st_size <= size + 8192


def test_a_row_that_is_too_large_is_not_kept(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_LARGEST", 700)
    last = golang(where)
    expected = without(monkeypatch, last)
    (where / "001_change.up.sql").write_text(f"{TABLE.format(n=1)}SELECT '{'x' * 700}';")
    assert reports(last) == expected
    assert rows()
    assert max(map(len, rows().values())) <= 700
