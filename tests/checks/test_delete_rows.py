"""delete-rows: which statements take rows away for good."""

import pytest

from linting import found_by, found_in_revision
from migsafe.config import Settings

SCHEMA = """
CREATE TABLE orders (id bigint PRIMARY KEY, total int);
CREATE TABLE gone (id int);
DROP TABLE gone;
"""
MERGE = "MERGE INTO orders USING fresh ON orders.id = fresh.id WHEN MATCHED THEN"


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("DELETE FROM orders WHERE total = 0", "The rows of orders WHERE total = 0 are gone"),
        ("DELETE FROM orders WHERE {{ condition }}", "Rows of orders are gone"),
        (
            "INSERT INTO orders (id, total) VALUES (1, 0); DELETE FROM orders WHERE total = 0",
            "The rows of orders WHERE total = 0 are gone",
        ),
        (f"{MERGE} DELETE", "The rows of orders that this MERGE deletes are gone"),
    ],
)
def test_the_rows_are_named(sql: str, words: str) -> None:
    (finding,) = found_by("delete-rows", sql, schema=SCHEMA)
    assert words in finding.message


@pytest.mark.parametrize(
    "sql",
    [
        f"{MERGE} UPDATE SET total = 0",
        f"{MERGE} UPDATE SET total = 0 WHERE orders.note = 'then delete'",
        "DELETE FROM gone WHERE id = 1",
        "DELETE FROM orders",
        "CREATE TABLE fresh (id int); DELETE FROM fresh WHERE id = 1",
        "DELETE FROM orders WHERE true",
        "DELETE FROM orders WHERE total = 0; DROP TABLE orders",
        "TRUNCATE orders; DELETE FROM public.orders WHERE total = 0",
        "DELETE FROM orders; INSERT INTO orders VALUES (1, 0); DELETE FROM orders WHERE id = 1",
    ],
)
def test_no_row_of_a_released_table_goes_by_a_condition(sql: str) -> None:
    assert found_by("delete-rows", sql, schema=SCHEMA) == []


def test_rows_of_another_table_do_not_excuse_it() -> None:
    sql = "INSERT INTO parcels (id) VALUES (1); DELETE FROM orders WHERE total = 0"
    assert len(found_by("delete-rows", sql, schema=SCHEMA)) == 1


def test_every_row_of_a_small_table_is_gone_as_well() -> None:
    settings = Settings(lock_timeout="role", small_tables=("orders",))
    (finding,) = found_by("delete-rows", "DELETE FROM orders", schema=SCHEMA, settings=settings)
    assert finding.message.startswith("The rows of orders are gone for good")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            'op.execute(sa.table("orders").delete().where(sa.text(limit())))',
            ["Rows of orders are"],
        ),
        ('op.execute(sa.table("orders").update().values(total=limit()))', []),
        ("op.execute(sa.delete(table()).where(sa.text(limit())))", []),
    ],
)
def test_statements_made_in_python_delete_as_well(call: str, expected: list[str]) -> None:
    found = found_in_revision("delete-rows", call, SCHEMA)
    assert [finding.message[: len("Rows of orders are")] for finding in found] == expected
