"""set-schema: what moves, and what keeps its name."""

import pytest

from linting import found_by
from migsafe.model.findings import Confidence
from migsafe.model.origin import Runner

SCHEMA = "CREATE SCHEMA archive; CREATE TABLE orders (id bigint PRIMARY KEY, n serial);"
MOVE = "ALTER TABLE orders SET SCHEMA archive;"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (f"{MOVE} CREATE VIEW orders AS TABLE archive.orders", 0),
        (f"{MOVE} CREATE VIEW orders AS SELECT 1 AS id", 1),
        (f"{MOVE} CREATE VIEW old_orders AS TABLE archive.orders", 1),
    ],
)
def test_only_a_view_of_the_table_keeps_its_name(sql: str, expected: int) -> None:
    assert len(found_by("set-schema", sql, schema=SCHEMA)) == expected


def test_a_view_that_comes_later_leaves_a_gap() -> None:
    sql = f"{MOVE} CREATE VIEW orders AS TABLE archive.orders"
    assert len(found_by("set-schema", sql, schema=SCHEMA, runner=Runner.NONE)) == 1


@pytest.mark.parametrize(
    ("sql", "confidence"),
    [
        ("ALTER TABLE parcels SET SCHEMA archive", Confidence.HIGH),
        ("ALTER TABLE shop.parcels SET SCHEMA public", Confidence.HIGH),
        ("ALTER TABLE IF EXISTS parcels SET SCHEMA archive", Confidence.LOW),
        ("ALTER TABLE IF EXISTS orders SET SCHEMA archive", Confidence.HIGH),
    ],
)
def test_what_was_never_seen_may_be_there(sql: str, confidence: Confidence) -> None:
    (finding,) = found_by("set-schema", sql, schema=SCHEMA)
    assert finding.confidence is confidence


def test_a_foreign_table_is_locked_as_well() -> None:
    (finding,) = found_by("set-schema", "ALTER FOREIGN TABLE prices SET SCHEMA archive")
    assert "fails (42P01)" in finding.message
    assert finding.message.endswith("reads and writes of prices wait for an instant.")
