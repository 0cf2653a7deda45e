import pytest

from linting import found_by, lint_sql
from migsafe.model.findings import Confidence

EVENTS = "CREATE TABLE events (id bigint PRIMARY KEY);"
COPY = "CREATE TABLE events_2 (id bigint); INSERT INTO events_2 SELECT id FROM events;"
SWAP = "DROP TABLE events; ALTER TABLE events_2 RENAME TO events"


def message(sql: str, schema: str = EVENTS) -> str:
    found = found_by("drop-table", sql, schema=schema)
    return found[0].message if found else ""


@pytest.mark.parametrize(
    ("sql", "lost"),
    [
        (f"{COPY} {SWAP}", True),
        (f"CREATE TABLE events_2 AS TABLE events; {SWAP}", True),
        (f"LOCK TABLE events; {COPY} {SWAP}", False),
    ],
)
def test_a_swap_loses_writes_unless_a_lock_kept_the_writers_out(sql: str, *, lost: bool) -> None:
    said = message(sql)
    assert "swap" in said
    assert ("is lost" in said) == lost


def test_a_swap_by_two_renames_is_seen_from_the_table_that_is_dropped() -> None:
    said = message(
        f"{COPY} ALTER TABLE events RENAME TO events_old;"
        "ALTER TABLE events_2 RENAME TO events; DROP TABLE events_old"
    )
    assert "events_2 takes the place of events" in said


def test_a_table_that_is_known_under_another_name_is_called_by_it() -> None:
    said = message("ALTER TABLE events RENAME TO old; DROP TABLE old")
    assert "events, its released name," in said


def test_a_temporary_table_may_go() -> None:
    assert message("CREATE TEMP TABLE t (id int); DROP TABLE t") == ""


def test_a_drop_that_the_server_refuses_says_why() -> None:
    said = message("DROP TABLE events", EVENTS + "CREATE VIEW v AS SELECT id FROM events")
    assert "refused (2BP01)" in said


def test_only_a_parent_that_is_locked_is_named() -> None:
    schema = f"{EVENTS} CREATE TABLE notes (id bigint, event_id bigint REFERENCES events);"
    said = message("DROP TABLE IF EXISTS notes", schema)
    assert "reads and writes of events wait for an instant too" in said
    unread = message("DROP TABLE IF EXISTS notes", f"{schema} SELECT anything();")
    assert "nobody waits" not in unread
    assert "events wait" in unread


def test_a_table_that_nobody_has_seen_may_not_be_there() -> None:
    [one] = lint_sql("DROP TABLE IF EXISTS elsewhere").findings
    assert one.confidence is Confidence.LOW
    [other] = lint_sql("DROP TABLE elsewhere").findings
    assert other.confidence is Confidence.HIGH
