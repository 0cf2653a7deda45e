import pytest

from linting import found_by
from migsafe.config import Settings
from migsafe.model.findings import Confidence

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text, team_id bigint);"
TEAMS = "CREATE TABLE teams (id bigint PRIMARY KEY);"
UNTIL = "until its last process is gone, and again after every rollback to it"
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
        (USERS, "ALTER TABLE users ADD a int DEFAULT 0 CHECK (a > 1)"),
        (USERS, "ALTER TABLE users ADD CHECK (random() < 2) NOT VALID"),
        (USERS, "ALTER TABLE ghosts ADD CHECK (a > 1) NOT VALID"),
        (
            USERS + "ALTER TABLE users ADD CONSTRAINT a CHECK ({{ rule }});",
            "ALTER TABLE users ADD CONSTRAINT b CHECK ({{ rule }}) NOT VALID",
        ),
        ("CREATE TABLE t (a int)", "ALTER TABLE t ADD b int DEFAULT 0 PRIMARY KEY"),
        (
            "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE UNIQUE INDEX i ON ONLY p (a);",
            "CREATE UNIQUE INDEX j ON p (a)",
        ),
        (
            USERS + "CREATE UNIQUE INDEX i ON users (email) WHERE id > 0;",
            "CREATE UNIQUE INDEX j ON users (email)",
        ),
        (
            USERS + "CREATE UNIQUE INDEX i ON users (email) WHERE id > 0;",
            "CREATE UNIQUE INDEX j ON users (email) WHERE id > 1",
        ),
        (
            USERS + "CREATE UNIQUE INDEX i ON users (email, lower(email));",
            "CREATE UNIQUE INDEX j ON users (email)",
        ),
        (
            USERS + "ALTER TABLE users ADD CONSTRAINT a CHECK (email <> '') NOT ENFORCED;",
            "ALTER TABLE users ADD CONSTRAINT b CHECK (email <> '') NOT VALID",
        ),
        (
            USERS + "ALTER TABLE users ADD CONSTRAINT a CHECK (email <> '');",
            "ALTER TABLE users ADD CONSTRAINT b CHECK (email <> 'a') NOT VALID",
        ),
        (
            USERS + TEAMS + f"{FOREIGN_KEY.replace('VALID', 'ENFORCED')};",
            f"{FOREIGN_KEY.replace('fk', 'other')}",
        ),
        (
            USERS + TEAMS + f"{FOREIGN_KEY};",
            FOREIGN_KEY.replace("fk", "other").replace("(team_id)", "(id)"),
        ),
        (
            USERS + TEAMS + f"{FOREIGN_KEY}; CREATE TABLE groups (id bigint PRIMARY KEY);",
            FOREIGN_KEY.replace("fk", "other").replace("teams", "groups"),
        ),
        (
            USERS + SYNC,
            "ALTER TABLE users ADD CONSTRAINT c NOT NULL email NOT VALID",
        ),
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
        (USERS, "ALTER TABLE users ADD a int; CREATE UNIQUE INDEX i ON users (a)"),
        (USERS, "ALTER TABLE users ADD a uuid DEFAULT gen_random_uuid() UNIQUE"),
        (USERS, "ALTER TABLE users ADD CONSTRAINT c NOT NULL email"),
        (
            USERS + "CREATE UNIQUE INDEX i ON users (lower(email));",
            "DROP INDEX i; CREATE UNIQUE INDEX i ON users (lower(email))",
        ),
        (
            USERS + "CREATE UNIQUE INDEX i ON users (email) WHERE id > 0;",
            "CREATE UNIQUE INDEX j ON users (email) WHERE id > 0",
        ),
        (
            TEAMS.replace("PRIMARY KEY", "NOT NULL") + "CREATE UNIQUE INDEX i ON teams (id);",
            "ALTER TABLE teams ADD PRIMARY KEY USING INDEX i",
        ),
        ("CREATE DOMAIN d AS text", "ALTER DOMAIN d DROP NOT NULL"),
        ("", "CREATE DOMAIN d AS text; ALTER DOMAIN d ADD CHECK (VALUE <> '') NOT VALID"),
        (USERS, "CREATE INDEX i ON users (email)"),
        (USERS, "CREATE UNIQUE INDEX i ON users (id, email)"),
        (USERS + SYNC, "ALTER TABLE users ADD CHECK (team_id IS NOT NULL) NOT VALID"),
        (USERS + SYNC, "ALTER TABLE users ADD CONSTRAINT c NOT NULL team_id NOT VALID"),
        (
            USERS + "ALTER TABLE users ADD CONSTRAINT a CHECK (email <> '');",
            "ALTER TABLE users DROP CONSTRAINT a, ADD CONSTRAINT b CHECK (email <> '')",
        ),
    ],
)
def test_a_rule_that_running_code_keeps_anyhow_is_quiet(schema: str, sql: str) -> None:
    assert severities(schema, sql) == []


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE t ADD CONSTRAINT c CHECK (email <> '')",
        "CREATE UNIQUE INDEX i ON t (email)",
        "ALTER TABLE t ADD a int DEFAULT 0 CHECK (a > 1)",
        "ALTER TABLE t ALTER CONSTRAINT c NOT DEFERRABLE",
    ],
)
def test_a_table_of_this_deploy_has_no_writers(sql: str) -> None:
    assert severities(USERS, f"CREATE TABLE t AS TABLE users; {sql}") == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "NOT DEFERRABLE", []),
        ("", "DEFERRABLE", []),
        ("DEFERRABLE", "DEFERRABLE", []),
        ("DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED", []),
        ("DEFERRABLE", "NOT DEFERRABLE", ["warning"]),
        ("DEFERRABLE INITIALLY DEFERRED", "DEFERRABLE INITIALLY IMMEDIATE", ["warning"]),
        ("NOT ENFORCED", "ENFORCED", ["warning"]),
        ("NOT ENFORCED", "NOT ENFORCED", []),
        ("", "ENFORCED", []),
    ],
)
def test_an_altered_constraint_restricts_where_it_was_looser_before(
    before: str, after: str, expected: list[str]
) -> None:
    schema = f"{USERS}{TEAMS}{FOREIGN_KEY.replace('NOT VALID', before)};"
    sql = f"ALTER TABLE users ALTER CONSTRAINT fk {after}"
    assert severities(schema, sql, version=18) == expected


@pytest.mark.parametrize("after", ["NOT DEFERRABLE", "ENFORCED", "DEFERRABLE"])
def test_a_constraint_that_nobody_has_seen_may_have_been_looser(after: str) -> None:
    sql = f"ALTER TABLE users ALTER CONSTRAINT fk {after}"
    assert severities(USERS, sql, version=18) == ["warning"]


@pytest.mark.parametrize(
    ("key", "fills", "expected"),
    [
        ("", "", ("note", "is refused (23503) for rows that users names.")),
        ("ON DELETE RESTRICT", "", ("note", "is refused (23503) for rows that users names.")),
        ("ON DELETE CASCADE", "", ("note", "deletes the rows of users that name the deleted row.")),
        (
            "ON DELETE SET NULL",
            "",
            ("note", "changes the rows of users that name the deleted row."),
        ),
        ("ON DELETE SET DEFAULT", "", ("note", "changes the rows of users that name")),
        ("", "UPDATE users SET boss = NULL", ("note", "is refused (23503) for rows that users")),
        ("", "UPDATE users SET email = 'a'", ("note", "Once new code fills users.boss, a DELETE")),
        ("", "UPDATE teams SET boss = 1", ("note", "Once new code fills users.boss, a DELETE")),
        (
            "",
            "UPDATE users SET boss = 1",
            (
                "warning",
                (
                    "With users.boss, which line 1 fills, naming rows of teams, a DELETE FROM "
                    "teams by running code is refused (23503) for rows that users names."
                ),
            ),
        ),
        (
            "ON DELETE SET NULL",
            "UPDATE users SET boss = 1",
            ("note", "With users.boss, which line 1 fills, naming rows of teams, a DELETE FROM"),
        ),
        (
            "ON DELETE CASCADE",
            "UPDATE users SET boss = 1",
            (
                "error",
                (
                    "From here on running code that deletes from teams deletes the rows of users "
                    "whose boss (line 1 fills it) names the deleted row; they do not come back."
                ),
            ),
        ),
    ],
)
def test_those_who_delete_the_parent_of_a_new_column_are_told_what_they_meet(
    key: str, fills: str, expected: tuple[str, str]
) -> None:
    sql = f"ALTER TABLE users ADD boss bigint REFERENCES teams {key}; {fills}"
    (finding,) = found_by("restrict-writes", sql, schema=USERS + TEAMS)
    assert str(finding.severity) == expected[0]
    assert expected[1] in finding.message


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (
            "",
            "a value of team_id, id that teams lacks, or deletes from teams a row that users names",
        ),
        ("ON DELETE RESTRICT", "lacks, or deletes from teams a row that users names, is refused"),
        (
            "ON DELETE SET NULL",
            (
                "lacks is refused (23503) until its last process is gone, and again after every "
                "rollback to it; from here on a DELETE FROM teams by running code changes the rows "
                "of users that name the deleted row."
            ),
        ),
        (
            "ON DELETE CASCADE",
            (
                "deletes the rows of users whose team_id, id names the deleted row; they do not "
                "come back; code that writes to users a value of team_id, id that teams lacks is "
                "refused"
            ),
        ),
    ],
)
def test_both_sides_of_a_key_are_told(key: str, words: str) -> None:
    sql = f"ALTER TABLE users ADD FOREIGN KEY (team_id, id) REFERENCES teams (id, boss) {key}"
    schema = USERS + "CREATE TABLE teams (id bigint, boss bigint, UNIQUE (id, boss));"
    (finding,) = found_by("restrict-writes", f"{sql} NOT VALID", schema=schema)
    assert words in finding.message


@pytest.mark.parametrize("key", ["", "ON DELETE SET NULL", "ON DELETE CASCADE"])
def test_nobody_deletes_from_a_parent_of_this_deploy(key: str) -> None:
    sql = f"{TEAMS} {FOREIGN_KEY.replace('NOT VALID', key)}"
    (finding,) = found_by("restrict-writes", sql, schema=USERS)
    assert finding.message == (
        "Running code that writes to users a value of team_id that teams lacks is refused (23503) "
        "until its last process is gone, and again after every rollback to it."
    )


@pytest.mark.parametrize(
    ("schema", "sql", "message", "help_"),
    [
        (
            USERS,
            "ALTER TABLE users ADD CONSTRAINT c NOT NULL email NOT VALID",
            (
                f"Running code that leaves users.email NULL is refused (23502) {UNTIL}, though "
                "existing rows are not looked at."
            ),
            "Deploy code that always writes email first.",
        ),
        (
            USERS,
            "ALTER TABLE users ADD EXCLUDE (email WITH =)",
            (
                "Running code that writes to users a row which the EXCLUDE constraint excludes is "
                "refused (23P01) until its last process is gone, and again after every rollback to "
                "it."
            ),
            "Deploy code that avoids",
        ),
        (
            USERS,
            "CREATE UNIQUE INDEX ON users (lower(email))",
            (
                "Running code that writes to users what the new index counts as a duplicate is "
                "refused (23505) until its last process is gone, and again after every rollback to "
                "it."
            ),
            "Deploy code that writes no duplicates",
        ),
        (
            USERS,
            "CREATE UNIQUE INDEX u ON users (email, team_id)",
            (
                "Running code that writes a second row with the same (email, team_id) to users is "
                "refused (23505) until its last process is gone, and again after every rollback to "
                "it."
            ),
            "Deploy code that writes no duplicates",
        ),
        (
            USERS,
            "ALTER TABLE users ADD a int DEFAULT 0 UNIQUE",
            (
                "Running code's second INSERT INTO users is refused (23505): it does not name a, "
                "whose default is the same for every row."
            ),
            "Add a without a default, or make it unique",
        ),
        (
            "CREATE DOMAIN d AS text",
            "ALTER DOMAIN d ADD CHECK (VALUE <> '') NOT VALID",
            (
                "Running code that writes a value against the new rule of the domain d is refused "
                f"(23514 or 23502) in every table that uses it {UNTIL}."
            ),
            "Deploy code that keeps to the rule first, and add it",
        ),
        (
            f"{USERS}{TEAMS}{FOREIGN_KEY.replace('NOT VALID', 'DEFERRABLE')}",
            "ALTER TABLE users ALTER CONSTRAINT fk NOT DEFERRABLE",
            (
                "Transactions of running code that satisfy fk of users only at COMMIT are refused "
                "at the statement until its last process is gone, and again after every rollback "
                "to it."
            ),
            "Deploy code that writes in an order",
        ),
        (
            f"{USERS}{TEAMS}{FOREIGN_KEY.replace('NOT VALID', 'NOT ENFORCED')}",
            "ALTER TABLE users ALTER CONSTRAINT fk ENFORCED",
            (
                "Running code that writes to users a row against fk is refused until its last "
                "process is gone, and again after every rollback to it."
            ),
            "Deploy code that writes only valid rows",
        ),
    ],
)
def test_who_is_refused_and_how_is_said(schema: str, sql: str, message: str, help_: str) -> None:
    settings = Settings(lock_timeout="role", server_version=18)
    (finding,) = found_by("restrict-writes", sql, schema=schema, settings=settings)
    assert finding.message == message
    assert finding.help.startswith(help_)


def test_a_constraint_that_is_not_enforced_is_quiet() -> None:
    sql = "ALTER TABLE users ADD CONSTRAINT c CHECK (email <> '') NOT ENFORCED"
    assert severities(USERS, sql, version=18) == []
    assert severities(USERS + TEAMS, FOREIGN_KEY.replace("VALID", "ENFORCED"), version=18) == []


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


def test_a_key_that_only_deletes_otherwise_refuses_nothing_new() -> None:
    known, added = FOREIGN_KEY.replace("NOT VALID", ""), FOREIGN_KEY.replace("fk", "other")
    (finding,) = found_by(
        "restrict-writes",
        f"UPDATE users SET team_id = 1 WHERE id = 1; {added} ON DELETE CASCADE".replace(
            "NOT VALID ON DELETE CASCADE", "ON DELETE CASCADE NOT VALID"
        ),
        schema=f"{USERS}{TEAMS}{known};",
    )
    assert finding.message == (
        "From here on running code that deletes from teams deletes the rows of users whose team_id "
        "names the deleted row; they do not come back."
    )


@pytest.mark.parametrize(
    ("schema", "sql", "words"),
    [
        (
            "id int",
            "ADD PRIMARY KEY (id)",
            "second row with the same (id) to t is refused (23505), and",
        ),
        ("id int NOT NULL", "ADD PRIMARY KEY (id)", "(23505) until"),
        ("id int UNIQUE", "ADD PRIMARY KEY (id)", "leaves id NULL (23502) is refused"),
        ("id int NOT NULL UNIQUE", "ADD PRIMARY KEY (id)", None),
        ("id int, CHECK (id IS NOT NULL)", "ADD PRIMARY KEY USING INDEX i", None),
        ("id int", "ADD PRIMARY KEY USING INDEX i", "leaves id NULL (23502) is refused"),
        ("id int NOT NULL", "ADD PRIMARY KEY USING INDEX i", None),
        ("id int", "ADD UNIQUE USING INDEX i", None),
    ],
)
def test_a_primary_key_refuses_nulls_where_its_columns_took_them(
    schema: str, sql: str, words: str | None
) -> None:
    made = f"CREATE TABLE t ({schema});"
    if "INDEX" in sql:
        made += "CREATE UNIQUE INDEX i ON t (id);"
    found = [
        one.message for one in found_by("restrict-writes", f"ALTER TABLE t {sql}", schema=made)
    ]
    assert [words in message for message in found if words] == [True] * (words is not None)
    assert bool(found) is (words is not None)


def test_a_key_that_waited_until_commit_does_not_stand_for_one_that_refuses_at_once() -> None:
    columns = "CREATE TABLE t (id bigint PRIMARY KEY, a int NOT NULL, b int NOT NULL"
    index = "CREATE UNIQUE INDEX CONCURRENTLY w ON t (a, b)"
    assert not found_by("restrict-writes", index, schema=f"{columns}, UNIQUE (a))")
    assert found_by("restrict-writes", index, schema=f"{columns}, UNIQUE (a) DEFERRABLE)")


@pytest.mark.parametrize(
    ("schema", "said", "confidence"),
    [
        ("CREATE TABLE t (a int)", "leaves a NULL (23502) is refused", Confidence.HIGH),
        ("", "leaves a NULL (23502), if it takes NULL, is refused", Confidence.LOW),
        ("CREATE TABLE t (a int NOT NULL)", None, None),
        ("CREATE TABLE t (a int CHECK (a IS NOT NULL))", None, None),
    ],
)
def test_a_key_on_an_index_refuses_nulls_unless_they_were_refused_before(
    schema: str, said: str | None, confidence: Confidence | None
) -> None:
    found = found_by(
        "restrict-writes",
        "ALTER TABLE t ADD PRIMARY KEY USING INDEX i",
        schema=f"{schema}; CREATE UNIQUE INDEX i ON t (a);",
    )
    assert [(said or "") in each.message for each in found] == [True] * (said is not None)
    assert [each.confidence for each in found] == [confidence] * (said is not None)
