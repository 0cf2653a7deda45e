"""drop-object: what running code uses, and what it never could."""

import pytest

from linting import found_by
from migsafe.model.findings import Confidence, Severity

SCHEMA = """
CREATE TYPE mood AS ENUM ('well', 'ill');
CREATE DOMAIN positive AS int;
CREATE SEQUENCE tickets;
CREATE TABLE moods (
    id bigint PRIMARY KEY, mood mood, size positive, ticket int DEFAULT nextval('tickets')
);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER gone BEFORE UPDATE ON moods FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER zz_migsafe_moods BEFORE UPDATE ON moods FOR EACH ROW EXECUTE FUNCTION touch();
CREATE VIEW zz_migsafe_view AS SELECT 1 AS id;
DROP TRIGGER gone ON moods;
"""


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TRIGGER zz_migsafe_moods ON moods",
        "DROP TRIGGER zz_migsafe_moods ON moods; DROP ROUTINE touch()",
        "ALTER TABLE moods DROP size; DROP DOMAIN positive",
        "DROP DATABASE shop",
        "DROP ROLE app",
        "DROP PUBLICATION feed",
        "DROP SUBSCRIPTION feed",
        "DROP STATISTICS totals",
        "DROP EVENT TRIGGER guard",
        "DROP TABLESPACE fast",
    ],
)
def test_no_statement_of_running_code_meets_it(sql: str) -> None:
    assert found_by("drop-object", sql, schema=SCHEMA) == []


@pytest.mark.parametrize(
    ("sql", "confidence"),
    [
        ("DROP VIEW contacts", Confidence.HIGH),
        ("DROP FUNCTION f()", Confidence.HIGH),
        ("DROP VIEW IF EXISTS contacts", Confidence.LOW),
        ("DROP VIEW IF EXISTS zz_migsafe_view", Confidence.HIGH),
        ("DROP TRIGGER IF EXISTS t ON moods", Confidence.LOW),
    ],
)
def test_what_was_never_seen_may_be_used(sql: str, confidence: Confidence) -> None:
    (finding,) = found_by("drop-object", sql, schema=SCHEMA)
    assert finding.confidence is confidence


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (
            "DROP EXTENSION hstore",
            "an operator or a type of it fails (42883, 42704) until",
        ),
        ("DROP FOREIGN TABLE prices", "running code that names it fails (42P01) until"),
        ("DROP SERVER disk", "whatever running code does with it fails until"),
    ],
)
def test_the_harm_is_that_of_the_kind(sql: str, words: str) -> None:
    (finding,) = found_by("drop-object", sql)
    assert words in finding.message


def test_what_is_dropped_too_early_is_refused() -> None:
    (finding,) = found_by("drop-object", "DROP TYPE mood; DROP TABLE moods", schema=SCHEMA)
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE moods ALTER mood TYPE text USING mood::text; DROP TYPE mood",
        "ALTER TABLE moods ALTER ticket DROP DEFAULT; DROP SEQUENCE tickets",
    ],
)
def test_what_used_it_stays(sql: str) -> None:
    (finding,) = found_by("drop-object", sql, schema=SCHEMA)
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize("sql", ["DROP VIEW ghost", "DROP TRIGGER gone ON moods"])
def test_what_a_complete_schema_lacks_is_not_there(sql: str) -> None:
    assert found_by("drop-object", sql, schema=SCHEMA, complete=True) == []
