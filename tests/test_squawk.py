"""docs/squawk.md is what the comparison gives, and explains every difference."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from migsafe import rulebook
from migsafe.lint.squawk import UNREADABLE
from migsafe_dev import squawk
from migsafe_dev.peering import page, program, recorded
from migsafe_dev.peering.differences import Compared, Difference, Group, compare
from migsafe_dev.peering.program import Asked, Reported
from migsafe_dev.peering.recorded import NotRecordedError, Recorded
from migsafe_dev.peering.subjects import Stated, Subject, subjects

HEAD = "<!-- differences\nsquawk ban-drop-column: quiet\n-->\n"
BLOCK = f"{HEAD}old\n<!-- end -->\n"
GROUP = Group("squawk", "ban-drop-column", "quiet")


def subject(*said: str, because: str = "", sql: str = "ALTER TABLE t DROP COLUMN a") -> Subject:
    return Subject("here", Asked(sql, 18), (Stated(sql, 1, 1, frozenset(said), because),))


def reported(one: Subject, *names: str) -> Recorded:
    said = ",".join(f'"1:1 {name}"' for name in names)
    return Recorded([f'{{"of":"{recorded.digest_of(one.asked)}","said":[{said}]}}'])


def compared() -> Compared:
    one = subject()
    return Compared(groups={GROUP: [Difference(one, one.statements[0])]})


@pytest.fixture(scope="module")
def found() -> Compared:
    return compare(subjects(), recorded.read())


def test_every_difference_is_explained_and_none_that_there_is_not(found: Compared) -> None:
    assert list(page.problems(page.PAGE.read_text("utf-8"), found)) == []


def test_the_tables_are_those_of_the_comparison(found: Compared) -> None:
    text = page.PAGE.read_text("utf-8")
    assert page.written(text, found) == text, "run: python -m migsafe_dev squawk"


def test_both_sides_of_the_table_of_rules_are_rules() -> None:
    known = program.rules()
    ours = {rule for rules in known.same.values() for rule in rules}
    assert ours <= set(rulebook.ids())
    assert set(known.same) == {*known.names, UNREADABLE}
    assert set(known.opt_in) <= set(known.names)
    assert known.harm.keys().isdisjoint(known.other)


@pytest.mark.parametrize(
    ("ours", "because", "theirs", "groups"),
    [
        (["drop-column"], "", ["ban-drop-column"], []),
        ([], "", ["ban-drop-column"], ["squawk ban-drop-column: quiet"]),
        ([], "made here", ["ban-drop-column"], ["squawk ban-drop-column: made here"]),
        (["drop-cascade"], "", [], ["migsafe drop-cascade: no rule"]),
        (["drop-column"], "", [], ["migsafe drop-column: quiet"]),
        (
            ["invalid-reference"],
            "refused",
            ["ban-drop-column"],
            [
                "migsafe invalid-reference: quiet",
                "squawk ban-drop-column: refused",
            ],
        ),
        (["drop-column"], "", ["syntax-error"], ["squawk syntax-error: quiet"]),
        (
            ["missing-lock-timeout"],
            "",
            ["ban-drop-column", "require-lock-timeout"],
            [
                "squawk ban-drop-column: quiet",
            ],
        ),
    ],
)
def test_what_only_one_of_them_says_is_a_difference(
    ours: list[str], because: str, theirs: list[str], groups: list[str]
) -> None:
    one = subject(*ours, because=because)
    assert sorted(map(str, compare([one], reported(one, *theirs)).groups)) == groups


def test_a_finding_belongs_to_the_statement_that_it_stands_in() -> None:
    first, second = Stated("a", 1, 1, frozenset()), Stated("b", 1, 10, frozenset())
    one = Subject("here", Asked("a;        b;", 18), (first, second))
    said = Recorded([f'{{"of":"{recorded.digest_of(one.asked)}","said":["1:12 ban-drop-column"]}}'])
    assert compare([one], said).groups == {GROUP: [Difference(one, second)]}


@pytest.mark.parametrize(
    "change", [Asked("other", 18), Asked("a", 17), Asked("a", 18, in_transaction=True)]
)
def test_a_text_that_squawk_was_not_asked_about_is_named(change: Asked) -> None:
    known = Recorded([f'{{"of":"{recorded.digest_of(Asked("a", 18))}","said":[]}}'])
    with pytest.raises(NotRecordedError, match="here is new or changed"):
        known.of(Subject("here", change, ()))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (BLOCK, None),
        (BLOCK.replace("ban-drop-column", "*"), None),
        ("", "nobody explains squawk ban-drop-column: quiet"),
        (BLOCK.replace("quiet", "made here"), "there is no difference squawk ban-drop-column"),
        (BLOCK + BLOCK, "squawk ban-drop-column: quiet is explained 2 times"),
    ],
)
def test_the_page_names_each_group_once(text: str, problem: str | None) -> None:
    problems = list(page.problems(text, compared()))
    assert bool(problems) is (problem is not None)
    assert problem is None or any(problem in each for each in problems)


def test_what_is_written_by_hand_stays() -> None:
    text = page.written(f"before\n{BLOCK}after\n", compared())
    assert text.startswith(f"before\n{HEAD}\n| statement |")
    assert text.endswith("<!-- end -->\nafter\n")
    assert "| `ALTER TABLE t DROP COLUMN a` | ban-drop-column | quiet | [here](../here) |" in text
    assert page.written(text, compared()) == text


def test_squawk_has_to_be_there_in_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "squawk"
    other.write_text("#!/bin/sh\necho squawk 1.0.0\n")
    other.chmod(0o755)
    assert squawk.main(["--record", "--squawk", str(other)]) == 2
    assert "is squawk 1.0.0: pip install squawk-cli==2.70.0" in capsys.readouterr().err
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    assert squawk.main(["--record"]) == 2
    assert "squawk is not on the path" in capsys.readouterr().err


def test_what_squawk_says_is_read_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def ran(command: tuple[str, ...], **_: object) -> subprocess.CompletedProcess[str]:
        assert command[:4] == ("squawk", "--pg-version", "16", "--reporter")
        assert "--assume-in-transaction" in command
        finding = f'{{"file":"{command[-1]}","line":2,"column":0,"rule_name":"ban-drop-column"}}'
        return subprocess.CompletedProcess(command, 1, f"[{finding}]")

    monkeypatch.setattr(subprocess, "run", ran)
    one = Asked("a", 16, in_transaction=True)
    assert program.run("squawk", [one]) == {one: (Reported(3, 1, "ban-drop-column"),)}


def test_a_rule_that_nobody_has_judged_is_an_error() -> None:
    with pytest.raises(program.PeerError, match="does not say what ban-everything claims"):
        program.rules().rule("ban-everything")


@pytest.mark.parametrize(
    "other",
    [replace(program.rules(), version="0.0.0"), replace(program.rules(), opt_in=("a-rule",))],
)
def test_what_another_squawk_was_asked_is_no_record(
    other: program.Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked("a", 18)
    before = recorded.digest_of(asked)
    monkeypatch.setattr(recorded, "rules", lambda: other)
    assert recorded.digest_of(asked) != before
