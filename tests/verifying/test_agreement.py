"""`inspect` and `trace` say the same, through the product's own code."""

import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migsafe.verifying.scratch import Scratch
from tracing import VERSION, embedded

FIXTURES = Path(__file__).parents[2] / "fixtures" / "effects"
SEED = 20261124
CASES = 60
FACTS = (
    "locks",
    "rewrites",
    "scans",
    "index_builds",
    "blocks_reads",
    "blocks_writes",
    "forbidden_in_transaction",
    "fails",
    "fails_on_existing_data",
    "breaks_old_code",
    "loses_data",
)


def cases() -> list[tuple[str, str, str]]:
    """Return name, setup and statement of every case of the version."""
    found: list[tuple[str, str, str]] = []
    for path in sorted(FIXTURES.glob("*.toml")):
        content = tomllib.loads(path.read_text("utf-8"))
        found.extend(
            (
                f"{path.stem}: {case['name']}",
                content.get("setup", "") + case.get("setup", ""),
                case["statement"],
            )
            for case in content["case"]
            if VERSION in case.get("versions", [VERSION])
        )
    return found


def slice_of(seed: int, count: int) -> list[tuple[str, str, str]]:
    """Return some cases; a new one among them changes one at most."""

    def rank(case: tuple[str, str, str]) -> bytes:
        return hashlib.sha256(f"{seed} {case[0]}".encode()).digest()

    return sorted(cases(), key=rank)[:count]


@pytest.fixture(scope="module")
def place() -> Iterator[Scratch]:
    with embedded() as place:
        yield place


def disagreements(
    predicted: list[dict[str, Any]], measured: list[dict[str, Any]]
) -> dict[str, object]:
    """Return each fact that both know and say differently: (predicted, measured)."""
    wrong: dict[str, object] = {}
    for ours, theirs in zip(predicted, measured, strict=True):
        unknown = {each["fact"] for one in (ours, theirs) for each in one["unknown"]}
        for fact in FACTS:
            pair = ours[fact], theirs[fact]
            if None in pair or fact in unknown:
                continue
            if fact.startswith("fails") and ours["fails"] == "on_data" and theirs["error"] is None:
                # Other rows would let it fail.
                continue
            if _sorted(pair[0]) != _sorted(pair[1]):
                wrong[fact] = pair
    return wrong


def _sorted(value: object) -> object:
    return sorted(value, key=repr) if isinstance(value, list) else value
