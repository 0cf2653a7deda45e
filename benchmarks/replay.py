"""How the replay of a history grows: 10,000 migrations against 1,000.

Run `python benchmarks/replay.py`. What is timed is the CPU of one process that reads nothing
but memory: every migration is folded into the catalog, and the last one is linted. A ratio of
10 is linear. Histories differ in what grows: tables alone, or what a table of a hundred holds.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date

from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.migration import Down, Migration, Section, Selection, Tree
from migsafe.model.origin import Runner, SectionName
from migsafe.parsers.sql import Placement, read_sql

FEW, MANY = 1_000, 10_000
RUNS = 3
_TABLES = 100


def main() -> None:
    """Print one line of ratios a kind of history."""
    gc.set_threshold(500_000, 20, 50)  # as the command line does
    for name, write in (("a table each", _table), ("changes of a hundred tables", _change)):
        took = {
            count: statistics.median(_replay(count, write) for _ in range(RUNS))
            for count in (FEW, MANY)
        }
        print(
            f"{name}: {FEW} migrations {took[FEW]:.2f} s, {MANY} migrations {took[MANY]:.2f} s"
            f" = {took[MANY] / took[FEW]:.1f} x for {MANY // FEW} x as many"
        )


def _replay(count: int, write: Callable[[int], str]) -> float:
    migrations = tuple(_migrations(count, write))
    selection = Selection(Tree("history", "numbered", migrations), frozenset({migrations[-1].id}))
    gc.collect()
    start = time.process_time()
    lint((selection,), Settings(), Options(today=date(2026, 1, 1)))
    return time.process_time() - start


def _migrations(count: int, write: Callable[[int], str]) -> Iterator[Migration]:
    for number in range(count):
        path = f"history/{number:05}.sql"
        text = write(number)
        read = read_sql(text, Placement(path, SectionName.UP))
        up = Section(SectionName.UP, path, text, read.statements, Runner.FILE, read.directives)
        yield Migration(f"{number:05}", path, "numbered", up, None, Down.NO_CONVENTION)


def _table(number: int) -> str:
    return (
        f"CREATE TABLE t{number} (id bigint PRIMARY KEY, name text NOT NULL);\n"
        f"CREATE INDEX t{number}_name ON t{number} (name);\n"
    )


def _change(number: int) -> str:
    table = f"t{number % _TABLES}"
    match number // _TABLES % 4 if number >= _TABLES else None:
        case None:
            return f"CREATE TABLE {table} (id bigint PRIMARY KEY, name text NOT NULL);\n"
        case 0:
            return f"ALTER TABLE {table} ADD COLUMN c{number} integer;\n"
        case 1:
            return f"CREATE INDEX {table}_i{number} ON {table} (name);\n"
        case 2:
            return f"ALTER TABLE {table} ADD CONSTRAINT k{number} CHECK (id > 0) NOT VALID;\n"
        case _:
            return f"DROP INDEX {table}_i{number - _TABLES * 2};\n"


if __name__ == "__main__":
    main()
