import pytest

from linting import found_by
from migsafe.model.findings import Confidence, Finding, Hazard

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text);"


def found(sql: str, schema: str) -> list[Finding]:
    return found_by("drop-column", sql, schema=USERS + schema)


def test_a_computed_column_loses_no_values() -> None:
    [one] = found(
        "ALTER TABLE users DROP low",
        "ALTER TABLE users ADD low text GENERATED ALWAYS AS (lower(email)) STORED",
    )
    assert Hazard.LOSES_DATA not in one.hazards


def test_a_trigger_that_names_the_column_has_to_go_first() -> None:
    [one] = found(
        "ALTER TABLE users DROP email",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER t BEFORE UPDATE OF email ON users FOR EACH ROW EXECUTE FUNCTION f()",
    )
    assert "the trigger t, which names it, has to go first" in one.message


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE users DROP COLUMN IF EXISTS gone",
        "CREATE TABLE t (a int, b int); ALTER TABLE t DROP a",
        "ALTER TABLE users ADD c int; ALTER TABLE users RENAME c TO d; ALTER TABLE users DROP d",
    ],
)
def test_what_running_code_cannot_know_is_quiet(sql: str) -> None:
    assert found(sql, "ALTER TABLE users ADD gone int; ALTER TABLE users DROP gone") == []


@pytest.mark.parametrize(
    ("clause", "confidence"), [("", Confidence.HIGH), ("IF EXISTS ", Confidence.LOW)]
)
def test_a_column_that_nobody_has_seen_may_be_there(clause: str, confidence: Confidence) -> None:
    [one] = found(f"ALTER TABLE users DROP COLUMN {clause}elsewhere", "")
    assert one.confidence is confidence
