"""What taking something back brings back, and what not."""

import pytest

from linting import catalog
from migsafe.compatibility import compatibility_of
from migsafe.parsers.postgres import read_statement
from migsafe.writing.sql import write

KNOWN = "CREATE TABLE t (a int);"


@pytest.mark.parametrize(
    ("schema", "sql", "lost"),
    [
        (KNOWN, "GRANT SELECT ON t TO app", None),
        (KNOWN, "REVOKE SELECT ON t FROM app", None),
        ("", "GRANT SELECT ON t TO app", "what the roles had of these rights before"),
        (KNOWN, "GRANT SELECT ON t, u TO app", "what the roles had of these rights before"),
        (
            "",
            "REVOKE SELECT ON t FROM app",
            "the roles as they were, if one of them lacked these rights before",
        ),
        (
            KNOWN,
            "GRANT SELECT ON t TO CURRENT_USER",
            "what the roles had of these rights before",
        ),
    ],
)
def test_rights_that_nobody_saw_may_be_lost(schema: str, sql: str, lost: str | None) -> None:
    (operation,) = read_statement(sql)
    said = compatibility_of(operation, catalog(schema), dialect="postgres", version=16)
    assert said.undo is not None
    assert said.undo.lost == lost


VIEW = "CREATE TABLE t (a int); CREATE VIEW v WITH (security_barrier) AS SELECT a FROM t;"


@pytest.mark.parametrize(
    ("schema", "sql", "again"),
    [
        (VIEW, "DROP VIEW v", "CREATE VIEW v WITH (security_barrier) AS SELECT a FROM t"),
        (
            f"{VIEW} ALTER VIEW v SET (security_invoker); ALTER VIEW v RESET (security_barrier);",
            "DROP VIEW v",
            "CREATE VIEW v WITH (security_invoker) AS SELECT a FROM t",
        ),
        (
            "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t WITH LOCAL CHECK OPTION;",
            "CREATE OR REPLACE VIEW v AS SELECT a FROM t WHERE a > 0",
            "CREATE VIEW v WITH (check_option = 'local') AS SELECT a FROM t",
        ),
        (
            f"{VIEW} CREATE OR REPLACE VIEW v AS SELECT a FROM t;",
            "DROP VIEW v",
            "CREATE VIEW v AS SELECT a FROM t",
        ),
    ],
)
def test_a_view_comes_back_with_its_options(schema: str, sql: str, again: str) -> None:
    (operation,) = read_statement(sql)
    said = compatibility_of(operation, catalog(schema), dialect="postgres", version=16)
    assert said.undo is not None
    assert again in [write(each) for each in said.undo.operations]
