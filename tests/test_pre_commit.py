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
USERS = "CREATE TABLE users (id int, email text);\n"
NOTES = "CREATE TABLE notes (id bigint PRIMARY KEY);\n"
INDEX = "CREATE INDEX notes_id ON notes (id);\n"
RENAME = "ALTER TABLE users RENAME COLUMN email TO mail;\n"
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


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Return a git repository with the project as it stands in the work tree."""
    checkout = Checkout.made(copied_to(tmp_path_factory.mktemp("hooks") / "migsafe"))
    checkout.commit()
    checkout.git("tag", "v1")
    return checkout


class User:
    """A branch of somebody who uses the hooks, on one released migration."""

    def __init__(self, path: Path, hooks: Checkout) -> None:
        self.hooks = hooks
        self.repo = Checkout.made(path)
        self.repo.commit(
            {
                ".pre-commit-config.yaml": CONFIGURATION.format(source=hooks.path),
                "migrations/0001_users.sql": USERS,
            }
        )
        self.released = self.repo.git("rev-parse", "HEAD")
        self.repo.git("switch", "-q", "-c", "topic")

    def stage(self, files: dict[str, str]) -> None:
        self.repo.write(files)
        self.repo.git("add", "-A")

    def run(self, hook: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run a hook as a commit or a push does."""
        return self._called("run", hook, *options)

    def tried(self, hook: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run a hook as it stands in the work tree of the project."""
        return self._called("try-repo", str(self.hooks.path), hook, *options)

    def pushed(self, hook: str) -> subprocess.CompletedProcess[str]:
        """Run a hook on everything since the released commit, as a push does."""
        refs = ("--from-ref", self.released, "--to-ref", "HEAD")
        return self.run(hook, "--hook-stage", "pre-push", *refs)

    def _called(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", *arguments],
            cwd=self.repo.path,
            capture_output=True,
            text=True,
            check=False,
            env={
                **os.environ,
                "PRE_COMMIT_HOME": str(self.hooks.path.parent / "cache"),
                "GITHUB_BASE_REF": "",
            },
        )


@pytest.fixture
def user(tmp_path: Path, hooks: Checkout) -> User:
    return User(tmp_path / "user", hooks)


@pytest.mark.parametrize("hook", ["migsafe", "migsafe-gate"])
@pytest.mark.parametrize(("sql", "status"), [(NOTES, 0), (RENAME, 1)])
def test_a_hook_judges_what_is_staged(user: User, hook: str, sql: str, status: int) -> None:
    user.stage({"migrations/0002_change.sql": sql})
    stage = "manual" if hook == "migsafe-gate" else "pre-commit"
    done = user.run(hook, "--hook-stage", stage)
    assert done.returncode == status, done.stdout + done.stderr
    assert ("rename-column" in done.stdout) is (status == 1)


def test_a_hook_can_be_tried_as_it_stands(user: User) -> None:
    user.stage({"migrations/0002_change.sql": RENAME})
    done = user.tried("migsafe", "--verbose")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 released migration replayed" in done.stdout
    assert "1 new since main" in done.stdout
    assert "rename-column" in done.stdout


def test_a_renamed_migration_is_judged_under_its_new_name(user: User) -> None:
    user.repo.commit({"migrations/0002_change.sql": RENAME})
    user.repo.git("mv", "migrations/0002_change.sql", "migrations/0003_later.sql")
    done = user.run("migsafe")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "migrations/0003_later.sql" in done.stdout


def test_what_is_not_staged_is_not_judged(user: User) -> None:
    user.stage({"migrations/0002_change.sql": NOTES})
    user.repo.write({"migrations/0002_change.sql": RENAME})
    assert user.run("migsafe").returncode == 0


def test_a_released_migration_that_is_edited_is_reported(user: User) -> None:
    user.stage({"migrations/0001_users.sql": USERS.replace("text", "varchar(20)")})
    done = user.run("migsafe")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "released-migration-changed" in done.stdout


def test_what_was_released_is_judged_by_no_run_over_all_files(user: User) -> None:
    user.repo.commit({"migrations/0002_change.sql": RENAME})
    user.repo.git("switch", "-q", "main")
    user.repo.git("merge", "-q", "topic")
    done = user.run("migsafe", "--all-files")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_migration_that_goes_is_passed_to_no_hook(user: User) -> None:
    user.repo.git("rm", "-q", "migrations/0001_users.sql")
    done = user.run("migsafe")
    assert done.returncode == 0
    assert "no files to check" in done.stdout


@pytest.mark.parametrize("hook", ["migsafe", "migsafe-gate"])
def test_a_push_is_one_deploy_with_what_it_changes_of_the_released(user: User, hook: str) -> None:
    user.repo.commit({"migrations/0002_notes.sql": NOTES})
    user.repo.git("rm", "-q", "migrations/0001_users.sql")
    user.repo.commit({"migrations/0003_index.sql": INDEX})
    done = user.pushed(hook)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "released-migration-changed" in done.stdout
    # The push makes the table itself, so nobody waits for its index.
    assert "create-index" not in done.stdout


def test_a_push_of_nothing_but_new_tables_passes(user: User) -> None:
    user.repo.commit({"migrations/0002_notes.sql": NOTES})
    user.repo.commit({"migrations/0003_index.sql": INDEX})
    assert user.pushed("migsafe").returncode == 0


def test_many_files_and_odd_names_are_one_run(user: User) -> None:
    many = {
        f"a dir/migrations/{number:04}_it's \\ {number}.sql": f"CREATE TABLE t{number} (id int);\n"
        for number in range(400)
    }
    user.stage(many)
    done = user.run("migsafe", "--verbose")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Stage 1: ") == 1
    assert "400 of 400 statements understood" in done.stdout
