"""Which replaced views and routines break the code that knows their shape."""

import pytest

from linting import found_by

SCHEMA = """
CREATE TABLE users (id bigint PRIMARY KEY, email text);
CREATE VIEW contacts AS SELECT id, email FROM users;
CREATE VIEW everything AS SELECT * FROM users;
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
"""


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE OR REPLACE VIEW contacts AS SELECT id FROM users", ["error"]),
        ("CREATE OR REPLACE VIEW contacts AS SELECT id, email, 1 AS one FROM users", ["note"]),
        ("CREATE OR REPLACE VIEW everything AS SELECT id FROM users", ["error"]),
        ("CREATE OR REPLACE VIEW everything AS SELECT id, email FROM users", ["note"]),
        ("ALTER TABLE users ADD x int; CREATE OR REPLACE VIEW everything AS TABLE users", ["note"]),
        ("DROP VIEW contacts; CREATE VIEW contacts AS SELECT id FROM users", ["error"]),
        ("DROP VIEW contacts; CREATE VIEW contacts (id, mail) AS SELECT * FROM users", ["error"]),
        ("CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 2'", ["note"]),
        ("CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'", []),
        ("DROP FUNCTION f; CREATE FUNCTION f(a int) RETURNS text LANGUAGE sql AS 'x'", ["error"]),
        ("CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 2'", []),
        ("CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 2'", []),
        ("ALTER FUNCTION f(int) STABLE", ["note"]),
    ],
)
def test_another_shape_is_an_error_and_another_answer_a_note(sql: str, expected: list[str]) -> None:
    found = found_by("replace-view-or-function", sql, schema=SCHEMA)
    assert [str(each.severity) for each in found] == expected


def test_one_note_a_migration_names_what_is_replaced() -> None:
    functions = "; ".join(
        f"CREATE OR REPLACE FUNCTION {name}(a int) RETURNS int LANGUAGE sql AS 'SELECT 2'"
        for name in "fghij"
    )
    schema = SCHEMA + functions.replace("SELECT 2", "SELECT 1") + ";"
    sql = (
        f"{functions}; CREATE OR REPLACE VIEW contacts AS SELECT id, email FROM users WHERE id > 0"
    )
    [one] = found_by("replace-view-or-function", sql, schema=schema)
    assert one.message == (
        "From here on, running code included, whoever calls f, g, h and 2 more runs the new body; "
        "whoever reads contacts gets what the new query gives."
    )
