"""Effects of statements for people: a short table for each file."""

from collections.abc import Iterator

from migsafe.model.compatibility import OldStatement, Outcome
from migsafe.model.effects import Never
from migsafe.model.inspection import Inspected, Window
from migsafe.render import plain

_ON_RELATIONS = frozenset(OldStatement) - {OldStatement.CALL}
_SQL = 60
_OLD = 6
_REMARKS = 8


def render(
    inspected: tuple[Inspected, ...],
    *,
    dialect: str,
    server_version: int,
    server: str | None = None,
    remarks: tuple[str, ...] = (),
) -> str:
    """Return one block a statement: what it is, and what it does, line by line.

    Args:
        inspected: The statements.
        dialect: The kind of server.
        server_version: Its major version.
        server: What they were measured on; None: they are predicted.
        remarks: What a reader must know about the measurement.
    """
    how = "predicted" if server is None else f"measured on {plain(server)}"
    lines = [f"{dialect} {server_version}, {how}"]
    lines.extend(f"note: {plain(text)}" for text in remarks[:_REMARKS])
    if len(remarks) > _REMARKS:
        lines.append(f"note: … {len(remarks) - _REMARKS} more: --format json")
    place: tuple[str, str] | None = None
    for one in inspected:
        if (one.place.path, one.section) != place:
            place = (one.place.path, one.section)
            lines.append(f"{plain(one.place.path)}   {one.section}")
        lines.append(f"{one.place.line:>3} {_clipped(one.sql)}")
        lines.extend(f"      {label:<11}{text}" for label, text in _rows(one))
    return "".join(f"{line}\n" for line in lines)


def _clipped(sql: str) -> str:
    line = plain(sql)
    return line if len(line) <= _SQL else f"{line[:_SQL]} …"


def _rows(one: Inspected) -> Iterator[tuple[str, str]]:
    effects = one.effects
    yield from _locks(one)
    for label, names in (
        ("rewrites", effects.rewrites),
        ("scans", effects.scans),
        ("builds", effects.builds),
    ):
        if names:
            yield label, ", ".join(str(name) for name in names)
    if one.forbidden_in_transaction:
        yield "runs", "outside a transaction only"
    if not isinstance(effects.fails, Never):
        when = "always" if one.fails == "certain" else "on some data"
        yield "fails", f"{when} ({effects.fails.sqlstate}): {plain(effects.fails.reason)}"
    yield from _consequences(one)
    reasons: dict[str, list[str]] = {}
    for fact, reason in (
        *((unknown.fact, unknown.decides) for unknown in effects.unknown),
        *one.unmeasured,
    ):
        reasons.setdefault(reason, []).append(fact.replace("_", " "))
    for reason, facts in reasons.items():
        yield "not known", f"{', '.join(facts)}: {plain(reason)}"
    for remark in one.remarks:
        yield "note", plain(remark)


def _locks(one: Inspected) -> Iterator[tuple[str, str]]:
    window, locks = one.window, one.effects.locks
    until = "" if window is None else _until(window, one.place.line)
    for name, lock in sorted(locks.items(), key=lambda pair: (-pair[1], pair[0])):
        yield "locks", f"{name} {lock} ({lock.blocks} wait{until})"
    if window is None:
        return
    if not one.effects.brief:
        # What an earlier statement locked waits for this one as well.
        waiting: dict[str, list[str]] = {}
        for name, (lock, line) in sorted(window.held.items()):
            if lock.blocks_writes and lock > locks.get(name, 0):
                waiting.setdefault(lock.blocks, []).append(f"{name} since line {line}")
        for blocked, names in waiting.items():
            yield "meanwhile", f"{blocked} wait for {', '.join(names)}"
    if window.lock_timeout_ms is None and any(lock.blocks_writes for lock in locks.values()):
        yield "queue", "without a lock_timeout all later statements wait behind its wait"


def _until(window: Window, line: int) -> str:
    if window.ends is None or window.ends <= line:
        return ""
    doubt = "" if window.certain else ", runner not known"
    return f" until line {window.ends} is done{doubt}"


def _consequences(one: Inspected) -> Iterator[tuple[str, str]]:
    for outcome in reversed(Outcome):
        kinds = [kind for kind, met in one.old_kinds.items() if met is outcome]
        if kinds:
            every = _ON_RELATIONS.issubset(kinds)
            yield "old code", f"{outcome}: {'every statement' if every else ', '.join(kinds)}"
    for old in one.old_code[:_OLD]:
        error = f" ({old.error})" if old.error is not None else ""
        yield "", f"{old.outcome}{error}: {_clipped(old.sql)}"
    if len(one.old_code) > _OLD:
        yield "", f"… {len(one.old_code) - _OLD} more: --format json"
    if one.loses_data:
        yield "loses", "what cannot be had again"
