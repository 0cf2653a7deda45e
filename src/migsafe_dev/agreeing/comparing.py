"""Where a prediction and a server differ."""

from collections.abc import Iterable
from dataclasses import dataclass

from migsafe.catalog.catalog import Catalog
from migsafe.effects import effects_of_statement
from migsafe.model.effects import Certain, Effects, Fact, Never, OnData, TransactionNeed
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.operations import Operation
from migsafe.verifying.measure import Measured
from migsafe_dev.agreeing.cases import operations_in


@dataclass(frozen=True)
class Observed:
    """What a server did, and what it says of the state before.

    `empty` are tables without rows: nothing shows that they are read, copied or indexed.
    `warned` is the answer of the query that predicts a failure, None without one.
    """

    found: Measured
    empty: frozenset[Name] = frozenset()
    warned: bool | None = None


_KEY_FAILURES = frozenset({"23502", "23505"})


def catalog_after(setup: str) -> Catalog:
    """Return the whole schema that a setup makes."""
    return Catalog.empty(complete=True).apply_all(operations_in(setup))


def predicted(operations: Iterable[Operation], catalog: Catalog, version: int) -> Effects:
    """Return what the operations of one statement are said to do."""
    return effects_of_statement(operations, catalog, dialect="postgres", version=version)


def disagreements(effects: Effects, observed: Observed) -> dict[str, tuple[object, object]]:
    """Return each fact on which prediction and server differ: (said, measured).

    What is said to be unknown is not compared.
    """
    wrong: dict[str, tuple[object, object]] = {}
    found = observed.found
    state = found.sqlstate
    if not is_right_about_failing(effects, state):
        wrong["fails"] = (effects.fails, f"{state} {found.error}")
    if observed.warned not in {None, state is not None}:
        wrong["query"] = (observed.warned, f"{state} {found.error}")
    forbidden = effects.transaction is TransactionNeed.FORBIDDEN
    if state is None and forbidden != found.forbidden and effects.knows(Fact.TRANSACTION):
        wrong["transaction"] = (effects.transaction, found.forbidden)
    if state is not None or (found.forbidden and not forbidden):
        return wrong
    if effects.knows(Fact.LOCKS) and not _are_right_locks(effects, found):
        wrong["locks"] = (_locks(effects.locks), _locks(found.locks))
    for key, fact, said, seen in (
        ("rewrites", Fact.REWRITES, effects.rewrites, found.rewrites),
        ("scans", Fact.SCANS, effects.scans, found.scans),
        ("builds", Fact.BUILDS, effects.builds, found.builds),
    ):
        # Outside a transaction nothing tells what was read.
        unseen = found.forbidden and key == "scans"
        if effects.knows(fact) and not unseen:
            ours, theirs = _filled(said, observed), _filled(seen, observed)
            # A table without rows is joined with nothing: what is beside it is not read.
            joined = key == "scans" and not observed.empty.isdisjoint((*said, *effects.builds))
            if ours != theirs and not (joined and set(theirs) <= set(ours)):
                wrong[key] = (ours, theirs)
    if (found.rewrites or found.builds or found.scans) and effects.brief:
        wrong["brief"] = (True, "it works on rows")
    return wrong


def _are_right_locks(effects: Effects, found: Measured) -> bool:
    """Say whether the locks are those measured.

    Rows are looked up and changed elsewhere only where rows were changed at all.
    """
    if effects.locks == found.locks:
        return True
    extra = dict(effects.locks.items() - found.locks.items())
    return (
        not _changed(found)
        and effects.locks.items() >= found.locks.items()
        and all(lock <= Lock.ROW_EXCLUSIVE for lock in extra.values())
    )


def _changed(found: Measured) -> bool:
    works = found.rewrites or found.builds or found.forbidden
    return found.wrote or found.made or bool(works)


def is_right_about_failing(effects: Effects, state: str | None) -> bool:
    """Say whether a failure, or None, is what was said."""
    match effects.fails:
        case Never():
            return state is None or not effects.knows(Fact.FAILS)
        case Certain(sqlstate=expected):
            return state == expected
        case OnData(sqlstate=expected):
            # A PRIMARY KEY is refused for duplicates or for NULLs.
            if state is None or state == expected or {state, expected} == _KEY_FAILURES:
                return True
            # A code that ends in 000 speaks of a whole class.
            return expected.endswith("000") and state.startswith(expected[:2])


def _locks(locks: object) -> dict[str, str]:
    if not isinstance(locks, dict):
        return {}
    return {str(name): str(lock) for name, lock in sorted(locks.items(), key=str)}


def _filled(names: Iterable[Name], observed: Observed) -> list[str]:
    return sorted({str(name) for name in names if name not in observed.empty})
