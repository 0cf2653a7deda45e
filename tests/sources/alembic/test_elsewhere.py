"""What a revision takes from other files: read, and never imported or run."""

from pathlib import Path

import pytest

from migsafe.model.expressions import Name
from migsafe.model.migration import Migration
from migsafe.model.operations import DataWork, DropTable, Insert, Operation, Unrecognized
from migsafe.sources import Request, load

HEAD = "import sqlalchemy as sa\nfrom alembic import op\nrevision = 'a'\ndown_revision = None\n"
AT = "shop/migrations/versions/a.py"


def written(root: Path, files: dict[str, str]) -> None:
    for name, text in {".git/HEAD": "", "shop/__init__.py": "", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def migration(root: Path, revision: str, files: dict[str, str]) -> Migration:
    written(root, {AT: HEAD + revision, **files})
    (selection,) = load(Request((str(root / AT),), convention="alembic")).selections
    (found,) = selection.tree.migrations
    return found


def operations(root: Path, revision: str, files: dict[str, str]) -> list[Operation]:
    statements = migration(root, revision, files).up.statements
    return [operation for each in statements for operation in each.operations]


def drops(*tables: str) -> list[Operation]:
    return [DropTable(table=Name(table)) for table in tables]


HELPERS = """
from alembic import op
PREFIX = "old_"
def gone(table):
    op.drop_table(PREFIX + table)
class Tools:
    @staticmethod
    def gone(connection, table):
        connection.execute(f"DROP TABLE {table}")
"""
FOUND = [
    ("from shop.db.helpers import gone", "gone('a')", "shop/db/helpers.py"),
    ("from shop.db import helpers", "helpers.gone('a')", "shop/db/helpers.py"),
    ("import shop.db.helpers", "shop.db.helpers.gone('a')", "shop/db/helpers.py"),
    ("from shop.db.helpers import gone as g", "g('a')", "shop/db/helpers/__init__.py"),
    ("from ..helpers import gone", "gone('a')", "shop/migrations/helpers.py"),
    ("from . import helpers", "helpers.gone('a')", "shop/migrations/versions/helpers.py"),
    ("from lib.helpers import gone", "gone('a')", "src/lib/helpers.py"),
    ("from shop.db.helpers import *", "gone('a')", "shop/db/helpers.py"),
    ("", "from shop.helpers import gone\n    gone('a')", "shop/helpers.py"),
]


@pytest.mark.parametrize(("imports", "call", "path"), FOUND)
def test_helper_is_found_where_python_finds_it(
    tmp_path: Path, imports: str, call: str, path: str
) -> None:
    revision = f"{imports}\ndef upgrade():\n    {call}\n"
    package = {"shop/db/__init__.py": "", "shop/migrations/__init__.py": ""}
    found = operations(tmp_path, revision, {**package, path: HELPERS})
    assert found == drops("old_a")


def test_name_that_a_package_passes_on_is_followed(tmp_path: Path) -> None:
    files = {
        "shop/db/__init__.py": "from .helpers import Tools as Kit, PREFIX",
        "shop/db/helpers.py": HELPERS,
    }
    body = "def upgrade():\n    Kit.gone(op.get_bind(), PREFIX + 'a')\n"
    assert operations(tmp_path, f"from shop.db import Kit, PREFIX\n{body}", files) == drops("old_a")


def test_what_a_helper_does_stands_where_the_revision_calls_it(tmp_path: Path) -> None:
    files = {"shop/helpers.py": HELPERS + "def bad(name):\n    op.drop_table(name())\n"}
    body = "from shop.helpers import bad, gone\ndef upgrade():\n    gone('a')\n    bad(x)\n"
    found = migration(tmp_path, body, files)
    calls = [found.up.text[each.span.start : each.span.end] for each in found.up.statements]
    assert calls == ["gone('a')", "bad(x)"]
    (unknown,) = found.up.statements[1].operations
    assert isinstance(unknown, Unrecognized)
    assert unknown.reason.startswith("'drop_table': table_name: 'x' is not known (")
    assert unknown.reason.endswith("helpers.py, line 11)")


def test_revision_may_take_its_functions_from_elsewhere(tmp_path: Path) -> None:
    files = {"shop/steps.py": HEAD + "def upgrade():\n    op.drop_table('a')\n"}
    found = migration(tmp_path, "from shop.steps import upgrade\n", files)
    assert [each.operations for each in found.up.statements] == [tuple(drops("a"))]
    assert found.down is None


def test_models_of_the_application_name_their_tables(tmp_path: Path) -> None:
    models = (
        "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): ...\n"
        "class User(Base):\n    __tablename__ = 'users'\n"
    )
    body = (
        "from sqlalchemy.orm import Session\nfrom shop.models import User\n"
        "def upgrade():\n    session = Session(op.get_bind())\n"
        "    session.query(User).filter(User.id == 1).delete()\n"
    )
    found = operations(tmp_path, body, {"shop/models.py": models})
    assert found == [DataWork(table=Name("users"), verb="DELETE")]


def test_code_of_the_application_that_is_called_by_itself_is_followed(tmp_path: Path) -> None:
    body = "from shop.jobs import run\ndef upgrade():\n    run()\n"
    assert operations(tmp_path, body, {"shop/jobs.py": "def run():\n    return 1\n"}) == []
    (found,) = operations(
        tmp_path, body, {"shop/jobs.py": "import queue_x\ndef run():\n    queue_x.send()\n"}
    )
    assert isinstance(found, Unrecognized)
    assert "'queue_x.send' comes from 'queue_x', which may run anything" in found.reason


def test_code_that_only_computes_a_value_is_nobodys_business(tmp_path: Path) -> None:
    jobs = "import queue_x\ndef ask():\n    queue_x.connect()\n    return queue_x.names()\n"
    body = "from shop.jobs import ask\ndef upgrade():\n    op.drop_table('a')\n    print(ask())\n"
    assert operations(tmp_path, body, {"shop/jobs.py": jobs}) == drops("a")


def test_long_code_of_the_application_is_given_up_at_its_call(tmp_path: Path) -> None:
    jobs = "def run():\n" + "    for a in range(900):\n        len('a')\n" * 9
    body = (
        "from shop.jobs import run\ndef upgrade():\n    run()\n"
        "    print(run())\n    op.drop_table('a')\n"
    )
    first, second = operations(tmp_path, body, {"shop/jobs.py": jobs})
    assert isinstance(first, Unrecognized)
    assert first.reason == "following 'run' takes too many steps"
    assert second == drops("a")[0]


TRACE = """
import pathlib
pathlib.Path({trace!r}).write_text("it ran")
"""


def test_nothing_of_the_project_is_imported_or_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    leaves = TRACE.format(trace=str(trace))
    files = {
        "alembic.ini": "[alembic]\nscript_location = shop/migrations\nprepend_sys_path = .\n",
        "shop/__init__.py": leaves,
        "shop/helpers.py": f"{leaves}\n{HELPERS}",
        "shop/migrations/env.py": f"{leaves}\nfrom alembic import context\n"
        "context.run_migrations(op=None)\n",
        "shop/migrations/versions/__init__.py": leaves,
        "conftest.py": leaves,
        "sitecustomize.py": leaves,
    }
    revision = (
        f"{leaves}\nfrom shop.helpers import gone\n"
        f"X = [pathlib.Path({str(trace)!r}).write_text('it ran') for _ in 'a']\n"
        f"def upgrade():\n    gone('a')\n    open({str(trace)!r}, 'w').write('it ran')\n"
        f"    pathlib.Path({str(trace)!r}).touch()\n"
        f"    exec({leaves!r})\n    __import__('os').mkdir({str(trace)!r})\n"
        "def downgrade():\n    upgrade()\n"
    )
    found = operations(tmp_path, revision, files)
    assert found[0] == drops("old_a")[0]
    assert not trace.exists()


# --- SQL files -------------------------------------------------------------------------------

READ = [
    "open('shop/migrations/sql/a.sql').read()",
    "open(os.path.join(os.path.dirname(__file__), '../sql/a.sql')).read()",
    "open(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'sql', 'a.sql')).read()",
    "Path(__file__).parent.parent.joinpath('sql', 'a.sql').read_text()",
    "(Path(__file__).resolve().parents[1] / 'sql' / 'a.sql').read_text(encoding='utf-8')",
    "held('a.sql')",
    "resources.files('shop.migrations.sql').joinpath('a.sql').read_text()",
    "pkgutil.get_data('shop.migrations.sql', 'a.sql').decode()",
]
FILES = """
import os
import pkgutil
from importlib import resources
from pathlib import Path
def held(name):
    with open(Path(__file__).parent.parent / "sql" / name) as file:
        return file.read()
"""


@pytest.mark.parametrize("text", READ)
def test_sql_file_that_a_revision_reads_is_read(tmp_path: Path, text: str) -> None:
    sql = {
        "shop/migrations/sql/a.sql": "DROP TABLE a;\nDROP TABLE b;\n",
        "shop/migrations/__init__.py": "",
        "shop/migrations/sql/__init__.py": "",
    }
    body = f"{FILES}\ndef upgrade():\n    op.execute({text})\n"
    assert operations(tmp_path, body, sql) == drops("a", "b")


@pytest.mark.parametrize(
    "paths",
    [
        "sorted((Path(__file__).parent / 'sql').glob('*.sql'), key=lambda path: path.name)",
        "sorted(path.name for path in (Path(__file__).parent / 'sql').iterdir())",
        "[name for name in os.listdir(str(Path(__file__).parent) + '/sql') if 'sql' in name]",
    ],
)
def test_files_of_a_directory_are_read_in_their_order(tmp_path: Path, paths: str) -> None:
    at = "shop/migrations/versions/sql"
    files = {f"{at}/2.sql": "DROP TABLE b", f"{at}/1.sql": "DROP TABLE a"}
    body = (
        f"{FILES}\ndef upgrade():\n    for path in {paths}:\n"
        "        op.execute((Path(__file__).parent / 'sql' / path).read_text())\n"
    )
    assert operations(tmp_path, body, files) == drops("a", "b")


def test_file_outside_of_the_repository_is_not_read(tmp_path: Path) -> None:
    outside = tmp_path / "outside.sql"
    outside.write_text("DROP TABLE a", "utf-8")
    root = tmp_path / "repository"
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "link.sql").symlink_to(outside)
    (root / "shop" / "link.py").symlink_to(tmp_path / "outside.py")
    (tmp_path / "outside.py").write_text("def name():\n    return 'a'\n", "utf-8")
    for text in (f"open({str(outside)!r}).read()", "open('shop/link.sql').read()"):
        (found,) = operations(root, f"def upgrade():\n    op.execute({text})\n", {})
        assert isinstance(found, Unrecognized)
        assert found.reason.endswith("is not in the repository")
    body = "from shop.link import name\ndef upgrade():\n    op.drop_table(name())\n"
    (found,) = operations(root, body, {})
    assert isinstance(found, Unrecognized)


# --- what the environment hands over -----------------------------------------------------------

ENVIRONMENT = """
from alembic import context, op as alembic_op
from shop.models import make_metadata
from shop.tools import AttrDict
target_metadata = make_metadata()
tables = AttrDict(target_metadata.tables)
ROWS = 3
def run():
    context.run_migrations(op=alembic_op, tables=tables, tester=make_tester(), rows=ROWS)
"""


def test_what_the_environment_hands_to_the_functions_is_known(tmp_path: Path) -> None:
    body = (
        "def upgrade(op, tables, tester, rows):\n"
        "    op.bulk_insert(tables.kind, [{'name': 'a'}])\n"
        "    op.execute(tables['s.kind'].delete().where(tables.kind.c.name == 'a'))\n"
        "    op.drop_table(f't{rows}')\n"
        "    tester.populate('a')\n"
    )
    environment = {"shop/migrations/env.py": ENVIRONMENT}
    assert operations(tmp_path, body, environment) == [
        DataWork(table=Name("kind"), verb="INSERT", rows=1),
        DataWork(table=Name("kind", "s"), verb="DELETE"),
        *drops("t3"),
    ]


def test_without_an_environment_a_parameter_is_not_known(tmp_path: Path) -> None:
    body = "def upgrade(op, tables):\n    op.bulk_insert(tables.kind, tables.rows)\n"
    (found,) = operations(tmp_path, body, {})
    assert isinstance(found, Unrecognized)
    assert found.reason == "'bulk_insert': table: 'tables' is a parameter"


def test_insert_with_a_value_of_the_application_is_an_insert(tmp_path: Path) -> None:
    body = (
        "from shop.config import LIMIT\n"
        "def upgrade():\n    op.execute(f'INSERT INTO t (a) VALUES ({LIMIT})')\n"
    )
    (found,) = operations(tmp_path, body, {"shop/config.py": "import os\nLIMIT = os.getenv('L')"})
    assert isinstance(found, Insert)
