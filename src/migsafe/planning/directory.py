"""Plan directories: written whole or not at all, read, and checked against a new planning."""

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from migsafe import __version__
from migsafe.ledger import released as record
from migsafe.model.errors import InputError, RefusedError
from migsafe.model.plan import Plan
from migsafe.planning.files import Written, written
from migsafe.planning.finish import Finished
from migsafe.render import plan_json, plan_markdown
from migsafe.sources.convention import conventions
from migsafe.sources.files import Files, shown
from migsafe.sources.plans.tree import plan_in

_PLAN, _PAGE = "plan.json", "PLAN.md"
_OWN = "migsafe-plan-"


@dataclass(frozen=True, slots=True)
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
    replace_directory(directory, contents(finished), keep=(record.FILE,))


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
    """Raise RefusedError if a migration tool reads a directory or one above it."""
    files = Files()
    start = Path(os.path.abspath(directory))  # noqa: PTH100 - links stay as they were written
    for place in (start, *start.parents):
        runner = _runner_of(shown(str(place)), files, recursive=place != start)
        if runner is not None:
            raise RefusedError(
                f"'{directory}' lies where {runner} looks for migrations: a plan that it reads "
                "would be applied as a whole",
                help="Name a directory outside of it, such as migsafe/plans/NAME.",
                path=str(directory),
            )
        if (place / ".git").exists():
            break


def _runner_of(directory: str, files: Files, *, recursive: bool) -> str | None:
    """Return the tool that reads a directory, as far as its files tell."""
    names = files.names(directory)
    if "plan.json" in names and not recursive:
        return None
    for convention in conventions():
        if convention.roots is not None:
            # A configuration names its directories, empty ones too.
            for root in convention.roots(directory, files):
                if not recursive and _same_place(root, directory):
                    return convention.name
    for name in sorted(names):
        path = name if directory == "." else f"{directory}/{name}"
        if not files.exists(path):
            continue
        for convention in conventions():
            home = convention.home(path, files)
            if home is None:
                continue
            if home != path and _holds(home, directory):
                return convention.name
            break
    return None


def _same_place(one: str, other: str) -> bool:
    return os.path.normpath(one) == os.path.normpath(other)


def _holds(root: str, directory: str) -> bool:
    here, there = os.path.abspath(root), os.path.abspath(directory)  # noqa: PTH100
    return there == here or there.startswith(here.rstrip(os.sep) + os.sep)


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
    if record.load(directory, plan.id).events:
        raise RefusedError(
            f"the plan {plan.id} has begun: deploys of it are recorded in {record.FILE}",
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
    if plan.tool_version != __version__:
        return tuple(_other_version(plan, again.plan, directory))
    again = replace(again, plan=replace(again.plan, sources=plan.sources))
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
        if place.is_file() and inside not in expected and inside != record.FILE:
            problems.append(Problem("unknown", str(place), "is no file of this plan"))
    return tuple(problems)


def _other_version(plan: Plan, again: Plan, directory: Path) -> list[Problem]:
    """Return problems where another version wrote the plan: operations count, not bytes."""
    path = str(directory / _PLAN)
    if _done(plan) == _done(again):
        return []
    return [
        Problem(
            "differs",
            path,
            f"migsafe {plan.tool_version} wrote it; {__version__} plans other operations",
        )
    ]


def _done(plan: Plan) -> tuple[object, ...]:
    """Return what a plan does, without words and digests."""
    return tuple(
        (
            deploy.kind,
            deploy.works_with,
            deploy.point_of_no_return,
            tuple((step.up, step.down, step.transactional) for step in deploy.steps),
            None if deploy.backfill is None else deploy.backfill,
        )
        for deploy in plan.deploys
    )
