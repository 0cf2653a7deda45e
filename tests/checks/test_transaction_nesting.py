"""BEGIN and COMMIT by hand, under each kind of runner."""

import pytest

from linting import found_by
from migsafe.model.findings import Confidence
from migsafe.model.origin import Runner

RULE = "transaction-nesting"
ADD = "ALTER TABLE a ADD b int;\n"


@pytest.mark.parametrize(
    ("sql", "runner", "lines"),
    [
        (f"BEGIN;\n{ADD}COMMIT;", Runner.FILE, [1]),
        (f"BEGIN;\n{ADD}COMMIT;", Runner.RUN, [1]),
        (f"BEGIN;\n{ADD}COMMIT;", Runner.NONE, []),
        (f"BEGIN;\n{ADD}COMMIT;", Runner.QUERY, []),
        (f"BEGIN;\n{ADD}COMMIT;", Runner.AUTO, []),
        (f"{ADD}COMMIT;\n{ADD}", Runner.FILE, [2]),
        (f"{ADD}ROLLBACK;\n{ADD}", Runner.FILE, [2]),
        (f"{ADD}COMMIT;\n{ADD}", Runner.QUERY, [2]),
        (f"{ADD}COMMIT;\n{ADD}", Runner.AUTO, [2]),
        (f"{ADD}COMMIT;", Runner.NONE, [2]),
        (f"{ADD}ROLLBACK;", Runner.NONE, [2]),
        ("COMMIT;", Runner.NONE, []),
        (f"BEGIN;\n{ADD}COMMIT;\n{ADD}COMMIT;", Runner.NONE, [5]),
        (f"BEGIN;\n{ADD}ROLLBACK;", Runner.NONE, []),
        (f"BEGIN;\n{ADD}SAVEPOINT s;\nROLLBACK TO s;\nCOMMIT;", Runner.NONE, []),
        (f"BEGIN;\n{ADD}", Runner.NONE, [1]),
        (f"BEGIN;\n{ADD}", Runner.AUTO, [1]),
        (f"BEGIN;\n{ADD}", Runner.QUERY, [1]),
        (f"BEGIN;\n{ADD}BEGIN;\n{ADD}COMMIT;", Runner.NONE, [3]),
        (f"BEGIN;\n{ADD}COMMIT;\nBEGIN;\n{ADD}COMMIT;", Runner.NONE, []),
    ],
)
def test_a_transaction_is_reported_where_it_does_not_mean_what_it_says(
    sql: str, runner: Runner, lines: list[int]
) -> None:
    assert [each.place.line for each in found_by(RULE, sql, runner=runner)] == lines


def test_a_commit_under_an_unknown_runner_may_do_nothing() -> None:
    [one] = found_by(RULE, f"{ADD}COMMIT;\n{ADD}", runner=Runner.AUTO)
    assert one.confidence is Confidence.LOW


def test_a_way_down_has_transactions_of_its_own() -> None:
    [one] = found_by(RULE, ADD, down=f"BEGIN;\n{ADD}COMMIT;")
    assert (one.section, one.place.line) == ("down", 1)


@pytest.mark.parametrize(("word", "does"), [("COMMIT", "commits"), ("ROLLBACK", "takes back")])
def test_what_came_before_stays_or_goes(word: str, does: str) -> None:
    [one] = found_by(RULE, f"{ADD}{word};\n{ADD}")
    assert f"{word} here ends the runner's transaction and {does} what came before" in one.message
