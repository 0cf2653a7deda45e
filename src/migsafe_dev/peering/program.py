"""Runs squawk: finds the program, asks for its version, reads what it reports."""

import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from migsafe.lint.squawk import OPT_IN, SAME, UNREADABLE

RULES = Path(__file__).parents[3] / "fixtures" / "peers" / "squawk.toml"


class PeerError(Exception):
    """Squawk is not there, is another version, or says what nobody has judged."""


@dataclass(frozen=True)
class Rules:
    """What the project says about squawk's rules: fixtures/peers/squawk.toml, lint/squawk.py."""

    version: str
    opt_in: tuple[str, ...]
    harm: Mapping[str, str]
    other: Mapping[str, str]
    same: Mapping[str, frozenset[str]]

    @property
    def names(self) -> tuple[str, ...]:
        """Every rule of squawk."""
        return tuple(sorted({*self.harm, *self.other}))

    def rule(self, name: str) -> str:
        """Return a rule's name, if the project has judged it."""
        if name != UNREADABLE and name not in self.harm and name not in self.other:
            raise PeerError(f"{RULES.name} does not say what {name} claims")
        return name


@dataclass(frozen=True, order=True)
class Reported:
    """One finding of squawk; line and column count from 1."""

    line: int
    column: int
    rule: str


@dataclass(frozen=True)
class Asked:
    """What squawk is told: a text, the server's version, whether a transaction is open."""

    text: str
    version: int
    in_transaction: bool = False
    include: tuple[str, ...] = field(default=(), compare=False)


@cache
def rules() -> Rules:
    """Return what the project says about squawk's rules."""
    content = tomllib.loads(RULES.read_text("utf-8"))
    return Rules(
        content["version"],
        tuple(sorted(OPT_IN)),
        content["harm"],
        content["other"],
        {rule: frozenset(ours) for rule, ours in SAME.items()},
    )


def find(given: str | None = None) -> str:
    """Return the program, if it is there in the version that the project speaks of.

    Args:
        given: The program, if it is not on the path.

    Raises:
        PeerError: If it is not found, or another version.
    """
    beside = shutil.which("squawk", path=Path(sys.executable).parent)
    program = given or beside or shutil.which("squawk")
    wanted = rules().version
    if program is None:
        raise PeerError(f"squawk is not on the path: pip install squawk-cli=={wanted}")
    done = subprocess.run((program, "--version"), capture_output=True, text=True, check=False)
    found = done.stdout.split()[-1:] or ["nothing"]
    if found != [wanted]:
        raise PeerError(f"{program} is squawk {found[0]}: pip install squawk-cli=={wanted}")
    return program


def run(program: str, asked: Iterable[Asked]) -> dict[Asked, tuple[Reported, ...]]:
    """Return what squawk reports of each text, in the order of its lines."""
    together: dict[tuple[int, bool, tuple[str, ...]], list[Asked]] = defaultdict(list)
    for one in dict.fromkeys(asked):
        together[one.version, one.in_transaction, one.include].append(one)
    found: dict[Asked, tuple[Reported, ...]] = {}
    for (version, in_transaction, include), texts in together.items():
        options = ["--pg-version", str(version), "--reporter", "json"]
        options += ["--assume-in-transaction"] if in_transaction else []
        options += [word for rule in include for word in ("--include", rule)]
        found.update(_run_alike(program, options, texts))
    return found


def _run_alike(
    program: str, options: list[str], texts: list[Asked]
) -> dict[Asked, tuple[Reported, ...]]:
    reported: dict[str, list[Reported]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        files = {Path(folder, f"{number:05}.sql"): one for number, one in enumerate(texts)}
        for path, one in files.items():
            path.write_text(one.text, "utf-8")
        command = (program, *options, *map(str, files))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    for each in json.loads(done.stdout):
        # Lines and columns come counted from 0.
        rule = rules().rule(each["rule_name"])
        reported[each["file"]].append(Reported(each["line"] + 1, each["column"] + 1, rule))
    return {one: tuple(sorted(reported[str(path)])) for path, one in files.items()}
