"""Data changed while a lock of the same transaction keeps others out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from migsafe.context import Applied, Context, Deploy, line_of
from migsafe.effects.reach import Reach, reach_of
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding, RelationLock
from migsafe.model.locks import Lock
from migsafe.model.operations import Copy, DataWork, Delete, Insert, Merge, Update
from migsafe.model.record import replace

_NAMED = 3
"""How many of the other changes a message names."""


@dataclass(slots=True)
class _Transaction:
    """What one transaction did: who took which lock first, and what changed data when."""

    takers: dict[tuple[Name, Lock], Applied] = field(default_factory=dict)
    changes: list[Applied] = field(default_factory=list)


def check_deploy(deploy: Deploy, context: Context) -> Iterator[Finding]:
    """Report each table that a transaction locks and then keeps locked to change data."""
    for section in (deploy.up, deploy.down):
        for transaction in _transactions(section):
            yield from _judged(transaction, context)


def _transactions(section: Iterable[Applied]) -> Iterable[_Transaction]:
    found: dict[int, _Transaction] = {}
    for applied in section:
        number = applied.transaction.number
        if number is None:
            continue
        transaction = found.setdefault(number, _Transaction())
        if _changes_data(applied):
            transaction.changes.append(applied)
        for name, lock in applied.effects.locks.items():
            if lock.blocks_writes:
                transaction.takers.setdefault((name, lock), applied)
    return found.values()


def _changes_data(applied: Applied) -> bool:
    """Say whether an operation may change more than a few rows."""
    match applied.operation:
        case Update(table=table, where=where, sql=sql) | Delete(table=table, where=where, sql=sql):
            # What the deploy made holds what the deploy put there.
            made = applied.before.key(table) in applied.made
            reach = reach_of(table, where, applied.before, sql)
            return not made and reach not in {Reach.FEW, Reach.NONE}
        case Insert(rows=rows) | DataWork(rows=rows):
            return rows is None
        case Merge() | Copy(into=True):
            return True
        case _:
            return False


def _judged(transaction: _Transaction, context: Context) -> Iterator[Finding]:
    under: dict[Name, list[Applied]] = {}
    for change in transaction.changes:
        for name, lock in change.held.items():
            if lock.blocks_writes:
                under.setdefault(name, []).append(change)
    for name, changes in under.items():
        # What fills the locked table itself is named first: it lasts the longest.
        own = (c for c in changes if c.before.key(_target(c) or name) == name)
        first = next(own, changes[0])
        at = context.at(first)
        if at.is_busy(name):
            lock = first.held[name]
            others = [change for change in changes if change is not first]
            yield _finding(name, lock, transaction.takers[name, lock], others, at)


def _finding(
    name: Name, lock: Lock, taker: Applied, others: list[Applied], context: Context
) -> Finding:
    first = context.current
    named: dict[str, list[str]] = {}
    for other in others[:_NAMED]:
        named.setdefault(_words(other), []).append(line_of(other, first))
    words = [f"{what}, {', '.join(places)}" for what, places in named.items()]
    if len(others) > _NAMED:
        words.append(f"{len(others) - _NAMED} more")
    besides = f" (and {'; '.join(words)})" if words else ""
    who = "SELECT" if lock.blocks_reads else "INSERT, UPDATE and DELETE"
    unsure = (
        ""
        if first.transaction.certain
        else " If the runner commits each statement by itself, say --transaction none."
    )
    finding = context.finding(
        f"{_words(first)}{besides} under the {lock} lock of {line_of(taker, first)}: every {who} "
        f"on {name} waits until COMMIT.",
        help="Move the data change to a deploy of its own after this one, and write it in batches, "
        f"each a transaction of its own.{unsure}",
    )
    return replace(finding, relations=(RelationLock(name, lock),))


def _target(applied: Applied) -> Name | None:
    match applied.operation:
        case Update(table=table) | Delete(table=table) | Insert(table=table) | Merge(table=table):
            return table
        case Copy(table=table) | DataWork(table=table):
            return table
        case _:
            return None


def _words(applied: Applied) -> str:
    table = _target(applied)
    match applied.operation:
        case DataWork(verb=verb):
            word = verb
        case operation:
            word = type(operation).__name__.upper()
    return word if table is None else f"{word} {table}"
