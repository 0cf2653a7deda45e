"""What the table of the corpus does not show: details, limits, refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import (
    AddConstraint,
    Cause,
    Copy,
    CreateRoutine,
    CreateSchema,
    CreateTable,
    CreateView,
    Delete,
    Exclusion,
    Insert,
    NotNull,
    Query,
    Select,
    SetParameter,
    Unrecognized,
    Update,
)
from migsafe.parsers import ParseError
from migsafe.parsers.postgres import read_expression, read_parts, read_statement, read_type

TYPES = [
    ("int", Type("integer")),
    ("INT4", Type("integer")),
    ("pg_catalog.int8", Type("bigint")),
    ("float(10)", Type("real")),
    ("dec(8,2)", Type("numeric", ("8", "2"))),
    ("varchar(20)[]", Type("character varying", ("20",), array=True)),
    ("char", Type("character", ("1",))),
    ("bpchar", Type("bpchar")),
    ('"char"', Type('"char"')),
    ("timestamptz(3)", Type("timestamp with time zone", ("3",))),
    ("time", Type("time without time zone")),
    ("bit varying(5)", Type("bit varying", ("5",))),
    ("interval", Type("interval")),
    ("interval(3)", Type("interval", ("3",))),
    ("interval day to second(3)", Type("interval", ("day to second", "3"))),
    ("interval year", Type("interval", ("year",))),
    ("serial8", Type("bigserial")),
    ('shop."Mood"', Type("Mood", schema="shop")),
    ("geometry(Point, 4326)", Type("geometry", ("point", "4326"))),
    ('text COLLATE "de_DE"', Type("text", collation='"de_DE"')),
    ("int ARRAY[3]", Type("integer", array=True)),
]


@pytest.mark.parametrize(("sql", "expected"), TYPES)
def test_type_has_the_servers_spelling(sql: str, expected: Type) -> None:
    assert read_type(sql) == expected


@pytest.mark.parametrize("sql", ["", "int not null", "int, add y int", "1", "int; drop table x"])
def test_what_is_no_type_is_refused(sql: str) -> None:
    with pytest.raises(ParseError):
        read_type(sql)


EXPRESSIONS = [
    ("1", Expression("1", constant=True)),
    ("-1.5", Expression("-1.5", constant=True)),
    ("'it''s'", Expression("'it''s'", constant=True)),
    (r"E'a\\b'", Expression(r"E'a\\b'", constant=True)),
    ("NULL", Expression("NULL", constant=True)),
    ("TRUE", Expression("true", constant=True)),
    ("'now'::timestamp", Expression("'now'::timestamp", constant=True)),
    ("'{}'::jsonb", Expression("'{}'::jsonb", constant=True)),
    ("ARRAY[1, 2]::int[]", Expression("ARRAY[1, 2]::int[]", constant=True)),
    ("1 + 2 * 3", Expression("1 + (2 * 3)", constant=True)),
    ("(1, 'x')", Expression("(1, 'x')", constant=True)),
    ("now()", Expression("now()", functions=("now",))),
    ("Now()", Expression("now()", functions=("now",))),
    ("nextval('s'::regclass)", Expression("nextval('s'::regclass)", functions=("nextval",))),
    ("pg_catalog.Now()", Expression("pg_catalog.now()", functions=("pg_catalog.now",))),
    ("CURRENT_TIMESTAMP(3)", Expression("current_timestamp(3)", functions=("current_timestamp",))),
    ("current_user", Expression("current_user", functions=("current_user",))),
    ("localtime", Expression("localtime", functions=("localtime",))),
    ('a.b + c.b + "D"', Expression('(a.b + c.b) + "D"', columns=("b", "D"))),
    ("EXTRACT(year FROM at)", Expression("extract ('year' FROM at)", ("at",), ("extract",))),
    ("a IN (1, 2) AND b IS NULL", Expression("a IN (1, 2) AND b IS NULL", ("a", "b"))),
    ("COALESCE(1, 2)", Expression("COALESCE(1, 2)")),
    ("CASE WHEN a THEN f(b) END", Expression("CASE WHEN a THEN f(b) END", ("a", "b"), ("f",))),
    (
        "a = (SELECT max(b) FROM t)",
        Expression("a = (SELECT max(b) FROM t)", ("a", "b"), ("max",), has_subquery=True),
    ),
    ("EXISTS (SELECT 1)", Expression("EXISTS (SELECT 1)", has_subquery=True)),
    ("a COLLATE \"C\" < 'x'", Expression("a COLLATE \"C\" < 'x'", ("a",))),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), EXPRESSIONS)
def test_expression_tells_columns_functions_and_constancy(sql: str, expected: Expression) -> None:
    assert read_expression(sql) == expected


@pytest.mark.parametrize(("sql", "expected"), EXPRESSIONS)
def test_canonical_expression_reads_as_itself(sql: str, expected: Expression) -> None:
    assert read_expression(read_expression(sql).sql) == expected, sql


@pytest.mark.parametrize(
    "sql", ["", "a, b", "a b", "a FROM t", "1 +", "a; DROP TABLE t", "f(" * 500 + "1" + ")" * 500]
)
def test_what_is_not_one_expression_is_refused(sql: str) -> None:
    with pytest.raises(ParseError):
        read_expression(sql)


@given(st.from_regex(r"[ -~]{0,8}", fullmatch=True))
def test_plain_strings_are_written_as_the_deparser_writes_them(text: str) -> None:
    quoted = text.replace("'", "''")
    # In a sum the constant goes through the deparser, alone it takes the short cut.
    whole = read_expression(f"'{quoted}' || a").sql
    alone = read_expression(f"'{quoted}'").sql
    assert whole == f"{alone} || a"


def test_syntax_error_names_its_place_and_may_concern_anything() -> None:
    sql = "ALTER TABLE \N{LATIN SMALL LETTER E WITH ACUTE} ADD COLUM a b c"
    (read,) = read_statement(sql)
    assert isinstance(read, Unrecognized)
    assert (read.cause, read.relations, read.sql) == (Cause.SYNTAX, None, sql)
    assert read.reason == f'syntax error at or near "b" at character {sql.index(" b ") + 2}'


DEEP = [
    "SELECT " + "(" * 50_000,
    "SELECT " + "(" * 3000 + "1" + ")" * 3000,
    "SELECT " + "1+" * 5000 + "1",
    "SELECT " + "NOT " * 5000 + "true",
    "SELECT " + "f(" * 400 + "1" + ")" * 400,
    "SELECT " + "(SELECT " * 300 + "1" + ")" * 300,
    "ALTER TABLE t ALTER c SET DEFAULT " + "-(" * 2000 + "1" + ")" * 2000,
    "SELECT 1 " + "UNION SELECT 1 " * 3000,
    "CREATE TABLE t (a int" + ", b int" * 20_000 + ")",
]


@pytest.mark.parametrize("sql", DEEP, ids=lambda sql: sql[:24])
def test_deep_and_long_statements_end_in_an_operation(sql: str) -> None:
    assert read_statement(sql)


def test_too_deep_nesting_is_told() -> None:
    (read,) = read_statement(DEEP[4])
    assert isinstance(read, Unrecognized)
    assert read.reason == "nested too deeply"


@given(st.text(max_size=60).map(lambda text: text.replace("\0", "")))
def test_any_text_is_read_without_a_crash(text: str) -> None:
    for prefix in ("", "ALTER TABLE t ", "SELECT ", "\\"):
        read_parts(prefix + text)


def test_data_changes_inside_with_are_operations_of_their_own() -> None:
    sql = (
        "WITH gone AS (DELETE FROM a USING b RETURNING *),"
        " more AS (UPDATE c SET x = 1 RETURNING *) SELECT * FROM gone, more, d"
    )
    delete, update, select = read_statement(sql)
    assert isinstance(delete, Delete)
    assert (delete.table, delete.reads) == (Name("a"), (Name("b"),))
    assert isinstance(update, Update)
    assert update.table == Name("c")
    assert isinstance(select, Select)
    assert Name("d") in select.query.relations
    assert Name("gone") not in select.query.relations


def test_a_name_of_with_hides_a_table_only_where_it_is_seen() -> None:
    (shadowed,) = read_statement("WITH a AS (SELECT * FROM a) SELECT * FROM a, s.a")
    assert isinstance(shadowed, Select)
    assert shadowed.query.relations == (Name("a"), Name("a", "s"))
    (recursive,) = read_statement(
        "WITH RECURSIVE a AS (SELECT 1 UNION SELECT * FROM a JOIN b ON true) SELECT * FROM a"
    )
    assert isinstance(recursive, Select)
    assert recursive.query.relations == (Name("b"),)


def test_insert_reads_what_with_and_values_read() -> None:
    (through_with,) = read_statement("WITH x AS (SELECT * FROM a) INSERT INTO t SELECT * FROM x")
    assert isinstance(through_with, Insert)
    assert through_with.query == Query("SELECT * FROM x", (Name("a"),), has_where=False)
    (through_values,) = read_statement("INSERT INTO t VALUES ((SELECT max(i) FROM a))")
    assert isinstance(through_values, Insert)
    assert through_values.rows == 1
    assert through_values.query is not None
    assert through_values.query.relations == (Name("a"),)


def test_elements_of_create_schema_see_each_other_first() -> None:
    sql = (
        "CREATE SCHEMA s CREATE TABLE a (i int REFERENCES b)"
        " CREATE TABLE b (i int PRIMARY KEY) CREATE VIEW v AS SELECT * FROM a, elsewhere"
    )
    schema, first, second, view = read_statement(sql)
    assert schema == CreateSchema("s")
    assert isinstance(first, CreateTable)
    assert first.table == Name("a", "s")
    assert isinstance(second, CreateTable)
    assert second.table == Name("b", "s")
    assert isinstance(view, CreateView)
    assert view.query.relations == (Name("a", "s"), Name("elsewhere"))


def test_exclusion_is_written_in_the_order_that_the_grammar_takes() -> None:
    sql = (
        "ALTER TABLE x ADD EXCLUDE USING gist (a WITH =) INCLUDE (c) WITH (fillfactor=70)"
        " USING INDEX TABLESPACE ts WHERE (a > 3)"
    )
    (added,) = read_statement(sql)
    assert isinstance(added, AddConstraint)
    assert isinstance(added.constraint, Exclusion)
    assert added.constraint.definition == sql.partition("EXCLUDE ")[2]


def test_names_of_parameters_keep_their_quotes() -> None:
    sql = 'CREATE FUNCTION f("A b" int, "select" int) RETURNS int LANGUAGE sql AS $$1$$'
    (made,) = read_statement(sql)
    assert isinstance(made, CreateRoutine)
    assert read_statement(made.sql) == (made,)


def test_not_null_without_inheritance_is_a_constraint_as_well() -> None:
    (made,) = read_statement("CREATE TABLE t (a int CONSTRAINT n NOT NULL NO INHERIT)")
    assert isinstance(made, CreateTable)
    assert made.constraints == (NotNull("n", "a", no_inherit=True),)


SETTINGS = [
    ("SET LOCAL lock_timeout TO 2000", SetParameter("lock_timeout", "2000", local=True)),
    ("SET x = on", SetParameter("x", "on")),
    ("SELECT set_config('a.b', 'c', true)", SetParameter("a.b", "c", local=True)),
    ("SELECT set_config('a', NULL, false)", SetParameter("a", None)),
    (
        "SELECT set_config('a', current_setting('b.c'), false)",
        SetParameter("a", None, computed="SELECT set_config('a', current_setting('b.c'), false)"),
    ),
    (
        "SELECT set_config('a', 'd', now() > 'today')",
        SetParameter("a", None, computed="SELECT set_config('a', 'd', now() > 'today')"),
    ),
    ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
     SetParameter("default_transaction_read_only", "on")),
    ("SET search_path = ''", SetParameter("search_path", "")),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), SETTINGS)
def test_settings_are_the_same_however_they_are_written(sql: str, expected: SetParameter) -> None:
    assert read_statement(sql) == (expected,)


ROWS = ",\n".join(f"({number}, 'it''s; -- ({number}', -1.5e3, NULL)" for number in range(1000))


@pytest.mark.parametrize(
    "tail", ["", ";", " ON CONFLICT (id) DO NOTHING;", "\nRETURNING id", " ; "]
)
def test_a_big_insert_is_read_as_the_grammar_reads_it(tail: str) -> None:
    head = 'INSERT INTO shop."T" (id, b, c, d) VALUES\n'
    (big,) = read_statement(f"{head}{ROWS}{tail}")
    (small,) = read_statement(f"{head}(1, 'x', 2, NULL){tail}")
    assert isinstance(big, Insert)
    assert isinstance(small, Insert)
    assert big.rows == 1000
    assert big.sql.startswith(head)
    assert (big.table, big.columns, big.query, big.conflict_columns) == (
        small.table, small.columns, small.query, small.conflict_columns,
    )  # fmt: skip


@pytest.mark.parametrize(
    "row", ["(1, now(), 3, 4)", "(1, (SELECT 2), 3, 4)", "(1, 'x'::text, 3, 4)", "(1, /**/ 2, 3,4)"]
)  # fmt: skip
def test_a_big_insert_with_more_than_literals_is_left_to_the_grammar(row: str) -> None:
    (big,) = read_statement(f"INSERT INTO t VALUES {ROWS}, {row}")
    assert isinstance(big, Insert)
    assert big.rows == 1001
    assert big.sql.startswith("INSERT INTO t VALUES (0, ")


def test_a_big_insert_with_a_syntax_error_is_refused() -> None:
    (big,) = read_statement(f"INSERT INTO t VALUES {ROWS}, (1, 2 3)")
    assert isinstance(big, Unrecognized)
    assert big.cause is Cause.SYNTAX


def test_copy_of_a_query_has_no_table() -> None:
    (copy,) = read_statement("COPY (SELECT 1) TO STDOUT")
    assert isinstance(copy, Copy)
    assert copy.table is None
