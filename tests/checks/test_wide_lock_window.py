"""Tables that stay shut while their transaction does something else."""

import pytest

from linting import found_by
from migsafe.config import Settings
from migsafe.model.findings import Hazard
from migsafe.model.origin import Runner

RULE = "wide-lock-window"
SCHEMA = """CREATE TABLE a (id bigint PRIMARY KEY, n int);
CREATE TABLE b (id bigint PRIMARY KEY, n int, a_id bigint);
CREATE TABLE c (id serial PRIMARY KEY, n int);
ALTER TABLE b ADD CONSTRAINT b_a FOREIGN KEY (a_id) REFERENCES a;
ALTER TABLE a ADD CONSTRAINT a_n CHECK (n > 0) NOT VALID;
ALTER TABLE b ADD CONSTRAINT b_n CHECK (n > 0) NOT VALID;
CREATE VIEW v AS SELECT id FROM a;
"""


@pytest.mark.parametrize(
    ("sql", "lines"),
    [
        ("ALTER TABLE a ADD x int;\nALTER TABLE b ADD x int;", [2]),
        ("ALTER TABLE a ADD x int;\nALTER TABLE b ADD x int;\nALTER TABLE c ADD x int;", [2]),
        ("ALTER TABLE a ADD x int;\nALTER TABLE a ADD y int;", []),
        ("ALTER TABLE a ADD x int;\nALTER TABLE b VALIDATE CONSTRAINT b_n;", [2]),
        ("ALTER TABLE a ADD x int;\nALTER TABLE a VALIDATE CONSTRAINT a_n;", [2]),
        ("ALTER TABLE a VALIDATE CONSTRAINT a_n;\nALTER TABLE a ADD x int;", []),
        # One finding a transaction, and the scan is the graver one.
        (
            (
                "ALTER TABLE a ADD x int;\nALTER TABLE c ADD x int;\n"
                "ALTER TABLE b VALIDATE CONSTRAINT b_n;"
            ),
            [3],
        ),
        # What a statement keeps waiting itself is its own rule's subject.
        ("ALTER TABLE a ADD x int;\nCREATE INDEX i ON a (n);", []),
        ("ALTER TABLE a ADD x int;\nCREATE INDEX i ON b (n);", [2]),
        ("ALTER TABLE a ADD x int;\nALTER TABLE b ALTER n TYPE bigint;", [2]),
        # Shut for long on its own account, before or after.
        ("ALTER TABLE a ALTER n SET NOT NULL;\nALTER TABLE b ALTER n SET NOT NULL;", []),
        ("ALTER TABLE a ALTER n SET NOT NULL;\nALTER TABLE b ADD x int;", []),
        ("ALTER TABLE a ADD x int;\nALTER TABLE b ADD x int;\nCREATE INDEX i ON a (n);", [3]),
        ("CREATE INDEX i ON a (n);\nALTER TABLE a ADD x int;\nALTER TABLE b ADD x int;", [3]),
        ("ALTER TABLE a ADD x int;\nALTER TABLE b ADD x int;\nUPDATE c SET n = 1;", []),
        (
            "ALTER TABLE a ADD x int;\nALTER TABLE b ADD x int;\nUPDATE c SET n = 1 WHERE id = 1;",
            [2],
        ),
        ("CREATE OR REPLACE VIEW v AS SELECT id FROM a;\nALTER TABLE b ADD x int;", [2]),
        # One scan is told, and no second table after it.
        (
            (
                "ALTER TABLE a ADD x int;\nALTER TABLE b VALIDATE CONSTRAINT b_n;\n"
                "CREATE INDEX i ON b (n);\nALTER TABLE c ADD x int;"
            ),
            [2],
        ),
        # What is shut already is not waited for.
        ("TRUNCATE a, b;\nALTER TABLE b ADD x int;", []),
        ("CREATE INDEX i ON b (n);\nALTER TABLE a ADD x int;\nALTER TABLE b ADD x int;", [3]),
        # Both tables are locked by one statement.
        ("ALTER TABLE a ADD x int;\nALTER TABLE b DROP CONSTRAINT b_a;", []),
        ("SELECT 1;\nALTER TABLE a ADD x int, VALIDATE CONSTRAINT a_n;", []),
        ("ALTER TABLE a ADD x int;\nALTER SEQUENCE c_id_seq RENAME TO s;", []),
        # backfill-in-schema-transaction.
        ("ALTER TABLE a ADD x int;\nINSERT INTO c (n) SELECT n FROM b WHERE n = 1 LIMIT 1;", []),
        ("ALTER TABLE a ADD x int;\nUPDATE c SET n = 1 WHERE id = (SELECT max(n) FROM b);", []),
        ("ALTER TABLE a ADD x int;\nDELETE FROM c WHERE id = (SELECT max(n) FROM b);", []),
        ("ALTER TABLE a ADD x int;\nCOPY c TO STDOUT;", []),
        (
            (
                "ALTER TABLE a ADD x int;\nMERGE INTO c USING (VALUES (1)) AS f (id) ON c.id = f.id"
                " WHEN MATCHED THEN UPDATE SET n = 1;"
            ),
            [],
        ),
        ("ALTER TABLE a ADD x int;\nUPDATE b SET n = 1;", []),
        # Whom does a table keep waiting that goes, or that is new?
        ("DROP TABLE a CASCADE;\nALTER TABLE b ADD x int;", []),
        ("ALTER TABLE a ADD x int;\nALTER TABLE b ADD x int;\nDROP TABLE a CASCADE;", []),
        ("ALTER TABLE a ADD x int;\nALTER TABLE b ADD x int;\nDROP TABLE b;", []),
        ("ALTER TABLE a ADD x int;\nCREATE INDEX i ON b (n);\nDROP TABLE a CASCADE;", []),
        ("ALTER TABLE a ADD x int;\nCREATE TABLE d (id int);\nALTER TABLE d ADD x int;", []),
        ("DROP VIEW v;\nALTER TABLE a ADD x int;\nCREATE VIEW v AS SELECT id FROM a;", []),
        ("ALTER TABLE a ADD x int;\nCREATE TABLE d (id int REFERENCES b);", []),
        ("CREATE TABLE d (id int);\nALTER TABLE d ADD x int;\nALTER TABLE a ADD x int;", []),
        ("ALTER TABLE a ADD x int;\nCREATE INDEX i ON ONLY c (n) WHERE false;", [2]),
        # A statement that needs two locks cannot be split.
        ("TRUNCATE a, b;", []),
        ("ALTER SEQUENCE c_id_seq OWNER TO x;\nALTER TABLE a ADD x int;", []),
    ],
)
def test_a_table_that_stays_shut_is_reported_once_a_transaction(sql: str, lines: list[int]) -> None:
    assert [each.place.line for each in found_by(RULE, sql, schema=SCHEMA)] == lines


@pytest.mark.parametrize("runner", [Runner.NONE, Runner.FILE])
def test_without_a_transaction_nothing_stays(runner: Runner) -> None:
    sql = "ALTER TABLE a ADD x int;\nALTER TABLE b ADD x int;"
    assert bool(found_by(RULE, sql, runner=runner)) is (runner is Runner.FILE)


def test_a_small_table_does_not_count() -> None:
    small = Settings(lock_timeout="role", small_tables=("a",))
    sql = "ALTER TABLE a ADD x int;\nALTER TABLE b ADD x int;"
    assert found_by(RULE, sql, schema=SCHEMA, settings=small) == []


def test_an_unknown_runner_is_told_how_to_say_so() -> None:
    [one] = found_by(RULE, "ALTER TABLE a ADD x int;\nALTER TABLE b ADD x int;", runner=Runner.AUTO)
    assert "--transaction none" in one.help


@pytest.mark.parametrize(
    ("settings", "sql", "bound"),
    [
        (Settings(), "", "as any query on b runs, and a transaction"),
        (Settings(), "SET LOCAL lock_timeout = '1500ms';", "runs, 1.5 s at most, and"),
        (Settings(lock_timeout="role"), "", "runs and lock_timeout lets it, and"),
    ],
)
def test_a_timeout_bounds_the_wait_for_the_second_table(
    settings: Settings, sql: str, bound: str
) -> None:
    [one] = found_by(
        RULE, f"{sql} ALTER TABLE a ADD x int; ALTER TABLE b ADD x int;", settings=settings
    )
    assert bound in one.message


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (
            "TRUNCATE a, b;\nALTER TABLE c ALTER n TYPE bigint;",
            (
                "While c is rewritten, a and b stay under the ACCESS EXCLUSIVE lock of line 1: "
                "reads and writes of them wait until COMMIT."
            ),
        ),
        (
            "ALTER TABLE a ADD x int;\nCREATE INDEX i ON c (n);",
            (
                "While an index of c is built, a stays under the ACCESS EXCLUSIVE lock of line 1: "
                "reads and writes of it wait until COMMIT."
            ),
        ),
        (
            (
                "CREATE INDEX i ON a (n);\nALTER TABLE a ADD x int;\nALTER TABLE b VALIDATE "
                "CONSTRAINT b_n;"
            ),
            "While every row of b is read, a stays under the ACCESS EXCLUSIVE lock of line 2:",
        ),
        (
            "TRUNCATE a, b, e;\nALTER TABLE c ALTER n TYPE bigint;",
            "a, b and e stay under the ACCESS EXCLUSIVE lock of line 1",
        ),
        (
            "TRUNCATE a, b, e, f, g;\nALTER TABLE c ALTER n TYPE bigint;",
            "a, b, e and 2 more stay under the ACCESS EXCLUSIVE lock of line 1",
        ),
    ],
)
def test_who_stays_shut_while_what_is_done_is_said(sql: str, words: str) -> None:
    schema = f"{SCHEMA}CREATE TABLE e (id int); CREATE TABLE f (id int); CREATE TABLE g (id int);"
    [one] = found_by(RULE, sql, schema=schema)
    assert words in one.message
    assert one.hazards == (Hazard.BLOCKS_READS, Hazard.BLOCKS_WRITES, Hazard.SCANS_TABLE)
    assert [str(each.lock) for each in one.relations] == ["ACCESS EXCLUSIVE"] * len(one.relations)


def test_a_wait_for_another_table_is_about_the_one_that_stays_shut() -> None:
    [one] = found_by(RULE, "ALTER TABLE a ADD x int; ALTER TABLE c ADD x int", schema=SCHEMA)
    assert one.hazards == (Hazard.BLOCKS_READS, Hazard.BLOCKS_WRITES)
    assert [str(each.name) for each in one.relations] == ["a"]


def test_a_table_that_only_the_way_down_drops_stays_shut() -> None:
    sql = "ALTER TABLE a ADD x int;\nALTER TABLE b ADD x int;"
    assert len(found_by(RULE, sql, schema=SCHEMA, down="DROP TABLE a CASCADE")) == 1
