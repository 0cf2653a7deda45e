"""Knows a plan's files by what they do: operations, up and down, in their transactions.

Name, revision, imports, comments, formatting and line ends do not count.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import cast

from migsafe.model.lineends import with_lf
from migsafe.model.migration import Down, Migration, Section
from migsafe.model.operations import Begin, Commit, Operation, Rollback, SetParameter
from migsafe.model.origin import Runner
from migsafe.model.plan import Plan
from migsafe.model.record import names, record
from migsafe.sources.plans.layout import BOUNDARY, Group, PlannedFile, layout
from migsafe.writing.errors import UnwritableError
from migsafe.writing.sql import write

_LONGEST = 120
_ALIKE = 0.5
"""How alike a migration and a file must be for a difference to be worth telling."""


@record
class Match:
    """A migration that is a file of a deploy, exactly; `at` counts the deploy's files."""

    plan: Plan
    deploy: int
    at: int
    file: PlannedFile


@record
class Almost:
    """A migration that looks like a file of a deploy; `difference` says what is not as planned."""

    plan: Plan
    deploy: int
    difference: str


@record
class _Seen:
    """Operations as their runner brackets them.

    `transactional` is None for a statement that stands alone, where it makes no difference
    whether it has a transaction to itself or none.
    """

    operations: tuple[Operation, ...]
    transactional: bool | None


def match(migration: Migration, plans: Iterable[Plan]) -> Match | Almost | None:
    """Return which deploy of which plan a migration is, or what keeps it from being one."""
    return matcher(plans)(migration)


def matcher(plans: Iterable[Plan]) -> Callable[[Migration], Match | Almost | None]:
    """Return a function that matches migrations: for many of them, read the plans once."""
    known = tuple(_known(plans))

    def matched(migration: Migration) -> Match | Almost | None:
        up = _seen(migration.up)
        down = _down(migration)
        best: tuple[float, Almost] | None = None
        for each in known:
            if _same(up, each.up) and _same_down(down, each.down, up):
                return Match(each.plan, each.file.deploy, each.at, each.file)
            alike = _likeness(up, down or (), each)
            if alike > (_ALIKE if best is None else best[0]):
                best = alike, Almost(each.plan, each.file.deploy, _difference(up, down, each))
        return None if best is None else best[1]

    return matched


@record
class _Known:
    """A file of a plan, as a reader would see it."""

    plan: Plan
    at: int
    file: PlannedFile
    up: tuple[_Seen, ...]
    down: tuple[_Seen, ...]


def _known(plans: Iterable[Plan]) -> Iterator[_Known]:
    for plan in plans:
        places: dict[int, int] = {}
        for file in layout(plan):
            at = places[file.deploy] = places.get(file.deploy, -1) + 1
            up, down = _expected(file.up), _expected(file.down)
            # A file that does nothing would be known by nothing.
            if _done(up) or _done(down):
                yield _Known(plan, at, file, up, down)


def _down(migration: Migration) -> tuple[_Seen, ...] | None:
    """Return the way down as it would be seen; None where the tree's tool has none."""
    if migration.down is not None:
        return _seen(migration.down)
    return None if migration.down_state is Down.NO_CONVENTION else ()


def _same_down(
    seen: Sequence[_Seen] | None, expected: Sequence[_Seen], up: Sequence[_Seen]
) -> bool:
    """Return whether a way down is the planned one; where there can be none, the up decides."""
    if seen is None:
        return bool(_done(up))
    return _same(seen, expected)


# --- how sections and plans are read ---------------------------------------------------


def _seen(section: Section) -> tuple[_Seen, ...]:
    """Return the groups of a section: what shares a transaction, and what stands alone."""
    lone = len(section.statements) == 1
    carriage = "\r" in section.text
    explicit = False
    groups: list[_Seen] = []
    together: list[Operation] = []

    def close() -> None:
        if together:
            groups.append(_Seen(tuple(together), transactional=True))
            together.clear()

    says_begin = any(
        isinstance(operation, Begin)
        for statement in section.statements
        for operation in statement.operations
    )
    for statement in section.statements:
        for operation in statement.operations:
            if isinstance(operation, Begin | Commit) or operation == Rollback():
                close()
                explicit = isinstance(operation, Begin)
                continue
            plain = cast("Operation", with_lf(operation)) if carriage else operation
            if operation.origin is not None and operation.origin.autocommit:
                close()
                groups.append(_Seen((plain,), transactional=False))
                continue
            inside = _inside(section.runner, lone=lone, says_begin=says_begin)
            if explicit or inside:
                together.append(plain)
            else:
                groups.append(_Seen((plain,), inside))
    close()
    return tuple(groups)


def _inside(runner: Runner, *, lone: bool, says_begin: bool) -> bool | None:
    """Return whether a runner puts a statement in a transaction; None: it may as well not."""
    match runner:
        case Runner.RUN | Runner.FILE:
            return True
        case Runner.QUERY:
            return None if lone else True
        case Runner.NONE:
            return None if lone else False
        case Runner.AUTO:
            if says_begin:
                return False
            return None if lone else True


def _expected(groups: Sequence[Group]) -> tuple[_Seen, ...]:
    found: list[_Seen] = []
    for group in groups:
        steps = tuple(cast("Operation", with_lf(each)) for each in group.operations)
        if group.transactional:
            found.append(_Seen(steps, transactional=True))
        else:
            found.extend(_Seen((each,), transactional=False) for each in steps)
    return tuple(found)


# --- comparing -------------------------------------------------------------------------


def _same(seen: Sequence[_Seen], expected: Sequence[_Seen]) -> bool:
    return len(seen) == len(expected) and all(
        one.operations == other.operations and _agree(one, other)
        for one, other in zip(seen, expected, strict=True)
    )


def _agree(one: _Seen, other: _Seen) -> bool:
    """Return whether two groups have the same transaction."""
    if one.transactional is None:
        return True
    return one.transactional is other.transactional


def _done(groups: Sequence[_Seen]) -> list[Operation]:
    """Return what groups do, apart from timeouts and boundaries."""
    return [
        operation
        for group in groups
        for operation in group.operations
        if operation != BOUNDARY and not isinstance(operation, SetParameter)
    ]


def _likeness(up: Sequence[_Seen], down: Sequence[_Seen], known: _Known) -> float:
    """Return how much of a file a migration does, from 0 to 1, the way up counting double."""
    forward = _shared(_done(up), _done(known.up))
    back = _shared(_done(down), _done(known.down))
    alone = len(_done(known.up)) == 1 and forward < 1
    # One statement of the same kind on the same table may be anybody's: then the way back
    # has to be alike as well.
    return (2 * forward + back) / 3 if alone else max(forward, (2 * forward + back) / 3)


def _shared(one: Sequence[Operation], other: Sequence[Operation]) -> float:
    if not one and not other:
        return 1.0
    left = list(other)
    common = 0.0
    for operation in one:
        if operation in left:
            left.remove(operation)
            common += 1
        elif any(_relatives(operation, each) for each in left):
            # The same kind of change to the same object, with another detail.
            common += 0.6
    return common / max(len(one), len(other))


def _relatives(one: Operation, other: Operation) -> bool:
    if type(one) is not type(other):
        return False
    parts = [name for name in names(one) if name != "origin"]
    equal = sum(bool(getattr(one, name) == getattr(other, name)) for name in parts)
    return 2 * equal >= len(parts)


def _difference(up: Sequence[_Seen], down: Sequence[_Seen] | None, known: _Known) -> str:
    for way, seen, planned in (("up", up, known.up), ("down", down, known.down)):
        if seen is not None and not _same(seen, planned):
            return _first_difference(way, seen, planned)
    raise AssertionError("what differs in nothing is the same")


def _first_difference(way: str, seen: Sequence[_Seen], planned: Sequence[_Seen]) -> str:
    mine, theirs = list(_flat(seen)), list(_flat(planned))
    if mine == theirs:
        for one, other in zip_longest(seen, planned):
            if one is None or other is None or not _same((one,), (other,)):
                at = (other or one).operations[0]
                break
        else:
            at = mine[0]
        return f"the transactions of the way {way} differ from the plan, first at: {_sql(at)}"
    if sorted(map(repr, mine)) == sorted(map(repr, theirs)):
        at = next(a for a, b in zip(mine, theirs, strict=True) if a != b)
        return f"the order of the way {way} differs from the plan, first at: {_sql(at)}"
    start = next(
        (at for at, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b),
        min(len(mine), len(theirs)),
    )
    # What comes after it tells a statement that was added or left out from one that changed.
    longer = len(mine) - len(theirs)
    number = f"statement {start + 1} of the way {way}"
    if longer > 0 and mine[start + longer :] == theirs[start:]:
        return f"{number} is not in the plan: {_sql(mine[start])}"
    if longer < 0 and mine[start:] == theirs[start - longer :]:
        return f"{number} is missing; the plan has: {_sql(theirs[start])}"
    if start == len(mine):
        return f"{number} is missing; the plan has: {_sql(theirs[start])}"
    if start == len(theirs):
        return f"{number} is not in the plan: {_sql(mine[start])}"
    return f"{number} differs: {_sql(mine[start])}; the plan has: {_sql(theirs[start])}"


def _flat(groups: Sequence[_Seen]) -> Iterator[Operation]:
    for group in groups:
        yield from group.operations


def _sql(operation: Operation) -> str:
    try:
        text = " ".join(write(operation).split())
    except UnwritableError:
        text = type(operation).__name__
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
