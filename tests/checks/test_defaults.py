"""When a default or NOT NULL of the released schema is missed, beyond what the pages show."""

import pytest

from linting import found_by

SCHEMA = """
CREATE DOMAIN score AS int NOT NULL DEFAULT 1;
CREATE TABLE orders (id bigint PRIMARY KEY, total int NOT NULL DEFAULT 0, points score);
"""


@pytest.mark.parametrize(
    ("rule", "sql", "expected"),
    [
        ("drop-default", "ALTER TABLE orders ALTER total DROP DEFAULT", ["error"]),
        ("drop-default", "ALTER TABLE orders ALTER total DROP DEFAULT; DROP TABLE orders", []),
        (
            "drop-default",
            ("ALTER TABLE orders ALTER total DROP DEFAULT; ALTER TABLE orders DROP total"),
            [],
        ),
        ("drop-default", "ALTER DOMAIN score DROP DEFAULT", ["warning"]),
        ("change-default", "ALTER DOMAIN score SET DEFAULT 2", ["note"]),
        ("change-default", "ALTER DOMAIN score SET DEFAULT 1", []),
        ("change-default", "ALTER TABLE orders ALTER total SET DEFAULT 1", ["note"]),
        ("change-default", "ALTER TABLE orders ALTER total SET DEFAULT NULL", []),
        ("drop-not-null", "ALTER DOMAIN score DROP NOT NULL", ["warning"]),
        (
            "drop-not-null",
            (
                "ALTER TABLE orders ALTER total DROP NOT NULL;"
                " ALTER TABLE orders ALTER total SET NOT NULL"
            ),
            [],
        ),
        (
            "drop-not-null",
            (
                "ALTER TABLE orders ALTER total DROP NOT NULL, ALTER total DROP DEFAULT;"
                " INSERT INTO orders (id) VALUES (1)"
            ),
            ["error"],
        ),
        ("drop-not-null", "ALTER TABLE unseen ALTER total DROP NOT NULL", ["warning"]),
        ("drop-not-null", "ALTER TABLE orders ALTER nobody DROP NOT NULL", ["warning"]),
    ],
)
def test_what_running_code_was_promised_is_missed(rule: str, sql: str, expected: list[str]) -> None:
    found = [str(each.severity) for each in found_by(rule, sql, schema=SCHEMA)]
    assert found == expected
