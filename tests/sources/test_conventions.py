"""Conventions of SQL tools: names, order, pairs, runners, names of new migrations."""

from pathlib import Path

import pytest

from migsafe.model.migration import Down, Selection
from migsafe.model.operations import Unrecognized
from migsafe.model.origin import Runner
from migsafe.sources import Request, load
from migsafe.sources.convention import convention_named, conventions
from migsafe.sources.numbering import parts_of

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sql"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: str, text: str = "SELECT 1;\n") -> None:
    where = Path(path)
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_text(text, "utf-8")


def only(request: Request) -> Selection:
    (selection,) = load(request).selections
    return selection


def test_conventions_are_found_without_a_list() -> None:
    names = [each.name for each in conventions()]
    assert {"alembic", "golang-migrate", "numbered", "up-down-folders"} <= set(names)
    # It takes any SQL file, so it is asked last.
    assert names[-1] == "file"


TREES = [
    (
        "golang",
        "golang-migrate",
        [
            ("1_create_builds", Runner.QUERY, Down.PRESENT, None),
            (
                "2_index_builds",
                Runner.QUERY,
                Down.EMPTY,
                "the index may stay: nothing depends on its absence",
            ),
            ("10_unique_names", Runner.QUERY, Down.MISSING, None),
        ],
    ),
    (
        "folders",
        "up-down-folders",
        [
            ("2024-01-08-101500_create_posts", Runner.FILE, Down.PRESENT, None),
            ("2024-02-01-090000_index_posts", Runner.NONE, Down.PRESENT, None),
            (
                "2024-03-01-120000_enum_value",
                Runner.FILE,
                Down.EMPTY,
                "This file should undo anything in `up.sql`",
            ),
        ],
    ),
    (
        "numbered",
        "numbered",
        [
            ("0001_accounts", Runner.AUTO, Down.MISSING, None),
            ("0002_index", Runner.NONE, Down.MISSING, None),
            ("0010_email", Runner.AUTO, Down.PRESENT, None),
        ],
    ),
]


@pytest.mark.parametrize(("directory", "convention", "expected"), TREES)
def test_tree_is_read_in_its_order_with_its_runners_and_downs(
    directory: str,
    convention: str,
    expected: list[tuple[str, Runner, Down, str | None]],
) -> None:
    found = only(Request((str(FIXTURES / directory),))).tree
    assert found.convention == convention
    assert found.problems == ()
    assert [
        (each.id, each.up.runner, each.down_state, each.down_reason) for each in found.migrations
    ] == expected
    operations = [
        operation
        for migration in found.migrations
        for section in migration.sections
        for statement in section.statements
        for operation in statement.operations
    ]
    assert not any(isinstance(each, Unrecognized) for each in operations)


def test_numbers_are_ordered_as_numbers_and_later_ones_are_not_read(
    tree: Path,
) -> None:
    del tree
    for number in (1, 2, 9, 10, 11):
        write(f"db/{number}_x.sql", "\0" if number > 10 else "SELECT 1;")
    selection = only(Request(("db/10_x.sql",)))
    assert [each.id for each in selection.tree.migrations] == [
        "1_x",
        "2_x",
        "9_x",
        "10_x",
    ]
    assert selection.tree.later == ("11_x",)


ORDERED = [
    "001.sql",
    "001_a.sql",
    "1-a.sql",
    "1.2_a.sql",
    "20240101120000_a.sql",
    "2024-01-31_a.sql",
    "2024_01_31_120000_a.sql",
    "0001 a b.sql",
    "0001_2fa.sql",
]
LONE = ["a.sql", "001a.sql", "v1__a.sql", "a_001.sql", "rename_email.up.sql"]


@pytest.mark.parametrize(
    ("name", "ordered"),
    [(name, True) for name in ORDERED] + [(name, False) for name in LONE],
)
def test_name_carries_an_order_or_the_file_stands_alone(
    tree: Path, name: str, *, ordered: bool
) -> None:
    del tree
    write(f"db/{name}")
    write("db/other.sql")
    (migration,) = only(Request((f"db/{name}",))).tree.migrations
    assert migration.ordered is ordered


def test_dates_are_ordered_by_day() -> None:
    names = ["2024-02-01_a.sql", "2024-01-10_b.sql", "2024-01-09_c.sql"]
    parts = [parts_of(name) for name in names]
    orders = [part[2] for part in parts if part is not None]
    assert sorted(orders) == list(reversed(orders))


def test_same_number_twice_is_a_problem_that_names_both(tree: Path) -> None:
    del tree
    write("db/0001_a.sql")
    write("db/1_b.sql")
    (problem,) = only(Request(("db",))).tree.problems
    assert "'1_b' has the same number as '0001_a'" in problem.message


def test_down_without_up_is_a_problem(tree: Path) -> None:
    del tree
    write("db/0001_a.down.sql")
    (problem,) = only(Request(("db",))).tree.problems
    assert problem.message == "'0001_a' has a way down and no way up"


def test_lone_pair_is_one_migration_whichever_is_named(tree: Path) -> None:
    del tree
    write("rename.up.sql")
    write("rename.down.sql")
    for path in ("rename.up.sql", "rename.down.sql", "."):
        (migration,) = only(Request((path,))).tree.migrations
        assert (migration.id, migration.down_state) == ("rename", Down.PRESENT)


def test_history_that_cannot_be_read_may_have_changed_anything(tree: Path) -> None:
    del tree
    Path("db").mkdir()
    Path("db/0001_a.sql").write_bytes(b"\xff")
    write("db/0002_b.sql")
    loaded = load(Request(("db/0002_b.sql",)))
    assert [error.path for error in loaded.errors] == ["db/0001_a.sql"]
    unread = loaded.selections[0].tree.migrations[0]
    (operation,) = unread.up.statements[0].operations
    assert isinstance(operation, Unrecognized)
    assert operation.relations is None


RUNNERS = [
    ("0001_a.sql", "SELECT 1;", "auto", Runner.AUTO),
    ("0001_a.sql", "SELECT 1;", "file", Runner.FILE),
    ("0001_a.sql", "SELECT 1;", "none", Runner.NONE),
    ("0001_a.sql", "-- migsafe: transaction=none\nSELECT 1;", "auto", Runner.NONE),
    ("0001_a.sql", "-- migsafe: transaction=none\nSELECT 1;", "file", Runner.NONE),
    ("0001_a.sql", "SELECT '-- migsafe: transaction=none';", "auto", Runner.AUTO),
    ("0001_a.up.sql", "SELECT 1;", "none", Runner.QUERY),
    ("0001_a.up.sql", "-- migsafe: transaction=none\nSELECT 1;", "auto", Runner.NONE),
]


@pytest.mark.parametrize(("name", "text", "transaction", "expected"), RUNNERS)
def test_runner_is_the_files_word_then_the_conventions_then_the_options(
    tree: Path, name: str, text: str, transaction: str, expected: Runner
) -> None:
    del tree
    write(name, text)
    (migration,) = only(Request((name,), transaction=transaction)).tree.migrations
    assert migration.up.runner is expected


NEXT = [
    (
        "golang-migrate",
        ["1_a.up.sql", "10_b.up.sql"],
        "11_add_x",
        "db/11_add_x.up.sql",
        "db/11_add_x.down.sql",
    ),
    (
        "golang-migrate",
        ["000009_a.up.sql"],
        "000010_add_x",
        "db/000010_add_x.up.sql",
        "db/000010_add_x.down.sql",
    ),
    (
        "golang-migrate",
        ["20240229235959_a.up.sql"],
        "20240301000000_add_x",
        "db/20240301000000_add_x.up.sql",
        "db/20240301000000_add_x.down.sql",
    ),
    ("numbered", ["0009_a.sql"], "0010_add_x", "db/0010_add_x.sql", None),
    (
        "numbered",
        ["2024-01-31_a.sql"],
        "2024-02-01_add_x",
        "db/2024-02-01_add_x.sql",
        None,
    ),
    ("numbered", ["1.9_a.sql"], "1.10_add_x", "db/1.10_add_x.sql", None),
    (
        "up-down-folders",
        ["2024-01-08-101500_a/up.sql"],
        "2024-01-09-101500_add_x",
        "db/2024-01-09-101500_add_x/up.sql",
        "db/2024-01-09-101500_add_x/down.sql",
    ),
]


@pytest.mark.parametrize(("convention", "names", "id", "up", "down"), NEXT)
def test_next_name_follows_the_last(
    tree: Path, convention: str, names: list[str], id: str, up: str, down: str
) -> None:
    del tree
    for name in names:
        write(f"db/{name}")
    found = only(Request(("db",))).tree
    chosen = convention_named(convention)
    assert chosen is not None
    assert found.convention == convention
    assert chosen.next_name(found, "Add x!") == id
    assert chosen.paths(found, id) == (up, down)


def test_next_name_counts_migrations_that_were_not_read(tree: Path) -> None:
    del tree
    for name in ("1_a.up.sql", "2_b.up.sql", "3_c.up.sql"):
        write(f"db/{name}")
    found = only(Request(("db/1_a.up.sql",))).tree
    chosen = convention_named("golang-migrate")
    assert chosen is not None
    assert chosen.next_name(found, "x") == "4_x"


@pytest.mark.parametrize("mark", ["2_b", "2", "2_b.up.sql", "db/2_b.up.sql"])
def test_start_after_takes_id_number_file_or_path(tree: Path, mark: str) -> None:
    del tree
    for name in ("1_a.up.sql", "2_b.up.sql", "20_c.up.sql"):
        write(f"db/{name}")
    loaded = load(Request(("db",), start_after=mark))
    assert loaded.started
    assert loaded.selections[0].given == {"20_c"}


def test_folder_named_from_inside_knows_its_place(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("db/2024-01-01-000000_a/up.sql")
    write("db/2024-01-02-000000_b/up.sql")
    monkeypatch.chdir(tree / "db" / "2024-01-02-000000_b")
    selection = only(Request(("up.sql",)))
    assert selection.given == {"2024-01-02-000000_b"}
    assert len(selection.tree.migrations) == 2


@pytest.mark.usefixtures("tree")
def test_golang_migrate_pairs_by_number_whatever_the_titles() -> None:
    write("m/1_add_tag.up.sql")
    write("m/1_add_tags.down.sql")
    selection = only(Request(("m",)))
    assert selection.tree.problems == ()
    [migration] = selection.tree.migrations
    assert (migration.id, migration.down_state) == ("1_add_tag", Down.PRESENT)


@pytest.mark.usefixtures("tree")
def test_a_program_beside_sql_may_have_changed_anything() -> None:
    write("m/1_a.up.sql")
    write("m/2_b.up.go", "package b")
    write("m/2_b.down.sql")
    write("m/3_c.up.go", "package c")
    write("m/4_d.up.sql")
    write("m/4_d.down.go", "package d")
    selection = only(Request(("m",)))
    assert selection.tree.problems == ()
    assert [each.id for each in selection.tree.migrations] == ["1_a", "2_b", "3_c", "4_d"]
    *programs, last = selection.tree.migrations[1:]
    for program in programs:
        [unread] = program.up.statements[0].operations
        assert isinstance(unread, Unrecognized)
        assert f"{program.id}.up.go" in unread.reason
    assert last.down_state is Down.NO_CONVENTION


MARKED = [
    ("-- +goose Up\n{up}\n-- +goose Down\n{down}\n", Runner.FILE),
    ("-- +goose NO TRANSACTION\n-- +goose Up\n{up}\n-- +goose Down\n{down}\n", Runner.NONE),
    ("-- +migrate Up\n{up}\n\n-- +migrate Down\n{down}\n", Runner.FILE),
    ("-- +migrate Up notransaction\n{up}\n-- +migrate Down notransaction\n{down}", Runner.NONE),
    ("-- migrate:up\n{up}\n-- migrate:down\n{down}\n", Runner.FILE),
    (
        # dbmate sends it as one query.
        "-- migrate:up transaction:false\n{up}\n-- migrate:down transaction:false\n{down}",
        Runner.QUERY,
    ),
]


@pytest.mark.parametrize(("form", "runner"), MARKED)
@pytest.mark.parametrize("name", ["0001_a.sql", "alone.sql"])
@pytest.mark.usefixtures("tree")
def test_both_ways_in_one_file_are_told_apart(name: str, form: str, runner: Runner) -> None:
    write(name, form.format(up="CREATE TABLE t (a int);", down="DROP TABLE t;"))
    [migration] = only(Request((name,))).tree.migrations
    assert migration.down is not None
    assert [
        [type(operation).__name__ for each in section.statements for operation in each.operations]
        for section in migration.sections
    ] == [["CreateTable"], ["DropTable"]]
    assert {section.runner for section in migration.sections} == {runner}
    [drop] = migration.down.statements
    text = migration.down.text
    assert text[drop.span.start : drop.span.end] == "DROP TABLE t;"


@pytest.mark.usefixtures("tree")
def test_a_marked_statement_needs_no_semicolon() -> None:
    begin, end = "-- +goose StatementBegin", "-- +goose StatementEnd"
    write(
        "1_a.sql",
        f"-- +goose Up\n{begin}\nALTER TABLE t ADD a int\n{end}\n"
        f"{begin}\nALTER TABLE t ADD b int\n{end}\n-- +goose Down\n-- keeps the columns\n",
    )
    [migration] = only(Request(("1_a.sql",))).tree.migrations
    assert [type(each.operations[0]).__name__ for each in migration.up.statements] == [
        "AddColumn",
        "AddColumn",
    ]
    assert migration.down_state is Down.EMPTY
    assert migration.down_reason == "keeps the columns"


@pytest.mark.usefixtures("tree")
def test_several_statements_between_marks_are_sent_as_one() -> None:
    begin, end = "-- +goose StatementBegin", "-- +goose StatementEnd"
    write(
        "1_a.sql",
        f"-- +goose Up\nSELECT 0;\n{begin}\nSELECT 1;\nSELECT 2;\n{end}\nSELECT 3;\n"
        f"{begin}\nSELECT 4;\n{end}\n{begin}\nSELECT 5; SELECT 6;\n{end}\n-- +goose Down\n",
    )
    [migration] = only(Request(("1_a.sql",))).tree.migrations
    assert [each.batch for each in migration.up.statements] == [None, 0, 0, None, None, 2, 2]


@pytest.mark.usefixtures("tree")
def test_marks_are_no_reason_for_an_empty_way_down() -> None:
    write("1_a.sql", "-- +goose Up\nSELECT 1;\n-- +goose Down\n-- +goose StatementBegin\n")
    [migration] = only(Request(("1_a.sql",))).tree.migrations
    assert (migration.down_state, migration.down_reason) == (Down.EMPTY, None)


@pytest.mark.usefixtures("tree")
def test_a_program_among_numbered_files_is_part_of_their_history() -> None:
    write("m/01_a.sql")
    write("m/02_b.go", "package m")
    write("m/02_b_test.go", "package m")
    write("m/03_c.sql")
    selection = only(Request(("m/03_c.sql",)))
    assert [each.id for each in selection.tree.migrations] == ["01_a", "02_b", "03_c"]
    [unread] = selection.tree.migrations[1].up.statements[0].operations
    assert isinstance(unread, Unrecognized)


@pytest.mark.parametrize(("path", "given"), [("m", True), (".", True), ("m/03_c.sql", False)])
@pytest.mark.usefixtures("tree")
def test_a_program_is_judged_with_its_directory(path: str, *, given: bool) -> None:
    write("m/01_a.sql")
    write("m/02_b.go", "package m")
    write("m/03_c.sql")
    selection = only(Request((path,)))
    assert ("02_b" in selection.given) is given


@pytest.mark.usefixtures("tree")
def test_a_marked_file_without_a_way_down_misses_it() -> None:
    write("1_a.sql", "-- migrate:up\nSELECT 1;\n")
    [migration] = only(Request(("1_a.sql",))).tree.migrations
    assert (migration.down, migration.down_state) == (None, Down.MISSING)
