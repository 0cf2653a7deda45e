import pytest

from linting import found_by
from migsafe.config import Settings
from migsafe.model.findings import Confidence, Finding, Hazard

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text);"


def found(sql: str, schema: str) -> list[Finding]:
    return found_by("drop-column", sql, schema=USERS + schema)


def test_a_computed_column_loses_no_values() -> None:
    [one] = found(
        "ALTER TABLE users DROP low",
        "ALTER TABLE users ADD low text GENERATED ALWAYS AS (lower(email)) STORED",
    )
    assert one.hazards == (Hazard.BREAKS_OLD_CODE,)
    assert "values are gone" not in one.message


def test_a_trigger_that_names_the_column_has_to_go_first() -> None:
    [one] = found(
        "ALTER TABLE users DROP email",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER t BEFORE UPDATE OF email ON users FOR EACH ROW EXECUTE FUNCTION f()",
    )
    assert "the trigger t, which names it, has to go first" in one.message


def test_cascade_takes_the_trigger_along() -> None:
    [one] = found(
        "ALTER TABLE users DROP email CASCADE",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER t BEFORE UPDATE OF email ON users FOR EACH ROW EXECUTE FUNCTION f()",
    )
    assert "has to go first" not in one.message


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE users DROP COLUMN IF EXISTS gone",
        "CREATE TABLE t (a int, b int); ALTER TABLE t DROP a",
        "CREATE TABLE t AS TABLE users; ALTER TABLE t DROP email",
        "ALTER TABLE users ADD c int; ALTER TABLE users RENAME c TO d; ALTER TABLE users DROP d",
    ],
)
def test_what_running_code_cannot_know_is_quiet(sql: str) -> None:
    assert found(sql, "ALTER TABLE users ADD gone int; ALTER TABLE users DROP gone") == []


@pytest.mark.parametrize(
    ("clause", "confidence"), [("", Confidence.HIGH), ("IF EXISTS ", Confidence.LOW)]
)
def test_a_column_that_nobody_has_seen_may_be_there(clause: str, confidence: Confidence) -> None:
    [one] = found(f"ALTER TABLE users DROP COLUMN {clause}elsewhere", "")
    assert one.confidence is confidence


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (
            "ALTER TABLE users DROP email; ALTER TABLE users RENAME mail TO email",
            (
                "Dropping users.email, whose name mail takes on line 1: running code meets other "
                "values there;"
            ),
        ),
        (
            "ALTER TABLE users DROP email; ALTER TABLE users ADD email int",
            (
                "Dropping users.email, and adding another email on line 1: running code meets "
                "integer where it knew text;"
            ),
        ),
        (
            "ALTER TABLE users DROP unseen; ALTER TABLE users ADD unseen int",
            "running code meets other values there;",
        ),
        (
            "ALTER TABLE ghosts DROP a; ALTER TABLE ghosts RENAME b TO a",
            "Dropping ghosts.a, whose name b takes on line 1: running code meets other values",
        ),
        (
            "ALTER TABLE users DROP email; ALTER TABLE users ADD email int; DROP TABLE users",
            "running code meets integer where it knew text;",
        ),
        (
            "BEGIN; ALTER TABLE users DROP email; COMMIT; ALTER TABLE users ADD email text",
            (
                "running code meets other values there, and until then every statement that names "
                "it fails (42703);"
            ),
        ),
    ],
)
def test_another_column_that_takes_the_name_is_named(sql: str, words: str) -> None:
    assert words in found(sql, "ALTER TABLE users ADD mail text")[0].message


def test_what_goes_along_is_named() -> None:
    [one] = found(
        "ALTER TABLE users DROP email",
        "CREATE INDEX a ON users (email); ALTER TABLE users ADD CONSTRAINT b UNIQUE (email)",
    )
    assert "; with it go the index a, the constraint b." in one.message
    assert "refused" not in one.message
    [other] = found("ALTER TABLE users DROP email", "CREATE INDEX a ON users (email)")
    assert "; with it goes the index a." in other.message


def test_only_a_busy_parent_that_is_another_table_waits() -> None:
    schema = """
    CREATE TABLE parents (id int PRIMARY KEY);
    CREATE TABLE small (id int PRIMARY KEY);
    ALTER TABLE users ADD parent int REFERENCES parents REFERENCES small REFERENCES users
    """
    settings = Settings(lock_timeout="role", small_tables=("small",))
    sql = "ALTER TABLE users DROP parent"
    [one] = found_by("drop-column", sql, schema=USERS + schema, settings=settings)
    assert one.message.count("wait for an instant") == 1
    assert one.message.endswith("; reads and writes of parents wait for an instant.")


def test_a_trigger_of_another_column_stays() -> None:
    [one] = found(
        "ALTER TABLE users DROP email",
        "ALTER TABLE users ADD name text;"
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER t BEFORE UPDATE OF name ON users FOR EACH ROW EXECUTE FUNCTION f()",
    )
    assert "has to go first" not in one.message


@pytest.mark.parametrize("clause", ["", "CASCADE"])
def test_only_without_cascade_is_it_refused(clause: str) -> None:
    [one] = found(
        f"ALTER TABLE users DROP email {clause}", "CREATE VIEW v AS SELECT email FROM users"
    )
    assert ("the statement itself is refused (2BP01), because" in one.message) == (not clause)


@pytest.mark.parametrize(
    ("type_", "drops"), [("text NOT NULL", True), ("text NOT NULL DEFAULT ''", False)]
)
def test_a_required_column_has_to_be_optional_first(type_: str, *, drops: bool) -> None:
    [one] = found("ALTER TABLE users DROP name", f"ALTER TABLE users ADD name {type_}")
    assert one.help.startswith("DROP NOT NULL on name, deploy") == drops


def test_a_column_that_is_known_to_be_there_is_there() -> None:
    [one] = found("ALTER TABLE users DROP COLUMN IF EXISTS email", "")
    assert one.confidence is Confidence.HIGH
    [other] = found("ALTER TABLE users DROP COLUMN IF EXISTS unseen", "")
    assert other.message.endswith("; whether unseen is there, the known schema does not say.")
