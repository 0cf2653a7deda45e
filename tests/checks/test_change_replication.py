"""What subscribers, and writers of published tables, notice."""

import pytest

from linting import found_by
from migsafe.model.findings import Confidence, Hazard

RULE = "change-replication"
SCHEMA = """CREATE TABLE a (id bigint PRIMARY KEY, n int NOT NULL);
CREATE TABLE b (n int NOT NULL); CREATE UNIQUE INDEX a_n ON a (n);"""


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
        ("ALTER PUBLICATION p ADD TABLE a", (Hazard.CHANGES_RESULTS,)),
        ("DROP PUBLICATION p", (Hazard.CHANGES_RESULTS,)),
        ("ALTER SUBSCRIPTION s DISABLE", (Hazard.CHANGES_RESULTS,)),
        ("DROP SUBSCRIPTION s", (Hazard.CHANGES_RESULTS,)),
        ("CREATE PUBLICATION p FOR TABLE a", None),
        ("CREATE PUBLICATION p FOR TABLE unseen", None),
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
        ("FOR TABLE a", "ALTER TABLE a DROP CONSTRAINT a_pkey", True),
        ("FOR ALL TABLES", "ALTER TABLE a DROP CONSTRAINT a_pkey", True),
        ("FOR TABLE c", "ALTER TABLE a DROP CONSTRAINT a_pkey", False),
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
