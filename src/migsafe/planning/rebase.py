"""Plans a source again on what is there now, and keeps the deploys that are out."""

import os
from collections.abc import Callable
from pathlib import Path

from migsafe.catalog.catalog import Catalog
from migsafe.config import Settings
from migsafe.context import Deploy as Ship
from migsafe.ledger import released as ledger
from migsafe.lint.fold import fold
from migsafe.model.errors import InputError, RefusedError
from migsafe.model.migration import Migration, Section, Selection, Tree
from migsafe.model.origin import Runner
from migsafe.model.plan import Plan
from migsafe.model.record import replace
from migsafe.planning.around import around
from migsafe.planning.directory import (
    Replan,
    contents,
    read,
    replace_directory,
    same_work,
)
from migsafe.planning.files import Written, digest, with_files
from migsafe.planning.finish import Finished, Start, finished
from migsafe.sources.convention import Options, convention_named
from migsafe.sources.files import Files

Compose = Callable[[Ship, Plan], Plan]
"""Composes a plan for a deploy, with the id and the options of an earlier one."""


def replanner(directory: Path, settings: Settings, compose: Compose) -> Replan:
    """Return a function that plans a directory's source again, from its own copy.

    The base is the runner's tree without the source and without what the plan released.

    Args:
        directory: The plan directory.
        settings: What the plan is made with.
        compose: Composes the deploys.
    """

    def replan(plan: Plan) -> Finished:
        options = Options(
            settings.dialect, settings.transaction, placeholders=settings.placeholders
        )
        released = ledger.load(directory, plan.id)
        history = around(plan, released, options).others
        first = Catalog.empty(complete=settings.catalog == "complete")
        sources = _sources(plan, directory, options)
        given = frozenset(each.id for each in sources)
        tree = Tree(str(directory), plan.convention, (*history, *sources))
        (ship,) = fold(
            Selection(tree, given), settings, first, one_deploy=True, whole_programs=True
        )
        start = Start(plan.sources, _copies(plan, directory), plan.convention, plan.runner)
        return finished(
            compose(ship, plan),
            start,
            history,
            before=ship.before,
            first=first,
            version=settings.version,
        )

    return replan


def _copies(plan: Plan, directory: Path) -> tuple[Written, ...]:
    files = Files()
    found: list[Written] = []
    for source in plan.sources:
        for at, name in enumerate(source.copies):
            path = directory / name
            text = files.text(str(path))
            if at == 0 and digest(text) != source.sha256:
                raise InputError(
                    f"the copy of '{source.path}' is not what the plan was made from",
                    help="Bring it back from version control.",
                    path=str(path),
                )
            found.append(Written(name, text))
    return tuple(found)


def _sources(plan: Plan, directory: Path, options: Options) -> tuple[Migration, ...]:
    """Return the plan's sources, read from their copies."""
    convention = convention_named(plan.convention)
    files = Files()
    found: list[Migration] = []
    for source in plan.sources:
        paths = [os.path.normpath(directory / name) for name in source.copies]
        # What showed the tool lies around the source, not around its copy.
        home = None if convention is None or not paths else convention.home(paths[0], files)
        if convention is None or home is None:
            raise InputError(
                f"the copy of '{source.path}' cannot be read",
                help="Bring it back from version control.",
                path=str(directory),
            )
        alone = replace(options, history=False)
        reading = convention.read(home, paths, files, alone)
        if reading.errors:
            error = reading.errors[0]
            raise InputError(error.message, help=error.help, path=error.path, line=error.line)
        found.extend(
            _as_run(migration, plan.runner)
            for migration in reading.tree.migrations
            if migration.id in reading.given
        )
    return tuple(found)


def _as_run(migration: Migration, runner: Runner) -> Migration:
    """Return a migration with the transactions of the tree that it came from."""

    def section(each: Section) -> Section:
        said = any(one.text.startswith("transaction") for one in each.directives)
        return each if said else replace(each, runner=runner)

    down = migration.down
    return replace(
        migration, up=section(migration.up), down=None if down is None else section(down)
    )


def rebase(directory: Path, replan: Replan) -> tuple[int, ...]:
    """Write the plan again for the tree as it is now; return the deploys that changed.

    Deploys that are out stay as they are.

    Args:
        directory: The plan directory.
        replan: Plans the source again.

    Raises:
        RefusedError: If a deploy that is out would have to be another one.
    """
    plan = read(directory)
    released = ledger.load(directory, plan.id)
    again = replan(plan)
    numbers = range(1, len(plan.deploys) + 1)
    out = max((number for number in numbers if released.is_out(number)), default=0)
    for number in range(1, out + 1):
        there = again.plan.deploys[number - 1 : number]
        if not there or not same_work(plan.deploys[number - 1], there[0]):
            raise RefusedError(
                f"deploy {number} is out, and would be another one on the schema as it is now",
                help=f"Take it back, then: migsafe plan rolled-back {directory} --deploy {number}",
                path=str(directory),
            )
    deploys = (*plan.deploys[:out], *again.plan.deploys[out:])
    new = with_files(replace(again.plan, deploys=deploys))
    replace_directory(directory, contents(Finished(new, again.copies)), keep=(ledger.FILE,))
    return tuple(
        number
        for number in range(out + 1, len(deploys) + 1)
        if number > len(plan.deploys)
        or not same_work(plan.deploys[number - 1], deploys[number - 1])
    )
