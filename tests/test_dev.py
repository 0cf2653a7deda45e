"""The tools of those who work on migsafe: generated files and the commands that write them."""

from importlib import import_module
from pathlib import Path

import pytest

from migsafe import rulebook
from migsafe.effects import confirmed
from migsafe.model.findings import Severity
from migsafe_dev import __main__ as dispatcher
from migsafe_dev import facts, rule, sample, sync
from migsafe_dev.agreeing.confirming import kinds, unconfirmed
from migsafe_dev.generated import rule_index


@pytest.fixture
def stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the one generated file of a project, which nobody has written yet."""
    monkeypatch.setattr(sync, "ROOT", tmp_path)
    monkeypatch.setattr(sync, "files", lambda: iter([(tmp_path / "index.md", "as it should be\n")]))
    return tmp_path / "index.md"


def test_check_names_what_is_stale_and_writes_nothing(
    stale: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sync.main(["--check"]) == 1
    assert "index.md is stale" in capsys.readouterr().out
    assert not stale.exists()


def test_what_sync_has_written_is_not_stale(stale: Path) -> None:
    stale.write_text("as it was\n")
    assert sync.main([]) == 0
    assert stale.read_text() == "as it should be\n"
    assert sync.main(["--check"]) == 0


def test_the_index_names_each_rule_once() -> None:
    text = rule_index.text()
    assert [text.count(f"({rule_id}.md)") for rule_id in rulebook.ids()] == [1] * len(
        rulebook.ids()
    )


def test_every_command_takes_its_arguments() -> None:
    assert dispatcher.commands()
    for name in dispatcher.commands():
        assert import_module(f"migsafe_dev.{name}").main.__annotations__["arguments"] == list[str]


def test_an_unknown_command_is_a_mistake_of_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatcher.main(["generated"]) == 2
    assert "sync" in capsys.readouterr().err


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the root of a project in which a rule can be begun."""
    monkeypatch.setattr(rule, "ROOT", tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "src/migsafe/checks").mkdir(parents=True)
    return tmp_path


def test_a_rule_is_begun_with_two_files_that_load(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rule.main(["drop-a-thing", "DropTable", "--severity", "error"]) == 0
    monkeypatch.setattr(rulebook, "_folder", lambda: project / "rules")
    page = rulebook.rule("drop-a-thing")
    assert page.severities == {"default": Severity.ERROR}
    code = (project / "src/migsafe/checks/drop_a_thing.py").read_text("utf-8")
    made: dict[str, object] = {}
    exec(compile(code, "drop_a_thing.py", "exec"), made)
    assert callable(made["check_operation"])


@pytest.mark.parametrize(
    "arguments",
    [["Drop_Thing", "DropTable"], ["drop-thing", "Drop"], ["drop-column", "DropColumn"]],
)
def test_a_rule_that_cannot_be_begun_writes_nothing(
    project: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "rules/drop-column.md").write_text("mine")
    assert rule.main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert list((project / "src/migsafe/checks").iterdir()) == []
    assert (project / "rules/drop-column.md").read_text() == "mine"


def test_a_kind_is_confirmed_by_a_case_or_is_not_understood(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert set(kinds()) - set(unconfirmed()) == confirmed.KINDS
    assert facts.main([]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"without a case, and so not understood: {', '.join(unconfirmed())}"


def test_the_cases_of_a_kind_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert facts.main(["RefreshView"]) == 0
    assert "    objects: refresh (12 to 18)\n" in capsys.readouterr().out


def test_a_seed_draws_each_rule_and_each_silent_kind_in_turn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "0001_a.up.sql").write_text("CREATE TABLE t (a int, b int, c int, d int);")
    (tmp_path / "0002_b.up.sql").write_text(
        "SET lock_timeout = '2s'; ALTER TABLE t DROP COLUMN a; ALTER TABLE t DROP COLUMN b;\n"
        "CREATE INDEX i ON t (c);\nALTER TABLE t ADD COLUMN e int;\n"
    )
    tree = f"shop={tmp_path}"
    runs = []
    for arguments in (["--seed", "3"], ["--seed", "3"], ["--seed", "3", "--silent"]):
        assert sample.main([tree, "--count", "3", *arguments]) == 0
        lines = capsys.readouterr().out.splitlines()
        runs.append([line.split("\t")[3] for line in lines])
        assert all(line.startswith(f"shop\t{tmp_path}/") for line in lines)
    assert runs[0] == runs[1]
    assert sorted(runs[0][:2]) == ["create-index", "drop-column"]
    assert runs[2] == ["AddColumn"]
