"""What a comment silences, and what is said when it silences nothing."""

from datetime import date

import pytest

from linting import lint_sql

SCHEMA = "CREATE TABLE t (a int, b int, c int)"


def rules(sql: str, today: date = date(2026, 1, 1)) -> tuple[list[str], list[str]]:
    report = lint_sql(sql, schema=SCHEMA, today=today)
    return (
        [finding.rule for finding in report.findings],
        [finding.rule for finding in report.suppressed],
    )


@pytest.mark.parametrize(
    "sql",
    [
        "-- migsafe: ignore[drop-column]: b is unused since 1.2\nALTER TABLE t DROP COLUMN b;",
        "ALTER TABLE t DROP COLUMN b; -- migsafe: ignore[drop-column]: unused",
        "/* migsafe: ignore[drop-column]: unused */\nALTER TABLE t\n  DROP COLUMN b;",
        "-- migsafe: ignore[drop-column]: unused\n-- another comment\nALTER TABLE t DROP COLUMN b;",
        "SELECT 1;\n-- migsafe: ignore-file[drop-column]: squashed\nALTER TABLE t DROP b;",
        "-- migsafe: ignore[drop-column] until=2026-06-30: unused\nALTER TABLE t DROP COLUMN b;",
    ],
)
def test_a_comment_silences_the_rule_it_names(sql: str) -> None:
    assert rules(sql) == ([], ["drop-column"])


def test_a_comment_inside_a_statement_speaks_of_its_sub_command() -> None:
    sql = """ALTER TABLE t
  DROP COLUMN a,
  DROP COLUMN b, -- migsafe: ignore[drop-column]: b never held values
  DROP COLUMN c;"""
    assert rules(sql) == (["drop-column", "drop-column"], ["drop-column"])


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("ignore[drop-column]", "gives no reason"),
        ("ignore[drop-column]:", "gives no reason"),
        ("ignore[drop-column] until=2025-12-31: unused", "expired on 2025-12-31"),
        ("ignore[drop-column] until=soon: unused", "no date"),
        ("ignore[drop-colum]: unused", "did you mean 'drop-column'?"),
        ("ignore[]: unused", "names no rule"),
        ("ignore drop-column: unused", "is no directive"),
    ],
)
def test_a_comment_that_is_wrong_silences_nothing_and_is_reported(comment: str, said: str) -> None:
    report = lint_sql(f"-- migsafe: {comment}\nALTER TABLE t DROP COLUMN b;", schema=SCHEMA)
    assert [finding.rule for finding in report.findings] == ["unused-ignore", "drop-column"]
    assert said in report.findings[0].message


def test_a_comment_with_nothing_to_silence_is_reported() -> None:
    assert rules("-- migsafe: ignore[drop-table]: gone\nSELECT 1;") == (["unused-ignore"], [])


def test_a_comment_in_a_string_is_no_comment() -> None:
    sql = "SELECT '\n-- migsafe: ignore[drop-column]: no\n'; ALTER TABLE t DROP COLUMN b;"
    assert rules(sql) == (["drop-column"], [])
