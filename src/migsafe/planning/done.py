"""Records what became of a deploy, and which code versions that retires."""

from pathlib import Path

from migsafe.ledger.released import Event, EventKind, Released, append, load
from migsafe.model.errors import RefusedError, UsageError
from migsafe.model.plan import Deploy, DeployKind, Plan
from migsafe.planning.directory import read
from migsafe.render import argument


def deploy_of(plan: Plan, number: int) -> Deploy:
    """Return a deploy by its number.

    Raises:
        UsageError: If the plan has no such deploy.
    """
    if not 1 <= number <= len(plan.deploys):
        raise UsageError(
            f"the plan {plan.id} has no deploy {number}",
            help=f"It has deploys 1 to {len(plan.deploys)}.",
        )
    return plan.deploys[number - 1]


def require_before(plan: Plan, released: Released, number: int, directory: Path) -> None:
    """Raise RefusedError unless every deploy before one is recorded as done."""
    first = released.next_deploy(number - 1)
    if first is not None:
        raise RefusedError(
            f"deploy {first} of the plan {plan.id} is not recorded as done: "
            f"deploy {number} stands on it",
            help=f"When it is through, run: migsafe plan done {argument(directory)} "
            f"--deploy {first}",
        )


def done(directory: Path, number: int, *, at: str, by: str | None = None) -> Released:
    """Record that a deploy is through, and return the record.

    Args:
        directory: The plan directory.
        number: The deploy.
        at: When, in UTC, ISO 8601.
        by: Who says so.

    Raises:
        RefusedError: If one before it is not done, or it was not released.
        UsageError: If the plan has no such deploy.
    """
    plan = read(directory)
    deploy = deploy_of(plan, number)
    released = load(directory, plan.id)
    require_before(plan, released, number, directory)
    if released.is_done(number):
        raise RefusedError(
            f"deploy {number} of the plan {plan.id} is recorded as done already",
            help="Nothing is to be recorded.",
        )
    if deploy.kind is DeployKind.CODE and number == 1:
        _refuse_source(plan, directory)
    if deploy.kind is not DeployKind.CODE and not released.is_out(number):
        raise RefusedError(
            f"deploy {number} of the plan {plan.id} was not released",
            help=f"Run: migsafe plan release {argument(directory)} --deploy {number}",
        )
    return append(directory, plan.id, Event(number, EventKind.DONE, at, by))


def _refuse_source(plan: Plan, directory: Path) -> None:
    """Raise where the code is said to be out while what it prepares for may run at any time."""
    for source in plan.sources:
        if Path(source.path).is_file():
            raise RefusedError(
                f"'{source.path}' still lies where its tool runs it",
                help=f"Run: migsafe plan release {argument(directory)} --deploy 1, which takes "
                "it away",
                path=source.path,
            )


def rolled_back(directory: Path, number: int, *, at: str, by: str | None = None) -> Released:
    """Record that a deploy was taken back, and return the record.

    Raises:
        RefusedError: If it is not out, or one after it is.
        UsageError: If the plan has no such deploy.
    """
    plan = read(directory)
    deploy_of(plan, number)
    released = load(directory, plan.id)
    later = [each for each in range(number + 1, len(plan.deploys) + 1) if released.is_out(each)]
    if later:
        raise RefusedError(
            f"deploy {later[-1]} of the plan {plan.id} is out and stands on deploy {number}",
            help="Take back the newest deploy first.",
        )
    if not released.is_out(number):
        raise RefusedError(
            f"deploy {number} of the plan {plan.id} is not out",
            help="Nothing is to be taken back.",
        )
    return append(directory, plan.id, Event(number, EventKind.ROLLED_BACK, at, by))


def retired(plan: Plan, released: Released) -> tuple[str, ...]:
    """Return the code versions that are recorded as running no more.

    A code deploy that is done retires the versions that are missing from its `works_with`.
    """
    gone = {
        at
        for number, deploy in enumerate(plan.deploys, start=1)
        if deploy.kind is DeployKind.CODE and released.is_done(number)
        for at in range(len(plan.code_versions))
        if at not in deploy.works_with
    }
    # What has not been deployed yet is not retired, it is to come.
    newest = max(
        (
            max(deploy.works_with, default=0)
            for number, deploy in enumerate(plan.deploys, start=1)
            if released.is_done(number)
        ),
        default=0,
    )
    return tuple(
        version.id for at, version in enumerate(plan.code_versions) if at in gone and at < newest
    )
