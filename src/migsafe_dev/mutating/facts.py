"""What notices a mutant, none of it with a server: units that pass on the facts as they are.

A unit compares what is said of one case on one version with what that server did, as
fixtures/measured keeps it: costs, failures and the queries that predict them, old statements,
undos, losses. What is said to be unknown is part of it on the newest version, as the list in
fixtures/effects. The tests of effects that need no server are units as well.
"""

from collections.abc import Callable, Iterable, Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.compatibility import compatibility_of
from migsafe.model.compatibility import Loss, OldStatement, Outcome
from migsafe.model.effects import Effects, OnData
from migsafe.model.operations import Operation
from migsafe.parsers.split import PieceKind, split
from migsafe_dev.agreeing import comparing, oldcode
from migsafe_dev.agreeing.cases import (
    FIXTURES,
    NEWEST,
    Case,
    chosen,
    generated,
    operations_in,
)
from migsafe_dev.agreeing.comparing import catalog_after, disagreements
from migsafe_dev.agreeing.kept import Json, Kept, digest, observed_from_json
from migsafe_dev.agreeing.oldcode_cases import CASES
from migsafe_dev.agreeing.oldcode_cases import Case as OldCase
from migsafe_dev.agreeing.saying import said
from migsafe_dev.measure import SLICE, oldcode_digest, outcomes, undo_digest
from migsafe_dev.mutating import testing
from migsafe_dev.mutating.testing import TESTS, Unit

VERSIONS = (18, 16, 15)
TRACED = 18
_MODULES = ("test_effects_of", "test_reach", "test_types", "test_volatility")


def units() -> Iterator[Unit]:
    """Yield everything that can be asked without a server."""
    for version in VERSIONS:
        yield from _of_effects(version)
        yield from _of_old_code(version)
    yield from _of_generated(NEWEST)
    yield from _of_traces(TRACED)
    yield from _without_schema()
    yield from testing.units(TESTS / "effects" / f"{name}.py" for name in _MODULES)


class _Costs:
    """One statement, and what a server did."""

    def __init__(
        self,
        case: Case,
        catalog: Catalog,
        version: int,
        observed: comparing.Observed,
        asked: str | None,
        unknown: frozenset[str] | None,
    ) -> None:
        self._operations = case.operations
        self._catalog = catalog
        self._version = version
        self._observed = observed
        self._asked = asked
        self._unknown = unknown

    def pass_(self) -> bool:
        """Say whether what is said is what was measured."""
        said = comparing.predicted(self._operations, self._catalog, self._version)
        return (
            _asked(said) == self._asked
            and (self._unknown is None or _unknown(said) == self._unknown)
            and not disagreements(said, self._observed)
        )


def _of_effects(version: int) -> Iterator[Unit]:
    cases = (case for case in chosen() if version in case.versions)
    yield from _as_measured(cases, Kept("effects").on(version), version)


def _of_generated(version: int) -> Iterator[Unit]:
    yield from _as_measured(generated(*SLICE, version), Kept("generated").on(version), version)


def _as_measured(cases: Iterable[Case], kept: dict[str, Json], version: int) -> Iterator[Unit]:
    setup, catalog = "", catalog_after("")
    for case in cases:
        facts = kept.get(digest(case.setup, case.statement))
        if facts is None:
            continue
        if case.setup != setup:
            setup, catalog = case.setup, catalog_after(case.setup)
        unknown = None
        if version == NEWEST:
            unknown = _unknown(comparing.predicted(case.operations, catalog, version))
        asked = str(facts["asked"]) if "asked" in facts else None
        unit = _Costs(case, catalog, version, observed_from_json(facts), asked, unknown)
        yield Unit(f"{version} {case}", unit.pass_)


def _query(said: Effects) -> str | None:
    return said.fails.query if isinstance(said.fails, OnData) else None


def _asked(said: Effects) -> str | None:
    query = _query(said)
    return None if query is None else digest(query)


def _unknown(said: Effects) -> frozenset[str]:
    return frozenset(one.fact for one in said.unknown)


def _of_old_code(version: int) -> Iterator[Unit]:
    kept = Kept("oldcode").on(version)
    for case in CASES:
        facts = kept.get(oldcode_digest(case))
        if facts is not None and version in case.versions:
            passes = _old_code_passes(case, version, facts)
            yield Unit(f"{version} old code: {case.statement} {case.setup}".rstrip(), passes)


def _old_code_passes(case: OldCase, version: int, facts: Json) -> Callable[[], bool]:
    operation, catalog = oldcode.known(case)
    kept = facts["met"]
    met: dict[OldStatement, Outcome] = {}
    if isinstance(kept, dict):
        met = {OldStatement(kind): Outcome(outcome) for kind, outcome in kept.items()}

    def passes() -> bool:
        said = compatibility_of(operation, catalog, dialect="postgres", version=version)
        return (
            undo_digest(said.undo) == facts.get("undo")
            and outcomes(said) == facts["said"]
            and not oldcode.disagreements(said, met)
        )

    return passes


def _of_traces(version: int) -> Iterator[Unit]:
    kept = Kept("traced").on(version)
    setup, catalog = "", catalog_after("")
    for case in chosen():
        if case.setup != setup:
            setup, catalog = case.setup, catalog_after(case.setup)
        facts = kept.get(digest(case.setup, case.statement))
        if facts is not None and version in case.versions and not facts.get("refused"):
            passes = _trace_passes(case.operations, catalog, version, facts)
            yield Unit(f"{version} traced: {case}", passes)


def _trace_passes(
    operations: tuple[Operation, ...], catalog: Catalog, version: int, facts: Json
) -> Callable[[], bool]:
    """Return a check of what tracing saw; what another schema or rows would show is left out."""
    measured = facts.get("breaks", []), facts.get("changes", []), facts.get("loses", False)

    def outcome() -> tuple[list[str], list[str], bool]:
        outcomes, loses, before = set[tuple[str, Outcome]](), False, catalog
        for operation in operations:
            one = compatibility_of(operation, before, dialect="postgres", version=version)
            outcomes.update((str(kind), outcome) for kind, outcome in one.old.items())
            loses = loses or one.loses is not Loss.NOTHING
            before = before.apply(operation)
        fails = sorted(kind for kind, outcome in outcomes if outcome is Outcome.FAILS)
        changes = sorted(kind for kind, outcome in outcomes if outcome is Outcome.CHANGES)
        return fails, changes, loses

    right = [at for at, now in enumerate(outcome()) if now == measured[at]]

    def passes() -> bool:
        now = outcome()
        return all(now[at] == measured[at] for at in right)

    return passes


def _without_schema() -> Iterator[Unit]:
    listed = (FIXTURES / "unknown_schema.txt").read_text("utf-8")
    text = (TESTS / "effects" / "every_kind.sql").read_text("utf-8")
    for piece in split(text).pieces:
        if piece.kind is PieceKind.STATEMENT:
            statement = text[piece.start : piece.end]
            yield Unit(f"no schema: {statement}", _listed_passes(statement, listed))


def _listed_passes(statement: str, listed: str) -> Callable[[], bool]:
    operations, catalog = operations_in(statement), Catalog.empty()
    # Not a part of a longer block: the next statement, or the end, follows.
    ends = tuple(f"\n{line}" for line in listed.splitlines() if not line.startswith(" "))

    def passes() -> bool:
        block = f"{statement}\n{said(operations, catalog, NEWEST)}"
        at = listed.find(block)
        after = listed[at + len(block) - 1 :]
        return at >= 0 and (after == "\n" or after.startswith(ends))

    return passes
