"""Paths and texts: what is found, and what is said where nothing is."""

from pathlib import Path

import pytest

from migsafe.model.errors import UsageError
from migsafe.sources import Loaded, Request, discover, load

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sql"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(path: str, content: str | bytes = "SELECT 1;\n") -> None:
    where = Path(path)
    where.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    where.write_bytes(data)


def given(loaded: Loaded) -> list[str]:
    return [
        migration.path
        for selection in loaded.selections
        for migration in selection.tree.migrations
        if migration.id in selection.given
    ]


def test_file_directory_and_glob_name_the_same_files_once() -> None:
    write("db/0001_a.sql")
    write("db/0002_b.sql")
    loaded = load(Request(("db/0002_b.sql", "db", "./db/*.sql", "db/**/*.sql")))
    assert given(loaded) == ["db/0001_a.sql", "db/0002_b.sql"]
    assert len(loaded.selections) == 1


def test_absolute_path_is_shown_relative_to_the_working_directory() -> None:
    write("db/0001_a.sql")
    assert given(load(Request((str(Path.cwd() / "db" / "0001_a.sql"),)))) == ["db/0001_a.sql"]


BAD = [
    ("nope.sql", "there is no file or directory 'nope.sql'"),
    ("q*.sql", "nothing matches 'q*.sql'"),
    ("dir.sql", "'dir.sql' is a directory, not a file"),
    ("empty", "directory 'empty' holds no migrations (.sql or .py)"),
    ("latin.sql", "not UTF-8 at byte 12"),
    ("marked.sql", "not UTF-8 at byte 12"),
    ("nul.sql", "holds a NUL byte at byte 7: not a text file"),
    ("wide.sql", "UTF-16, not UTF-8: not UTF-8 at byte 0"),
    ("picture.png", "is no migration: its name ends neither in .sql nor in .py"),
]


@pytest.mark.parametrize(("path", "message"), BAD)
def test_bad_input_is_one_error_and_the_others_go_on(path: str, message: str) -> None:
    Path("dir.sql").mkdir()
    Path("empty").mkdir()
    write("latin.sql", b"SELECT 1;\n\n'\xff';\n"[:12] + b"\xff\n")
    write("marked.sql", b"\xef\xbb\xbfSELECT 1;\xff\n")
    write("nul.sql", b"SELECT \0;")
    write("wide.sql", "SELECT 1;".encode("utf-16"))
    write("picture.png", b"\x89PNG")
    write("good.sql")
    loaded = load(Request((path, "good.sql")))
    (error,) = loaded.errors
    assert error.message == message
    assert error.path == path
    assert error.help
    assert given(loaded) == ["good.sql"]


def test_unreadable_file_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.sql")

    def refused(*_: object, **__: object) -> None:
        raise PermissionError

    # Root may read everything, so the system cannot be asked to refuse.
    monkeypatch.setattr("builtins.open", refused)
    loaded = load(Request(("a.sql",)))
    monkeypatch.undo()
    (error,) = loaded.errors
    assert "permission denied" in error.message


def test_empty_file_is_a_migration_without_statements() -> None:
    write("a.sql", "")
    loaded = load(Request(("a.sql",)))
    assert loaded.errors == ()
    assert loaded.selections[0].tree.migrations[0].up.statements == ()


def test_byte_order_mark_and_line_ends_do_not_move_places() -> None:
    write("a.sql", "\ufeff-- ä\r\nSELECT 1;\r\nDROP TABLE t;\r\n")
    up = load(Request(("a.sql",))).selections[0].tree.migrations[0].up
    assert up.text.startswith("-- ä\r\n")
    places = [up.place(statement.span) for statement in up.statements]
    assert [(place.line, place.column) for place in places] == [(2, 1), (3, 1)]


def test_standard_input_stands_alone_or_for_a_file_in_its_tree() -> None:
    write("db/0001_a.sql")
    write("db/0003_c.sql")
    alone = load(Request(("-",), stdin_text="DROP TABLE t;"))
    assert given(alone) == ["<stdin>"]
    named = load(Request(("-",), stdin_text="DROP TABLE t;", stdin_filename="db/0002_b.sql"))
    (selection,) = named.selections
    assert selection.given == {"0002_b"}
    assert [each.id for each in selection.tree.migrations] == ["0001_a", "0002_b"]
    assert selection.tree.later == ("0003_c",)


def test_standard_input_replaces_the_file_it_stands_for() -> None:
    write("db/0001_a.sql", "SELECT 1;")
    loaded = load(Request(("-",), stdin_text="DROP TABLE t;", stdin_filename="db/0001_a.sql"))
    (migration,) = loaded.selections[0].tree.migrations
    assert migration.up.text == "DROP TABLE t;"


def test_standard_input_that_nobody_read_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="standard input"):
        load(Request(("-",)))


def test_convention_that_is_none_is_a_usage_error() -> None:
    write("a.sql")
    with pytest.raises(UsageError, match="no convention is called 'flywai'") as caught:
        load(Request(("a.sql",), convention="flywai"))
    assert "golang-migrate" in caught.value.help


def test_discovery_finds_trees_and_passes_by_what_is_none() -> None:
    write("db/0001_a.sql")
    write("other/2024-01-01-000000_a/up.sql")
    write("node_modules/x/0001_a.sql")
    write(".hidden/0001_a.sql")
    write("env/pyvenv.cfg", "")
    write("env/lib/0001_a.sql")
    write("queries/report.sql")
    write("tools/build.py", "revision_of = 1\n")
    write("plans/p/plan.json", '{"schema": "migsafe.plan/1", "id": "p"}')
    write("plans/p/01_expand.up.sql")
    assert discover() == ("db", "other")


def test_directory_passes_plans_by() -> None:
    write("db/0001_a.sql")
    write("db/plan/plan.json", '{\n  "schema": "migsafe.plan/1"}')
    write("db/plan/01_expand.up.sql")
    assert given(load(Request(("db",)))) == ["db/0001_a.sql"]


def test_plan_of_somebody_else_is_no_plan_directory() -> None:
    write("db/plan.json", '{"schema": "other/1"}')
    write("db/0001_a.sql")
    assert discover() == ("db",)
