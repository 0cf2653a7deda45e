"""Locks that stay while the same transaction does something slow, or locks another table."""

from collections.abc import Iterable, Iterator

from migsafe.context import Applied, Context, Deploy, line_of, some
from migsafe.effects.reach import changes_many
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding, Hazard, RelationLock
from migsafe.model.operations import Copy, DataWork, Delete, Insert, Merge, Update
from migsafe.model.origin import SectionName
from migsafe.model.record import replace

_DATA = Insert | Update | Delete | Merge | Copy | DataWork
"""Changes of data under a lock are backfill-in-schema-transaction's subject."""
_WAITS = (Hazard.BLOCKS_READS, Hazard.BLOCKS_WRITES)
Takers = dict[tuple[int, Name], Applied]


def check_deploy(deploy: Deploy, context: Context) -> Iterator[Finding]:
    """Report each transaction that shuts a table out for longer than its own change takes."""
    for way, section in ((SectionName.UP, deploy.up), (SectionName.DOWN, deploy.down)):
        gone = deploy.dropped(way)
        told = _told(section, context)
        takers: Takers = {}
        said: set[int] = set()
        second: dict[int, Finding] = {}
        for applied in section:
            number = applied.transaction.number
            if number is None:
                continue
            slow = number not in said and _is_slow(applied, context)
            taken = None if number in said | second.keys() else _taken(applied, gone, context)
            # What is held is looked through only where it matters.
            shut = _shut(applied, takers, told, context) if slow or taken else {}
            shut = {name: taker for name, taker in shut.items() if name not in gone}
            if shut and slow:
                said.add(number)
                second.pop(number, None)
                yield _slow(applied, shut, context)
            elif shut and taken is not None:
                second[number] = _two(applied, taken, shut, context)
            for name, lock in applied.effects.locks.items():
                if lock.blocks_reads:
                    takers.setdefault((number, name), applied)
        yield from second.values()


def _told(section: Iterable[Applied], context: Context) -> frozenset[tuple[int, Name]]:
    """Return the tables of which other rules say that a transaction shuts them for long.

    They are what it changes data under the lock of, and what it reads, rewrites or builds an
    index of while it keeps everybody out.
    """
    found: set[tuple[int, Name]] = set()
    for applied in section:
        number = applied.transaction.number
        if number is None:
            continue
        if changes_many(applied.operation, applied.before, applied.made | applied.emptied):
            found.update(
                (number, name) for name, lock in applied.held.items() if lock.blocks_writes
            )
        elif _is_slow(applied, context):
            for name, lock in applied.effects.locks.items():
                if lock.blocks_writes and max(lock, applied.held.get(name, lock)).blocks_reads:
                    found.add((number, name))
    return frozenset(found)


def _shut(
    applied: Applied, takers: Takers, told: frozenset[tuple[int, Name]], context: Context
) -> dict[Name, Applied]:
    """Return the live relations that earlier statements shut, and who did it."""
    at = context.at(applied)
    number = applied.transaction.number or 0
    return {
        name: taker
        for name in applied.held
        if (taker := takers.get((number, name))) is not None
        and taker.statement is not applied.statement
        and (number, name) not in told
        and at.is_busy(name)
        and applied.before.sequence(name) is None
        # CASCADE may have taken it along.
        and not applied.before.is_gone(name)
        # What the operation itself keeps waiting is its own rule's subject.
        and not _locks_itself(name, applied)
    }


def _locks_itself(name: Name, applied: Applied) -> bool:
    lock = applied.effects.lock_on(name)
    return lock is not None and lock.blocks_writes


def _is_slow(applied: Applied, context: Context) -> bool:
    at = context.at(applied)
    effects = at.effects
    return not isinstance(applied.operation, _DATA) and any(
        at.is_busy(name) for name in (*effects.scans, *effects.rewrites, *effects.builds)
    )


def _taken(applied: Applied, gone: frozenset[Name], context: Context) -> Name | None:
    """Return a live relation that an operation is the first of its transaction to shut."""
    at = context.at(applied)
    for name, lock in applied.effects.locks.items():
        held = applied.held.get(name)
        if (
            lock.blocks_reads
            and (held is None or not held.blocks_reads)
            and at.is_busy(name)
            and name not in gone
            and applied.before.sequence(name) is None
        ):
            return name
    return None


def _slow(applied: Applied, shut: dict[Name, Applied], context: Context) -> Finding:
    at = context.at(applied)
    names = list(shut)
    effects = at.effects
    worked = next(iter((*effects.rewrites, *effects.builds, *effects.scans)))
    work = (
        f"{worked} is rewritten"
        if effects.rewrites
        else f"an index of {worked} is built"
        if effects.builds
        else f"every row of {worked} is read"
    )
    finding = at.finding(
        f"While {work}, {some(names)} stay{'s' * (len(names) == 1)} under the "
        f"{applied.held[names[0]]} lock of {line_of(shut[names[0]], applied)}: reads and writes of "
        f"{'it' if len(names) == 1 else 'them'} wait until COMMIT{at.how_big(worked)}.",
        help=f"Put this statement in a migration of its own{_own(applied)}.{_unsure(applied)}",
    )
    return _about(finding, applied, names)


def _two(applied: Applied, name: Name, shut: dict[Name, Applied], context: Context) -> Finding:
    first = next(iter(shut))
    at = context.at(applied)
    limit = applied.timeouts.lock_ms
    bound = "" if limit is None else f", {limit / 1000:g} s at most"
    if limit is None and at.settings.lock_timeout == "role":
        bound = " and lock_timeout lets it"
    finding = at.finding(
        f"{first} stays under the {applied.held[first]} lock of {line_of(shut[first], applied)} "
        f"while this waits for the one on {name}: reads and writes of {first} wait as long as "
        f"any query on {name} runs{bound}, and a transaction that uses {name} first and {first} "
        "then is a deadlock.",
        help=f"Change {name} in a migration of its own{_own(applied)}.{_unsure(applied)}",
        hazards=_WAITS,
    )
    return _about(finding, applied, [first])


def _own(applied: Applied) -> str:
    if applied.origin.call_span is None:
        return ""
    return ", with transaction_per_migration=True in env.py"


def _unsure(applied: Applied) -> str:
    if applied.transaction.certain:
        return ""
    return " If the runner commits each statement by itself, say --transaction none."


def _about(finding: Finding, applied: Applied, names: list[Name]) -> Finding:
    locked = tuple(RelationLock(name, applied.held[name]) for name in names)
    return replace(finding, relations=locked)
