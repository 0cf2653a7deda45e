"""Revisions that are kept from run to run are those that a reading afresh would give."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from keeping import database, history, reports, rows, without
from migsafe.sources import cache
from migsafe.sources.alembic import tree
from migsafe.sources.alembic.modules import read_module
from migsafe.sources.alembic.values import Module

MANY = cache.FEWEST + 10
HEAD = """
import sqlalchemy as sa
from alembic import op
{imports}
revision = "{revision}"
down_revision = {down!r}
"""
TABLE = """
def upgrade():
    op.create_table("t{n}", sa.Column("id", sa.BigInteger(), primary_key=True),
                    sa.Column("note", sa.String(20)))

def downgrade():
    op.drop_table("t{n}")
"""
BODIES = (
    (
        "",
        """
def upgrade():
    for name in ("a", "b"):
        op.add_column("t{n}", sa.Column(f"{{name}}_{n}", sa.Integer()))

def downgrade():
    for name in ("a", "b"):
        op.drop_column("t{n}", f"{{name}}_{n}")
""",
    ),
    (
        "from shop import helpers\n",
        """
def upgrade():
    helpers.add("t{n}")

def downgrade():
    helpers.gone("t{n}")
""",
    ),
    (
        "import os, pathlib\n",
        """
def upgrade():
    op.execute(pathlib.Path(__file__).parent.joinpath("part.sql").read_text())
    for name in os.listdir(os.path.join(os.path.dirname(__file__), "parts")):
        op.drop_column("t1", name)

def downgrade():
    pass
""",
    ),
    (
        "from nowhere import kind\n",
        """
def upgrade():
    op.alter_column("t{n}", "note", type_=kind())

def downgrade():
    raise NotImplementedError("no way back")
""",
    ),
)
LAST = """
def upgrade():
    op.alter_column("t1", "note", type_=sa.Text())
    op.drop_column("t3", "extra")

def downgrade():
    pass
"""
HELPERS = """
from alembic import op
import sqlalchemy as sa
from shop.names import EXTRA

def add(table):
    op.add_column(table, sa.Column(EXTRA, sa.Text()))

def gone(table):
    op.drop_column(table, EXTRA)
"""


@pytest.fixture
def last(where: Path) -> str:
    """Write an environment; return the path of its last revision."""
    files = {
        "alembic.ini": "[alembic]\nscript_location = db\nprepend_sys_path = .\n",
        "db/env.py": "from alembic import context\ncontext.run_migrations()\n",
        "shop/__init__.py": "",
        "shop/names.py": "EXTRA = 'extra'\n",
        "shop/helpers.py": HELPERS,
        "db/versions/part.sql": "ALTER TABLE t1 ADD COLUMN part int;",
        "db/versions/parts/old": "",
        ".git/HEAD": "",
    }
    path = ""
    for number in range(1, MANY + 1):
        imports, body = "", TABLE
        if number % 2 == 0:
            imports, body = BODIES[number // 2 % len(BODIES)]
        if number == MANY:
            imports, body = "", LAST
        down = f"r{number - 1}" if number > 1 else None
        text = HEAD.format(imports=imports, revision=f"r{number}", down=down)
        path = f"db/versions/{number:03}_change.py"
        of = number - 1 if number % 2 == 0 else number
        files[path] = text + (LAST if number == MANY else body.format(n=of))
    for name, text in files.items():
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        (where / name).write_text(text)
    return path


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the paths of the revisions that are parsed."""
    paths = list[str]()

    def noting(text: str, path: str) -> Module:
        paths.append(path)
        return read_module(text, path)

    monkeypatch.setattr(tree, "read_module", noting)
    return paths


def test_a_report_is_the_same_without_a_cache_with_a_new_and_with_a_filled_one(
    last: str, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    expected = without(monkeypatch, last)
    assert "drop-column" in expected
    assert reports(last) == expected
    parsed.clear()
    assert reports(last) == expected
    assert parsed == [last], "what did not change is not read again"


def _elsewhere(at: Path) -> None:
    """Let Python find another package of the name first."""
    shutil.copytree(at / "shop", at / "lib" / "shop")
    (at / "lib" / "shop" / "names.py").write_text("EXTRA = 'another'\n")
    ini = "[alembic]\nscript_location = db\nprepend_sys_path = lib\n"
    (at / "alembic.ini").write_text(ini)


Change = Callable[[Path], object]


@pytest.mark.parametrize(
    "change",
    [
        lambda at: (at / "shop/names.py").write_text("EXTRA = 'other'\n"),
        lambda at: (at / "shop/names.py").unlink(),
        lambda at: (at / "shop/helpers.py").write_text(HELPERS.replace("Text", "Integer")),
        lambda at: (at / "shop/helpers.py").unlink(),
        lambda at: (at / "db/versions/part.sql").write_text("ALTER TABLE t1 ALTER note TYPE text;"),
        lambda at: (at / "db/versions/part.sql").unlink(),
        lambda at: (at / "db/versions/parts/note").touch(),
        lambda at: (at / "nowhere.py").write_text("import sqlalchemy\nkind = sqlalchemy.Text\n"),
        lambda at: (at / "db/env.py").write_text(
            "from alembic import context\ncontext.configure(transaction_per_migration=True)\n"
            "with context.begin_transaction():\n    context.run_migrations()\n"
        ),
        _elsewhere,
        lambda at: (at / "db/versions/001_change.py").write_text(
            HEAD.format(imports="", revision="r1", down=None) + TABLE.format(n=7)
        ),
        lambda at: (at / "db/versions/002_change.py").write_text("not Python\nrevision = 'r2'\n"),
        lambda at: (at / "db/versions/003_change.py").unlink(),
    ],
)
def test_what_a_revision_asked_for_is_asked_again(
    where: Path, last: str, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    before = history(last)
    change(where)
    with monkeypatch.context() as context:
        context.setenv("MIGSAFE_CACHE", "off")
        expected = history(last)
    assert expected != before, "the change shows in what is read"
    assert history(last) == expected
    assert history(last) == expected


def test_rows_of_a_revision_with_other_questions_are_not_its_own(
    where: Path, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports(last)
    names = where / "shop" / "names.py"
    for text in ("from shop.more import EXTRA\n", "EXTRA = 'extra'\n", "EXTRA = 'x'\n") * 2:
        names.write_text(text)
        (where / "shop" / "more.py").write_text("EXTRA = 'more'\n")
        assert reports(last) == without(monkeypatch, last)


def test_what_is_judged_is_read_afresh_whatever_the_rows_say(
    where: Path, last: str, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    expected = without(monkeypatch, last)
    # The last one is history of the next, and so has rows.
    later = where / "db" / "versions" / "999_later.py"
    later.write_text(HEAD.format(imports="", revision="r999", down=f"r{MANY}") + TABLE.format(n=0))
    reports(str(later.relative_to(where)))
    later.unlink()
    # The header is given another name, what goes up is nothing.
    forged = {}
    for key, value in rows().items():
        row = json.loads(value)
        if row[0][:2] == [f"r{MANY}", last]:
            row[0][0] = "forged"
            forged[json.dumps(row)] = key
        elif row[:2] == [f"r{MANY}", last]:
            row[3][3] = []
            forged[json.dumps(row)] = key
    assert len(forged) == 2
    connection = sqlite3.connect(database())
    connection.executemany("UPDATE history SET value = ? WHERE key = ?", forged.items())
    connection.commit()
    connection.close()
    parsed.clear()
    assert reports(last) == expected
    assert parsed == [last]
