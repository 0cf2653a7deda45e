"""Roles and databases that let running code in no longer."""

import pytest

from linting import found_by

RULE = "revoke-privilege"


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("ALTER ROLE app NOLOGIN", "NOLOGIN of app"),
        ("ALTER ROLE app PASSWORD 'secret' VALID UNTIL 'today'", "PASSWORD and VALID UNTIL of app"),
        ("ALTER ROLE app CONNECTION LIMIT 3", "CONNECTION LIMIT of app"),
        ("ALTER ROLE app NOSUPERUSER NOBYPASSRLS", "app is NOSUPERUSER and NOBYPASSRLS"),
        ("ALTER DATABASE shop CONNECTION LIMIT 10", "CONNECTION LIMIT of shop"),
        ("ALTER DATABASE shop ALLOW_CONNECTIONS false", "ALLOW_CONNECTIONS of shop"),
        ("ALTER ROLE app CREATEDB", None),
        ("CREATE ROLE app NOLOGIN", None),
        ("ALTER DATABASE shop IS_TEMPLATE false", None),
    ],
)
def test_who_is_shut_out_is_named(sql: str, words: str | None) -> None:
    found = [one.message for one in found_by(RULE, sql)]
    assert [words in message for message in found if words] == [True] * (words is not None)
    assert not any("secret" in message for message in found)
