"""`python -m migsafe_dev sample --seed N [--count M] [--silent] NAME=PATH …`: what is to be graded.

Draws findings of other people's migrations, rule by rule in turn, so that a rare rule is seen as
often as a common one; with `--silent` statements without a finding, kind by kind. The seed is
committed before anybody reads what it draws. Each drawn line is printed with tabs between: name,
path, line, rule or kind, severity, statement; with `--show` the message and the lines around it.
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.findings import Report
from migsafe.model.migration import Migration, Place
from migsafe.model.operations import Begin, Commit, Operation
from migsafe.sources import Loaded, Request, load

_CLIPPED = 100
_AROUND = 12


@dataclass(frozen=True)
class Drawn:
    """One finding, or one statement about which nothing is said."""

    project: str
    place: Place
    subject: str
    """The rule; the kind of operation where nothing is said."""
    severity: str
    statement: str
    message: str = ""

    @property
    def line(self) -> str:
        """The line that is committed with its grade."""
        statement = " ".join(self.statement.split())[:_CLIPPED]
        parts = (self.project, self.place.path, str(self.place.line), self.subject, self.severity)
        return "\t".join((*parts, statement))


def main(arguments: list[str]) -> int:
    """Print what a seed draws."""
    parser = argparse.ArgumentParser(prog="migsafe_dev sample")
    parser.add_argument("trees", nargs="+", metavar="NAME=PATH")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--silent", action="store_true")
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args(arguments)
    by_subject: dict[str, list[Drawn]] = defaultdict(list)
    for tree in given.trees:
        name, _, path = tree.partition("=")
        loaded = load(Request(paths=(path,)))
        report = lint(loaded.selections, Settings(), Options(today=date(2026, 1, 1)))
        found = _silent(name, loaded, report) if given.silent else _findings(name, loaded, report)
        for one in found:
            by_subject[one.subject].append(one)
    for one in _drawn(by_subject, random.Random(given.seed), given.count):  # noqa: S311  a draw, no secret
        print(one.line)
        if given.show:
            print("".join(f"    {line}\n" for line in _shown(one)))
    return 0


def _drawn(
    by_subject: dict[str, list[Drawn]], chance: random.Random, count: int
) -> Iterator[Drawn]:
    """Yield one of each subject in turn until there are enough, or no more."""
    left = {subject: list(found) for subject, found in sorted(by_subject.items())}
    drawn = 0
    while any(left.values()):
        for found in left.values():
            if found and drawn < count:
                drawn += 1
                yield found.pop(chance.randrange(len(found)))
        if drawn == count:
            return


def _findings(name: str, loaded: Loaded, report: Report) -> Iterator[Drawn]:
    texts = _texts(loaded)
    for finding in report.findings:
        place = finding.place
        statement = "\n".join(texts.get(place.path, [])[place.line - 1 : place.end_line])
        yield Drawn(
            name,
            place,
            finding.rule,
            str(finding.severity),
            statement,
            f"{finding.message}\nhelp: {finding.help}",
        )


def _silent(name: str, loaded: Loaded, report: Report) -> Iterator[Drawn]:
    said: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for finding in report.findings:
        said[finding.place.path].append((finding.place.line, finding.place.end_line))
    for migration in _migrations(loaded):
        for statement in migration.up.statements:
            kinds = _kinds(statement.operations)
            place = migration.up.place(statement.span)
            calls = (one.origin.call_span for one in statement.operations if one.origin)
            call = next((span for span in calls if span is not None), None)
            if call is not None:
                place = migration.up.place(call)
            if kinds and not any(
                first <= place.end_line and place.line <= last for first, last in said[place.path]
            ):
                yield Drawn(name, place, kinds[0], "", statement.sql)


def _kinds(operations: Iterable[Operation]) -> list[str]:
    return [type(one).__name__ for one in operations if not isinstance(one, Begin | Commit)]


def _migrations(loaded: Loaded) -> Iterator[Migration]:
    for selection in loaded.selections:
        yield from selection.tree.migrations


def _texts(loaded: Loaded) -> dict[str, list[str]]:
    return {
        section.path: section.text.splitlines()
        for migration in _migrations(loaded)
        for section in migration.sections
    }


def _shown(one: Drawn) -> Iterator[str]:
    yield from one.message.splitlines()
    lines = Path(one.place.path).read_text("utf-8").splitlines()
    first = max(0, one.place.line - 3)
    for number, line in enumerate(lines[first : first + _AROUND], first + 1):
        yield f"{number:5}| {line}"
