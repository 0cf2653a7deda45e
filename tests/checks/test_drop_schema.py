"""drop-schema: what goes with a schema or a database."""

import pytest

from linting import found_by
from migsafe.model.findings import Confidence

SCHEMA = "CREATE SCHEMA shop; CREATE TABLE notes (id int);" + "".join(
    f"CREATE TABLE shop.t{number} (id int);" for number in range(5)
)


def test_a_database_is_gone_with_all_that_is_in_it() -> None:
    (finding,) = found_by("drop-schema", "DROP DATABASE shop")
    assert finding.message == (
        "Dropping the database shop: everything in it is gone, and running code cannot connect to "
        "it."
    )
    assert finding.help == (
        "Rename it first and keep it until nobody misses it; no migration should hold this."
    )


@pytest.mark.parametrize(
    ("schema", "sql", "words"),
    [
        (
            SCHEMA,
            "DROP SCHEMA shop CASCADE",
            "CASCADE: shop.t0, shop.t1, shop.t2, shop.t3, shop.t4 and whatever",
        ),
        (
            f"{SCHEMA} CREATE TABLE shop.t5 (id int); CREATE TABLE shop.t6 (id int)",
            "DROP SCHEMA shop CASCADE",
            "shop.t4 and 2 more and whatever else is in it is gone",
        ),
        (SCHEMA, "DROP SCHEMA public CASCADE", "CASCADE: notes and whatever else"),
        ("CREATE SCHEMA shop", "DROP SCHEMA shop CASCADE", "CASCADE: whatever is in it is gone"),
    ],
)
def test_what_goes_with_it_is_named(schema: str, sql: str, words: str) -> None:
    (finding,) = found_by("drop-schema", sql, schema=schema)
    assert words in finding.message


@pytest.mark.parametrize(
    ("sql", "confidence"),
    [
        ("DROP SCHEMA unseen", Confidence.HIGH),
        ("DROP SCHEMA IF EXISTS unseen", Confidence.LOW),
        ("DROP SCHEMA IF EXISTS shop", Confidence.HIGH),
    ],
)
def test_one_that_was_never_seen_may_be_there(sql: str, confidence: Confidence) -> None:
    (finding,) = found_by("drop-schema", sql, schema=SCHEMA)
    assert finding.confidence is confidence


def test_other_objects_are_not_its_subject() -> None:
    assert found_by("drop-schema", "DROP VIEW contacts") == []
