"""Triggers turned off, and until when."""

import pytest

from linting import found_by
from migsafe.model.origin import Runner

RULE = "disable-trigger"
SCHEMA = "CREATE TABLE a (id bigint PRIMARY KEY); CREATE TABLE b (id bigint PRIMARY KEY);"
OFF = "ALTER TABLE a DISABLE TRIGGER ALL;\n"


@pytest.mark.parametrize(
    ("sql", "runner", "until"),
    [
        (OFF, Runner.FILE, " from here on."),
        (f"{OFF}ALTER TABLE a ENABLE TRIGGER ALL;", Runner.FILE, "what this transaction writes"),
        (f"{OFF}ALTER TABLE a ENABLE TRIGGER ALL;", Runner.NONE, "what running code writes"),
        (f"{OFF}ALTER TABLE b ENABLE TRIGGER ALL;", Runner.FILE, " from here on."),
        (f"{OFF}ALTER TABLE a ENABLE REPLICA TRIGGER t;", Runner.FILE, " from here on."),
        (
            "ALTER TABLE a DISABLE TRIGGER t;\nALTER TABLE a ENABLE TRIGGER t;",
            Runner.FILE,
            "until line 2",
        ),
        (
            "ALTER TABLE a DISABLE TRIGGER t;\nALTER TABLE a ENABLE TRIGGER u;",
            Runner.FILE,
            " from here on.",
        ),
        ("SET LOCAL session_replication_role = replica;", Runner.FILE, "until COMMIT"),
        ("SET session_replication_role = 'replica';", Runner.FILE, "later migrations included"),
        (
            "SET session_replication_role = replica;\nRESET session_replication_role;",
            Runner.FILE,
            "until line 2",
        ),
        (
            "SET session_replication_role = replica;\nSET session_replication_role = origin;",
            Runner.FILE,
            "until line 2",
        ),
        ("SET session_replication_role = replica;\nRESET ALL;", Runner.FILE, "until line 2"),
        (
            "SET session_replication_role = replica;\nRESET lock_timeout;",
            Runner.FILE,
            "later migrations included",
        ),
    ],
)
def test_a_finding_says_until_when(sql: str, runner: Runner, until: str) -> None:
    first = found_by(RULE, sql, runner=runner, schema=SCHEMA)[0]
    assert until in first.message


@pytest.mark.parametrize(
    ("state", "what"),
    [
        ("DISABLE TRIGGER ALL", "Turning off all triggers of a:"),
        ("DISABLE TRIGGER USER", "Turning off the triggers of a:"),
        ("DISABLE TRIGGER t", "Turning off the trigger t of a:"),
        ("ENABLE REPLICA TRIGGER t", "Turning off the trigger t of a:"),
        ("DISABLE RULE r", "Turning off the rule r of a: statements do something else"),
    ],
)
def test_a_finding_says_what_is_off(state: str, what: str) -> None:
    [one] = found_by(RULE, f"ALTER TABLE a {state};", schema=SCHEMA)
    assert one.message.startswith(what)


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE a ENABLE TRIGGER ALL",
        "ALTER TABLE a ENABLE ALWAYS TRIGGER t",
        "SET session_replication_role = origin",
        "SET LOCAL lock_timeout = '2s'",
    ],
)
def test_turning_on_is_quiet(sql: str) -> None:
    assert found_by(RULE, sql, schema=SCHEMA) == []
