"""Indexes dropped: which lookups are missed."""

import pytest

from linting import found_by, lint_sql
from migsafe.model.findings import Severity
from migsafe.model.origin import Runner, SectionName

TABLE = "CREATE TABLE b (id bigint PRIMARY KEY, job bigint, name text, n int);"


@pytest.mark.parametrize(
    ("dropped", "other", "missed"),
    [
        ("(job)", "(job, name)", False),
        ("(job)", "(name, job)", True),
        ("(job, name)", "(job)", True),
        ("(lower(name))", "(lower(name), job)", False),
        ("(lower(name))", "(upper(name))", True),
        ("(job)", "(job) WHERE n > 1", True),
        ("(job) WHERE n > 1", "(job) WHERE n > 1", False),
        ("(job) WHERE n > 1", "(job, n)", False),
        ("USING gin (name)", "(name)", True),
    ],
)
def test_an_index_is_missed_unless_another_starts_with_the_same_keys(
    dropped: str, other: str, *, missed: bool
) -> None:
    report = lint_sql(
        "DROP INDEX CONCURRENTLY old",
        schema=f"{TABLE} CREATE INDEX old ON b {dropped}; CREATE INDEX other ON b {other};",
        runner=Runner.NONE,
    )
    assert [f.rule for f in report.findings] == ["drop-index"] * missed


def test_a_key_on_an_index_that_nobody_knows_helps_no_lookup() -> None:
    report = lint_sql(
        "DROP INDEX CONCURRENTLY old",
        schema="CREATE TABLE b (id bigint, job bigint); CREATE INDEX old ON b (job);"
        "ALTER TABLE b ADD CONSTRAINT b_pkey PRIMARY KEY USING INDEX made_elsewhere;",
        runner=Runner.NONE,
    )
    assert [f.rule for f in report.findings] == ["drop-index"]


def test_the_golang_migrate_example_reads_as_its_screen_does() -> None:
    report = lint_sql(
        "CREATE UNIQUE INDEX builds_uniq ON b (job, name);\nDROP INDEX b_job;\nDROP INDEX b_name;",
        schema=f"{TABLE} CREATE INDEX b_job ON b (job); CREATE INDEX b_name ON b (name);",
        runner=Runner.QUERY,
    )
    assert [(f.place.line, f.rule, f.severity) for f in report.findings] == [
        (1, "create-index", Severity.ERROR),
        (1, "restrict-writes", Severity.WARNING),
        (2, "drop-index", Severity.ERROR),
        (3, "drop-index", Severity.ERROR),
        (3, "drop-index", Severity.NOTE),
    ]
    assert "alone in its file, without BEGIN or SET beside it" in report.findings[0].help


def test_the_way_down_of_a_new_index_draws_no_note_about_lookups() -> None:
    report = lint_sql(
        "CREATE INDEX CONCURRENTLY b_job ON b (job)",
        down="DROP INDEX CONCURRENTLY b_job",
        schema=TABLE,
        runner=Runner.NONE,
    )
    assert not report.findings


def test_an_index_that_is_not_valid_is_missed_by_nobody() -> None:
    schema = "CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE INDEX i ON ONLY p (a);"
    report = lint_sql("DROP INDEX i", schema=f"{schema} CREATE TABLE p1 PARTITION OF p DEFAULT;")
    assert [f.severity for f in report.findings] == [Severity.ERROR]


def test_an_index_that_history_dropped_is_left_to_other_rules() -> None:
    schema = f"{TABLE} CREATE INDEX b_job ON b (job); DROP INDEX b_job;"
    report = lint_sql("DROP INDEX IF EXISTS b_job", schema=schema)
    assert not report.findings


def test_an_index_of_a_table_that_goes_as_well_is_no_subject() -> None:
    report = lint_sql("DROP INDEX old; DROP TABLE b;", schema=f"{TABLE} CREATE INDEX old ON b (n)")
    assert [f.rule for f in report.findings] == ["drop-table"]


def test_locks_on_what_the_same_way_down_drops_are_no_note() -> None:
    down = "DROP INDEX old; DROP TABLE b;"
    up = f"{TABLE} CREATE INDEX old ON b (n)"
    assert lint_sql(up, down=down).findings == ()
    report = lint_sql(f"{up}; CREATE INDEX k ON c (n)", down=f"DROP INDEX k; {down}")
    [note] = [f for f in report.findings if f.section is SectionName.DOWN]
    assert "Dropping k" in note.message


def test_nobody_misses_the_index_of_a_column_that_goes_in_the_same_deploy() -> None:
    schema = "CREATE TABLE t (id int, a text, b text); CREATE INDEX i ON t (a, b)"
    drop = "DROP INDEX i; ALTER TABLE t DROP COLUMN "
    assert [each.severity for each in found_by("drop-index", f"{drop}a", schema=schema)] == [
        Severity.ERROR
    ]
    # Lookups by its first column are still asked for.
    assert len(found_by("drop-index", f"{drop}b", schema=schema)) == 2
