import pytest

from linting import found_by
from migsafe.config import Settings

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text, team_id bigint);"
TEAMS = "CREATE TABLE teams (id bigint PRIMARY KEY);"
FOREIGN_KEY = "ALTER TABLE users ADD CONSTRAINT fk FOREIGN KEY (team_id) REFERENCES teams NOT VALID"
SYNC = """
CREATE FUNCTION sync() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN NEW.team_id := 1; RETURN NEW; END $$;
CREATE TRIGGER zz_migsafe_sync BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION sync();
"""


def severities(schema: str, sql: str, version: int = 14) -> list[str]:
    settings = Settings(lock_timeout="role", server_version=version)
    found = found_by("restrict-writes", sql, schema=schema, settings=settings)
    return [str(each.severity) for each in found]


@pytest.mark.parametrize(
    ("schema", "sql"),
    [
        (USERS, "ALTER TABLE users ADD CONSTRAINT c CHECK (email <> '') NOT VALID"),
        (USERS, "ALTER TABLE users ADD CONSTRAINT c EXCLUDE (email WITH =)"),
        (USERS, "ALTER TABLE users ADD UNIQUE (email)"),
        (USERS, "CREATE UNIQUE INDEX i ON users (lower(email))"),
        (TEAMS.replace(" PRIMARY KEY", ""), "ALTER TABLE teams ADD PRIMARY KEY (id)"),
        (USERS + TEAMS, FOREIGN_KEY),
        # A new column does not help where the rule asks for a value.
        (
            USERS,
            "ALTER TABLE users ADD a int; ALTER TABLE users ADD CHECK (a IS NOT NULL) NOT VALID",
        ),
        (
            USERS,
            "ALTER TABLE users ADD a int DEFAULT 0; ALTER TABLE users ADD CHECK (a > 1) NOT VALID",
        ),
        (USERS, "ALTER TABLE users ADD a int; ALTER TABLE users ADD CHECK (a > team_id) NOT VALID"),
        (USERS, "ALTER TABLE users ADD a int DEFAULT 0 UNIQUE"),
        # A sync trigger speaks for the columns that it writes.
        (USERS + SYNC, "ALTER TABLE users ADD CHECK (email IS NOT NULL) NOT VALID"),
        ("CREATE DOMAIN d AS text", "ALTER DOMAIN d ADD CHECK (VALUE <> '') NOT VALID"),
    ],
)
def test_a_rule_that_running_code_may_break_is_a_warning(schema: str, sql: str) -> None:
    assert severities(schema, sql) == ["warning"]


@pytest.mark.parametrize(
    ("schema", "sql"),
    [
        (
            USERS,
            "CREATE TABLE t (a int); ALTER TABLE t ADD CHECK (a > 0); CREATE UNIQUE INDEX ON t (a)",
        ),
        (USERS, "ALTER TABLE users ADD a int; ALTER TABLE users ADD CHECK (a > 1) NOT VALID"),
        (USERS, "ALTER TABLE users ADD a int UNIQUE"),
        (USERS, "CREATE INDEX i ON users (email)"),
        (USERS, "CREATE UNIQUE INDEX i ON users (id, email)"),
        (USERS + SYNC, "ALTER TABLE users ADD CHECK (team_id IS NOT NULL) NOT VALID"),
        (
            USERS + "ALTER TABLE users ADD CONSTRAINT a CHECK (email <> '');",
            "ALTER TABLE users DROP CONSTRAINT a, ADD CONSTRAINT b CHECK (email <> '')",
        ),
    ],
)
def test_a_rule_that_running_code_keeps_anyhow_is_quiet(schema: str, sql: str) -> None:
    assert severities(schema, sql) == []


def test_a_constraint_that_is_not_enforced_is_quiet() -> None:
    sql = "ALTER TABLE users ADD CONSTRAINT c CHECK (email <> '') NOT ENFORCED"
    assert severities(USERS, sql, version=18) == []


@pytest.mark.parametrize(
    ("known", "added", "expected"),
    [
        ("", "ON DELETE CASCADE", ["error"]),
        ("ON DELETE CASCADE", "ON DELETE CASCADE", []),
        ("", "ON DELETE SET NULL", []),
    ],
)
def test_a_foreign_key_made_again_is_judged_by_what_its_delete_does_now(
    known: str, added: str, expected: list[str]
) -> None:
    schema = USERS + TEAMS + f"{FOREIGN_KEY.replace('NOT VALID', known)};"
    sql = (
        f"ALTER TABLE users DROP CONSTRAINT fk; {FOREIGN_KEY.replace('NOT VALID', added)} NOT VALID"
    )
    assert severities(schema, sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE users ADD boss bigint REFERENCES teams", ["note"]),
        ("ALTER TABLE users ADD boss bigint DEFAULT 1 REFERENCES teams", ["warning"]),
        ("CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE users ADD boss int REFERENCES t", []),
    ],
)
def test_a_foreign_key_on_a_new_column_concerns_those_who_delete_its_parent(
    sql: str, expected: list[str]
) -> None:
    assert severities(USERS + TEAMS, sql) == expected
