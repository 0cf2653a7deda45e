"""Profiles: which rules are asked, and how gravely they speak."""

import pytest

from linting import ROLE, lint_sql
from migsafe import rulebook
from migsafe.lint.asked import STRICT
from migsafe.model.findings import Severity
from migsafe.model.record import replace

SQL = "CREATE TABLE t (id integer PRIMARY KEY, c char(3));"


def test_a_page_is_off_by_default_exactly_where_its_check_is_of_the_strict_profile() -> None:
    off = {
        rule_id
        for rule_id in rulebook.ids()
        if rulebook.rule(rule_id).severity() is Severity.OFF
        and "strict" in rulebook.rule(rule_id).severities
    }
    assert off == STRICT


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("default", []),
        ("legacy", []),
        (
            "strict",
            [
                ("char-type", "note"),
                ("integer-primary-key", "warning"),
                ("not-rerunnable", "note"),
                ("unqualified-name", "note"),
            ],
        ),
    ],
)
def test_good_practice_is_asked_for_by_the_strict_profile_alone(
    profile: str, expected: list[tuple[str, str]]
) -> None:
    report = lint_sql(SQL, settings=replace(ROLE, profile=profile))
    assert sorted((each.rule, str(each.severity)) for each in report.findings) == expected


def test_one_rule_of_the_strict_profile_is_turned_on_by_its_severity() -> None:
    settings = replace(ROLE, severities={"char-type": Severity.ERROR})
    (finding,) = lint_sql(SQL, settings=settings).findings
    assert (finding.rule, finding.severity) == ("char-type", Severity.ERROR)


def test_good_practice_is_no_question_about_the_way_down() -> None:
    report = lint_sql("DROP TABLE t;", down=SQL, settings=replace(ROLE, profile="strict"))
    assert not [each for each in report.findings if each.rule in STRICT - {"unqualified-name"}]
