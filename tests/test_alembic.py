"""Alembic's hook in real projects: what it prints, and that revisions are made all the same."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from commands import migsafe
from servers import Server

FIRST = """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str | None]
"""
WITHOUT_EMAIL = FIRST.replace("    email: Mapped[str | None]\n", "")
WITH_JSON = f"{FIRST}    payload: Mapped[dict[str, str]] = mapped_column(JSONB)\n"
MODELS = """
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass
"""
ENV = """
import sys
sys.path.insert(0, ".")
from alembic import context
from sqlalchemy import create_engine
from models import Base
from migsafe.alembic import after, process_revision_directives
{hook}
with create_engine({url!r}).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        process_revision_directives=hook,
    )
    with context.begin_transaction():
        context.run_migrations()
"""
PLAIN = "hook = process_revision_directives"


SQLITE = "sqlite:///app.db"


class Project:
    """An Alembic project with models of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def begun(cls, path: Path, url: str) -> "Project":
        """Return a project as `alembic init` makes it."""
        project = cls(path)
        project.alembic("init", "app")
        project.use(PLAIN, url)
        (path / "migsafe.toml").write_text('dialect = "postgres"\n')
        return project

    def use(self, hook: str, url: str = SQLITE) -> None:
        (self.path / "app" / "env.py").write_text(ENV.format(url=url, hook=hook))

    def alembic(self, *command: str) -> str:
        """Run Alembic and return what it prints on standard error."""
        done = subprocess.run(
            [sys.executable, "-B", "-m", "alembic", *command],
            cwd=self.path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    def revise(self, models: str, message: str = "change") -> str:
        """Make a revision of a change of the models and return what was said about it."""
        (self.path / "models.py").write_text(MODELS + models)
        return self.alembic("revision", "--autogenerate", "-m", message)

    def revisions(self) -> set[str]:
        return {path.name for path in (self.path / "app" / "versions").glob("*.py")}


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project whose first revision is released."""
    made = Project.begun(tmp_path_factory.mktemp("released"), SQLITE)
    assert "Stage 1: SAFE" in made.revise(FIRST, "users")
    made.alembic("upgrade", "head")
    return made


@pytest.fixture
def project(released: Project, tmp_path: Path) -> Project:
    shutil.copytree(released.path, tmp_path / "project")
    return Project(tmp_path / "project")


def test_what_is_said_is_what_lint_says_of_the_file_that_is_then_there(project: Project) -> None:
    before = project.revisions()
    said = project.revise(WITHOUT_EMAIL, "drop it")
    (made,) = project.revisions() - before
    path = Path("app", "versions", made)
    assert "drop-column" in said
    assert said == migsafe("lint", path, cwd=project.path).stdout


def test_on_a_server_with_the_types_it_has(
    tmp_path: Path, server_of: Callable[[int], Server]
) -> None:
    with server_of(18).database() as dsn:
        url = f"postgresql+psycopg://?{dsn.replace(' ', '&')}"
        project = Project.begun(tmp_path, url)
        project.revise(FIRST, "users")
        project.alembic("upgrade", "head")
        before = project.revisions()
        said = project.revise(WITH_JSON)
    (made,) = project.revisions() - before
    assert "add-column-not-null" in said
    assert "unanalysed-call" not in said
    assert said == migsafe("lint", Path("app", "versions", made), cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ("directives[0].upgrade_ops.ops[:] = []", ""),
        ("directives[:] = []", ""),
        ("directives[0].message = 'renamed'", "_renamed.py   Alembic"),
    ],
)
def test_it_judges_what_a_hook_of_the_project_has_made_of_it(
    project: Project, hook: str, said: str
) -> None:
    mine = f"def mine(context, revision, directives):\n    {hook}"
    project.use(f"{mine}\nhook = after(mine)")
    found = project.revise(WITHOUT_EMAIL)
    assert said in found
    assert bool(said) is bool(found)


def test_a_rewriter_of_alembic_can_be_followed(project: Project) -> None:
    project.use(
        "from alembic.autogenerate.rewriter import Rewriter\n"
        "hook = Rewriter().chain(process_revision_directives)"
    )
    assert "drop-column" in project.revise(WITHOUT_EMAIL)


def test_nothing_is_said_of_a_revision_that_does_nothing(project: Project) -> None:
    assert project.revise(FIRST) == ""
    assert project.alembic("revision", "-m", "by hand") == ""


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("dialekt = 1\n", "migsafe could not judge this revision: no setting is called 'dialekt'"),
        (None, "the environment speaks sqlite, and only PostgreSQL can be judged today"),
    ],
)
def test_whatever_is_wrong_the_revision_is_made(
    project: Project, settings: str | None, said: str
) -> None:
    if settings is None:
        (project.path / "migsafe.toml").unlink()
    else:
        (project.path / "migsafe.toml").write_text(settings)
    before = project.revisions()
    assert said in project.revise(WITHOUT_EMAIL)
    assert len(project.revisions() - before) == 1


def test_a_template_that_fails_is_alembics_to_report(project: Project) -> None:
    (project.path / "app" / "script.py.mako").write_text("${nothing.there}")
    (project.path / "models.py").write_text(MODELS + WITHOUT_EMAIL)
    with pytest.raises(AssertionError, match="could not judge this revision: Template rendering"):
        project.alembic("revision", "--autogenerate", "-m", "x")
