"""`python -m migsafe_dev mutate [--seed N --sample M] [--only PATH] [--update]`: mutants.

Every branch of what states facts (effects/, compatibility/) and of what judges (checks/ and what
checks share) is made wrong, one small change at a time. What servers did (fixtures/measured)
must show it, or what the pages of rules say: see `mutating`. Generated tables are left out.
Mutants that change nothing anybody could see are listed with the reason in
fixtures/measured/equivalent.txt and do not count. Printed are how many there are, how many are
noticed, and those that survive; `--update` writes those to fixtures/measured/survivors.txt.
"""

import argparse
import ast
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from migsafe_dev.agreeing.kept import MEASURED
from migsafe_dev.mutating import facts, judgements, judging
from migsafe_dev.mutating.mutants import Finder, Mutant, mutants
from migsafe_dev.mutating.strict import Strict
from migsafe_dev.mutating.testing import Unit

SOURCE = Path(__file__).parents[1]
GENERATED = frozenset({"builtin_functions.py", "builtin_types.py", "confirmed.py"})
EQUIVALENT = MEASURED / "equivalent.txt"
SURVIVORS = MEASURED / "survivors.txt"


@dataclass(frozen=True)
class Room:
    """Modules that the same units judge, and how their mutants are found."""

    roots: tuple[str, ...]
    units: Callable[[], Iterator[Unit]]
    finder: type[Finder]

    def paths(self, only: str) -> list[Path]:
        """Return the modules whose path holds a text, in order."""
        return [
            path
            for root in self.roots
            for path in (sorted((SOURCE / root).rglob("*.py")) or [SOURCE / root])
            if path.name not in GENERATED and only in str(path)
        ]


ROOMS = (
    Room(("migsafe/effects", "migsafe/compatibility"), facts.units, Finder),
    Room(
        ("migsafe/checks", "migsafe/context.py", "migsafe/lint/precedence.py"),
        judgements.units,
        Strict,
    ),
)


@dataclass
class Judged:
    """What came of the mutants of a room."""

    counted: int
    survivors: list[Mutant]
    unseen: int

    def __str__(self) -> str:
        caught = self.counted - len(self.survivors)
        share = 100 * caught / max(self.counted, 1)
        return (
            f"{self.counted} mutants, {caught} noticed ({share:.2f} %), {len(self.survivors)} "
            f"survive; {self.unseen} more change nothing that could be seen"
        )


def main(arguments: list[str]) -> int:
    """Make mutants, and say which nobody notices."""
    parser = argparse.ArgumentParser(prog="migsafe_dev mutate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int)
    parser.add_argument("--only", default="")
    parser.add_argument("--update", action="store_true")
    given = parser.parse_args(arguments)
    for room in ROOMS:
        paths = room.paths(given.only)
        if not paths:
            continue
        start = time.monotonic()
        found = list(mutants_of(paths, room.finder))
        if given.sample is not None:
            order = random.Random(given.seed)  # noqa: S311  a sample that can be drawn again
            kept = set(order.sample(range(len(found)), min(given.sample, len(found))))
            found = [one for index, one in enumerate(found) if index in kept]
        judged = _judge(room, paths, found)
        print(f"{', '.join(room.roots)}: {judged}; {time.monotonic() - start:.0f} s")
        if given.update:
            _write(judged.survivors, paths)
    return 0


def _judge(
    room: Room, paths: Iterable[Path], found: Iterable[tuple[Mutant, ast.Module, str]]
) -> Judged:
    start = time.monotonic()
    asked = list(room.units())
    reached, failing = judging.reach(asked, map(str, paths))
    for name in failing:
        print(f"not asked, for it fails on what is there: {name}")
    print(f"{len(asked) - len(failing)} units, ready after {time.monotonic() - start:.0f} s")
    equal = equivalent()
    judged = Judged(0, [], 0)
    for mutant, tree, name in found:
        if mutant.key in equal:
            judged.unseen += 1
            continue
        judged.counted += 1
        running = judging.running(mutant, reached[str(SOURCE / mutant.path)])
        if not judging.notices(mutant, tree, import_module(name), running):
            judged.survivors.append(mutant)
            print(f"{mutant}{'' if running else ' [nothing runs it]'}", flush=True)
    return judged


def _write(survivors: list[Mutant], paths: Iterable[Path]) -> None:
    """Write which survive, and keep those of other modules."""
    asked = tuple(f"{path.relative_to(SOURCE)}: " for path in paths)
    before = SURVIVORS.read_text("utf-8").splitlines()
    lines = [line for line in before if not line.startswith(asked)]
    lines += [mutant.key for mutant in survivors]
    modules = [f"{path.relative_to(SOURCE)}: " for room in ROOMS for path in room.paths("")]
    lines.sort(
        key=lambda line: next(at for at, each in enumerate(modules) if line.startswith(each))
    )
    SURVIVORS.write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="")


def equivalent() -> frozenset[str]:
    """Return the mutants that change nothing: each line `mutant  # why`."""
    lines = EQUIVALENT.read_text("utf-8").splitlines() if EQUIVALENT.exists() else []
    return frozenset(line.split("  # ", 1)[0] for line in lines if "  # " in line)


def mutants_of(
    paths: Iterable[Path], finder: type[Finder]
) -> Iterator[tuple[Mutant, ast.Module, str]]:
    """Yield the mutants of modules, each with the tree that it changes and the module's name."""
    for path in paths:
        short = path.relative_to(SOURCE)
        name = ".".join(short.with_suffix("").parts).removesuffix(".__init__")
        module = import_module(name)
        _, tree = judging.source_of(module)
        for mutant in mutants(str(short), tree, module, finder):
            yield mutant, tree, name
