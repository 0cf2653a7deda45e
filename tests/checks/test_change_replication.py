"""What subscribers, and writers of published tables, notice."""

import pytest

from linting import found_by
from migsafe.model.findings import Confidence, Hazard, Severity

RULE = "change-replication"
SCHEMA = """CREATE TABLE a (id bigint PRIMARY KEY, n int NOT NULL);
CREATE TABLE b (n int NOT NULL); CREATE UNIQUE INDEX a_n ON a (n);"""
DROPPED = "ALTER TABLE a DROP CONSTRAINT a_pkey"


@pytest.mark.parametrize(
    ("sql", "hazards"),
    [
        ("ALTER TABLE a REPLICA IDENTITY NOTHING", (Hazard.BREAKS_OLD_CODE,)),
        ("ALTER TABLE b REPLICA IDENTITY DEFAULT", (Hazard.BREAKS_OLD_CODE,)),
        ("ALTER TABLE a REPLICA IDENTITY DEFAULT", (Hazard.CHANGES_RESULTS,)),
        ("ALTER TABLE a REPLICA IDENTITY FULL", (Hazard.CHANGES_RESULTS,)),
        ("ALTER TABLE a REPLICA IDENTITY USING INDEX a_n", (Hazard.CHANGES_RESULTS,)),
        ("CREATE PUBLICATION p FOR TABLE b", (Hazard.BREAKS_OLD_CODE,)),
        ("CREATE PUBLICATION p FOR TABLE a, b", (Hazard.BREAKS_OLD_CODE,)),
        ("CREATE PUBLICATION p FOR ALL TABLES", (Hazard.BREAKS_OLD_CODE,)),
        ("CREATE PUBLICATION p FOR ALL TABLES WITH (publish = 'insert')", None),
        ("CREATE PUBLICATION p FOR TABLE b WITH (publish = 'insert, truncate')", None),
        ("ALTER PUBLICATION p ADD TABLE a", (Hazard.CHANGES_RESULTS,)),
        ("ALTER PUBLICATION p ADD TABLE b", (Hazard.BREAKS_OLD_CODE,)),
        ("ALTER PUBLICATION p DROP TABLE b", (Hazard.CHANGES_RESULTS,)),
        ("DROP PUBLICATION p", (Hazard.CHANGES_RESULTS,)),
        ("ALTER SUBSCRIPTION s DISABLE", (Hazard.CHANGES_RESULTS,)),
        ("DROP SUBSCRIPTION s", (Hazard.CHANGES_RESULTS,)),
        ("CREATE PUBLICATION p FOR TABLE a", None),
        ("CREATE PUBLICATION p FOR TABLE unseen", (Hazard.BREAKS_OLD_CODE,)),
        ("CREATE PUBLICATION p FOR TABLE unseen WITH (publish = 'insert')", None),
        ("CREATE PUBLICATION p", None),
        ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", None),
        ("DROP VIEW v", None),
    ],
)
def test_a_change_is_reported_by_whom_it_reaches(
    sql: str, hazards: tuple[Hazard, ...] | None
) -> None:
    expected = [] if hazards is None else [hazards]
    assert [each.hazards for each in found_by(RULE, sql, schema=SCHEMA)] == expected


@pytest.mark.parametrize(
    ("publication", "sql", "reported"),
    [
        ("FOR TABLE a", DROPPED, True),
        ("FOR ALL TABLES", DROPPED, True),
        ("FOR TABLE c", DROPPED, False),
        ("FOR TABLE c; ALTER PUBLICATION p ADD TABLE a", DROPPED, True),
        ("FOR TABLE a; ALTER PUBLICATION p ADD TABLE c", DROPPED, True),
        ("FOR TABLE a, c; ALTER PUBLICATION p DROP TABLE c", DROPPED, True),
        ("FOR TABLE a, c; ALTER PUBLICATION p DROP TABLE a", DROPPED, False),
        ("FOR TABLE a; ALTER TABLE a REPLICA IDENTITY FULL", DROPPED, False),
        ("FOR TABLE a", "ALTER TABLE a DROP CONSTRAINT other", False),
        (
            "FOR TABLE a",
            "ALTER TABLE a DROP CONSTRAINT a_pkey, ADD PRIMARY KEY USING INDEX a_n",
            False,
        ),
    ],
)
def test_a_published_table_needs_its_primary_key(
    publication: str, sql: str, *, reported: bool
) -> None:
    schema = f"{SCHEMA} CREATE PUBLICATION p {publication};"
    assert bool(found_by(RULE, sql, schema=schema)) is reported


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE PUBLICATION p; ALTER PUBLICATION p ADD TABLE a; DROP PUBLICATION p",
        "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p; ALTER SUBSCRIPTION s DISABLE",
    ],
)
def test_nobody_reads_yet_what_this_deploy_publishes(sql: str) -> None:
    assert found_by(RULE, sql, schema=SCHEMA) == []


@pytest.mark.parametrize(
    ("table", "confidence"), [("b", Confidence.HIGH), ("unseen", Confidence.LOW)]
)
def test_a_table_that_nobody_saw_made_may_have_a_primary_key(
    table: str, confidence: Confidence
) -> None:
    [one] = found_by(RULE, f"ALTER TABLE {table} REPLICA IDENTITY DEFAULT", schema=SCHEMA)
    assert one.confidence is confidence


@pytest.mark.parametrize(
    ("before", "sql", "refused"),
    [
        ("", "CREATE PUBLICATION q FOR ALL TABLES", ["b"]),
        ("CREATE PUBLICATION p FOR TABLE b;", "CREATE PUBLICATION q FOR ALL TABLES", []),
        ("CREATE PUBLICATION p FOR TABLE b;", "CREATE PUBLICATION q FOR TABLE a, b", []),
        (
            "CREATE PUBLICATION p FOR TABLE b WITH (publish = 'insert');",
            "CREATE PUBLICATION q FOR TABLE a, b",
            ["b"],
        ),
    ],
)
def test_what_is_refused_already_is_no_news(before: str, sql: str, refused: list[str]) -> None:
    found = found_by(RULE, sql, schema=f"{SCHEMA} {before}", complete=True)
    assert [str(each.name) for one in found for each in one.relations] == refused


@pytest.mark.parametrize("identity", ["FULL", "NOTHING", "USING INDEX a_n"])
@pytest.mark.parametrize(
    ("publication", "complete", "severity"),
    [
        ("", True, Severity.NOTE),
        ("", False, Severity.WARNING),
        ("CREATE PUBLICATION p FOR TABLE a;", True, Severity.WARNING),
        ("CREATE PUBLICATION p FOR ALL TABLES;", True, Severity.WARNING),
    ],
)
def test_the_identity_of_a_table_that_nobody_sends_is_a_note(
    publication: str, identity: str, severity: Severity, *, complete: bool
) -> None:
    sql = f"ALTER TABLE a REPLICA IDENTITY {identity}"
    [one] = found_by(RULE, sql, schema=f"{SCHEMA} {publication}", complete=complete)
    assert one.severity is severity


@pytest.mark.parametrize(
    ("sql", "reported"),
    [
        ("ALTER TABLE a SET (user_catalog_table = true)", True),
        ("ALTER TABLE a SET (user_catalog_table)", True),
        ("ALTER TABLE a SET (user_catalog_table = false)", False),
        ("ALTER TABLE a RESET (user_catalog_table)", False),
        ("ALTER TABLE a SET (fillfactor = 70)", False),
        ("CREATE TABLE c (id int); ALTER TABLE c SET (user_catalog_table = true)", False),
    ],
)
def test_a_catalog_table_refuses_upserts(sql: str, *, reported: bool) -> None:
    found = found_by(RULE, sql, schema=SCHEMA)
    assert ["every INSERT … ON CONFLICT of running code" in one.message for one in found] == [
        True
    ] * reported
