"""action.yml as GitHub runs it: its scripts in bash, with the environment of a step."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with pre-commit; its stubs do not

from projects import ROOT, copied_to
from repositories import Checkout

ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS: dict[str, dict[str, Any]] = {step["name"]: step for step in ACTION["runs"]["steps"]}
SCRIPTS = [step for step in STEPS.values() if "run" in step]
COMMAND = f"""#!/bin/sh
exec {sys.executable} -c 'import sys; from migsafe.cli import main; main(sys.argv[1:])' "$@"
"""
USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text);\n"
INPUT = re.compile(r"\$\{\{ inputs\.([\w-]+) \}\}")


@dataclass
class Runner:
    """A machine of GitHub's, with a checkout in which a step is run."""

    temp: Path
    checkout: Checkout
    inputs: dict[str, str] = field(default_factory=dict)
    action: Path = ROOT
    base: str = ""
    """The branch that a pull request is for."""

    def __post_init__(self) -> None:
        self.summary.write_text("before\n")
        self.outputs.write_text("")

    @property
    def summary(self) -> Path:
        return self.temp / "summary.md"

    @property
    def outputs(self) -> Path:
        return self.temp / "outputs"

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        step = STEPS[name]
        script = self.temp / "script.sh"
        script.write_text(step["run"])
        given = {key: value["default"] for key, value in ACTION["inputs"].items()} | self.inputs
        own = {
            key: INPUT.sub(lambda found: given[found[1]], value)
            for key, value in step.get("env", {}).items()
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script],
            cwd=self.checkout.path,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env={
                **os.environ,
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_ACTION_PATH": str(self.action),
                "GITHUB_WORKSPACE": str(self.checkout.path),
                "GITHUB_OUTPUT": str(self.outputs),
                "GITHUB_STEP_SUMMARY": str(self.summary),
                "GITHUB_ACTIONS": "true",
                "GITHUB_BASE_REF": self.base,
                **own,
            },
        )

    def said(self) -> dict[str, str]:
        lines = self.outputs.read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Return a runner on which migsafe is installed, as the first step does it."""
    program = tmp_path / "temp" / "migsafe" / "bin" / "migsafe"
    program.parent.mkdir(parents=True)
    program.write_text(COMMAND)
    program.chmod(0o755)
    checkout = Checkout.made(tmp_path / "checkout")
    checkout.commit({"db/0001_users.sql": USERS})
    return Runner(tmp_path / "temp", checkout)


def outside(printed: str) -> list[str]:
    """Return the lines of a log in which GitHub looks for commands."""
    lines: list[str] = []
    token: str | None = None
    for line in printed.splitlines():
        if token is not None:
            token = None if line.strip() == f"::{token}::" else token
        elif line.startswith("::stop-commands::"):
            token = line.removeprefix("::stop-commands::")
        else:
            lines.append(line)
    assert token is None
    return lines


def test_no_input_is_ever_code() -> None:
    assert SCRIPTS
    for step in SCRIPTS:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]
    used = {name for step in SCRIPTS for name in INPUT.findall(str(step.get("env")))}
    used |= set(re.findall(r"inputs\.([\w-]+)", STEPS["Upload to code scanning"]["if"]))
    assert used == ACTION["inputs"].keys()


def test_only_the_upload_asks_for_rights_and_only_if_it_is_asked_for() -> None:
    foreign = [step for step in ACTION["runs"]["steps"] if "uses" in step]
    assert [step["uses"].partition("@")[0] for step in foreign] == [
        "github/codeql-action/upload-sarif"
    ]
    condition = foreign[0]["if"]
    assert "always()" in condition, "findings fail the step before"
    assert "inputs.upload-sarif == 'true'" in condition
    assert ACTION["inputs"]["upload-sarif"]["default"] == "false"


def test_findings_are_annotations_a_summary_and_sarif(runner: Runner) -> None:
    runner.checkout.write({"db/0002_drop.sql": "ALTER TABLE users DROP COLUMN email;\n"})
    runner.inputs = {"paths": "db/0002_drop.sql"}
    done = runner.run("Lint")
    assert done.returncode == 1, done.stderr
    (error,) = [line for line in outside(done.stdout) if line.startswith("::error ")]
    assert error.startswith("::error file=db/0002_drop.sql,line=1,endLine=1,title=drop-column::")
    assert "Stage 1: UNSAFE" in done.stdout
    summary = runner.summary.read_text()
    assert summary.startswith("before\n### Stage 1: UNSAFE\n")
    assert "| error | `db/0002_drop.sql:1` | `drop-column` |" in summary
    said = runner.said()
    assert said["status"] == "1"
    (run,) = json.loads(Path(said["sarif"]).read_text("utf-8"))["runs"]
    assert "drop-column" in {result["ruleId"] for result in run["results"]}
    assert runner.checkout.git("status", "--porcelain") == "?? db/0002_drop.sql"


def test_a_pull_request_is_judged_by_what_its_branch_lacks(runner: Runner, tmp_path: Path) -> None:
    runner.checkout.git("switch", "-q", "-c", "release")
    runner.checkout.commit({"db/0002_index.sql": "CREATE INDEX i ON users (email);\n"})
    runner.checkout.git("switch", "-q", "-c", "change")
    runner.checkout.commit({"db/0003_drop.sql": "ALTER TABLE users DROP COLUMN email;\n"})
    runner.base = "release"
    origin = runner.checkout
    runner.checkout = origin.clone(tmp_path / "clone", "--branch", "change")
    done = runner.run("Lint")
    assert done.returncode == 1, done.stderr
    assert "1 new since" in done.stdout
    assert "drop-column" in done.stdout
    assert "create-index" not in done.stdout
    runner.checkout = origin.clone(tmp_path / "shallow", "--branch", "change", "--depth", "1")
    shallow = runner.run("Lint")
    assert shallow.returncode == 2
    assert "fetch-depth: 0" in shallow.stderr


@pytest.mark.parametrize(
    ("inputs", "status"),
    [
        ({"paths": "db"}, 0),
        ({"paths": "db\r\n\nmore of it\n"}, 1),
        ({"paths": "more of it", "fail-level": "never"}, 0),
        ({"paths": "gone"}, 2),
        ({"paths": "db", "fail-level": "sometimes"}, 2),
        ({"paths": "-"}, 2),
    ],
)
def test_the_status_is_that_of_lint(runner: Runner, inputs: dict[str, str], status: int) -> None:
    runner.checkout.write({"more of it/0001_drop.sql": "DROP TABLE users;\n"})
    runner.inputs = inputs
    done = runner.run("Lint")
    assert done.returncode == status, done.stdout + done.stderr
    assert runner.said()["status"] == str(status)


def test_what_could_not_run_is_said_in_the_summary_and_nothing_is_uploaded(runner: Runner) -> None:
    runner.inputs = {"paths": "db", "fail-level": "sometimes"}
    done = runner.run("Lint")
    assert "'sometimes'" in done.stderr
    assert runner.said() == {"status": "2"}
    assert runner.summary.read_text() == (
        "before\nmigsafe could not judge anything: the log says why.\n"
    )


@pytest.mark.parametrize(
    "value",
    [
        "$(touch pwned)",
        "`touch pwned`",
        "'; touch pwned; '",
        '"; touch pwned; "',
        "x\ntouch pwned",
        "--output=text=pwned",
        "--config=pwned",
        "* ? [a]",
        "a b",
    ],
)
@pytest.mark.parametrize("name", ["paths", "fail-level"])
def test_hostile_inputs_are_only_text(runner: Runner, name: str, value: str) -> None:
    runner.inputs = {"paths": "db", name: value}
    done = runner.run("Lint")
    assert done.returncode == 2, done.stdout
    assert not list(runner.checkout.path.rglob("pwned"))
    assert "Traceback" not in done.stderr


def test_what_a_pull_request_holds_gives_no_commands(runner: Runner) -> None:
    column = "a\n::add-mask::x\r\n::error::mine ##[warning]y `@me` <b>"
    runner.checkout.write(
        {
            "db/0002_::error::x,y%0A.sql": f'ALTER TABLE users DROP COLUMN "{column}";\n',
            "db/0003_a\n::error::z.sql": "ALTER TABLE users DROP COLUMN email;\n",
            "db/0004_$(touch pwned).sql": "DROP TABLE users;\n",
        }
    )
    runner.inputs = {"paths": "db"}
    done = runner.run("Lint")
    assert done.returncode == 1, done.stderr
    commands = [line for line in outside(done.stdout) if line.lstrip().startswith("::")]
    assert len(commands) >= 3
    for command in commands:
        assert re.match(r"::(error|warning|notice) file=db/\S[^:,]*,line=\d+,", command), command
    assert not any("##[" in line for line in outside(done.stdout) if not line.startswith("::"))
    assert not [line for line in done.stderr.splitlines() if line.lstrip().startswith("::")]
    assert not list(runner.checkout.path.rglob("pwned"))
    summary = runner.summary.read_text()
    assert not re.search(r"^(?!before|###|\||-|$|\d|Statements)", summary, re.MULTILINE)
    assert "<b>" not in summary
    assert runner.said().keys() == {"status", "sarif"}


def test_it_installs_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "temp").mkdir()
    checkout = Checkout.made(tmp_path / "checkout")
    checkout.commit({"db/0001_users.sql": USERS})
    runner = Runner(tmp_path / "temp", checkout, {"paths": "db"}, copied_to(tmp_path / "action"))
    installed = runner.run("Install migsafe")
    assert installed.returncode == 0, installed.stderr
    done = runner.run("Lint")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "### Stage 1: SAFE" in runner.summary.read_text()
    assert checkout.git("status", "--porcelain") == ""
