"""What history leaves no doubt about, and what it does."""

import pytest

from linting import found_by, lint_sql

SCHEMA = """
CREATE TABLE users (id bigint PRIMARY KEY, email text, CONSTRAINT adult CHECK (id > 17));
CREATE TABLE people (id bigint PRIMARY KEY);
CREATE VIEW contacts AS SELECT * FROM users u, LATERAL (SELECT u.*) AS x;
"""


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE users ADD CONSTRAINT adult CHECK (id > 20)", ["42710"]),
        ("SELECT do_something(); ALTER TABLE users ADD CONSTRAINT adult CHECK (id > 20)", []),
        ("ALTER TABLE people RENAME TO users", ["42P07"]),
        ("DROP VIEW contacts; DROP VIEW contacts", ["42P01"]),
        ("DROP VIEW contacts; DROP VIEW IF EXISTS contacts", []),
        # It went through without CASCADE: whether the view was there nobody knows.
        ("ALTER TABLE users DROP COLUMN email; DROP VIEW contacts", []),
        (
            "CREATE TYPE mood AS ENUM ('well'); ALTER TYPE mood RENAME VALUE 'ill' TO 'bad'",
            ["22023"],
        ),
        ("ALTER TABLE strangers ADD COLUMN a int; ALTER TABLE strangers ADD COLUMN b int", []),
    ],
)
def test_a_statement_that_cannot_succeed_is_named(sql: str, expected: list[str]) -> None:
    found = found_by("invalid-reference", sql, schema=SCHEMA)
    states = [each.message.partition("(")[2].partition(")")[0] for each in found]
    assert states == expected


@pytest.mark.parametrize(
    ("sql", "rules"),
    [
        ("DROP VIEW a", ["invalid-reference"]),
        ("UPDATE a SET n = 1, n = 2 WHERE id = 1", ["invalid-reference"]),
        ("UPDATE a SET l[1] = 1, l[2] = 2 WHERE id = 1", []),
        ("INSERT INTO a (id, id) VALUES (1, 2)", ["invalid-reference"]),
        ("ALTER TABLE a ALTER t TYPE int", ["change-column-type"]),
        # What the deploy makes is no subject of change-column-type.
        ("CREATE TABLE b (t text); ALTER TABLE b ALTER t TYPE int", ["invalid-reference"]),
        # drop-object speaks of what is released; the other refusal is of another object.
        (
            "CREATE SEQUENCE f; CREATE TABLE b (n int DEFAULT nextval('f')); DROP SEQUENCE s, f",
            ["drop-object", "invalid-reference"],
        ),
        ("DO $$ BEGIN IF 1 > 2 THEN DROP VIEW a; END IF; END $$", []),
    ],
)
def test_a_refusal_is_said_once(sql: str, rules: list[str]) -> None:
    schema = """CREATE SEQUENCE s;
    CREATE TABLE a (id int PRIMARY KEY, n int DEFAULT nextval('s'), t text, l int[]);"""
    assert [one.rule for one in lint_sql(sql, schema=schema).findings] == rules
