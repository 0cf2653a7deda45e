"""What is followed in the body of a revision, and what is said where it is not."""

import pytest

from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AddColumn,
    Cause,
    Commit,
    CreateEnum,
    DataWork,
    Delete,
    DropColumn,
    DropIndex,
    DropTable,
    Operation,
    Unrecognized,
    Update,
)
from migsafe.model.origin import Certainty
from sources.alembic.reading import HEAD, operations_of, statements_of


def drop(table: str) -> DropTable:
    return DropTable(table=Name(table))


FOLLOWED = [
    ("op.drop_table(NAME)", 'NAME = "t"', [drop("t")]),
    ('name = "t"\nop.drop_table(name)', "", [drop("t")]),
    ('op.drop_table(f"{P}_x")', 'P = "t"', [drop("t_x")]),
    ('op.drop_table("%s_x" % P)', 'P = "t"', [drop("t_x")]),
    ('op.drop_table("{}_{b}".format(P, b=1))', 'P = "t"', [drop("t_1")]),
    ('op.drop_table(P + "_x")', 'P = "t"', [drop("t_x")]),
    ('op.drop_table(D["k"])', 'D = {"k": "t"}', [drop("t")]),
    ("op.drop_table(L[-1])", 'L = ["a", "b"]', [drop("b")]),
    ("for t in L:\n    op.drop_table(t)", 'L = ("a", "b")', [drop("a"), drop("b")]),
    (
        "for t, c in L:\n    op.drop_column(t, c)",
        'L = [("a", "b")]',
        [DropColumn(table=Name("a"), column="b")],
    ),
    ("op.drop_table(E.A.value)", 'import enum\nclass E(enum.Enum):\n    A = "t"', [drop("t")]),
    ("op.drop_table(E.A.name)", 'import enum\nclass E(enum.Enum):\n    A = "t"', [drop("A")]),
    ("op.drop_table(C.T)", 'class C:\n    T = "t"', [drop("t")]),
    ('a = ["x"]\nop.drop_table(*a)', "", [drop("x")]),
    ('k = {"schema": "s"}\nop.drop_table("t", **k)', "", [DropTable(table=Name("t", "s"))]),
    ('alembic_op.drop_table("t")', "from alembic import op as alembic_op", [drop("t")]),
    ('bind = op.get_bind()\nbind.execute(sa.text("DROP TABLE t"))', "", [drop("t")]),
    ('op.get_bind().execute("DROP TABLE t").fetchall()', "", [drop("t")]),
    ('op.execute("DROP TABLE a; DROP TABLE b")', "", [drop("a"), drop("b")]),
    ('if op.get_bind().dialect.name == "postgresql":\n    op.drop_table("t")', "", [drop("t")]),
    (
        (
            'if context.get_context().dialect.name != "sqlite":\n    op.drop_table("t")\n'
            'else:\n    op.drop_table("u")'
        ),
        "",
        [drop("t")],
    ),
    (
        'bind = op.get_bind()\nif bind.dialect.name == "mysql":\n    return\nop.drop_table("t")',
        "",
        [drop("t")],
    ),
    ('if not True:\n    op.drop_table("t")', "", []),
    ('op.execute("COMMIT")', "", [Commit()]),
    ('op.drop_index("i")', "", [DropIndex(index=Name("i"))]),
    (
        'op.execute(sa.table("t").update().where(sa.text("a")).values(a=1))',
        "",
        [DataWork(table=Name("t"), verb="UPDATE")],
    ),
    (
        't = sa.table("t", sa.column("a"))\nop.get_bind().execute(sa.delete(t))',
        "",
        [DataWork(table=Name("t"), verb="DELETE")],
    ),
    (
        'op.bulk_insert(sa.table("t"), [{}, {}])',
        "",
        [DataWork(table=Name("t"), verb="INSERT", rows=2)],
    ),
    # A table that a parameter brings: what is done to its rows is known.
    (
        "op.bulk_insert(T.kinds, [{}, {}])",
        "from app import T",
        [DataWork(table=None, verb="INSERT", rows=2)],
    ),
    (
        'op.execute(known().kinds.delete().where(known().kinds.c.name == "a"))',
        "known = min",
        [DataWork(table=None, verb="DELETE")],
    ),
    (f'op.drop_index(op.f("ix_{"x" * 70}"))', "", [DropIndex(index=Name(f"ix_{'x' * 52}_3aa3"))]),
    (f'op.drop_index("ix_{"x" * 70}")', "", [DropIndex(index=Name(f"ix_{'x' * 70}"))]),
    ("op.drop_table(str(20))", "", [drop("20")]),
    (
        'op.drop_table(json.dumps({"a": [1, None]}))',
        "import json",
        [drop('{"a": [1, null]}')],
    ),
    (
        'postgresql.ENUM("a", name="e").create(op.get_bind())',
        "",
        [CreateEnum(type=Name("e"), labels=("a",), if_not_exists=True)],
    ),
    ('print("hello")\nx = len([1])', "", []),
    ('import logging\nlogging.getLogger().info("hello")', "", []),
    ('insp = sa.inspect(op.get_bind())\ncols = insp.get_columns("t")', "", []),
    ("helper()", 'def helper():\n    return [x for x in ("a",)]', []),
    ("session = sa.orm.Session(bind=op.get_bind())\nsession.commit()", "", []),
]  # fmt: skip


@pytest.mark.parametrize(("body", "head", "expected"), FOLLOWED)
def test_known_values_are_followed(body: str, head: str, expected: list[Operation]) -> None:
    assert operations_of(body, head=head) == expected


# Each of these must be said; `None` relations: it may concern any.
NOT_FOLLOWED = [
    ("op.drop_table(name())", "", None),
    ("op.drop_table(T)", "import os\nT = os.environ['T']", None),
    ('op.drop_column("t", NAME)', "", (Name("t"),)),
    ('op.add_column("t", COLUMN)', "", (Name("t"),)),
    ('op.create_table("t", *COLUMNS)', "from app import COLUMNS", (Name("t"),)),
    ('op.drop_table("t", **OPTIONS)', "from app import OPTIONS", (Name("t"),)),
    ('op.create_index("i", "t", ["a"], postgresql_magic=1)', "", (Name("t"),)),
    ("op.execute(SQL)", "from app import SQL", None),
    ("op.bulk_insert(T.kinds, ROWS)", "from app import ROWS, T", None),
    ("op.drop_table(json.dumps({T: 1}))", "import json\nfrom app import T", None),
    ("op.drop_table(json.dumps({1: T}))", "import json\nfrom app import T", None),
    ('op.execute(f"DROP TABLE {x}")', "from app import x", None),
    ("op.create_entity(view)", "from app import view", None),
    ("helper()", "def helper():\n    other()\n\ndef other():\n    op.drop_table(x)", None),
    ("helper(op.get_bind())", "def helper(bind):\n    bind.do()", None),
    ("helper(op)", "from app import helper", None),
    ("helper()", "from app.migrations import helper", None),
    ("helpers.go()", "from . import helpers", None),
    ("metadata.create_all(op.get_bind())", "from app import metadata", None),
    ("session = sa.orm.Session(bind=op.get_bind())\nsession.add(x)", "", None),
    (
        (
            "from sqlalchemy.orm import Session\ns = Session(op.get_bind())\n"
            "s.query(T).filter(T.a).update({})"
        ),
        "from app import T",
        None,
    ),
    ("op.get_context().impl.drop_table(x)", "", None),
    ("[op.drop_table(t) for t in tables()]", "from app import tables", None),
    ("for t in tables():\n    op.drop_table(t)", "from app import tables", None),
    ("while True:\n    op.drop_table(name)", "", None),
    ("exec(CODE)", "from app import CODE", None),
    ("go()", "from app import *", None),
    ("Mover().go()", "from app import Mover", None),
    ('go = op.create_view\ngo("v")', "", None),
    ('names = ["a"]\nnames.insert(0, x)\nop.drop_table(names[0])', "", None),
    ("L.extend(x)\nop.drop_table(L[0])", 'L = ["a"]', None),
    (
        'with op.batch_alter_table("t", recreate="always") as b:\n    pass',
        "",
        (Name("t"),),
    ),
    ("with op.batch_alter_table(T) as b:\n    pass", "from app import T", None),
    ('connection = made()\nconnection.execute("DROP TABLE t")', "from app import made", None),
    ('x = made()\nx.y.exec_driver_sql("DROP TABLE t")', "from app import made", None),
    ('rows = db.session.execute("DELETE FROM t")', "from app import db", None),
    ("helper(x)", "def helper(c):\n    c.execute(SQL)", None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "head", "relations"), NOT_FOLLOWED)
def test_what_is_not_known_is_said(
    body: str, head: str, relations: tuple[Name, ...] | None
) -> None:
    found = operations_of(body, head=head)
    assert [type(each) for each in found] == [Unrecognized]
    (operation,) = found
    assert isinstance(operation, Unrecognized)
    assert operation.cause is Cause.CALL
    assert operation.reason
    assert operation.relations == relations


def test_reason_names_the_argument_and_why_it_is_not_known() -> None:
    (found,) = operations_of('op.drop_column("t", NAME)')
    assert isinstance(found, Unrecognized)
    assert found.reason == "'drop_column': the column: 'NAME' is not known"


MAYBE = [
    'if x:\n    op.drop_table("t")',
    'if not sa.inspect(op.get_bind()).has_table("t"):\n    op.drop_table("t")',
    'if x:\n    pass\nelse:\n    op.drop_table("t")',
    'if x:\n    return\nop.drop_table("t")',
    'try:\n    op.drop_table("t")\nexcept Exception:\n    pass',
    'for x in y():\n    op.drop_table("t")',
    'while x:\n    op.drop_table("t")',
    'match x:\n    case 1:\n        op.drop_table("t")',
    'from contextlib import suppress\nwith suppress(ValueError):\n    op.drop_table("t")',
]  # fmt: skip
ALWAYS = [
    'op.drop_table("t")',
    'if x:\n    raise ValueError\nop.drop_table("t")',
    'if x:\n    pass\nop.drop_table("t")',
    'try:\n    op.drop_table("t")\nfinally:\n    pass',
    'with op.get_context().begin_transaction():\n    op.drop_table("t")',
    'with open("x") as f:\n    op.drop_table("t")',
]


@pytest.mark.parametrize(
    ("body", "certainty"),
    [(body, Certainty.MAYBE) for body in MAYBE] + [(body, Certainty.ALWAYS) for body in ALWAYS],
)
def test_condition_makes_what_it_guards_uncertain(body: str, certainty: Certainty) -> None:
    found = operations_of(body)
    assert found == [drop("t")]
    assert found[0].origin is not None
    assert found[0].origin.certainty is certainty


def test_name_assigned_in_a_branch_is_unknown_after_it() -> None:
    found = operations_of('t = "a"\nif x:\n    t = "b"\nop.drop_table(t)')
    assert [type(each) for each in found] == [Unrecognized]


def test_autocommit_block_marks_what_is_inside() -> None:
    found = operations_of(
        'with op.get_context().autocommit_block():\n    op.drop_table("a")\nop.drop_table("b")'
    )
    assert [each.origin is not None and each.origin.autocommit for each in found] == [
        True,
        False,
    ]


def test_batch_is_sent_when_its_block_ends() -> None:
    found = operations_of(
        'with op.batch_alter_table("t", schema="s") as b:\n'
        '    b.add_column(sa.Column("c", sa.Integer()))\n'
        '    op.execute("UPDATE x SET a = 1")\n'
        '    b.drop_column("d")'
    )
    assert [type(each) for each in found] == [Update, AddColumn, DropColumn]
    assert isinstance(found[2], DropColumn)
    assert found[2].table == Name("t", "s")


def test_span_of_sql_in_a_plain_literal_is_exact() -> None:
    body = 'op.execute("UPDATE ä SET a = 1; DROP TABLE t")'
    text = f"{HEAD}\n\ndef upgrade():\n    {body}\n"
    spans = [each.origin for statement in statements_of(body) for each in statement.operations]
    assert [
        text[origin.span.start : origin.span.end].rstrip(";")
        for origin in spans
        if origin is not None
    ] == ["UPDATE ä SET a = 1", "DROP TABLE t"]
    assert [
        text[origin.call_span.start : origin.call_span.end]
        for origin in spans
        if origin is not None and origin.call_span is not None
    ] == [body, body]


@pytest.mark.parametrize(
    "body",
    [
        'op.execute("DROP TABLE " "t")',
        'op.execute("DROP\\tTABLE t")',
        'op.execute("DROP TABLE {}".format("t"))',
    ],
)
def test_span_of_other_sql_is_the_call(body: str) -> None:
    (statement,) = statements_of(body)
    (operation,) = statement.operations
    assert operation == drop("t")
    assert operation.origin is not None
    assert operation.origin.span == operation.origin.call_span == statement.span


def test_named_parameters_are_read_and_text_is_left_alone() -> None:
    (found,) = operations_of(
        'op.get_bind().execute(sa.text("UPDATE t SET a = :val WHERE b = \'12:30\'"), {"val": 1})'
    )
    assert isinstance(found, Update)
    assert found.where is not None
    assert "12:30" in found.where.sql


@pytest.mark.parametrize("name", ["names", "n"])
def test_an_expanding_parameter_brings_its_own_parentheses(name: str) -> None:
    body = f'op.get_bind().execute(sa.text("DELETE FROM t WHERE a IN :{name} AND b = 1"))'
    (found,) = operations_of(body)
    assert isinstance(found, Delete)
    (origin,) = [each.origin for each in statements_of(body)[0].operations]
    assert origin is not None
    assert origin.span.end - origin.span.start == len(f"DELETE FROM t WHERE a IN :{name} AND b = 1")


def test_the_configuration_is_no_way_to_the_database() -> None:
    assert operations_of("op.get_context().config.get_section('x')") == []


def test_each_parameter_of_a_text_has_its_number() -> None:
    [update] = operations_of(
        """op.execute(sa.text("UPDATE t SET a = :new WHERE b = :old AND c <> :new AND d = :e"))"""
    )
    assert isinstance(update, Update)
    assert update.where is not None
    assert update.where.sql == "b = $2 AND c <> $1 AND d = $3"
