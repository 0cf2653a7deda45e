"""Which files a plan has, and what each of them holds: one transaction a file.

Written files and files that are met again are both compared with what stands here.
"""

from migsafe.model.operations import (
    AnonymousBlock,
    Operation,
    Query,
    Select,
    SetParameter,
)
from migsafe.model.plan import Deploy, DeployKind, Direction, Plan, Step
from migsafe.model.record import record, replace
from migsafe.sources.plans.record import operations

ALEMBIC = "alembic"
BOUNDARY: Operation = Select(Query("SELECT 1"))
"""What stands alone in an autocommit block to commit what ran before it."""
_BATCHES = (
    "On a large table run the batches first (PLAN.md): this finds nothing left to change then."
)


@record
class Group:
    """Operations of one transaction; each for itself where `transactional` is False."""

    operations: tuple[Operation, ...]
    transactional: bool = True
    why: str = ""


_REFUSAL = (
    Group(
        (
            AnonymousBlock(
                "plpgsql",
                "\nBEGIN\n"
                "  RAISE EXCEPTION 'point of no return: nothing brings back what was removed';\n"
                "END\n",
            ),
        ),
        why="Going further back would lose what was written since, so this stops here.",
    ),
)


@record
class PlannedFile:
    """A file of a deploy: its name without suffix, and its groups in both directions."""

    deploy: int
    stem: str
    slug: str
    up: tuple[Group, ...]
    down: tuple[Group, ...]

    @property
    def transactional(self) -> bool:
        """Whether it runs inside a transaction of its runner."""
        return all(
            group.transactional
            for group in (*self.up, *self.down)
            if group.operations != (BOUNDARY,)
        )


def layout(plan: Plan) -> tuple[PlannedFile, ...]:
    """Return the files of a plan in the order in which they run."""
    return tuple(
        file for number in range(1, len(plan.deploys) + 1) for file in files_of(plan, number)
    )


def files_of(plan: Plan, number: int) -> tuple[PlannedFile, ...]:
    """Return the files of one deploy; none for code."""
    deploy = plan.deploys[number - 1]
    if plan.convention == ALEMBIC:
        parts = _revisions(deploy)
    else:
        parts = [part for step in deploy.steps for part in _scripts(step, deploy)]
        if deploy.backfill is not None:
            parts.append(_Part((Group(operations(deploy.backfill.once_sql), why=_BATCHES),)))
    word = "backfill" if deploy.kind is DeployKind.BACKFILL else deploy.phase.value
    files = []
    for at, part in enumerate(parts, start=1):
        slug = f"{word}_{at}" if len(parts) > 1 else word
        stem = f"{number:02}_{slug}"
        files.append(PlannedFile(number, stem, f"{number}_{slug}", part.up, part.down))
    return tuple(files)


@record
class _Part:
    """What one file holds."""

    up: tuple[Group, ...] = ()
    down: tuple[Group, ...] = ()


def _scripts(step: Step, deploy: Deploy) -> list[_Part]:
    """Return the SQL files of a step.

    A tool that sends a file as one query makes a transaction of two statements: what may
    not run in one has a file to itself. The ways down run from the last file to the first.
    """
    if step.transactional:
        return [_together(step, deploy)]
    count = max(len(step.up), len(step.down))
    parts: list[_Part] = []
    for at in range(count):
        back = count - 1 - at
        up = _alone(step.up[at : at + 1], step.why)
        parts.append(_Part(up, _alone(step.down[back : back + 1])))
    return parts


def _together(step: Step, deploy: Deploy) -> _Part:
    down = _REFUSAL if _removes(step, deploy) else _timed(step, step.down)
    return _Part(_timed(step, step.up, step.why), down)


def _removes(step: Step, deploy: Deploy) -> bool:
    """Return whether a step takes something away for good."""
    return deploy.point_of_no_return and step.direction is Direction.REMOVE and not step.down


def _timed(step: Step, steps: tuple[Operation, ...], why: str = "") -> tuple[Group, ...]:
    if not steps:
        return ()
    timeouts = (
        ("lock_timeout", step.lock_timeout_ms),
        ("statement_timeout", step.statement_timeout_ms),
    )
    sets = tuple(
        SetParameter(parameter, _duration(value), local=True)
        for parameter, value in timeouts
        if value is not None
    )
    return (Group((*sets, *steps), why=why),)


def _duration(milliseconds: int) -> str:
    if milliseconds % 1000 == 0:
        return f"{milliseconds // 1000}s"
    return f"{milliseconds}ms"


def _revisions(deploy: Deploy) -> list[_Part]:
    """Return the revisions of a deploy.

    Alembic runs an upgrade as one transaction unless env.py says otherwise. Only an
    autocommit block commits in between: a revision that follows one with a transaction
    begins with a block that does nothing else.
    """
    parts: list[_Part] = []
    for step in deploy.steps:
        if step.transactional:
            parts.append(_together(step, deploy))
        else:
            parts.append(_Part(_alone(step.up, step.why), _alone(step.down)))
    if deploy.backfill is not None:
        once = operations(deploy.backfill.once_sql)
        # One statement commits by itself, and so keeps the schema's locks apart.
        parts.append(_Part((Group(once, len(once) > 1, _BATCHES),)))
    last = len(parts) - 1
    return [
        replace(
            part,
            up=_parted(part.up, parts[at - 1].up if at else ()),
            down=_parted(part.down, parts[at + 1].down if at < last else ()),
        )
        for at, part in enumerate(parts)
    ]


def _alone(steps: tuple[Operation, ...], why: str = "") -> tuple[Group, ...]:
    return (Group(steps, transactional=False, why=why),) if steps else ()


def _parted(groups: tuple[Group, ...], before: tuple[Group, ...]) -> tuple[Group, ...]:
    """Return groups that do not share a transaction with what runs before them."""
    shared = before and before[-1].transactional and groups and groups[0].transactional
    if not shared:
        return groups
    why = "Commits what ran before: what follows has a transaction of its own."
    return (Group((BOUNDARY,), transactional=False, why=why), *groups)
