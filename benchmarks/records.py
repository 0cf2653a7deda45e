"""What it costs to define a record, against a frozen dataclass with slots.

Run `python benchmarks/records.py`. The first use of a record compiles its `__init__`; that
is timed as well, because most of the records of a run are never made.
"""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from migsafe.model.record import record

CLASSES = 200
RUNS = 9
Decorate = Callable[[type], type]


def main() -> None:
    """Print the cost of a definition and of a first use, as ratios."""
    made: dict[str, list[float]] = {"dataclass": [], "record": [], "record, used": []}
    # Types are told apart by turns, so that a busy moment of the machine meets all of them.
    for _ in range(RUNS):
        made["dataclass"].append(_time(dataclass(frozen=True, slots=True)))
        made["record"].append(_time(record))
        made["record, used"].append(_time(lambda cls: _used(record(cls))))
    median = {name: statistics.median(times) for name, times in made.items()}
    for name, seconds in median.items():
        each = seconds / CLASSES * 1e6
        print(f"{name}: {each:.0f} us a class = {seconds / median['dataclass']:.2f} x dataclass")


def _time(decorate: Decorate) -> float:
    classes = [_undecorated() for _ in range(CLASSES)]
    gc.collect()
    gc.disable()  # classes are cycles: those of earlier turns would be collected in this one
    start = time.process_time()
    for cls in classes:
        decorate(cls)
    used = time.process_time() - start
    gc.enable()
    return used


def _undecorated() -> type:
    class Operation:
        table: str
        columns: tuple[str, ...]
        condition: str | None = None
        if_exists: bool = False
        origin: int | None = field(default=None, compare=False, kw_only=True)

    return Operation


def _used(cls: type) -> type:
    cls("users", ("email",))
    return cls


if __name__ == "__main__":
    main()
