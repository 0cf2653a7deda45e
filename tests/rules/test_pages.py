"""The rule pages are tests: each example yields exactly the findings it announces."""

import re
from pathlib import Path

import pytest

from migsafe import rulebook
from migsafe.lint.engine import rule_ids
from migsafe_dev.pages.examples import Example, examples
from rulepages import lint_example, rendered

EXAMPLES = [example for rule_id in rulebook.ids() for example in examples(rule_id)]
_LINK = re.compile(r"\]\(([\w-]+)\.md\)")
PAGES = Path(__file__).parents[2] / "rules"


def test_every_rule_has_a_check_and_every_check_a_rule() -> None:
    assert rule_ids() == set(rulebook.ids())


@pytest.mark.parametrize("rule_id", rulebook.ids())
def test_page_has_a_bad_and_a_good_example(rule_id: str) -> None:
    assert {example.bad for example in examples(rule_id)} == {True, False}


@pytest.mark.parametrize("rule_id", rulebook.ids())
def test_page_points_at_pages_that_exist_and_at_one_version_of_the_manual(rule_id: str) -> None:
    rule = rulebook.rule(rule_id)
    linked = set(_LINK.findall(rule.text))
    assert linked <= set(rulebook.ids())
    manual = [source for source in rule.sources if "postgresql.org/docs/" in source]
    assert all("/docs/18/" in source for source in manual)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example_triggers_exactly_the_findings_it_announces(example: Example) -> None:
    linted = lint_example(example)
    assert linted.found == linted.announced


@pytest.mark.parametrize(
    "example", [e for e in EXAMPLES if e.bad], ids=lambda example: example.name
)
def test_bad_example_announces_its_own_rule(example: Example) -> None:
    assert example.rule in {rule for _, rule in lint_example(example).announced}


@pytest.mark.parametrize(
    "example",
    [e for e in EXAMPLES if e.rendered is not None],
    ids=lambda example: example.name,
)
def test_text_block_is_what_the_finding_says(
    example: Example, request: pytest.FixtureRequest
) -> None:
    actual = rendered(example, lint_example(example))
    if request.config.getoption("--update-golden"):
        page = PAGES / f"{example.rule}.md"
        before = f"```{example.language}\n{example.source}```\n\n```text\n"
        text = page.read_text("utf-8")
        assert before in text
        page.write_text(
            text.replace(f"{before}{example.rendered}```", f"{before}{actual}```"), "utf-8"
        )
    else:
        assert example.rendered == actual, "run: pytest --update-golden"
