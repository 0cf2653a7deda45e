"""Plans and migration trees for tests: hand-made plans, trees on disk, whole plan directories."""

from pathlib import Path

from migsafe.config import Settings
from migsafe.model.origin import Runner
from migsafe.model.plan import (
    Backfill,
    CodeChange,
    CodeVersion,
    Condition,
    Deploy,
    DeployKind,
    Direction,
    Phase,
    Plan,
    Source,
    Step,
)
from migsafe.model.record import replace
from migsafe.planning import directory
from migsafe.planning.files import with_files
from migsafe.planning.finish import Finished
from migsafe.planning.make import make
from migsafe.sources import Request, load
from migsafe.sources.convention import Script
from migsafe.sources.plans.record import operations

SETTINGS = Settings(lock_timeout="role", server_version=18)
AT = "2026-01-02T03:04:05Z"

_RUNNERS = {"golang-migrate": Runner.QUERY, "alembic": Runner.RUN}

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);\n"


def step(up: str, down: str = "", direction: Direction = Direction.ADD, **fields: object) -> Step:
    """Return a step made of SQL."""
    made = Step(operations(up), operations(down), direction, "it is quick")
    return replace(made, **fields)


def plan(convention: str = "golang-migrate", *, table: str = "users", column: str = "mail") -> Plan:
    """Return a hand-made plan with every kind of deploy; names are given as SQL."""
    source = Source("db/0002_mail.up.sql", "0002_mail", "0" * 64, ("0001",), ())
    expand = Deploy(
        Phase.EXPAND,
        DeployKind.SCHEMA,
        f"add {table}.{column}",
        steps=(
            step(
                f"ALTER TABLE {table} ADD COLUMN {column} text",
                f"ALTER TABLE {table} DROP COLUMN {column}",
            ),
            step(
                f"CREATE INDEX CONCURRENTLY users_mail ON {table} ({column})",
                "DROP INDEX CONCURRENTLY users_mail",
                transactional=False,
                lock_timeout_ms=None,
                statement_timeout_ms=None,
            ),
        ),
        works_with=(0, 1),
    )
    fill = Deploy(
        Phase.MIGRATE,
        DeployKind.BACKFILL,
        f"copy email to {column}",
        backfill=Backfill(
            "users",
            ("id",),
            f"SELECT min(id), max(id) FROM {table}",
            f"UPDATE {table} SET {column} = email WHERE id >= :after AND id <= :stop",
            f"UPDATE {table} SET {column} = email WHERE {column} IS NULL",
            f"SELECT count(*) FROM {table} WHERE {column} IS NULL",
        ),
        works_with=(0, 1),
    )
    code = Deploy(
        Phase.MIGRATE,
        DeployKind.CODE,
        f"read {column}",
        code=(CodeChange("read and write the new column only", "u.email", "u.mail"),),
        works_with=(1,),
    )
    contract = Deploy(
        Phase.CONTRACT,
        DeployKind.SCHEMA,
        "drop email",
        steps=(
            step(
                f"ALTER TABLE {table} ADD CONSTRAINT nn CHECK ({column} IS NOT NULL) NOT VALID",
                f"ALTER TABLE {table} DROP CONSTRAINT nn",
                Direction.RESTRICT,
            ),
            step(
                f"ALTER TABLE {table} VALIDATE CONSTRAINT nn",
                direction=Direction.RESTRICT,
                statement_timeout_ms=None,
            ),
            step(f"ALTER TABLE {table} DROP COLUMN email", direction=Direction.REMOVE),
        ),
        gate=(Condition("no process older than", None, "none runs", oldest_code=1),),
        works_with=(1,),
        min_soak="P7D",
        point_of_no_return=True,
    )
    return Plan(
        id="0002_mail",
        dialect="postgres",
        tool_version="0.1.0",
        options=(("fill.users.mail", "'x'"),),
        base_digest="0" * 64,
        sources=(source,),
        code_versions=(CodeVersion("C0", "runs today"), CodeVersion("C1", f"reads {column}")),
        deploys=(expand, fill, code, contract),
        notes=(f"{column} is a copy",),
        base_tables=("users",),
        convention=convention,
        runner=_RUNNERS.get(convention, Runner.AUTO),
    )


def finished(convention: str = "golang-migrate") -> Finished:
    """Return the hand-made plan with its files."""
    return Finished(with_files(plan(convention)), ())


def put(root: Path, files: dict[str, str]) -> None:
    """Write files below a directory."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="")


def planned(path: str, place: str = "plans/it") -> Path:
    """Plan a migration below the working directory, write the plan and return where."""
    (selection,) = load(Request((path,))).selections
    directory.write(make(selection, SETTINGS, None, {}), Path(place))
    return Path(place)


def script(up: str, down: str | None, sql: str, back: str) -> Script:
    """Return what a convention is given to write for what may not run in a transaction."""
    return Script(up, down, sql, back, transactional=False)


# --- trees ---------------------------------------------------------------------------------

RENAME = (
    "ALTER TABLE users RENAME COLUMN email TO mail;\n",
    "ALTER TABLE users RENAME COLUMN mail TO email;\n",
)

ALEMBIC_INI = "[alembic]\nscript_location = migrations\n"
ENV = '''"""Runs the revisions against DATABASE_URL."""

import os

import sqlalchemy as sa
from alembic import context

url = os.environ["DATABASE_URL"]
engine = sa.create_engine(url, poolclass=sa.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
'''


def revision(id_: str, down: str | None, up: str, back: str) -> str:
    """Return a revision that executes SQL."""
    return (
        '"""A change."""\n\nfrom alembic import op\n\n'
        f"revision = {id_!r}\ndown_revision = {down!r}\n\n\n"
        f"def upgrade():\n    op.execute({up!r})\n\n\n"
        f"def downgrade():\n    op.execute({back!r})\n"
    )


TREES: dict[str, tuple[dict[str, str], str]] = {
    "golang-migrate": (
        {
            "db/0001_users.up.sql": USERS,
            "db/0001_users.down.sql": "DROP TABLE users;\n",
            "db/0002_mail.up.sql": RENAME[0],
            "db/0002_mail.down.sql": RENAME[1],
        },
        "db/0002_mail.up.sql",
    ),
    "numbered": ({"db/0001_users.sql": USERS, "db/0002_mail.sql": RENAME[0]}, "db/0002_mail.sql"),
    "up-down-folders": (
        {
            "db/2025-01-01-000000_users/up.sql": USERS,
            "db/2025-01-01-000000_users/down.sql": "DROP TABLE users;\n",
            "db/2025-01-02-000000_mail/up.sql": RENAME[0],
            "db/2025-01-02-000000_mail/down.sql": RENAME[1],
        },
        "db/2025-01-02-000000_mail/up.sql",
    ),
    "alembic": (
        {
            "alembic.ini": ALEMBIC_INI,
            "migrations/env.py": ENV,
            "migrations/versions/aaaa_users.py": revision("aaaa", None, USERS, "DROP TABLE users"),
            "migrations/versions/bbbb_mail.py": revision("bbbb", "aaaa", *RENAME),
        },
        "migrations/versions/bbbb_mail.py",
    ),
}
"""A tree of each convention, and the path of the migration in it that is to be planned."""
