import pytest

from linting import found_by, lint_sql
from migsafe.config import Settings
from migsafe.model.findings import Confidence

EVENTS = "CREATE TABLE events (id bigint PRIMARY KEY);"
KEPT = "the rows are gone, but for what line 1 took from them"
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
        (f"LOCK TABLE events IN ROW SHARE MODE; {COPY} {SWAP}", True),
        (f"BEGIN; LOCK TABLE events; {COPY} COMMIT; {SWAP}", True),
    ],
)
def test_a_swap_loses_writes_unless_a_lock_kept_the_writers_out(sql: str, *, lost: bool) -> None:
    said = message(sql)
    assert "swap" in said
    assert "after the copy (line 1) is lost" in said or not lost
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


def test_a_swap_for_a_table_that_was_filled_elsewhere_names_no_copy() -> None:
    said = message(f"CREATE TABLE events_2 (id bigint); {SWAP}")
    assert "what running code writes to events after the copy is lost" in said


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("", "the rows are gone."),
        ("INSERT INTO events VALUES (1);", "the rows are gone."),
        ("CREATE TABLE archive AS TABLE notes;", "the rows are gone."),
        ("ALTER TABLE notes RENAME TO remarks;", "the rows are gone."),
        (
            "CREATE TABLE archive AS TABLE events;",
            f"{KEPT}; what is written to events after line 1 is lost.",
        ),
        (
            "UPDATE notes SET event_id = e.id FROM events e;",
            f"{KEPT}; what is written to events after line 1 is lost.",
        ),
        (
            "LOCK TABLE events; CREATE TABLE archive AS TABLE events;",
            f"{KEPT}.",
        ),
    ],
)
def test_what_becomes_of_the_rows_is_said(sql: str, rows: str) -> None:
    schema = f"{EVENTS} CREATE TABLE notes (id bigint, event_id bigint);"
    said = message(f"{sql} DROP TABLE events", schema)
    assert said.startswith("Dropping events: every statement of running code that names it fails")
    assert said.endswith(f"; {rows}")


@pytest.mark.parametrize(
    ("sql", "severity", "words"),
    [
        ("CREATE TABLE events AS TABLE events_2", "warning", "gone, but for what it reads there"),
        ("CREATE TABLE events (id int, a int, b int)", "error", "makes again: its rows are gone;"),
        ("CREATE TABLE events (id int)", "error", "running code that names a, b fails (42703)"),
        ("CREATE TABLE other (id int)", "error", "every statement of running code that names it"),
        ("COMMIT; CREATE TABLE events (id int)", "error", "every statement of running code that"),
        ("CREATE TABLE events (id int); DROP TABLE events", "error", "makes again: its rows"),
    ],
)
def test_a_table_that_is_made_again_is_another_one(sql: str, severity: str, words: str) -> None:
    schema = "CREATE TABLE events (id int, a int, b int);"
    finding = found_by("drop-table", f"BEGIN; DROP TABLE events; {sql}", schema=schema)[0]
    assert str(finding.severity) == severity
    assert words in finding.message


@pytest.mark.parametrize(
    "sql", ["CREATE TABLE ghosts (id int)", "CREATE TABLE ghosts AS TABLE events"]
)
def test_what_a_table_that_nobody_has_seen_loses_is_not_known(sql: str) -> None:
    said = message(f"DROP TABLE IF EXISTS ghosts; {sql}")
    assert "42703" not in said
    assert said.endswith("whether ghosts is there, the known schema does not say.")


def test_a_table_that_is_made_of_one_that_nobody_has_seen_may_have_every_column() -> None:
    assert "42703" not in message("DROP TABLE events; CREATE TABLE events AS TABLE ghosts")


def test_each_parent_is_named_once_and_not_the_table_itself() -> None:
    schema = f"""{EVENTS} CREATE TABLE users (id int PRIMARY KEY);
    CREATE TABLE small (id int PRIMARY KEY);
    CREATE TABLE notes (
        id int PRIMARY KEY, a bigint REFERENCES events, b int REFERENCES users,
        c int REFERENCES notes, d int REFERENCES small
    );"""
    settings = Settings(lock_timeout="role", small_tables=("small",))
    (finding,) = found_by("drop-table", "DROP TABLE notes", schema=schema, settings=settings)
    assert finding.message.endswith(
        "; reads and writes of events wait for an instant and reads and writes of users wait for "
        "an instant too."
    )


def test_a_table_that_is_known_to_be_there_is_there() -> None:
    (finding,) = found_by("drop-table", "DROP TABLE IF EXISTS events", schema=EVENTS)
    assert finding.confidence is Confidence.HIGH
