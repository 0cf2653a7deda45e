"""SQL that a revision knows in parts: what it does all the same, and where that is not known."""

from pathlib import Path

import pytest

from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AlterSequence,
    AnonymousBlock,
    CreateIndex,
    CreateRoutine,
    CreateTable,
    DataWork,
    Delete,
    DropColumn,
    DropTable,
    Insert,
    Operation,
    Select,
    SetDefault,
    SetParameter,
    Unrecognized,
    Update,
)
from migsafe.sources import Request, load
from sources.alembic.reading import operations_of, statements_of

HEAD = "import json, os\nx = os.environ['X']\nschema = os.environ['S']\n"


def executed(text: str) -> list[Operation]:
    return operations_of(f"op.execute({text})", head=HEAD)


VALUES: list[tuple[str, type[Operation], Name]] = [
    ("f\"UPDATE t SET a = '{x}' WHERE b = {x}\"", Update, Name("t")),
    ("f\"INSERT INTO t (a, b) VALUES ({x}, '{x}-{x}')\"", Insert, Name("t")),
    ('f"DELETE FROM t WHERE a IN ({x})"', Delete, Name("t")),
    ('"DELETE FROM t WHERE a = %s" % x', Delete, Name("t")),
    ('"DELETE FROM t WHERE a = {}".format(x)', Delete, Name("t")),
    ('"DELETE FROM t WHERE a = \'" + x + "\'"', Delete, Name("t")),
    ('sa.text(f"DELETE FROM t WHERE a = {x} AND b = :b").bindparams(b=1)', Delete, Name("t")),
    ("f\"UPDATE t SET a = '{json.dumps({'k': x})}'\"", Update, Name("t")),
    ('"DELETE FROM t WHERE a IN (" + ", ".join([x, x]) + ")"', Delete, Name("t")),
    ('f"DELETE FROM t -- {x}"', Delete, Name("t")),
]


@pytest.mark.parametrize(("text", "kind", "table"), VALUES)
def test_value_is_like_a_bound_parameter(text: str, kind: type[Operation], table: Name) -> None:
    (found,) = executed(text)
    assert isinstance(found, kind)
    assert isinstance(found, (Update, Insert, Delete))
    assert found.table == table


IN_TEXT: list[tuple[str, type[Operation]]] = [
    ("f\"DO $$ BEGIN EXECUTE 'GRANT x TO {x}'; END $$\"", AnonymousBlock),
    ("f\"ALTER TABLE t ALTER c SET DEFAULT '{x}'\"", SetDefault),
    ('f"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT {x} $$"', CreateRoutine),
    ('f"ALTER SEQUENCE s RESTART WITH {x}"', AlterSequence),
]


@pytest.mark.parametrize(("text", "kind"), IN_TEXT)
def test_text_that_is_not_known_changes_no_meaning(text: str, kind: type[Operation]) -> None:
    (found,) = executed(text)
    assert isinstance(found, kind)


def test_value_of_a_parameter_that_is_not_known_is_not_invented() -> None:
    for text in ("f\"SET lock_timeout = '{x}'\"", 'f"SET lock_timeout = {x}"'):
        assert executed(text) == [SetParameter("lock_timeout", None)]


SCHEMAS: list[tuple[str, Operation]] = [
    ('f"DROP TABLE {schema}.t"', DropTable(table=Name("t", "{schema}"))),
    ("f'DROP TABLE \"{schema}\".t'", DropTable(table=Name("t", "{schema}"))),
    (
        '"ALTER TABLE %s.t DROP COLUMN c" % schema',
        DropColumn(table=Name("t", "{schema}"), column="c"),
    ),
]


@pytest.mark.parametrize(("text", "expected"), SCHEMAS)
def test_schema_that_is_not_known_has_a_name_of_its_own(text: str, expected: Operation) -> None:
    assert executed(text) == [expected]


def test_schema_argument_that_is_not_known_has_a_name_of_its_own() -> None:
    body = """\
for s in schemas():
    op.drop_table("t", schema=s)
    op.create_table("t", sa.Column("id", sa.Integer()), schema=s)
    with op.batch_alter_table("t", schema=s) as batch:
        batch.drop_column("c")
"""
    dropped, made, changed = operations_of(body, head="from app import schemas")
    assert isinstance(dropped, DropTable)
    assert isinstance(made, CreateTable)
    assert isinstance(changed, DropColumn)
    assert {dropped.table, made.table, changed.table} == {Name("t", "{s}")}


def test_schema_in_force_is_no_schema_at_all() -> None:
    body = """\
schema = op.get_bind().execute(sa.text("SELECT current_schema()")).scalar_one()
op.execute(f'DROP TABLE "{schema}".a')
op.execute(f"DROP TABLE {schema}.b")
op.drop_table("c", schema=schema)
"""
    assert operations_of(body) == [DropTable(table=Name(name)) for name in "abc"]


DATA_WORK = [
    ('f"UPDATE t SET {x} = 1"', "UPDATE"),
    ('f"DELETE FROM t {x}"', "DELETE"),
    ('f"INSERT INTO t ({x}) SELECT 1"', "INSERT"),
    ('f"UPDATE ONLY s.t SET a = 1 {x} RETURNING b"', "UPDATE"),
]


@pytest.mark.parametrize(("text", "verb"), DATA_WORK)
def test_work_on_a_known_table_is_known_as_that(text: str, verb: str) -> None:
    (found,) = executed(text)
    assert isinstance(found, DataWork)
    assert found.table is not None
    assert (found.table.name, found.verb) == ("t", verb)


@pytest.mark.parametrize("text", ['f"SELECT {x} FROM {x} {x}"', 'f"SELECT a FROM t ORDER {x}"'])
def test_query_that_is_not_known_asks_only(text: str) -> None:
    assert executed(text) == []


def test_query_with_values_is_a_query() -> None:
    (found,) = executed('f"SELECT a FROM t WHERE a = {x} LIMIT {x}"')
    assert isinstance(found, Select)


NOT_KNOWN = [
    'f"DROP TABLE {x}"',
    'f"DROP TABLE t_{x}"',
    'f"DROP TABLE {x}_old"',
    "f'DROP TABLE \"{x}\"'",
    'f"DROP TABLE s.{x}"',
    'f"TRUNCATE {x}"',
    'f"DELETE FROM {x}"',
    'f"ALTER TABLE t ADD COLUMN {x} int"',
    'f"ALTER TABLE t {x}"',
    'f"CREATE INDEX i ON t ({x})"',
    "f\"ALTER TYPE e ADD VALUE '{x}'\"",
    'f"SELECT 1; {x}"',
    'f"{x}"',
    "x",
]


@pytest.mark.parametrize("text", NOT_KNOWN)
def test_name_or_clause_that_is_not_known_is_said(text: str) -> None:
    *_, found = executed(text)
    assert isinstance(found, Unrecognized)
    assert "what 'os.environ' holds is known only when it runs" in found.reason


def test_each_statement_is_judged_by_itself() -> None:
    found = executed('f"DROP TABLE a; UPDATE b SET c = {x}; DROP TABLE d"')
    assert [type(each) for each in found] == [DropTable, Update, DropTable]


def test_condition_of_an_index_that_is_not_known_leaves_the_index() -> None:
    (found,) = operations_of(
        'op.create_index("i", "t", ["a"], postgresql_where=sa.text(f"b = {x}"))', head=HEAD
    )
    assert isinstance(found, CreateIndex)
    assert found.where is not None
    assert found.where.opaque


@pytest.mark.parametrize(
    ("call", "names"),
    [
        ('op.execute(f"DELETE FROM t WHERE a = {x}")', ("x",)),
        ("op.execute(f\"DELETE FROM {schema}.t WHERE a = '{x}'\")", ("schema", "x")),
        ('op.execute("DELETE FROM t WHERE a = :b")', ()),
        ('op.drop_table("t", schema=schema)', ("schema",)),
        ('op.drop_table("t", schema="s")', ()),
    ],
)
def test_statement_says_which_names_are_not_known(call: str, names: tuple[str, ...]) -> None:
    (found,) = statements_of(call, head=HEAD)
    assert found.opaque == names


def test_operations_of_a_batch_say_that_its_schema_is_not_known() -> None:
    body = 'with op.batch_alter_table("t", schema=schema) as b:\n    b.drop_column("c")'
    (found,) = statements_of(body, head=HEAD)
    assert found.opaque == ("schema",)


def test_configuration_says_what_a_name_stands_for(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(
        "import os\nfrom alembic import op\nrevision = 'a'\nschema = os.environ['S']\n"
        "def upgrade():\n    op.execute(f'DROP TABLE {schema}.a')\n"
        "    op.drop_table('b', schema=schema)\n",
        "utf-8",
    )
    request = Request((str(path),), placeholders={"schema": "tenant"})
    (selection,) = load(request).selections
    (migration,) = selection.tree.migrations
    found = [(each.operations, each.opaque) for each in migration.up.statements]
    assert found == [
        ((DropTable(table=Name("a", "tenant")),), ()),
        ((DropTable(table=Name("b", "tenant")),), ()),
    ]
