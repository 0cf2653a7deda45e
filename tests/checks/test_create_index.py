"""create-index: who waits for a build, and which build the server refuses."""

import pytest

from linting import found_by

SCHEMA = """
CREATE TABLE t (a int);
CREATE INDEX i ON t (a);
CREATE TABLE p (a int) PARTITION BY LIST (a);
"""


@pytest.mark.parametrize(
    ("sql", "beginning", "help_"),
    [
        ("CREATE INDEX ON t (a)", "CREATE INDEX ON t: writes to t wait", "CREATE INDEX CONCURRENT"),
        (
            "CREATE INDEX j ON p (a)",
            "CREATE INDEX j: writes to p and its partitions wait",
            "CREATE INDEX ON ONLY p, then for each partition CREATE INDEX CONCURRENTLY",
        ),
        (
            "CREATE UNIQUE INDEX j ON p (a)",
            "CREATE INDEX j: writes to p and its partitions wait",
            "CREATE UNIQUE INDEX ON ONLY p, then for each partition CREATE UNIQUE INDEX",
        ),
        (
            "CREATE INDEX CONCURRENTLY j ON p (a)",
            "CREATE INDEX j CONCURRENTLY is refused (0A000): p is partitioned: no concurrent",
            "CREATE INDEX ON ONLY p",
        ),
    ],
)
def test_who_waits_and_what_to_do_is_said(sql: str, beginning: str, help_: str) -> None:
    (finding,) = found_by("create-index", sql, schema=SCHEMA)
    assert finding.message.startswith(beginning)
    assert finding.help.startswith(help_)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX IF NOT EXISTS i ON t (a)",
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        "CREATE INDEX CONCURRENTLY j ON t (a)",
        "CREATE INDEX j ON ONLY p (a)",
    ],
)
def test_nothing_is_built_while_writers_wait(sql: str) -> None:
    assert found_by("create-index", sql, schema=SCHEMA) == []
