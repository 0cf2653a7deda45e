"""Which constraints are missed when they go, beyond what the page shows."""

import pytest

from linting import found_by, found_in_revision
from migsafe.catalog.syncing import SYNC_TRIGGER
from migsafe.config import Settings
from migsafe.model.findings import Confidence, Hazard

SCHEMA = """
CREATE TABLE users (id bigint CONSTRAINT users_pkey PRIMARY KEY, email text);
CREATE TABLE orders (
    id bigint PRIMARY KEY, total int CONSTRAINT positive CHECK (total > 0),
    note text, user_id bigint CONSTRAINT owner REFERENCES users
);
"""


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE orders DROP CONSTRAINT positive", ["warning"]),
        (
            (
                "ALTER TABLE orders ADD CONSTRAINT again CHECK (total > 0);"
                "ALTER TABLE orders DROP CONSTRAINT positive"
            ),
            [],
        ),
        (
            (
                "ALTER TABLE orders DROP CONSTRAINT positive;"
                "ALTER TABLE orders ADD CHECK (note <> '')"
            ),
            ["warning"],
        ),
        (
            (
                "ALTER TABLE orders DROP CONSTRAINT positive; COMMIT;"
                "ALTER TABLE orders ADD CHECK (total > 1)"
            ),
            ["warning"],
        ),
        ("ALTER TABLE orders DROP CONSTRAINT positive; ALTER TABLE orders DROP COLUMN total", []),
        ("ALTER TABLE orders DROP CONSTRAINT positive; DROP TABLE orders", []),
        ("ALTER TABLE orders DROP CONSTRAINT owner; DROP TABLE users", []),
        (
            (
                "ALTER TABLE orders DROP CONSTRAINT owner, ADD CONSTRAINT owner"
                " FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE NOT VALID"
            ),
            [],
        ),
        ("ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE", ["error"]),
        (
            (
                "ALTER TABLE orders ADD CONSTRAINT c CHECK (note <> '') NOT VALID;"
                "ALTER TABLE orders DROP CONSTRAINT c"
            ),
            [],
        ),
        ("ALTER TABLE orders DROP CONSTRAINT IF EXISTS nobody", []),
        ("ALTER TABLE other DROP CONSTRAINT rule", ["warning"]),
        ("ALTER TABLE orders ALTER CONSTRAINT owner DEFERRABLE INITIALLY DEFERRED", ["warning"]),
        ("ALTER TABLE orders ALTER CONSTRAINT owner DEFERRABLE", []),
    ],
)
def test_a_constraint_is_missed_unless_something_says_the_same(
    sql: str, expected: list[str]
) -> None:
    found = [str(each.severity) for each in found_by("drop-constraint", sql, schema=SCHEMA)]
    assert found == expected


READERS = (
    "values that it refused are stored in {} from here on, running code reads what it never met, "
    "and the first such row closes the way back."
)
RULES = """
CREATE DOMAIN d AS int CONSTRAINT c CHECK (VALUE > 0);
CREATE TABLE parents (id bigint PRIMARY KEY, n int, UNIQUE (id, n));
CREATE TABLE others (id bigint PRIMARY KEY);
CREATE TABLE rooms (
    room int, a bigint, n int, b bigint, m int,
    CONSTRAINT once EXCLUDE (room WITH =),
    CONSTRAINT off CHECK (n > 0) NOT ENFORCED,
    CONSTRAINT loose FOREIGN KEY (a) REFERENCES others NOT ENFORCED,
    CONSTRAINT two FOREIGN KEY (a, n) REFERENCES parents (id, n) ON DELETE SET NULL,
    CONSTRAINT defaulted FOREIGN KEY (b, m) REFERENCES parents (id, n) ON DELETE SET DEFAULT,
    CONSTRAINT restricted FOREIGN KEY (room) REFERENCES parents ON DELETE RESTRICT,
    CONSTRAINT rooms_pkey PRIMARY KEY (room, a)
);
CREATE TABLE parts (a int CONSTRAINT positive CHECK (a > 0)) PARTITION BY LIST (a);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
"""
NEWEST = Settings(lock_timeout="role", server_version=18)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (
            "ALTER DOMAIN d DROP CONSTRAINT c",
            (
                f"Dropping the constraint c of the domain d: "
                f"{READERS.format('every table that uses it')}"
            ),
        ),
        (
            "ALTER TABLE rooms DROP CONSTRAINT once",
            f"Dropping the EXCLUDE constraint once of rooms: {READERS.format('rooms')}",
        ),
        (
            "ALTER TABLE rooms DROP CONSTRAINT two",
            (
                "Dropping the foreign key two of rooms: a DELETE FROM parents by running code "
                "leaves a, n of rooms as it is; the first orphan closes the way back; reads and "
                "writes of parents wait for an instant as well."
            ),
        ),
        (
            "ALTER TABLE parts_1 DROP CONSTRAINT positive",
            (
                f"Dropping the CHECK positive of parts_1: {READERS.format('parts_1')[:-1]}; the "
                "statement itself is refused (42P16), because positive is inherited."
            ),
        ),
        (
            "ALTER TABLE rooms ALTER CONSTRAINT two NOT ENFORCED",
            f"two of rooms becomes NOT ENFORCED: {READERS.format('rooms')}",
        ),
        (
            "ALTER TABLE rooms ALTER CONSTRAINT two DEFERRABLE INITIALLY DEFERRED",
            (
                "two of rooms is checked at COMMIT from here on: running code that handles the "
                "refusal of its INSERT, UPDATE or DELETE meets it at COMMIT instead, where the "
                "whole transaction is lost."
            ),
        ),
    ],
)
def test_who_meets_what_is_said(sql: str, message: str) -> None:
    (finding,) = found_by("drop-constraint", sql, schema=RULES, settings=NEWEST)
    assert finding.message == message
    assert finding.help.startswith("Deploy code that ")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("defaulted", "a DELETE FROM parents by running code leaves b, m of rooms as it is;"),
        ("restricted", "that was refused (23503) goes through, and rows of rooms stay;"),
    ],
)
def test_what_a_delete_no_longer_does_is_said(name: str, words: str) -> None:
    (finding,) = found_by(
        "drop-constraint", f"ALTER TABLE rooms DROP CONSTRAINT {name}", schema=RULES
    )
    assert words in finding.message


def test_only_a_busy_parent_waits() -> None:
    settings = Settings(lock_timeout="role", small_tables=("parents",))
    sql = "ALTER TABLE rooms DROP CONSTRAINT restricted"
    (finding,) = found_by("drop-constraint", sql, schema=RULES, settings=settings)
    assert finding.message.endswith("; the first orphan closes the way back.")
    schema = "CREATE TABLE t (id int PRIMARY KEY, up int CONSTRAINT own REFERENCES t);"
    (own,) = found_by("drop-constraint", "ALTER TABLE t DROP CONSTRAINT own", schema=schema)
    assert own.message.endswith("; the first orphan closes the way back.")


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE rooms DROP CONSTRAINT off",
        "ALTER TABLE rooms DROP CONSTRAINT loose",
        "CREATE TABLE t AS TABLE rooms; ALTER TABLE t DROP CONSTRAINT once",
        "CREATE TABLE t AS TABLE rooms; ALTER TABLE t ALTER CONSTRAINT once NOT ENFORCED",
        "CREATE DOMAIN e AS int CONSTRAINT c CHECK (VALUE > 0); ALTER DOMAIN e DROP CONSTRAINT c",
        "ALTER DOMAIN d VALIDATE CONSTRAINT c",
        "ALTER DOMAIN d DROP NOT NULL",
        "ALTER TABLE rooms DROP CONSTRAINT once; DROP TABLE rooms",
        "ALTER TABLE ghosts DROP CONSTRAINT a; DROP TABLE ghosts",
        "ALTER TABLE rooms DROP CONSTRAINT nobody",
        (
            "ALTER TABLE rooms DROP CONSTRAINT once;"
            " ALTER TABLE rooms ADD CONSTRAINT again EXCLUDE (room WITH =)"
        ),
        "ALTER TABLE rooms DROP CONSTRAINT once, ADD CONSTRAINT once EXCLUDE (n WITH =)",
        "ALTER TABLE rooms DROP CONSTRAINT rooms_pkey; ALTER TABLE rooms ADD PRIMARY KEY (a, room)",
    ],
)
def test_nothing_that_running_code_counts_on_goes(sql: str) -> None:
    assert found_by("drop-constraint", sql, schema=RULES, settings=NEWEST) == []


@pytest.mark.parametrize(
    ("column", "rules", "dropped", "expected"),
    [
        ("a int NOT NULL", "CHECK (a IS NOT NULL)", "", 0),
        ("a int", "CHECK (a IS NOT NULL)", "", 1),
        ("a int NOT NULL", "CHECK (a > 0)", "", 1),
        ("a int NOT NULL", "CHECK (a IS NOT NULL OR b IS NOT NULL)", "", 1),
        ("a int", "CHECK (a > 0), ADD CONSTRAINT again CHECK (a > 0)", "", 0),
        ("a int", "CHECK (a > 0), ADD CONSTRAINT again CHECK (a > 0) NOT ENFORCED", "", 1),
        ("a int", "CHECK (a > 0), ADD CONSTRAINT again CHECK (a > 1)", "", 1),
        ("a int", "FOREIGN KEY (a) REFERENCES p, ADD FOREIGN KEY (a) REFERENCES p", "", 0),
        ("a int", "FOREIGN KEY (a) REFERENCES p, ADD FOREIGN KEY (b) REFERENCES p", "", 1),
        ("a int", "FOREIGN KEY (a) REFERENCES p, ADD FOREIGN KEY (a) REFERENCES q", "", 1),
        (
            "a int",
            "FOREIGN KEY (a) REFERENCES p, ADD FOREIGN KEY (a) REFERENCES p NOT ENFORCED",
            "",
            1,
        ),
        ("a int", "EXCLUDE (a WITH =), ADD EXCLUDE (a WITH =)", "", 0),
        ("a int", "EXCLUDE (a WITH =), ADD EXCLUDE (b WITH =)", "", 1),
        ("a int", "EXCLUDE (a WITH =), ADD CHECK (a > 0)", "", 1),
        ("a int", "CHECK (a > 0)", ", ADD CONSTRAINT c CHECK (b > 0)", 0),
        ("a int", "CHECK (a > 0)", ", ADD CONSTRAINT e CHECK (b > 0)", 1),
        ("a int", "CHECK (a > 0)", ", ADD CONSTRAINT e CHECK (a > 1)", 0),
        ("a int", "CHECK (a > 0)", ", ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES p", 1),
        ("a int", "CHECK (a > 0)", "; ALTER TABLE q ADD CONSTRAINT c CHECK (a > 0)", 1),
    ],
)
def test_a_rule_of_the_same_kind_says_the_same(
    column: str, rules: str, dropped: str, expected: int
) -> None:
    schema = f"""
    CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE q (id int PRIMARY KEY, a int);
    CREATE TABLE t ({column}, b int);
    ALTER TABLE t ADD CONSTRAINT c {rules};
    """
    sql = f"ALTER TABLE t DROP CONSTRAINT c{dropped}"
    assert len(found_by("drop-constraint", sql, schema=schema, settings=NEWEST)) == expected


def test_the_proof_of_a_plan_may_go() -> None:
    schema = f"""{SCHEMA}
    CREATE FUNCTION sync() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN NEW.total := 1; RETURN NEW; END';
    CREATE TRIGGER {SYNC_TRIGGER}x BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION sync();
    """
    sql = "ALTER TABLE orders DROP CONSTRAINT positive"
    assert found_by("drop-constraint", sql, schema=schema) == []


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (
            "ALTER TABLE rooms DROP CONSTRAINT rooms_pkey, ADD PRIMARY KEY (room)",
            (
                "Dropping the primary key rooms_pkey of rooms: running code's INSERT … ON CONFLICT "
                "(room, a) fails (42P10)"
            ),
        ),
        (
            (
                "BEGIN; ALTER TABLE rooms DROP CONSTRAINT rooms_pkey; COMMIT;"
                " ALTER TABLE rooms ADD PRIMARY KEY (room, a)"
            ),
            "Dropping the primary key rooms_pkey of rooms: running code's INSERT … ON CONFLICT",
        ),
        (
            "ALTER TABLE rooms DROP CONSTRAINT rooms_pkey; SELECT 1",
            "Dropping the primary key rooms_pkey of rooms: running code's INSERT … ON CONFLICT",
        ),
    ],
)
def test_a_primary_key_that_is_another_one_is_missed(sql: str, message: str) -> None:
    (finding,) = found_by("drop-constraint", sql, schema=RULES, settings=NEWEST)
    assert finding.message.startswith(message)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            'op.drop_constraint("x", "ghosts", type_="primary")',
            (
                "error",
                (
                    "Dropping x of ghosts, the primary key as the revision says: running code's "
                    "INSERT … ON CONFLICT on its columns fails (42P10) until its last process is "
                    "gone, and again after every rollback to it; the first duplicate closes the "
                    "way back."
                ),
                (
                    "Build the new key's unique index CONCURRENTLY first, and swap both in one "
                    "statement."
                ),
            ),
        ),
        (
            'op.drop_constraint(None, "ghosts", type_="foreignkey")',
            (
                "warning",
                (
                    "Dropping a constraint of ghosts: what it refused is stored from here on, "
                    "running code reads what it never met, and the first such row closes the way "
                    "back; the known schema does not say what it checks."
                ),
                (
                    "Give --schema or the earlier migrations; deploy code that accepts what it "
                    "refused first."
                ),
            ),
        ),
    ],
)
def test_what_a_revision_says_of_a_constraint_that_nobody_has_seen(
    call: str, expected: tuple[str, str, str]
) -> None:
    (finding,) = found_in_revision("drop-constraint", call)
    assert (str(finding.severity), finding.message, finding.help) == expected
    assert finding.confidence is Confidence.LOW


def test_a_primary_key_that_nobody_has_seen_breaks_old_code_for_good() -> None:
    (finding,) = found_in_revision(
        "drop-constraint", 'op.drop_constraint("x", "ghosts", type_="primary")'
    )
    assert finding.hazards == (
        Hazard.BREAKS_OLD_CODE,
        Hazard.CHANGES_RESULTS,
        Hazard.IRREVERSIBLE,
    )


def test_a_unique_constraint_is_the_subject_of_drop_uniqueness() -> None:
    call = 'op.drop_constraint("x", "ghosts", type_="unique")'
    assert found_in_revision("drop-constraint", call) == []


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ("CREATE TABLE orders (id bigint);", 0),
        ("ALTER TABLE orders ADD total int;", 1),
        ("CREATE TABLE orders (id bigint); SELECT anything();", 1),
    ],
)
def test_if_exists_of_a_constraint_that_history_lacks_has_nothing_to_drop(
    schema: str, expected: int
) -> None:
    sql = "ALTER TABLE orders DROP CONSTRAINT IF EXISTS nobody"
    assert len(found_by("drop-constraint", sql, schema=schema)) == expected
