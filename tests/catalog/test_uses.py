"""What depends on something without the server saying so, or through text."""

import pytest

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import Existence, TableKind
from migsafe.model.expressions import Name
from migsafe.model.operations import ObjectKind
from migsafe.model.origin import SectionName
from migsafe.parsers.sql import Placement, read_sql

T = Name("t")


def after(script: str, *, complete: bool = True) -> Catalog:
    catalog = Catalog.empty(complete=complete)
    for statement in read_sql(script, Placement("x.sql", SectionName.UP)).statements:
        catalog = catalog.apply_all(statement.operations)
    return catalog


@pytest.mark.parametrize(
    ("script", "kind", "name"),
    [
        ("CREATE TABLE t (a int DEFAULT f());", "COLUMN", "a"),
        ("CREATE TABLE t (a int, b int GENERATED ALWAYS AS (public.f(a)) STORED);", "COLUMN", "b"),
        ("CREATE TABLE t (a int CHECK (f(a) > 0));", "CONSTRAINT", "t_a_check"),
        ("CREATE TABLE t (a int); CREATE INDEX i ON t (f(a));", "INDEX", "i"),
        ("CREATE TABLE t (a int); CREATE INDEX i ON t (a) WHERE f(a) > 0;", "INDEX", "i"),
        ("CREATE TABLE t (a int); CREATE VIEW v AS SELECT f(a) FROM t;", "VIEW", "v"),
        ("CREATE DOMAIN d AS int CHECK (f(VALUE) > 0);", "DOMAIN", "d"),
        ("CREATE TABLE t (a int); CREATE POLICY p ON t USING (f(a) > 0);", "POLICY", "p"),
        (
            (
                "CREATE TABLE t (a int); "
                "CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"
            ),
            "TRIGGER",
            "g",
        ),
    ],
)
def test_what_calls_a_routine_is_known(script: str, kind: str, name: str) -> None:
    catalog = after(script)
    [use] = catalog.uses_of_routine(Name("f"))
    assert (use.kind, use.name) == (ObjectKind(kind), name)
    assert catalog.uses_of_routine(Name("g")) == ()


def test_a_qualified_call_is_of_its_schema() -> None:
    catalog = after("CREATE TABLE t (a int DEFAULT s.f(), b int DEFAULT f());")
    assert [use.name for use in catalog.uses_of_routine(Name("f", "s"))] == ["a", "b"]
    assert [use.name for use in catalog.uses_of_routine(Name("f"))] == ["b"]


@pytest.mark.parametrize(
    ("body", "table", "column"),
    [
        ("SELECT a FROM t", True, True),
        ("SELECT b FROM t", True, False),
        ("SELECT a FROM other", False, False),
        ('SELECT "a" FROM public.T', True, True),
        ("BEGIN EXECUTE 'UPDATE t SET a = 1'; END", True, True),
        ("BEGIN EXECUTE format('SELECT %I FROM %I', 'a', 't'); END", True, True),
        ("SELECT ta FROM tt", False, False),
        ("BEGIN PERFORM x.a FROM t x JOIN o ON o.id = x.b; END", True, True),
        ("BEGIN PERFORM x.a FROM o JOIN public.t AS x ON o.id = x.b; END", True, True),
        ("BEGIN PERFORM o.a FROM t x JOIN o ON o.id = x.b; END", True, False),
        ("BEGIN PERFORM o.a FROM o, t WHERE o.id = t.b; END", True, False),
        ("DECLARE r t%ROWTYPE; BEGIN SELECT * INTO r FROM t, o; RETURN r.a; END", True, True),
        ("DECLARE r public.t; BEGIN RETURN r.a; END", True, True),
        ("DECLARE r t.a%TYPE; BEGIN RETURN r; END", True, True),
        ("DECLARE r t.b%TYPE; BEGIN RETURN r; END", True, False),
        ("BEGIN FOR r IN SELECT * FROM t, o LOOP PERFORM g(r.a); END LOOP; END", True, True),
        (
            "BEGIN FOR r IN SELECT * FROM o LOOP PERFORM g(r.a); END LOOP; DELETE FROM t; END",
            True,
            False,
        ),
    ],
)
def test_a_routine_names_what_is_among_its_words(body: str, *, table: bool, column: bool) -> None:
    catalog = after(
        f"CREATE TABLE t (a int, b int); CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql "
        f"AS $$ {body} $$;"
    )
    assert bool(catalog.routines_naming(T)) is table
    assert bool(catalog.routines_naming(T, "a")) is column


def test_an_argument_of_the_type_of_a_table_is_a_row_of_it() -> None:
    catalog = after(
        "CREATE TABLE t (a int, b int); CREATE FUNCTION f(one t) RETURNS int LANGUAGE plpgsql "
        "AS $$ BEGIN DELETE FROM t, o; RETURN one.a; END $$;"
    )
    assert catalog.routines_naming(T, "a")
    assert not catalog.routines_naming(T, "b")


def test_policies_are_found_by_table_and_by_column() -> None:
    catalog = after(
        "CREATE TABLE t (a int, b int); CREATE POLICY one ON t USING (a > 0); "
        "CREATE POLICY two ON t FOR INSERT WITH CHECK (b > 0);"
    )
    assert [policy.name for policy in catalog.policies(T)] == ["one", "two"]
    assert [policy.name for policy in catalog.policies_on(T, "b")] == ["two"]


STATISTICS = (
    "CREATE TABLE t (a int, b int, c int); CREATE STATISTICS s.st (ndistinct) ON a, b FROM t;"
)


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ("", True),
        ("ALTER TABLE t DROP COLUMN c;", True),
        ("ALTER TABLE t DROP COLUMN a;", False),
        ("DROP TABLE t;", False),
        ("DROP STATISTICS s.st;", False),
        ("ALTER TABLE t RENAME TO u;", True),
    ],
)
def test_statistics_go_with_their_columns(change: str, *, left: bool) -> None:
    catalog = after(STATISTICS + change)
    known = catalog.statistics(Name("u") if "RENAME" in change else T)
    existence = catalog.existence(ObjectKind.STATISTICS, Name("st", "s"))
    assert [each.name for each in known] == ([Name("st", "s")] if left else [])
    assert existence is (Existence.PRESENT if left else Existence.ABSENT)


@pytest.mark.parametrize(
    ("change", "attributes"),
    [
        ("", ["a integer", "b text"]),
        ("ALTER TYPE pair ADD ATTRIBUTE c date;", ["a integer", "b text", "c date"]),
        ("ALTER TYPE pair DROP ATTRIBUTE a;", ["b text"]),
        ("ALTER TYPE pair ALTER ATTRIBUTE a TYPE bigint;", ["a bigint", "b text"]),
        ("ALTER TYPE pair RENAME ATTRIBUTE a TO z;", ["z integer", "b text"]),
    ],
)
def test_the_attributes_of_a_composite_type_are_known(change: str, attributes: list[str]) -> None:
    composite = after("CREATE TYPE pair AS (a int, b text);" + change).composite(Name("pair"))
    assert composite is not None
    assert composite.complete
    assert [f"{each.name} {each.type}" for each in composite.attributes] == attributes


def test_a_composite_type_follows_its_name_and_ends_with_its_drop() -> None:
    script = "CREATE TYPE pair AS (a int); ALTER TYPE pair RENAME TO two;"
    catalog = after(script)
    assert catalog.composite(Name("pair")) is None
    assert catalog.composite(Name("two")) is not None
    assert after(f"{script} DROP TYPE two;").composite(Name("two")) is None
    seen = after("ALTER TYPE pair ADD ATTRIBUTE c int;", complete=False).composite(Name("pair"))
    assert seen is not None
    assert not seen.complete


def test_a_table_of_a_type_has_its_attributes() -> None:
    catalog = after(
        "CREATE TYPE pair AS (a int, b text); CREATE TABLE t OF pair (a WITH OPTIONS NOT NULL);"
    )
    table = catalog.table(T)
    assert table is not None
    assert table.complete
    assert [(each.name, str(each.type), each.nullable) for each in table.columns] == [
        ("a", "integer", False),
        ("b", "text", True),
    ]


def test_a_foreign_table_has_columns() -> None:
    catalog = after(
        "CREATE FOREIGN TABLE t (a int NOT NULL, b text) SERVER x; "
        "ALTER FOREIGN TABLE t ADD COLUMN c date;"
    )
    table = catalog.table(T)
    assert table is not None
    assert table.kind is TableKind.FOREIGN
    assert table.complete
    assert [each.name for each in table.columns] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("script", "table", "other"),
    [
        ("IMPORT FOREIGN SCHEMA x LIMIT TO (t) FROM SERVER y INTO public;", "PRESENT", "ABSENT"),
        ("IMPORT FOREIGN SCHEMA x FROM SERVER y INTO public;", "UNKNOWN", "UNKNOWN"),
    ],
)
def test_an_imported_schema_has_the_tables_that_are_named_or_any(
    script: str, table: str, other: str
) -> None:
    catalog = after(script)
    found = [catalog.existence(ObjectKind.TABLE, name).name for name in (T, Name("u"))]
    assert found == [table, other]


def test_a_transaction_that_is_prepared_leaves_everything_in_doubt() -> None:
    catalog = after("BEGIN; CREATE TABLE t (a int); PREPARE TRANSACTION 'x';")
    assert catalog.existence(ObjectKind.TABLE, T) is Existence.UNKNOWN
