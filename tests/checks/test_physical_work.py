"""Rebuilds, copies, refreshes and locks: who waits, and for what nobody does."""

import pytest

from linting import lint_sql
from migsafe.config import Settings
from migsafe.model.findings import Confidence
from migsafe.model.origin import Runner

SCHEMA = """CREATE TABLE a (id bigint PRIMARY KEY, n int); CREATE INDEX a_n ON a (n);
CREATE UNLOGGED TABLE u (id bigint);
CREATE TABLE p (id bigint, day date) PARTITION BY RANGE (day);
CREATE MATERIALIZED VIEW m AS SELECT id FROM a;
CREATE MATERIALIZED VIEW e AS SELECT id FROM a WITH NO DATA;
"""


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("REINDEX INDEX a_n", "reindex"),
        ("REINDEX INDEX unseen", "reindex"),
        ("REINDEX DATABASE", "reindex"),
        ("REINDEX SYSTEM", None),
        ("REINDEX INDEX CONCURRENTLY a_n", None),
        ("VACUUM FULL", "rewrite-table"),
        ("VACUUM FULL a", "rewrite-table"),
        ("VACUUM a", None),
        ("CLUSTER", "rewrite-table"),
        ("CLUSTER a USING a_n", "rewrite-table"),
        ("ALTER TABLE a SET LOGGED", None),
        ("ALTER TABLE u SET LOGGED", "rewrite-table"),
        ("ALTER TABLE unseen SET UNLOGGED", "rewrite-table"),
        ("ALTER TABLE p SET TABLESPACE x", None),
        ("ALTER INDEX a_n SET TABLESPACE x", "rewrite-table"),
        ("ALTER INDEX unseen SET TABLESPACE x", "rewrite-table"),
        ("REFRESH MATERIALIZED VIEW m", "refresh-materialized-view"),
        ("REFRESH MATERIALIZED VIEW unseen", "refresh-materialized-view"),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY unseen", None),
        ("REFRESH MATERIALIZED VIEW e", None),
        ("REFRESH MATERIALIZED VIEW m WITH NO DATA", "refresh-materialized-view"),
        ("LOCK TABLE a", "lock-table"),
        ("CREATE TABLE b AS SELECT * FROM a", "copy-table"),
        ("CREATE TABLE b AS SELECT * FROM a WITH NO DATA", None),
        ("CREATE TABLE b AS VALUES (1)", None),
        ("CREATE TABLE b AS SELECT * FROM generate_series(1, 3)", None),
        ("INSERT INTO a (id) SELECT id FROM u", "copy-table"),
        ("INSERT INTO a (id) SELECT id FROM u WHERE id < 3", None),
        ("INSERT INTO a (id) VALUES (1)", None),
        ("CREATE VIEW v AS SELECT id FROM a", None),
    ],
)
def test_who_waits_decides(sql: str, rule: str | None) -> None:
    report = lint_sql(sql, schema=SCHEMA, runner=Runner.NONE)
    assert [each.rule for each in report.findings] == ([] if rule is None else [rule])


@pytest.mark.parametrize(
    "sql", ["REINDEX TABLE a", "VACUUM FULL a", "LOCK TABLE a", "CREATE TABLE b AS TABLE a"]
)
def test_nobody_waits_for_a_small_table(sql: str) -> None:
    runner = Runner.FILE if sql.startswith("LOCK") else Runner.NONE
    small = Settings(lock_timeout="role", small_tables=("a",))
    assert lint_sql(sql, schema=SCHEMA, runner=runner, settings=small).findings == ()


@pytest.mark.parametrize(
    ("sql", "confidence"),
    [
        ("REINDEX INDEX unseen", Confidence.LOW),
        ("REINDEX INDEX a_n", Confidence.HIGH),
        ("ALTER TABLE a SET TABLESPACE x", Confidence.LOW),
        ("ALTER TABLE a SET UNLOGGED", Confidence.HIGH),
    ],
)
def test_what_the_schema_does_not_say_is_said_with_low_confidence(
    sql: str, confidence: Confidence
) -> None:
    [one] = lint_sql(sql, schema=SCHEMA, runner=Runner.NONE).findings
    assert one.confidence is confidence


@pytest.mark.parametrize(
    ("mode", "rules"),
    [
        ("ACCESS SHARE", []),
        ("ROW EXCLUSIVE", []),
        ("SHARE UPDATE EXCLUSIVE", []),
        ("SHARE", ["lock-table"]),
        ("EXCLUSIVE", ["lock-table"]),
    ],
)
def test_a_lock_by_hand_is_reported_from_the_mode_on_that_stops_writers(
    mode: str, rules: list[str]
) -> None:
    report = lint_sql(f"LOCK TABLE a IN {mode} MODE", schema=SCHEMA)
    assert [each.rule for each in report.findings] == rules


def test_a_lock_outside_a_transaction_is_refused() -> None:
    [one] = lint_sql("LOCK TABLE a", schema=SCHEMA, runner=Runner.NONE).findings
    assert "25P01" in one.message
