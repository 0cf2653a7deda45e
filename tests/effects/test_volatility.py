"""Defaults: what is volatile, what is not, and what is said to be unknown."""

import pytest

from migsafe.catalog.catalog import Catalog
from migsafe.effects.postgres.volatility import Volatility, volatility
from migsafe.model.expressions import Expression
from migsafe.parsers.postgres import read_statement
from migsafe.parsers.sql import read_expression

ROUTINES = """
CREATE FUNCTION calm() RETURNS integer LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END';
CREATE FUNCTION wild() RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CREATE FUNCTION inlined() RETURNS integer LANGUAGE sql AS 'SELECT 1';
"""


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("1", Volatility.IMMUTABLE),
        ("-1", Volatility.IMMUTABLE),
        ("'{}'::jsonb", Volatility.IMMUTABLE),
        ("lower('A')", Volatility.IMMUTABLE),
        ("coalesce(NULL, 1)", Volatility.IMMUTABLE),
        ("now()", Volatility.STABLE),
        ("pg_catalog.now()", Volatility.STABLE),
        ("CURRENT_DATE", Volatility.STABLE),
        ("CURRENT_TIMESTAMP(3)", Volatility.STABLE),
        ("LOCALTIME", Volatility.STABLE),
        ("CURRENT_USER", Volatility.STABLE),
        ("SESSION_USER", Volatility.STABLE),
        ("now() + interval '1 day'", Volatility.STABLE),
        ("random()", Volatility.VOLATILE),
        ("lower(random()::text)", Volatility.VOLATILE),
        ("now() + random() * interval '1 day'", Volatility.VOLATILE),
        ("nobody_knows(now())", Volatility.UNKNOWN),
        ("ARRAY[random()]", Volatility.VOLATILE),
        ("(1 + random())::integer", Volatility.VOLATILE),
        ("gen_random_uuid()", Volatility.VOLATILE),
        ("uuidv7()", Volatility.VOLATILE),
        ("clock_timestamp()", Volatility.VOLATILE),
        ("nextval('s')", Volatility.VOLATILE),
        ("nobody_knows()", Volatility.UNKNOWN),
        ("app.nobody_knows()", Volatility.UNKNOWN),
        ("app.now()", Volatility.UNKNOWN),
        ("uuid_generate_v4()", Volatility.VOLATILE),
        ("extensions.uuid_generate_v1mc()", Volatility.VOLATILE),
        ("uuid_generate_v5(uuid_ns_url(), 'a')", Volatility.IMMUTABLE),
        ("calm()", Volatility.IMMUTABLE),
        ("wild()", Volatility.VOLATILE),
        ("inlined()", Volatility.UNKNOWN),
    ],
)
def test_an_expression_is_as_volatile_as_its_worst_function(sql: str, expected: Volatility) -> None:
    catalog = Catalog.empty()
    for line in ROUTINES.strip().splitlines():
        catalog = catalog.apply_all(read_statement(line))
    assert volatility(read_expression(sql), catalog) is expected


def test_an_expression_that_is_not_known_is_not_safe() -> None:
    assert volatility(Expression("", opaque=True), Catalog.empty()) is Volatility.UNKNOWN
