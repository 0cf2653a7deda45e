"""What `migsafe inspect` says of statements, and how it says that it does not know."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from commands import migsafe
from linting import catalog, migration
from migsafe.config import Settings
from migsafe.inspect import inspect
from migsafe.lint import Options
from migsafe.model.migration import Selection, Tree
from migsafe.render import effects_json, effects_text

SCHEMA = "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int, p_id int, name text)"


def inspected(sql: str, down: str | None = None) -> list[dict[str, Any]]:
    one = migration(sql, down=down)
    selection = Selection(Tree(".", "golang-migrate", (one,)), frozenset({one.id}))
    options = Options(today=date(2026, 1, 1), base=catalog(SCHEMA))
    found = inspect((selection,), Settings(), options)
    document = json.loads(effects_json.render(found, dialect="postgres", server_version=16))
    assert document["schema"] == "migsafe.effects/1"
    statements: list[dict[str, Any]] = document["statements"]
    return statements


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (p_id) REFERENCES p (id)",
            {
                "locks": [
                    {"relation": "p", "mode": "SHARE ROW EXCLUSIVE"},
                    {"relation": "t", "mode": "SHARE ROW EXCLUSIVE"},
                ],
                "scans": ["t", "p"],
                "blocks_reads": False,
                "blocks_writes": True,
                "fails": "on_data",
                "error": "23503",
                "fails_on_existing_data": True,
                "breaks_old_code": True,
                "loses_data": False,
            },
        ),
        (
            "CREATE INDEX CONCURRENTLY i ON t (name)",
            {
                "index_builds": ["t"],
                "blocks_writes": False,
                "forbidden_in_transaction": True,
            },
        ),
        ("ALTER TABLE t DROP COLUMN name", {"breaks_old_code": True, "loses_data": True}),
        ("ALTER TABLE t ADD n int", {"old_statements": {"prepared SELECT *": "recycle"}}),
        (
            "DO $$ BEGIN PERFORM f(); END $$",
            {
                "locks": [],
                "rewrites": None,
                "blocks_reads": None,
                "fails": None,
                "breaks_old_code": None,
                "loses_data": None,
            },
        ),
        ("SELECT oops oops oops", {"scans": None, "forbidden_in_transaction": None}),
    ],
)
def test_a_statement_is_described_and_null_says_not_known(
    sql: str, expected: dict[str, object]
) -> None:
    (statement,) = inspected(sql)
    assert {key: statement[key] for key in expected} == expected


def test_each_statement_is_judged_on_the_schema_that_the_one_before_left() -> None:
    first, second = inspected(
        "ALTER TABLE t ADD CONSTRAINT c CHECK (name IS NOT NULL);"
        "ALTER TABLE t ALTER COLUMN name SET NOT NULL"
    )
    assert (first["scans"], second["scans"]) == (["t"], [])


def test_the_way_down_starts_where_the_up_ended() -> None:
    up, down = inspected("ALTER TABLE t ADD COLUMN n int", "ALTER TABLE t DROP COLUMN n")
    assert (up["section"], down["section"], down["loses_data"]) == ("up", "down", True)


def test_a_lock_is_held_until_its_transaction_ends() -> None:
    first, second, third = inspected(
        "SET lock_timeout = '2s'; ALTER TABLE t ADD COLUMN n int;\nCREATE INDEX i ON t (n)"
    )
    assert first["transaction"]["lock_timeout_ms"] is None
    assert second["transaction"] == {
        "number": 1,
        "certain": True,
        "ends_at_line": 2,
        "held": [],
        "lock_timeout_ms": 2000,
        "statement_timeout_ms": None,
    }
    held = {"relation": "t", "mode": "ACCESS EXCLUSIVE", "since_line": 1}
    assert third["transaction"]["held"] == [held]


@pytest.mark.parametrize(
    ("sql", "number", "ends"),
    [
        ("CREATE INDEX i ON t (name)", 1, 1),
        ("BEGIN; DROP TABLE t; COMMIT; DROP TABLE p", 1, 1),
        ("COMMIT;\nDROP TABLE t", None, None),
    ],
)
def test_locks_go_with_the_transaction_of_the_runner(
    sql: str, number: int | None, ends: int | None
) -> None:
    named = [each for each in inspected(sql) if each["locks"]]
    window = named[0]["transaction"]
    assert (window["number"], window["ends_at_line"]) == (number, ends)


def test_people_read_who_waits_for_how_long(tmp_path: Path) -> None:
    sql = "CREATE TABLE t (c int);\n"
    (tmp_path / "0001_a.sql").write_text(sql)
    (tmp_path / "0002_b.sql").write_text(
        "ALTER TABLE t ADD COLUMN n int;\nCREATE INDEX i ON t (n);\n"
    )
    done = migsafe("inspect", "0002_b.sql", cwd=tmp_path)
    waits = "reads and writes wait"
    assert done.stdout.splitlines()[3:] == [
        f"      locks      t ACCESS EXCLUSIVE ({waits} until line 2 is done, runner not known)",
        "      queue      without a lock_timeout all later statements wait behind its wait",
        "      old code   recycle: prepared SELECT *",
        "  2 CREATE INDEX i ON t (n);",
        "      locks      t SHARE (writes wait)",
        "      meanwhile  reads and writes wait for t since line 1",
        "      queue      without a lock_timeout all later statements wait behind its wait",
        "      builds     t",
    ]


def test_people_read_what_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_text("ALTER TABLE t ALTER COLUMN c TYPE text;")
    done = migsafe("inspect", "0001_a.sql", "--server-version", "18", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("postgres 18, predicted\n0001_a.sql   up\n")
    assert "not known  rewrites, scans, index builds, fails: " in done.stdout


def test_text_holds_no_control_characters() -> None:
    one = migration('ALTER TABLE t DROP COLUMN "a\x1b[31mb"')
    selection = Selection(Tree(".", "golang-migrate", (one,)), frozenset({one.id}))
    found = inspect((selection,), Settings(), Options(today=date(2026, 1, 1)))
    assert "\x1b" not in effects_text.render(found, dialect="postgres", server_version=16)
