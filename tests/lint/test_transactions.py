"""Which transaction an operation runs in, and which timeouts hold there."""

import pytest

from linting import fold_sql, migration, section
from migsafe.catalog.catalog import Catalog
from migsafe.config import Settings
from migsafe.lint.fold import fold_deploy
from migsafe.lint.transactions import milliseconds
from migsafe.model.origin import Runner
from migsafe.model.record import replace


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2s", 2000),
        ("2000", 2000),
        ("500ms", 500),
        ("1.5 min", 90_000),
        ("1h", 3_600_000),
        ("0", None),
        ("0ms", None),
        (None, None),
        ("soon", None),
    ],
)
def test_timeout_is_read_in_the_units_of_the_server(
    value: str | None, expected: int | None
) -> None:
    assert milliseconds(value) == expected


@pytest.mark.parametrize(
    ("runner", "sql", "expected"),
    [
        (Runner.FILE, "SELECT 1; SELECT 2", [1, 1]),
        (Runner.FILE, "SELECT 1; COMMIT; SELECT 2", [1, 1, None]),
        (Runner.NONE, "SELECT 1; SELECT 2", [None, None]),
        (Runner.NONE, "BEGIN; SELECT 1; COMMIT; SELECT 2", [None, 1, 1, None]),
        (Runner.QUERY, "SELECT 1", [None]),
        (Runner.QUERY, "SELECT 1; SELECT 2", [1, 1]),
        (Runner.QUERY, "SELECT 1; COMMIT; SELECT 2", [1, 1, 2]),
        (Runner.AUTO, "SELECT 1; SELECT 2", [1, 1]),
        (Runner.AUTO, "CREATE INDEX CONCURRENTLY i ON t (c)", [None]),
        (Runner.AUTO, "SELECT 0; CREATE INDEX CONCURRENTLY i ON t (c)", [1, 1]),
        (Runner.AUTO, "SELECT 0; BEGIN; SELECT 1; END; SELECT 2", [None, None, 1, 1, None]),
    ],
)
def test_transactions_follow_the_runner_and_the_file(
    runner: Runner, sql: str, expected: list[int | None]
) -> None:
    deploy = fold_sql(sql, runner=runner)
    assert [applied.transaction.number for applied in deploy.up] == expected


@pytest.mark.parametrize(
    ("runner", "sql", "certain"),
    [
        (Runner.AUTO, "SELECT 0; CREATE INDEX CONCURRENTLY i ON t (c)", False),
        (Runner.FILE, "SELECT 0; CREATE INDEX CONCURRENTLY i ON t (c)", True),
        (Runner.AUTO, "BEGIN; CREATE INDEX CONCURRENTLY i ON t (c); COMMIT", True),
    ],
)
def test_a_runner_that_is_not_known_is_said_to_be_unknown(
    runner: Runner, sql: str, *, certain: bool
) -> None:
    assert fold_sql(sql, runner=runner).up[1].transaction.certain is certain


@pytest.mark.parametrize(
    ("runner", "sql", "lock_ms"),
    [
        (Runner.FILE, "SET lock_timeout = '2s'; SELECT 1", 2000),
        (Runner.FILE, "SET LOCAL lock_timeout = '2s'; SELECT 1", 2000),
        (Runner.NONE, "SET LOCAL lock_timeout = '2s'; SELECT 1", None),
        (Runner.NONE, "SET lock_timeout = '2s'; SELECT 1", 2000),
        (Runner.NONE, "BEGIN; SET LOCAL lock_timeout = '2s'; COMMIT; SELECT 1", None),
        (Runner.FILE, "SET lock_timeout = '2s'; SET lock_timeout = 0; SELECT 1", None),
        (Runner.FILE, "SET lock_timeout = '2s'; RESET lock_timeout; SELECT 1", None),
        (Runner.FILE, "SET lock_timeout = '2s'; RESET ALL; SELECT 1", None),
        (Runner.FILE, "SET lock_timeout TO 300; SET LOCAL lock_timeout TO DEFAULT; SELECT 1", None),
        (Runner.FILE, "SELECT set_config('lock_timeout', '3s', true); SELECT 1", 3000),
    ],
)
def test_timeouts_are_tracked_by_value_and_scope(
    runner: Runner, sql: str, lock_ms: int | None
) -> None:
    assert fold_sql(sql, runner=runner).up[-1].timeouts.lock_ms == lock_ms


def test_locks_are_held_until_the_transaction_ends() -> None:
    held = [
        {str(name): str(lock) for name, lock in applied.held.items()}
        for applied in fold_sql(
            "ALTER TABLE t ADD COLUMN c int; SELECT 1; COMMIT; SELECT 2", runner=Runner.FILE
        ).up
    ]
    assert held == [{}, {"t": "ACCESS EXCLUSIVE"}, {"t": "ACCESS EXCLUSIVE"}, {}]


@pytest.mark.parametrize(
    ("runner", "expected"),
    [
        (Runner.NONE, [None, 1, 1, None, 2, 2]),
        (Runner.FILE, [1, 1, 1, 1, 1, 1]),
    ],
)
def test_what_is_sent_as_one_query_is_a_transaction_where_there_is_no_other(
    runner: Runner, expected: list[int | None]
) -> None:
    up = section("SELECT 0; SELECT 1; SELECT 2; SELECT 3; SELECT 4; SELECT 5;", runner)
    batches = (None, 0, 0, None, 1, 1)
    statements = tuple(
        replace(statement, batch=batch)
        for statement, batch in zip(up.statements, batches, strict=True)
    )
    one = replace(migration(""), up=replace(up, statements=statements))
    deploy = fold_deploy((one,), Settings(), Catalog.empty())
    assert [applied.transaction.number for applied in deploy.up] == expected
    assert deploy.up[1].transaction.sent_as_one is (runner is Runner.NONE)
