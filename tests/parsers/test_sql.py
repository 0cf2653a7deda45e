# ruff: noqa: E501 - tables of statements
"""Statements at their places, directives, psql's commands, refusals."""

from time import perf_counter

import pytest

from migsafe.model.errors import InputError, UsageError
from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AddColumn,
    Cause,
    Copy,
    NoOperation,
    Operation,
    Unrecognized,
)
from migsafe.model.origin import Certainty, SectionName, Span
from migsafe.parsers import client
from migsafe.parsers.sql import Placement, read_expression, read_sql, read_type

UP = Placement("a.sql", SectionName.UP)


def _spans(text: str) -> list[str]:
    found = []
    for statement in read_sql(text, UP).statements:
        for operation in statement.operations:
            assert operation.origin is not None
            span = operation.origin.span
            found.append(text[span.start : span.end])
    return found


SPANS = [
    ("ALTER TABLE t ADD a int;", ["ADD a int"]),
    ("ALTER TABLE t ADD a int", ["ADD a int"]),
    ("ALTER TABLE ONLY s.t ADD a int , DROP b ;", ["ADD a int", "DROP b"]),
    ("ALTER TABLE ONLY (t) ADD a int, DROP b;", ["ADD a int", "DROP b"]),
    ("ALTER TABLE IF EXISTS s.t * ADD a int, DROP b;", ["ADD a int", "DROP b"]),
    (
        "\ufeffALTER TABLE \"ä,\"\"b\".ö\r\n  ADD é numeric(1, 2) DEFAULT 'ü,',\r\n  DROP ß\r\n;\r\n",
        ["ADD é numeric(1, 2) DEFAULT 'ü,'", "DROP ß"],
    ),
    (
        "ALTER TABLE t -- first, one\n ADD a int, -- (second\n /* b, /* c */ */ DROP b /* , */;",
        ["ADD a int", "DROP b"],
    ),
    (
        "ALTER TABLE ñ ADD a text DEFAULT E'x\\',', ADD b text DEFAULT $$,$$, ADD c int[] DEFAULT ARRAY[1, 2];",
        ["ADD a text DEFAULT E'x\\','", "ADD b text DEFAULT $$,$$", "ADD c int[] DEFAULT ARRAY[1, 2]"],
    ),
    (
        'ALTER TABLE t ADD CHECK (a IN (1, 2)), ALTER c TYPE numeric(8,2) USING round(c, 2), VALIDATE CONSTRAINT "x,y";',
        ["ADD CHECK (a IN (1, 2))", "ALTER c TYPE numeric(8,2) USING round(c, 2)", 'VALIDATE CONSTRAINT "x,y"'],
    ),
    ("SELECT 'é'; ALTER INDEX i SET (fillfactor = 70), RESET (x);", ["SELECT 'é'", "SET (fillfactor = 70)", "RESET (x)"]),
    ("ALTER FOREIGN TABLE t DROP a, DROP b", ["DROP a", "DROP b"]),
    ("ALTER MATERIALIZED VIEW v ALTER a SET STATISTICS 1, CLUSTER ON i;", ["ALTER a SET STATISTICS 1", "CLUSTER ON i"]),
    ("ALTER TYPE t ADD ATTRIBUTE a int, DROP ATTRIBUTE b;", ["ADD ATTRIBUTE a int", "DROP ATTRIBUTE b"]),
    ("  /* c */ DROP TABLE a, b; -- d", ["DROP TABLE a, b", "DROP TABLE a, b"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SPANS)
def test_span_is_the_operations_own_text(text: str, expected: list[str]) -> None:
    assert _spans(text) == expected


def test_origin_says_where_the_text_stands() -> None:
    placement = Placement(
        "v.py",
        SectionName.DOWN,
        offset=100,
        call_span=Span(90, 200),
        autocommit=True,
        certainty=Certainty.MAYBE,
    )
    read = read_sql("SELECT 1; ALTER TABLE t ADD a int; -- migsafe: x", placement)
    statement = read.statements[1]
    origin = statement.operations[0].origin
    assert origin is not None
    assert statement.span == origin.statement_span == Span(110, 134)
    assert origin.span == Span(124, 133)
    assert origin.call_span == Span(90, 200)
    assert (origin.path, origin.section, origin.autocommit, origin.certainty) == (
        "v.py", SectionName.DOWN, True, Certainty.MAYBE,
    )  # fmt: skip
    assert read.directives[0].span == Span(135, 148)


def test_where_the_place_is_not_exact_every_span_is_the_calls() -> None:
    call = Span(90, 200)
    read = read_sql("SELECT 1; DROP TABLE t", Placement("v.py", SectionName.UP, 0, call, at=call))
    assert {statement.span for statement in read.statements} == {call}
    assert [operation.origin.span for statement in read.statements for operation in statement.operations if operation.origin] == [call, call]  # fmt: skip


def test_directives_are_comments_that_speak_to_migsafe() -> None:
    text = (
        "-- migsafe: ignore[drop-table]: gone\n"
        "DROP TABLE t; /* migsafe:transaction=none */\n"
        "SELECT '-- migsafe: no'; -- see migsafe: no\n"
        "ALTER TABLE t --migsafe:  ignore[x] \r\n DROP a;"
    )
    directives = read_sql(text, UP).directives
    assert [directive.text for directive in directives] == [
        "ignore[drop-table]: gone",
        "transaction=none",
        "ignore[x]",
    ]
    assert all(
        "migsafe:" in text[directive.span.start : directive.span.end] for directive in directives
    )


def test_a_bad_statement_stands_between_two_good_ones() -> None:
    text = "ALTER TABLE t ADD a int;\nALTER TABEL t;\nALTER TABLE t ADD b int;"
    first, bad, second = (each.operations[0] for each in read_sql(text, UP).statements)
    assert isinstance(first, AddColumn)
    assert isinstance(second, AddColumn)
    assert isinstance(bad, Unrecognized)
    assert bad.cause is Cause.SYNTAX


def test_an_unterminated_quote_is_told_from_its_statement_on() -> None:
    text = "DROP TABLE a;\nSELECT 'x; DROP TABLE b;"
    statement = read_sql(text, UP).statements[1]
    assert statement.sql == "SELECT 'x; DROP TABLE b;"
    (operation,) = statement.operations
    assert isinstance(operation, Unrecognized)
    assert (operation.cause, operation.relations) == (Cause.UNTERMINATED, None)


def test_rows_of_copy_are_no_statements() -> None:
    read = read_sql("COPY t FROM stdin;\nDROP TABLE x;\n\\.\nSELECT 1;", UP)
    assert [statement.sql for statement in read.statements] == ["COPY t FROM stdin;", "SELECT 1;"]


HARMLESS = [
    "\\set ON_ERROR_STOP on", "\\set x 1", "\\echo hello", "\\timing", "\\pset pager off", "\\restrict a",
    "\\unrestrict a", "\\g", "\\gset", "\\gx", "\\d t", "\\dt+ s.*", "\\l", "\\x", "\\unset x", "\\conninfo",
    "\\t on", "\\?", "\\if :x", "\\endif",
]  # fmt: skip
TELLING = [
    "\\i other.sql", "\\ir other.sql", "\\connect shop", "\\c shop", "\\! rm x",
    "\\q", "\\set AUTOCOMMIT off", "\\set SINGLELINE", "\\g |sh", "\\watch 1", "\\encoding latin1", "\\;",
    "\\o |sh", "\\e", "\\bind 1", "\\unknown", "\\copy t frm x", "\\", "\\cd /",
]  # fmt: skip


@pytest.mark.parametrize("line", HARMLESS)
def test_psql_commands_that_change_no_meaning_are_no_operations(line: str) -> None:
    assert client.read(line) == NoOperation(line)


@pytest.mark.parametrize("line", TELLING)
def test_psql_commands_that_may_change_meaning_are_told(line: str) -> None:
    read = client.read(line)
    assert isinstance(read, Unrecognized)
    assert (read.cause, read.relations) == (Cause.CLIENT, None)


COPIES: list[tuple[str, Operation]] = [
    (f"\\copy {rest}", Copy(table, into, f"\\copy {rest}"))
    for rest, table, into in [
        ("t from stdin", Name("t"), True),
        ("s.t (a, b) from 'a file.csv' with (format csv)", Name("t", "s"), True),
        ("t from /tmp/x.csv csv", Name("t"), True),
        ("t from program 'zcat x'", Name("t"), True),
        ("t to /tmp/x", Name("t"), False),
        ("(select a from b) to out.csv", None, False),
    ]
]


@pytest.mark.parametrize(("line", "expected"), COPIES)
def test_copy_of_psql_is_the_copy_that_it_sends(line: str, expected: Operation) -> None:
    assert client.read(line) == expected


def test_nul_is_refused_with_the_files_path() -> None:
    with pytest.raises(InputError) as refused:
        read_sql("SELECT 1;\n\0", UP)
    assert (refused.value.path, refused.value.line) == ("a.sql", 2)


@pytest.mark.parametrize("dialect", ["mysql", "sqlite", "nonsense"])
def test_other_dialects_come_later(dialect: str) -> None:
    with pytest.raises(UsageError, match="come later"):
        read_sql("SELECT 1", UP, dialect)
    with pytest.raises(UsageError, match=dialect):
        read_expression("1", dialect)
    with pytest.raises(UsageError, match=dialect):
        read_type("int", dialect)


@pytest.mark.parametrize(
    "sql",
    [
        "".join(f"\\set v{number} x\n" for number in range(15_000)),
        f"WITH {','.join(f'c{number} AS (SELECT 1)' for number in range(20_000))} SELECT 1 FROM c1;",
    ],
    ids=["variables of psql", "queries in WITH"],
)
def test_what_is_said_often_costs_no_more_than_a_long_text(sql: str) -> None:
    start = perf_counter()
    read_sql(sql, UP)
    assert perf_counter() - start < 5
