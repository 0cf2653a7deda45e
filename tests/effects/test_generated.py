"""A slice of the generated statements in each run: predictions, and what a server does."""

from collections import Counter

import pytest

from migsafe_dev.agreeing.cases import GRAMMAR, generated, grammar_digest
from migsafe_dev.agreeing.comparing import Observed, disagreements
from migsafe_dev.agreeing.confirming import kinds
from migsafe_dev.agreeing.observing import Observer, server
from migsafe_dev.agreement import Prediction, predict

SEED = 20
SLICE = 100
VERSION = 18
EACH = 20
WHOLE = 3000
NO_STATEMENTS = {"DataWork", "RebuildTable", "Unrecognized"}
"""Kinds that no statement of SQL is read as."""


def _observe(prediction: Prediction, observer: Observer) -> Observed:
    case = prediction.case
    return observer.observe(case.setup, case.statement, prediction.query)


@pytest.mark.postgres
def test_a_server_does_what_is_said_of_statements_that_a_seed_gives() -> None:
    predictions = list(predict(generated(SEED, SLICE, VERSION), VERSION))
    with server(VERSION) as running:
        observer = Observer(running.dsn)
        try:
            wrong = {
                str(each.case): found
                for each in predictions
                if (found := disagreements(each.effects, _observe(each, observer)))
            }
        finally:
            observer.close()
    assert wrong == {}


def test_the_grammar_is_the_one_that_was_committed() -> None:
    assert GRAMMAR.read_text("utf-8").strip() == grammar_digest()


def test_each_kind_of_operation_is_drawn_often() -> None:
    drawn: Counter[str] = Counter()
    for case in generated(1, WHOLE, VERSION):
        drawn.update({type(one).__name__ for one in case.operations})
    wanted = set(kinds()) - NO_STATEMENTS
    assert {kind: drawn[kind] for kind in wanted if drawn[kind] < EACH} == {}


def test_a_seed_gives_the_same_statements_again() -> None:
    first, second = ([str(case) + case.statement for case in generated(7, 30, 18)] for _ in "12")
    assert first == second
