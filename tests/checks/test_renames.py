"""rename-column and rename-table: what keeps the old name, and what only looks so."""

import pytest

from linting import found_by, lint_sql
from migsafe.model.origin import Runner

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text); CREATE TABLE notes (text text);"
COLUMN = "ALTER TABLE users RENAME email TO mail;"
TABLE = "ALTER TABLE users RENAME TO people;"
BOTH = f"{TABLE} ALTER TABLE people RENAME email TO mail;"


def rules(sql: str, runner: Runner = Runner.FILE) -> list[str]:
    report = lint_sql(sql, schema=USERS, runner=runner)
    return sorted(each.rule for each in report.findings if each.rule.startswith("rename-"))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (f"{TABLE} CREATE VIEW users AS SELECT id, email FROM people", []),
        (f"{TABLE} CREATE VIEW users AS SELECT 1 AS id", ["rename-table"]),
        (f"{TABLE} CREATE VIEW user_list AS SELECT id FROM people", ["rename-table"]),
        (f"{TABLE} ALTER TABLE people RENAME TO folk; CREATE VIEW users AS TABLE folk", []),
        (f"{BOTH} CREATE VIEW users AS SELECT id, mail AS email FROM people", []),
        (f"{BOTH} CREATE VIEW users AS SELECT id, mail FROM people", ["rename-column"]),
        (f"{BOTH} CREATE VIEW users (id, email) AS SELECT id, mail FROM people", []),
        (f"{BOTH} CREATE VIEW users AS SELECT 'a' AS email", ["rename-column", "rename-table"]),
        (
            f"{BOTH} CREATE VIEW folk AS SELECT id, mail AS email FROM people",
            ["rename-column", "rename-table"],
        ),
        (
            (
                f"BEGIN; {TABLE} COMMIT; BEGIN; ALTER TABLE people RENAME email TO mail;"
                " CREATE VIEW users AS SELECT id, mail AS email FROM people; COMMIT"
            ),
            ["rename-column", "rename-table"],
        ),
        (
            f"BEGIN; {BOTH} COMMIT; CREATE VIEW users AS SELECT id, mail AS email FROM people",
            ["rename-column", "rename-table"],
        ),
        (
            (
                f"{COLUMN} ALTER TABLE notes RENAME TO remarks; {TABLE}"
                " CREATE VIEW users AS SELECT id, mail AS email FROM people"
            ),
            ["rename-table"],
        ),
        (
            (
                f"ALTER TABLE notes RENAME TO remarks; {BOTH}"
                " CREATE VIEW notes AS SELECT id, mail AS email FROM people"
            ),
            ["rename-column", "rename-table", "rename-table"],
        ),
        ("CREATE TABLE t AS TABLE users; ALTER TABLE t RENAME email TO mail", []),
        (f"{COLUMN} ALTER TABLE users ADD email text", ["rename-column"]),
        ("ALTER VIEW users RENAME COLUMN email TO mail", ["rename-column"]),
        ("ALTER TYPE pair RENAME ATTRIBUTE a TO b", []),
    ],
)
def test_a_rename_is_quiet_when_its_transaction_keeps_the_old_name(
    sql: str, expected: list[str]
) -> None:
    assert rules(sql) == expected


def test_a_generated_column_under_the_old_name_leaves_a_note_for_writers() -> None:
    sql = f"{COLUMN} ALTER TABLE users ADD email text GENERATED ALWAYS AS (mail) VIRTUAL"
    (finding,) = [each for each in lint_sql(sql, schema=USERS).findings if "428C9" in each.message]
    assert (finding.rule, str(finding.severity)) == ("rename-column", "note")
    assert finding.help == (
        "Make sure that no running code writes email; else add mail, sync both with a trigger, and "
        "drop email in a later deploy."
    )


@pytest.mark.parametrize(
    "added",
    [
        "users ADD email text",
        "users ADD post text GENERATED ALWAYS AS (mail) STORED",
        "notes ADD email text GENERATED ALWAYS AS (text) STORED",
    ],
)
def test_another_column_does_not_serve_readers(added: str) -> None:
    (finding,) = found_by("rename-column", f"{COLUMN} ALTER TABLE {added}", schema=USERS)
    assert str(finding.severity) == "error"


def test_a_view_in_another_transaction_comes_too_late() -> None:
    sql = f"{TABLE} CREATE VIEW users AS TABLE people"
    assert rules(sql, Runner.NONE) == ["rename-table"]
