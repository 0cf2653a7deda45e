"""Which cases confirm the facts of an operation kind.

A case does where a server runs its statement and migsafe says something of it: a refusal that
is certain shows nothing of what the operation costs, and nor does an answer in which every
fact is unknown. That the server agrees is the subject of tests/effects/test_against_server.py.
"""

from collections.abc import Iterator
from functools import cache
from typing import get_args

from migsafe.model.effects import Certain, Effects, Fact
from migsafe.model.operations import Operation
from migsafe_dev.agreeing.cases import NEWEST, Case, chosen
from migsafe_dev.agreeing.comparing import catalog_after, predicted

OLDEST = 12
VERSIONS = tuple(range(OLDEST, NEWEST + 1))


def kinds() -> tuple[str, ...]:
    """Return the names of all kinds of operation, in order."""
    return tuple(sorted(kind.__name__ for kind in get_args(Operation)))


@cache
def confirming() -> dict[str, tuple[tuple[Case, tuple[int, ...]], ...]]:
    """Return the cases that confirm each kind, with the versions for which they do."""
    found: dict[str, dict[Case, tuple[int, ...]]] = {kind: {} for kind in kinds()}
    setup, catalog = "", catalog_after("")
    for case in chosen():
        if case.setup != setup:
            setup, catalog = case.setup, catalog_after(case.setup)
        operations = case.operations
        versions = tuple(
            version
            for version in VERSIONS
            if version in case.versions and _says(predicted(operations, catalog, version))
        )
        if versions:
            for operation in operations:
                found[type(operation).__name__][case] = versions
    return {kind: tuple(cases.items()) for kind, cases in found.items()}


def unconfirmed() -> Iterator[str]:
    """Yield the kinds that no case confirms."""
    return (kind for kind, cases in confirming().items() if not cases)


def _says(effects: Effects) -> bool:
    everything = {unknown.fact for unknown in effects.unknown} >= set(Fact)
    return not everything and not isinstance(effects.fails, Certain)
