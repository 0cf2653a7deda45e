"""Plans at the command line: statuses, wrong plans, directories, odd paths."""

import json
from pathlib import Path

import pytest

import planmaking
from commands import migsafe

HERE = "migsafe/plans/it"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a project with one released and one unsafe migration, and its plan."""
    planmaking.put(tmp_path, {**planmaking.TREES["golang-migrate"][0], "notes.txt": ""})
    done = migsafe("plan", "db/0002_mail.up.sql", "-o", HERE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def edit(tree: Path, change: dict[str, object]) -> None:
    path = tree / HERE / "plan.json"
    document = json.loads(path.read_text("utf-8"))
    document.update(change)
    path.write_text(json.dumps(document, indent=2) + "\n")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("plan", "release", HERE, "--deploy", "99"), 2),
        (("plan", "done", HERE, "--deploy", "99"), 2),
        (("plan", "rolled-back", HERE, "--deploy", "99"), 2),
        (("gate", "--stage", "1", HERE, "--deploy", "99"), 2),
        (("plan", "release", "nowhere", "--deploy", "1"), 2),
        (("plan", "rebase", "nowhere"), 2),
        (("plan", "release", HERE, "--deploy", "2"), 1),
        (("plan", "done", HERE, "--deploy", "1"), 1),
        (("gate", "--stage", "1", HERE), 0),
        (("gate", "--stage", "1", HERE, "--deploy", "5"), 1),
        (("plan", "--check"), 0),
        (("plan", HERE), 0),
        (("plan", "db/0001_users.up.sql"), 0),
        (("plan", "db/0002_mail.up.sql", "-o", "db/plan"), 1),
        (("plan", "db/0002_mail.up.sql", "-o", "notes.txt"), 1),
        (("plan", "db/0002_mail.up.sql", "-o", "notes.txt/plan"), 2),
    ],
)
def test_status(tree: Path, arguments: tuple[str, ...], status: int) -> None:
    done = migsafe(*arguments, cwd=tree)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "text", ["{", "[" * 100_000, '{"schema": "migsafe.plan/9"}', "\ufeff", "null"]
)
def test_a_plan_that_cannot_be_read_is_no_silence(tree: Path, text: str) -> None:
    (tree / HERE / "plan.json").write_text(text)
    for command in (
        ("lint", "db"),
        ("gate", "--stage", "1", HERE),
        ("plan", "--check"),
        ("plan", HERE),
        ("plan", "release", HERE, "--deploy", "1"),
    ):
        done = migsafe(*command, cwd=tree)
        assert done.returncode == 2, (command, done.stdout, done.stderr)
        assert "plan.json" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_an_edited_plan_matches_in_lint_and_is_shut_at_the_gate(tree: Path) -> None:
    document = json.loads((tree / HERE / "plan.json").read_text("utf-8"))
    for deploy in document["deploys"]:
        deploy["works_with"] = ["C0", "C1"]
    edit(tree, document)
    assert migsafe("lint", f"{HERE}/05_contract.up.sql", cwd=tree).returncode == 0
    done = migsafe("gate", "--stage", "1", HERE, cwd=tree)
    assert done.returncode == 1
    assert "plan-edited" in done.stdout


def test_a_plan_without_deploys_is_not_complete(tree: Path) -> None:
    edit(tree, {"deploys": []})
    assert migsafe("gate", "--stage", "1", HERE, cwd=tree).returncode == 1


def test_the_copy_of_the_source_is_not_judged(tree: Path) -> None:
    for path in (HERE, f"{HERE}/source/0002_mail.up.sql"):
        done = migsafe("lint", path, cwd=tree)
        assert done.returncode == 0, done.stdout
        assert "skipped: no migration" in done.stdout


def test_the_source_is_told_apart_from_the_files_of_its_plan(tree: Path) -> None:
    done = migsafe("lint", "db/0002_mail.up.sql", cwd=tree)
    assert done.returncode == 1
    assert "is what plan 0002_mail was made from" in done.stdout


def test_a_plan_is_known_beside_its_files_wherever_it_lies(tree: Path) -> None:
    (tree / HERE).rename(tree / "elsewhere")
    done = migsafe("lint", "elsewhere", cwd=tree)
    assert done.returncode == 0, done.stdout


def test_a_plan_for_standard_input_is_written_only_for_a_file(tree: Path) -> None:
    sql = "CREATE INDEX i ON users (id);"
    done = migsafe("plan", "-", "-o", "out", cwd=tree, stdin=sql)
    assert done.returncode == 2
    assert "--stdin-filename" in done.stderr
    assert migsafe("plan", "-", cwd=tree, stdin=sql).returncode == 0


def test_several_migrations_that_are_safe_together_are_said_to_be_several(tree: Path) -> None:
    done = migsafe("plan", "db", cwd=tree)
    assert done.returncode == 0
    assert "these 2 migrations are safe as one deploy" in done.stderr


def test_a_directory_with_a_blank_is_one_word_of_the_next_command(tree: Path) -> None:
    done = migsafe("plan", "db/0002_mail.up.sql", "-o", "my plans/it", cwd=tree)
    assert "migsafe plan release 'my plans/it' --deploy 1" in done.stderr


def test_a_deploy_of_a_plan_waits_for_the_one_before(tree: Path) -> None:
    def found(path: str) -> list[str]:
        report = json.loads(migsafe("lint", path, "--format", "json", cwd=tree).stdout)
        rule = "contract-before-expand"
        return [each["message"] for each in report["findings"] if each["rule"] == rule]

    for number in (1, 2):
        (way_up,) = (tree / HERE).glob(f"{number:02}_*.up.sql")
        for way in ("up", "down"):
            text = way_up.with_name(way_up.name.replace(".up.", f".{way}.")).read_text("utf-8")
            (tree / "db" / f"000{number + 2}_mail.{way}.sql").write_text(text)
    (tree / "db" / "0002_mail.up.sql").unlink()
    assert found("db/0003_mail.up.sql") == []
    (message,) = found("db")
    assert message.startswith("This is deploy 2 of plan 0002_mail, and deploy 1 (add users.mail")
    assert found(f"{HERE}/02_backfill.up.sql") == []
    gate = migsafe("gate", "--stage", "1", "db/0004_mail.up.sql", cwd=tree)
    assert "contract-before-expand" in gate.stdout
    assert gate.returncode == 1
    events = [{"deploy": 1, "event": "done", "at": "2026-01-31T12:00:00Z", "by": None}]
    record = {"schema": "migsafe.released/1", "plan": "0002_mail", "events": events}
    (tree / HERE / "released.json").write_text(json.dumps(record))
    assert found("db") == []


@pytest.mark.parametrize("command", [("lint",), ("plan",), ("gate",), ("plan", "release")])
def test_examples_of_the_help_keep_their_lines(tree: Path, command: tuple[str, ...]) -> None:
    done = migsafe(*command, "--help", cwd=tree)
    assert "\\b" not in done.stdout
    lines = done.stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.strip() in {"Example:", "Examples:"})
    assert lines[at + 1].strip().startswith("migsafe ")


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_the_hash_seed_and_the_directory_do_not_show(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, seed: str
) -> None:
    other = tmp_path_factory.mktemp("other")
    planmaking.put(other, planmaking.TREES["golang-migrate"][0])
    done = migsafe(
        "plan",
        "db/0002_mail.up.sql",
        "-o",
        HERE,
        cwd=other,
        environment={"PYTHONHASHSEED": seed},
    )
    assert done.returncode == 0
    names = sorted(path.relative_to(tree) for path in (tree / HERE).rglob("*") if path.is_file())
    assert names
    for name in names:
        assert (tree / name).read_bytes() == (other / name).read_bytes(), name
