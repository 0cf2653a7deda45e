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
CREATE FUNCTION year() RETURNS numeric LANGUAGE sql AS 'SELECT extract(year FROM now())';
CREATE FUNCTION chance() RETURNS text LANGUAGE sql AS 'SELECT md5(random()::text)';
CREATE FUNCTION many() RETURNS int8 LANGUAGE sql AS 'SELECT count(*) FROM generate_series(1, 9)';
CREATE FUNCTION nested() RETURNS bigint LANGUAGE sql AS 'SELECT (SELECT 1)';
CREATE FUNCTION compared() RETURNS bool LANGUAGE sql AS 'SELECT 1 IS NOT DISTINCT FROM 2';
CREATE FUNCTION unlike() RETURNS bool LANGUAGE sql AS 'SELECT 1 IS DISTINCT FROM 2';
CREATE FUNCTION commented() RETURNS int LANGUAGE sql AS '/* select random() from t */
    SELECT 1 -- select what is read from t';
CREATE FUNCTION unclosed() RETURNS int LANGUAGE sql AS 'SELECT 1 /* from t';
CREATE FUNCTION unique_ones() RETURNS int LANGUAGE sql AS 'SELECT DISTINCT 1 FROM pg_class';
CREATE FUNCTION altered() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END';
ALTER FUNCTION altered() VOLATILE;
CREATE FUNCTION steady() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM pg_class';
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
        ("uuid_generate_v5(uuid_ns_url(), 'a')", Volatility.UNKNOWN),
        ("calm()", Volatility.IMMUTABLE),
        ("wild()", Volatility.VOLATILE),
        ("inlined()", Volatility.UNKNOWN),
        ("compared()", Volatility.UNKNOWN),
        ("unlike()", Volatility.UNKNOWN),
        ("commented()", Volatility.UNKNOWN),
        ("unclosed()", Volatility.UNKNOWN),
        ("unique_ones()", Volatility.VOLATILE),
        ("altered()", Volatility.VOLATILE),
        ("year()", Volatility.UNKNOWN),
        ("chance()", Volatility.VOLATILE),
        ("many()", Volatility.VOLATILE),
        ("nested()", Volatility.VOLATILE),
        ("steady()", Volatility.STABLE),
    ],
)
def test_an_expression_is_as_volatile_as_its_worst_function(sql: str, expected: Volatility) -> None:
    catalog = Catalog.empty()
    for line in ROUTINES.strip().split(";\n"):
        catalog = catalog.apply_all(read_statement(line))
    assert volatility(read_expression(sql), catalog) is expected


def test_an_expression_that_is_not_known_is_not_safe() -> None:
    assert volatility(Expression("", opaque=True), Catalog.empty()) is Volatility.UNKNOWN
