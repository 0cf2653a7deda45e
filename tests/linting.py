"""Short ways to fold and lint SQL in tests."""

from datetime import date
from textwrap import indent
from typing import TypedDict, Unpack

from migsafe.catalog.catalog import Catalog
from migsafe.config import Settings
from migsafe.context import Deploy
from migsafe.lint import Options, lint
from migsafe.lint.fold import fold_deploy
from migsafe.model.findings import Finding, Report
from migsafe.model.migration import Down, Migration, Section, Selection, Tree
from migsafe.model.origin import Runner, SectionName
from migsafe.parsers.sql import Placement, read_sql
from migsafe.sources import Request, load

TODAY = date(2026, 1, 1)
ROLE = Settings(lock_timeout="role")
"""Settings in which no migration needs a timeout of its own."""
_REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = None

"""


def section(sql: str, runner: Runner, *, name: SectionName = SectionName.UP) -> Section:
    """Return a section read from SQL."""
    path = f"0001.{name}.sql"
    read = read_sql(sql, Placement(path, name))
    return Section(name, path, sql, read.statements, runner, read.directives)


def migration(sql: str, *, runner: Runner = Runner.FILE, down: str | None = None) -> Migration:
    """Return a migration read from SQL."""
    return Migration(
        id="0001",
        path="0001.up.sql",
        convention="golang-migrate",
        up=section(sql, runner),
        down=None if down is None else section(down, runner, name=SectionName.DOWN),
        down_state=Down.NO_CONVENTION if down is None else Down.PRESENT,
    )


def catalog(sql: str, *, complete: bool = False) -> Catalog:
    """Return the catalog that SQL makes; a complete one holds nothing else."""
    made = Catalog.empty(complete=complete)
    for statement in read_sql(sql, Placement("schema.sql", SectionName.UP)).statements:
        for operation in statement.operations:
            made = made.apply(operation, "0000")
    return made


def fold_sql(
    sql: str, *, runner: Runner = Runner.FILE, schema: str = "", down: str | None = None
) -> Deploy:
    """Return the deploy that one migration makes."""
    return fold_deploy((migration(sql, runner=runner, down=down),), Settings(), catalog(schema))


class Given(TypedDict, total=False):
    """What a linted migration may come with."""

    runner: Runner
    schema: str
    down: str | None
    settings: Settings
    today: date
    complete: bool


def lint_sql(sql: str, **given: Unpack[Given]) -> Report:
    """Return the report of one migration; timeouts are the role's unless settings say else."""
    one = migration(sql, runner=given.get("runner", Runner.FILE), down=given.get("down"))
    tree = Tree(".", "golang-migrate", (one,))
    return lint(
        (Selection(tree, frozenset({one.id})),),
        given.get("settings", ROLE),
        Options(
            today=given.get("today", TODAY),
            base=catalog(given.get("schema", ""), complete=given.get("complete", False)),
        ),
    )


def found_by(rule: str, sql: str, **given: Unpack[Given]) -> list[Finding]:
    """Return what one rule finds in a migration."""
    return [finding for finding in lint_sql(sql, **given).findings if finding.rule == rule]


def found_in_revision(
    rule: str, upgrade: str, schema: str = "", settings: Settings = ROLE
) -> list[Finding]:
    """Return what one rule finds in the lines of an Alembic revision's `upgrade`."""
    text = f"{_REVISION}def upgrade():\n{indent(upgrade, '    ')}\n"
    loaded = load(
        Request(
            paths=("-",), stdin_text=text, stdin_filename="versions/b2.py", convention="alembic"
        )
    )
    report = lint(loaded.selections, settings, Options(today=TODAY, base=catalog(schema)))
    return [finding for finding in report.findings if finding.rule == rule]
