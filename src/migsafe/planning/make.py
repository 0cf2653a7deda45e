"""Migrations -> finished plan: what `migsafe plan` does before it prints or writes."""

import re
from collections.abc import Mapping
from pathlib import PurePath

from migsafe.catalog.catalog import Catalog
from migsafe.config import Settings
from migsafe.lint.fold import fold
from migsafe.model.errors import UsageError
from migsafe.model.migration import Migration, Selection
from migsafe.model.record import replace
from migsafe.planning import compose
from migsafe.planning.finish import Finished, finished, start_of
from migsafe.sources.plans.layout import ALEMBIC

_LONGEST = 64
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")


def make(
    selection: Selection,
    settings: Settings,
    base: Catalog | None = None,
    options: Mapping[str, str] | None = None,
    *,
    plan_id: str | None = None,
) -> Finished:
    """Return the plan for the given migrations of a tree, taken as one deploy.

    Args:
        selection: The tree, and which of its migrations are to be planned.
        settings: Dialect, version, and what is assumed of the catalog.
        base: The schema before the given migrations; history is not replayed then.
        options: What the plan was asked for; see `compose.FILL`.
        plan_id: The plan's id; by default the first migration's name.

    Raises:
        MigsafeError: If there is nothing to plan, or no recipe for a statement.
        UsageError: If no migration was given.
    """
    tree = selection.tree
    given = tuple(each for each in tree.migrations if each.id in selection.given)
    if not given:
        raise UsageError("there is no migration to plan", help="Name one.")
    for migration in given:
        _refuse_opaque(migration)
    place = tree.migrations.index(given[-1])
    history = tuple(
        each for each in tree.migrations[:place] if base is None and each.id not in selection.given
    )
    first = base or Catalog.empty(complete=settings.catalog == "complete")
    whole = Selection(replace(tree, migrations=(*history, *given)), selection.given)
    (ship,) = fold(whole, settings, first, one_deploy=True, whole_programs=True)
    start = start_of(given, tree.root)
    plan = compose.plan(ship, settings, plan_id=plan_id or id_of(given[0]), options=options)
    return finished(plan, start, history, before=ship.before, first=first, version=settings.version)


def _refuse_opaque(migration: Migration) -> None:
    """Refuse what something fills in later: a plan would write names that nobody has.

    Raises:
        UsageError: If a statement has a placeholder without a text.
    """
    for section in migration.sections:
        for statement in section.statements:
            for name in statement.opaque:
                raise UsageError(
                    f"a placeholder is filled in before the server sees it: what {name} stands "
                    "for is not known",
                    help=f'Say it in the configuration: [tool.migsafe.placeholders] {name} = "…".',
                    path=section.path,
                    line=section.place(statement.span).line,
                )


def id_of(migration: Migration) -> str:
    """Return the id of a plan for a migration: its name, as a directory may be called."""
    name = migration.id
    if migration.convention == ALEMBIC:
        # A revision's id says nothing; its file does.
        name = PurePath(migration.path).stem
    return _UNUSUAL.sub("-", name).strip("-.")[:_LONGEST] or "plan"
