"""What GitLab and the readers of JUnit files demand of a report."""

import json
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from linting import lint_sql
from migsafe.config import Settings
from migsafe.model.findings import FileError, Judged, Report
from migsafe.model.record import replace
from migsafe.render import gitlab, junit, markdown

SCHEMA = "CREATE TABLE t (a int, b int); CREATE TABLE u (id int)"
DROPS = "ALTER TABLE t DROP COLUMN a;\nALTER TABLE t ADD COLUMN c int;\nDROP TABLE u;\n"
HOSTILE = 'ALTER TABLE t DROP COLUMN "]]>&<b a=\'\\""\x1b[31m";\n'


def report(sql: str = DROPS) -> Report:
    return lint_sql(sql, schema=SCHEMA)


def unread(path: str = "db/b.sql") -> Report:
    return replace(report(), errors=(FileError(path, "not UTF-8 at byte 5", "Save it as UTF-8."),))


def issues(of: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(gitlab.render(of))
    return found


def document(of: Report) -> ET.Element:
    return ET.fromstring(junit.render(of))


def test_gitlab_has_what_it_shows_of_each_finding() -> None:
    found = issues(unread())
    assert [each["check_name"] for each in found] == [
        "unreadable-file",
        "drop-column",
        "drop-table",
    ]
    for each in found:
        assert each["description"]
        assert each["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert each["location"]["lines"]["begin"] >= 1
        assert not each["location"]["path"].startswith(("/", "./"))


def test_gitlab_drops_what_has_the_fingerprint_of_another() -> None:
    twice = issues(report("UPDATE t SET a = 1;\n" * 2))
    assert len({each["fingerprint"] for each in twice}) == len(twice) == 2


def test_gitlab_knows_a_finding_again_when_lines_have_moved() -> None:
    moved = issues(report("-- a line\n\n" + DROPS))
    before = issues(report())
    assert [each["fingerprint"] for each in moved] == [each["fingerprint"] for each in before]
    assert [each["location"]["lines"] for each in moved] != [
        each["location"]["lines"] for each in before
    ]


def test_lost_data_is_graver_than_what_a_retry_mends() -> None:
    drop, index = issues(report("ALTER TABLE t DROP COLUMN a;\nCREATE INDEX i ON t (b);"))
    assert (drop["severity"], index["severity"]) == ("blocker", "critical")


@pytest.mark.parametrize("path", ["./db/b.sql", "db\\b.sql"])
def test_gitlab_compares_paths_as_the_repository_spells_them(path: str) -> None:
    assert issues(unread(path))[0]["location"]["path"] == "db/b.sql"


def test_junit_counts_what_it_holds() -> None:
    root = document(unread())
    cases = root.findall("testsuite/testcase")
    assert int(root.attrib["tests"]) == len(cases)
    assert int(root.attrib["failures"]) == len(root.findall("testsuite/testcase/failure")) == 2
    assert int(root.attrib["errors"]) == len(root.findall("testsuite/testcase/error")) == 1
    for suite in root:
        assert int(suite.attrib["tests"]) == len(suite)
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))


def test_junit_fails_for_errors_and_keeps_the_words_of_the_rest() -> None:
    root = document(
        report("ALTER TABLE t ADD COLUMN d int; ALTER TABLE t ADD CHECK (b > 0) NOT VALID")
    )
    assert root.find("testsuite/testcase/failure") is None
    said = [each.text or "" for each in root.findall("testsuite/testcase/system-out")]
    assert any(each.startswith("warning: ") for each in said)


def test_junit_has_a_passed_test_for_a_migration_without_findings() -> None:
    quiet = replace(report("SELECT 1"), judged=(Judged("0001.up.sql", "file", 1, 1),))
    (case,) = document(quiet).findall("testsuite/testcase")
    assert (case.attrib["classname"], len(case)) == ("0001.up.sql", 0)


def test_junit_survives_what_a_migration_says() -> None:
    (failure,) = document(report(HOSTILE)).findall("testsuite/testcase/failure")
    assert "]]>&<b a='" in failure.attrib["message"]
    assert "\x1b" not in failure.attrib["message"]


def rows(of: Report) -> list[str]:
    return [line for line in markdown.render(of).splitlines() if line.startswith("| ")][1:]


def test_markdown_says_the_verdict_and_gives_a_row_a_finding_gravest_first() -> None:
    later = "ALTER TABLE t ADD COLUMN c int;\nDROP TABLE u;\n"
    of = lint_sql(later, schema=SCHEMA, settings=Settings())
    page = markdown.render(of)
    assert page.startswith("### Stage 1: UNSAFE\n\n1 error")
    assert "Statements understood: 2 of 2; migrations judged: 1, replayed: 0." in page
    severities = [row.split(" | ")[0] for row in rows(of)]
    assert severities == ["| error", "| warning"]
    assert rows(unread())[0].startswith("| error | `db/b.sql` | `not read` | not UTF-8 at byte 5 |")
    assert "- Next: `migsafe plan 0001.up.sql`" in page


def test_markdown_groups_what_people_see_as_one_and_counts_what_it_leaves_out() -> None:
    twice = report("UPDATE t SET a = 1;\nUPDATE t SET a = 1;\n")
    assert [row.split(" | ")[1] for row in rows(twice)] == ["`0001.up.sql:1, 2`"]
    silenced = report("-- migsafe: ignore[drop-column]: unused\nALTER TABLE t DROP COLUMN a;")
    assert "- Findings that comments silence: 1." in markdown.render(silenced)


@pytest.mark.parametrize(
    ("name", "never"),
    [
        ("a|b", " a|b"),
        ("<img src=x>", "<img"),
        ("@someone", "@someone"),
        ("https://example.org", "https://"),
        ("www.example.org", "www.example"),
        ("[a](b)", " [a](b)"),
        ("a`b", " a`b"),
        ("\n| evil |", "\n| evil |"),
    ],
)
def test_markdown_lets_no_name_out_of_its_cell(name: str, never: str) -> None:
    quoted = name.replace('"', '""')
    page = markdown.render(lint_sql(f'ALTER TABLE t DROP COLUMN "{quoted}";', schema=SCHEMA))
    (row,) = [line for line in page.splitlines() if "drop-column" in line]
    assert never not in page
    assert len(re.findall(r"(?<!\\)\|", row)) == 6


def test_markdown_stays_below_what_github_shows_as_a_summary() -> None:
    (first, *_) = report().findings
    many = tuple(replace(first, place=replace(first.place, path=f"{n}.sql")) for n in range(3000))
    page = markdown.render(replace(report(), findings=many))
    assert len(page.encode()) < 1024 * 1024
    hidden = re.search(r"^(\d+) more are in the text report\.$", page, re.MULTILINE)
    assert hidden is not None
    assert int(hidden[1]) + page.count("\n| error") == len(many)
