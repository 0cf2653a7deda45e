"""Plans for people, as a timeline: at most a hundred columns."""

from collections.abc import Iterator
from textwrap import wrap

from migsafe.model.plan import Deploy, DeployKind, Plan, Step
from migsafe.render import brings, duration, evidence, plain, ranges
from migsafe.writing.sql import write

_WIDTH = 100
_COLUMN = 13
_LINES = 4
"""A statement shows at most so many lines; PLAN.md has all of it."""


def render(plan: Plan) -> str:
    """Return a plan as text; lines end without blanks."""
    return "".join(f"{line.rstrip()}\n" for line in _lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    count = len(plan.deploys)
    sources = ", ".join(plain(source.path) for source in plan.sources)
    made_from = f" from {sources}" if sources else ""
    deploys = f"{count} deploy{'' if count == 1 else 's'}"
    yield from _wrapped(f"plan {plain(plan.id)}{made_from}: {deploys}", "", "  ")
    for number, deploy in enumerate(plan.deploys, start=1):
        yield from _deploy(number, deploy, plan)
    yield from _versions(plan)
    yield from _returns(plan)
    for note in plan.notes:
        yield from _wrapped(plain(note), "   note      ")


def _wrapped(text: str, start: str, indent: str = " " * _COLUMN) -> list[str]:
    return wrap(
        text,
        _WIDTH,
        initial_indent=start,
        subsequent_indent=indent,
        break_on_hyphens=False,
    ) or [start]


def _deploy(number: int, deploy: Deploy, plan: Plan) -> Iterator[str]:
    kind = deploy.kind.value
    if deploy.kind is DeployKind.CODE:
        kind = f"code {brings(plan, number)}"
    no_return = "   POINT OF NO RETURN" if deploy.point_of_no_return else ""
    title = f"{plain(deploy.title)} ({deploy.phase}){no_return}"
    yield from _wrapped(title, f"{number:>2} {kind:<9} ")
    yield from _gate(number, deploy)
    indent = " " * _COLUMN
    for step in deploy.steps:
        yield from _step(step)
    for change in deploy.code:
        if plain(change.instruction) != plain(deploy.title):
            yield from _wrapped(plain(change.instruction), indent)
        if change.before:
            yield from _wrapped(plain(change.before), f"{indent}before  ", f"{indent}        ")
        if change.after:
            yield from _wrapped(plain(change.after), f"{indent}after   ", f"{indent}        ")
    if deploy.backfill is not None:
        yield from _statement(deploy.backfill.once_sql)
        batches = f"in batches of {plain(deploy.backfill.table)}; can stop and resume"
        how = batches if deploy.backfill.keys else "in one statement; it can be run again"
        yield from _wrapped(how, f"{indent}  ")


def _gate(number: int, deploy: Deploy) -> Iterator[str]:
    parts = [
        plain(f"{evidence(condition)}: {condition.expect}")
        if condition.sql is not None
        else plain(evidence(condition))
        for condition in deploy.gate
    ]
    if deploy.min_soak is not None:
        soak = duration(deploy.min_soak)
        parts.append(f"{soak} after deploy {number - 1}" if number > 1 else f"watched for {soak}")
    if parts:
        yield from _wrapped("; ".join(parts), f"   {f'gate {number}':<9} ")


def _step(step: Step) -> Iterator[str]:
    for operation in step.up:
        yield from _statement(write(operation))
    yield from _wrapped("; ".join(_costs(step)), " " * (_COLUMN + 2), " " * (_COLUMN + 2))


def _statement(sql: str) -> Iterator[str]:
    """Yield a statement; of a body of several lines only what stands before it."""
    indent = " " * _COLUMN
    head, several, _ = sql.partition("\n")
    lines = _wrapped(plain(head) + (" …" if several else ""), indent, f"{indent}    ")
    yield from lines[:_LINES]
    if len(lines) > _LINES:
        yield f"{indent}    …"


def _costs(step: Step) -> Iterator[str]:
    if step.locks is None:
        yield "locks not known"
    elif not step.locks:
        yield "locks no table"
    else:
        yield "locks " + ", ".join(f"{plain(lock.relation)} {lock.mode}" for lock in step.locks)
        if all(not lock.mode.blocks_writes for lock in step.locks):
            yield "reads and writes go on"
    if step.transactional and step.lock_timeout_ms is not None:
        yield f"lock_timeout {_seconds(step.lock_timeout_ms)}"
    if not step.transactional:
        yield "outside a transaction"


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"


def _versions(plan: Plan) -> Iterator[str]:
    last = len(plan.deploys)
    for at, version in enumerate(plan.code_versions):
        works = [
            number for number, deploy in enumerate(plan.deploys, start=1) if at in deploy.works_with
        ]
        said = f"works after {ranges(works)}" if works else "works after none of them"
        failing = [number for number in range(1, last + 1) if number not in works]
        if failing:
            said += f"; not after {ranges(failing)}"
        head = f"   {version.id:<3}{plain(version.title)}"
        yield from _wrapped(f"{head.strip()}: {said}", "   ", "      ")


def _returns(plan: Plan) -> Iterator[str]:
    lost = [
        number for number, deploy in enumerate(plan.deploys, start=1) if deploy.point_of_no_return
    ]
    if lost:
        yield f"   point of no return: {ranges(lost)}; until then every deploy can be taken back"
    elif plan.deploys:
        yield "   no point of no return"
