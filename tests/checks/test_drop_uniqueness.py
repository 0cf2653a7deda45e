import pytest

from linting import found_by
from migsafe.model.origin import Runner

USERS = """
CREATE TABLE users (id bigint PRIMARY KEY, email text);
CREATE UNIQUE INDEX one ON users (email);
"""
DROP = "DROP INDEX one;"
PARTED = "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE UNIQUE INDEX one ON ONLY p (a);"


@pytest.mark.parametrize(
    ("schema", "sql", "expected"),
    [
        (USERS, DROP, ["error"]),
        (USERS, f"CREATE UNIQUE INDEX two ON users (email); {DROP}", []),
        (USERS, f"{DROP} CREATE UNIQUE INDEX two ON users (email)", []),
        (USERS, f"{DROP} ALTER TABLE users ADD CONSTRAINT two UNIQUE (email)", []),
        (USERS, f"CREATE UNIQUE INDEX two ON users (lower(email)); {DROP}", ["error"]),
        (USERS, f"CREATE UNIQUE INDEX two ON users (email) WHERE id > 0; {DROP}", ["error"]),
        (USERS, f"CREATE INDEX two ON users (email); {DROP}", ["error"]),
        ("", DROP, ["note"]),
        ("", "DROP INDEX IF EXISTS one", ["note"]),
        ("", f"CREATE TABLE u (a int); CREATE UNIQUE INDEX one ON u (a); {DROP}", []),
        ("", "ALTER TABLE users DROP CONSTRAINT one", []),
        # An index on the parent alone keeps nothing unique before each partition has its own.
        (PARTED, DROP, []),
        # drop-constraint speaks of a primary key.
        (USERS, "ALTER TABLE users DROP CONSTRAINT users_pkey", []),
    ],
)
def test_uniqueness_is_missed_unless_an_equal_one_stands_in(
    schema: str, sql: str, expected: list[str]
) -> None:
    found = [str(each.severity) for each in found_by("drop-uniqueness", sql, schema=schema)]
    assert found == expected


def test_without_a_transaction_the_time_in_between_counts() -> None:
    sql = f"{DROP} CREATE UNIQUE INDEX two ON users (email)"
    found = [
        str(each.severity)
        for each in found_by("drop-uniqueness", sql, schema=USERS, runner=Runner.NONE)
    ]
    assert found == ["warning"]
