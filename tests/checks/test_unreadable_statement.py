import pytest

from linting import lint_sql
from migsafe.checks.unreadable_statement import _words
from migsafe.model.operations import Cause


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_but_a_call_has_its_own_words(cause: Cause) -> None:
    others = [_words(other) for other in Cause if other is not cause]
    assert _words(cause) not in others
    assert (_words(cause) is None) == (cause is Cause.CALL)


def test_a_broken_statement_does_not_hide_its_neighbour() -> None:
    report = lint_sql("ALTER TABEL a ADD b int;\nDROP TABLE c;")
    assert [(each.place.line, each.rule) for each in report.findings] == [
        (1, "unreadable-statement"),
        (2, "drop-table"),
    ]
