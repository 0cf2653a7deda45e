"""Asks the installed Alembic, in a process of its own, for the SQL of calls and trees."""

import json
import re
import subprocess
import sys
from pathlib import Path

_RENDER = """
import io, json, sys, warnings
warnings.simplefilter("ignore")
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.dialects import postgresql
answers = []
for code in json.load(sys.stdin):
    out = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql",
        opts={"as_sql": True, "output_buffer": out, "literal_binds": True},
        dialect_opts={"paramstyle": "named"},
    )
    try:
        names = {"op": Operations(context), "sa": sa, "postgresql": postgresql}
        exec(code, names)
        answers.append(out.getvalue())
    except Exception as error:
        answers.append(None)
json.dump(answers, sys.stdout)
"""
_RUNNING = re.compile(r"-- Running (?:up|down)grade ([\w, ]*) -> ([\w, ]*)\n")


def rendered_calls(calls: list[str]) -> list[str | None]:
    """Return Alembic's SQL for each piece of code, None where it refuses."""
    answer = subprocess.run(
        [sys.executable, "-c", _RENDER],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(answer.stdout)
    assert isinstance(found, list)
    return found


def rendered_tree(config: Path, *command: str) -> dict[str, str]:
    """Return Alembic's offline SQL of a tree, by the revision it comes to or leaves."""
    answer = subprocess.run(
        [sys.executable, "-B", "-W", "ignore", "-m", "alembic", "-c", str(config), *command],
        capture_output=True,
        text=True,
        check=True,
    )
    parts = _RUNNING.split(answer.stdout)
    up = command[0] == "upgrade"
    return {
        (after if up else before): sql
        for before, after, sql in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    }
