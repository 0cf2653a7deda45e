import pytest

from linting import ROLE, found_by
from migsafe.config import Settings
from migsafe.model.findings import Confidence, Finding
from migsafe.model.record import replace

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, phone text);"
SET = "ALTER TABLE users ALTER phone SET NOT NULL"


def found(sql: str, schema: str = USERS, settings: Settings = ROLE) -> list[Finding]:
    return found_by("set-not-null", sql, schema=schema, settings=settings)


def test_a_small_table_is_scanned_in_no_time_but_its_writers_are_refused() -> None:
    [one] = found(SET, settings=replace(ROLE, small_tables=("users",)))
    assert "23502" in one.message
    assert "every row is read" not in one.message


def test_running_code_leaves_a_new_column_to_its_default() -> None:
    add = (
        "ALTER TABLE users ADD mobile text DEFAULT ''; ALTER TABLE users ALTER mobile SET NOT NULL"
    )
    [one] = found(add)
    assert "23502" not in one.message
    assert "every row is read" in one.message


def test_running_code_does_not_fill_a_new_column_without_one() -> None:
    [one] = found("ALTER TABLE users ADD mobile text; ALTER TABLE users ALTER mobile SET NOT NULL")
    assert "23502" in one.message


def test_a_table_that_history_does_not_show_may_have_its_proof() -> None:
    [one] = found(SET, schema="")
    assert one.confidence is Confidence.LOW
    assert "not known here" in one.message


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE TABLE users (phone text NOT NULL);",
        "CREATE TABLE users (phone text PRIMARY KEY);",
        "CREATE TABLE users (phone text CHECK (phone IS NOT NULL AND phone <> ''));",
    ],
)
def test_what_the_server_knows_already_is_quiet(schema: str) -> None:
    assert found(SET, schema=schema) == []


@pytest.mark.parametrize(("valid", "count"), [("", 1), (" NOT VALID", 0)])
def test_a_named_not_null_is_judged_where_it_is_not_deferred(valid: str, count: int) -> None:
    sql = f"ALTER TABLE users ADD CONSTRAINT nn NOT NULL phone{valid}"
    assert len(found(sql, settings=replace(ROLE, server_version=18))) == count
