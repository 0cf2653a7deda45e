"""What both readers of SQL say that a statement names."""

from collections.abc import Callable
from time import perf_counter

import pytest

from migsafe.parsers import sqlglot
from migsafe.parsers.naming import Named
from migsafe.parsers.postgres import named as postgres

_READERS = {"postgres": postgres.named, "sqlglot": sqlglot.named}
_CASES = {
    "SELECT email FROM users": "users, users.email",
    "SELECT u.email, p.title FROM users u JOIN posts p ON p.user_id = u.id": (
        "posts, posts.title, posts.user_id, users, users.email, users.id"
    ),
    "SELECT email FROM users, posts": "?.email, posts, users",
    'SELECT "Email" FROM "Users"': "Users, Users.Email",
    "SELECT x.email FROM auth.users x": "auth.users, auth.users.email",
    "SELECT email || 'x' AS e FROM users GROUP BY e ORDER BY e, age": (
        "users, users.age, users.email"
    ),
    "SELECT row_to_json(users) FROM users": "row_to_json(), users",
    "WITH u AS (SELECT email FROM users) SELECT u.email, age FROM u": (
        "<email>, <age>, users, users.email"
    ),
    "WITH RECURSIVE t AS (SELECT id FROM a UNION ALL SELECT a.id FROM a JOIN t ON true) "
    "SELECT 1 FROM t": "a, a.id",
    "SELECT s.x FROM (SELECT age AS x FROM users) s": "<x>, users, users.age",
    "SELECT id FROM users u WHERE EXISTS (SELECT 1 FROM posts WHERE author = u.id)": (
        "posts, posts.author?, users, users.id"
    ),
    "SELECT a FROM t UNION SELECT b FROM u ORDER BY a": "t, t.a, u, u.b",
    "INSERT INTO users (email) SELECT mail FROM old": ("old, old.mail, users=, users.email="),
    "INSERT INTO users (email) VALUES ($1) ON CONFLICT (email) DO UPDATE "
    "SET email = excluded.email, n = users.n + 1 RETURNING id": (
        "users.email, users.email=, users.id, users.n, users.n=, users="
    ),
    "INSERT INTO t (a) VALUES (1) ON CONFLICT ON CONSTRAINT uq_t DO NOTHING": (
        "t.a=, t.uq_t constraint, t="
    ),
    "UPDATE users AS u SET email = t.mail, n = 1 FROM t WHERE u.id = t.id": (
        "t, t.id, t.mail, users.email=, users.id, users.n=, users="
    ),
    "UPDATE t SET (a, b) = (1, 2)": "t.a=, t.b=, t=",
    "DELETE FROM users USING teams WHERE users.team_id = teams.id": (
        "teams, teams.id, users.team_id, users="
    ),
    "WITH d AS (DELETE FROM t WHERE x = 1 RETURNING y) SELECT y FROM d": "<y>, t.x, t.y, t=",
    "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN UPDATE SET x = b.y "
    "WHEN NOT MATCHED THEN INSERT (p) VALUES (b.q)": "a.id, a.p=, a.x=, a=, b, b.id, b.q, b.y",
    "SELECT auth.who(u.id), 'a'::mood FROM users u": ("auth.who(), mood type, users, users.id"),
    "SELECT a FROM t WHERE b = :b AND c = %(c)s AND d = ANY (:d)": "t, t.a, t.b, t.c, t.d",
    "SELECT a FROM {{schema}}.t WHERE {{condition}}": "t, t.a",
    "SELECT {{columns}} FROM {{table}}": "",
    "COPY t (a) FROM STDIN": "t.a=, t=",
    "SET LOCAL lock_timeout = '1s'": "",
    "SELECT 'x' FROM t WHERE é = 'é' AND n = 1": "t, t.n, t.é",
}


def _said(names: tuple[Named, ...]) -> str:
    return ", ".join(sorted({_one(name) for name in names}))


def _one(name: Named) -> str:
    writes = "=" if name.writes else ""
    match name.kind:
        case "relation":
            return f"{name.schema}.{name.name}{writes}" if name.schema else f"{name.name}{writes}"
        case "column" if name.derived:
            return f"<{name.name}>"
        case "column" if name.of is None:
            return f"?.{name.name}{writes}"
        case "column":
            return f"{name.of}.{name.name}{writes}{'' if name.sure else '?'}"
        case "function":
            return f"{name.schema}.{name.name}()" if name.schema else f"{name.name}()"
        case kind:
            of = "" if name.of is None else f"{name.of}."
            return f"{of}{name.name} {kind}"


@pytest.mark.parametrize("reader", _READERS)
@pytest.mark.parametrize("sql", _CASES)
def test_a_statement_names(sql: str, reader: str) -> None:
    names = _READERS[reader](sql)
    assert names is not None
    expected = _CASES[sql].split(", ") if _CASES[sql] else []
    assert _said(names) == ", ".join(sorted(expected))


@pytest.mark.parametrize("reader", _READERS)
def test_names_stand_where_they_are_said_to(reader: str) -> None:
    sql = "SELECT u.ü, email FROM users u WHERE {{x}} AND id = 1"
    names = _READERS[reader](sql)
    assert names is not None
    found = {sql[name.start : name.end].rpartition(".")[2]: name.name for name in names}
    assert found == {"ü": "ü", "email": "email", "users": "users", "id": "id"}


@pytest.mark.parametrize("reader", _READERS)
@pytest.mark.parametrize(
    "sql", ["SELECT FROM WHERE", "no sql at all", "SELECT a FROM t WHERE", "'", "\x01"]
)
def test_what_is_no_sql_is_not_read(sql: str, reader: str) -> None:
    assert _READERS[reader](sql) in {None, ()}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 5_000 + "1" + ")" * 5_000,
        "SELECT " + "f(" * 400 + "1" + ")" * 400,
        "SELECT 1" + " + 1" * 4_000,
        "SELECT " + "NOT " * 4_000 + "a FROM t",
        "VACUUM a;" * 5_000,
        "x" * 1_000_000,
    ],
    ids=lambda sql: sql[:20],
)
@pytest.mark.parametrize("reader", _READERS)
def test_what_nests_or_never_ends_is_given_up(
    sql: str, reader: str, elapsed: Callable[[], float]
) -> None:
    _READERS[reader](sql)
    assert elapsed() < 5


@pytest.fixture
def elapsed() -> Callable[[], float]:
    """Say how many seconds a test has run."""
    start = perf_counter()
    return lambda: perf_counter() - start


def test_names_of_mysql_stand_in_its_own_quotes() -> None:
    names = sqlglot.named("SELECT `email` FROM `users`")
    assert names is not None
    assert _said(names) == "users, users.email"


def test_explain_is_what_it_explains() -> None:
    names = sqlglot.named("EXPLAIN (ANALYZE, BUFFERS) SELECT email FROM users")
    assert names is not None
    assert _said(names) == "users, users.email"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("TRUNCATE a, b", "a=, b="),
        ("CREATE INDEX ix ON users (email)", "ix index, users.email, users="),
        ("ALTER TABLE users DROP CONSTRAINT uq", "users.uq constraint, users="),
        ("CREATE TABLE a (b int REFERENCES c (d))", "a.b, a=, c, c.d"),
        ("DROP INDEX ix", "ix index"),
        ("LOCK TABLE a", None),
    ],
)
def test_definitions_in_application_code_name(sql: str, expected: str | None) -> None:
    names = sqlglot.named(sql)
    assert (None if names is None else _said(names)) == expected


def test_words_of_sqlc_are_no_names() -> None:
    sql = "SELECT sqlc.embed(u), sqlc.arg(x), sqlc.narg('y') FROM users u"
    names = postgres.named(sql)
    assert names is not None
    assert _said(names) == "users"
