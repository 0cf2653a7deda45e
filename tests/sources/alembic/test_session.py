"""Timeouts that an environment sets before its revisions run."""

from pathlib import Path

import pytest

from linting import TODAY
from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.sources import Request, load

HEAD = "from alembic import context\nfrom sqlalchemy import create_engine, event, text\n"
ONLINE = """
def run_migrations_online():
    with engine.connect() as connection:
        context.configure(connection=connection)
        {before}
        with context.begin_transaction():
            {inside}
            context.run_migrations()
            {after}

run_migrations_online()
"""
ASYNC = """
def do_run_migrations(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

async def run_async():
    async with engine.connect() as connection:
        await connection.execute(text("SET lock_timeout = '3s'"))
        await connection.run_sync(do_run_migrations)
"""
SET = "connection.execute(text(\"SET lock_timeout = '2s'\"))"


def online(before: str = "pass", inside: str = "pass", after: str = "pass") -> str:
    return ONLINE.format(before=before, inside=inside, after=after)


def tree(root: Path, env: str, url: str = "driver://") -> None:
    versions = root / "alembic" / "versions"
    versions.mkdir(parents=True)
    (root / "alembic.ini").write_text(
        f"[alembic]\nscript_location = alembic\nsqlalchemy.url = {url}\n", "utf-8"
    )
    (root / "alembic" / "env.py").write_text(HEAD + env, "utf-8")
    (versions / "a_add.py").write_text(
        'from alembic import op\nimport sqlalchemy as sa\nrevision = "a"\ndown_revision = None\n'
        'def upgrade():\n    op.add_column("t", sa.Column("c", sa.Integer()))\n'
        'def downgrade():\n    op.drop_column("t", "c")\n',
        "utf-8",
    )


def told(root: Path) -> dict[str, str | None]:
    (selection,) = load(Request((str(root / "alembic" / "versions"),))).selections
    return {each.parameter: each.value for each in selection.tree.session}


@pytest.mark.parametrize(
    ("env", "value"),
    [
        (online(before=SET), "2s"),
        (online(inside=SET), "2s"),
        (online(inside="connection.exec_driver_sql('SET lock_timeout TO 1500')"), "1500"),
        (online(before="context.execute(f'SET lock_timeout = {WAIT}')") + "WAIT = 900\n", "900"),
        (online(before=f"if connection.dialect.name == 'postgresql':\n            {SET}"), "2s"),
        (ASYNC, "3s"),
        ('connect_args={"options": "-c lock_timeout=2000 -c search_path=x"}\n' + online(), "2000"),
        ('e = create_engine(u, connect_args={"options": "-clock_timeout=2s"})\n' + online(), "2s"),
        (
            'e = create_engine(u, connect_args={"options": "--lock-timeout=2\\\\ s"})\n' + online(),
            "2 s",
        ),
        ('a = {"server_settings": {"lock_timeout": "4000"}}\n' + online(), "4000"),
        (
            '@event.listens_for(engine, "connect")\ndef told(dbapi, record):\n'
            "    with dbapi.cursor() as cursor:\n"
            "        cursor.execute(\"SET lock_timeout = '5s'\")\n" + online(),
            "5s",
        ),
        (
            "def told(dbapi, record):\n    dbapi.execute('SET lock_timeout = 7')\n"
            'event.listen(engine, "connect", told)\n' + online(),
            "7",
        ),
    ],
)
def test_a_timeout_of_the_environment_is_known(tmp_path: Path, env: str, value: str) -> None:
    tree(tmp_path, env)
    assert told(tmp_path) == {"lock_timeout": value}


@pytest.mark.parametrize(
    "env",
    [
        online(),
        online(after=SET),
        online(before=f"if is_prod:\n            {SET}"),
        online(before="connection.execute(text(f'SET lock_timeout = {unknown()}'))"),
        f"def run_migrations_offline():\n    {SET}\n    context.run_migrations()\n" + online(),
        f"def never_called():\n    {SET}\n" + online(),
        "lock_timeout = '2s'  # not used\n" + online(),
        "def broken(:  # lock_timeout\n",
    ],
)
def test_what_may_not_happen_does_not_count(tmp_path: Path, env: str) -> None:
    tree(tmp_path, env)
    assert told(tmp_path) == {}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://h/d?options=-c%%20lock_timeout%%3D2s", {"lock_timeout": "2s"}),
        (
            "postgresql://h/d?sslmode=require&options=-clock_timeout=2s+-cstatement_timeout=9s",
            {"lock_timeout": "2s", "statement_timeout": "9s"},
        ),
        ("postgresql://h/d?options=-c%%20search_path%%3Dapp", {}),
        ("postgresql://h/d", {}),
        ("postgresql://[h/d", {}),
    ],
)
def test_the_url_of_the_configuration_has_options(
    tmp_path: Path, url: str, expected: dict[str, str]
) -> None:
    tree(tmp_path, online(), url)
    assert told(tmp_path) == expected


@pytest.mark.parametrize(
    ("env", "found"),
    [
        (online(), True),
        (online(before=SET), False),
        (online(inside="connection.execute(text(\"SET LOCAL lock_timeout = '2s'\"))"), False),
        (online(before="connection.execute(text('SET lock_timeout = 0'))"), True),
    ],
)
def test_a_timeout_of_the_environment_bounds_the_locks_of_its_revisions(
    tmp_path: Path, env: str, *, found: bool
) -> None:
    tree(tmp_path, env)
    loaded = load(Request((str(tmp_path / "alembic" / "versions"),)))
    report = lint(loaded.selections, Settings(), Options(today=TODAY))
    assert ("missing-lock-timeout" in {each.rule for each in report.findings}) is found
