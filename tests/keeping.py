"""Reports that a cache had a part in, and what the cache holds."""

import os
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from migsafe.cli import cli
from migsafe.model.encoding import encode
from migsafe.model.migration import Migration
from migsafe.sources import Request, load
from migsafe.sources.cache import store

FORMATS = ("json", "text", "sarif", "github", "gitlab", "junit", "concise", "markdown")


def reports(*arguments: str) -> str:
    """Return a report in all formats."""
    targets = [f"--output={each}={each}.out" for each in FORMATS]
    result = CliRunner().invoke(cli, ["lint", *targets, *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.stderr == ""
    return "\n".join(
        [str(result.exit_code), *(Path(f"{each}.out").read_text() for each in FORMATS)]
    )


def without(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """Return a report that no cache had a part in."""
    with monkeypatch.context() as context:
        context.setenv("MIGSAFE_CACHE", "off")
        return reports(*arguments)


def history(last: str) -> list[object]:
    """Return all that is read of the migrations before the last one, and what is wrong."""
    selections = load(Request((last,), judging=True)).selections
    trees = [selection.tree for selection in selections]
    return [
        *(encode(each, Migration) for tree in trees for each in tree.migrations),
        *(repr(tree.problems) for tree in trees),
    ]


def database() -> Path:
    return Path(os.environ["MIGSAFE_CACHE_DIR"], store.NAME)


def rows() -> dict[bytes, str]:
    connection = sqlite3.connect(database())
    found = dict(connection.execute("SELECT key, value FROM history"))
    connection.close()
    return found
