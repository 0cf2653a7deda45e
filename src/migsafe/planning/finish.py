"""Completes a composed plan: where it comes from, what it stands on, locks, files."""

import os
from collections.abc import Sequence

from migsafe.catalog.catalog import Catalog
from migsafe.model.errors import UsageError
from migsafe.model.migration import Migration
from migsafe.model.origin import Runner
from migsafe.model.plan import Plan, Source
from migsafe.model.record import record, replace
from migsafe.planning import base
from migsafe.planning.files import Written, digest, with_files
from migsafe.sources.plans.layout import ALEMBIC


@record
class Finished:
    """A plan that can be written, with copies of the migrations it was made from."""

    plan: Plan
    copies: tuple[Written, ...]


@record
class Start:
    """Where a plan starts: the migrations it is made from, and how their tool runs files."""

    sources: tuple[Source, ...]
    copies: tuple[Written, ...]
    convention: str
    runner: Runner


def start_of(migrations: Sequence[Migration], root: str) -> Start:
    """Return where a plan for some migrations starts.

    Args:
        migrations: What the plan is made from, in their order.
        root: The root of their tree.

    Raises:
        UsageError: If no plan can start where they stand.
    """
    copies: list[Written] = []
    sources: list[Source] = []
    for migration in migrations:
        sections = {section.path: section.text for section in migration.sections}
        own = [Written(_copy_path(path, root), text) for path, text in sections.items()]
        copies.extend(own)
        paths = tuple(copy.path for copy in own)
        text = migration.up.text
        sources.append(Source(migration.path, migration.id, digest(text), migration.revises, paths))
    first = migrations[0]
    if first.convention == ALEMBIC and len(first.revises) > 1:
        raise UsageError(
            f"revision '{first.id}' is a merge: a chain of revisions cannot replace it",
            help="Merge the heads in a revision of its own, and plan the change on top of it.",
            path=first.path,
        )
    return Start(tuple(sources), tuple(copies), first.convention, _runner(first))


def finished(
    plan: Plan,
    start: Start,
    history: Sequence[Migration],
    *,
    before: Catalog,
    first: Catalog,
    version: int,
) -> Finished:
    """Return a plan with its sources, base, locks and files.

    Args:
        plan: What was composed.
        start: Where it starts.
        history: The migrations before its sources.
        before: The schema that they leave.
        first: The schema before the first of them.
        version: The server's major version.
    """
    plan = replace(plan, sources=start.sources, convention=start.convention, runner=start.runner)
    plan = base.with_locks(plan, before, version)
    tables = base.tables_of(plan, before, version)
    touched = base.touching(history, tables, first, dialect=plan.dialect, version=version)
    plan = replace(
        plan,
        base_tables=tables,
        base_history=touched,
        base_digest=base.digest(before, tables),
    )
    return Finished(with_files(plan), start.copies)


def _runner(migration: Migration) -> Runner:
    """Return how the tool runs files that say nothing of themselves."""
    said = any(each.text.startswith("transaction") for each in migration.up.directives)
    return Runner.AUTO if said else migration.up.runner


def _copy_path(path: str, root: str) -> str:
    """Return where a copy lies: the path below the tree's root, in `source`."""
    inside = os.path.relpath(path, root) if path != root else ""
    if not inside or inside.startswith(os.pardir):
        inside = os.path.basename(path)
    return f"source/{inside.replace(os.sep, '/')}"
