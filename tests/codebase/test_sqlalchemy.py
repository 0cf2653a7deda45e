"""What files that use SQLAlchemy name."""

from pathlib import Path

import pytest

from migsafe.codebase import Basis, Use, uses

_MODELS = """
from enum import Enum as Values

from sqlalchemy import Enum, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Status(Values):
    DRAFT = "draft"
    SENT = "sent"


class Stamped:
    made_at = mapped_column()


class User(Stamped, DeclarativeBase):
    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("email", name="uq_users_email"),
        Index("ix_users_nick", "nickname"),
        {"schema": "auth"},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column("mail_address")
    nickname: Mapped[str | None]
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    status = mapped_column(Enum(Status, name="user_status"))
    posts: Mapped[list["Post"]] = relationship(secondary="user_posts")

    def is_known(self) -> bool:
        return self.nickname is not None
"""


def _said(text: str) -> set[str]:
    read = uses("app/models.py", text)
    assert read.unread is None
    return {_line(use) for use in read.found if use.basis is not Basis.MENTION}


def _line(use: Use) -> str:
    where = "" if use.table in {None, use.name} else f"{use.table}."
    writes = {True: " writes", False: " reads", None: ""}[use.writes]
    return f"{use.basis} {use.kind} {where}{use.name}{writes}"


def test_a_mapped_class_names_its_table_columns_constraints_and_labels() -> None:
    assert _said(_MODELS) == {
        "exact table users",
        "exact column users.id",
        "exact column users.mail_address",
        "exact column users.nickname",
        "exact column users.nickname reads",
        "exact column users.team_id",
        "exact column users.status",
        "exact column users.made_at",
        "exact constraint users.uq_users_email",
        "exact index users.ix_users_nick",
        "exact table teams",
        "exact column teams.id",
        "exact table user_posts",
        "exact type user_status",
        "exact label DRAFT",
        "exact label SENT",
        "likely column made_at",
    }


def test_the_schema_of_a_mapping_is_known() -> None:
    schemas = {use.schema for use in uses("m.py", _MODELS).found if use.table == "users"}
    assert schemas == {"auth"}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select(User.email)", {"exact column users.mail_address reads"}),
        ("select(User).where(User.team_id == 3)", {"exact column users.team_id reads"}),
        ("session.query(User).filter_by(email='x')", {"exact column users.mail_address reads"}),
        ("update(User).values(email='x')", {"exact column users.mail_address writes"}),
        (
            "User(email='x', age=3)",
            {
                "exact column users.mail_address writes",
                "likely column users.age writes",
            },
        ),
        ("getattr(User, 'email')", {"exact column users.mail_address reads"}),
        ("row.email", {"likely column email reads", "likely column mail_address reads"}),
        ("row.age = 3", {"likely column age writes"}),
        ("row['age']", {"likely column age reads"}),
        ("User.posts", set()),
        ("User(posts=[])", set()),
        (
            "func.full_name(User.id)",
            {
                "exact function full_name",
                "exact column users.id reads",
            },
        ),
        ("insert(User).values({'email': 'x'})", {"exact column users.mail_address writes"}),
        ("os.path", set()),
        ("Invoice(total=3)", {"likely column total writes"}),
        ("query(Invoice).filter_by(total=3)", {"likely column total reads"}),
    ],
)
def test_statements_name_columns(statement: str, expected: set[str]) -> None:
    text = f"import os\n{_MODELS}\n\ndef go(session, row):\n    {statement}\n"
    assert _said(text) - _said(_MODELS) == expected


def test_a_table_of_core_names_its_columns_wherever_it_is_used() -> None:
    text = """
users = Table("users", metadata, Column("id", Integer), Column("mail", key="email"))
users.insert().values(email="x")
select(users.c.email)
"""
    assert _said(text) == {
        "exact table users",
        "exact column users.id",
        "exact column users.mail",
        "exact column users.mail writes",
        "exact column users.mail reads",
    }


def test_nothing_of_a_file_is_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    uses("m.py", f"open({str(trace)!r}, 'w').write('x')\nraise SystemExit(3)\n")
    assert not trace.exists()


def test_the_arguments_of_a_table_may_be_what_a_method_returns() -> None:
    text = """
class User(Base):
    __tablename__ = "users"
    email = Column(String)

    @declared_attr
    def __table_args__(cls):
        return (Index("ix_users_email", "email"),)
"""
    assert {"exact index users.ix_users_email", "exact column users.email"} == _said(text) - {
        "exact table users"
    }


def test_an_enum_in_an_annotation_is_a_type_of_its_name() -> None:
    said = _said(
        "import enum\n\nclass Kind(enum.Enum):\n    BIG = 'b'\n\n"
        "class File(Base):\n    __tablename__ = 'files'\n"
        "    kind: Mapped[Kind | None] = mapped_column()\n"
        "    size: Mapped[Kind] = mapped_column(Enum(Kind, name='size_kind'))\n"
    )
    types = {line for line in said if " type " in line or " label " in line}
    assert types == {"exact type kind", "exact type size_kind", "exact label BIG"}
