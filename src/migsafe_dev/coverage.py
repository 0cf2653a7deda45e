"""`python -m migsafe_dev coverage [--write] NAME@COMMIT=PATH …`: how much SQL is understood.

For each tree of others: its conventions, SQL files, statements as libpg_query's scanner cuts them
and as migsafe does, those understood (what they do is known from facts that a server confirmed),
the same for files with a placeholder that nobody has said the text of, and what is not understood,
by cause. Where the two counts of a file differ, it is named: a statement that is not counted would
be a silent one. Revisions are counted by another command: their calls are not the scanner's. With
`--write` the table goes into docs/coverage.md.
"""

import argparse
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import postgast
from postgast.errors import PgQueryError

from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.findings import Finding, Report
from migsafe.model.migration import Migration
from migsafe.sources import Loaded
from migsafe_dev.others import whole

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
HEADER = (
    *("project", "commit", "conventions", "files", "scanned", "read", "understood", "%"),
    *("in templates", "understood", "not understood, by cause"),
)
_BLOCK = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- end -->)", re.DOTALL)
_UNREAD = ("unreadable-statement", "hidden-sql", "unanalysed-call")
_CAUSES = (
    ("a placeholder where SQL must be known", re.compile(r"A placeholder stands")),
    ("the server refuses it as well", re.compile(r"grammar refuses|the text ends inside")),
    ("a migration in another language", re.compile(r"is no SQL: Nothing|is no SQL\. Nothing")),
    ("EXECUTE of a text known only when it runs", re.compile(r"not read: EXECUTE")),
    ("a routine whose body no migration shows", re.compile(r"it calls ")),
    ("a program in another language", re.compile(r"a program in |DO block in ")),
    ("psql", re.compile(r"not read: \\\\")),
)
_LISTED = 5
_DAY = date(2026, 1, 1)
# What a scanner takes for comments, and a tool for the end of a statement or for its way back.
_CUT = re.compile(
    r"^[ \t]*--[ \t]*(?:\+(?:goose|migrate)\b|migrate:|changeset\b)[^\n]*"
    r"|-->[ \t]*statement-breakpoint",
    re.IGNORECASE | re.MULTILINE,
)
_LIQUIBASE = re.compile(r"\s*--[ \t]*liquibase formatted sql\b", re.IGNORECASE)
_BACK = re.compile(r"/\*[ \t]*liquibase rollback\b(.*?)\*/", re.IGNORECASE | re.DOTALL)
_CUT_HERE = "\n-- changeset\n"
_ROLLBACK = re.compile(
    r"(?:^[ \t]*--[ \t]*rollback\b[^\n]*(?:\n|\Z))+", re.IGNORECASE | re.MULTILINE
)
_ROLLBACK_WORD = re.compile(r"^[ \t]*--[ \t]*rollback\b", re.IGNORECASE | re.MULTILINE)
_NOTHING = re.compile(r"(?im)^\s*(?:empty|not required)\s*$")
_REMARK = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_DATA = re.compile(r"(?ims)^(copy\b[^;]*\bfrom\s+stdin\b[^;]*;)[^\n]*\n.*?^\\\.$")


@dataclass
class Counted:
    """What was counted in one tree; `differing` are files with both counts.

    `templates` are statements of files that hold placeholders, and those of them understood.
    """

    conventions: Counter[str] = field(default_factory=Counter)
    files: int = 0
    scanned: int = 0
    read: int = 0
    understood: int = 0
    templates: int = 0
    templates_understood: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    differing: list[tuple[str, int | None, int]] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The percentage understood outside of templates."""
        read, understood = self.read - self.templates, self.understood - self.templates_understood
        return 100 * understood / read if read else 100.0

    def cells(self, name: str, commit: str) -> tuple[str, ...]:
        """What the table says of a tree."""
        conventions = ", ".join(word for word, _ in self.conventions.most_common())
        causes = "; ".join(f"{cause}: {times}" for cause, times in self.causes.most_common())
        counts = (self.files, self.scanned, self.read, self.understood)
        shown = f"{self.share:.2f}"
        template = (str(self.templates), str(self.templates_understood))
        return (name, commit, conventions, *map(str, counts), shown, *template, causes)


def main(arguments: list[str]) -> int:
    """Count each tree and print a line for it, and one for all."""
    parser = argparse.ArgumentParser(prog="migsafe_dev coverage")
    parser.add_argument("trees", nargs="+", metavar="NAME@COMMIT=PATH")
    parser.add_argument("--write", action="store_true", help="write the table of the page")
    given = parser.parse_args(arguments)
    rows = [HEADER, ("---",) * len(HEADER)]
    everything = Counted()
    for tree in given.trees:
        name, _, path = tree.partition("=")
        name, _, commit = name.partition("@")
        counted = count(path)
        rows.append(counted.cells(name, commit))
        print(_line(rows[-1]))
        for path_, scanned, read in counted.differing[:_LISTED]:
            said = "the scanner gives up" if scanned is None else f"{scanned} scanned"
            print(f"    {path_}: {said}, {read} read")
        _add(everything, counted)
    rows.append(everything.cells("all", ""))
    print(_line(rows[-1]))
    if given.write:
        made = "".join(f"{_line(row)}\n" for row in rows)
        page = PAGE.read_text("utf-8")
        PAGE.write_text(_BLOCK.sub(lambda _: made, page), "utf-8", newline="")
    return 0


def table(page: str) -> list[dict[str, str]]:
    """Return the rows of the table of a page, by their headings; the second 'understood' last."""
    found = _BLOCK.search(page)
    lines = found[0].splitlines()[2:] if found else []
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    names = (*HEADER[:9], "templates understood", HEADER[10])
    return [dict(zip(names, row, strict=True)) for row in cells]


def count(path: str) -> Counted:
    """Count what is read of a tree."""
    loaded = whole(path)
    return _counted(loaded, lint(loaded.selections, Settings(), Options(today=_DAY)))


def _counted(loaded: Loaded, report: Report) -> Counted:
    counted = Counted()
    by_path: Counter[str] = Counter()
    texts: dict[str, str] = {}
    templates: set[str] = set()
    for migration in _migrations(loaded):
        sections = [each for each in migration.sections if each.path.endswith(".sql")]
        if sections:
            counted.conventions[migration.convention] += 1
        for section in sections:
            texts[section.path] = section.text
            # Lines for psql, and what Django says of operations in Python, are no statements.
            sent = [one for one in section.statements if not one.sql.startswith(("\\", "--"))]
            by_path[section.path] += len(sent)
            if any(one.opaque for one in sent):
                templates.add(migration.path)
                templates.add(section.path)
    counted.files = len(texts)
    for path, text in sorted(texts.items()):
        read, scanned = by_path[path], _scanned(text)
        counted.read += read
        counted.scanned += scanned or 0
        counted.templates += read if path in templates else 0
        if scanned != read:
            counted.differing.append((path, scanned, read))
    unread: Counter[str] = Counter()
    for one in report.judged:
        unread[one.path] += one.statements - one.understood
    missed = sum(times for path, times in unread.items() if path in texts)
    missed_in_templates = sum(times for path, times in unread.items() if path in templates)
    counted.understood = counted.read - missed
    counted.templates_understood = counted.templates - missed_in_templates
    for finding in report.findings:
        if finding.rule in _UNREAD:
            counted.causes[_cause(finding)] += 1
    return counted


def _cause(finding: Finding) -> str:
    found = (said for said, words in _CAUSES if words.search(finding.message))
    return f"{finding.rule}, {next(found, 'another')}"


def _migrations(loaded: Loaded) -> Iterator[Migration]:
    for selection in loaded.selections:
        yield from selection.tree.migrations


def _scanned(text: str) -> int | None:
    """Return how many statements the server's own scanner finds, None where it gives up."""
    sent = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("\\"))
    plain = _DATA.sub(r"\1", sent)
    back: list[str] = []
    opened = plain
    if _LIQUIBASE.match(plain):
        back = [_ROLLBACK_WORD.sub("", each) for each in _ROLLBACK.findall(plain)]
        opened = _BACK.sub(rf"{_CUT_HERE}\1{_CUT_HERE}", _ROLLBACK.sub(_CUT_HERE, plain))
    try:
        pieces = [
            piece
            for part in (*_CUT.split(opened), *back)
            for piece in postgast.split(_NOTHING.sub("", part), method="scanner")
        ]
    except PgQueryError:
        return None
    return sum(bool(_REMARK.sub("", piece).strip(" \t\r\n;")) for piece in pieces)


def _add(whole: Counted, part: Counted) -> None:
    whole.conventions += part.conventions
    whole.causes += part.causes
    for name in ("files", "scanned", "read", "understood", "templates", "templates_understood"):
        setattr(whole, name, getattr(whole, name) + getattr(part, name))


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
