# ruff: noqa: E501 - tables of statements
"""Splitting: pieces cover the text, neighbours are safe, time is linear."""

import time
import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migsafe.model.errors import InputError
from migsafe.parsers.split import PieceKind, split

S, C, D, U = PieceKind.STATEMENT, PieceKind.CLIENT, PieceKind.DATA, PieceKind.UNTERMINATED

CASES = [
    ("", []),
    (" ;; -- only\n /* blanks */ ;", []),
    ("SELECT 1", [(S, "SELECT 1")]),
    ("\ufeffSELECT 1;\r\nSELECT 2;\r\n", [(S, "SELECT 1;"), (S, "SELECT 2;")]),
    ("SELECT 1 -- a;b\n; SELECT 2", [(S, "SELECT 1 -- a;b\n;"), (S, "SELECT 2")]),
    ("SELECT 1 -- last\n/* end */ ", [(S, "SELECT 1")]),
    ("/* a /* b; */ ; */ SELECT 1;", [(S, "SELECT 1;")]),
    ("SELECT 1 /**/;/***/SELECT 2", [(S, "SELECT 1 /**/;"), (S, "SELECT 2")]),
    ("SELECT 'a;''b;';x", [(S, "SELECT 'a;''b;';"), (S, "x")]),
    (r"SELECT 'a\';x';'", [(S, r"SELECT 'a\';"), (S, "x';'")]),
    (r"SELECT E'a\';x';y", [(S, r"SELECT E'a\';x';"), (S, "y")]),
    (r"SELECT e'''\';';y", [(S, r"SELECT e'''\';';"), (S, "y")]),
    ("SELECT E'a' -- c\n 'b\\';';y", [(S, "SELECT E'a' -- c\n 'b\\';';"), (S, "y")]),
    ("SELECT E'a' 'b\\';y", [(S, "SELECT E'a' 'b\\';"), (S, "y")]),
    (r"SELECT U&'\';B'1';X'';N'a';y", [(S, r"SELECT U&'\';"), (S, "B'1';"), (S, "X'';"), (S, "N'a';"), (S, "y")]),
    (r"""SELECT name'a\';x""", [(S, r"SELECT name'a\';"), (S, "x")]),
    ('SELECT "a;""b;";x', [(S, 'SELECT "a;""b;";'), (S, "x")]),
    ("DO $$ ; $a$ ; $$;x", [(S, "DO $$ ; $a$ ; $$;"), (S, "x")]),
    ("DO $ä1$ ; $$ ; $ä1$;x", [(S, "DO $ä1$ ; $$ ; $ä1$;"), (S, "x")]),
    ("SELECT a$b$c; SELECT 1$$;$$;", [(S, "SELECT a$b$c;"), (S, "SELECT 1$$;$$;")]),
    ("SELECT $1; SELECT $2$3;", [(S, "SELECT $1;"), (S, "SELECT $2$3;")]),
    ("SELECT (1; SELECT 2);", [(S, "SELECT (1;"), (S, "SELECT 2);")]),
    ("SELECT 1 - -1; SELECT 6/2;", [(S, "SELECT 1 - -1;"), (S, "SELECT 6/2;")]),
    (
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; x",
        [(S, "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;"), (S, "x")],
    ),
    (
        "create or replace\nprocedure p() begin -- c\n atomic delete from t; end; x",
        [(S, "create or replace\nprocedure p() begin -- c\n atomic delete from t; end;"), (S, "x")],
    ),
    (
        "CREATE FUNCTION f(weekend int, case_ int) RETURNS int AS 'a;' LANGUAGE sql; x",
        [(S, "CREATE FUNCTION f(weekend int, case_ int) RETURNS int AS 'a;' LANGUAGE sql;"), (S, "x")],
    ),
    (
        "CREATE FUNCTION f() /* ; atomic */ AS 'atomic;' LANGUAGE sql; /* x; */ y",
        [(S, "CREATE FUNCTION f() /* ; atomic */ AS 'atomic;' LANGUAGE sql;"), (S, "y")],
    ),
    ("BEGIN; SELECT 1; END; x", [(S, "BEGIN;"), (S, "SELECT 1;"), (S, "END;"), (S, "x")]),
    (
        "CREATE RULE r AS ON INSERT TO t DO (INSERT INTO a VALUES (1); /* c */ DELETE FROM b;); x",
        [(S, "CREATE RULE r AS ON INSERT TO t DO (INSERT INTO a VALUES (1); /* c */ DELETE FROM b;);"), (S, "x")],
    ),
    (
        "CREATE RULE r AS ON INSERT TO t DO (INSERT INTO a VALUES (1); DROP TABLE b;",
        [(S, "CREATE RULE r AS ON INSERT TO t DO (INSERT INTO a VALUES (1);"), (S, "DROP TABLE b;")],
    ),
    (
        "COPY t (a) FROM stdin; -- rows\n1;'\t\\N\nx\\.\n\\.\nSELECT 1;",
        [(S, "COPY t (a) FROM stdin;"), (D, "1;'\t\\N\nx\\.\n\\."), (S, "SELECT 1;")],
    ),
    ("COPY t FROM STDIN;\r\n1\r\n\\.\r\nx", [(S, "COPY t FROM STDIN;"), (D, "1\r\n\\."), (S, "x")]),
    ("COPY t FROM stdin;\n\\.\nx", [(S, "COPY t FROM stdin;"), (D, "\\."), (S, "x")]),
    ("COPY t FROM stdin;\nDROP TABLE t;\n", [(S, "COPY t FROM stdin;"), (U, "DROP TABLE t;\n")]),
    ("COPY t FROM 'stdin';\nx;", [(S, "COPY t FROM 'stdin';"), (S, "x;")]),
    ("COPY (SELECT 1 FROM stdin) TO stdout;\nx;", [(S, "COPY (SELECT 1 FROM stdin) TO stdout;"), (S, "x;")]),
    ("\\set a 'x;y'\n\\echo it's\nSELECT 1;", [(C, "\\set a 'x;y'"), (C, "\\echo it's"), (S, "SELECT 1;")]),
    ("\\set a 1 \\\\ SELECT 1;", [(C, "\\set a 1 \\\\"), (S, "SELECT 1;")]),
    ("\\a \\t\nSELECT 1;", [(C, "\\a "), (C, "\\t"), (S, "SELECT 1;")]),
    ("SELECT 1 -- c\n\\gset x_\nSELECT 2 \\g\n", [(S, "SELECT 1"), (C, "\\gset x_"), (S, "SELECT 2"), (C, "\\g")]),
    ("SELECT\n\\echo '\n1;", [(S, "SELECT\n\\echo '\n1;")]),
    ("SELECT 1\\;SELECT 2;", [(S, "SELECT 1"), (C, "\\;"), (S, "SELECT 2;")]),
    ("\\copy t from stdin\n1;\n\\.\nx", [(C, "\\copy t from stdin"), (D, "1;\n\\."), (S, "x")]),
    ("x; SELECT 'a; b", [(S, "x;"), (U, "SELECT 'a; b")]),
    ("x; SELECT E'a\\'; b", [(S, "x;"), (U, "SELECT E'a\\'; b")]),
    ('x; SELECT "a; b', [(S, "x;"), (U, 'SELECT "a; b')]),
    ("x; SELECT $a$; $$ b", [(S, "x;"), (U, "SELECT $a$; $$ b")]),
    ("x; SELECT /* /* */ ; b", [(S, "x;"), (U, "SELECT /* /* */ ; b")]),
    ("x; /* ; b", [(S, "x;"), (U, "/* ; b")]),
    ("CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; x;", [(U, "CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; x;")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_text_is_cut_where_psql_cuts_it(text: str, expected: list[tuple[PieceKind, str]]) -> None:
    found = [
        (piece.kind, text[piece.start : piece.end])
        for piece in split(text).pieces
        if piece.kind is not PieceKind.BLANK
    ]
    assert found == expected


def test_comments_are_those_outside_quotes_in_order() -> None:
    text = "-- a\nSELECT '-- no' /* b /* c */ */ $$ /* no */ $$; -- d\r\nx /* e */ -- f;\nCREATE FUNCTION f() -- g\n BEGIN ATOMIC SELECT 1; END"
    comments = [text[comment.start : comment.end] for comment in split(text).comments]
    assert comments == ["-- a", "/* b /* c */ */", "-- d", "/* e */", "-- f;", "-- g"]


def test_a_comment_is_told_once_where_a_backslash_ends_its_statement() -> None:
    text = "SELECT 1 -- a\n\\g\n-- b"
    comments = [text[comment.start : comment.end] for comment in split(text).comments]
    assert comments == ["-- a", "-- b"]


def test_nul_is_refused_with_its_line() -> None:
    with pytest.raises(InputError) as refused:
        split("SELECT 1;\nSELECT '\0';")
    assert refused.value.line == 2


FRAGMENTS = [
    "'", "''", '"', "$$", "$a$", "$", "--", "/*", "*/", "\\", "\\.", "\n", "\r\n", ";", "(", ")",
    " ", "e'", "E'\\'", "U&'", "a", "1", "é", "BEGIN ATOMIC ", "CASE ", "END", "CREATE FUNCTION ",
    "CREATE RULE r ", "COPY t FROM stdin;", "\\copy t from stdin", "\\g", "SELECT 1;", "\ufeff",
]  # fmt: skip


@given(st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=40).map("".join))
def test_pieces_are_consecutive_and_give_the_text_back(text: str) -> None:
    text = text.replace("\0", "")
    found = split(text)
    assert "".join(text[piece.start : piece.end] for piece in found.pieces) == text
    assert all(piece.start < piece.end for piece in found.pieces)
    bounds = [(comment.start, comment.end) for comment in found.comments]
    assert bounds == sorted(set(bounds))


# Broken in the grammar's eyes, with every quote closed: what people leave behind.
BROKEN = st.lists(
    st.sampled_from(
        [
            "SELEC", "(", ")", "((", "]", ",", "FROM", "'a;b'", '"x"', "$q$ ; ' $q$", "--c;\n",
            "/*;*/", "END", "CASE", "1e", "::", "@", "CREATE TABLE", "ALTER TABLE t ADD", "BEGIN",
        ]
    ),
    min_size=1,
).map(" ".join)  # fmt: skip


@given(BROKEN)
def test_a_broken_statement_leaves_its_neighbours_alone(broken: str) -> None:
    before, after = "ALTER TABLE a ADD b int;", "DROP TABLE z;"
    text = f"{before}\n{broken}\n;\n{after}\n"
    statements = [
        text[piece.start : piece.end]
        for piece in split(text).pieces
        if piece.kind is not PieceKind.BLANK
    ]
    assert statements[0] == before
    assert statements[-1] == after


HOSTILE = [
    "'", "''", '"', "$", "$a", "$a$b", "a$", "1$", "(", "/*", "/* ", "*/", "--", "\\", "\\\\", "e'",
    "E'\\'", "E'a'\n", "; /* */", "--\n", "-- a\nx ", "/* */ x", "\\x'", "\\x`a", "\\g", "x \\g\n",
    "create rule r as on insert to t do (select 1;", "create rule r do (; /* ",
    "create function f() begin atomic select 1;", "create function f() begin atomic case ",
    "create function begin -- \n", "create function x begin /* *", "create /* *", "begin /* ",
    "copy t from stdin;", "copy t from stdin;\n", "\\copy t from stdin\n", "copy (", "copy t from '",
    "copy t from stdin; --\n\\.", "case end begin ",
]  # fmt: skip


def _seconds(text: str) -> float:
    # timeit stops the garbage collector, which else looks at all that other tests have left.
    return min(timeit.repeat(lambda: split(text), timer=time.process_time, number=1, repeat=3))


def _grows_linearly(unit: str, size: int) -> bool:
    once = _seconds(unit * (size // len(unit)))
    twice = _seconds(unit * (2 * size // len(unit)))
    # Below some milliseconds the clock and the neighbours speak louder than the code; what
    # is quadratic takes hundreds of them.
    return twice <= max(2.5 * once, 0.02)


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_grows_with_the_text_for_hostile_input(unit: str) -> None:
    # A busy machine may slow one measurement down; a quadratic scan fails all of them.
    assert any(_grows_linearly(unit, 60_000) for _ in range(4))
