"""The examples of the rule pages run on a server: what they say happens does happen there."""

from collections.abc import Callable, Iterator

import pytest

import servers
from migsafe import rulebook
from migsafe.model.effects import Certain, Fact, OnData, TransactionNeed
from pagerunning import Ran, run
from migsafe_dev.pages.examples import Example, examples
from rulepages import lint_example

pytestmark = pytest.mark.postgres

VERSION = max(servers.EMBEDDED)
EXAMPLES = [example for rule_id in rulebook.ids() for example in examples(rule_id)]
UNREAD = "unreadable-statement"
_SYNTAX_ERROR = "42601"
_IN_TRANSACTION = "25001"
_UNUSABLE = "55P04"


@pytest.fixture(scope="module")
def dsn(server_of: Callable[[int], servers.Server]) -> Iterator[str]:
    with servers.databases(server_of) as database_of:
        yield database_of(VERSION)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example_does_on_a_server_what_its_page_says(example: Example, dsn: str) -> None:
    findings = lint_example(example).findings
    for ran in run(example, dsn, VERSION):
        said = [each for each in findings if each.place.line == ran.line]
        assert _fails_as_predicted(ran), f"{ran.sqlstate}: {ran.sql}"
        if ran.sqlstate is not None:
            assert any(ran.sqlstate in each.message for each in said) or (
                ran.sqlstate == _SYNTAX_ERROR and UNREAD in {each.rule for each in said}
            ), f"no finding names {ran.sqlstate}: {ran.sql}"
        if ran.held is not None:
            assert ran.held == ran.expected, ran.sql
            missing = [
                f"{relation.name} {relation.lock}"
                for each in said
                for relation in each.relations
                if relation.lock is not None and ran.held.get(str(relation.name), 0) < relation.lock
            ]
            assert missing == [], ran.sql


def _fails_as_predicted(ran: Ran) -> bool:
    """Say whether a statement fails with what its effects name, and for certain if they say so."""
    effects = [applied.effects for applied in ran.applied]
    certain = {each.fails.sqlstate for each in effects if isinstance(each.fails, Certain)}
    if ran.applied[0].transaction.is_open and any(
        each.transaction is TransactionNeed.FORBIDDEN for each in effects
    ):
        certain.add(_IN_TRANSACTION)
    if certain:
        return ran.sqlstate in certain
    possible = {each.fails.sqlstate for each in effects if isinstance(each.fails, OnData)}
    if ran.unusable:
        possible.add(_UNUSABLE)
    known = all(each.knows(Fact.FAILS) for each in effects)
    return ran.sqlstate is None or ran.sqlstate in possible or not known
