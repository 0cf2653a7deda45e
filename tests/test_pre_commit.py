"""The hooks as pre-commit installs and runs them, against real commits."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from projects import ROOT, copied_to
from repositories import Checkout

CONFIGURATION = """
repos:
  - repo: {source}
    rev: v1
    hooks:
      - id: migsafe
      - id: migsafe-gate
"""
HOOKS = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("migrations/0001_a.sql", True),
        ("db/migrate/0001_a.sql", True),
        ("app/alembic/versions/ab12_x.py", True),
        ("db/0042.sql", True),
        ("src/app/models.py", False),
        ("migrations/README.md", False),
        ("mydb/notes.sql", False),
    ],
)
def test_hooks_are_called_for_migrations(path: str, *, matches: bool) -> None:
    patterns = re.findall(r"files: '(.*)'", HOOKS)
    assert len(patterns) == 2
    assert all(bool(re.search(pattern, path)) is matches for pattern in patterns)


def git(*arguments: str, cwd: Path) -> None:
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments],
                   cwd=cwd, check=True, capture_output=True)  # fmt: skip


@pytest.fixture(scope="module")
def hook_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a git repository with the project as it stands in the work tree."""
    source = copied_to(tmp_path_factory.mktemp("hooks") / "migsafe")
    checkout = Checkout.made(source)
    checkout.commit()
    checkout.git("tag", "v1")
    return source


@pytest.fixture(scope="module")
def user_repo(tmp_path_factory: pytest.TempPathFactory, hook_source: Path) -> Path:
    """Return a repository of somebody who uses the hooks, with one released migration."""
    repo = tmp_path_factory.mktemp("user")
    git("init", "-q", cwd=repo)
    (repo / ".pre-commit-config.yaml").write_text(CONFIGURATION.format(source=hook_source))
    (repo / "migrations").mkdir()
    (repo / "migrations" / "0001_users.sql").write_text(
        "CREATE TABLE users (id int, email text);\n"
    )
    git("add", "-A", cwd=repo)
    git("commit", "-qm", "users", cwd=repo)
    return repo


@pytest.mark.parametrize("hook", ["migsafe", "migsafe-gate"])
@pytest.mark.parametrize(
    ("sql", "status"),
    [
        ("CREATE TABLE notes (id bigint PRIMARY KEY);\n", 0),
        ("ALTER TABLE users RENAME COLUMN email TO mail;\n", 1),
    ],
)
def test_hook_judges_what_is_staged(
    hook_source: Path, user_repo: Path, hook: str, sql: str, status: int
) -> None:
    migration = user_repo / "migrations" / "0002_change.sql"
    migration.write_text(sql)
    git("add", "-A", cwd=user_repo)
    stage = "manual" if hook == "migsafe-gate" else "pre-commit"
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", hook, "--hook-stage", stage],
        cwd=user_repo, capture_output=True, text=True, check=False,
        env={**os.environ, "PRE_COMMIT_HOME": str(hook_source.parent / "cache")},
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    assert ("rename-column" in done.stdout) is (status == 1)
