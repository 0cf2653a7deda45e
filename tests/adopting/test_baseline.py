"""What was found before is left out, counted, and no longer listed once it is gone."""

import json
from pathlib import Path

import pytest

from commands import migsafe

FILES = {
    "db/1_a.up.sql": "CREATE TABLE a (id bigint PRIMARY KEY, x int, y int);",
    "db/2_x.up.sql": "SET lock_timeout = '2s';\n"
    "CREATE INDEX ax ON a (x);\nCREATE INDEX ay ON a (y);",
    "db/3_y.up.sql": "ALTER TABLE a DROP COLUMN y;\nSELECT 1;\nALTER TABLE a DROP COLUMN y;",
}
NAME = "migsafe-baseline.json"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        down = path.with_name(path.name.replace(".up.", ".down."))
        down.write_text("-- nothing to take back\n", "utf-8")
    return tmp_path


def run(project: Path, *arguments: str) -> tuple[int, list[str]]:
    done = migsafe(*arguments, cwd=project)
    return done.returncode, (done.stdout + done.stderr).splitlines()


@pytest.fixture
def baseline(project: Path) -> Path:
    status, said = run(project, "baseline", "write")
    assert status == 0, said
    return project / NAME


def test_what_is_known_is_left_out_and_counted(project: Path, baseline: Path) -> None:
    count = len(json.loads(baseline.read_text("utf-8"))["findings"])
    status, said = run(project, "lint", "--baseline", NAME)
    assert status == 0
    assert said == [
        f"{count} findings known before left out ({NAME})",
        "Stage 1: SAFE  no findings  7 of 7 statements understood",
    ]


def test_a_new_finding_is_told(project: Path, baseline: Path) -> None:
    assert baseline.exists()
    with (project / "db/2_x.up.sql").open("a", encoding="utf-8") as file:
        file.write("\nCREATE INDEX axy ON a (x, y);")
    status, said = run(project, "lint", "--baseline", NAME, "-f", "concise")
    assert status == 1
    assert [line.partition("error[")[2].partition("]")[0] for line in said if "error[" in line] == [
        "create-index"
    ]


def test_lines_that_move_and_change_places_are_known(project: Path, baseline: Path) -> None:
    assert baseline.exists()
    moved = (
        "-- a\n\n\nSET lock_timeout = '2s';\nCREATE INDEX ay ON a (y);\nCREATE INDEX ax ON a (x);"
    )
    (project / "db/2_x.up.sql").write_text(moved, "utf-8")
    assert run(project, "lint", "--baseline", NAME)[0] == 0


def test_what_no_longer_occurs_is_named_until_it_is_written_out(
    project: Path, baseline: Path
) -> None:
    before = baseline.read_text("utf-8")
    path = project / "db/2_x.up.sql"
    path.write_text(path.read_text("utf-8").replace("INDEX ax", "INDEX CONCURRENTLY ax"), "utf-8")
    _, said = run(project, "lint", "--baseline", NAME)
    line = next(line for line in said if "no longer there" in line)
    assert "create-index in db/2_x.up.sql" in line
    assert line.endswith(f"migsafe baseline write {NAME} takes them out")
    assert not any("no longer there" in line for line in run(
        project, "lint", "--baseline", NAME, "--select", "drop-column")[1])  # fmt: skip
    assert not any("no longer there" in line for line in run(
        project, "lint", "--baseline", NAME, "db/3_y.up.sql")[1])  # fmt: skip
    run(project, "baseline", "write")
    assert baseline.read_text("utf-8") != before
    assert not any("no longer there" in line for line in run(
        project, "lint", "--baseline", NAME)[1])  # fmt: skip


def test_a_file_that_is_gone_is_named(project: Path, baseline: Path) -> None:
    assert baseline.exists()
    (project / "db/3_y.up.sql").unlink()
    (project / "db/3_y.down.sql").unlink()
    assert any("in db/3_y.up.sql" in line for line in run(project, "lint", "--baseline", NAME)[1])


def test_a_baseline_is_sorted_with_a_finding_a_line(baseline: Path) -> None:
    text = baseline.read_text("utf-8")
    findings = json.loads(text)["findings"]
    assert json.loads(text)["schema"] == "migsafe.baseline/1"
    assert findings == sorted(findings, key=lambda f: (f["path"], f["rule"], f["fingerprint"]))
    assert len(text.splitlines()) == len(findings) + 5
    assert '"rule": "drop-column", "severity": "error", "relations": ["a"]' in text


def test_the_gate_does_not_heed_it_for_harm_to_old_code(project: Path, baseline: Path) -> None:
    assert baseline.exists()
    status, said = run(project, "gate", "--stage", "1", "--baseline", NAME, "db/3_y.up.sql")
    assert status == 1
    assert any(line.startswith("  drop-column") for line in said)
    status, said = run(project, "gate", "--stage", "1", "--baseline", NAME, "db/2_x.up.sql")
    assert (status, said[0]) == (0, "Stage 1: SAFE")
    assert any("there before, and left out" in line for line in said)


def test_the_count_is_there_for_machines(project: Path, baseline: Path) -> None:
    count = len(json.loads(baseline.read_text("utf-8"))["findings"])
    done = migsafe("lint", "--baseline", NAME, "-f", "json", cwd=project)
    assert json.loads(done.stdout)["summary"]["known"] == count


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "is no baseline"),
        ('{"schema": "migsafe.baseline/2", "findings": []}', "is no baseline"),
        ('{"schema": "migsafe.baseline/1", "findings": [{"path": "a"}]}', "finding 1 lacks one of"),
    ],
)
def test_what_is_no_baseline_is_neither_read_nor_written_over(
    project: Path, text: str, message: str
) -> None:
    (project / NAME).write_text(text, "utf-8")
    for command in (("lint", "--baseline", NAME), ("baseline", "write")):
        status, said = run(project, *command)
        assert status == 2
        assert said[0].startswith(f"error: {NAME}: {message}")
    assert (project / NAME).read_text("utf-8") == text


def test_a_file_that_cannot_be_read_is_no_base_for_a_baseline(project: Path) -> None:
    (project / "db/3_y.up.sql").write_bytes(b"\xff")
    status, said = run(project, "baseline", "write")
    assert status == 2
    assert said[0].startswith("error: db/3_y.up.sql:1: not UTF-8")
    assert not (project / NAME).exists()


def test_a_baseline_that_is_not_there_is_named(project: Path) -> None:
    assert run(project, "lint", "--baseline", "x.json")[0] == 2
