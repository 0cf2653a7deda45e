"""What files of SQL queries name."""

import pytest

from migsafe.codebase import uses
from naming import said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "-- name: GetUser :one\nSELECT u.email FROM users u WHERE u.id = $1;",
            {
                "exact column users.email reads",
                "exact table users reads",
                "exact column users.id reads",
            },
        ),
        (
            (
                "-- name: Find :many\nSELECT sqlc.embed(users) FROM users WHERE age > @least "
                "AND nick = sqlc.narg('nick')::text;"
            ),
            {
                "exact table users reads",
                "exact column users.age reads",
                "exact column users.nick reads",
                "exact type text reads",
            },
        ),
        (
            "-- name: put-user!\nINSERT INTO users (email) VALUES (:email);",
            {"exact table users writes", "exact column users.email writes"},
        ),
        (
            "/* @name Rename */\nUPDATE users SET name = :name WHERE id = :id;",
            {
                "exact table users writes",
                "exact column users.name writes",
                "exact column users.id reads",
            },
        ),
        ("CREATE TABLE users (id int);\nCREATE VIEW v AS SELECT id FROM users;", set()),
        (
            "SELECT a FROM t WHERE;\nSELECT b FROM u;",
            {
                "likely name a",
                "likely name t",
                "exact column u.b reads",
                "exact table u reads",
            },
        ),
        ("SELECT a FROM t /* no end", {"likely name a", "likely name t"}),
        ("", set()),
    ],
)
def test_queries_name(text: str, expected: set[str]) -> None:
    assert said("db/queries/users.sql", text) == expected


def test_names_stand_in_their_lines() -> None:
    text = "SELECT 1;\n\n-- name: A :one\nSELECT é,\n  email FROM users WHERE x = @y AND z = 1;\n"
    places = {use.name: (use.place.line, use.place.column) for use in uses("q.sql", text).found}
    assert places == {"é": (4, 8), "email": (5, 3), "users": (5, 14), "x": (5, 26), "z": (5, 37)}
