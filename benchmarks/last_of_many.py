"""What it takes to lint the last of many migrations: with nothing kept, and with all before it.

Run `python benchmarks/last_of_many.py`. CPU seconds of whole processes, the least of some that
take turns, with compiled bytecode as an installed tool has it. `off` keeps nothing, `cold`
reads all and keeps it, `warm` finds it kept. Ratios hold from machine to machine.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SIZES = (1_000, 10_000)
RUNS = 3
_TABLES = 97
_REVISION = '''\
"""Change {number}."""
from alembic import op
import sqlalchemy as sa

revision = "{number:06}"
down_revision = {revises!r}


def upgrade() -> None:
    {up}


def downgrade() -> None:
    {down}
'''


def main() -> None:
    """Print one line a tool and state, with the ratio of the sizes."""
    migsafe = shutil.which("migsafe", path=Path(sys.executable).parent) or "migsafe"
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "PYTHONPYCACHEPREFIX": f"{folder}/bytecode",
            "MIGSAFE_CACHE_DIR": f"{folder}/kept",
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment.pop("MIGSAFE_CACHE", None)
        for name, write in (("SQL", _sql), ("Alembic", _alembic)):
            took = {}
            for size in SIZES:
                tree = Path(folder, f"{name}{size}")
                tree.mkdir()
                command = [migsafe, "lint", write(tree, size)]
                took[size] = _measured(command, tree, environment)
            for state in ("off", "cold", "warm"):
                few, many = (took[size][state] for size in SIZES)
                ratios = " and ".join(
                    f"{took[size][state] / took[size]['off']:.2f}" for size in SIZES
                )
                print(
                    f"{name}, {state}: {SIZES[0]} {few:.2f} s, {SIZES[1]} {many:.2f} s"
                    f" = {many / few:.1f} x; {ratios} x off"
                )


def _measured(command: list[str], tree: Path, environment: dict[str, str]) -> dict[str, float]:
    """Return the CPU seconds of each state."""
    used: dict[str, list[float]] = {"off": [], "cold": [], "warm": []}
    off = {**environment, "MIGSAFE_CACHE": "off"}
    _run(command, tree, off)  # it compiles, the others read
    for _ in range(RUNS):
        used["off"].append(_run(command, tree, off))
        shutil.rmtree(environment["MIGSAFE_CACHE_DIR"], ignore_errors=True)
        used["cold"].append(_run(command, tree, environment))
        used["warm"].append(_run(command, tree, environment))
    return {state: min(seconds) for state, seconds in used.items()}


def _run(command: list[str], tree: Path, environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False)
    if done.returncode not in {0, 1} or not done.stdout:
        sys.exit(f"migsafe failed: {done.stderr.decode()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _sql(tree: Path, size: int) -> str:
    """Write pairs of files as golang-migrate runs them; return the path of the last."""
    for number in range(1, size + 1):
        up, down = _change(number)
        (tree / f"{number:06}_change.up.sql").write_text(up, "utf-8")
        (tree / f"{number:06}_change.down.sql").write_text(down, "utf-8")
    return f"{size:06}_change.up.sql"


def _change(number: int) -> tuple[str, str]:
    table = f"t{number % _TABLES}"
    if number <= _TABLES:
        columns = "id bigint PRIMARY KEY, note text NOT NULL DEFAULT '', made timestamptz"
        return f"CREATE TABLE {table} ({columns});\n", f"DROP TABLE {table};\n"
    match number % 4:
        case 0:
            return (
                f"ALTER TABLE {table} ADD COLUMN c{number} integer;\n",
                f"ALTER TABLE {table} DROP COLUMN c{number};\n",
            )
        case 1:
            return (
                f"CREATE INDEX CONCURRENTLY i{number} ON {table} (note);\n",
                f"DROP INDEX CONCURRENTLY i{number};\n",
            )
        case 2:
            return (
                (
                    f"SET lock_timeout = '2s';\nALTER TABLE {table}\n    ADD CONSTRAINT k{number}"
                    f" CHECK (id > 0) NOT VALID;\n"
                    f"ALTER TABLE {table} VALIDATE CONSTRAINT k{number};\n"
                ),
                f"ALTER TABLE {table} DROP CONSTRAINT k{number};\n",
            )
        case _:
            return (
                (
                    f"UPDATE {table} SET note = 'x' WHERE note IS NULL;\nCREATE TABLE s{number} (\n"
                    f"    id bigint PRIMARY KEY,\n    other bigint REFERENCES {table} (id)\n);\n"
                ),
                f"DROP TABLE s{number};\n",
            )


def _alembic(tree: Path, size: int) -> str:
    """Write revisions; return the path of the last."""
    versions = tree / "scripts" / "versions"
    versions.mkdir(parents=True)
    (tree / "alembic.ini").write_text("[alembic]\nscript_location = scripts\n", "utf-8")
    (tree / "scripts" / "env.py").write_text("from alembic import context\n", "utf-8")
    revises = None
    for number in range(1, size + 1):
        table = f"t{number % _TABLES}"
        up = f'op.add_column("{table}", sa.Column("c{number}", sa.Integer()))'
        down = f'op.drop_column("{table}", "c{number}")'
        if number <= _TABLES:
            columns = 'sa.Column("id", sa.BigInteger(), primary_key=True)'
            up, down = f'op.create_table("{table}", {columns})', f'op.drop_table("{table}")'
        text = _REVISION.format(number=number, revises=revises, up=up, down=down)
        revises = f"{number:06}"
        (versions / f"{revises}_change.py").write_text(text, "utf-8")
    return f"scripts/versions/{revises}_change.py"


if __name__ == "__main__":
    main()
