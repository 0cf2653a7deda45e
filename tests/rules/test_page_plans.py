"""Pages whose first bad example has a recipe show the plan, as the planner writes it."""

from pathlib import Path

import pytest

from migsafe import rulebook
from migsafe.model.findings import Severity
from pageplans import lint_shown, planned, section_of, shown, with_section
from migsafe_dev.pages.examples import Example, examples

PAGES = Path(__file__).parents[2] / "rules"
FIRST = [
    next(iter(bad))
    for rule_id in rulebook.ids()
    if (bad := [e for e in examples(rule_id) if e.bad and e.language == "sql"])
]
SHOWN = [first for first in FIRST if section_of(rulebook.rule(first.rule).text)]


@pytest.mark.parametrize("first", FIRST, ids=lambda example: example.rule)
def test_page_shows_the_plan_that_the_planner_writes(
    first: Example,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    finished = planned(first)
    section = "" if finished is None else shown(finished.plan)
    page = PAGES / f"{first.rule}.md"
    text = page.read_text("utf-8")
    if request.config.getoption("--update-golden"):
        page.write_text(with_section(text, section), "utf-8")
    else:
        assert section_of(text) == section, "run: pytest --update-golden"


@pytest.mark.parametrize("first", SHOWN, ids=lambda example: example.rule)
def test_deploys_that_a_page_shows_lint_clean(
    first: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    finished = planned(first)
    assert finished is not None
    report = lint_shown(section_of(rulebook.rule(first.rule).text), first, finished)
    assert not report.errors
    loud = [
        f"{finding.place.path}:{finding.place.line} {finding.rule}: {finding.message}"
        for finding in report.findings
        if finding.severity >= Severity.WARNING
    ]
    assert loud == []
