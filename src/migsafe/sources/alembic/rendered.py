"""Revisions as Alembic's offline mode writes them: on request only, for it runs their code."""

import os
import re
from collections.abc import Mapping

from migsafe.model.errors import InputError, UsageError
from migsafe.model.migration import Down, Migration, Section, Statement, Tree
from migsafe.model.operations import Begin, Cause, Commit, Operation, Unrecognized
from migsafe.model.origin import Origin, SectionName, Span
from migsafe.model.pattern import pattern
from migsafe.model.record import replace
from migsafe.parsers.sql import Placement, read_sql
from migsafe.sources.alembic.environment import Environment

_RUNNING = pattern(r"^-- Running (upgrade|downgrade) ([^\n]*?) ?-> ?([^\n]*)$", re.MULTILINE)
_DEFINED = pattern(r"^def (upgrade|downgrade)\b[^\n]*", re.MULTILINE)
_PASSWORD = pattern(r"://[^@\s/]*@")
_RECORD = pattern(
    r"(?:CREATE TABLE|DROP TABLE|INSERT INTO|UPDATE|DELETE FROM)\s+"
    r"(?:\S+\.)?\"?alembic_version\"?(?![\w.])"
)
_SECONDS = 600
_SAID = 12
"""Lines of Alembic's own words that a refusal repeats."""


def rendered(tree: Tree, environment: Environment, dialect: str) -> Tree:
    """Return a tree whose revisions hold the SQL that `alembic upgrade base:heads --sql` writes.

    What a revision does stands at its `def upgrade`: offline SQL has no other place in it.

    Raises:
        UsageError: If Alembic is not there, or the tree has no configuration.
        InputError: If it fails.
    """
    if not tree.migrations:
        return tree
    ups = _blocks(_alembic(environment, "upgrade", "base:heads"))
    downs = _blocks(_alembic(environment, "downgrade", "heads:base"))
    migrations = tuple(_rendered(each, ups, downs, dialect) for each in tree.migrations)
    return replace(tree, migrations=migrations)


def _alembic(environment: Environment, command: str, range_: str) -> str:
    import shutil  # noqa: PLC0415  only this option runs a program
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    path = environment.configuration
    if path is None:
        raise UsageError(
            f"no alembic.ini or pyproject.toml names {environment.script}",
            help="--render runs Alembic, which needs one; leave it out.",
        )
    found = shutil.which("alembic")
    program = [found] if found is not None else [sys.executable, "-m", "alembic"]
    directory, name = os.path.split(path)
    config = ["-c", name] if name.endswith(".ini") else []
    try:
        done = subprocess.run(  # noqa: S603  no shell, and nothing of it comes from a migration
            [*program, *config, "-n", environment.section, command, range_, "--sql"],
            cwd=directory or ".",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(
            f"alembic {command} {range_} --sql could not be run: {error}",
            help="Run migsafe in the environment of the project, or leave --render out.",
            path=path,
        ) from error
    if done.returncode != 0:
        said = _PASSWORD.sub("://…@", " | ".join(done.stderr.strip().splitlines()[-_SAID:]))
        raise InputError(
            f"alembic {command} {range_} --sql failed: {said}",
            help="Make the offline mode of env.py work, or leave --render out.",
            path=path,
        )
    return done.stdout


def _blocks(text: str) -> dict[str, str]:
    """Return what was written for each revision: the one come to, or the one left."""
    marks = list(_RUNNING.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    found: dict[str, str] = {}
    for mark, end in zip(marks, ends, strict=True):
        names = mark[3] if mark[1] == "upgrade" else mark[2]
        for name in names.split(","):
            found[name.strip().partition(" ")[0]] = text[mark.end() : end]
    return found


def _rendered(
    migration: Migration, ups: Mapping[str, str], downs: Mapping[str, str], dialect: str
) -> Migration:
    up = _section(migration, SectionName.UP, ups.get(migration.id), dialect)
    if migration.down is None and migration.id not in downs:
        return replace(migration, up=up)
    down = _section(migration, SectionName.DOWN, downs.get(migration.id), dialect)
    state = migration.down_state
    if state in {Down.PRESENT, Down.EMPTY}:
        state = Down.PRESENT if down.statements else Down.EMPTY
    return replace(migration, up=up, down=down, down_state=state)


def _section(migration: Migration, name: SectionName, sql: str | None, dialect: str) -> Section:
    """Return a section with the statements that Alembic wrote, each in its transaction."""
    text = migration.up.text
    at = _defined(text, name)
    section = Section(name, migration.path, text, (), migration.up.runner)
    section = replace(section, directives=migration.up.directives)
    if sql is None:
        reason = f"Alembic wrote nothing for {migration.id}"
        origin = Origin(migration.path, name, at, at, at)
        unread = Unrecognized(Cause.CALL, reason, origin=origin)
        return replace(section, statements=(Statement("", at, (unread,)),))
    placement = Placement(migration.path, name, call_span=at, at=at)
    statements: list[Statement] = []
    outside = False
    for statement in read_sql(sql, placement, dialect).statements:
        match statement.operations:
            case (Begin(),):
                outside = False
            case (Commit(),):
                outside = True
            case _ if _is_own(statement.sql):
                pass
            case operations:
                moved = tuple(_placed(each, outside) for each in operations)
                statements.append(replace(statement, operations=moved))
    return replace(section, statements=tuple(statements))


def _defined(text: str, name: SectionName) -> Span:
    wanted = "upgrade" if name is SectionName.UP else "downgrade"
    for found in _DEFINED.finditer(text):
        if found[1] == wanted:
            return Span(found.start(), found.end())
    return Span(0, 0)


def _placed(operation: Operation, outside: bool) -> Operation:  # noqa: FBT001  there is one caller
    if operation.origin is None:
        return operation
    return replace(operation, origin=replace(operation.origin, autocommit=outside))


def _is_own(sql: str) -> bool:
    """Say whether Alembic keeps its own record with a statement."""
    return _RECORD.match(sql) is not None
