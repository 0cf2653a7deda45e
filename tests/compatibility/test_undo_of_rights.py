"""What taking back GRANT and REVOKE does not bring back."""

import pytest

from linting import catalog
from migsafe.compatibility import compatibility_of
from migsafe.parsers.postgres import read_statement

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
