"""The README is a test: its commands run, in order, and print what it shows."""

import re
import shutil
from importlib import import_module
from pathlib import Path

import pytest

from commands import migsafe
from repositories import Checkout

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CUT = "…\n"


def blocks() -> list[str]:
    found = BLOCK.findall(README.read_text("utf-8"))
    return [block for block in found if block.startswith("$ ")]


def commands(block: str) -> list[tuple[str, str]]:
    """Return each command of a block with the output that the README shows for it."""
    pairs = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(pair.partition("\n")[0], pair.partition("\n")[2]) for pair in pairs]


def run(command: str, cwd: Path) -> str:
    program, *arguments = command.split()
    assert program == "migsafe"
    done = migsafe(*arguments, cwd=cwd, environment={"SOURCE_DATE_EPOCH": "1767225600"})
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.stdout


def checkout_of(folder: Path, at: Path) -> Path:
    """Return a project's top directory: a copy of a folder, as a git checkout."""
    shutil.copytree(folder, at)
    Checkout.made(at).commit()
    return at


def cut(actual: str, shown: str) -> str:
    """Return as much of an output as the README shows of it."""
    if not shown.endswith(CUT):
        return actual
    return "".join(actual.splitlines(keepends=True)[: shown.count("\n") - 1]) + CUT


def test_commands_print_what_the_readme_shows(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    text = README.read_text("utf-8")
    for block in blocks():
        actual = ""
        cwd = tmp_path
        for command, shown in commands(block):
            if command.startswith("cd "):
                cwd = checkout_of(tmp_path / command.removeprefix("cd "), tmp_path / "checkout")
                actual += f"$ {command}\n"
            else:
                actual += f"$ {command}\n{cut(run(command, cwd), shown)}"
        if request.config.getoption("--update-golden"):
            text = text.replace(f"```console\n{block}```", f"```console\n{actual}```")
        else:
            assert block == actual, "run: pytest --update-golden"
    if request.config.getoption("--update-golden"):
        README.write_text(text, "utf-8")


def test_the_gate_of_the_project_is_the_second_command_of_the_readme() -> None:
    setup = [block for block in BLOCK.findall(README.read_text("utf-8")) if block[0] != "$"]
    assert len(setup) == 2
    assert setup[1].strip() in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_first_command_installs_and_needs_no_extra() -> None:
    first = BLOCK.findall(README.read_text("utf-8"))
    setup = next(block for block in first if block[0] != "$")
    assert "pip install -q -c constraints.txt ." in setup
    assert "migsafe lint" in setup
    assert "migsafe plan" in setup


def test_what_the_readme_imports_is_there() -> None:
    found = re.findall(
        r"^from (migsafe[\w.]*) import (\w+)$", README.read_text("utf-8"), re.MULTILINE
    )
    assert found
    assert all(hasattr(import_module(module), name) for module, name in found)


def test_the_readme_names_no_option_that_is_not_there(tmp_path: Path) -> None:
    named = set(re.findall(r"--[a-z][a-z-]+", README.read_text("utf-8")))
    pages = [("init",), ("lint",), ("gate",), ("plan", "make"), ("plan", "release")]
    helps = "".join(migsafe(*page, "--help", cwd=tmp_path).stdout for page in pages)
    assert {option for option in named if option not in helps} == set()
