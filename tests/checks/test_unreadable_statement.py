import pytest

from linting import lint_sql
from migsafe.checks.unreadable_statement import _words
from migsafe.model.operations import Cause
from migsafe.model.verdict import Verdict

_ELSEWHERE = {Cause.CALL, Cause.REFUSED, Cause.DYNAMIC}


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_its_own_words_but_what_another_rule_reports(cause: Cause) -> None:
    others = [_words(other) for other in Cause if other is not cause]
    assert (_words(cause) is None) == (cause in _ELSEWHERE)
    assert cause in _ELSEWHERE or _words(cause) not in others


def test_a_broken_statement_does_not_hide_its_neighbour() -> None:
    report = lint_sql("ALTER TABEL a ADD b int;\nDROP TABLE c;")
    assert [(each.place.line, each.rule) for each in report.findings] == [
        (1, "unreadable-statement"),
        (2, "drop-table"),
    ]


@pytest.mark.parametrize("sql", ["EXECUTE a", "IMPORT FOREIGN SCHEMA a FROM SERVER b INTO public"])
def test_what_another_place_decides_is_not_understood(sql: str) -> None:
    report = lint_sql(sql)
    assert [each.rule for each in report.findings] == ["unreadable-statement"]
    assert report.understood == 0
    assert report.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("holder", ["<%= schema %>", "{% include 'a' %}"])
def test_a_placeholder_is_called_one(holder: str) -> None:
    [one] = lint_sql(f"ALTER TABLE {holder}.a ADD b int").findings
    assert holder in one.message
    assert one.message.startswith("A placeholder stands")
