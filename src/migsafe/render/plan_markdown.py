"""PLAN.md: a plan to review, to run and to go back on."""

import re
from collections.abc import Iterator

from migsafe.model.plan import Backfill, Deploy, DeployKind, Plan, Step
from migsafe.render import (
    backticks,
    brings,
    code,
    duration,
    escaped,
    evidence,
    plain,
    ranges,
)
from migsafe.writing.sql import statements

_LABEL = re.compile(r"[^A-Za-z0-9 .,()-]")
_NODES = 12


def render(plan: Plan) -> str:
    """Return a plan as Markdown."""
    return "\n\n".join(_blocks(plan)) + "\n"


def _blocks(plan: Plan) -> Iterator[str]:
    yield f"# Plan {escaped(plan.id)}"
    sources = ", ".join(f"{code(each.path)} ({escaped(each.revision)})" for each in plan.sources)
    if sources:
        yield f"Made from {sources} by migsafe {escaped(plan.tool_version)}."
    if plan.notes:
        yield "\n".join(f"- {escaped(note)}" for note in plan.notes)
    yield "## Which code runs on which schema"
    yield _table(plan)
    yield (
        "✓: this version of the code runs correctly after the deploy and until the next one. "
        "✗: it does not; older code must be gone when the deploy starts, newer code must wait."
    )
    if 1 < len(plan.deploys) <= _NODES:
        yield _picture(plan)
    for number, deploy in enumerate(plan.deploys, start=1):
        yield from _deploy(number, deploy, plan)
    yield "## How to go on"
    yield (
        "Each deploy is released when the one before is recorded as done: "
        "`migsafe plan release DIR --deploy N` writes its files into the migration tool's "
        "directory, `migsafe plan done DIR --deploy N --by NAME` records that it is through. "
        "`migsafe plan rebase DIR` plans again what is not released, after another migration "
        "has changed one of these tables."
    )


def _table(plan: Plan) -> str:
    heads = [f"{version.id} {escaped(version.title)}" for version in plan.code_versions]
    lines = [
        f"| Deploy | Kind | What | {' | '.join(heads)} |",
        f"|---|---|---|{'---|' * len(heads)}",
    ]
    for number, deploy in enumerate(plan.deploys, start=1):
        marks = ["✓" if at in deploy.works_with else "✗" for at in range(len(plan.code_versions))]
        what = escaped(deploy.title)
        if deploy.point_of_no_return:
            what += " (**point of no return**)"
        lines.append(f"| {number} | {_kind(number, plan)} | {what} | {' | '.join(marks)} |")
    return "\n".join(lines)


def _kind(number: int, plan: Plan) -> str:
    deploy = plan.deploys[number - 1]
    version = brings(plan, number)
    return deploy.kind.value if version is None else f"code {version}"


def _picture(plan: Plan) -> str:
    lines = ["flowchart LR"]
    for number, deploy in enumerate(plan.deploys, start=1):
        label = f"{number} {_kind(number, plan)}: {deploy.title}"
        lines.append(f'  d{number}["{_label(label)}"]')
    lines.extend(f"  d{number} --> d{number + 1}" for number in range(1, len(plan.deploys)))
    body = "\n".join(lines)
    return f"```mermaid\n{body}\n```"


def _label(text: str) -> str:
    """Return a text as it may stand in a label: anything special as a number."""
    return _LABEL.sub(lambda found: f"#{ord(found[0])};", plain(text))


# --- one deploy --------------------------------------------------------------------------


def _deploy(number: int, deploy: Deploy, plan: Plan) -> Iterator[str]:
    yield f"## Deploy {number}: {_kind(number, plan)}, {escaped(deploy.title)}"
    said = [f"Phase: {deploy.phase}."]
    if deploy.files:
        paths = [
            path
            for file in deploy.files
            for path in (file.path, file.down_path)
            if path is not None
        ]
        said.append(f"Files: {', '.join(map(code, paths))}.")
    yield " ".join(said)
    if deploy.point_of_no_return:
        yield ("**Point of no return.** What this deploy removes comes back from a backup only.")
    yield from _gate(number, deploy)
    yield from _code_changes(deploy)
    for at, step in enumerate(deploy.steps, start=1):
        yield from _step(f"{number}.{at}", step, deploy)
    if deploy.backfill is not None:
        yield from _backfill(deploy.backfill)
    if deploy.if_it_fails is not None:
        yield f"If it fails: {_ended(deploy.if_it_fails)}"
    elif deploy.steps and all(step.transactional for step in deploy.steps):
        yield (
            "If it fails: the step that failed has changed nothing; run the same file again. "
            "A lock that was not granted in time is the usual cause."
        )
    yield _going_back(number, deploy, plan)


def _code_changes(deploy: Deploy) -> Iterator[str]:
    for change in deploy.code:
        yield f"The code: {_ended(change.instruction)}"
        if change.before:
            yield f"Before:\n\n{_fence(change.before, '')}"
        if change.after:
            yield f"After:\n\n{_fence(change.after, '')}"

    if deploy.flags:
        yield f"Behind the flags {', '.join(map(code, deploy.flags))}."


def _gate(number: int, deploy: Deploy) -> Iterator[str]:
    if deploy.gate or deploy.min_soak is not None:
        yield "Start only when:"
    for condition in deploy.gate:
        line = f"- {escaped(evidence(condition))}: {escaped(condition.expect)}"
        if condition.sql is not None:
            line += f"\n\n{_indented(_fence(condition.sql, 'sql'))}"
        yield line
    if deploy.min_soak is not None:
        soak = duration(deploy.min_soak)
        since = f"{soak} have passed since deploy {number - 1} is done"
        yield f"- {since if number > 1 else f'that was watched for {soak}'}"


def _step(id: str, step: Step, deploy: Deploy) -> Iterator[str]:
    yield f"### Step {id}"
    yield f"Why it is safe: {_ended(step.why)} {_locks(step)} {_bounds(step)}".rstrip()
    yield _fence(statements(step.up), "sql")
    if step.down:
        yield "Down:"
        yield _fence(statements(step.down), "sql")
    elif deploy.point_of_no_return and step.direction == "REMOVE":
        yield "Down: none; nothing brings back what is removed here."
    else:
        yield "Down: none is needed."
    if step.rollback_possible_sql is not None:
        yield "The down cannot succeed while this returns a row:"
        yield _fence(step.rollback_possible_sql, "sql")


def _locks(step: Step) -> str:
    if step.locks is None:
        return "Which locks it takes is not known."
    if not step.locks:
        return "It locks no table."
    listed = ", ".join(
        f"{code(lock.relation)} {lock.mode} ({lock.mode.blocks} wait)" for lock in step.locks
    )
    return f"Locks: {listed}."


def _bounds(step: Step) -> str:
    if not step.transactional:
        return "It runs outside a transaction, each statement by itself."
    parts = [
        f"{name} {milliseconds} ms"
        for name, milliseconds in (
            ("lock_timeout", step.lock_timeout_ms),
            ("statement_timeout", step.statement_timeout_ms),
        )
        if milliseconds is not None
    ]
    return (
        f"In a transaction of its own, {' and '.join(parts)}."
        if parts
        else ("In a transaction of its own.")
    )


def _backfill(backfill: Backfill) -> Iterator[str]:
    if backfill.keys:
        yield from _batches(backfill)
    else:
        yield (
            f"Rows of {code(backfill.table)} change in one statement: it cannot be walked by key. "
            "It can be run again at any time and then does what is left."
        )
    yield _fence(backfill.once_sql, "sql")
    yield "Done when this returns 0:"
    yield _fence(backfill.remaining_sql, "sql")


def _batches(backfill: Backfill) -> Iterator[str]:
    keys = ", ".join(map(code, backfill.keys))
    yield (
        f"Rows of {code(backfill.table)} change in batches along {keys}, so that no lock is "
        "held for long. First and last key, once:"
    )
    yield _fence(backfill.bounds_sql, "sql")
    yield (
        "Then, each time in a transaction of its own and with a pause between, the batch: "
        "`:after` is the first key and then what the batch before returned, `:stop` the last "
        "key, `:limit` the rows of a batch. It is over when no row comes back, or the last "
        "key does."
    )
    yield _fence(backfill.batch_sql, "sql")
    yield (
        "It can be stopped and started again at any time: rows that are done are not touched "
        "again. The file of this deploy does the same in one statement, for small tables and "
        "for databases that come later; after the batches it finds nothing to do."
    )


def _going_back(number: int, deploy: Deploy, plan: Plan) -> str:
    """Return what to do when the code must go back after a deploy."""
    newest = max(deploy.works_with, default=0)
    works = [version for version in sorted(deploy.works_with) if version < newest]
    names = " and ".join(f"C{version}" for version in works)
    lost = [version for version in range(newest) if version not in deploy.works_with]
    gone = " and ".join(f"C{version}" for version in lost)
    start = "If the code must go back:"
    if not lost:
        if not works:
            return f"{start} nothing to do, the code has not changed yet."
        return f"{start} {names} runs on this schema, leave the schema as it is."
    back = [
        at
        for at, each in enumerate(plan.deploys[:number], start=1)
        if each.kind is DeployKind.SCHEMA and any(v not in each.works_with for v in lost)
    ]
    final = any(plan.deploys[at - 1].point_of_no_return for at in back)
    first = f"{start} {names} runs on this schema. " if works else f"{start} "
    if final:
        return f"{first}{gone} does not, and no way down brings it back: go forward."
    if back:
        downs = ranges(back)
        return (
            f"{first}{gone} does not: first take back the schema of deploy {downs} "
            "(newest first), then the code."
        )
    return f"{first}{gone} does not: take back the code deploys in their order, newest first."


# --- escaping ----------------------------------------------------------------------------


def _ended(text: str) -> str:
    said = escaped(text)
    return said if said.endswith((".", "!", "?")) else f"{said}."


def _fence(text: str, language: str) -> str:
    """Return a code block; its fence is longer than any run of backticks inside."""
    ticks = "`" * max(3, backticks(text) + 1)
    body = text.replace("\r\n", "\n").strip("\n")
    return f"{ticks}{language}\n{body}\n{ticks}"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.split("\n"))
