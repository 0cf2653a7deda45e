"""Traces and inspects SQL that stands in a test."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from linting import migration, section
from migsafe.catalog.catalog import Catalog
from migsafe.config import Settings
from migsafe.inspect import inspect
from migsafe.lint import Options
from migsafe.model.inspection import Inspected
from migsafe.model.migration import Selection, Tree
from migsafe.model.origin import Runner, SectionName
from migsafe.parsers.sql import Placement, read_sql
from migsafe.render import effects_json
from migsafe.verifying import scratch, server, trace

VERSION = 18
SEED = 1


@contextmanager
def embedded() -> Iterator[scratch.Scratch]:
    """Give a place for scratch databases on a server that is started for it."""
    with server.embedded(VERSION) as running, scratch.scratch(running) as place:
        yield place


def both(
    place: scratch.Scratch,
    setup: str,
    statement: str,
    *,
    rows: int = 0,
    runner: Runner = Runner.NONE,
    down: str | None = None,
) -> tuple[tuple[Inspected, ...], trace.Traced]:
    """Return what is predicted of a migration and what is measured of it."""
    one = migration(statement, runner=runner, down=down)
    selection = Selection(Tree(".", "golang-migrate", (one,)), frozenset({one.id}))
    settings = Settings(server_version=VERSION)
    base = Catalog.empty(complete=True)
    for each in read_sql(setup, Placement("schema.sql", SectionName.UP)).statements:
        base = base.apply_all(each.operations)
    options = Options(today=date(2026, 1, 1), base=base)
    request = trace.Request(section(setup, Runner.NONE), rows, SEED)
    measured = trace.trace(place, (selection,), settings, options, request)
    return inspect((selection,), settings, options), measured


def said(found: tuple[Inspected, ...]) -> list[dict[str, Any]]:
    """Return the statements as JSON says them."""
    page = effects_json.render(found, dialect="postgres", server_version=VERSION, server="here")
    statements: list[dict[str, Any]] = json.loads(page)["statements"]
    return statements
