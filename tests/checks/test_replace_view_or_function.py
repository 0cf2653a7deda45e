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


HEAD = "CREATE OR REPLACE FUNCTION g() RETURNS int LANGUAGE plpgsql"
BODY = "AS 'BEGIN RETURN 1; END'"


@pytest.mark.parametrize(
    ("before", "after", "reported"),
    [
        ("", "", False),
        ("", "VOLATILE", False),
        ("", "SECURITY INVOKER", False),
        ("", "COST 7 PARALLEL SAFE", False),
        ("SECURITY DEFINER SET search_path = a", "SECURITY DEFINER SET search_path TO a", False),
        ("", "STABLE", True),
        ("IMMUTABLE", "", True),
        ("", "SECURITY DEFINER", True),
        ("SECURITY DEFINER", "", True),
        ("", "STRICT", True),
        ("SET search_path = a", "SET search_path = a, b", True),
        ("SET search_path = a", "", True),
        ("SET search_path FROM CURRENT", "SET search_path FROM CURRENT", True),
    ],
)
def test_other_options_are_another_answer(before: str, after: str, reported: bool) -> None:  # noqa: FBT001
    found = found_by(
        "replace-view-or-function", f"{HEAD} {after} {BODY}", schema=f"{HEAD} {before} {BODY};"
    )
    said = "From here on, running code included, whoever calls g runs it with other options."
    assert [each.message for each in found] == [said] * reported


@pytest.mark.parametrize(
    ("altered", "new", "reported"),
    [
        ("SECURITY DEFINER", "", True),
        ("SECURITY DEFINER", "SECURITY DEFINER", False),
        ("STABLE STRICT", "STABLE STRICT", False),
        ("SET search_path = a", "SET search_path = a", False),
        ("SET search_path = a; ALTER FUNCTION g RESET search_path", "", False),
        ("SET search_path = a; ALTER FUNCTION g RESET ALL", "", False),
        ("STRICT; ALTER FUNCTION g CALLED ON NULL INPUT", "", False),
        ("SECURITY DEFINER; ALTER FUNCTION g RESET ALL", "", True),
    ],
)
def test_what_alter_function_did_before_counts(altered: str, new: str, reported: bool) -> None:  # noqa: FBT001
    schema = f"{HEAD} {BODY}; ALTER FUNCTION g() {altered};"
    found = found_by("replace-view-or-function", f"{HEAD} {new} {BODY}", schema=schema)
    assert len(found) == reported


def test_only_the_overload_that_is_named_is_altered() -> None:
    schema = f"{HEAD} {BODY}; {HEAD.replace('g()', 'g(a int)')} {BODY};"
    sql = f"{HEAD.replace('g()', 'g(a int)')} STABLE {BODY}"
    altered = f"{schema} ALTER FUNCTION g(int) STABLE;"
    assert not found_by("replace-view-or-function", sql, schema=altered)
    assert found_by("replace-view-or-function", sql, schema=f"{schema} ALTER FUNCTION g() STABLE;")


def test_an_overload_beside_one_that_is_altered_is_one_more() -> None:
    schema = f"{HEAD} {BODY};"
    sql = f"ALTER FUNCTION g() STABLE; {HEAD.replace('g()', 'g(a int)')} {BODY}"
    found = found_by("replace-view-or-function", sql, schema=schema)
    assert [str(each.severity) for each in found] == ["note"]
