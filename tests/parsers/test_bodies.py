"""Bodies of DO blocks and routines: which statements they run, and where these stand."""

from time import perf_counter

import pytest

from migsafe.model.expressions import Name
from migsafe.model.operations import Cause, Unrecognized
from migsafe.parsers.bodies import Program, read_body
from migsafe.parsers.postgres import read_statement


def _block(statements: str, declared: str = "") -> str:
    return f"DECLARE {declared} BEGIN {statements} END"


def _operations(program: Program) -> tuple[object, ...]:
    return tuple(step.operation for step in program.steps)


@pytest.mark.parametrize(
    ("body", "statements"),
    [
        (
            "BEGIN ALTER TABLE a DROP COLUMN b; UPDATE a SET c = 1; END;",
            ["ALTER TABLE a DROP COLUMN b", "UPDATE a SET c = 1"],
        ),
        (
            _block(
                "IF n > 1 THEN DROP TABLE a; ELSIF n > 2 THEN DROP TABLE b; ELSE DROP TABLE c; "
                "END IF;"
            ),
            ["DROP TABLE a", "DROP TABLE b", "DROP TABLE c"],
        ),
        (
            _block("IF CASE WHEN a THEN b ELSE c END THEN DROP TABLE a; END IF;"),
            ["DROP TABLE a"],
        ),
        (
            _block("CASE n WHEN 1 THEN DROP TABLE a; ELSE DROP TABLE b; END CASE;"),
            ["DROP TABLE a", "DROP TABLE b"],
        ),
        (
            _block(
                "<<again>> WHILE n > 0 LOOP DELETE FROM a; EXIT again WHEN n = 3; END LOOP again;"
            ),
            ["DELETE FROM a"],
        ),
        (
            _block("FOR r IN SELECT id FROM a LOOP UPDATE b SET c = 1; END LOOP;"),
            ["SELECT id FROM a", "UPDATE b SET c = 1"],
        ),
        (
            _block(
                "SELECT x, y INTO STRICT p, r.q FROM a; "
                "INSERT INTO a (b) VALUES (1) RETURNING id INTO n;"
            ),
            ["SELECT x, y FROM a", "INSERT INTO a (b) VALUES (1) RETURNING id"],
        ),
        (_block("PERFORM f(1); n := g(2); r.x[3] = 4; n = 5;"), ["SELECT f(1)", "SELECT g(2)"]),
        (
            _block(
                "BEGIN ALTER TABLE a ADD b int; EXCEPTION WHEN duplicate_column THEN "
                "DROP TABLE c; END;"
            ),
            ["ALTER TABLE a ADD b int", "DROP TABLE c"],
        ),
        (_block("OPEN c; CLOSE c;", "c CURSOR FOR SELECT 1;"), ["SELECT 1"]),
        (_block("RETURN QUERY SELECT id FROM a; RETURN;"), ["SELECT id FROM a"]),
        (_block("GET DIAGNOSTICS n = ROW_COUNT; RAISE NOTICE 'x'; NULL;"), []),
        (_block("-- DROP TABLE a;\n /* DROP TABLE b; */ x := 'DROP TABLE c;';"), []),
    ],
)
def test_the_statements_between_the_control_structures_are_read(
    body: str, statements: list[str]
) -> None:
    expected = tuple(each for sql in statements for each in read_statement(sql))
    assert _operations(read_body("plpgsql", body)) == expected


@pytest.mark.parametrize(
    ("body", "statements"),
    [
        (_block("EXECUTE 'DROP TABLE a; DROP TABLE b';"), ["DROP TABLE a", "DROP TABLE b"]),
        (_block("EXECUTE $x$DROP TABLE a$x$;"), ["DROP TABLE a"]),
        (
            _block("EXECUTE format('ALTER TABLE %I.%I ADD x int DEFAULT %3$L', 's', 'T', 'o''x');"),
            ["""ALTER TABLE s."T" ADD x int DEFAULT 'o''x'"""],
        ),
        (
            _block("EXECUTE format('DROP TABLE %I', t);", "t text := 'a b';"),
            ['DROP TABLE "a b"'],
        ),
        (
            _block("FOREACH t IN ARRAY ARRAY['a', 'b'] LOOP EXECUTE 'DROP TABLE ' || t; END LOOP;"),
            ["DROP TABLE a", "DROP TABLE b"],
        ),
        (
            _block(
                "FOREACH t IN ARRAY l LOOP EXECUTE concat('DROP TABLE ', quote_ident(t)); "
                "END LOOP;",
                "l text[] := '{a,b}'::text[];",
            ),
            ["DROP TABLE a", "DROP TABLE b"],
        ),
        (
            _block("FOR i IN 1..2 LOOP EXECUTE format('DROP TABLE p%s', i); END LOOP;"),
            ["DROP TABLE p1", "DROP TABLE p2"],
        ),
        (
            _block(
                "FOR i IN 0..(n - 1) LOOP EXECUTE format('DROP TABLE p%s', i + 1 - 0); END LOOP;",
                "n int := 2;",
            ),
            ["DROP TABLE p1", "DROP TABLE p2"],
        ),
        (
            _block("FOR i IN 0..(n - 1) LOOP DROP TABLE a; END LOOP;", "n int;"),
            ["SELECT (n - 1)", "DROP TABLE a"],
        ),
        (_block("EXECUTE 'UPDATE a SET b = $1' USING now();"), ["UPDATE a SET b = $1"]),
        (_block("EXECUTE 'SELECT 1' INTO n;"), ["SELECT 1"]),
        (_block("EXECUTE 'DROP '\n  'TABLE '\n  't''s';"), ["DROP TABLE t's"]),
        (
            _block(
                "EXECUTE 'CREATE INDEX ON t (' || array_to_string(string_to_array(c, ','), ', ') "
                "|| ')'; EXECUTE replace('DROP TABLE {}', '{}', concat_ws('_', 'a', t));",
                "c text := 'a,b'; t text := 'b';",
            ),
            ["CREATE INDEX ON t (a, b)", "DROP TABLE a_b"],
        ),
        (
            _block(
                "PERFORM f(t, 'i_' || t, n => t, m => u); x := s.g(t); SELECT h(t) INTO u;",
                "t text := 'a b';",
            ),
            ["SELECT f('a b','i_a b', n => 'a b', m => u)", "SELECT s.g('a b')", "SELECT h('a b')"],
        ),
        *(
            (
                _block(
                    f"FOR {r} IN {query} LOOP EXECUTE format('DROP TABLE %I', {t}); END LOOP;", d
                ),
                ["DROP TABLE a", "DROP TABLE b"],
            )
            for d, r, query, t in (
                ("t text;", "t", "SELECT unnest(ARRAY['a', 'b'])", "t"),
                ("t text; l text[] := '{a,b}'::text[];", "t", "SELECT unnest(l) AS x", "t"),
                ("t text;", "t", "VALUES ('a'), ('b')", "t"),
                ("t text;", "t", "SELECT x FROM unnest(ARRAY['a', 'b']) AS x", "t"),
                ("r record;", "r", "SELECT unnest(ARRAY['a', 'b']) AS x", "r.x"),
                ("r record;", "r", "SELECT * FROM unnest(ARRAY['a', 'b']) AS l(x)", "r.x"),
                ("r record;", "r", "VALUES (1, 'a'), (2, 'b')", "r.column2"),
                ("r record;", "r", "SELECT * FROM (VALUES ('a', 1), ('b', 2)) AS v(x, y)", "r.x"),
                ("r record;", "r", "SELECT y, x FROM (VALUES ('a', 1), ('b', 2)) v(x, y)", "r.x"),
            )
        ),
        (
            _block("PERFORM f(t) FROM a; PERFORM f(t) + g(t);", "t text := 'a b';"),
            ["SELECT f(t) FROM a", "SELECT f(t) + g(t)"],
        ),
    ],
)
def test_text_that_is_put_together_from_constants_is_read(body: str, statements: list[str]) -> None:
    expected = tuple(each for sql in statements for each in read_statement(sql))
    assert _operations(read_body("plpgsql", body)) == expected


@pytest.mark.parametrize(
    "body",
    [
        _block("EXECUTE 'DROP TABLE ' || t;"),
        _block("EXECUTE format('DROP TABLE %I', t);", "t text;"),
        _block("IF x THEN t := 'b'; END IF; EXECUTE 'DROP TABLE ' || t;", "t text := 'a';"),
        _block(
            "LOOP EXECUTE 'DROP TABLE ' || t; SELECT x INTO t FROM y; END LOOP;", "t text := 'a';"
        ),
        _block("EXECUTE format('DROP TABLE %5I', 'a');"),
        *(
            _block(f"{change}; EXECUTE 'DROP TABLE ' || t;", "t text := 'a';")
            for change in (
                "SELECT x INTO t FROM y",
                "EXECUTE 'SELECT 1' INTO t",
                "GET DIAGNOSTICS t = ROW_COUNT",
                "FETCH c INTO t",
                "CALL p(t)",
                "INSERT INTO y VALUES (1) RETURNING x INTO t",
                "BEGIN t := 'b'; DROP TABLE c; EXCEPTION WHEN others THEN NULL; END",
                "FOR t IN SELECT x FROM y LOOP NULL; END LOOP",
            )
        ),
        _block("DECLARE t text := 'a'; BEGIN NULL; END; EXECUTE 'DROP TABLE ' || t;", "t text;"),
        _block(
            "FOR r IN VALUES ('a') LOOP r.column1 := f(); EXECUTE 'DROP TABLE ' || r.column1; "
            "END LOOP;",
            "r record;",
        ),
        _block("FOR r IN VALUES ('a') LOOP EXECUTE 'DROP TABLE ' || r; END LOOP;", "r record;"),
        _block("FOR t IN SELECT unnest(ARRAY['a']) FROM y LOOP EXECUTE 'DROP ' || t; END LOOP;"),
        _block("FOR t IN SELECT unnest(ARRAY['a', u]) LOOP EXECUTE 'DROP ' || t; END LOOP;"),
        _block("EXECUTE format('DROP TABLE %I', current_setting('a.b'));"),
        "BEGIN LOOP DROP TABLE a; END",
        "not a body",
    ],
)
def test_what_is_known_only_when_it_runs_is_said_to_be_unread(body: str) -> None:
    dynamic = [
        each.cause
        for each in _operations(read_body("plpgsql", body))
        if isinstance(each, Unrecognized)
    ]
    assert dynamic == [Cause.DYNAMIC]


@pytest.mark.parametrize(
    "body",
    [
        "FOR i IN 1..90 LOOP " * 6 + "DROP TABLE a; " + "END LOOP; " * 6,
        "t := t || t; " * 60 + "EXECUTE t;",
        "t := replace(t, 'a', t); " * 9 + "EXECUTE t;",
        "t := format('%1$s%1$s%1$s', t); " * 60 + "EXECUTE t;",
        "t := array_to_string(string_to_array(t, 'a'), t); " * 9 + "EXECUTE t;",
    ],
)
def test_what_grows_without_bound_is_given_up(body: str) -> None:
    assert len(read_body("plpgsql", _block(body, "t text := 'aaaaaaaaaaaa';")).steps) < 3000


def test_what_a_routine_returns_and_execute_runs_is_unread_and_bears_its_name() -> None:
    program = read_body("plpgsql", _block("EXECUTE f(t);", "t text := 'a';"))
    called, run = program.steps
    assert (called.operation,) == read_statement("SELECT f('a')")
    assert isinstance(run.operation, Unrecognized)
    assert run.returned_by == Name("f")


def test_parameters_whose_values_are_known_take_part() -> None:
    body = _block("EXECUTE format('DROP TABLE %I', which);")
    program = read_body("plpgsql", body, (("which", "a"),))
    assert _operations(program) == read_statement("DROP TABLE a")


@pytest.mark.parametrize(
    ("body", "certain", "guarded"),
    [
        (_block("DROP TABLE a;"), True, False),
        (_block("IF x THEN DROP TABLE a; END IF;"), False, False),
        (_block("LOOP DROP TABLE a; END LOOP;"), False, False),
        (_block("BEGIN DROP TABLE a; EXCEPTION WHEN others THEN NULL; END;"), True, True),
        (_block("BEGIN NULL; EXCEPTION WHEN others THEN DROP TABLE a; END;"), False, False),
    ],
)
def test_a_step_says_whether_it_always_runs_and_whether_its_failure_is_caught(
    body: str, *, certain: bool, guarded: bool
) -> None:
    (step,) = read_body("plpgsql", body).steps
    assert (step.certain, step.guarded) == (certain, guarded)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (_block("ALTER TABLE a ADD b int, DROP c;"), "ADD b int"),
        (_block("PERFORM f(1);"), "PERFORM f(1)"),
        (_block("IF true THEN  EXECUTE 'DROP TABLE a'; END IF;"), "EXECUTE 'DROP TABLE a'"),
        (_block("SELECT 1 INTO n ;"), "SELECT 1 INTO n"),
    ],
)
def test_a_step_stands_where_its_statement_stands(body: str, text: str) -> None:
    step = read_body("plpgsql", body).steps[0]
    assert body[step.start : step.end] == text


@pytest.mark.parametrize(
    ("body", "raises"),
    [
        (_block("RAISE EXCEPTION 'no';"), True),
        (_block("RAISE;"), True),
        (_block("ASSERT n > 1;"), True),
        (_block("RAISE WARNING 'hm';"), False),
        (_block("NULL;"), False),
    ],
)
def test_a_program_says_whether_it_raises(body: str, *, raises: bool) -> None:
    assert read_body("plpgsql", body).raises is raises


@pytest.mark.parametrize(
    ("body", "statements"),
    [
        ("UPDATE a SET b = 1; SELECT 2;", ["UPDATE a SET b = 1", "SELECT 2"]),
        ("BEGIN ATOMIC DELETE FROM a; SELECT 2; END", ["DELETE FROM a", "SELECT 2"]),
        ("RETURN a + 1", ["SELECT a + 1"]),
    ],
)
def test_bodies_in_sql_are_their_statements(body: str, statements: list[str]) -> None:
    expected = tuple(each for sql in statements for each in read_statement(sql))
    assert _operations(read_body("sql", body)) == expected


def test_a_program_in_another_language_is_not_read() -> None:
    (step,) = read_body("plpython3u", "plpy.execute('DROP TABLE a')").steps
    assert isinstance(step.operation, Unrecognized)


def test_a_body_with_many_variables_costs_no_more_than_a_long_one() -> None:
    names = [f"v{number}" for number in range(3_000)]
    declared = "".join(f"{name} text := 'a';" for name in names)
    body = f"DECLARE {declared} BEGIN {''.join(f'{name} := 1;' for name in names)} END"
    start = perf_counter()
    read_body("plpgsql", body)
    assert perf_counter() - start < 5


def test_what_is_not_kept_of_many_variables_is_not_taken_for_known() -> None:
    declared = "".join(f"v{number} text := 'DROP TABLE t{number}';" for number in range(300))
    steps = read_body("plpgsql", f"DECLARE {declared} BEGIN EXECUTE v0; EXECUTE v299; END").steps
    assert [type(step.operation).__name__ for step in steps] == ["DropTable", "Unrecognized"]
