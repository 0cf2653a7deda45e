"""The graded sample: complete lines, known rules, and the counts that the page states."""

import re
from collections import Counter
from pathlib import Path

import pytest

from migsafe import rulebook

ROOT = Path(__file__).parents[1]
GRADED = ROOT / "fixtures" / "graded"
VERDICTS = ("right", "arguable", "wrong")


def rows(name: str) -> list[list[str]]:
    head, *lines = (GRADED / name).read_text("utf-8").splitlines()
    width = len(head.split("\t"))
    found = [line.split("\t") for line in lines]
    assert {len(row) for row in found} == {width}
    assert [row[0] for row in found] == [str(at + 1) for at in range(len(found))]
    return found


def stated(label: str) -> list[str]:
    page = (ROOT / "docs" / "graded.md").read_text("utf-8")
    line = re.search(rf"^\| {re.escape(label)} \|(.*)\|$", page, re.MULTILINE)
    assert line is not None
    return [cell.strip() for cell in line[1].split("|")]


@pytest.mark.parametrize(("label", "column"), [("blind", 7), ("verdict", 8)])
def test_findings_are_counted_as_the_page_states(label: str, column: int) -> None:
    found = rows("findings.tsv")
    assert len(found) == 60
    counts = Counter(row[column] for row in found)
    assert stated(f"60 findings, {label}") == [str(counts.pop(verdict)) for verdict in VERDICTS]
    assert not counts


def test_silences_are_counted_as_the_page_states() -> None:
    found = rows("silent.tsv")
    assert len(found) == 30
    verdicts = Counter(row[7] for row in found)
    assert stated("30 silent statements, verdict") == [
        str(verdicts[verdict]) for verdict in ("right", "arguable", "missed")
    ]
    blind = Counter(row[6] for row in found)
    assert stated("30 silent statements, blind") == [
        str(blind.pop("fine")),
        str(blind.pop("maybe missed")),
        "–",
    ]
    assert not blind


def test_the_page_says_how_many_come_from_a_tree_that_was_seen_before() -> None:
    seen = sum(row[1] == "ory/kratos" for row in rows("findings.tsv"))
    page = (ROOT / "docs" / "graded.md").read_text("utf-8")
    assert f"whose findings had been looked at once: {seen} of the 60." in page


def test_each_line_names_a_rule_and_evidence_and_a_tree_of_the_seed() -> None:
    seed = (GRADED / "seed.txt").read_text("utf-8")
    known = rulebook.ids()
    for row in rows("findings.tsv"):
        assert row[5] in known
        assert row[9], row
    for row in rows("silent.tsv"):
        assert row[8] or row[6] == "fine", row
    for row in (*rows("findings.tsv"), *rows("silent.tsv")):
        assert re.search(rf" {re.escape(row[1])} +{re.escape(row[2])} ", seed), row


@pytest.mark.parametrize(("label", "column"), [("blind", 5), ("verdict", 6)])
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("flagged", ("right", "arguable", "wrong")),
        ("silent", ("right", "arguable", "missed")),
    ],
)
def test_change_sets_are_counted_as_the_page_states(
    label: str, column: int, kind: str, words: tuple[str, ...]
) -> None:
    found = [row for row in rows("changesets.tsv") if row[3] == kind]
    same = {"fine": "right", "maybe": "arguable"}
    counts = Counter(same.get(row[column], row[column]) for row in found)
    said = stated(f"{len(found)} {kind} change sets, {label}")
    assert said == [str(counts.pop(word)) for word in words]
    assert not counts


def test_a_change_set_that_is_not_right_has_a_reason() -> None:
    for row in rows("changesets.tsv"):
        assert (row[6] == "right") == (row[7] == ""), row
