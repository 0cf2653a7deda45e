"""The tools that count what is read of revisions, and hold it against what Alembic renders."""

from pathlib import Path

import pytest

import planmaking
from migsafe_dev import calls, coverage, rendered

REVISION = """\
import os
import sqlalchemy as sa
from alembic import op
from shop import helpers
revision = "a"

def upgrade():
    op.drop_table("a")
    with op.batch_alter_table(op.f("b")) as batch:
        batch.drop_column("c")
    op.get_bind().execute(sa.text("SELECT 1"))
    if op.get_context().dialect.name == "mysql":
        op.execute("SET names utf8")
    op.drop_table(os.environ["T"])
    helpers.gone("d")
    helpers.gone(os.environ["T"])

def downgrade():
    for index in sa.inspect(op.get_bind()).get_indexes("t"):
        op.drop_index(index["name"], "t")
"""
HELPERS = """\
from alembic import op as operations

def gone(table):
    operations.drop_table(table)

def unused(op):
    op.drop_table("e")
"""


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    for name, text in {
        ".git/HEAD": "",
        "shop/__init__.py": "",
        "shop/helpers.py": HELPERS,
        "shop/other.py": "from alembic import op\nop.drop_table('x')\n",
        "migrations/versions/a.py": REVISION,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path / "migrations" / "versions"


def test_calls_are_counted_by_what_the_files_hold(versions: Path) -> None:
    counted = calls.count(str(versions))
    # Five of the revision and of its helper two; what nobody imports does not count.
    assert counted.calls == 7
    assert counted.known == 2
    assert [Path(path).name for path, _, _ in counted.not_reached] == ["a.py", "helpers.py"]
    assert counted.causes == {"what the environment holds": 2, "what the database holds": 1}


def test_a_call_that_is_not_known_is_named_with_its_place(
    versions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calls.main(["--show", f"shop={versions}"]) == 0
    printed = capsys.readouterr().out
    assert "shop: 7 calls, 5 reached, 2 fully known (40.00 %), 3 unanalysed" in printed
    assert f"{versions.resolve()}/a.py:14:5: 'drop_table': table_name: what" in printed
    assert f"{versions.resolve()}/a.py:13:9: not reached" in printed


def test_calls_of_op_are_found_under_each_of_its_names(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(
        "import alembic.op\nfrom alembic import op as o\n"
        "o.f(1)\no.drop_table(1)\nalembic.op.drop_table(2)\nother.drop_table(3)\n"
        "def f(batch_op):\n    batch_op.drop_column(4)\n    op.drop_column(5)\n",
        "utf-8",
    )
    assert [line for _, line, _ in calls.calls_in(path)] == [4, 5, 8]


SQL = """\
BEGIN;
-- Running upgrade  -> a
DROP TABLE a;
UPDATE b SET c = 5 WHERE d = 'x';
INSERT INTO alembic_version (version_num) VALUES ('a') RETURNING alembic_version.version_num;
COMMIT;
"""


def compared(tmp_path: Path, body: str, sql: str) -> int:
    versions = tmp_path / "versions"
    versions.mkdir()
    (versions / "a.py").write_text(f"from alembic import op\nrevision = 'a'\n{body}", "utf-8")
    (tmp_path / "a.up.sql").write_text(sql, "utf-8")
    return rendered.main(["--seed", "1", f"{versions}={tmp_path}"])


def test_what_is_read_equals_what_is_rendered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = 'def upgrade():\n    op.drop_table("a")\n    op.execute("UPDATE b SET c = :c")\n'
    assert compared(tmp_path, body, SQL) == 0
    assert (
        "1 revisions of 1, 1 ways: 0 with a call that is not known, 1 equal"
        in capsys.readouterr().out
    )


def test_what_a_condition_decides_is_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = 'def upgrade():\n    if x:\n        op.drop_table("a")\n'
    assert compared(tmp_path, body, "") == 0
    assert "0 equal, 1 depend on a condition, 0 differ" in capsys.readouterr().out


@pytest.mark.parametrize("sql", ["DROP TABLE b", "DROP TABLE a; DROP TABLE b", ""])
def test_what_differs_is_shown(
    tmp_path: Path, sql: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compared(tmp_path, 'def upgrade():\n    op.drop_table("a")\n', sql) == 1
    assert "DIFFERS" in capsys.readouterr().out


def test_type_that_only_a_package_could_tell_is_no_difference(tmp_path: Path) -> None:
    body = (
        "import sqlalchemy as sa\nfrom package import Kind\n"
        'def upgrade():\n    op.add_column("t", sa.Column("c", Kind()))\n'
    )
    assert compared(tmp_path, body, "ALTER TABLE t ADD COLUMN c uuid") == 0


TREES = {
    "goose": {
        "1_a.sql": "-- +goose Up\n-- +goose StatementBegin\nDROP TABLE a\n-- +goose StatementEnd\n"
        "DROP TABLE b;\n-- +goose Down\n-- rollback is a word\nCREATE TABLE b (id int);\n",
    },
    "liquibase": {
        "a.sql": "--liquibase formatted sql\n--changeset a:1\nDROP TABLE a\n"
        "--rollback CREATE TABLE a\n--rollback   (id int);\n--changeset a:2\nDROP TABLE b;\n"
        "/* liquibase rollback\nCREATE TABLE b (id int); */\n--changeset a:3\nDROP TABLE c;\n"
        "--rollback empty\n",
    },
    "drizzle": {
        "meta/_journal.json": '{"entries": [{"idx": 0, "tag": "0000_a"}]}',
        "0000_a.sql": "DROP TABLE a--> statement-breakpoint\nDROP TABLE b",
    },
    "numbered": {
        "1_a.sql": "\\set x y\nCOPY a FROM stdin;\n1;2;3\n\\.\n/* ; */ DROP TABLE a; -- ;\n",
    },
}


@pytest.mark.parametrize(
    ("tool", "statements"), [("goose", 3), ("liquibase", 5), ("drizzle", 2), ("numbered", 2)]
)
def test_a_scanner_and_migsafe_find_the_same_statements(
    tmp_path: Path, tool: str, statements: int
) -> None:
    planmaking.put(tmp_path, TREES[tool])
    counted = coverage.count(str(tmp_path))
    assert counted.conventions.keys() == {tool}
    assert (counted.scanned, counted.read, counted.understood) == (statements,) * 3
    assert counted.differing == []


def test_what_is_not_understood_is_counted_by_cause_and_templates_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planmaking.put(
        tmp_path,
        {
            "1_a.sql": "DROP TABEL a;\nSELECT f();\nDO $$ BEGIN EXECUTE x; END $$;\nDROP TABLE b;",
            "2_b.sql": "DROP TABLE ${c};\nDROP TABEL ${c};",
        },
    )
    assert coverage.main([f"shop@abc={tmp_path}"]) == 0
    row = capsys.readouterr().out.splitlines()[0]
    assert row.startswith("| shop | abc | numbered | 2 | 6 | 6 | 2 | 25.00 | 2 | 1 |")
    for cause, times in (
        ("unreadable-statement, the server refuses it as well", 1),
        ("unreadable-statement, a placeholder where SQL must be known", 1),
        ("hidden-sql, EXECUTE of a text known only when it runs", 1),
        ("hidden-sql, a routine whose body no migration shows", 1),
    ):
        assert f"{cause}: {times}" in row


def test_the_page_of_coverage_adds_up_and_reaches_its_aims() -> None:
    *projects, everything = coverage.table(coverage.PAGE.read_text("utf-8"))
    assert len(projects) >= 12
    conventions = {each for row in projects for each in row["conventions"].split(", ")}
    assert len(conventions) >= 8
    for column in (
        *("files", "scanned", "read", "understood"),
        *("in templates", "templates understood"),
    ):
        assert int(everything[column]) == sum(int(row[column]) for row in projects)
    for row in (*projects, everything):
        read, understood = int(row["read"]), int(row["understood"])
        templates, known = int(row["in templates"]), int(row["templates understood"])
        assert row["scanned"] == row["read"]
        assert row["%"] == f"{100 * (understood - known) / (read - templates or 1):.2f}" or (
            read == templates and row["%"] == "100.00"
        )
        assert bool(row["not understood, by cause"]) >= (understood < read)
    assert float(everything["%"]) >= 99.8
