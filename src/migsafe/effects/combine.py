"""Effects put together, and effects of which nothing is known."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from migsafe.model.effects import (
    Certain,
    Effects,
    Fact,
    Fails,
    Never,
    OnData,
    TransactionNeed,
    Unknown,
)
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.record import replace

Item = TypeVar("Item")


def strongest(taken: Iterable[tuple[Name, Lock]]) -> dict[Name, Lock]:
    """Return the strongest mode for each relation, in the order they were taken."""
    locks: dict[Name, Lock] = {}
    for relation, lock in taken:
        if relation not in locks or locks[relation] < lock:
            locks[relation] = lock
    return locks


def unknown_everything(decides: str, locks: Mapping[Name, Lock] | None = None) -> Effects:
    """Return effects of which no fact is known, with what would decide them."""
    return Effects(
        locks=locks or {},
        brief=False,
        unknown=tuple(Unknown(fact, decides) for fact in Fact),
    )


def refused(effects: Effects) -> Effects:
    """Return effects with nothing unknown where the statement is certain to fail.

    What it would have read or copied does not happen, and what it locked is let go at once.
    """
    if not isinstance(effects.fails, Certain) or not effects.unknown:
        return effects
    return replace(effects, unknown=())


def together(effects: Iterable[Effects]) -> Effects:
    """Return the effects of operations that run as one statement."""
    parts = tuple(effects)
    if len(parts) == 1:
        return parts[0]
    rewrites = _union(part.rewrites for part in parts)
    builds = _union(part.builds for part in parts)
    scans = _union(part.scans for part in parts)
    return refused(
        Effects(
            locks=strongest(pair for part in parts for pair in part.locks.items()),
            rewrites=rewrites,
            # A table that is copied or indexed anyway is not read once more.
            scans=tuple(name for name in scans if name not in rewrites + builds),
            builds=builds,
            transaction=_neediest(part.transaction for part in parts),
            fails=_worst(part.fails for part in parts),
            brief=all(part.brief for part in parts),
            unknown=_union(part.unknown for part in parts),
            sources=_union(part.sources for part in parts),
        )
    )


def _union(groups: Iterable[tuple[Item, ...]]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))


def _neediest(needs: Iterable[TransactionNeed]) -> TransactionNeed:
    order = (
        TransactionNeed.ALLOWED,
        TransactionNeed.UNCOMMITTED_USE,
        TransactionNeed.FORBIDDEN,
    )
    return max(needs, key=order.index, default=TransactionNeed.ALLOWED)


def _worst(failures: Iterable[Fails]) -> Fails:
    on_data: list[OnData] = []
    for failure in failures:
        match failure:
            case Certain():
                return failure
            case OnData() if failure not in on_data:
                on_data.append(failure)
            case _:
                pass
    if len(on_data) < _SEVERAL:
        return next(iter(on_data), Never())
    states = {failure.sqlstate for failure in on_data}
    # The first that some row meets is named: of several only their class is certain.
    classes = {state[:2] for state in states}
    state = on_data[0].sqlstate
    if len(states) > 1 and len(classes) == 1:
        state = f"{classes.pop()}000"
    return OnData(state, "; ".join(failure.reason for failure in on_data))


_SEVERAL = 2
