"""`python -m migsafe_dev coverage NAME=PATH …`: how much of other people's SQL is understood.

For each tree: its conventions, SQL files, statements as libpg_query's scanner cuts them and as
migsafe does, those with a placeholder that nobody has said the text of, those understood (what
they do is known from facts that a server confirmed), and the others by cause. Where the two
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
from migsafe.model.migration import Migration, Section
from migsafe.sources import Loaded, Request, load

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
    differing: list[tuple[str, int, int]] = field(default_factory=list)


def main(arguments: list[str]) -> int:
    """Count each tree and print a line for it, and one for all."""
    parser = argparse.ArgumentParser(prog="migsafe_dev coverage")
    parser.add_argument("trees", nargs="+", metavar="NAME=PATH")
    given = parser.parse_args(arguments)
    print("tree | conventions | files | scanned | read | opaque | understood | % | not, by cause")
    everything = Counted()
    for tree in given.trees:
        name, _, path = tree.partition("=")
        loaded = load(Request(paths=(path,)))
        counted = _counted(loaded, lint(loaded.selections, Settings(), Options(today=_DAY)))
        print(_line(name, counted))
        for path_, scanned, read in counted.differing[:_LISTED]:
            print(f"    {path_}: {scanned} scanned, {read} read")
        _add(everything, counted)
    print(_line("all", everything))
    return 0


def _counted(loaded: Loaded, report: Report) -> Counted:
    counted = Counted()
    by_path: Counter[str] = Counter()
    texts: dict[str, str] = {}
    for migration in _sql(loaded):
        counted.conventions[migration.convention] += 1
        for section in migration.sections:
            texts[section.path] = section.text
            by_path[section.path] += sum(_is_sent(one.sql) for one in section.statements)
            counted.opaque += sum(bool(one.opaque) for one in section.statements)
            counted.read += len(section.statements)
    counted.files = len(texts)
    for path, text in sorted(texts.items()):
        scanned = _scanned(text)
        counted.scanned += scanned
        if scanned != by_path[path]:
            counted.differing.append((path, scanned, by_path[path]))
    wanted = {migration.path for migration in _sql(loaded)}
    counted.understood = sum(one.understood for one in report.judged if one.path in wanted)
    for finding in report.findings:
        if finding.rule in _UNREAD and finding.place.path in texts:
            counted.causes[f"{finding.rule}: {finding.message.partition(':')[0]}"] += 1
    return counted


def _sql(loaded: Loaded) -> Iterator[Migration]:
    for selection in loaded.selections:
        for migration in selection.tree.migrations:
            if migration.path.endswith(".sql") and _text_of(migration.up):
                yield migration


def _text_of(section: Section) -> str:
    return section.text


def _is_sent(sql: str) -> bool:
    return not sql.startswith("\\")


def _scanned(text: str) -> int:
    """Return how many statements the server's own scanner finds, without lines for psql."""
    sent = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("\\"))
    try:
        pieces = postgast.split(sent, method="scanner")
    except PgQueryError:
        return -1
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
