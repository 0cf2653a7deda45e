"""`python -m migsafe_dev changesets NAME=REPOSITORY:DIRECTORY …`: what is said of past changes.

Walks the newest commits of each repository's first-parent history that add or change a migration
below the directory, checks each out beside it, and runs `migsafe lint --since` its parent there.
Prints for each project how many there were and how many are flagged by the rules about code and
schema; with `--seed N` draws flagged and unflagged ones to be read. Nothing of the repositories
is run.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

RULES = ("schema-and-code-together", "contract-before-expand")
_CALL = "import sys; from migsafe.cli import main; main(sys.argv[1:])"
_SUFFIXES = (".sql", ".py")


@dataclass(frozen=True)
class ChangeSet:
    """A commit that touched migrations, and what lint says of it.

    `status` is the exit status; `findings` are those of the rules that are counted.
    """

    project: str
    commit: str
    subject: str
    status: int
    seconds: float
    findings: tuple[tuple[str, str, str, str], ...]
    said: str = ""

    @property
    def worst(self) -> str:
        """The gravest severity among the findings, empty where there is none."""
        found = {severity for _, severity, _, _ in self.findings}
        return next((word for word in ("error", "warning", "note") if word in found), "")


def main(arguments: list[str]) -> int:
    """Walk, count, and draw."""
    parser = argparse.ArgumentParser(prog="migsafe_dev changesets")
    parser.add_argument("projects", nargs="+", metavar="NAME=REPOSITORY:DIRECTORY")
    parser.add_argument("--count", type=int, default=200, help="commits of each project")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--flagged", type=int, default=40)
    parser.add_argument("--silent", type=int, default=30)
    given = parser.parse_args(arguments)
    found: list[ChangeSet] = []
    for project in given.projects:
        name, _, place = project.partition("=")
        repository, _, directory = place.rpartition(":")
        here = list(_walk(name, repository, directory, given.count))
        found.extend(here)
        print(_summary(name, here))
    if given.seed is not None:
        chance = random.Random(given.seed)  # noqa: S311  a draw, no secret
        flagged = [one for one in found if one.findings]
        silent = [one for one in found if not one.findings and one.status in {0, 1}]
        for one in _drawn(flagged, chance, given.flagged):
            for rule, severity, at, message in one.findings:
                print(one.project, one.commit, at, rule, severity, message, sep="\t")
        for one in _drawn(silent, chance, given.silent):
            print(one.project, one.commit, "", "", "", one.subject, sep="\t")
    return 0


def _drawn(found: list[ChangeSet], chance: random.Random, count: int) -> list[ChangeSet]:
    return chance.sample(found, min(count, len(found)))


def _summary(name: str, found: list[ChangeSet]) -> str:
    failed = [one for one in found if one.status not in {0, 1}]
    worst = Counter(one.worst for one in found if one not in failed)
    seconds = sorted(one.seconds for one in found)
    middle = seconds[len(seconds) // 2] if seconds else 0.0
    counts = (
        f"{name}: {len(found)} change sets, {worst['error']} flagged with an error, "
        f"{worst['warning']} with a warning, {worst['note']} with a note, {worst['']} not; "
        f"{middle:.1f} s each"
    )
    lines = [
        counts,
        *(f"  {one.commit} could not be judged ({one.status}): {one.said}" for one in failed),
    ]
    return "\n".join(lines)


def _walk(name: str, repository: str, directory: str, count: int) -> Iterator[ChangeSet]:
    with tempfile.TemporaryDirectory() as place:
        _git(Path(), "clone", "-q", "--shared", "--no-checkout", repository, place)
        checkout = Path(place)
        for commit, subject in _commits(checkout, directory, count):
            _check_out(checkout, commit)
            yield _judged(name, checkout, commit, subject, directory)


def _check_out(checkout: Path, commit: str) -> None:
    """Put a commit in place; snapshots lack their largest files, which are no code."""
    _git(checkout, "update-ref", "--no-deref", "HEAD", commit)
    _git(checkout, "read-tree", commit)
    _git(checkout, "clean", "-qfdx")
    _git(checkout, "checkout-index", "-q", "-f", "-a", "-u", check=False)
    for path in filter(None, _git(checkout, "ls-files", "--deleted", "-z").split("\0")):
        _git(checkout, "update-index", "--skip-worktree", path)


def _commits(checkout: Path, directory: str, count: int) -> Iterator[tuple[str, str]]:
    """Yield the newest commits that add or change a migration, with their subjects."""
    printed = _git(
        checkout, "log", "--first-parent", "-m", "--diff-filter=AM", "--name-only",
        "--format=%x00%h%x00%s", "origin/HEAD", "--", directory,
    )  # fmt: skip
    left = count
    words = printed.split("\0")[1:]
    for commit, rest in zip(words[::2], words[1::2], strict=True):
        subject, _, names = rest.partition("\n")
        if left and any(line.endswith(_SUFFIXES) for line in names.splitlines()):
            left -= 1
            yield commit, subject


def _judged(name: str, checkout: Path, commit: str, subject: str, directory: str) -> ChangeSet:
    start = time.perf_counter()
    done = subprocess.run(
        [
            sys.executable, "-c", _CALL, "lint", directory, "--since", f"{commit}^",
            "--format", "json",
        ],
        cwd=checkout, capture_output=True, text=True, check=False, env=dict(os.environ),
    )  # fmt: skip
    seconds = time.perf_counter() - start
    report = json.loads(done.stdout) if done.returncode in {0, 1} else {"findings": []}
    findings = tuple(_counted(report["findings"]))
    said = done.stderr.strip().partition("\n")[0]
    return ChangeSet(name, commit, subject, done.returncode, seconds, findings, said)


def _counted(findings: Iterable[dict[str, str]]) -> Iterator[tuple[str, str, str, str]]:
    for each in findings:
        if each["rule"] in RULES:
            yield each["rule"], each["severity"], f"{each['path']}:{each['line']}", each["message"]


def _git(directory: Path, *arguments: str, check: bool = True) -> str:
    done = subprocess.run(
        ["git", "-c", "core.hooksPath=/dev/null", *arguments],
        cwd=directory, capture_output=True, text=True, check=check, errors="replace",
    )  # fmt: skip
    return done.stdout
