"""SQL in the strings of Python."""

import pytest

from migsafe.codebase import uses
from naming import said

_USERS = {"exact table users reads", "exact column users.email reads"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("q = 'SELECT email FROM users'", _USERS),
        ("execute('select email from users')", _USERS),
        ("q = 'select email from users'", {each.replace("exact", "likely") for each in _USERS}),
        ("q = 'Select email from users'", set()),
        ("'''SELECT email FROM users'''", set()),
        ("q = '''\n  SELECT email\n  FROM users\n'''", _USERS),
        ("q = ('SELECT email '\n     'FROM users')", _USERS),
        ("q = 'SELECT email ' + 'FROM users'", _USERS),
        ("q = f'SELECT email FROM users {where}'", _USERS),
        (
            "q = f'SELECT email FROM users WHERE {where} AND id = {n}'",
            {
                *_USERS,
                "exact column users.id reads",
            },
        ),
        ("q = f'SELECT {columns} FROM users'", {"exact table users reads"}),
        ("q = f'SELECT email FROM {table}'", {"likely column email reads"}),
        ("q = f'SELECT email FROM users_{shard}'", {"likely column email reads"}),
        ("q = 'SELECT email FROM users WHERE id = %s'", {*_USERS, "exact column users.id reads"}),
        (
            "q = 'SELECT email FROM users WHERE id = %(id)s'",
            {
                *_USERS,
                "exact column users.id reads",
            },
        ),
        ("q = 'SELECT email FROM users WHERE {}'.format(x)", _USERS),
        ("q = 'SELECT u.email FROM users u, posts'", {*_USERS, "exact table posts reads"}),
        (
            "q = 'INSERT INTO users (email) VALUES (%s)'",
            {
                "exact table users writes",
                "exact column users.email writes",
            },
        ),
        (
            "q = 'UPDATE users SET email = NULL'",
            {
                "exact table users writes",
                "exact column users.email writes",
            },
        ),
        ("w = text('email IS NOT NULL')", {"likely column email reads"}),
        ("w = text('users.email IS NOT NULL')", {"likely column users.email reads"}),
        ("q = ' AND email = %s'", {"likely name email"}),
        ("q = 'SELECT email FROM users WHERE WHERE'", {"likely name email", "likely name users"}),
        ("log('Update the list and set the flag')", set()),
        ("log('or else')", set()),
        ("import re\nre.compile(r'from\\s')", set()),
    ],
)
def test_sql_is_read(text: str, expected: set[str]) -> None:
    assert said("app/a.py", text) == expected


def test_a_check_constraint_names_its_columns_with_the_table() -> None:
    text = (
        "class User(Base):\n    __tablename__ = 'users'\n"
        "    __table_args__ = (CheckConstraint('age > 3', name='ck_age'),)\n"
    )
    assert {"exact constraint users.ck_age", "exact column users.age reads"} <= said("a.py", text)


def test_names_in_a_long_string_have_their_own_places() -> None:
    text = "q = '''\n  SELECT é, email\n  FROM users\n'''\n"
    places = {use.name: (use.place.line, use.place.column) for use in uses("a.py", text).found}
    assert places == {"é": (2, 10), "email": (2, 13), "users": (3, 8)}


def test_of_more_sql_than_there_is_time_for_words_are_taken() -> None:
    statement = f"SELECT {', '.join(['email'] * 2_400)} FROM users"
    text = "".join(f"q{number} = '{statement}'\n" for number in range(5))
    by_line = {use.place.line: use.how for use in uses("a.py", text).found}
    assert by_line == {
        **dict.fromkeys((1, 2, 3), "SQL in a string"),
        **dict.fromkeys((4, 5), "word of SQL in a string"),
    }
