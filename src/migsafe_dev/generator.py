"""`python -m migsafe_dev generator --seed N --count M --server V`: prints generated cases.

The cases are those of `agreement` with the same arguments, written as TOML like
fixtures/effects. Which they are depends on the seed and the server's version alone.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass

from migsafe_dev.generation.draw import Draw
from migsafe_dev.generation.schema import draw_schema
from migsafe_dev.generation.statements import draw_statement, kinds

PER_SCHEMA = 12
"""Statements that meet the same schema, each in its first state."""


@dataclass(frozen=True)
class Case:
    """A statement, and the schema and rows that it meets."""

    name: str
    setup: str
    statement: str
    kind: str


def generate(seed: int, count: int, version: int) -> Iterator[Case]:
    """Yield the cases of a seed; the first ones do not depend on how many are asked for."""
    order = Draw(f"migsafe {seed} {version}")
    bag: list[str] = []
    made = 0
    for block in range(count):
        draw = Draw(f"migsafe {seed} {version} {block}")
        schema = draw_schema(draw, version)
        for number in range(PER_SCHEMA):
            if made == count:
                return
            if not bag:
                bag = list(kinds())
            kind = bag.pop(order.number(0, len(bag) - 1))
            statement = draw_statement(draw, schema, kind)
            yield Case(f"{seed}/{version}/{block}/{number}", schema.setup, statement, kind)
            made += 1


def main(arguments: list[str]) -> int:
    """Print the cases as TOML."""
    parser = argparse.ArgumentParser(prog="migsafe_dev generator")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--server", type=int, default=18)
    given = parser.parse_args(arguments)
    for case in generate(given.seed, given.count, given.server):
        # A JSON string is a TOML string as well.
        print("[[case]]")
        print(f"name = {json.dumps(case.name)}")
        print(f"setup = {json.dumps(case.setup)}")
        print(f"statement = {json.dumps(case.statement)}")
        print(f"versions = [{given.server}]\n")
    return 0
