"""What the catalog answers, and what it does not claim to know."""

import time
import timeit
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.comparing import difference, digest
from migsafe.catalog.schema import Existence, RoutineUse
from migsafe.model.expressions import Expression, Name, Type
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    Cause,
    Check,
    Column,
    CreateIndex,
    CreateTable,
    DropColumn,
    ForeignKey,
    IndexElement,
    ObjectKind,
    Operation,
    PrimaryKey,
    SetNotNull,
    Unrecognized,
)
from migsafe.parsers.postgres import read_statement

PRESENT, ABSENT, UNKNOWN = Existence.PRESENT, Existence.ABSENT, Existence.UNKNOWN
T = Name("t")
TABLE = ObjectKind.TABLE


def after(script: str, catalog: Catalog | None = None, made_by: str | None = "m") -> Catalog:
    """Return the catalog after statements separated by semicolons at line ends."""
    catalog = Catalog.empty() if catalog is None else catalog
    for sql in script.split(";\n"):
        for operation in read_statement(sql.strip().removesuffix(";")):
            catalog = catalog.apply(operation, made_by)
    return catalog


UNREAD = Unrecognized(Cause.UNMAPPED, "test")


@pytest.mark.parametrize(
    ("script", "table", "column"),
    [
        ("CREATE TABLE t (a int)", PRESENT, PRESENT),
        ("CREATE TABLE t (b int)", PRESENT, UNKNOWN),
        ("CREATE TABLE t (a int, b int);\nALTER TABLE t DROP a", PRESENT, ABSENT),
        ("CREATE TABLE u (a int)", UNKNOWN, UNKNOWN),
        ("DROP TABLE t", ABSENT, ABSENT),
        ("DROP TABLE IF EXISTS t", ABSENT, ABSENT),
        ("ALTER TABLE t ADD COLUMN b int", PRESENT, UNKNOWN),
        ("ALTER TABLE t ADD COLUMN a int", PRESENT, PRESENT),
        ("ALTER TABLE t DROP COLUMN a", PRESENT, ABSENT),
        ("ALTER TABLE IF EXISTS t ADD COLUMN a int", UNKNOWN, PRESENT),
        ("CREATE INDEX i ON t (a)", PRESENT, PRESENT),
        ("CREATE TABLE u (x int REFERENCES t (a))", PRESENT, PRESENT),
        ("CREATE TABLE u (x int REFERENCES t)", PRESENT, UNKNOWN),
        ("ALTER TABLE t RENAME TO u", ABSENT, ABSENT),
        ("ALTER TABLE u RENAME TO t", PRESENT, UNKNOWN),
        ("CREATE TABLE IF NOT EXISTS t (b int)", PRESENT, UNKNOWN),
        ("CREATE TABLE t AS SELECT 1 AS a", PRESENT, UNKNOWN),
        ("CREATE VIEW t AS SELECT 1 AS a", ABSENT, UNKNOWN),
        ("CREATE TABLE t (LIKE unseen)", PRESENT, UNKNOWN),
        ("CREATE TABLE t (a int);\nDO $$ BEGIN EXECUTE 'x'; END $$", UNKNOWN, UNKNOWN),
        ("CREATE TABLE t (a int);\nDO $$ BEGIN ALTER TABLE t ADD x int; END $$", PRESENT, PRESENT),
        ("CREATE TABLE t (a int);\nDO $$ BEGIN ALTER TABLE t DROP a; END $$", PRESENT, ABSENT),
        (
            "CREATE TABLE t (a int);\nDO $$ BEGIN IF x THEN ALTER TABLE t DROP a; END IF; END $$",
            UNKNOWN,
            UNKNOWN,
        ),
        ("DO $$ BEGIN IF x THEN CREATE TABLE t (a int); END IF; END $$", PRESENT, PRESENT),
        ("CREATE TABLE t (a int);\nDO $$ BEGIN ALTER TABLE u ADD x int; END $$", PRESENT, PRESENT),
        ("CREATE TABLE t (a int);\nDO $$ BEGIN UPDATE u SET x = 1; END $$", PRESENT, PRESENT),
        ("CREATE TABLE t (a int);\nSELECT setval('x', 1)", PRESENT, PRESENT),
        ("CREATE TABLE t (a int);\nSELECT anything()", UNKNOWN, UNKNOWN),
        ("CREATE TABLE t (a int);\nROLLBACK", UNKNOWN, UNKNOWN),
        ("CREATE TABLE t (a int);\nDROP OWNED BY joe", UNKNOWN, UNKNOWN),
        ("DROP TABLE t;\nSELECT anything()", UNKNOWN, UNKNOWN),
    ],
)
def test_only_what_history_showed_is_known(
    script: str, table: Existence, column: Existence
) -> None:
    catalog = after(script)
    assert (catalog.existence(TABLE, T), catalog.column_existence(T, "a")) == (table, column)


def test_a_complete_catalog_knows_what_is_not_there() -> None:
    catalog = Catalog.empty(complete=True)
    assert catalog.existence(TABLE, T) is ABSENT
    assert after("CREATE TABLE t (b int)", catalog).column_existence(T, "a") is ABSENT
    assert catalog.apply(UNREAD).existence(TABLE, T) is UNKNOWN


def test_what_was_not_read_puts_only_the_relations_it_names_in_doubt() -> None:
    catalog = after("CREATE TABLE t (a int);\nCREATE TABLE u (a int)")
    catalog = catalog.apply(Unrecognized(Cause.UNMAPPED, "", relations=(Name("t", "public"),)))
    assert [catalog.certain(T), catalog.certain(Name("u"))] == [False, True]
    table = catalog.table(T)
    assert table is not None
    assert not table.complete


def test_what_is_made_or_named_after_a_doubt_is_known_again() -> None:
    catalog = after("CREATE TABLE t (a int, b int);\nCREATE TABLE u (a int)").apply(UNREAD)
    catalog = after("ALTER TABLE t ALTER a SET NOT NULL;\nCREATE TABLE n (a int)", catalog)
    assert [catalog.existence(TABLE, Name(name)) for name in "tun"] == [PRESENT, UNKNOWN, PRESENT]
    assert [catalog.column_existence(T, name) for name in "abc"] == [PRESENT, UNKNOWN, UNKNOWN]
    assert [catalog.certain(Name(name)) for name in "tun"] == [False, False, True]


@pytest.mark.parametrize(
    ("script", "proven"),
    [
        ("CREATE TABLE t (a int)", False),
        ("CREATE TABLE t (a int NOT NULL)", True),
        ("CREATE TABLE t (a int, CHECK (a IS NOT NULL))", True),
        ("CREATE TABLE t (a int, CHECK (a IS NOT NULL AND b > 0))", True),
        ("CREATE TABLE t (a int, CHECK ((b > 0 AND (a IS NOT NULL)) AND c))", True),
        ('CREATE TABLE t (a int, CHECK ("a" IS NOT NULL))', True),
        ('CREATE TABLE t (a int, CHECK ("A" IS NOT NULL))', False),
        ("CREATE TABLE t (a int, CHECK (a IS NOT NULL OR b > 0))", False),
        ("CREATE TABLE t (a int, CHECK (NOT (a IS NOT NULL)))", False),
        ("CREATE TABLE t (a int, CHECK ((b BETWEEN 1 AND a) IS NOT NULL))", False),
        ("CREATE TABLE t (a int, CHECK (CASE WHEN b AND a IS NOT NULL THEN c END))", False),
        ("CREATE TABLE t (a int, CHECK (a > 0))", False),
        ("CREATE TABLE t (a int, CHECK (b IS NOT NULL))", False),
        ("CREATE TABLE t (a int, CHECK (a IS NOT NULL) NOT ENFORCED)", False),
        ("CREATE TABLE t (a int);\nALTER TABLE t ADD CHECK (a IS NOT NULL) NOT VALID", False),
        (
            (
                "CREATE TABLE t (a int);\n"
                "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;\n"
                "ALTER TABLE t VALIDATE CONSTRAINT c"
            ),
            True,
        ),
        (
            (
                "CREATE TABLE t (a int);\nALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL)"
                ";\nALTER TABLE t DROP CONSTRAINT c"
            ),
            False,
        ),
        ("CREATE TABLE t (x int, CHECK (x IS NOT NULL));\nALTER TABLE t RENAME x TO a", True),
        ("CREATE TABLE t (a int);\nALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID", False),
        (
            (
                "CREATE TABLE t (a int);\nALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID"
                ";\nALTER TABLE t VALIDATE CONSTRAINT c"
            ),
            True,
        ),
        ("ALTER TABLE t ADD CHECK (a IS NOT NULL)", True),
        ("CREATE TABLE u (a int)", None),
        ("CREATE TABLE t (a int NOT NULL);\nSELECT anything()", None),
        # What was added, or proved, after what was not read.
        ("SELECT anything();\nALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL)", True),
        (
            (
                "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;\n"
                "SELECT anything();\nALTER TABLE t VALIDATE CONSTRAINT c"
            ),
            True,
        ),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL);\nSELECT anything()", None),
        (
            (
                "SELECT anything();\nALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL);\n"
                "ALTER TABLE t DROP CONSTRAINT c"
            ),
            None,
        ),
    ],
)
def test_a_column_is_proven_not_null_as_the_server_proves_it(
    script: str, *, proven: bool | None
) -> None:
    assert after(script).not_null_proven(T, "a") is proven


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("SELECT a FROM t", {"a"}),
        ("SELECT t.a FROM t WHERE b > 1", {"a", "b"}),
        ("SELECT count(*) FROM t", set()),
        ("SELECT * FROM t", {"a", "b", "c"}),
        ("SELECT x.* FROM t x", {"a", "b", "c"}),
        ("SELECT row_to_json(x) FROM t AS x", {"a", "b", "c"}),
        ("SELECT x FROM t x", {"a", "b", "c"}),
        ("SELECT a * 2 AS z FROM t", {"a"}),
        ("SELECT 'b' AS z, a FROM t", {"a"}),
        ("SELECT a FROM t NATURAL JOIN u", {"a", "b", "c"}),
        ('SELECT "a" FROM public.t', {"a"}),
    ],
)
def test_a_view_uses_the_columns_it_names(query: str, columns: set[str]) -> None:
    catalog = after(f"CREATE TABLE t (a int, b int, c int);\nCREATE VIEW v AS {query}")
    catalog = after("ALTER TABLE t ADD COLUMN later int", catalog)
    used = {each for each in ("a", "b", "c", "later") if catalog.views_on_column(T, each)}
    assert used == columns


def test_a_star_over_a_table_that_is_not_wholly_known_uses_every_column() -> None:
    catalog = after("CREATE VIEW v AS SELECT * FROM t")
    assert [view.name for view in catalog.views_on_column(T, "anything")] == [Name("v")]


def test_views_follow_renames_and_go_with_cascade() -> None:
    script = "CREATE TABLE t (a int, b int);\nCREATE VIEW v AS SELECT a FROM t;\n"
    script += "CREATE VIEW w AS SELECT a FROM v;\nALTER TABLE t RENAME TO u;\n"
    script += "ALTER TABLE u RENAME a TO x"
    catalog = after(script)
    view = catalog.view(Name("v"))
    assert view is not None
    assert view.query.relations == (Name("u"),)
    assert [len(catalog.views_on_column(Name("u"), each)) for each in "axb"] == [0, 1, 0]
    catalog = after("ALTER TABLE u DROP COLUMN x CASCADE", catalog)
    assert [catalog.existence(ObjectKind.VIEW, Name(name)) for name in "vw"] == [ABSENT, ABSENT]


def test_expressions_follow_the_rename_of_a_column() -> None:
    script = """CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) STORED,
        CONSTRAINT c CHECK (a > 0 AND t.a < f(a) AND 'a' <> a::a), EXCLUDE USING gist (a WITH =));
    CREATE INDEX i ON t ((a + 1), a(b)) INCLUDE (a) WHERE a IS NOT NULL;
    ALTER TABLE t RENAME COLUMN a TO "Z" """
    catalog = after(script)
    check, index = catalog.constraint(T, "c"), catalog.index(Name("i"))
    column = catalog.column(T, "b")
    assert check is not None
    assert isinstance(check.constraint, Check)
    assert check.constraint.expression.sql == (""""Z" > 0 AND t."Z" < f("Z") AND 'a' <> "Z"::a""")
    assert index is not None
    assert index.where == Expression('"Z" IS NOT NULL', ("Z",))
    assert index.include == ("Z",)
    assert index.elements[1].expression is not None
    assert index.elements[1].expression.sql == "a(b)"
    assert column is not None
    assert column.generated is not None
    assert column.generated.expression.sql == '"Z" + 1'
    assert {each.name for each in catalog.indexes_on(T, "Z")} == {Name("i"), Name("t_a_excl")}


def test_foreign_keys_are_known_from_both_sides_and_follow_renames() -> None:
    catalog = after(
        "CREATE TABLE p (id int PRIMARY KEY);\nCREATE TABLE t (a int REFERENCES p);\n"
        "ALTER TABLE p RENAME id TO key;\nALTER TABLE p RENAME TO q;\nALTER TABLE t RENAME a TO b"
    )
    (incoming,) = catalog.foreign_keys_to(Name("q", "public"))
    assert incoming == catalog.foreign_keys_of(T)[0]
    assert incoming.constraint == ForeignKey("t_a_fkey", ("b",), Name("q"), ("key",))


def test_serials_are_folded_and_own_their_sequence() -> None:
    catalog = after("CREATE TABLE s.t (id bigserial)")
    table = Name("t", "s")
    column = catalog.column(table, "id")
    assert column is not None
    assert (column.type, column.nullable) == (Type("bigint"), False)
    assert column.default is not None
    assert column.default.sql == "nextval('s.t_id_seq'::regclass)"
    assert [each.name for each in catalog.sequences_of(table)] == [Name("t_id_seq", "s")]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("SET search_path TO s, public", Name("t", "s")),
        ("SET search_path TO public, s", Name("t")),
        ("SET search_path TO s;\nRESET search_path", Name("t")),
        ("BEGIN;\nSET LOCAL search_path TO s", Name("t", "s")),
        ("BEGIN;\nSET LOCAL search_path TO s;\nCOMMIT", Name("t")),
        ('SET search_path TO "$user", public', Name("t")),
        ("SELECT set_config('search_path', '', false)", Name("t")),
    ],
)
def test_names_are_found_along_the_search_path(path: str, key: Name) -> None:
    catalog = after(f"{path};\nCREATE TABLE t (a int)")
    assert catalog.key(T) == key
    assert catalog.existence(TABLE, key) is PRESENT


def test_with_a_search_path_not_known_unqualified_names_are_not_certain() -> None:
    catalog = after("CREATE TABLE t (a int);\nSET search_path TO DEFAULT")
    assert not catalog.certain(T)
    assert catalog.certain(Name("t", "public"))


def test_a_temporary_table_hides_another_until_the_session_ends() -> None:
    catalog = after("CREATE TABLE t (a int);\nCREATE TEMP TABLE t (b int)")
    assert catalog.column_existence(T, "a") is UNKNOWN
    assert catalog.session_ended().column_existence(T, "a") is PRESENT


def test_a_rollback_goes_back_and_is_sure_of_nothing() -> None:
    catalog = after("CREATE TABLE t (a int);\nBEGIN;\nALTER TABLE t ADD b int;\nROLLBACK")
    assert (catalog.column(T, "b"), catalog.certain(T)) == (None, False)


def test_every_object_knows_the_migration_that_made_it() -> None:
    catalog = after("CREATE TABLE t (a serial UNIQUE)", made_by="one")
    catalog = after(
        "ALTER TABLE t ADD b int CHECK (b > 0);\nCREATE INDEX i ON t (b)", catalog, "two"
    )
    table, column = catalog.table(T), catalog.column(T, "b")
    assert table is not None
    assert column is not None
    assert (table.made_by, column.made_by) == ("one", "two")
    assert {each.name: each.made_by for each in catalog.constraints(T)} == {
        "t_a_key": "one",
        "t_b_check": "two",
    }
    assert [each.made_by for each in catalog.indexes(T)] == ["one", "two"]


def test_a_table_only_mentioned_was_made_by_nobody() -> None:
    table = after("ALTER TABLE t ADD COLUMN a int").table(T)
    assert table is not None
    assert (table.made_by, table.complete) == (None, False)


def test_types_know_the_columns_that_use_them() -> None:
    catalog = after(
        "CREATE TYPE e AS ENUM ('a', 'c');\nCREATE DOMAIN d AS int CHECK (value > 0);\n"
        "CREATE TABLE t (x e, y d[], z e);\nALTER TYPE e ADD VALUE 'b' BEFORE 'c';\n"
        "ALTER TYPE e RENAME TO f;\nALTER TABLE t DROP COLUMN z;\nALTER TABLE t RENAME x TO w"
    )
    enum = catalog.enum(Name("f", "public"))
    assert enum is not None
    assert enum.labels == ("a", "b", "c")
    assert catalog.enum_users(Name("f")) == ((T, "w"),)
    assert catalog.domain_users(Name("d")) == ((T, "y"),)
    column = catalog.column(T, "w")
    assert column is not None
    assert column.type == Type("f")


def test_partitions_are_found_from_their_parent() -> None:
    catalog = after(
        "CREATE TABLE p (a int) PARTITION BY LIST (a);\n"
        "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1) PARTITION BY LIST (a);\n"
        "CREATE TABLE p11 PARTITION OF p1 DEFAULT;\nCREATE TABLE pd PARTITION OF p DEFAULT"
    )
    parent = Name("p")
    assert [each.name.name for each in catalog.partitions(parent)] == ["p1", "pd"]
    assert [each.name.name for each in catalog.children(parent)] == ["p1", "p11", "pd"]
    default = catalog.default_partition(parent)
    assert default is not None
    assert default.name == Name("pd")


def test_triggers_and_routines_go_together() -> None:
    catalog = after(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'x';\n"
        "CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();\n"
        "ALTER TABLE t RENAME TO u;\nALTER FUNCTION f() RENAME TO g"
    )
    (trigger,) = catalog.triggers(Name("u"))
    assert (trigger.function, trigger.events, trigger.table) == (Name("g"), ("update",), Name("u"))
    assert catalog.uses_of_routine(Name("g")) == (RoutineUse(ObjectKind.TRIGGER, "tr", Name("u")),)
    assert after("DROP FUNCTION g() CASCADE", catalog).triggers(Name("u")) == ()


def test_overloads_stand_beside_each_other() -> None:
    catalog = after(
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'select 1';\n"
        "CREATE FUNCTION f(a text DEFAULT 'x') RETURNS int IMMUTABLE LANGUAGE sql AS 'select 2';\n"
        "CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'select 3'"
    )
    found = {each.body: each.volatility for each in catalog.routines(Name("f"))}
    assert found == {"select 2": "immutable", "select 3": "volatile"}
    catalog = after("DROP FUNCTION f(text)", catalog)
    assert [each.body for each in catalog.routines(Name("f"))] == ["select 3"]


# --- comparing -----------------------------------------------------------------------

UP_AND_DOWN = [
    ("ALTER TABLE t ADD COLUMN c int", "ALTER TABLE t DROP COLUMN c"),
    ("ALTER TABLE t RENAME a TO z", "ALTER TABLE t RENAME z TO a"),
    ("ALTER TABLE t RENAME TO z", "ALTER TABLE z RENAME TO t"),
    ("CREATE INDEX i ON t (a)", "DROP INDEX i"),
    ("ALTER TABLE t ALTER a SET NOT NULL", "ALTER TABLE t ALTER a DROP NOT NULL"),
    ("ALTER TABLE t ALTER a SET DEFAULT 1", "ALTER TABLE t ALTER a DROP DEFAULT"),
    ("ALTER TABLE t ALTER a TYPE bigint", "ALTER TABLE t ALTER a TYPE int"),
    ("ALTER TABLE t ADD CHECK (a > 0)", "ALTER TABLE t DROP CONSTRAINT t_a_check"),
    ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "ALTER TABLE t DISABLE ROW LEVEL SECURITY"),
    ("ALTER TABLE t SET (fillfactor = 70)", "ALTER TABLE t RESET (fillfactor)"),
    ("ALTER TABLE t REPLICA IDENTITY FULL", "ALTER TABLE t REPLICA IDENTITY DEFAULT"),
    ("ALTER TABLE t SET UNLOGGED", "ALTER TABLE t SET LOGGED"),
    ("CREATE VIEW v AS SELECT a FROM t", "DROP VIEW v"),
    ("CREATE POLICY p ON t USING (true)", "DROP POLICY p ON t"),
    ("CREATE TYPE e AS ENUM ('a')", "DROP TYPE e"),
    ("CREATE SEQUENCE s", "DROP SEQUENCE s"),
    ("ALTER TABLE t SET SCHEMA s", "ALTER TABLE s.t SET SCHEMA public"),
    ("ALTER TABLE t ALTER id DROP DEFAULT", None),
    ("ALTER TABLE t DROP COLUMN id", None),
    ("COMMENT ON TABLE t IS 'x'", ""),
]


@pytest.mark.parametrize(("up", "down"), UP_AND_DOWN)
def test_a_down_that_takes_back_leaves_no_difference(up: str, down: str | None) -> None:
    before = after("CREATE TABLE t (id serial PRIMARY KEY, a int, b text)")
    changed = after(up, before)
    if down is None:
        assert difference(before, changed) != ()
        return
    if down:
        assert difference(before, changed) != ()
        assert digest(before) != digest(changed)
    back = after(down, changed)
    assert difference(before, back) == ()
    assert digest(before) == digest(back)


def test_differences_are_said_in_words() -> None:
    before = after("CREATE TABLE t (a int)")
    assert difference(before, after("ALTER TABLE t ALTER a SET NOT NULL", before)) == (
        "- column public.t.a ColumnState(type=integer, nullable=True)",
        "+ column public.t.a ColumnState(type=integer)",
    )


def test_the_digest_does_not_depend_on_order_or_origin() -> None:
    one = after("CREATE TABLE a (x int);\nCREATE TABLE b (y int, z int)", made_by="1")
    two = after("CREATE TABLE b (y int);\nCREATE TABLE a (x int);\nALTER TABLE b ADD z int")
    assert digest(one) == digest(two)
    assert digest(one) == "334d871ba272fede1d9c23d8768bf81669689269c7bb804eae16962ead4f14bb"


STATEMENTS = (Path(__file__).parents[1] / "writing" / "statements.sql").read_text().splitlines()
OPERATIONS = [operation for sql in STATEMENTS for operation in read_statement(sql)]


@given(st.lists(st.sampled_from(OPERATIONS), max_size=30))
def test_no_order_of_operations_is_too_much_for_the_fold(operations: list[Operation]) -> None:
    catalog = Catalog.empty()
    for operation in operations:
        catalog = catalog.apply(operation)
    again = Catalog.empty().apply_all(operations)
    assert difference(catalog, again) == ()
    assert digest(catalog) == digest(again)
    assert not any(table.temporary for table in catalog.session_ended().tables())


# --- the fold ------------------------------------------------------------------------


def test_an_earlier_catalog_stays_what_it_was() -> None:
    before = after("CREATE TABLE t (a int, b int)")
    text = digest(before)
    after("ALTER TABLE t DROP a;\nALTER TABLE t RENAME TO u;\nDROP TABLE u", before)
    assert digest(before) == text


def history(tables: int, operations: int) -> Iterable[Operation]:
    """Yield a long history: tables that refer to the first, then changes all over."""
    for number in range(tables):
        columns = tuple(Column(f"c{each}", Type("integer")) for each in range(8))
        keys = (PrimaryKey(None, ("c0",)), ForeignKey(None, ("c1",), Name("t0")))
        yield CreateTable(Name(f"t{number}"), columns, keys)
    for number in range(operations - tables):
        table = Name(f"t{number % tables}")
        check = Check(None, Expression("c5 > 0", ("c5",)))
        yield (
            AddColumn(table, Column(f"n{number}", Type("text"))),
            CreateIndex(None, table, (IndexElement("c2"),)),
            AddConstraint(table, check),
            SetNotNull(table, "c3"),
            DropColumn(table, f"n{number - 4}"),
        )[number % 5]


def seconds(tables: int, operations: int) -> float:
    """Return the best of three runs over a history, without the garbage collector's time."""
    made = list(history(tables, operations))

    def replay() -> None:
        catalog = Catalog.empty()
        for operation in made:
            catalog = catalog.apply(operation, "m")

    return min(timeit.repeat(replay, timer=time.process_time, number=1, repeat=3))


def test_a_history_twice_as_long_takes_about_twice_the_time() -> None:
    assert seconds(1000, 8000) < 3 * seconds(500, 4000)


@pytest.mark.parametrize(
    ("script", "proven"),
    [
        ("ALTER TABLE t ADD a int", False),
        ("ALTER TABLE t ADD a int;\nALTER TABLE t ADD CHECK (a IS NOT NULL)", True),
        ("ALTER TABLE t ALTER a SET DEFAULT 1", None),
        ("ALTER TABLE t ADD a int;\nSELECT anything()", None),
        ("SELECT anything();\nALTER TABLE t ADD a int", False),
    ],
)
def test_a_column_that_was_seen_being_made_has_no_constraint_that_was_not(
    script: str, *, proven: bool | None
) -> None:
    assert after(script).not_null_proven(T, "a") is proven


def test_a_type_that_was_seen_as_composite_is_no_domain() -> None:
    catalog = after("CREATE TYPE pair AS (a int, b int)")
    assert catalog.existence(ObjectKind.DOMAIN, Name("pair")) is ABSENT
    assert catalog.existence(ObjectKind.TYPE, Name("pair")) is PRESENT
