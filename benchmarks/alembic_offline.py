"""How long 1,000 Alembic revisions take to lint, against rendering them offline.

Run `python benchmarks/alembic_offline.py`. The peer is `alembic upgrade head --sql`, which
imports and runs every revision to write its SQL; migsafe reads them, both ways, and judges
them. The two take turns; CPU seconds are minima. Revisions are generated in the mix that
public projects have: three in four are literal calls, the others loop, format, call a helper,
read the connection or run SQL.
Both are installed with bytecode; the revisions are as a checkout in CI leaves them, without.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REVISIONS = 1000
RUNS = 3
_TABLES = 97
_ENV = """\
from alembic import context

context.configure(dialect_name="postgresql", literal_binds=True)
with context.begin_transaction():
    context.run_migrations()
"""
_HEAD = '''\
"""change {number}

Revision ID: {revision}
Revises: {revises}
Create Date: 2026-01-01 00:00:00.000000

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision: str = "{revision}"
down_revision: Union[str, None] = {revises!r}
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None

'''
_BODIES = (
    """
def upgrade() -> None:
    op.create_table(
        "t{number}",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()")),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_t{number}_name"), "t{number}", ["name"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_t{number}_name"), table_name="t{number}")
    op.drop_table("t{number}")
""",
    """
def upgrade() -> None:
    op.add_column("s{table}", sa.Column("c{number}", sa.Integer(), nullable=True))
    op.create_foreign_key("fk{number}", "s{table}", "s0", ["c{number}"], ["id"])


def downgrade() -> None:
    op.drop_constraint("fk{number}", "s{table}", type_="foreignkey")
    op.drop_column("s{table}", "c{number}")
""",
    """
def upgrade() -> None:
    op.alter_column("s{table}", "note", existing_type=sa.Text(), nullable=True)
    op.execute("UPDATE s{table} SET note = 'x' WHERE note IS NULL")


def downgrade() -> None:
    op.execute("UPDATE s{table} SET note = NULL WHERE note = 'x'")
""",
    """
NAMES = ["a", "b", "c"]


def _named(name: str) -> str:
    return f"{{name}}_{number}"


def upgrade() -> None:
    for name in NAMES:
        op.add_column("s{table}", sa.Column(_named(name), sa.Text(), nullable=True))
    op.get_bind().execute(sa.text("UPDATE s{table} SET {{}} = ''".format(_named("a"))))


def downgrade() -> None:
    for name in reversed(NAMES):
        op.drop_column("s{table}", _named(name))
""",
)
_FIRST = """
def upgrade() -> None:
    for number in range({tables}):
        op.create_table(
            f"s{{number}}",
            sa.Column("id", sa.BigInteger(), primary_key=True),
            sa.Column("note", sa.Text(), nullable=True),
        )


def downgrade() -> None:
    for number in range({tables}):
        op.drop_table(f"s{{number}}")
"""


def main() -> None:
    """Print the seconds and the ratio."""
    tools = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as bytecode:
        _project(Path(folder))
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        commands = {
            "lint": [str(tools / "migsafe"), "lint", "scripts/versions"],
            "offline": [str(tools / "alembic"), "upgrade", "head", "--sql"],
        }
        used: dict[str, list[float]] = {who: [] for who in commands}
        for command in commands.values():
            _run(command, folder, environment)  # it compiles, the others read
        for _ in range(RUNS):
            for who, command in commands.items():
                shutil.rmtree(bytecode + folder, ignore_errors=True)
                used[who].append(_run(command, folder, environment))
    best = {who: min(seconds) for who, seconds in used.items()}
    print(
        f"{REVISIONS} revisions, CPU: migsafe lint {best['lint']:.2f} s = "
        f"{best['lint'] / best['offline']:.2f} x alembic upgrade head --sql "
        f"({best['offline']:.2f} s)"
    )


def _project(folder: Path) -> None:
    versions = folder / "scripts" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = scripts\n", "utf-8")
    (folder / "scripts" / "env.py").write_text(_ENV, "utf-8")
    revises = None
    for number in range(REVISIONS):
        revision = f"{number:012x}"
        body = _BODIES[number % len(_BODIES)] if number else _FIRST
        text = _HEAD.format(number=number, revision=revision, revises=revises) + body.format(
            number=number, table=number % _TABLES, tables=_TABLES
        )
        (versions / f"{revision}_change.py").write_text(text, "utf-8")
        revises = revision


def _run(command: list[str], folder: str, environment: dict[str, str]) -> float:
    """Return the CPU seconds that a command uses; stop where it fails to do its work."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    if done.returncode not in {0, 1} or not done.stdout:
        sys.exit(f"{command[0]} failed: {done.stderr.decode()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
