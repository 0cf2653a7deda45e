"""What the lint path of a Postgres project loads, and that nothing of the project is run."""

import subprocess
import sys
from pathlib import Path

import pytest

_LOADED = """
import sys
from migsafe.cli import cli
status = cli.main(sys.argv[1:], standalone_mode=False)
heavy = {"postgast", "sqlglot", "sqlalchemy", "alembic", "psycopg", "rich", "asyncio"}
heavy |= {"multiprocessing"}
print(status, sorted(heavy & sys.modules.keys()), file=sys.stderr)
"""
_OURS = """
import sys
from migsafe.cli import cli
cli.main(sys.argv[1:], standalone_mode=False)
print(*sorted(name for name in sys.modules if not name.startswith("encodings")))
"""
# What reads Python, and what makes, reads and matches plans.
_UNWANTED = {
    "migsafe.planning",
    "migsafe.recipes",
    "migsafe.sources.alembic.tree",
    "migsafe.sources.plans.matching",
    "migsafe.sources.plans.tree",
}
_MOST = 193  # a module for each SQL tool, and for each kind of thing the catalog remembers
"""Modules of migsafe, without those of rules, that a file of SQL may cost: each is a third of
a millisecond."""
_REVISION = """
from pathlib import Path

from alembic import op

Path("trace").write_text("executed")
revision = "a1"
down_revision = None


def upgrade() -> None:
    op.drop_column("users", "email")


def downgrade() -> None:
    pass
"""


@pytest.mark.parametrize("kind", ["sql", "py"])
def test_lint_loads_no_heavy_library_and_runs_nothing_of_the_project(
    tmp_path: Path, kind: str
) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    path = versions / f"0001_drop.{kind}"
    path.write_text("ALTER TABLE users DROP COLUMN email;" if kind == "sql" else _REVISION)
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, "lint", str(path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "drop-column" in done.stdout
    assert done.stderr == "1 []\n"
    assert not (tmp_path / "trace").exists()


def _modules(path: Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _OURS, "lint", path.name],
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())


def test_a_file_of_sql_loads_neither_what_reads_python_nor_what_reads_plans(
    tmp_path: Path,
) -> None:
    path = tmp_path / "0001_drop.sql"
    path.write_text("ALTER TABLE users DROP COLUMN email;")
    loaded = _modules(path)
    assert not loaded & _UNWANTED
    ours = [
        name
        for name in loaded
        if name.partition(".")[0] == "migsafe" and not name.startswith("migsafe.checks.")
    ]
    assert len(ours) <= _MOST, sorted(ours)


def test_the_plans_of_a_project_are_read_where_there_are_some(tmp_path: Path) -> None:
    path = tmp_path / "0001_drop.sql"
    path.write_text("ALTER TABLE users DROP COLUMN email;")
    (tmp_path / "migsafe" / "plans").mkdir(parents=True)
    assert "migsafe.sources.plans.tree" in _modules(path)
