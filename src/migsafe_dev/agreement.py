"""`python -m migsafe_dev agreement --server V [--seed N --count M]`: predictions and a server.

With a seed the cases are generated, without one they are those of fixtures/effects. All
predictions are written to a file before the first statement runs; then the server is asked,
and what differs is printed. Measurements are kept in the cache directory; `--fresh` forgets
them. The exit status is 1 where something differs.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from migsafe.model.effects import Effects, OnData
from migsafe_dev.agreeing.cases import Case, chosen, generated, grammar_digest
from migsafe_dev.agreeing.comparing import (
    Observed,
    catalog_after,
    disagreements,
    predicted,
)
from migsafe_dev.agreeing.memory import Memory, place
from migsafe_dev.agreeing.observing import Observer, server


@dataclass(frozen=True)
class Prediction:
    """A case, the kinds of its operations, and what was said of it."""

    case: Case
    kinds: tuple[str, ...]
    effects: Effects

    @property
    def query(self) -> str | None:
        """The query that tells whether data stands in the way."""
        return self.effects.fails.query if isinstance(self.effects.fails, OnData) else None


@dataclass
class Figures:
    """What came of a run."""

    cases: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[Prediction, dict[str, tuple[object, object]]]] = field(default_factory=list)
    not_made: list[tuple[Case, str]] = field(default_factory=list)
    facts: int = 0
    unknown_facts: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


def predict(cases: Iterable[Case], version: int) -> Iterator[Prediction]:
    """Yield what is said of each case."""
    setup, catalog = None, catalog_after("")
    for case in cases:
        if case.setup != setup:
            setup, catalog = case.setup, catalog_after(case.setup)
        operations = case.operations
        kinds = dict.fromkeys(type(one).__name__ for one in operations)
        yield Prediction(case, tuple(kinds), predicted(operations, catalog, version))


def observe(
    predictions: Iterable[Prediction], version: int, memory: Memory
) -> Iterator[tuple[Prediction, Observed | str]]:
    """Yield what a server does in each case, or why its setup was refused."""
    with _asking(version) as observer:
        for prediction in predictions:
            case = prediction.case
            key = memory.key(case.setup, case.statement, prediction.query)
            kept = memory.get(key)
            if kept is not None:
                yield prediction, kept
                continue
            try:
                seen = observer().observe(case.setup, case.statement, prediction.query)
            except psycopg.Error as error:
                yield prediction, str(error)
                continue
            memory.put(key, seen)
            yield prediction, seen


@contextmanager
def _asking(version: int) -> Iterator["_Lazily"]:
    lazily = _Lazily(version)
    try:
        yield lazily
    finally:
        lazily.close()


class _Lazily:
    """A server that is started when it is first asked."""

    def __init__(self, version: int) -> None:
        self._version = version
        self._context = server(version)
        self._observer: Observer | None = None

    def __call__(self) -> Observer:
        if self._observer is None:
            self._observer = Observer(self._context.__enter__().dsn)
        return self._observer

    def close(self) -> None:
        if self._observer is not None:
            self._observer.close()
            self._context.__exit__(None, None, None)


def agree(predictions: list[Prediction], version: int, memory: Memory) -> Figures:
    """Return how far predictions and a server agree."""
    figures = Figures()
    start = time.monotonic()
    for prediction, seen in observe(predictions, version, memory):
        if isinstance(seen, str):
            figures.not_made.append((prediction.case, seen))
            continue
        effects = prediction.effects
        unknown = {one.fact for one in effects.unknown}
        figures.facts += 6
        figures.unknown_facts += len(unknown)
        for kind in prediction.kinds:
            figures.cases[kind] += 1
            figures.unknown[kind] += bool(unknown)
        figures.cases[""] += 1
        figures.unknown[""] += bool(unknown)
        wrong = disagreements(effects, seen)
        if wrong:
            figures.wrong.append((prediction, wrong))
    figures.seconds["measuring"] = time.monotonic() - start
    return figures


def write(predictions: list[Prediction], path: Path) -> None:
    """Write what was said, one line a case."""
    with path.open("w", encoding="utf-8") as file:
        for prediction in predictions:
            effects = prediction.effects
            said = {
                "case": str(prediction.case),
                "statement": prediction.case.statement,
                "locks": {str(name): str(lock) for name, lock in effects.locks.items()},
                "rewrites": [str(name) for name in effects.rewrites],
                "scans": [str(name) for name in effects.scans],
                "builds": [str(name) for name in effects.builds],
                "transaction": effects.transaction,
                "fails": repr(effects.fails),
                "unknown": [f"{one.fact}: {one.decides}" for one in effects.unknown],
            }
            file.write(f"{json.dumps(said)}\n")


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.2f} %)" if whole else "none"


def report(figures: Figures) -> Iterator[str]:
    """Yield the lines that tell what came of a run."""
    for prediction, wrong in figures.wrong:
        yield f"{prediction.case} [{', '.join(prediction.kinds)}]"
        yield f"    {prediction.case.statement}"
        for fact, (said, seen) in wrong.items():
            yield f"    {fact}: said {said}; measured {seen}"
    wrong_kinds = Counter(kind for one, _ in figures.wrong for kind in one.kinds)
    for kind in sorted(figures.cases):
        if kind:
            yield (
                f"{kind:24} {figures.cases[kind]:5} cases, {wrong_kinds[kind]:4} differ,"
                f" {figures.unknown[kind]:4} unknown"
            )
    total = figures.cases[""]
    for case, why in figures.not_made:
        yield f"setup refused: {case}: {why.splitlines()[0]}"
    yield f"agree: {_share(total - len(figures.wrong), total)}"
    yield f"with an unknown fact: {_share(figures.unknown[''], total)}"
    yield f"unknown facts: {_share(figures.unknown_facts, figures.facts)}"
    for what, seconds in figures.seconds.items():
        yield f"{what}: {1000 * seconds / max(total, 1):.1f} ms a case"


def main(arguments: list[str]) -> int:
    """Predict, then measure, then say what differs."""
    parser = argparse.ArgumentParser(prog="migsafe_dev agreement")
    parser.add_argument("--server", type=int, required=True)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--fresh", action="store_true")
    given = parser.parse_args(arguments)
    version: int = given.server
    cases: Iterable[Case] = (case for case in chosen() if version in case.versions)
    if given.seed is not None:
        cases = generated(given.seed, given.count, version)
        print(f"grammar {grammar_digest()}, seed {given.seed}, PostgreSQL {version}")
    start = time.monotonic()
    predictions = list(predict(cases, version))
    spent = time.monotonic() - start
    path = place() / f"predicted-{version}-{given.seed or 'chosen'}.jsonl"
    write(predictions, path)
    print(f"predictions: {path}")
    figures = agree(predictions, version, Memory(version, fresh=given.fresh))
    figures.seconds = {"predicting": spent, **figures.seconds}
    print("\n".join(report(figures)))
    return int(bool(figures.wrong or figures.not_made))
