"""Which uses of a label come too early, and which labels are new to running code."""

import pytest

from linting import found_by
from migsafe.config import Settings
from migsafe.model.origin import Runner

SCHEMA = """
CREATE TYPE mood AS ENUM ('well', 'ill');
CREATE TABLE users (id bigint PRIMARY KEY, mood mood, note text);
"""
ADD = "ALTER TYPE mood ADD VALUE 'calm';"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (f"{ADD} UPDATE users SET mood = 'calm'", ["error"]),
        (f"{ADD} UPDATE users SET note = 'calm' WHERE mood = 'calm'", ["error"]),
        (f"{ADD} UPDATE users SET note = 'x' WHERE mood::text = 'calm'", []),
        (f"{ADD} DELETE FROM users WHERE mood = 'calm'", ["error"]),
        (f"{ADD} INSERT INTO users (id, note) VALUES (1, 'calm')", []),
        (f"{ADD} INSERT INTO unseen VALUES (1, 'calm')", ["error"]),
        (f"{ADD} CREATE INDEX ON users (id) WHERE mood = 'calm'", ["error"]),
        (f"{ADD} ALTER TABLE users ADD CHECK (mood <> 'calm')", ["error"]),
        (f"{ADD} ALTER TABLE users ADD COLUMN other mood DEFAULT 'calm'", ["error"]),
        (f"{ADD} CREATE TABLE t (mood mood DEFAULT 'calm')", ["error"]),
        (f"{ADD} CREATE VIEW v AS SELECT id FROM users WHERE mood = 'calm'", ["error"]),
        (f"{ADD} CREATE VIEW v AS SELECT 'calm' AS word", []),
        (f"{ADD} COMMIT; UPDATE users SET mood = 'calm'", []),
        (f"{ADD} UPDATE users SET mood = 'well'", []),
        ("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'ill'; UPDATE users SET mood = 'ill'", []),
    ],
)
def test_a_label_is_used_after_commit(sql: str, expected: list[str]) -> None:
    found = found_by("enum-value-in-transaction", sql, schema=SCHEMA)
    assert [str(each.severity) for each in found] == expected


@pytest.mark.parametrize(("version", "count"), [(16, 1), (17, 0)])
def test_a_type_of_the_transaction_has_its_labels_at_once_from_17_on(
    version: int, count: int
) -> None:
    sql = (
        "CREATE TYPE size AS ENUM ('s'); ALTER TYPE size ADD VALUE 'm';"
        "CREATE TABLE t (size size DEFAULT 'm')"
    )
    settings = Settings(lock_timeout="role", server_version=version)
    assert len(found_by("enum-value-in-transaction", sql, settings=settings)) == count


def test_an_unknown_runner_makes_it_a_warning() -> None:
    sql = f"{ADD} UPDATE users SET mood = 'calm'"
    found = found_by("enum-value-in-transaction", sql, schema=SCHEMA, runner=Runner.AUTO)
    assert [str(each.severity) for each in found] == ["warning"]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (ADD, ["warning"]),
        (f"{ADD} ALTER TYPE mood RENAME VALUE 'calm' TO 'quiet'", ["warning"]),
        ("ALTER TYPE unseen ADD VALUE 'x'", ["warning"]),
        (
            "ALTER TYPE mood RENAME TO old; CREATE TYPE mood AS ENUM ('well', 'ill', 'so')",
            ["warning"],
        ),
        ("ALTER TYPE mood RENAME TO old; CREATE TYPE mood AS ENUM ('well')", ["error"]),
        ("ALTER TYPE mood RENAME TO old; CREATE TYPE mood AS ENUM ('ill', 'well')", []),
    ],
)
def test_labels_that_running_code_does_not_know_are_named(sql: str, expected: list[str]) -> None:
    found = found_by("enum-value-unknown-to-old-code", sql, schema=SCHEMA)
    assert [str(each.severity) for each in found] == expected
