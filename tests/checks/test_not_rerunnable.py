"""What a second run finds after a stop in between."""

import pytest

from linting import found_by
from migsafe.config import Settings
from migsafe.model.findings import Severity
from migsafe.model.origin import Runner

RULE = "not-rerunnable"
SCHEMA = "CREATE TABLE a (id bigint PRIMARY KEY, b int, c int); CREATE INDEX old ON a (c);"


@pytest.mark.parametrize(
    ("sql", "runner", "lines"),
    [
        ("ALTER TABLE a ADD d int;\nALTER TABLE a ADD e int;", Runner.NONE, [1]),
        ("ALTER TABLE a ADD d int;\nALTER TABLE a ADD e int;", Runner.FILE, []),
        ("ALTER TABLE a ADD d int;\nALTER TABLE a ADD e int;", Runner.QUERY, []),
        ("ALTER TABLE a ADD d int;\nALTER TABLE a ADD e int;", Runner.AUTO, []),
        ("ALTER TABLE a ADD IF NOT EXISTS d int;\nALTER TABLE a ADD e int;", Runner.NONE, []),
        ("ALTER TABLE a ADD d int;\nSELECT 1;", Runner.NONE, []),
        ("SET lock_timeout = 1;\nALTER TABLE a ADD d int;", Runner.NONE, []),
        ("DROP INDEX CONCURRENTLY old;\nALTER TABLE a ADD e int;", Runner.NONE, [1]),
        ("DROP INDEX CONCURRENTLY IF EXISTS old;\nALTER TABLE a ADD e int;", Runner.NONE, []),
        ("UPDATE a SET b = 1 WHERE id = 1;\nALTER TABLE a ADD e int;", Runner.NONE, []),
        (
            (
                "BEGIN;\nALTER TABLE a ADD d int;\nALTER TABLE a ADD e int;\nCOMMIT;\n"
                "CREATE INDEX CONCURRENTLY i ON a (b);"
            ),
            Runner.NONE,
            [2],
        ),
        ("BEGIN;\nALTER TABLE a ADD d int;\nALTER TABLE a ADD e int;\nCOMMIT;", Runner.NONE, []),
        # It fails the first time already.
        ("ALTER TABLE a ADD b int;\nALTER TABLE a ADD e int;", Runner.NONE, []),
        # transaction-nesting says it.
        ("ALTER TABLE a ADD d int;\nCOMMIT;\nALTER TABLE a ADD e int;", Runner.FILE, []),
    ],
)
def test_the_first_piece_that_cannot_be_repeated_is_reported(
    sql: str, runner: Runner, lines: list[int]
) -> None:
    found = found_by(RULE, sql, runner=runner, schema=SCHEMA)
    assert [each.place.line for each in found] == lines


def test_a_way_down_is_run_again_as_well() -> None:
    down = "ALTER TABLE a DROP b;\nALTER TABLE a DROP c;"
    [one] = found_by(RULE, "SELECT 1;", runner=Runner.NONE, schema=SCHEMA, down=down)
    assert (one.section, one.place.line) == ("down", 1)


@pytest.mark.parametrize(
    ("sql", "lines"),
    [
        ("ALTER TABLE a ADD IF NOT EXISTS d int;\nALTER TABLE a ADD e int;", [2]),
        ("CREATE TABLE z (id bigint);", [1]),
        ("CREATE TABLE IF NOT EXISTS z (id bigint);", []),
        ("UPDATE a SET b = 1 WHERE id = 1;", []),
    ],
)
def test_the_strict_profile_asks_for_it_inside_a_transaction_too(
    sql: str, lines: list[int]
) -> None:
    strict = Settings(lock_timeout="role", profile="strict")
    found = found_by(RULE, sql, schema=SCHEMA, settings=strict)
    assert [each.place.line for each in found] == lines
    assert {each.severity for each in found} <= {Severity.NOTE}
    assert found_by(RULE, sql, schema=SCHEMA) == []
