"""--render: Alembic's own offline SQL instead of reading revisions."""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

import planmaking
from commands import migsafe

SHOP = Path(__file__).parents[2] / "fixtures" / "alembic" / "shop"
ALEMBIC = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
ENV = """from alembic import context

context.configure(
    url="postgresql://ana:secret@db/shop",
    literal_binds=True,
    transaction_per_migration={per},
)
with context.begin_transaction():
    context.run_migrations()
"""
REVISION = '''"""A change."""

import os

from alembic import op

revision = "aaaa"
down_revision = None


def upgrade():
    {up}


def downgrade():
    {down}
'''


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    planmaking.put(tmp_path, {"alembic.ini": planmaking.ALEMBIC_INI})
    return tmp_path


def write(tree: Path, up: str, down: str = "pass", *, env: str = "", per: bool = False) -> None:
    planmaking.put(
        tree,
        {
            "migrations/env.py": env or ENV.format(per=per),
            "migrations/versions/aaaa.py": REVISION.format(up=up, down=down),
        },
    )


def found(output: str) -> list[str]:
    """Return what was found where, without lines: rendered SQL has none."""
    lines = re.findall(r"^(\S+):\d+:\d+: (\w+\[[\w-]+\])", output, re.MULTILINE)
    # It names the line that took a lock, and says nothing where that is its own.
    return sorted(f"{path} {rule}" for path, rule in lines if "wide-lock-window" not in rule)


def test_a_tree_that_can_be_read_is_judged_the_same(tmp_path: Path) -> None:
    shutil.copytree(SHOP, tmp_path / "shop")
    read = migsafe("lint", ".", "--format", "concise", cwd=tmp_path / "shop")
    run = migsafe("lint", ".", "--render", "--format", "concise", cwd=tmp_path / "shop",
                  environment=ALEMBIC)  # fmt: skip
    assert len(found(read.stdout)) > 40
    assert found(run.stdout) == found(read.stdout)


def test_what_only_running_tells_stands_at_def_upgrade(tree: Path) -> None:
    write(tree, "op.drop_column(os.environ['TABLE'], 'a')")
    table = {**ALEMBIC, "TABLE": "users"}
    read = migsafe("lint", "migrations", cwd=tree, environment=table)
    assert "unanalysed-call" in read.stdout
    run = migsafe("lint", "migrations", "--render", cwd=tree, environment=table)
    assert "Dropping users.a" in run.stdout
    assert re.search(r"^ 11 error drop-column", run.stdout, re.MULTILINE)
    assert "1 of 1 statement understood" in run.stdout


def test_only_alembic_s_own_table_is_passed_by(tree: Path) -> None:
    write(tree, "op.execute('DROP TABLE alembic_version_log')")
    run = migsafe("lint", "migrations", "--render", cwd=tree, environment=ALEMBIC)
    assert "Dropping alembic_version_log" in run.stdout


@pytest.mark.parametrize("per", [True, False])
def test_an_autocommit_block_is_outside_the_transaction(tree: Path, *, per: bool) -> None:
    up = """op.execute("SET lock_timeout = '1s'")
    with op.get_context().autocommit_block():
        op.create_index("i", "t", ["a"], postgresql_concurrently=True)"""
    write(tree, up, "op.drop_index('i', 't')", per=per)
    run = migsafe("lint", "migrations", "--render", cwd=tree, environment=ALEMBIC)
    assert "concurrently-in-transaction" not in run.stdout
    assert "3 of 3 statements understood" in run.stdout


def test_a_failure_is_said_without_the_password(tree: Path) -> None:
    write(tree, "pass", env="raise SystemExit('no way to postgresql://ana:secret@db/shop')")
    run = migsafe("lint", "migrations", "--render", cwd=tree, environment=ALEMBIC)
    assert run.returncode == 2
    assert "alembic upgrade base:heads --sql failed" in " ".join(run.stderr.split())
    assert "secret" not in run.stdout + run.stderr
    assert "Traceback" not in run.stderr


def test_a_tree_without_a_configuration_is_refused(tree: Path) -> None:
    write(tree, "pass")
    (tree / "alembic.ini").unlink()
    run = migsafe("lint", "migrations", "--render", cwd=tree, environment=ALEMBIC)
    assert run.returncode == 2
    assert "no alembic.ini or pyproject.toml names migrations" in " ".join(run.stderr.split())
