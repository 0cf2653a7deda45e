"""Plan directories as trees, and the plans that a project has."""

import os
from collections.abc import Callable, Sequence

from migsafe.model.errors import InputError
from migsafe.model.findings import FileError
from migsafe.model.migration import Migration, Section, Tree
from migsafe.model.origin import Runner
from migsafe.model.pattern import pattern
from migsafe.model.plan import Plan
from migsafe.model.record import replace
from migsafe.sources.alembic.tree import read_tree as read_revisions
from migsafe.sources.convention import (
    Candidate,
    Options,
    Reading,
    convention_named,
    owner,
)
from migsafe.sources.files import Files, walk
from migsafe.sources.plans.layout import ALEMBIC, layout
from migsafe.sources.plans.matching import Match, matcher
from migsafe.sources.plans.record import read_plan
from migsafe.sources.sql_tree import read_tree as read_scripts

_SCRIPT = pattern(r"((\d+)_.+)\.(up|down)\.sql")


def plan_in(directory: str) -> Plan:
    """Return the plan that a directory holds.

    Raises:
        InputError: If there is none, or it cannot be read.
    """
    path = os.path.join(directory, "plan.json")
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise InputError(
            f"'{directory}' holds no plan: {error.strerror or error}",
            help="Name a directory that 'migsafe plan PATH -o DIR' wrote.",
            path=path,
        ) from None
    return read_plan(data, path)


def find(root: str, files: Files) -> tuple[str, ...]:
    """Return the plan directories below the configured place, in order of their names.

    What calls itself a plan there is one, so that one which cannot be read is no silence.
    """
    found: list[str] = []
    pending = [root]
    while pending:
        here = pending.pop()
        names = files.names(here)
        if "plan.json" in names:
            found.append(here)
            continue
        for name in names:
            path = os.path.join(here, name)
            if not name.startswith(".") and files.is_directory(path) and not files.is_link(path):
                pending.append(path)
    return tuple(sorted(found))


def read_tree(
    root: str, name: str, given: Sequence[str], files: Files, options: Options
) -> Reading:
    """Return the files of a plan directory, on the history that the plan starts from."""
    try:
        plan = plan_in(root)
    except InputError as error:
        failed = FileError(error.path, error.message, error.help, error.line)
        return Reading(Tree(root, name, ()), frozenset(), (failed,))
    own = _own(plan, root, given, files, options)
    before: tuple[Migration, ...] = ()
    if options.history:
        before = base_of(plan, files, options, own.tree.migrations)
        own = _runs_as(own, before)
    tree = replace(own.tree, convention=plan.convention, migrations=(*before, *own.tree.migrations))
    return replace(own, tree=tree)


def _own(plan: Plan, root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    names = files.names("" if root == "." else root)
    here = "" if root == "." else root
    if plan.convention == ALEMBIC:
        wanted = set(given)
        inside = [
            os.path.join(here, f"{file.stem}.py")
            for file in layout(plan)
            if f"{file.stem}.py" in names
        ]
        last = max((at for at, path in enumerate(inside) if path in wanted), default=-1)
        # The revision they stand on lies in another directory: nothing is missing.
        alone = replace(options, history=False)
        every = [*inside[: last + 1], *(path for path in given if path not in inside)]
        reading = read_revisions(root, plan.convention, every, files, alone)
        chosen = frozenset(
            migration.id for migration in reading.tree.migrations if migration.path in wanted
        )
        if not options.history:
            kept = tuple(each for each in reading.tree.migrations if each.id in chosen)
            reading = replace(reading, tree=replace(reading.tree, migrations=kept))
        return replace(reading, given=chosen)
    candidates: dict[str, Candidate] = {}
    for file_name in sorted(names):
        found = _SCRIPT.fullmatch(file_name)
        if found is None:
            continue
        stem, number, direction = found.groups()
        known = candidates.get(stem) or Candidate(
            stem, (int(number),), None, None, plan.runner, downs=True
        )
        path = os.path.join(here, file_name)
        candidates[stem] = (
            replace(known, up=path) if direction == "up" else replace(known, down=path)
        )
    reading = read_scripts(root, plan.convention, candidates.values(), given, files, options)
    # The files of one deploy share its number: that is no mistake here.
    return replace(reading, tree=replace(reading.tree, problems=()))


def base_of(
    plan: Plan, files: Files, options: Options, own: Sequence[Migration] = ()
) -> tuple[Migration, ...]:
    """Return the migrations that a plan stands on, in their order.

    That is everything in the tree of its source up to the source; once it is gone,
    everything that is neither the source nor released by the plan.

    Args:
        plan: The plan.
        files: Where texts come from.
        options: Dialect, transaction and whether history counts.
        own: Files of the plan that were read; their ids do not count as history.
    """
    if not plan.sources:
        return ()
    source = plan.sources[0]
    tree = tree_around(source.path, plan.convention, files, options)
    ids = {each.id for each in own}
    mentioned = {each.revision for each in plan.sources}
    matched = matcher((plan,))
    found: list[Migration] = []
    for migration in tree.migrations:
        if migration.id in mentioned:
            break
        if migration.id not in ids and not isinstance(matched(migration), Match):
            found.append(migration)
    return tuple(found)


def tree_around(path: str, convention: str, files: Files, options: Options) -> Tree:
    """Return the whole tree that a file lies in, or lay in before it was taken away."""
    known = convention_named(convention)
    belongs = owner(path, files)
    home = known.home(path, files) if known is not None else None
    if known is None and belongs is not None:
        known, home = belongs
    if known is None or home is None:
        return Tree(os.path.dirname(path) or ".", convention, ())
    given = list(_beside(path, home, known.home, files))
    if not given:
        return Tree(home, known.name, ())
    return known.read(home, given, files, options).tree


def _beside(
    path: str, home: str, home_of: Callable[[str, Files], str | None], files: Files
) -> list[str]:
    start = home if files.is_directory(home) else os.path.dirname(path) or "."
    return [each for each in walk(start, files) if home_of(each, files) == home]


def _runs_as(own: Reading, before: Sequence[Migration]) -> Reading:
    """Return revisions with the transactions of the environment they will be put in."""
    if not before or before[-1].up.runner is not Runner.FILE:
        return own
    migrations = tuple(
        replace(
            each,
            up=_with_runner(each.up, Runner.FILE),
            down=None if each.down is None else _with_runner(each.down, Runner.FILE),
        )
        if each.up.runner is Runner.RUN
        else each
        for each in own.tree.migrations
    )
    return replace(own, tree=replace(own.tree, migrations=migrations))


def _with_runner(section: Section, runner: Runner) -> Section:
    return replace(section, runner=runner)
