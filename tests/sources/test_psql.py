r"""Scripts for psql: files that they include, conditions, variables, data."""

import itertools
from datetime import date
from pathlib import Path

import pytest

import planmaking
from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.migration import Statement
from migsafe.model.operations import Cause, DropTable, Unrecognized
from migsafe.model.origin import Certainty
from migsafe.sources import Request, load


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(files: dict[str, str], path: str = "db/1_a.sql") -> tuple[Statement, ...]:
    planmaking.put(Path(), files)
    [selection] = load(Request((path,))).selections
    return selection.tree.migrations[-1].up.statements


def kinds(statements: tuple[Statement, ...]) -> list[str]:
    return [type(each).__name__ for statement in statements for each in statement.operations]


def test_included_files_are_read_in_their_place_and_stand_at_the_line_that_names_them() -> None:
    found = read(
        {
            "db/1_a.sql": "SELECT 1;\n\\ir parts/b.sql\n\\i parts/'c d.sql'\n\\i 'parts/c d.sql'\n",
            "db/parts/b.sql": "CREATE TABLE b (id int);\n\\ir c.sql\n",
            "db/parts/c.sql": "DROP TABLE c;",
            "parts/c d.sql": "TRUNCATE d;",
        }
    )
    assert kinds(found) == ["Select", "CreateTable", "DropTable", "Unrecognized", "Truncate"]
    [selection] = load(Request(("db/1_a.sql",))).selections
    section = selection.tree.migrations[0].up
    lines = [section.place(statement.span).line for statement in section.statements]
    assert lines == [1, 2, 2, 3, 4]


OUTSIDE = ["\\i nowhere.sql", "\\i ../out.sql", "\\ir /etc/passwd", "\\i 1_a.sql", "\\i :name"]


@pytest.mark.parametrize("line", OUTSIDE)
def test_what_cannot_be_followed_is_named(line: str) -> None:
    Path("../out.sql").write_text("SELECT 1;", "utf-8")
    found = read({"db/1_a.sql": f"{line}\n"})
    [operation] = found[0].operations
    assert isinstance(operation, Unrecognized)
    loaded = load(Request(("db/1_a.sql",)))
    [finding] = lint(loaded.selections, Settings(), Options(today=date.min)).findings
    assert line.rsplit(maxsplit=1)[-1] in finding.message


def test_each_reason_not_to_follow_a_file_is_said() -> None:
    Path("../out.sql").write_text("SELECT 1;", "utf-8")
    Path("db").mkdir()
    Path("db/link.sql").symlink_to(Path("../out.sql").resolve())
    script = "\\i gone.sql\n\\i ../out.sql\n\\ir link.sql\n\\i /a.sql\n\\ir 1_a.sql\n\\i :x/a.sql\n"
    found = read({"db/1_a.sql": script})
    assert [
        each.reason.partition(": ")[2]
        for statement in found
        for each in statement.operations
        if isinstance(each, Unrecognized)
    ] == [
        "there is no such file",
        "it lies outside of the checkout",
        "it lies outside of the checkout",
        "it is named from the root of a machine",
        "it runs itself",
        "nobody has said what the variable in its name stands for",
    ]


def test_a_file_beside_the_working_directory_is_read_where_the_checkout_holds_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planmaking.put(
        Path(),
        {
            ".git/HEAD": "",
            "db/1_a.sql": "\\ir ../shared/b.sql\n\\i shared/c.sql\n",
            "shared/b.sql": "DROP TABLE b;",
            "shared/c.sql": "DROP TABLE c;",
        },
    )
    monkeypatch.chdir("db")
    [selection] = load(Request(("1_a.sql",))).selections
    assert kinds(selection.tree.migrations[0].up.statements) == ["DropTable", "DropTable"]


def test_files_that_run_others_over_and_over_come_to_an_end() -> None:
    names = "abcdefgh"
    files = {
        f"db/{name}.sql": f"\\ir {below}.sql\n" * 20 for name, below in itertools.pairwise(names)
    }
    found = read({**files, "db/h.sql": "SELECT 1;", "db/1_a.sql": "\\ir a.sql\n"})
    assert kinds(found)[-1] == "Unrecognized"
    assert len(found) < 30_000


def test_what_runs_itself_is_not_followed_for_ever() -> None:
    found = read(
        {"db/1_a.sql": "\\ir b.sql\n", "db/b.sql": "SELECT 1;\n\\ir b.sql\n\\ir 1_a.sql\n"}
    )
    assert kinds(found) == ["Select", "Unrecognized", "Unrecognized"]


def test_statements_under_a_condition_may_run() -> None:
    found = read(
        {
            "db/1_a.sql": "\\if :x\nDROP TABLE a;\n\\if true\nDROP TABLE b;\n\\endif\n"
            "\\else\n\\ir c.sql\n\\endif\nDROP TABLE d;\n",
            "db/c.sql": "DROP TABLE c;",
        }
    )
    drops = [
        (each.table.name, each.origin.certainty)
        for statement in found
        for each in statement.operations
        if isinstance(each, DropTable) and each.origin is not None
    ]
    assert drops == [
        ("a", Certainty.MAYBE),
        ("b", Certainty.MAYBE),
        ("c", Certainty.MAYBE),
        ("d", Certainty.ALWAYS),
    ]


def test_variables_that_the_script_sets_are_known() -> None:
    found = read({"db/1_a.sql": "\\set t users\n\\set v 'a b'\nDELETE FROM :t WHERE a = :'v';\n"})
    assert found[-1].sql == "DELETE FROM users WHERE a = 'a b';"
    assert found[-1].opaque == ()


def test_variables_go_into_a_file_that_is_included_and_come_out_of_it() -> None:
    found = read(
        {
            "db/1_a.sql": "\\set a one\n\\set d parts\n\\ir :d/b.sql\nDROP TABLE :b, :a;\n",
            "db/parts/b.sql": "DROP TABLE :a;\n\\set a two\n\\ir c.sql\n",
            "db/parts/c.sql": "\\set b three\n",
        }
    )
    assert [each.sql for each in found if each.sql[0] != "\\"] == [
        "DROP TABLE one;",
        "DROP TABLE three, two;",
    ]


CHANGED = [
    "\\if :x\n\\set t other\n\\endif",
    "\\set t :u",
    "\\unset t",
    "\\prompt 'which?' t",
    "SELECT 1 AS t \\gset",
    "\\ir sets.sql",
    "\\ir chooses.sql",
    "\\if :x\n\\ir sets_plainly.sql\n\\endif",
    "\\ir gone.sql",
]


@pytest.mark.parametrize("between", CHANGED)
def test_a_variable_that_may_have_changed_is_not_known_any_more(between: str) -> None:
    found = read(
        {
            "db/1_a.sql": f"\\set t users\n{between}\nDROP TABLE :t;\n",
            "db/sets.sql": "\\set t :u\n",
            "db/chooses.sql": "\\if :x\n\\set t other\n\\endif\n",
            "db/sets_plainly.sql": "\\set t other\nDROP TABLE :t;\n",
        }
    )
    assert found[-1].opaque == ("t",)


def test_what_a_query_returns_and_runs_is_hidden() -> None:
    found = read({"db/1_a.sql": "SELECT 'DROP TABLE ' || name FROM t \\gexec\n"})
    [operation] = found[-1].operations
    assert isinstance(operation, Unrecognized)
    assert operation.cause is Cause.DYNAMIC
