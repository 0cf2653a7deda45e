import re

import pytest

from linting import lint_sql

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text CONSTRAINT users_email_key UNIQUE);"
TRIGGER = """
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()
"""


@pytest.mark.parametrize(
    ("schema", "sql", "named"),
    [
        (
            "CREATE VIEW a AS SELECT id FROM users; CREATE VIEW b AS SELECT id FROM a",
            "DROP TABLE users CASCADE",
            ["the view a", "the view b"],
        ),
        (
            "CREATE TABLE o (u bigint CONSTRAINT fk REFERENCES users)",
            "ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE",
            ["the foreign key fk of o"],
        ),
        (
            "CREATE TABLE o (u text CONSTRAINT fk REFERENCES users (email))",
            "ALTER TABLE users DROP COLUMN email CASCADE",
            ["the foreign key fk of o"],
        ),
        (
            "ALTER TABLE users ADD low text GENERATED ALWAYS AS (lower(email)) STORED",
            "ALTER TABLE users DROP COLUMN email CASCADE",
            ["the column users.low"],
        ),
        (
            "CREATE TYPE mood AS ENUM ('calm'); ALTER TABLE users ADD mood mood",
            "DROP TYPE mood CASCADE",
            ["the column users.mood"],
        ),
        (
            TRIGGER,
            "DROP FUNCTION f CASCADE",
            ["the trigger t of users"],
        ),
        (
            """CREATE FUNCTION f() RETURNS text IMMUTABLE LANGUAGE sql AS $$SELECT 'x'$$;
            CREATE DOMAIN code AS text CHECK (VALUE <> f()); CREATE VIEW v AS SELECT f();
            ALTER TABLE users ADD a text DEFAULT f(), ADD b text GENERATED ALWAYS AS (f()) STORED;
            CREATE INDEX i ON users (f())""",
            "DROP FUNCTION f() CASCADE",
            [
                "the default of users.a",
                "the column users.b",
                "the index i of users",
                "a rule of the domain code",
                "the view v",
            ],
        ),
        (
            "CREATE SEQUENCE s; ALTER TABLE users ADD n bigint DEFAULT nextval('s')",
            "DROP SEQUENCE s CASCADE",
            ["the default of users.n"],
        ),
    ],
)
def test_what_is_known_to_go_is_named_and_an_error(schema: str, sql: str, named: list[str]) -> None:
    report = lint_sql(sql, schema=f"{USERS} {schema};")
    [found] = [each for each in report.findings if each.rule == "drop-cascade"]
    assert str(found.severity) == "error"
    assert [name for name in named if name not in found.message] == []


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE users DROP CONSTRAINT users_email_key CASCADE",
        "DROP TABLE users CASCADE",
        "DROP VIEW elsewhere CASCADE",
        "DROP EXTENSION hstore CASCADE",
    ],
)
def test_what_is_not_known_to_take_anything_along_is_a_warning(sql: str) -> None:
    report = lint_sql(sql, schema=USERS)
    found = [str(each.severity) for each in report.findings if each.rule == "drop-cascade"]
    assert found == ["warning"]


def test_one_statement_warns_once_of_what_is_not_known_to_take_anything_along() -> None:
    report = lint_sql(
        "DROP TABLE a, b, users CASCADE", schema=f"{USERS} CREATE VIEW v AS TABLE users"
    )
    said = [
        (str(each.severity), re.split(" what the| without", each.message)[0])
        for each in report.findings
        if each.rule == "drop-cascade"
    ]
    assert sorted(said) == [
        ("error", "CASCADE drops with users"),
        ("warning", "CASCADE drops whatever depends on a and b"),
    ]
