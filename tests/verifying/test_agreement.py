"""`inspect` and `trace` say the same, through the product's own code."""

import json
import random
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from linting import section
from migsafe.catalog.catalog import Catalog
from migsafe.config import Settings
from migsafe.inspect import inspect
from migsafe.lint import Options
from migsafe.model.inspection import Inspected
from migsafe.model.migration import Down, Migration, Selection, Tree
from migsafe.model.origin import Runner, SectionName
from migsafe.parsers.sql import Placement, read_sql
from migsafe.render import effects_json
from migsafe.verifying import scratch, server, trace

FIXTURES = Path(__file__).parents[2] / "fixtures" / "effects"
VERSION = 18
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
    return random.Random(seed).sample(cases(), count)


@pytest.fixture(scope="module")
def place() -> Iterator[scratch.Scratch]:
    with server.embedded(VERSION) as running, scratch.scratch(running) as place:
        yield place


def both(
    place: scratch.Scratch, setup: str, statement: str
) -> tuple[list[Inspected], list[Inspected]]:
    up = section(statement, Runner.NONE)
    one = Migration("0001", "0001.up.sql", "golang-migrate", up, None, Down.NO_CONVENTION)
    selection = Selection(Tree(".", "golang-migrate", (one,)), frozenset({one.id}))
    settings = Settings(server_version=VERSION)
    base = Catalog.empty(complete=True)
    for each in read_sql(setup, Placement("schema.sql", SectionName.UP)).statements:
        base = base.apply_all(each.operations)
    options = Options(today=date(2026, 1, 1), base=base)
    request = trace.Request(section(setup, Runner.NONE), rows=0, seed=SEED)
    predicted = inspect((selection,), settings, options)
    measured = trace.trace(place, (selection,), settings, options, request)
    return list(predicted), list(measured.statements)


def said(found: list[Inspected]) -> list[dict[str, Any]]:
    page = effects_json.render(tuple(found), dialect="postgres", server_version=VERSION)
    statements: list[dict[str, Any]] = json.loads(page)["statements"]
    return statements


def disagreements(predicted: list[Inspected], measured: list[Inspected]) -> dict[str, object]:
    """Return each fact that both know and say differently: (predicted, measured)."""
    wrong: dict[str, object] = {}
    for ours, theirs in zip(said(predicted), said(measured), strict=True):
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
