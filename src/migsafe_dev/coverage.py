"""`python -m migsafe_dev coverage NAME=PATH …`: how much of other people's SQL is understood.

For each tree: its conventions, SQL files, statements as libpg_query's scanner cuts them and as
migsafe does (lines for psql left out of both), those with a placeholder that nobody has said
the text of, those understood (what they do is known from facts that a server confirmed), and the
others by cause. Where the two
counts of a file differ, it is named: a statement that is not counted would be a silent one.
Revisions are counted by another command: their calls are not the scanner's.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import postgast
from postgast.errors import PgQueryError

from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.findings import Report
from migsafe.model.migration import Migration
from migsafe.sources import Loaded
from migsafe_dev.others import whole

_UNREAD = ("unreadable-statement", "hidden-sql")
_LISTED = 5
_DAY = date(2026, 1, 1)


@dataclass
class Counted:
    """What was counted in one tree; `differing` are files with both counts."""

    conventions: Counter[str] = field(default_factory=Counter)
    files: int = 0
    scanned: int = 0
    read: int = 0
    opaque: int = 0
    understood: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    differing: list[tuple[str, int | None, int]] = field(default_factory=list)


def main(arguments: list[str]) -> int:
    """Count each tree and print a line for it, and one for all."""
    parser = argparse.ArgumentParser(prog="migsafe_dev coverage")
    parser.add_argument("trees", nargs="+", metavar="NAME=PATH")
    given = parser.parse_args(arguments)
    print("tree | conventions | files | scanned | read | opaque | understood | % | not, by cause")
    everything = Counted()
    for tree in given.trees:
        name, _, path = tree.partition("=")
        loaded = whole(path)
        counted = _counted(loaded, lint(loaded.selections, Settings(), Options(today=_DAY)))
        print(_line(name, counted))
        for path_, scanned, read in counted.differing[:_LISTED]:
            said = "the scanner gives up" if scanned is None else f"{scanned} scanned"
            print(f"    {path_}: {said}, {read} read")
        _add(everything, counted)
    print(_line("all", everything))
    return 0


def _counted(loaded: Loaded, report: Report) -> Counted:
    counted = Counted()
    by_path: Counter[str] = Counter()
    texts: dict[str, str] = {}
    wanted: set[str] = set()
    for migration in _migrations(loaded):
        sections = [each for each in migration.sections if each.path.endswith(".sql")]
        if sections:
            counted.conventions[migration.convention] += 1
            wanted.add(migration.path)
        for section in sections:
            texts[section.path] = section.text
            sent = [one for one in section.statements if not one.sql.startswith("\\")]
            by_path[section.path] += len(sent)
            counted.opaque += sum(bool(one.opaque) for one in sent)
            counted.read += len(sent)
    counted.files = len(texts)
    for path, text in sorted(texts.items()):
        scanned = _scanned(text)
        counted.scanned += scanned or 0
        if scanned != by_path[path]:
            counted.differing.append((path, scanned, by_path[path]))
    counted.understood = sum(one.understood for one in report.judged if one.path in wanted)
    for finding in report.findings:
        if finding.rule in _UNREAD and finding.place.path in texts:
            counted.causes[f"{finding.rule}: {finding.message.partition(':')[0]}"] += 1
    return counted


def _migrations(loaded: Loaded) -> Iterator[Migration]:
    for selection in loaded.selections:
        yield from selection.tree.migrations


def _scanned(text: str) -> int | None:
    """Return how many statements the server's own scanner finds, None where it gives up."""
    sent = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("\\"))
    try:
        pieces = postgast.split(sent, method="scanner")
    except PgQueryError:
        return None
    return sum(bool(piece.strip()) for piece in pieces)


def _add(whole: Counted, part: Counted) -> None:
    whole.conventions += part.conventions
    whole.causes += part.causes
    whole.files += part.files
    whole.scanned += part.scanned
    whole.read += part.read
    whole.opaque += part.opaque
    whole.understood += part.understood


def _line(name: str, counted: Counted) -> str:
    conventions = ", ".join(f"{word} {times}" for word, times in counted.conventions.most_common())
    causes = "; ".join(f"{cause} {times}" for cause, times in counted.causes.most_common())
    share = 100 * counted.understood / counted.read if counted.read else 100.0
    figures = (counted.files, counted.scanned, counted.read, counted.opaque, counted.understood)
    return " | ".join((name, conventions, *map(str, figures), f"{share:.2f}", causes))
