"""rename-object: what running code names, and what it never could."""

import pytest

from linting import found_by
from migsafe.model.findings import Confidence, Severity

SCHEMA = """
CREATE TABLE users (id bigint PRIMARY KEY, email text CONSTRAINT users_email_key UNIQUE);
CREATE INDEX users_id_idx ON users (id);
CREATE VIEW gone AS SELECT 1;
DROP VIEW gone;
"""


@pytest.mark.parametrize(
    ("sql", "severity", "words"),
    [
        (
            "ALTER DATABASE shop RENAME TO store",
            Severity.ERROR,
            "running code cannot connect to shop (3D000) until",
        ),
        (
            "ALTER ROLE app RENAME TO service",
            Severity.WARNING,
            "running code that connects as app is refused (28P01, 28000) until",
        ),
        (
            "ALTER FOREIGN TABLE prices RENAME TO costs",
            Severity.WARNING,
            "every statement of running code that names prices fails (42P01) until",
        ),
        (
            "ALTER SERVER disk RENAME TO drive",
            Severity.WARNING,
            "what running code says about disk fails until",
        ),
    ],
)
def test_the_harm_is_that_of_the_kind(sql: str, severity: Severity, words: str) -> None:
    (finding,) = found_by("rename-object", sql)
    assert finding.severity is severity
    assert words in finding.message


@pytest.mark.parametrize(
    ("sql", "confidence"),
    [
        ("ALTER VIEW contacts RENAME TO addresses", Confidence.HIGH),
        ("ALTER VIEW IF EXISTS contacts RENAME TO addresses", Confidence.LOW),
        ("ALTER FUNCTION f() RENAME TO g", Confidence.HIGH),
        ("ALTER TABLE users RENAME CONSTRAINT a TO b", Confidence.LOW),
        ("ALTER TABLE orders RENAME CONSTRAINT a TO b", Confidence.LOW),
    ],
)
def test_what_was_never_seen_may_be_named(sql: str, confidence: Confidence) -> None:
    (finding,) = found_by("rename-object", sql, schema=SCHEMA)
    assert finding.confidence is confidence


def test_one_that_is_known_is_named() -> None:
    sql = "CREATE VIEW contacts AS SELECT 1"
    (finding,) = found_by(
        "rename-object", "ALTER VIEW IF EXISTS contacts RENAME TO addresses", schema=sql
    )
    assert finding.confidence is Confidence.HIGH


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER VIEW gone RENAME TO here",
        "ALTER TABLESPACE fast RENAME TO slow",
        "ALTER EVENT TRIGGER guard RENAME TO watch",
        "ALTER INDEX users_id_idx RENAME TO users_idx",
        "ALTER INDEX unseen RENAME TO seen",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ''; ALTER FUNCTION f() RENAME TO g",
        "ALTER TABLE users RENAME TO m; ALTER TABLE m RENAME CONSTRAINT users_email_key TO k",
        "ALTER TABLE users ADD UNIQUE (id); ALTER TABLE users RENAME CONSTRAINT users_id_key TO k",
        "CREATE TABLE t (id int UNIQUE); ALTER TABLE t RENAME CONSTRAINT t_id_key TO t_key",
        "ALTER TABLE users RENAME CONSTRAINT users_email_key TO users_mail_key; DROP TABLE users",
    ],
)
def test_nobody_names_it(sql: str) -> None:
    assert found_by("rename-object", sql, schema=SCHEMA) == []


def test_a_constraint_that_a_complete_schema_lacks_is_not_there() -> None:
    sql = "ALTER TABLE users RENAME CONSTRAINT a TO b"
    assert found_by("rename-object", sql, schema=SCHEMA, complete=True) == []


def test_kinds_do_not_share_their_names() -> None:
    schema = """
    CREATE TABLE users (id bigserial PRIMARY KEY);
    CREATE FUNCTION users_id_seq() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE VIEW touch AS SELECT 1 AS id;
    """
    sql = "ALTER FUNCTION users_id_seq() RENAME TO f; ALTER VIEW touch RENAME TO v"
    found = found_by("rename-object", sql, schema=schema)
    assert [finding.severity for finding in found] == [Severity.WARNING] * 2
