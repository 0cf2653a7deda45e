"""What tools fill in before they send SQL."""

from collections.abc import Mapping

import pytest

from migsafe.model.expressions import Name
from migsafe.model.migration import Statement
from migsafe.model.operations import (
    AddColumn,
    AnonymousBlock,
    CreateIndex,
    Insert,
    Operation,
    Unrecognized,
    Update,
)
from migsafe.model.origin import SectionName
from migsafe.parsers.sql import Placement, read_sql


def only(sql: str, values: Mapping[str, str] | None = None) -> Statement:
    [statement] = read_sql(sql, Placement("a", SectionName.UP), "postgres", values or {}).statements
    return statement


def operation(sql: str, values: Mapping[str, str] | None = None) -> Operation:
    [found] = only(sql, values).operations
    return found


NAMES = [
    ('ALTER TABLE {{ index .Options "Namespace" }}.users ADD x int', Name("users", "{Namespace}")),
    (
        'ALTER TABLE "{{ index .Options "Namespace" }}"."users" ADD x int',
        Name("users", "{Namespace}"),
    ),
    ("ALTER TABLE ${schema}.users ADD x int", Name("users", "{schema}")),
    ("ALTER TABLE ${flyway:defaultSchema}.users ADD x int", Name("users", "{defaultSchema}")),
    ("ALTER TABLE {{.Prefix}}_users ADD x int", Name("{Prefix}_users")),
    ("ALTER TABLE a${b}c${d} ADD x int", Name("a{b}c{d}")),
    ('ALTER TABLE :"table" ADD x int', Name("{table}")),
    ("ALTER TABLE :table ADD x int", Name("{table}")),
    ("ALTER TABLE @table@ ADD x int", Name("{table}")),
    ("ALTER TABLE %(table)s ADD x int", Name("{table}")),
]


@pytest.mark.parametrize(("sql", "table"), NAMES)
def test_a_placeholder_in_a_name_is_an_opaque_name(sql: str, table: Name) -> None:
    found = operation(sql)
    assert isinstance(found, AddColumn)
    assert found.table == table
    assert only(sql).opaque


@pytest.mark.parametrize("holder", ["${x}", "{{ .x }}", ":x", "%(x)s", "%s", "@x@"])
def test_a_placeholder_in_an_expression_is_a_value_of_which_nothing_is_known(holder: str) -> None:
    found = operation(f"ALTER TABLE t ADD a int DEFAULT {holder}")
    assert isinstance(found, AddColumn)
    assert found.column.default is not None
    assert found.column.default.opaque


def test_a_quoted_variable_is_a_text() -> None:
    found = operation("UPDATE t SET a = :'x' WHERE :y")
    assert isinstance(found, Update)
    assert found.assignments[0].value.constant


def test_several_placeholders_of_one_statement_are_each_what_their_place_asks_for() -> None:
    found = operation("INSERT INTO ${schema}.t (a, b) VALUES (${a}, '${b}')")
    assert isinstance(found, Insert)
    assert found.table == Name("t", "{schema}")


SAME = [
    "SELECT '{{1,2},{3,4}}'::int[]",
    "SELECT a::text FROM t WHERE b = 'x:y' AND c = '%(d)s'",
    "SELECT $tag$ :x $tag$, a[1:2] FROM t",
    "COMMENT ON TABLE t IS 'mail @name@ or :name'",
]


@pytest.mark.parametrize("sql", SAME)
def test_what_only_looks_like_one_stays(sql: str) -> None:
    statement = only(sql)
    assert statement.opaque == ()
    assert statement.sql == sql
    assert not isinstance(statement.operations[0], Unrecognized)


def test_a_body_and_the_text_that_it_executes_are_filled_in() -> None:
    found = operation(
        "DO $$ BEGIN ALTER TABLE {{ .ns }}.t ADD x int; EXECUTE 'DROP TABLE {{ .ns }}.u'; END $$"
    )
    assert isinstance(found, AnonymousBlock)
    assert 'ALTER TABLE "{ns}".t' in found.body
    assert 'DROP TABLE "{ns}".u' in found.body


def test_configured_texts_stand_where_the_placeholders_did() -> None:
    statement = only('CREATE INDEX ${p}_i ON :"s".t (a)', {"p": "long_prefix", "s": "App"})
    [found] = statement.operations
    assert isinstance(found, CreateIndex)
    assert (found.name, found.table) == ("long_prefix_i", Name("t", "App"))
    assert statement.opaque == ()
    assert statement.sql == 'CREATE INDEX long_prefix_i ON "App".t (a)'


def test_places_are_those_of_the_text_as_it_was_written() -> None:
    sql = "ALTER TABLE {{ .a_very_long_schema }}.t ADD x int DEFAULT ${d}, DROP y, ADD z int"
    for values in ({}, {"a_very_long_schema": "s", "d": "1234567890123456789"}):
        spans = [found.origin.span for found in only(sql, values).operations if found.origin]
        assert [sql[span.start : span.end] for span in spans] == [
            "ADD x int DEFAULT ${d}",
            "DROP y",
            "ADD z int",
        ]


def test_a_statement_that_no_filling_makes_readable_stays_unread() -> None:
    found = operation("ALTER {{ .what }} users {{ .how }} x")
    assert isinstance(found, Unrecognized)
