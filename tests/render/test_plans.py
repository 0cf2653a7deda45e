"""Plans as JSON, text and Markdown: complete, canonical, and not steered by names."""

import json
import re

import pytest

import planmaking
from migsafe.model.errors import InputError
from migsafe.planning.files import with_files
from migsafe.render import plan_json, plan_markdown, plan_text
from migsafe.sources.plans.record import read_plan

HOSTILE = (
    'a"b',
    "a|b`c``d",
    "x; DROP TABLE users; --",
    "line\nbreak",
    "```",
    "x\n```\n# Deploy 9",
    "migsafe: ignore[drop-column]: no",
    "<script>alert(1)</script>",
    "\x1b[31m",
    "ünïcödé",
    "$$",
    '"""',
    "%(x)s :y {z}",
)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@pytest.mark.parametrize("convention", ["golang-migrate", "alembic"])
def test_a_plan_read_back_is_the_same_plan(convention: str) -> None:
    plan = with_files(planmaking.plan(convention))
    text = plan_json.render(plan)
    again = read_plan(text.encode(), "plan.json")
    assert again == plan
    assert plan_json.render(again) == text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_plan_with_hostile_names_read_back_is_the_same_plan(name: str) -> None:
    plan = with_files(planmaking.plan(column=quoted(name)))
    assert read_plan(plan_json.render(plan).encode(), "plan.json") == plan


def test_the_document_has_the_keys_of_the_contract_in_order() -> None:
    document = json.loads(plan_json.render(with_files(planmaking.plan())))
    keys = [key for key in document if key not in {"convention", "runner"}]
    assert keys == [
        "schema", "id", "dialect", "tool", "options", "base", "sources", "code_versions",
        "deploys", "notes",
    ]  # fmt: skip
    first = document["deploys"][0]
    assert [key for key in first if key != "if_it_fails"] == [
        "number", "phase", "kind", "title", "files", "steps", "backfill", "code", "flags", "gate",
        "requires", "works_with", "min_soak", "point_of_no_return",
    ]  # fmt: skip
    assert document["deploys"][3]["gate"][0]["oldest_code"] == "C1"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "migsafe.plan/2"}, "migsafe.plan/2"),
        ({"deploys": {}}, "'deploys' is not a list"),
        ({"runner": "rocket"}, "'runner' is not a known word"),
        ({"id": 3}, "'id' is not a string"),
    ],
)
def test_a_document_that_is_no_plan_is_refused_with_its_place(
    change: dict[str, object], message: str
) -> None:
    document = json.loads(plan_json.render(planmaking.plan())) | change
    with pytest.raises(InputError, match=re.escape(message)):
        read_plan(json.dumps(document).encode(), "plan.json")


@pytest.mark.parametrize("text", ["", "[]", "{", "nul\0", "\ufeff[[[["])
def test_text_that_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_plan(text.encode(), "plan.json")


def test_sql_in_a_plan_that_cannot_be_read_is_refused() -> None:
    text = plan_json.render(planmaking.plan()).replace("ADD COLUMN mail text", "ADD COLUMN mail (")
    with pytest.raises(InputError, match="SQL that migsafe reads"):
        read_plan(text.encode(), "plan.json")


@pytest.mark.parametrize("name", ["mail", *HOSTILE, "x" * 60])
def test_the_text_keeps_to_a_hundred_columns_and_steers_no_terminal(name: str) -> None:
    text = plan_text.render(planmaking.plan(column=quoted(name)))
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" not in text


def test_the_text_says_gate_versions_and_point_of_no_return() -> None:
    text = plan_text.render(planmaking.plan())
    assert "no process older than C1; 7 days after deploy 3" in text
    assert "C0 runs today: works after 1-2; not after 3-4" in text
    assert "point of no return: 4" in text
    assert " 3 code C1   read mail (migrate)" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_names_cannot_leave_their_place_in_markdown(name: str) -> None:
    text = plan_markdown.render(planmaking.plan(column=quoted(name)))
    plain = plan_markdown.render(planmaking.plan(column="mail"))
    # Every fence that opens is closed: the same sections stand outside of fences.
    assert _headings(text) == _headings(plain)
    rows = [line for line in _outside(text) if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}
    assert "<script" not in "\n".join(_outside(text))


def _outside(text: str) -> list[str]:
    lines = []
    fence = ""
    for line in text.split("\n"):
        ticks = re.match(r"\s*(`{3,})", line)
        if fence:
            if line.strip() == fence:
                fence = ""
        elif ticks is not None:
            fence = ticks[1]
        else:
            lines.append(line)
    assert not fence
    return lines


def _headings(text: str) -> list[str]:
    found = [line for line in _outside(text) if line.startswith("#")]
    return [line.split(",")[0] for line in found]


def test_markdown_says_locks_backfill_and_ways_back() -> None:
    text = plan_markdown.render(planmaking.plan())
    for said in (
        "Which locks it takes is not known.",
        "SELECT min(id), max(id) FROM users",
        "Done when this returns 0:",
        "no way down brings it back: go forward",
        "no process older than C1",
        "Point of no return",
    ):
        assert said in text
