"""Traces a case: what `migsafe trace` measures of its statement, old code included."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from migsafe.catalog.catalog import Catalog
from migsafe.config import Settings
from migsafe.lint import Options
from migsafe.model.compatibility import Outcome
from migsafe.model.effects import Certain
from migsafe.model.inspection import Inspected
from migsafe.model.migration import Down, Migration, Section, Selection, Tree
from migsafe.model.origin import Runner, SectionName
from migsafe.parsers.sql import Placement, read_sql
from migsafe.verifying import trace
from migsafe.verifying.scratch import Scratch, scratch
from migsafe.verifying.server import embedded
from migsafe_dev.agreeing.cases import Case
from migsafe_dev.agreeing.kept import Json

SEED = 1


@contextmanager
def place(version: int) -> Iterator[Scratch]:
    """Give a place for scratch databases on a server that is started for it."""
    with embedded(version) as running, scratch(running) as made:
        yield made


def selection(case: Case) -> Selection:
    """Return a case's statement as a migration of its own, sent statement by statement."""
    one = Migration(
        id="0001",
        path="0001.sql",
        convention="sql",
        up=_section(case.statement, "0001.sql"),
        down=None,
        down_state=Down.NO_CONVENTION,
    )
    return Selection(Tree(".", "sql", (one,)), frozenset({one.id}))


def options(case: Case) -> Options:
    """Return the options under which a case is judged: its setup is the whole schema."""
    base = Catalog.empty(complete=True)
    for statement in _section(case.setup, "setup.sql").statements:
        base = base.apply_all(statement.operations)
    return Options(today=date(2026, 1, 1), base=base)


def settings(version: int) -> Settings:
    """Return the configuration: timeouts are the role's."""
    return Settings(server_version=version, lock_timeout="role")


def traced(scratch: Scratch, case: Case, version: int) -> Inspected:
    """Return what is measured of a case, on the rows that its setup makes."""
    request = trace.Request(_section(case.setup, "setup.sql"), 0, SEED)
    found = trace.trace(scratch, (selection(case),), settings(version), options(case), request)
    (one,) = found.statements
    return one


def as_json(seen: Inspected) -> Json:
    """Return what was measured, what is empty left out."""
    effects = seen.effects
    outcomes = {(str(old.kind), old.outcome) for old in seen.old_code}
    facts: Json = {
        "blocked": sorted(str(name) for name, lock in effects.locks.items() if lock.blocks_writes),
        "works": bool(effects.rewrites or effects.scans or effects.builds),
        "refused": isinstance(effects.fails, Certain),
        "breaks": sorted(kind for kind, outcome in outcomes if outcome is Outcome.FAILS),
        "changes": sorted(kind for kind, outcome in outcomes if outcome is Outcome.CHANGES),
        "loses": seen.loses_data,
        "unmeasured": seen.breaks_old_code is None,
    }
    return {key: value for key, value in facts.items() if value}


def _section(sql: str, path: str) -> Section:
    read = read_sql(sql, Placement(path, SectionName.UP))
    return Section(SectionName.UP, path, sql, read.statements, Runner.NONE, read.directives)
