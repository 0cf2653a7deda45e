"""Data changes under a lock: which are named, and where the finding stands."""

from typing import Unpack

import pytest

from linting import ROLE, Given, found_by, lint_sql
from migsafe.model.findings import Finding
from migsafe.model.origin import Runner
from migsafe.model.record import replace

RULE = "backfill-in-schema-transaction"
USERS = "CREATE TABLE users (id bigint PRIMARY KEY, locale text);"


def found(sql: str, **given: Unpack[Given]) -> list[Finding]:
    return found_by(RULE, sql, **given)


def test_the_change_of_the_locked_table_is_named_first_and_the_others_with_their_lines() -> None:
    (finding,) = found(
        "ALTER TABLE refunds ADD COLUMN payment_id uuid;\n"
        "INSERT INTO payments SELECT id FROM refunds;\n"
        "UPDATE refunds SET payment_id = NULL;"
    )
    assert finding.place.line == 3
    assert finding.message == (
        "UPDATE refunds (and INSERT INTO payments, line 2) runs under the ACCESS EXCLUSIVE lock of "
        "line 1: "
        "every SELECT on refunds waits until COMMIT."
    )


def test_each_change_under_a_lock_is_reported_by_this_rule_alone() -> None:
    report = lint_sql(
        "ALTER TABLE users ADD COLUMN x int DEFAULT 0;\n"
        "UPDATE users SET x = 1;\nUPDATE orders SET y = x;"
    )
    assert [finding.rule for finding in report.findings] == [RULE]


def test_more_than_three_others_are_counted() -> None:
    changes = "".join(f"INSERT INTO a{n} SELECT * FROM b;\n" for n in range(6))
    (finding,) = found(f"ALTER TABLE users ADD COLUMN x int;\n{changes}")
    assert "line 5; 2 more)" in finding.message


def test_the_tables_that_one_change_keeps_locked_are_one_finding() -> None:
    (finding,) = found(
        "ALTER TABLE orders ADD COLUMN x int;\nALTER TABLE users ADD COLUMN x int;\n"
        "CREATE TABLE notes (user_id bigint REFERENCES persons (id));\n"
        "UPDATE orders SET x = 1;\n"
    )
    assert [each.name.name for each in finding.relations] == ["orders", "users", "persons"]
    assert finding.message == (
        "UPDATE orders runs under the ACCESS EXCLUSIVE lock of line 1: every SELECT on orders "
        "waits "
        "until COMMIT; so does every SELECT on users (line 2), and every INSERT, UPDATE and "
        "DELETE on persons (line 3)."
    )


def test_more_than_three_locked_tables_are_counted() -> None:
    alters = "".join(f"ALTER TABLE a{n} ADD COLUMN x int;\n" for n in range(6))
    (finding,) = found(f"{alters}INSERT INTO other SELECT * FROM users;")
    assert "every SELECT on a1 (line 2), a2 (line 3), a3 (line 4) and 2 more." in finding.message
    assert len(finding.relations) == 6


def test_a_table_that_is_locked_after_the_first_change_has_the_next_one() -> None:
    first, second = found(
        "ALTER TABLE users ADD COLUMN x int;\nINSERT INTO a SELECT * FROM b;\n"
        "ALTER TABLE orders ADD COLUMN x int;\nINSERT INTO c SELECT * FROM d;\n"
    )
    assert [(first.place.line, "users"), (second.place.line, "orders")] == [
        (each.place.line, each.relations[0].name.name) for each in (first, second)
    ]
    assert "(and INSERT INTO c, line 4)" in first.message


def test_a_lock_that_lets_reads_pass_names_the_writers() -> None:
    (finding,) = found("CREATE INDEX users_x ON users (x);\nUPDATE orders SET x = 1;")
    assert "SHARE lock of line 1: every INSERT, UPDATE and DELETE on users" in finding.message


def test_the_strongest_lock_is_named_with_the_line_that_took_it_first() -> None:
    (finding,) = found(
        "CREATE INDEX users_x ON users (x);\nALTER TABLE users ADD COLUMN y int;\n"
        "ALTER TABLE users ADD COLUMN z int;\n"
        "UPDATE users SET y = 1;"
    )
    assert "ACCESS EXCLUSIVE lock of line 2" in finding.message


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO users (id) VALUES (1), (2)",
        "UPDATE users SET locale = 'en' WHERE id = 1",
        "UPDATE users SET locale = 'en' WHERE false",
    ],
)
def test_what_lasts_an_instant_is_quiet(change: str) -> None:
    assert not found(f"ALTER TABLE users ADD COLUMN x int; {change};", schema=USERS)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM users",
        "COPY users FROM '/x'",
        "MERGE INTO users USING b ON users.id = b.id WHEN MATCHED THEN UPDATE SET locale = 'x'",
        "INSERT INTO other SELECT * FROM users",
    ],
)
def test_every_kind_of_data_change_counts(change: str) -> None:
    assert found(f"ALTER TABLE users ADD COLUMN x int; {change};", schema=USERS)


@pytest.mark.parametrize("runner", [Runner.FILE, Runner.RUN, Runner.QUERY, Runner.AUTO])
def test_runners_that_may_open_a_transaction_are_judged_as_if_they_did(runner: Runner) -> None:
    (finding,) = found("ALTER TABLE users ADD COLUMN x int; UPDATE users SET x = 1;", runner=runner)
    assert ("--transaction none" in finding.help) is (runner is Runner.AUTO)


@pytest.mark.parametrize(
    ("sql", "given"),
    [
        ("ALTER TABLE users ADD COLUMN x int; UPDATE users SET x = 1;", {"runner": Runner.NONE}),
        ("CREATE TABLE t (x int); UPDATE t SET x = 1;", {}),
        (
            "ALTER TABLE users ADD COLUMN x int; CREATE TABLE t (x int); UPDATE t SET x = 1;",
            {},
        ),
        ("UPDATE users SET x = 1; ALTER TABLE users ADD COLUMN y int;", {}),
        (
            "ALTER TABLE users ADD COLUMN x int; UPDATE users SET x = 1;",
            {"settings": replace(ROLE, small_tables=("users",))},
        ),
    ],
)
def test_no_lock_of_a_busy_table_is_held_for_long(sql: str, given: Given) -> None:
    assert not found(sql, **given)


@pytest.mark.parametrize(
    "sql",
    [
        # What one of several locked tables owns goes with it, and who wants it waits already.
        "ALTER TABLE tickets DROP COLUMN id; UPDATE users SET locale = 'x';",
        (
            "ALTER TABLE tickets RENAME COLUMN id TO n; ALTER SEQUENCE tickets_id_seq RENAME TO s; "
            "UPDATE users SET locale = 'x';"
        ),
    ],
)
def test_the_sequence_of_a_locked_table_is_not_named_beside_it(sql: str) -> None:
    (finding,) = found(sql, schema=f"{USERS} CREATE TABLE tickets (id serial, n int);")
    assert [each.name.name for each in finding.relations] == ["tickets"]


def test_a_sequence_that_alone_is_locked_keeps_nextval_waiting() -> None:
    (finding,) = found(
        "ALTER SEQUENCE tickets_id_seq RESTART WITH 9; UPDATE users SET locale = 'x';",
        schema=f"{USERS} CREATE TABLE tickets (id serial);",
    )
    assert "every nextval() on tickets_id_seq waits until COMMIT" in finding.message


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE orders ADD COLUMN x int; UPDATE users SET locale = 'x'; DROP TABLE orders;",
        "DROP TABLE orders; UPDATE users SET locale = 'x';",
    ],
)
def test_nobody_waits_for_a_table_that_goes(sql: str) -> None:
    assert not found(sql, schema=f"{USERS} CREATE TABLE orders (id bigint);")


def test_a_temporary_table_that_is_gone_is_nobodys_wait() -> None:
    assert not found(
        "CREATE TEMP TABLE w (id int); DROP TABLE w; UPDATE users SET locale = 'x';", schema=USERS
    )


def test_changes_of_one_kind_are_named_once_with_their_lines() -> None:
    (finding,) = found(
        "ALTER TABLE users ADD COLUMN x int;\nUPDATE users SET x = 1;\n"
        "INSERT INTO a SELECT * FROM b;\nINSERT INTO a SELECT * FROM c;"
    )
    assert "(and INSERT INTO a, line 3, line 4) runs under" in finding.message
