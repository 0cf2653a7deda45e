"""What the lint path of a Postgres project loads, and that nothing of the project is run."""

import subprocess
import sys
from pathlib import Path

import pytest

_LOADED = """
import sys
from migsafe.cli import cli
status = cli.main(sys.argv[1:], standalone_mode=False)
heavy = {"sqlglot", "sqlalchemy", "alembic", "psycopg", "rich", "asyncio", "multiprocessing"}
print(status, sorted(heavy & sys.modules.keys()), file=sys.stderr)
"""
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
