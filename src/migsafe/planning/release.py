"""Writes one deploy of a plan into the tree that a runner reads."""

import os
from pathlib import Path

from migsafe.catalog.catalog import Catalog
from migsafe.config import Settings
from migsafe.ledger import released as ledger
from migsafe.ledger.released import Event, EventKind, Released
from migsafe.model.errors import RefusedError
from migsafe.model.plan import DeployKind, Plan
from migsafe.model.record import record, replace
from migsafe.planning import base, merged
from migsafe.planning.around import Around, around
from migsafe.planning.directory import read
from migsafe.planning.done import deploy_of, require_before
from migsafe.planning.files import digest, pairs
from migsafe.planning.newfiles import new_files, put, take_away
from migsafe.render import argument
from migsafe.sources.convention import Options
from migsafe.sources.files import Files
from migsafe.sources.plans import tree as plans
from migsafe.sources.plans.layout import ALEMBIC
from migsafe.sources.plans.matching import Match, matcher


@record
class Outcome:
    """What a release did: paths written and removed, and the record after it."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    released: Released
    ways_back: tuple[str, ...] = ()
    """Ways down that stay in the plan directory: the tree's tool has none."""


def release(
    directory: Path, number: int, settings: Settings, *, at: str, by: str | None = None
) -> Outcome:
    """Write a deploy's files after everything in the runner's tree, and record it.

    The first release takes the source away. Where the plan begins with code there is nothing
    else to do: the source must not lie where its tool runs it while that code is deployed.

    Args:
        directory: The plan directory.
        number: The deploy.
        settings: Dialect and version decide what touches which table.
        at: When, in UTC, ISO 8601.
        by: Who releases it.

    Raises:
        RefusedError: If the deploy may not be released now.
        UsageError: If the plan has no such deploy.
    """
    plan = read(directory)
    deploy = deploy_of(plan, number)
    released = ledger.load(directory, plan.id)
    if released.is_out(number):
        raise RefusedError(
            f"deploy {number} of the plan {plan.id} is released already",
            help=f"When it is through, run: migsafe plan done {argument(directory)} "
            f"--deploy {number}",
        )
    require_before(plan, released, number, directory)
    options = Options(settings.dialect, settings.transaction, placeholders=settings.placeholders)
    _refuse_edited(plan, directory, number, options)
    here = around(plan, released, options)
    if deploy.kind is DeployKind.CODE and not (number == 1 and here.sources):
        raise RefusedError(
            f"deploy {number} of the plan {plan.id} is code: it has no file",
            help=f"When it is through, run: migsafe plan done {argument(directory)} "
            f"--deploy {number}",
        )
    _refuse_twice(plan, here, number)
    refuse_touched(plan, here, settings, directory)
    removed: list[str] = []
    if all(each.kind is DeployKind.CODE for each in plan.deploys[: number - 1]):
        removed = _refuse_merged(plan, here)
    elif here.sources:
        raise RefusedError(
            f"'{here.sources[0].path}' lies in the tree again, and would be run beside the plan",
            help="Take it away.",
            path=here.sources[0].path,
        )
    new, ids = new_files(plan, number, here, at)
    put(new)
    take_away(removed)
    event = Event(number, EventKind.RELEASED, at, by, ids)
    after = ledger.append(directory, plan.id, event)
    paths = tuple(file.path for file in new)
    return Outcome(paths, tuple(removed), after, _ways_back(plan, directory, number, here))


def _ways_back(plan: Plan, directory: Path, number: int, here: Around) -> tuple[str, ...]:
    """Return the ways down that have no place in the tree, in the order in which they run."""
    if plan.convention == ALEMBIC or here.convention.paths(here.tree, "")[1] is not None:
        return ()
    return tuple(
        str(directory / file.down_path)
        for file in reversed(plan.deploys[number - 1].files)
        if file.down_path is not None
    )


# --- refusals ------------------------------------------------------------------------


def _refuse_edited(plan: Plan, directory: Path, number: int, options: Options) -> None:
    """Refuse if the files that were reviewed do something else than the plan."""
    files = Files()
    here = str(directory)
    given = [os.path.join(here, path) for pair in pairs(plan, number) for path in (pair[0].path,)]
    alone = replace(options, history=False)
    reading = plans.read_tree(here, "plan", given, files, alone)
    matched = matcher((plan,))
    found = [matched(migration) for migration in reading.tree.migrations]
    places = [each.at for each in found if isinstance(each, Match) and each.deploy == number]
    if sorted(places) != list(range(len(given))):
        raise RefusedError(
            f"the files of deploy {number} in '{directory}' do not do what its plan says",
            help="Bring them back from version control, or plan again.",
            path=here,
        )


def _refuse_twice(plan: Plan, here: Around, number: int) -> None:
    for match in here.own:
        if match.deploy == number:
            raise RefusedError(
                f"deploy {number} of the plan {plan.id} lies in '{here.tree.root}' already, "
                "and no release is recorded",
                help="Take its files away, then release it again.",
                path=here.tree.root,
            )


def refuse_touched(plan: Plan, here: Around, settings: Settings, directory: Path) -> None:
    """Raise RefusedError if a migration outside the plan has touched its tables since."""
    touched = base.touching(
        here.others,
        plan.base_tables,
        Catalog.empty(complete=settings.catalog == "complete"),
        dialect=plan.dialect,
        version=settings.version,
    )
    since = [each for each in touched if each not in plan.base_history]
    if since:
        names = ", ".join(f"'{each}'" for each in since)
        raise RefusedError(
            f"{names} touched a table of the plan {plan.id} since it was made",
            help=f"Run 'migsafe plan rebase {argument(directory)}', and review what changed.",
            path=str(directory),
        )


def _refuse_merged(plan: Plan, here: Around) -> list[str]:
    """Refuse if a source was merged or changed; return the files to take away."""
    paths: list[str] = []
    ids = {migration.id for migration in here.sources}
    once = [migration.id for migration in here.tree.migrations if not migration.repeatable]
    last = set(once[-len(here.sources) or 1 :])
    for migration in here.sources:
        source = next(each for each in plan.sources if each.revision == migration.id)
        if digest(migration.up.text) != source.sha256:
            raise RefusedError(
                f"'{migration.path}' has changed since the plan was made from it",
                help="Plan again: migsafe plan PATH -o DIR.",
                path=migration.path,
            )
        standing = [
            each.id
            for each in here.tree.migrations
            if migration.id in each.revises and each.id not in ids
        ]
        shared = [
            each.id
            for each in here.tree.migrations
            if each.path == migration.path and each.id not in ids
        ]
        if shared:
            raise RefusedError(
                f"'{migration.path}' also holds '{shared[0]}', which would go with it",
                help=f"Move '{migration.id}' to a file of its own, and plan again.",
                path=migration.path,
            )
        known = merged.is_merged(Path(migration.path))
        if standing:
            raise RefusedError(
                f"'{standing[0]}' stands on '{migration.id}': it was merged, and may have run",
                help="Keep it, and write what is missing as a new migration.",
                path=migration.path,
            )
        if known or (known is None and plan.convention != ALEMBIC and not ids <= last):
            reason = (
                "is on the default branch" if known else "is not the last migration of its tree"
            )
            raise RefusedError(
                f"'{migration.path}' {reason}: it was merged, and may have run",
                help="Keep it, and write what is missing as a new migration.",
                path=migration.path,
            )
        paths.extend(section.path for section in migration.sections)
    return list(dict.fromkeys(paths))
