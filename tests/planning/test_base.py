"""What a plan stands on: locks from the facts, the tables, and what they look like."""

import pytest

import linting
import planmaking
from migsafe.model.locks import Lock
from migsafe.model.plan import Plan, StepLock
from migsafe.model.record import replace
from migsafe.planning.base import digest, tables_of, with_locks

BASE = planmaking.USERS + "CREATE TABLE orders (id int, user_id bigint REFERENCES users (id));"


def locks(sql: str) -> tuple[StepLock, ...] | None:
    plan = planmaking.plan()
    first = replace(plan.deploys[0], steps=(planmaking.step(sql),))
    done = with_locks(replace(plan, deploys=(first,)), linting.catalog(BASE), 18)
    return done.deploys[0].steps[0].locks


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE users ADD COLUMN x int", {"users": Lock.ACCESS_EXCLUSIVE}),
        (
            "CREATE INDEX i ON users (id); ALTER TABLE users ADD COLUMN x int",
            {"users": Lock.ACCESS_EXCLUSIVE},
        ),
        ("DROP TABLE orders", {"orders": Lock.ACCESS_EXCLUSIVE, "users": Lock.ACCESS_EXCLUSIVE}),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", {}),
    ],
)
def test_a_step_has_the_strongest_lock_on_a_relation(sql: str, expected: dict[str, Lock]) -> None:
    assert locks(sql) == tuple(StepLock(name, mode) for name, mode in sorted(expected.items()))


GUARD = (
    "DO $$\nBEGIN\n  IF (SELECT count(*) FROM users WHERE {}) > 0 THEN\n"
    "    RAISE EXCEPTION USING MESSAGE = 'not ''filled''';\n  END IF;\nEND\n$$"
)


def test_a_guard_locks_nothing_and_a_block_that_cannot_be_followed_is_not_known() -> None:
    assert locks(GUARD.format("email IS NULL")) == ()
    assert locks("DO $$ BEGIN RAISE EXCEPTION 'no'; END $$") == ()
    for body in (
        GUARD.format("email IS NULL").replace("RAISE", "DELETE FROM users; RAISE"),
        GUARD.format("id IN (SELECT 1 FOR UPDATE)"),
        "DO $$ BEGIN PERFORM f(); END $$",
        "DO $$ BEGIN EXECUTE current_query(); END $$",
    ):
        assert locks(body) is None


def test_a_block_locks_what_its_statements_lock() -> None:
    assert locks("DO $$ BEGIN DROP TABLE orders; END $$") == locks("DROP TABLE orders")


def test_the_tables_of_a_plan_are_those_it_locks_backfills_too() -> None:
    assert tables_of(planmaking.plan(), linting.catalog(BASE), 18) == ("users",)


def _digest(sql: str) -> str:
    return digest(linting.catalog(sql), ("users",))


def test_the_digest_is_of_the_tables_alone() -> None:
    other = "CREATE TABLE other (id int);"
    # Whether somebody else's migration ran before or after does not count either.
    assert _digest(BASE) == _digest(f"{BASE} {other}") == _digest(f"{other} {BASE}")
    for change in (
        "ALTER TABLE users ADD COLUMN x int",
        "CREATE INDEX i ON users (email)",
        "ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES users (id)",
        "CREATE VIEW v AS SELECT id FROM users",
        "ALTER TABLE users ALTER email DROP NOT NULL",
        "DO $$ BEGIN EXECUTE 'x'; END $$",
    ):
        assert _digest(BASE) != _digest(f"{BASE} {change};"), change


def test_the_digest_does_not_depend_on_the_order_of_statements() -> None:
    one, two = "CREATE INDEX a ON users (email);", "CREATE INDEX b ON users (id);"
    assert _digest(BASE + one + two) == _digest(BASE + two + one)


def test_a_plan_without_backfill_and_steps_touches_nothing() -> None:
    plan: Plan = replace(planmaking.plan(), deploys=planmaking.plan().deploys[2:3])
    assert tables_of(plan, linting.catalog(BASE), 18) == ()
