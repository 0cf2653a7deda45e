"""Lints the examples of rule pages, for the tests of the pages."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from migsafe import rulebook
from migsafe.catalog.catalog import Catalog
from migsafe.codebase import uses
from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.code import CodeChange
from migsafe.model.findings import Confidence, Finding
from migsafe.model.migration import Selection
from migsafe.model.origin import SectionName
from migsafe.model.record import replace
from migsafe.parsers.sql import Placement, read_sql
from migsafe.sources import Loaded, Request, load
from migsafe.sources.convention import Convention, Reading, convention_named
from migsafe.sources.git.changed import compared
from migsafe_dev.pages.examples import Example, pragmas, released_of, schema_of, split

_ANNOTATION = re.compile(r"(?:--|#)\s*finding:\s*([\w, -]+?)\s*$", re.MULTILINE)
_FILE = re.compile(r"^# file: (\S+)\n(.*?)(?=^# (?:file|migration):)", re.MULTILINE | re.DOTALL)
_REVISION = """

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "b2"
down_revision = None
"""
"""What every revision has; it stands last, so that lines are those of the block."""
TODAY = date(2026, 1, 1)


@dataclass(frozen=True)
class Linted:
    """What an example gave: what it announces and what was found, by statement."""

    announced: list[tuple[int, str]]
    found: list[tuple[int, str]]
    findings: tuple[Finding, ...]


def changed(example: Example, loaded: Loaded) -> tuple[Selection, ...]:
    """Return an example as a change of the migration that was released in its place."""
    was = _loaded(example, released_of(example), ".")
    return compared(_readings(loaded), _readings(was), "0123456789abcdef")


def _readings(loaded: Loaded) -> list[tuple[Convention, Reading]]:
    return [
        (convention, Reading(selection.tree, selection.given))
        for selection in loaded.selections
        if (convention := convention_named(selection.tree.convention)) is not None
    ]


def load_example(example: Example) -> Loaded:
    """Read an example as the runner that it names would, beside the files that it shows."""
    beside = _FILE.findall(example.source)
    if not beside:
        return _load(example, ".")
    with TemporaryDirectory() as repository:
        for name, text in beside:
            path = Path(repository, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return _load(example, repository)


def _load(example: Example, repository: str) -> Loaded:
    return _loaded(example, split(example)[1], repository)


def _loaded(example: Example, source: str, repository: str) -> Loaded:
    python = example.language == "python"
    convention = pragmas(example).get("convention", "alembic" if python else None)
    name = "0002_example.up.sql" if convention == "golang-migrate" else "0002_example.sql"
    loaded = load(
        Request(
            paths=("-",),
            stdin_text=_text(example, source),
            stdin_filename=f"{repository}/versions/b2_example.py" if python else name,
            transaction=pragmas(example).get("transaction", "file"),
            convention=convention,
        )
    )
    assert not loaded.errors, loaded.errors
    return loaded


def lint_example(example: Example, configured: Settings = Settings()) -> Linted:  # noqa: B008  frozen
    """Lint an example as the laws of the pages say, under what is configured beside them."""
    text = _text(example, split(example)[1])
    catalog = Catalog.empty()
    for statement in read_sql(
        schema_of(example), Placement("schema.sql", SectionName.UP)
    ).statements:
        for operation in statement.operations:
            catalog = catalog.apply(operation, "0001")
    strict = rulebook.rule(example.rule).severities.get("strict")
    settings = replace(
        configured,
        severities={} if strict is None else {example.rule: strict},
        lock_timeout="file" if example.rule == "missing-lock-timeout" else "role",
        server_version=int(pragmas(example).get("server-version", "0")) or None,
        downgrades="expected",
    )
    loaded = load_example(example)
    if released_of(example):
        loaded = replace(loaded, selections=changed(example, loaded))
    code = None if example.code is None else partial(_code, example.code)
    report = lint(loaded.selections, settings, Options(today=TODAY, base=catalog, code=code))
    spans = sorted(
        (place.line, place.end_line)
        for selection in loaded.selections
        for migration in selection.tree.migrations
        for section in migration.sections
        for statement in section.statements
        for place in [section.place(statement.span)]
    )
    announced = [
        (_statement_of(line, spans), rule.strip())
        for line, rules in _announcements(text)
        for rule in rules.split(",")
    ]
    found = [(finding.place.line, finding.rule) for finding in report.findings]
    return Linted(
        sorted(announced),
        sorted((_statement_of(line, spans), rule) for line, rule in found),
        report.findings,
    )


def _code(diff: str, words: Iterable[str]) -> CodeChange:
    """Return the change that a diff shows: whole files, each line as it was, is, or both."""
    before, now = [], []
    for file in re.split(r"^(?=--- a/)", diff, flags=re.MULTILINE)[1:]:
        first, _, *lines = file.splitlines()
        path = first.removeprefix("--- a/")
        before.append(uses(path, _side(lines, "+")))
        now.append(uses(path, _side(lines, "-")))
    wanted = tuple(words)
    return CodeChange(
        tuple(before),
        tuple(now),
        dict.fromkeys(wanted, tuple(now)),
        dict.fromkeys(wanted, tuple(before)),
    )


def _side(lines: Iterable[str], other: str) -> str:
    return "".join(f"{line[1:]}\n" for line in lines if not line.startswith(other))


def rendered(example: Example, linted: Linted) -> str:
    """Return the text block of a bad example: the findings of its own rule.

    Machines read more; it is shown where it is not what goes without saying.
    """
    return "".join(
        f"{example.rule}.md:{finding.place.line}: "
        f"{finding.severity}[{finding.rule}] {finding.message}\n"
        + "".join(f"  {key}: {value}\n" for key, value in _below(finding))
        for finding in linted.findings
        if finding.rule == example.rule
    )


def _below(finding: Finding) -> Iterator[tuple[str, str]]:
    yield "help", finding.help
    if finding.confidence is not Confidence.HIGH:
        yield "confidence", str(finding.confidence)
    if finding.hazards != rulebook.rule(finding.rule).hazards:
        yield "hazards", ", ".join(finding.hazards)
    if len(finding.relations) > 1:
        yield "relations", ", ".join(str(each.name) for each in finding.relations)


def _text(example: Example, source: str) -> str:
    python = example.language == "python"
    return source + _REVISION if python and "revision" not in source else source


def _announcements(text: str) -> Iterator[tuple[int, str]]:
    for match in _ANNOTATION.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[1]


def _statement_of(line: int, spans: list[tuple[int, int]]) -> int:
    """Return the first line of the statement that covers a line, else the line itself."""
    covering = [start for start, end in spans if start <= line <= end]
    return max(covering, default=line)
