"""Plans as runnable files: SQL pairs, or a chain of Alembic revisions."""

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from textwrap import wrap

from migsafe.model.origin import Runner
from migsafe.model.plan import DeployKind, Plan, PlanFile
from migsafe.model.record import record, replace
from migsafe.render import plain
from migsafe.sources.plans.layout import ALEMBIC, Group, PlannedFile, files_of, layout
from migsafe.writing.alembic import Block, revision
from migsafe.writing.sql import statements

_WIDTH = 96
_DIRECTIVE = re.compile(r"(migsafe|squawk|noqa|eugene|atlas|sqlfluff)\s*:", re.IGNORECASE)
_NO_TRANSACTION = "-- migsafe: transaction=none\n"


@record
class Written:
    """A file as text; `path` is relative to the plan directory."""

    path: str
    text: str

    @property
    def sha256(self) -> str:
        """The digest of the file's bytes."""
        return digest(self.text)


@record
class Chain:
    """The ids of a chain of revisions: what each file is called, and what it stands on."""

    revisions: tuple[str, ...]
    down: tuple[str, ...]

    def parents(self, at: int) -> tuple[str, ...]:
        """Return what the revision at a place of the chain stands on."""
        return self.down if at == 0 else (self.revisions[at - 1],)


def digest(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes."""
    return sha256(text.encode()).hexdigest()


def written(plan: Plan) -> tuple[Written, ...]:
    """Return all runnable files of a plan, as they lie in its directory."""
    return tuple(
        each
        for number in range(1, len(plan.deploys) + 1)
        for pair in pairs(plan, number)
        for each in pair
    )


def with_files(plan: Plan) -> Plan:
    """Return a plan whose deploys name their files, with digests."""
    deploys = []
    for number, deploy in enumerate(plan.deploys, start=1):
        files = tuple(
            PlanFile(
                path=pair[0].path,
                down_path=pair[1].path if len(pair) > 1 else None,
                sha256=pair[0].sha256,
                down_sha256=pair[1].sha256 if len(pair) > 1 else None,
                transaction="file" if planned.transactional else "none",
            )
            for planned, pair in zip(files_of(plan, number), pairs(plan, number), strict=True)
        )
        deploys.append(replace(deploy, files=files))
    return replace(plan, deploys=tuple(deploys))


def pairs(plan: Plan, number: int) -> tuple[tuple[Written, ...], ...]:
    """Return the files of one deploy: up with down, or a revision alone."""
    planned = files_of(plan, number)
    if plan.convention != ALEMBIC:
        return tuple(
            (
                Written(f"{file.stem}.up.sql", script(plan, file, file.up)),
                Written(f"{file.stem}.down.sql", script(plan, file, file.down)),
            )
            for file in planned
        )
    everything = layout(plan)
    ids = tuple(revision_id(plan, file) for file in everything)
    chain = Chain(ids, plan.sources[0].revises if plan.sources else ())
    first = everything.index(planned[0]) if planned else 0
    return tuple(
        (Written(f"{file.stem}.py", module(plan, file, ids[at], chain.parents(at))),)
        for at, file in enumerate(planned, start=first)
    )


def revision_id(plan: Plan, file: PlannedFile) -> str:
    """Return the id of a file's revision while it lies in the plan directory."""
    return sha256(f"{plan.id}\n{file.stem}".encode()).hexdigest()[:12]


# --- SQL -----------------------------------------------------------------------------


def script(plan: Plan, file: PlannedFile, groups: tuple[Group, ...]) -> str:
    """Return the SQL file of one direction."""
    is_up = groups is file.up
    lines = [*_comment(title(plan, file, up=is_up))]
    if not groups:
        lines.extend(_comment(_nothing(plan, file, up=is_up)))
    text = "".join(f"-- {line}\n" for line in lines)
    for group in groups:
        if not group.transactional:
            text = f"{_NO_TRANSACTION}{text}"
        why = "".join(f"-- {line}\n" for line in _comment(group.why))
        text += f"{why}{_in_transaction(group, plan.runner)}"
    return text


def _in_transaction(group: Group, runner: Runner) -> str:
    """Return the statements of a group, with a transaction where no runner is known to make one.

    A runner that makes one all the same warns about BEGIN, and ends it with COMMIT.
    """
    text = statements(group.operations)
    if group.transactional and len(group.operations) > 1 and runner in {Runner.AUTO, Runner.NONE}:
        return f"BEGIN;\n{text}COMMIT;\n"
    return text


def title(plan: Plan, file: PlannedFile, *, up: bool = True) -> str:
    """Return the first line of a file: which deploy of which plan it is."""
    deploy = plan.deploys[file.deploy - 1]
    start = "Deploy" if up else "Back from deploy"
    place = f"{file.deploy} of {len(plan.deploys)} ({deploy.phase})"
    return f"{start} {place} of the plan {plan.id}: {deploy.title}"


def _nothing(plan: Plan, file: PlannedFile, *, up: bool) -> str:
    deploy = plan.deploys[file.deploy - 1]
    if up:
        return "Nothing to do on the way up: the way down takes one more statement."
    if deploy.kind is DeployKind.BACKFILL:
        return "Nothing to take back: the values it wrote harm nobody."
    return "Nothing to take back."


def _comment(text: str) -> list[str]:
    """Return a text as lines of a comment that speaks to no tool.

    Names in it are somebody else's: a line of them must not be read as an instruction.
    """
    quiet = _DIRECTIVE.sub(r"\1 :", plain(text))
    return wrap(quiet, _WIDTH, break_long_words=False, break_on_hyphens=False)


# --- Alembic -------------------------------------------------------------------------


def module(plan: Plan, file: PlannedFile, id: str, parents: Sequence[str]) -> str:
    """Return the revision file that holds both directions."""
    message = "\n".join(_comment(title(plan, file)))
    return revision(
        id,
        parents[0] if parents else None,
        message,
        _blocks(file.up),
        _blocks(file.down),
    )


def _blocks(groups: Iterable[Group]) -> list[Block]:
    return [
        Block(group.operations, "\n".join(_comment(group.why)), group.transactional)
        for group in groups
    ]
