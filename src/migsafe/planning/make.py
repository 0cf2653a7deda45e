"""Migrations -> finished plan: what `migsafe plan` does before it prints or writes."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath

from migsafe.catalog.catalog import Catalog
from migsafe.config import Settings
from migsafe.context import Deploy as Ship
from migsafe.lint.fold import fold_deploy
from migsafe.model.errors import UsageError
from migsafe.model.migration import Migration, Selection
from migsafe.model.plan import Plan
from migsafe.planning import compose
from migsafe.planning.finish import Finished, finished, start_of
from migsafe.sources.plans.layout import ALEMBIC

_LONGEST = 64
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")


def make(
    selection: Selection,
    settings: Settings,
    *,
    plan_id: str | None = None,
    options: Mapping[str, str] | None = None,
    base: Catalog | None = None,
) -> Finished:
    """Return the plan for the given migrations of a tree, taken as one deploy.

    Args:
        selection: The tree, and which of its migrations are to be planned.
        settings: Dialect, version, and what is assumed of the catalog.
        plan_id: The plan's id; by default the first migration's name.
        options: What the plan was asked for.
        base: The schema before the given migrations; history is not replayed then.

    Raises:
        MigsafeError: If there is nothing to plan, or no recipe for a statement.
        UsageError: If no migration was given.
    """
    given = tuple(each for each in selection.tree.migrations if each.id in selection.given)
    if not given:
        raise UsageError("there is no migration to plan", help="Name one.")
    place = selection.tree.migrations.index(given[-1])
    history = tuple(
        each for each in selection.tree.migrations[:place] if each.id not in selection.given
    )
    first = base or Catalog.empty(complete=settings.catalog == "complete")
    before = first if base is not None else replayed(history, first)
    ship = fold_deploy(given, settings, before)
    start = start_of(given, selection.tree.root)
    plan = compose.plan(
        ship, settings, plan_id=plan_id or id_of(given[0]), options=options
    )
    return finished(
        plan, start, history, before=before, first=first, version=settings.version
    )


def composed_again(settings: Settings, ship: Ship, plan: Plan) -> Plan:
    """Return what is composed now with the id and the options of an earlier plan."""
    again = compose.plan(ship, settings, plan_id=plan.id, options=dict(plan.options))
    return replace(again, sources=plan.sources)


def replayed(history: tuple[Migration, ...], first: Catalog) -> Catalog:
    """Return the schema that migrations leave."""
    catalog = first
    for migration in history:
        for statement in migration.up.statements:
            catalog = catalog.apply_all(statement.operations, migration.id)
    return catalog


def id_of(migration: Migration) -> str:
    """Return the id of a plan for a migration: its name, as a directory may be called."""
    name = migration.id
    if migration.convention == ALEMBIC:
        # A revision's id says nothing; its file does.
        name = PurePath(migration.path).stem
    return _UNUSUAL.sub("-", name).strip("-.")[:_LONGEST] or "plan"
