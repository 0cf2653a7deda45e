"""Which constraints are missed when they go, beyond what the page shows."""

import pytest

from linting import found_by

SCHEMA = """
CREATE TABLE users (id bigint CONSTRAINT users_pkey PRIMARY KEY, email text);
CREATE TABLE orders (
    id bigint PRIMARY KEY, total int CONSTRAINT positive CHECK (total > 0),
    note text, user_id bigint CONSTRAINT owner REFERENCES users
);
"""


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE orders DROP CONSTRAINT positive", ["warning"]),
        (
            (
                "ALTER TABLE orders ADD CONSTRAINT again CHECK (total > 0);"
                "ALTER TABLE orders DROP CONSTRAINT positive"
            ),
            [],
        ),
        (
            (
                "ALTER TABLE orders DROP CONSTRAINT positive;"
                "ALTER TABLE orders ADD CHECK (note <> '')"
            ),
            ["warning"],
        ),
        (
            (
                "ALTER TABLE orders DROP CONSTRAINT positive; COMMIT;"
                "ALTER TABLE orders ADD CHECK (total > 1)"
            ),
            ["warning"],
        ),
        ("ALTER TABLE orders DROP CONSTRAINT positive; ALTER TABLE orders DROP COLUMN total", []),
        ("ALTER TABLE orders DROP CONSTRAINT positive; DROP TABLE orders", []),
        ("ALTER TABLE orders DROP CONSTRAINT owner; DROP TABLE users", []),
        (
            (
                "ALTER TABLE orders DROP CONSTRAINT owner, ADD CONSTRAINT owner"
                " FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE NOT VALID"
            ),
            [],
        ),
        ("ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE", ["error"]),
        (
            (
                "ALTER TABLE orders ADD CONSTRAINT c CHECK (note <> '') NOT VALID;"
                "ALTER TABLE orders DROP CONSTRAINT c"
            ),
            [],
        ),
        ("ALTER TABLE orders DROP CONSTRAINT IF EXISTS nobody", []),
        ("ALTER TABLE other DROP CONSTRAINT rule", ["warning"]),
        ("ALTER TABLE orders ALTER CONSTRAINT owner DEFERRABLE INITIALLY DEFERRED", ["warning"]),
        ("ALTER TABLE orders ALTER CONSTRAINT owner DEFERRABLE", []),
    ],
)
def test_a_constraint_is_missed_unless_something_says_the_same(
    sql: str, expected: list[str]
) -> None:
    found = [str(each.severity) for each in found_by("drop-constraint", sql, schema=SCHEMA)]
    assert found == expected
