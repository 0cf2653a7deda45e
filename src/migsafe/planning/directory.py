"""Plan directories: written whole or not at all, read, and checked against a new planning."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from migsafe import __version__
from migsafe.ledger import released as ledger
from migsafe.model.errors import InputError, RefusedError
from migsafe.model.plan import Deploy, Plan
from migsafe.model.record import record
from migsafe.planning.files import Written, written
from migsafe.planning.finish import Finished
from migsafe.render import plan_json, plan_markdown
from migsafe.sources.convention import conventions, owner
from migsafe.sources.files import Files, is_plan_directory, shown
from migsafe.sources.plans.tree import plan_in

_PLAN, _PAGE = "plan.json", "PLAN.md"
_OWN = "migsafe-plan-"


@record
class Problem:
    """What is not as it should be in a plan directory; `code` is machine-readable."""

    code: str
    path: str
    message: str


Replan = Callable[[Plan], Finished]
"""Plans the same source again, on the base that is there now."""


def contents(finished: Finished) -> tuple[Written, ...]:
    """Return every file of a plan directory but the record of releases."""
    plan = finished.plan
    return (
        Written(_PLAN, plan_json.render(plan)),
        Written(_PAGE, plan_markdown.render(plan)),
        *written(plan),
        *finished.copies,
    )


def write(finished: Finished, directory: Path) -> None:
    """Write a plan directory; nothing half-written is ever seen.

    Raises:
        RefusedError: If a runner reads the directory, or it holds something else.
    """
    refuse_runner(directory)
    _refuse_other(finished.plan, directory)
    replace_directory(directory, contents(finished), keep=(ledger.FILE,))


def replace_directory(
    directory: Path, files: tuple[Written, ...], *, keep: tuple[str, ...] = ()
) -> None:
    """Put files into place as a whole directory.

    Args:
        directory: Where they are to lie; what is there is replaced.
        files: The new contents.
        keep: Names that are taken over from what is there.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{_OWN}", dir=directory.parent))
    try:
        new.chmod(0o755)
        for file in files:
            path = new / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.text.encode())
        for name in keep:
            if (directory / name).exists():
                shutil.copy2(directory / name, new / name)
        _swap(new, directory)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _swap(new: Path, directory: Path) -> None:
    """Give a new directory another's name: by two renames, undone if the second fails."""
    if not directory.exists():
        new.rename(directory)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{_OWN}", dir=directory.parent)) / "old"
    directory.rename(old)
    try:
        new.rename(directory)
    except OSError:
        old.rename(directory)
        raise
    finally:
        shutil.rmtree(old.parent, ignore_errors=True)


def refuse_runner(directory: Path) -> None:
    """Raise RefusedError if a migration tool reads a directory, or one that it lies in."""
    files = Files()
    start = os.path.abspath(directory)
    here = str(Path.cwd())
    for place in (start, *map(str, Path(start).parents)):
        if place == here and place != start:
            # A stray 01_x.sql in the project's own root does not make all of it a tree.
            break
        runner = _runner_of(place, start, files)
        if runner is not None:
            raise RefusedError(
                f"'{directory}' lies where {runner} looks for migrations: it would run the "
                "plan as a whole",
                help="Name a directory outside of it, such as migsafe/plans/NAME.",
                path=str(directory),
            )
        if ".git" in files.names(place):
            break
    for runner, root in _configured(start, files):
        if _holds(root, start):
            raise RefusedError(
                f"'{directory}' lies in '{shown(root)}', which {runner} reads",
                help="Name a directory outside of it, such as migsafe/plans/NAME.",
                path=str(directory),
            )


def _configured(start: str, files: Files) -> Iterator[tuple[str, str]]:
    """Yield the directories that configuration files name, empty ones too."""
    for place in map(str, Path(start).parents):
        for convention in conventions():
            if convention.roots is not None:
                for root in convention.roots(shown(place), files):
                    yield convention.name, root
        if ".git" in files.names(place):
            return


def _runner_of(place: str, start: str, files: Files) -> str | None:
    """Return the tool that reads a directory, as far as its files tell."""
    plain = shown(place)
    if is_plan_directory(place, files):
        return None
    for name in sorted(files.names(place)):
        path = name if plain == "." else f"{plain}/{name}"
        runner = _reader(path, start, files)
        if runner is not None:
            return runner
        if place == start and Path(place, name).is_dir():
            # A tool that has a folder for each migration.
            for inner in sorted(files.names(path)):
                runner = _reader(f"{path}/{inner}", start, files)
                if runner is not None:
                    return runner
    return None


def _reader(path: str, start: str, files: Files) -> str | None:
    if not files.exists(path):
        return None
    belongs = owner(path, files)
    if belongs is None or belongs[1] == path or not _holds(belongs[1], start):
        return None
    return belongs[0].name


def _holds(root: str, directory: str) -> bool:
    there = os.path.abspath(root)
    return directory == there or directory.startswith(there.rstrip(os.sep) + os.sep)


def _refuse_other(plan: Plan, directory: Path) -> None:
    """Raise RefusedError unless a directory is new, empty, or this plan without releases."""
    if not directory.exists():
        return
    if not directory.is_dir():
        raise RefusedError(
            f"'{directory}' is a file", help="Name a directory.", path=str(directory)
        )
    if not any(directory.iterdir()):
        return
    if not (directory / _PLAN).exists():
        raise RefusedError(
            f"'{directory}' holds files that are no plan",
            help="Name a new directory.",
            path=str(directory),
        )
    try:
        other = plan_in(str(directory))
    except InputError:
        raise RefusedError(
            f"'{directory}' holds a plan that cannot be read",
            help="Name a new directory, or delete this one.",
            path=str(directory),
        ) from None
    if other.id != plan.id or _paths(other) != _paths(plan):
        raise RefusedError(
            f"'{directory}' holds another plan, {other.id}",
            help="Name a new directory.",
            path=str(directory),
        )
    if ledger.load(directory, plan.id).events:
        raise RefusedError(
            f"the plan {plan.id} has begun: deploys of it are recorded in {ledger.FILE}",
            help=f"Run 'migsafe plan rebase {directory}' to plan again what is not released.",
            path=str(directory),
        )


def _paths(plan: Plan) -> tuple[str, ...]:
    return tuple(source.path for source in plan.sources)


def read(directory: Path) -> Plan:
    """Return the plan that a directory holds.

    Raises:
        InputError: If it holds none, or one that cannot be read.
    """
    return plan_in(str(directory))


def check(directory: Path, replan: Replan) -> tuple[Problem, ...]:
    """Return what is not as migsafe would write it now.

    The same version must give the same bytes; another version the same operations.

    Args:
        directory: The plan directory.
        replan: Plans the source again.

    Raises:
        InputError: If the plan cannot be read.
    """
    plan = read(directory)
    again = replan(plan)
    since = tuple(each for each in again.plan.base_history if each not in plan.base_history)
    if since:
        help_ = f"run 'migsafe plan rebase {directory}'"
        message = f"{', '.join(since)} touched its tables since it was planned: {help_}"
        return (Problem("stale", str(directory / _PLAN), message),)
    if plan.tool_version != __version__:
        return tuple(_other_version(plan, again.plan, directory))
    problems: list[Problem] = []
    expected = {file.path: file.text for file in contents(again)}
    for path, text in expected.items():
        place = directory / path
        try:
            there = place.read_bytes()
        except OSError:
            problems.append(Problem("missing", str(place), "is not there"))
            continue
        if there != text.encode():
            problems.append(
                Problem("edited", str(place), "is not what migsafe writes for this plan")
            )
    for place in sorted(directory.rglob("*")):
        inside = place.relative_to(directory).as_posix()
        if place.is_file() and inside not in expected and inside != ledger.FILE:
            problems.append(Problem("unknown", str(place), "is no file of this plan"))
    return tuple(problems)


def _other_version(plan: Plan, again: Plan, directory: Path) -> list[Problem]:
    """Return problems where another version wrote the plan: operations count, not bytes."""
    path = str(directory / _PLAN)
    if [_work(each) for each in plan.deploys] == [_work(each) for each in again.deploys]:
        return []
    return [
        Problem(
            "differs",
            path,
            f"migsafe {plan.tool_version} wrote it; {__version__} plans other operations",
        )
    ]


def same_work(one: Deploy, other: Deploy) -> bool:
    """Return whether two deploys do the same, whatever words they use."""
    return _work(one) == _work(other)


def _work(deploy: Deploy) -> tuple[object, ...]:
    return (
        deploy.kind,
        deploy.works_with,
        deploy.point_of_no_return,
        tuple((step.up, step.down, step.transactional) for step in deploy.steps),
        deploy.backfill,
    )
