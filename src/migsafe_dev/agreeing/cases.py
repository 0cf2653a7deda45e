"""Cases: those of fixtures/effects, chosen by hand, and those of a seed."""

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from migsafe_dev.generator import generate

FIXTURES = Path(__file__).parents[3] / "fixtures" / "effects"
GRAMMAR = FIXTURES / "generated" / "GRAMMAR.sha256"
NEWEST = 18
_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Case:
    """One statement, and the schema and rows that it meets."""

    subject: str
    name: str
    setup: str
    statement: str
    versions: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.subject}: {self.name}"


@cache
def chosen() -> tuple[Case, ...]:
    """Return the cases that were chosen by hand."""
    found: list[Case] = []
    for path in sorted(FIXTURES.glob("*.toml")):
        content = tomllib.loads(path.read_text("utf-8"))
        found.extend(
            Case(
                path.stem,
                case["name"],
                content.get("setup", "") + case.get("setup", ""),
                case["statement"],
                tuple(case.get("versions", range(12, NEWEST + 1))),
            )
            for case in content["case"]
        )
    return tuple(found)


def generated(seed: int, count: int, version: int) -> Iterator[Case]:
    """Yield the cases of a seed."""
    for case in generate(seed, count, version):
        yield Case("generated", case.name, case.setup, case.statement, (version,))


def grammar_digest() -> str:
    """Return the digest of all that decides which cases a seed gives."""
    digest = hashlib.sha256()
    for path in (*sorted((_PACKAGE / "generation").glob("*.py")), _PACKAGE / "generator.py"):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
