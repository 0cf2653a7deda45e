"""Data changed while a lock of the same transaction keeps others out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from migsafe.context import NAMED, Applied, Context, Deploy, line_of, some
from migsafe.effects.reach import changes_many
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding, RelationLock
from migsafe.model.locks import Lock
from migsafe.model.operations import Copy, DataWork, Delete, Insert, Merge, Update
from migsafe.model.origin import SectionName
from migsafe.model.record import replace


@dataclass(slots=True)
class _Transaction:
    """What one transaction did: who took which lock first, and what changed data when."""

    takers: dict[tuple[Name, Lock], Applied] = field(default_factory=dict)
    changes: list[Applied] = field(default_factory=list)


def check_deploy(deploy: Deploy, context: Context) -> Iterator[Finding]:
    """Report each change of data that keeps tables locked which its transaction has locked."""
    for way, section in ((SectionName.UP, deploy.up), (SectionName.DOWN, deploy.down)):
        gone = deploy.dropped(way)
        for transaction in _transactions(section):
            yield from _judged(transaction, gone, context)


def _transactions(section: Iterable[Applied]) -> Iterable[_Transaction]:
    found: dict[int, _Transaction] = {}
    for applied in section:
        number = applied.transaction.number
        if number is None:
            continue
        transaction = found.setdefault(number, _Transaction())
        if changes_many(applied.operation, applied.before, applied.made | applied.emptied):
            transaction.changes.append(applied)
        for name, lock in applied.effects.locks.items():
            if lock.blocks_writes:
                transaction.takers.setdefault((name, lock), applied)
    return found.values()


def _judged(
    transaction: _Transaction, gone: frozenset[Name], context: Context
) -> Iterator[Finding]:
    under: dict[Name, list[Applied]] = {}
    for change in transaction.changes:
        for name, lock in change.held.items():
            if lock.blocks_writes and name not in gone and _waits_for(name, change, context):
                under.setdefault(name, []).append(change)
    for first, names in _told(under):
        others = [change for change in under[names[0]] if change is not first]
        yield _finding(first, names, others, transaction.takers, context.at(first))


def _waits_for(name: Name, change: Applied, context: Context) -> bool:
    """Say whether somebody may wait for a relation that a change finds locked."""
    before = change.before
    if before.is_gone(name) or not context.at(change).is_busy(name):
        return False
    sequence = before.sequence(name)
    if sequence is None or sequence.owned_by is None:
        return True
    owner = change.held.get(before.key(sequence.owned_by[0]))
    # Who wants a value of it waits for the table.
    return owner is None or not owner.blocks_writes


def _told(under: dict[Name, list[Applied]]) -> Iterator[tuple[Applied, list[Name]]]:
    """Yield the changes at which findings stand, each with the tables that it keeps locked.

    What fills a locked table itself comes first: it lasts the longest. A table that no change
    fills is named with one that is, or else at the first change.
    """
    stands: dict[Name, Applied] = {}
    for name, changes in under.items():
        own = (each for each in changes if each.before.key(_target(each) or name) == name)
        if (found := next(own, None)) is not None:
            stands[name] = found
    chosen = {id(each.statement): each for each in stands.values()}
    for name, changes in under.items():
        if name not in stands:
            here = next((each for each in changes if id(each.statement) in chosen), changes[0])
            stands[name] = chosen.setdefault(id(here.statement), here)
    for first in chosen.values():
        yield first, [name for name, at in stands.items() if at.statement is first.statement]


def _finding(
    first: Applied,
    names: list[Name],
    others: list[Applied],
    takers: Mapping[tuple[Name, Lock], Applied],
    context: Context,
) -> Finding:
    named: dict[str, list[str]] = {}
    for other in others[:NAMED]:
        named.setdefault(_words(other), []).append(line_of(other, first))
    words = [f"{what}, {', '.join(places)}" for what, places in named.items()]
    if len(others) > NAMED:
        words.append(f"{len(others) - NAMED} more")
    besides = f" (and {'; '.join(words)})" if words else ""
    name, *more = names
    lock = first.held[name]
    locked: dict[str, list[str]] = {}
    for each in more:
        place = line_of(takers[each, first.held[each]], first)
        locked.setdefault(_who(each, first), []).append(f"{each} ({place})")
    also = [f"{who} on {some(places)}" for who, places in locked.items()]
    so = f"; so does {', and '.join(also)}" if also else ""
    unsure = (
        ""
        if first.transaction.certain
        else " If the runner commits each statement by itself, say --transaction none."
    )
    taken = line_of(takers[name, lock], first)
    finding = context.finding(
        f"{_words(first)}{besides} runs under the {lock} lock of {taken}: "
        f"{_who(name, first)} on {name} waits until COMMIT{so}.",
        help="Move the data change to a deploy of its own after this one, and write it in batches, "
        f"each a transaction of its own.{unsure}",
    )
    return replace(finding, relations=tuple(RelationLock(each, first.held[each]) for each in names))


def _who(name: Name, change: Applied) -> str:
    if change.before.sequence(name) is not None:
        return "every nextval()"
    return f"every {'SELECT' if change.held[name].blocks_reads else 'INSERT, UPDATE and DELETE'}"


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
        case Insert() | Merge():
            word = f"{type(applied.operation).__name__.upper()} INTO"
        case Delete():
            word = "DELETE FROM"
        case operation:
            word = type(operation).__name__.upper()
    return word if table is None else f"{word} {table}"
