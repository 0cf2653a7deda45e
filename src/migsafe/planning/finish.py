"""Completes a composed plan: where it comes from, what it stands on, locks, files."""

# Paths are compared as text, as in `sources`.
# ruff: noqa: PTH118, PTH120

import os
from dataclasses import dataclass, replace

from migsafe.catalog.catalog import Catalog
from migsafe.context import Deploy
from migsafe.model.errors import UsageError
from migsafe.model.migration import Migration, Tree
from migsafe.model.origin import Runner
from migsafe.model.plan import Plan, Source
from migsafe.planning import base
from migsafe.planning.files import Written, digest, with_files
from migsafe.sources.plans.layout import ALEMBIC


@dataclass(frozen=True, slots=True)
class Finished:
    """A plan that can be written, with copies of the migrations it was made from."""

    plan: Plan
    copies: tuple[Written, ...]


def finished(plan: Plan, deploy: Deploy, tree: Tree, *, version: int, start: Catalog) -> Finished:
    """Return a plan with its sources, base, locks and files.

    Args:
        plan: What was composed.
        deploy: The migrations it was composed from.
        tree: Their tree, with the history before them.
        version: The server's major version.
        start: The schema before the first migration of the tree.

    Raises:
        UsageError: If no plan can start where the migration stands.
    """
    copies: list[Written] = []
    sources: list[Source] = []
    for migration in deploy.migrations:
        own = tuple(_copies(migration, tree))
        copies.extend(own)
        sources.append(
            Source(
                migration.path,
                migration.id,
                digest(migration.up.text),
                migration.revises,
                tuple(copy.path for copy in own),
            )
        )
    first = deploy.migrations[0]
    if first.convention == ALEMBIC and len(first.revises) > 1:
        raise UsageError(
            f"revision '{first.id}' is a merge: a chain of revisions cannot replace it",
            help="Merge the heads in a revision of its own, and plan the change on top of it.",
            path=first.path,
        )
    plan = replace(plan, sources=tuple(sources), convention=first.convention, runner=_runner(first))
    plan = base.with_locks(plan, deploy.before, version)
    tables = base.tables_of(plan, deploy.before, version)
    given = {migration.id for migration in deploy.migrations}
    history = tuple(each for each in tree.migrations if each.id not in given)
    plan = replace(
        plan,
        base_tables=tables,
        base_history=base.touching(history, tables, start, dialect=plan.dialect, version=version),
        base_digest=base.digest(deploy.before, tables),
    )
    return Finished(with_files(plan), tuple(copies))


def _runner(migration: Migration) -> Runner:
    """Return how the tool runs files that say nothing of themselves."""
    said = any("transaction" in each.text for each in migration.up.directives)
    return Runner.AUTO if said else migration.up.runner


def _copies(migration: Migration, tree: Tree) -> list[Written]:
    sections = {section.path: section.text for section in migration.sections}
    return [Written(_copy_path(path, tree.root), text) for path, text in sections.items()]


def _copy_path(path: str, root: str) -> str:
    """Return where a copy lies: the path below the tree's root, in `source`."""
    inside = os.path.relpath(path, root) if path != root else ""
    if not inside or inside.startswith(os.pardir):
        inside = os.path.basename(path)  # noqa: PTH119
    return "/".join(("source", *inside.split(os.sep)))
