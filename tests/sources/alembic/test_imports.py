"""What a revision takes from its application: found on disk, read and never run."""

from pathlib import Path

import pytest

from migsafe.model.migration import ApplicationImport, ApplicationTable
from migsafe.sources import Request, load

MODELS = """
raise RuntimeError("this is read, not run")
class Base(DeclarativeBase):
    created_at = mapped_column(DateTime)
class User(Base):
    __tablename__ = "users"
    LIMIT = 10
    class Kind: pass
    id = mapped_column(BigInteger, primary_key=True)
    mail = mapped_column("email", Text)
    orders = relationship("Order")
class Settings(BaseModel):
    name: str
class Kind(StrEnum):
    A = "a"
class Money(TypeDecorator):
    impl = Numeric
def helper(): ...
visits = Table("visits", Base.metadata, Column("id", BigInteger))
CONSTANT = 1
"""


def taken(
    root: Path, revision: str, files: dict[str, str], *, at: str = "migrations/versions/a.py"
) -> tuple[ApplicationImport, ...]:
    """Return what a revision of a repository takes from it."""
    text = f"from alembic import op\nrevision = 'a'\n{revision}\n"
    for name, held in {".git/HEAD": "", at: text, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(held, "utf-8")
    (selection,) = load(Request((str(root / at),), convention="alembic")).selections
    (migration,) = selection.tree.migrations
    return migration.imports


def tables(
    root: Path, revision: str, files: dict[str, str] | None = None
) -> list[ApplicationTable]:
    given = {"shop/__init__.py": "", "shop/models.py": MODELS} if files is None else files
    return [table for each in taken(root, revision, given) for table in each.tables]


def upgrade(body: str) -> str:
    return f"def upgrade():\n    {body}"


# --- whose code it is ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("imports", "files"),
    [
        ("import json", {"json/__init__.py": ""}),
        ("import sqlalchemy", {"sqlalchemy/__init__.py": ""}),
        ("import alembic", {"alembic/__init__.py": ""}),
        ("import docker", {"docker/Dockerfile": ""}),
        ("import docker", {"docker/build.py": ""}),
        ("from docker.types import Mount", {"docker/build.py": ""}),
        (
            "from packaging.utils import x",
            {"shop/__init__.py": "", "shop/packaging/__init__.py": ""},
        ),
        ("from shop.models import User", {}),
    ],
)
def test_what_may_be_an_installed_package_is_not_the_applications(
    tmp_path: Path, imports: str, files: dict[str, str]
) -> None:
    assert taken(tmp_path, imports, files, at="shop/migrations/versions/a.py") == ()


@pytest.mark.parametrize(
    ("imports", "files"),
    [
        ("import shop", {"shop/__init__.py": ""}),
        ("import shop.models", {"shop/models.py": ""}),
        ("from shop import models", {"shop/models.py": ""}),
        ("from shop.gone import User", {"shop/__init__.py": ""}),
        ("import shop", {"shop.py": ""}),
        ("import shop", {"src/shop/__init__.py": ""}),
        ("import shop", {"backend/lib/shop.py": "", "alembic.ini": "[alembic]\n"
            "script_location = migrations\nprepend_sys_path = backend/lib\n"}),
        ("import shop", {"lib/shop.py": "", "pyproject.toml": "[tool.alembic]\n"
            "script_location = 'migrations'\nprepend_sys_path = ['.', 'lib']\n"}),
        ("from ...shop import models", {"shop/models.py": ""}),
        ("def upgrade():\n    from shop import models", {"shop/models.py": ""}),
        ("try:\n    import shop\nexcept ImportError:\n    pass", {"shop.py": ""}),
    ],
)  # fmt: skip
def test_what_the_repository_holds_is_the_applications(
    tmp_path: Path, imports: str, files: dict[str, str]
) -> None:
    (found,) = taken(tmp_path, imports, files)
    assert found.tables == ()


def test_the_repository_ends_where_git_says(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("", "utf-8")
    assert taken(tmp_path / "repository", "import shop", {}) == ()


def test_what_only_a_type_checker_reads_is_not_imported(tmp_path: Path) -> None:
    guarded = "if TYPE_CHECKING:\n    from shop import User"
    assert taken(tmp_path, guarded, {"shop.py": ""}) == ()


def test_helpers_beside_the_revisions_belong_to_them(tmp_path: Path) -> None:
    files = {"migrations/env.py": "alembic", "migrations/helpers.py": "def grant(): ..."}
    assert taken(tmp_path, "from migrations.helpers import grant", files) == ()


def test_tables_described_beside_the_revisions_count(tmp_path: Path) -> None:
    files = {"migrations/env.py": "alembic", "migrations/models.py": MODELS}
    revision = f"from migrations.models import User\n{upgrade('query(User)')}"
    assert [table.name for table in tables(tmp_path, revision, files)] == ["User"]


@pytest.mark.parametrize(
    ("revision", "used"),
    [
        (f"from shop.models import CONSTANT\n{upgrade('print(CONSTANT)')}", ("CONSTANT",)),
        ("from shop.models import CONSTANT", ()),
        ("from shop.models import Money\ndef f(amount: Money) -> Money: ...", ()),
        (f"import shop.models\n{upgrade('shop.models.helper()')}", ("shop.models",)),
        (f"from shop.models import *\n{upgrade('helper(Unknown)')}", ("helper",)),
    ],
)
def test_used_is_what_the_revision_says_again(
    tmp_path: Path, revision: str, used: tuple[str, ...]
) -> None:
    (found,) = taken(tmp_path, revision, {"shop/__init__.py": "", "shop/models.py": MODELS})
    assert (found.used, found.tables) == (used, ())


# --- tables ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("revision", "name", "columns"),
    [
        (f"from shop.models import User\n{upgrade('session.query(User).all()')}", "User", ()),
        (f"from shop.models import User as U\n{upgrade('select(U.mail)')}", "U", ("email",)),
        (f"from shop import models\n{upgrade('models.User.id')}", "models.User", ("id",)),
        (f"import shop.models\n{upgrade('shop.models.User()')}", "shop.models.User", ()),
        (f"from shop.models import *\n{upgrade('User(id=1)')}", "User", ("id",)),
        (f"from shop.models import User\n{upgrade('User.__table__.c.mail')}", "User", ("email",)),
        (f"from shop.models import User\n{upgrade('User.created_at')}", "User", ("created_at",)),
        (f"from shop.models import visits\n{upgrade('visits.c.id')}", "visits", ("id",)),
        ("from shop.models import User\nusers = User.__table__", "User", ()),
    ],
)
def test_a_class_that_describes_a_table_is_found_with_its_columns(
    tmp_path: Path, revision: str, name: str, columns: tuple[str, ...]
) -> None:
    (table,) = tables(tmp_path, revision)
    assert (table.name, table.columns) == (name, columns)
    assert table.table == ("visits" if name == "visits" else "users")
    assert not table.whole


@pytest.mark.parametrize(
    "said",
    [
        "Settings(name='a')",
        "sa.Enum(Kind)",
        "sa.Column('x', Money())",
        "helper()",
        "print(User.LIMIT, User.Kind.A)",
        "op.drop_table(User.__tablename__)",
        "print(CONSTANT)",
    ],
)
def test_constants_types_functions_and_other_classes_describe_no_table(
    tmp_path: Path, said: str
) -> None:
    assert tables(tmp_path, f"from shop.models import *\n{upgrade(said)}") == []


@pytest.mark.parametrize(
    ("said", "whole", "makes"),
    [
        ("Base.metadata.create_all(op.get_bind())", True, True),
        ("Base.metadata.drop_all(op.get_bind())", True, False),
        ("User.__table__.create(op.get_bind())", False, True),
        ("User.__table__.drop(op.get_bind())", False, False),
    ],
)
def test_what_makes_tables_or_stands_for_all_is_told_apart(
    tmp_path: Path, said: str, *, whole: bool, makes: bool
) -> None:
    (table,) = tables(tmp_path, f"from shop.models import Base, User\n{upgrade(said)}")
    assert (table.whole, table.makes) == (whole, makes)


def test_a_class_of_its_own_on_the_applications_base_is_the_revisions(tmp_path: Path) -> None:
    snapshot = "from shop.models import Base\nclass Old(Base):\n    __tablename__ = 'users'"
    assert tables(tmp_path, snapshot) == []


@pytest.mark.parametrize(
    "models",
    [
        {"shop/models/__init__.py": "from .user import User", "shop/models/user.py": MODELS},
        {"shop/models/__init__.py": "from .user import *", "shop/models/user.py": MODELS},
        {"shop/models.py": "from . import db\nclass User(db.Model):\n    id = db.Column(db.Int)"},
        {"shop/models.py": "class User(SQLModel, table=True):\n    id: int = Field()"},
        {"shop/models.py": "class Base(Model): ...\nclass User(Base):\n    id = IntegerField()"},
        {"shop/models.py": "Base = declarative_base()\nclass User(Base):\n    id = Column(Int)"},
        {
            "shop/models.py": "from shop import base\nclass User(base.Base):\n    id = Column(I)",
            "shop/base.py": "class Base(DeclarativeBase): ...",
        },
    ],
)
def test_a_class_is_found_where_the_application_defines_it(
    tmp_path: Path, models: dict[str, str]
) -> None:
    revision = f"from shop.models import User\n{upgrade('User.id')}"
    (table,) = tables(tmp_path, revision, {"shop/__init__.py": "", **models})
    assert table.columns == ("id",)


def test_a_class_whose_code_does_not_show_is_known_by_what_is_done_with_it(
    tmp_path: Path,
) -> None:
    revision = (
        "from shop.gone import User, Team, Color\n"
        f"{upgrade('query(User); Team.__table__.create(); Color.RED')}"
    )
    found = tables(tmp_path, revision, {"shop/__init__.py": ""})
    assert [(table.name, table.makes) for table in found] == [("User", False), ("Team", True)]


def test_modules_that_import_each_other_are_not_followed_for_ever(tmp_path: Path) -> None:
    circle = {
        "shop/__init__.py": "",
        "shop/a.py": "from shop.b import User",
        "shop/b.py": "from shop.a import User",
    }
    assert tables(tmp_path, f"from shop.a import User\n{upgrade('User.id')}", circle) == []


def test_history_is_not_asked_what_it_imports(tmp_path: Path) -> None:
    later = "from alembic import op\nrevision = 'b'\ndown_revision = 'a'\ndef upgrade(): pass\n"
    files = {"shop.py": "", "migrations/versions/b.py": later}
    taken(tmp_path, "import shop", files)
    path = tmp_path / "migrations" / "versions" / "b.py"
    (selection,) = load(Request((str(path),), convention="alembic")).selections
    assert [migration.imports for migration in selection.tree.migrations] == [(), ()]
