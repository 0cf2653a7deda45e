"""Every format over the same reports: what people and machines get."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from linting import lint_sql
from migsafe.model.findings import Report
from migsafe.model.record import replace
from migsafe.render import concise, github, sarif, text
from migsafe.render import json as as_json

SCHEMA = "CREATE TABLE t (a int, b int); CREATE TABLE u (id int)"
HOSTILE = 'ALTER TABLE t DROP COLUMN "b%0A::error::pwned,x:y\x1b[31m";\n'
DROPS = "ALTER TABLE t DROP COLUMN a;\nDROP TABLE u;\n"


def report(sql: str = DROPS) -> Report:
    return lint_sql(sql, schema=SCHEMA)


def test_json_has_the_keys_of_the_contract() -> None:
    document = json.loads(as_json.render(report()))
    assert document["schema"] == "migsafe.report/1"
    assert {
        "files", "statements", "understood", "findings", "suppressed", "gated", "error",
        "warning", "note",
    } <= document["summary"].keys()  # fmt: skip
    first = document["findings"][0]
    assert {
        "rule", "severity", "confidence", "hazards", "path", "line", "column", "end_line",
        "end_column", "section", "relations", "message", "help", "fingerprint",
    } <= first.keys()  # fmt: skip
    assert first["relations"] == [
        {"name": "t", "lock": "ACCESS EXCLUSIVE", "blocks": ["reads", "writes"]}
    ]


def sarif_run(sql: str = DROPS) -> dict[str, Any]:
    document = json.loads(sarif.render(report(sql)))
    assert document["version"] == "2.1.0"
    run: dict[str, Any] = document["runs"][0]
    return run


def test_sarif_gives_github_what_it_demands_of_rules() -> None:
    for rule in sarif_run()["tool"]["driver"]["rules"]:
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note"}


def test_sarif_gives_github_what_it_demands_of_results() -> None:
    run = sarif_run()
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        location = result["locations"][0]["physicalLocation"]
        assert not location["artifactLocation"]["uri"].startswith(("/", "file:"))
        region = location["region"]
        assert min(region.values()) >= 1
        assert (
            region["endColumn"] > region["startColumn"] or region["endLine"] > region["startLine"]
        )
        assert result["partialFingerprints"]["primaryLocationLineHash"]


def test_sarif_marks_what_a_comment_silenced() -> None:
    run = sarif_run("-- migsafe: ignore[drop-table]: archived\nDROP TABLE u;")
    assert [result["suppressions"][0]["kind"] for result in run["results"]] == ["inSource"]


def test_fingerprint_survives_moved_lines() -> None:
    moved = report("-- one more line\n\n" + DROPS)
    assert [f.fingerprint for f in moved.findings] == [f.fingerprint for f in report().findings]


def test_fingerprints_tell_equal_statements_apart() -> None:
    twice = report("UPDATE t SET a = 1;\n" * 2)
    prints = [finding.fingerprint for finding in twice.findings]
    assert len(set(prints)) == len(prints) == 2


def test_github_escapes_what_a_pull_request_says() -> None:
    lines = github.render(report(HOSTILE)).splitlines()
    assert [line for line in lines if line.startswith("::")] == [
        line for line in lines if line.startswith("::error file=")
    ]
    assert "%250A::error::pwned" in lines[0]
    assert "\x1b" not in lines[0]


def test_github_shows_ten_of_a_level_and_counts_the_rest() -> None:
    drops = "".join(f"DROP TABLE t{number};\n" for number in range(12))
    lines = github.render(report(drops)).splitlines()
    assert sum(line.startswith("::error") for line in lines) == 10
    assert "2 more in the text report" in lines[-1]


@pytest.mark.parametrize("render", [text.render, concise.render, github.render])
def test_formats_for_people_and_logs_hold_no_control_characters(
    render: Callable[[Report], str],
) -> None:
    assert re.search(r"[^\n\x20-\U0010ffff]", render(report(HOSTILE))) is None


def test_text_has_colour_only_when_asked() -> None:
    assert "\x1b[" in text.render(report(), text.Look(colour=True))
    assert "\x1b[" not in text.render(report(), text.Look())


def test_frame_puts_the_caret_under_the_sub_command() -> None:
    page = text.render(
        report("ALTER TABLE t\n  ADD COLUMN z int,\n  DROP COLUMN a;"), text.Look(frame=True)
    )
    lines = page.splitlines()
    at = next(i for i, line in enumerate(lines) if line.endswith("|   DROP COLUMN a;"))
    assert lines[at + 1] == "          |   ^^^^^^^^^^^^^"


def test_text_groups_findings_of_one_rule_on_one_relation() -> None:
    page = text.render(report("ALTER TABLE t DROP COLUMN a;\nALTER TABLE t DROP COLUMN b;"))
    assert page.count("drop-column") == 1
    assert "(also line 2)" in page


def test_text_names_the_command_that_plans_what_a_plan_may_mend() -> None:
    assert "next: migsafe plan 0001.up.sql" in text.render(report())
    assert "next:" not in text.render(report("SELECT 'open"))
    named = replace(report(), plannable=("-my db/it's.sql", "b.sql"))
    assert """next: migsafe plan './-my db/it'"'"'s.sql' (1 more to plan)""" in text.render(named)


def test_text_ends_with_the_verdict_of_stage_one() -> None:
    assert text.render(report()).splitlines()[-1].startswith("Stage 1: UNSAFE  2 errors")


def test_no_line_is_longer_than_the_width() -> None:
    page = text.render(report(), text.Look(width=72))
    assert max(len(line) for line in page.splitlines()[:-1]) <= 72
