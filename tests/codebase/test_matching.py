"""How surely a use names an object."""

import pytest

from migsafe.codebase import Basis, UseKind, concerns, uses
from migsafe.codebase.matching import stands_for

_EXACT, _LIKELY, _MENTION = Basis.EXACT, Basis.LIKELY, Basis.MENTION


@pytest.mark.parametrize(
    ("path", "text", "name", "table", "expected"),
    [
        ("a.py", "q = 'SELECT email FROM users'", "email", "users", _EXACT),
        ("a.py", "q = 'SELECT email FROM auth.users'", "email", "users", _EXACT),
        ("a.py", "q = 'SELECT email FROM teams'", "email", "users", None),
        ("a.py", "q = 'SELECT email FROM users'", "mail", "users", None),
        ("a.py", "f(user.email)", "email", "users", _LIKELY),
        ("a.py", "f(order.email)", "email", "users", _MENTION),
        ("a.py", "f(order.email)", "email", None, _LIKELY),
        ("a.py", "f(row['email'])", "email", "users", _LIKELY),
        ("a.py", "User(email=3)", "email", "users", _LIKELY),
        ("a.py", "Form(email=3)", "email", "users", _MENTION),
        ("a.py", "f('email')", "email", "users", _MENTION),
        ("a.py", "q = ' AND email = 3'", "email", "users", _LIKELY),
        ("a.go", "x.Email = 3", "email", "users", _MENTION),
        ("a.ts", "x.emailAddress", "email_address", "users", _MENTION),
        ("a.ts", "x.emailAddress", "emailAddress", "users", _MENTION),
    ],
)
def test_a_use_of_a_column(
    path: str, text: str, name: str, table: str | None, expected: Basis | None
) -> None:
    found = uses(path, text).found
    bases = [concerns(use, UseKind.COLUMN, name, table) for use in found]
    assert max((basis for basis in bases if basis is not None), default=None) == expected


def test_the_schema_tells_tables_apart_where_code_says_it() -> None:
    (named,) = (use for use in uses("a.py", "q = 'SELECT 1 FROM auth.users'").found if use.table)
    found = [concerns(named, UseKind.TABLE, "users", schema=each) for each in ("auth", "x", None)]
    assert found == [_EXACT, None, _EXACT]


def test_a_label_belongs_to_its_type() -> None:
    text = "t = Enum('new', 'old', name='state')"
    (label,) = (use for use in uses("a.py", text).found if use.name == "new")
    found = [concerns(label, UseKind.LABEL, "new", each) for each in ("state", "mood", None)]
    assert found == [_EXACT, None, _EXACT]


@pytest.mark.parametrize(
    ("owner", "table", "expected"),
    [
        ("User", "users", True),
        ("user", "users", True),
        ("new_user", "users", True),
        ("OrderItem", "order_items", True),
        ("item", "order_items", True),
        ("Category", "categories", True),
        ("category", "shop_categories", True),
        ("Author", "blog_author", True),
        ("Box", "boxes", True),
        ("existing_role", "team_roles", True),
        ("User", "teams", False),
        ("self", "users", False),
        ("", "users", False),
        ("use", "users", False),
        ("er", "user", False),
    ],
)
def test_owners_are_called_as_their_tables(owner: str, table: str, expected: bool) -> None:  # noqa: FBT001
    assert stands_for(owner, table) is expected
