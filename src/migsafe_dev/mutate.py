"""`python -m migsafe_dev mutate [--seed N --sample M] [--only PATH] [--update]`: mutants of facts.

Every branch of effects/ and compatibility/ is made wrong, one small change at a time, and what
servers did (fixtures/measured) must show it: see `mutating`. Generated tables are left out.
Mutants that change nothing anybody could see are listed with the reason in
fixtures/measured/equivalent.txt and do not count. Printed are how many there are, how many are
noticed, and those that survive; `--update` writes those to fixtures/measured/survivors.txt.
"""

import argparse
import ast
import random
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from migsafe_dev.agreeing.kept import MEASURED
from migsafe_dev.mutating import judging
from migsafe_dev.mutating.mutants import Mutant, mutants
from migsafe_dev.mutating.units import units

SOURCE = Path(__file__).parents[1]
ROOTS = ("migsafe/effects", "migsafe/compatibility")
GENERATED = frozenset({"builtin_functions.py", "builtin_types.py", "confirmed.py"})
EQUIVALENT = MEASURED / "equivalent.txt"
SURVIVORS = MEASURED / "survivors.txt"


def main(arguments: list[str]) -> int:
    """Make mutants, and say which nobody notices."""
    parser = argparse.ArgumentParser(prog="migsafe_dev mutate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int)
    parser.add_argument("--only", default="")
    parser.add_argument("--update", action="store_true")
    given = parser.parse_args(arguments)
    start = time.monotonic()
    paths = [path for path in _paths() if given.only in str(path)]
    asked = list(units())
    reached, failing = judging.reach(asked, map(str, paths))
    for name in failing:
        print(f"not asked, for it fails on the facts as they are: {name}")
    print(f"{len(asked) - len(failing)} units, ready after {time.monotonic() - start:.0f} s")
    found = list(_mutants(paths))
    if given.sample is not None:
        order = random.Random(given.seed)  # noqa: S311  a sample that can be drawn again
        kept = set(order.sample(range(len(found)), min(given.sample, len(found))))
        found = [one for index, one in enumerate(found) if index in kept]
    equal = equivalent()
    survivors: list[Mutant] = []
    counted = 0
    for mutant, tree, name in found:
        if mutant.key in equal:
            continue
        counted += 1
        module = import_module(name)
        running = judging.running(mutant, reached[str(SOURCE / mutant.path)])
        if not judging.notices(mutant, tree, module, running):
            survivors.append(mutant)
            print(f"{mutant}{'' if running else ' [nothing runs it]'}", flush=True)
    caught = counted - len(survivors)
    share = 100 * caught / max(counted, 1)
    print(
        f"{counted} mutants, {caught} noticed ({share:.2f} %), {len(survivors)} survive;"
        f" {len(found) - counted} more change nothing that could be seen;"
        f" {(time.monotonic() - start):.0f} s"
    )
    if given.update:
        lines = "".join(f"{mutant.key}\n" for mutant in survivors)
        SURVIVORS.write_text(lines, "utf-8", newline="")
    return 0


def equivalent() -> frozenset[str]:
    """Return the mutants that change nothing: each line `mutant  # why`."""
    lines = EQUIVALENT.read_text("utf-8").splitlines() if EQUIVALENT.exists() else []
    return frozenset(line.split("  # ", 1)[0] for line in lines if "  # " in line)


def _paths() -> list[Path]:
    return [
        path
        for root in ROOTS
        for path in sorted((SOURCE / root).rglob("*.py"))
        if path.name not in GENERATED
    ]


def _mutants(paths: list[Path]) -> Iterator[tuple[Mutant, ast.Module, str]]:
    for path in paths:
        short = path.relative_to(SOURCE)
        name = ".".join(short.with_suffix("").parts).removesuffix(".__init__")
        module = import_module(name)
        _, tree = judging.source_of(module)
        for mutant in mutants(str(short), tree, module):
            yield mutant, tree, name
