import pytest

from linting import lint_sql
from migsafe.config import Settings
from migsafe.model.findings import Confidence, Finding

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, phone text);"
SET = "ALTER TABLE users ALTER phone SET NOT NULL"


def found(sql: str, schema: str = USERS, **settings: object) -> list[Finding]:
    chosen = Settings(lock_timeout="role", **settings)  # type: ignore[arg-type]
    report = lint_sql(sql, schema=schema, settings=chosen)
    return [each for each in report.findings if each.rule == "set-not-null"]


def test_a_small_table_is_scanned_in_no_time_but_its_writers_are_refused() -> None:
    [one] = found(SET, small_tables=("users",))
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
    assert len(found(sql, server_version=18)) == count
