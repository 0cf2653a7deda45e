"""Timeouts that end a concurrent build."""

import pytest

from linting import found_by
from migsafe.config import Settings
from migsafe.model.origin import Runner

RULE = "concurrent-index-timeout"
SCHEMA = "CREATE TABLE a (id bigint PRIMARY KEY, n int); CREATE INDEX old ON a (n);"
BUILD = "CREATE INDEX CONCURRENTLY i ON a (n);"


@pytest.mark.parametrize(
    ("sql", "reported"),
    [
        (f"SET statement_timeout = '30s'; {BUILD}", True),
        (f"SET statement_timeout = 1000; {BUILD}", True),
        (f"SET statement_timeout = '59min'; {BUILD}", True),
        (f"SET statement_timeout = '1h'; {BUILD}", False),
        (f"SET statement_timeout = 0; {BUILD}", False),
        (f"SET statement_timeout = '30s'; RESET statement_timeout; {BUILD}", False),
        (f"SET LOCAL statement_timeout = '30s'; {BUILD}", False),
        (f"SET lock_timeout = '2s'; {BUILD}", False),
        ("SET statement_timeout = '30s'; CREATE INDEX i ON a (n);", False),
        ("SET statement_timeout = '30s'; DROP INDEX CONCURRENTLY old;", False),
        ("SET statement_timeout = '30s'; REINDEX INDEX CONCURRENTLY old;", True),
        ("SET statement_timeout = '30s'; REINDEX INDEX CONCURRENTLY unseen;", True),
        ("SET statement_timeout = '30s'; REINDEX TABLE CONCURRENTLY a;", True),
        ("SET statement_timeout = '30s'; REINDEX DATABASE CONCURRENTLY;", True),
        (
            (
                "SET statement_timeout = '30s'; CREATE TABLE b (n int); "
                "CREATE INDEX CONCURRENTLY i ON b (n);"
            ),
            False,
        ),
    ],
)
def test_a_build_is_reported_under_a_timeout_that_it_may_outlast(
    sql: str, *, reported: bool
) -> None:
    assert bool(found_by(RULE, sql, runner=Runner.NONE, schema=SCHEMA)) is reported


def test_how_long_is_enough_can_be_configured() -> None:
    settings = Settings(lock_timeout="role", rule_options={RULE: {"enough_ms": 10_000}})
    sql = f"SET statement_timeout = '30s'; {BUILD}"
    assert found_by(RULE, sql, runner=Runner.NONE, schema=SCHEMA, settings=settings) == []


def test_a_small_table_is_built_in_time() -> None:
    settings = Settings(lock_timeout="role", small_tables=("a",))
    for sql in (BUILD, "REINDEX TABLE CONCURRENTLY a;", "REINDEX INDEX CONCURRENTLY old;"):
        timed = f"SET statement_timeout = '30s'; {sql}"
        assert found_by(RULE, timed, runner=Runner.NONE, schema=SCHEMA, settings=settings) == []
