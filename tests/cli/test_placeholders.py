"""Placeholders from the command line: unknown ones, configured ones, and plans."""

from pathlib import Path

import pytest

import planmaking
from commands import migsafe

USERS = "CREATE TABLE {{ .Schema }}.users (id bigint PRIMARY KEY, email text NOT NULL);\n"
RENAME = "ALTER TABLE {{ .Schema }}.users RENAME COLUMN email TO mail;\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    planmaking.put(tmp_path, {"db/1_a.sql": USERS, "db/2_b.sql": RENAME})
    return tmp_path


def configure(tree: Path, text: str) -> None:
    (tree / "migsafe.toml").write_text(f"[placeholders]\nSchema = {text}\n", "utf-8")


def test_a_name_that_nobody_has_said_is_judged_and_not_planned(tree: Path) -> None:
    done = migsafe("lint", "db/2_b.sql", cwd=tree)
    assert "Renaming {Schema}.users.email to mail" in " ".join(done.stdout.split())
    assert "1 of 1 statement understood" in done.stdout
    refused = migsafe("plan", "db/2_b.sql", cwd=tree)
    assert refused.returncode == 2
    assert "db/2_b.sql:1" in refused.stderr
    assert '[tool.migsafe.placeholders] Schema = "…"' in " ".join(refused.stderr.split())


def test_a_configured_name_is_judged_and_planned(tree: Path) -> None:
    configure(tree, '"app"')
    assert "Renaming app.users.email" in migsafe("lint", "db/2_b.sql", cwd=tree).stdout
    planned = migsafe("plan", "db/2_b.sql", "-o", "plans/b", cwd=tree)
    assert planned.returncode == 0, planned.stderr
    expand = (tree / "plans/b/01_expand.up.sql").read_text("utf-8")
    assert "ALTER TABLE app.users" in expand
    assert migsafe("plan", "--check", "plans/b", cwd=tree).returncode == 0


def test_a_text_that_is_none_is_refused(tree: Path) -> None:
    configure(tree, "1")
    done = migsafe("lint", "db/2_b.sql", cwd=tree)
    assert done.returncode == 2
    assert "'placeholders.Schema' must be a string" in done.stderr
