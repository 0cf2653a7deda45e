"""Functions, classes, loops and conditions of a revision, followed without running them."""

import pytest

from migsafe.model.expressions import Name
from migsafe.model.operations import (
    AddColumn,
    CreateEnum,
    CreateIndex,
    CreateSequence,
    CreateTable,
    DataWork,
    DropColumn,
    DropObject,
    DropTable,
    ObjectKind,
    Operation,
    Unrecognized,
)
from migsafe.model.origin import Certainty
from sources.alembic.reading import operations_of


def drops(*tables: str) -> list[Operation]:
    return [DropTable(table=Name(table)) for table in tables]


def certainties(body: str, head: str = "") -> list[tuple[str, Certainty]]:
    found = []
    for each in operations_of(body, head=head):
        assert isinstance(each, DropTable)
        assert each.origin is not None
        found.append((each.table.name, each.origin.certainty))
    return found


ALWAYS, MAYBE = Certainty.ALWAYS, Certainty.MAYBE

CALLED = [
    # What functions are given, and what they return.
    ('gone("a", suffix="b")', "def gone(t, suffix='x'):\n    op.drop_table(t + suffix)", ["ab"]),
    ('gone("a")', "def gone(t, suffix='x'):\n    op.drop_table(t + suffix)", ["ax"]),
    ('gone("a", "b")', "def gone(*ts):\n    for t in ts:\n        op.drop_table(t)", ["a", "b"]),
    ('gone(t="a")', "def gone(**given):\n    op.drop_table(given['t'])", ["a"]),
    ('gone(*["a"], **{"s": "b"})', "def gone(t, *, s):\n    op.drop_table(t + s)", ["ab"]),
    ("gone(op)", "def gone(operations):\n    operations.drop_table('a')", ["a"]),
    ("op.drop_table(name('a'))", "def name(x):\n    return f'{x}_old'", ["a_old"]),
    ("for t in names():\n    op.drop_table(t)", "def names():\n    return ['a', 'b']", ["a", "b"]),
    ("a, b = both()\nop.drop_table(b)", "def both():\n    return 'a', 'b'", ["b"]),
    ("outer()", "def outer():\n    def inner(t):\n        op.drop_table(t)\n    inner('a')", ["a"]),
    ("made('a')()", "def made(t):\n    return lambda: op.drop_table(t)", ["a"]),
    (
        "for f in (first, second):\n    f('a')",
        ("def first(t):\n    op.drop_table(t)\ndef second(t):\n    op.drop_table(t + '2')"),
        ["a", "a2"],
    ),
    ("twice(op.drop_table, 'a')", "def twice(f, t):\n    f(t)\n    f(t + '2')", ["a", "a2"]),
    (
        "gone('b')",
        (
            "import functools\ndef both(s, t):\n    op.drop_table(t + s)\n"
            "gone = functools.partial(both, 'a')"
        ),
        ["ba"],
    ),
    # What changes in place.
    (
        "names = []\nnames.append('a')\nnames += ['b']\nfor t in names:\n    op.drop_table(t)",
        "",
        ["a", "b"],
    ),
    (
        "add(L)\nfor t in L:\n    op.drop_table(t)",
        "L = ['a']\ndef add(to):\n    to.append('b')",
        ["a", "b"],
    ),
    ("d = {'k': []}\ne = d\nd['k'].append('a')\nop.drop_table(e['k'][0])", "", ["a"]),
    (
        "for d in L:\n    op.drop_table(d.pop('t'))\nop.drop_table(str(len(L[0])))",
        "L = [{'t': 'a'}, {'t': 'b'}]",
        ["a", "b", "0"],
    ),
    ("d = {}\nd['a'] = 1\nd.update(b=2)\nfor t in d:\n    op.drop_table(t)", "", ["a", "b"]),
    (
        "remember()\nop.drop_table(LAST)",
        ("LAST = 'a'\ndef remember():\n    global LAST\n    LAST = 'b'"),
        ["b"],
    ),
    (
        "outer()\nop.drop_table(LAST)",
        (
            "LAST = 'a'\ndef outer():\n    n = 'x'\n    def inner():\n        nonlocal n\n"
            "        n = 'b'\n    inner()\n    op.drop_table(n)"
        ),
        ["b", "a"],
    ),
    # The head of a file.
    (
        "for t in L:\n    op.drop_table(t)",
        "L = ['a']\nfor n in (1, 2):\n    L.append(f't{n}')",
        ["a", "t1", "t2"],
    ),
    (
        "op.drop_table(T)",
        ("try:\n    import nothing\nexcept ImportError:\n    nothing = None\nT = 'a'"),
        ["a"],
    ),
    ("op.drop_table(T)", "T = 'a' if 1 < 2 else 'b'", ["a"]),
    # Comprehensions and Python's own functions.
    (
        "for t in [f'{a}_{b}' for a in L for b in L if a != b]:\n    op.drop_table(t)",
        "L = ('x', 'y')",
        ["x_y", "y_x"],
    ),
    ("for t in sorted({'b': 1, 'a': 2}, reverse=True):\n    op.drop_table(t)", "", ["b", "a"]),
    (
        "for i, (t, s) in enumerate(zip('ab', 'cd')):\n    op.drop_table(f'{t}{s}{i}')",
        "",
        ["ac0", "bd1"],
    ),
    ("op.drop_table('_'.join(map(str.lower, ['A', 'B'])))", "", ["a_b"]),
    (
        "for t in sorted(L, key=lambda x: x[1]):\n    op.drop_table(t)",
        "L = ['ab', 'ba']",
        ["ba", "ab"],
    ),
    (
        "first, *rest = L\nfor t in rest[::-1]:\n    op.drop_table(t)",
        "L = ['a', 'b', 'c']",
        ["c", "b"],
    ),
    (
        "if 'a' in T and not isinstance(T, list):\n    op.drop_table(T['a'])",
        "T = {'a': 'x'}",
        ["x"],
    ),
    ("[op.drop_table(t) for t in ('a', 'b')]", "", ["a", "b"]),
    (
        "from itertools import product\nfor a, b in product('ab', 'c'):\n    op.drop_table(a + b)",
        "",
        ["ac", "bc"],
    ),
    ("n = 0\nwhile n < 2:\n    op.drop_table(f't{n}')\n    n += 1", "", ["t0", "t1"]),
    (
        "match 'b':\n    case 'a':\n        pass\n    case _:\n        op.drop_table('c')",
        "",
        ["c"],
    ),
    (
        (
            "for d in (START + timedelta(days=n) for n in range(2)):\n"
            "    op.drop_table(d.strftime('t_%Y_%m_%d') + f'_{d:%d}_{d.month}')"
        ),
        "from datetime import date, timedelta\nSTART = date(2025, 1, 31)",
        ["t_2025_01_31_31_1", "t_2025_02_01_01_2"],
    ),
    (
        "op.drop_table(f'{Decimal(1) / 4}_{UUID(int=1).int}')",
        "from decimal import Decimal\nfrom uuid import UUID",
        ["0.25_1"],
    ),
    # Classes.
    (
        "Mover('a').go()",
        (
            "class Mover:\n    def __init__(self, t):\n        self.t = t\n"
            "    def go(self):\n        op.drop_table(self.t)"
        ),
        ["a"],
    ),
    (
        "op.drop_table(Table('a', 'b').full)",
        (
            "from dataclasses import dataclass\n@dataclass\n"
            "class Table:\n    one: str\n    two: str\n    sep: str = '_'\n    @property\n"
            "    def full(self):\n        return self.one + self.sep + self.two"
        ),
        ["a_b"],
    ),
    (
        "for k in Kind:\n    op.drop_table(k.value)",
        ("import enum\nclass Kind(str, enum.Enum):\n    A = 'a'\n    B = A + 'b'"),
        ["a", "ab"],
    ),
    ("op.drop_table(Kind('a').name)", "import enum\nclass Kind(enum.Enum):\n    X = 'a'", ["X"]),
    ("op.drop_table(Old.__tablename__)", "class Old(Base):\n    __tablename__ = 'a'", ["a"]),
    (
        "op.drop_table(Old.__tablename__)",
        (
            "class Named:\n    @declared_attr\n"
            "    def __tablename__(cls):\n        return cls.__name__.lower()\n"
            "class Old(Named): ..."
        ),
        ["old"],
    ),
    (
        "Helper.go('a')\nHelper.all()",
        (
            "class Helper:\n    @staticmethod\n    def go(t):\n"
            "        op.drop_table(t)\n    @classmethod\n    def all(cls):\n        cls.go('b')"
        ),
        ["a", "b"],
    ),
    (
        (
            "for t in ('a' if isinstance('x', Kind) else 'b', getattr(Kind.A, 'name')):\n"
            "    op.drop_table(t)"
        ),
        "import enum\nclass Kind(enum.Enum):\n    A = 'x'",
        ["b", "A"],
    ),
    # Decorators, generators, context managers.
    (
        "gone()",
        (
            "import functools\ndef guarded(f):\n    @functools.wraps(f)\n"
            "    def run(*args, **kw):\n        op.drop_table('before')\n"
            "        return f(*args, **kw)\n"
            "    return run\n@guarded\ndef gone():\n    op.drop_table('a')"
        ),
        ["before", "a"],
    ),
    (
        "gone()",
        "from tenacity import retry\n@retry(stop=3)\ndef gone():\n    op.drop_table('a')",
        ["a"],
    ),
    (
        "for t in names():\n    op.drop_table(t)",
        ("def names():\n    for x in ('a', 'b'):\n        yield x"),
        ["a", "b"],
    ),
    (
        "with apart('a') as t:\n    op.drop_table(t)",
        (
            "import contextlib\n@contextlib.contextmanager\n"
            "def apart(t):\n    op.drop_table('before')\n    try:\n        yield t\n    finally:\n"
            "        op.drop_table('after')"
        ),
        ["before", "a", "after"],
    ),
    # Connections that come some other way.
    (
        "op.run_async(work, 'a')",
        "async def work(c, t):\n    await c.execute(f'DROP TABLE {t}')",
        ["a"],
    ),
    ("op.get_bind().run_sync(lambda c: c.execute('DROP TABLE a'))", "", ["a"]),
    ("with op.get_bind().connection.cursor() as c:\n    c.execute('DROP TABLE a')", "", ["a"]),
    ("op.get_context().impl.execute('DROP TABLE a')", "", ["a"]),
    ("context.execute('DROP TABLE a')", "", ["a"]),
    (
        "for s in sqlparse.split('DROP TABLE a;DROP TABLE b'):\n    op.execute(s)",
        "import sqlparse",
        ["a", "b"],
    ),
    # Several databases, each with functions of its own.
    (
        "globals()['upgrade_%s' % name]()",
        ("def upgrade_one():\n    op.drop_table('a')\ndef upgrade_two():\n    op.drop_table('b')"),
        ["a", "b"],
    ),
]


@pytest.mark.parametrize(("body", "head", "tables"), CALLED)
def test_what_can_be_read_is_followed(body: str, head: str, tables: list[str]) -> None:
    assert operations_of(body, head=head) == drops(*tables)


UNCERTAIN = [
    # A helper that returns early makes only its own rest uncertain.
    (
        "gone()\nop.drop_table('b')",
        "def gone():\n    if x:\n        return\n    op.drop_table('a')",
        [("a", MAYBE), ("b", ALWAYS)],
    ),
    (
        "for t in 'ab':\n    if x:\n        continue\n    op.drop_table(t)\nop.drop_table('c')",
        "",
        [("a", MAYBE), ("b", MAYBE), ("c", ALWAYS)],
    ),
    (
        "for t in ('a', 'b'):\n    op.drop_table(t)\n    if x:\n        break\nop.drop_table('c')",
        "",
        [("a", ALWAYS), ("b", MAYBE), ("c", ALWAYS)],
    ),
    (
        "for t in ('a', 'b'):\n    if t == 'b':\n        break\n    op.drop_table(t)",
        "",
        [("a", ALWAYS)],
    ),
    (
        "for t in ('a', 'b'):\n    if x:\n        return\n    op.drop_table(t)\nop.drop_table('c')",
        "",
        [("a", MAYBE), ("b", MAYBE), ("c", MAYBE)],
    ),
    # Whoever raises again lets nothing go on without it.
    (
        "try:\n    op.drop_table('a')\nexcept Exception:\n    log.info('x')\n    raise",
        "",
        [("a", ALWAYS)],
    ),
    ("while True:\n    op.drop_table('a')\n    if x:\n        break", "", [("a", ALWAYS)]),
    ("x and op.drop_table('a')", "", [("a", MAYBE)]),
    ("t = 'a'\nif x:\n    t = 'a'\nop.drop_table(t)", "", [("a", ALWAYS)]),
    ("if x:\n    t = 'a'\nelse:\n    raise ValueError\nop.drop_table(t)", "", [("a", ALWAYS)]),
    # Trying the same again is the same.
    (
        (
            "for n in range(9):\n    try:\n        op.drop_table('a')\n        break\n"
            "    except Exception:\n        pass"
        ),
        "",
        [("a", MAYBE)],
    ),
    (
        "with apart():\n    op.drop_table('a')",
        (
            "import contextlib\n@contextlib.contextmanager\n"
            "def apart():\n    if x:\n        yield\n    else:\n        yield"
        ),
        [("a", MAYBE), ("a", MAYBE)],
    ),
]


@pytest.mark.parametrize(("body", "head", "expected"), UNCERTAIN)
def test_only_what_depends_on_a_condition_is_uncertain(
    body: str, head: str, expected: list[tuple[str, Certainty]]
) -> None:
    assert certainties(body, head) == expected


UNKNOWN = [
    ("if x:\n    L.append('b')\nop.drop_table(L[-1])", "L = ['a']", "'L' depends on a condition"),
    (
        "for y in x:\n    L.append('b')\nop.drop_table(L[-1])",
        "L = ['a']",
        "'L' changes with each round of a loop",
    ),
    (
        "t = 'a'\nfor y in x:\n    op.drop_table(t)\n    t = y",
        "",
        "'t' changes with each round of a loop",
    ),
    (
        "op.drop_table(name())",
        "def name():\n    if x:\n        return 'a'\n    return 'b'",
        "what 'name' returns depends on a condition",
    ),
    (
        "op.drop_table(sa.inspect(op.get_bind()).get_table_names()[0])",
        "",
        "what the database holds is not known",
    ),
    (
        "op.drop_table(op.get_bind().execute('SELECT 1').scalar())",
        "",
        "what the database holds is not known",
    ),
    (
        "import os\nop.drop_table(os.environ['T'])",
        "",
        "what 'os.environ' holds is known only when it runs",
    ),
    (
        "import os\nop.drop_table(os.getenv('T', 'a'))",
        "",
        "the environment is known only when it runs",
    ),
]


@pytest.mark.parametrize(("body", "head", "reason"), UNKNOWN)
def test_reason_is_where_the_value_was_lost(body: str, head: str, reason: str) -> None:
    *_, found = operations_of(body, head=head)
    assert isinstance(found, Unrecognized)
    assert found.reason == f"'drop_table': table_name: {reason}"


ENDLESS = [
    "def go():\n    go()",
    "def go(n=0):\n    while n < 10 ** 9:\n        n += 1\n        op.get_bind()",
    "def go():\n    for a in range(900):\n        for b in range(900):\n            op.get_bind()",
    "def go():\n    r = range(900)\n    for a in r:\n     for b in r:\n      for c in r: pass",
    "def go():\n    text = 'a'\n    for _ in range(99):\n        text += text\n    return text",
    "def go():\n    values = [1]\n    for _ in range(99):\n        values += values",
    "def go():\n    return f'{1:>999999999}' + '%999999999d' % 1 + 'a'.ljust(10 ** 9)",
    "def go(n=9):\n    for _ in range(99):\n        n = n * n",
    "def go():\n    return list(range(10 ** 12)), 'a' * 10 ** 12",
]


@pytest.mark.parametrize("head", ENDLESS)
def test_code_without_an_end_is_given_up(head: str) -> None:
    found = operations_of("op.drop_table('a')\ngo()\nop.drop_table('b')", head=head)
    assert found[0] == drops("a")[0]
    # Either it was followed in few steps, or what comes after it is said not to be read.
    last = found[-1]
    assert last == drops("b")[0] or (
        isinstance(last, Unrecognized) and "too many steps" in last.reason
    )


def test_loop_within_loops_is_given_up_and_said() -> None:
    body = "for a in L:\n    for b in L:\n        for c in L:\n            op.f('x')"
    (found,) = operations_of(f"{body}\nop.drop_table('a')", head="L = list(range(500))")
    assert isinstance(found, Unrecognized)
    assert found.reason == "following it takes too many steps: what comes after is not read"
    assert found.relations is None


OBJECTS = """\
from sqlalchemy.orm import Session, DeclarativeBase, mapped_column
class Base(DeclarativeBase): ...
class User(Base):
    __tablename__ = "users"
    __table_args__ = {"schema": "s"}
    id = mapped_column(sa.Integer, primary_key=True)
    name = mapped_column(sa.Text)
users = sa.Table("users", sa.MetaData(), sa.Column("id", sa.Integer), schema="s")
"""
USERS = Name("users", "s")
WORKED = [
    ("session.add(User(name='a'))", "INSERT"),
    ("session.add_all([User(name='a'), User(name='b')])", "INSERT"),
    ("session.query(User).filter(User.id == 1).update({'name': 'b'})", "UPDATE"),
    ("session.query(User).filter_by(id=1).delete()", "DELETE"),
    ("session.delete(session.get(User, 1))", "DELETE"),
    ("for user in session.query(User).all():\n    user.name = 'b'", "UPDATE"),
    ("for user in session.scalars(sa.select(User)):\n    user.name = 'b'", "UPDATE"),
    ("session.execute(sa.update(User).where(User.id == 1).values(name='b'))", "UPDATE"),
    ("session.execute(sa.insert(User.__table__).values(name='b'))", "INSERT"),
    ("session.connection().execute(users.delete())", "DELETE"),
    ("session.bulk_insert_mappings(User, [{}])", "INSERT"),
    ("op.execute(users.update().values(id=1))", "UPDATE"),
    ("op.bulk_insert(User.__table__, [{'name': 'a'}])", "INSERT"),
]


@pytest.mark.parametrize(("work", "verb"), WORKED)
def test_work_of_a_session_is_data_work_on_the_table_of_the_class(work: str, verb: str) -> None:
    body = f"session = Session(bind=op.get_bind())\n{work}\nsession.commit()"
    (found,) = operations_of(body, head=OBJECTS)
    assert isinstance(found, DataWork)
    assert (found.table, found.verb) == (USERS, verb)


@pytest.mark.parametrize(
    "work",
    [
        "session.query(User).filter(User.id == 1).all()",
        "session.execute(sa.select(User.id)).scalars().all()",
        "op.get_bind().execute(users.select())",
        "users.c.id.in_([1])",
        "sa.MetaData().reflect(op.get_bind())",
        'op.get_bind().dialect.has_table(op.get_bind(), "t")',
        'op.get_bind().engine.has_table("t")',
        "session.flush()\nsession.expire_all()",
    ],
)
def test_asking_is_no_work(work: str) -> None:
    assert operations_of(f"session = Session(op.get_bind())\n{work}", head=OBJECTS) == []


def test_sessions_are_made_in_several_ways() -> None:
    for made in (
        "Session(bind=op.get_bind())",
        "sa.orm.sessionmaker(bind=op.get_bind())()",
        "sa.orm.sessionmaker()(bind=op.get_bind())",
        "sa.orm.scoped_session(sa.orm.sessionmaker(bind=op.get_bind()))",
    ):
        (found,) = operations_of(f"s = {made}\ns.add(User())", head=OBJECTS)
        assert found == DataWork(table=USERS, verb="INSERT")


def test_table_is_made_by_its_own_method() -> None:
    made, dropped = operations_of(
        "t.create(op.get_bind())\nt.drop(op.get_bind(), checkfirst=False)",
        head='t = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))',
    )
    assert isinstance(made, CreateTable)
    assert (made.table, made.if_not_exists, [each.name for each in made.columns]) == (
        Name("t"), False, ["id"],
    )  # fmt: skip
    assert dropped == DropTable(table=Name("t"))


E, S = Name("e"), Name("q", "s")
ASKING_FIRST = [
    ("sa.Enum('a', name='e').create(b)", CreateEnum(type=E, labels=("a",))),
    ("sa.Enum('a', name='e').create(b, True)", CreateEnum(E, ("a",), if_not_exists=True)),
    ("postgresql.ENUM('a', name='e').create(b)", CreateEnum(E, ("a",), if_not_exists=True)),
    ("postgresql.ENUM('a', name='e').create(b, False)", CreateEnum(E, ("a",))),
    ("sa.Enum(name='e').drop(b)", DropObject(kind=ObjectKind.TYPE, object=E)),
    (
        "postgresql.ENUM(name='e').drop(b)",
        DropObject(kind=ObjectKind.TYPE, object=E, if_exists=True),
    ),
    ("sa.Table('e', sa.MetaData()).drop(b)", DropTable(table=E)),
    ("sa.Table('e', sa.MetaData()).drop(b, checkfirst=True)", DropTable(E, if_exists=True)),
    ("sa.Sequence('q', schema='s').create(b)", CreateSequence(S, if_not_exists=True)),
    (
        "sa.Sequence('q', schema='s').drop(b, checkfirst=False)",
        DropObject(kind=ObjectKind.SEQUENCE, object=S),
    ),
    ("op.execute(sa.schema.CreateSequence(sa.Sequence('q', schema='s')))", CreateSequence(S)),
]


@pytest.mark.parametrize(("text", "expected"), ASKING_FIRST)
def test_what_is_made_by_its_own_method_asks_first_where_sqlalchemy_does(
    text: str, expected: Operation
) -> None:
    assert operations_of(f"b = op.get_bind()\n{text}") == [expected]


@pytest.mark.parametrize("given", ["checkfirst=x", "x", "**x"])
def test_whether_it_is_asked_first_may_not_be_known(given: str) -> None:
    text = f"sa.Enum('a', name='e').create(op.get_bind(), {given})"
    (found,) = operations_of(text, head="import os\nx = os.environ['X']")
    assert isinstance(found, Unrecognized)
    assert found.relations == (E,)


def test_table_of_a_batch_may_be_in_a_schema_that_is_not_known() -> None:
    body = "with op.batch_alter_table('t', **x) as batch:\n    batch.drop_column('c')"
    found = operations_of(body, head="from app import x")
    assert [type(each) for each in found] == [Unrecognized, Unrecognized]


def test_columns_of_a_table_stand_in_indexes() -> None:
    (found,) = operations_of(
        'op.create_index("i", "t", [sa.func.lower(t.c.name), t.c["a b"]])',
        head='t = sa.table("t", sa.column("name"))',
    )
    assert isinstance(found, CreateIndex)
    assert [each.expression.sql if each.expression else each.column for each in found.elements] == [
        "lower(name)", "a b",
    ]  # fmt: skip


def test_batch_may_be_kept_under_a_name() -> None:
    found = operations_of(
        'batch = op.batch_alter_table("t")\n'
        "with batch as b:\n"
        '    b.drop_column("a")\n'
        '    op.drop_table("u")'
    )
    assert found == [*drops("u"), DropColumn(table=Name("t"), column="a")]


def test_connection_of_its_own_commits_each_statement() -> None:
    (found,) = operations_of(
        "with op.get_bind().engine.connect().execution_options("
        'isolation_level="AUTOCOMMIT") as c:\n'
        '    c.exec_driver_sql("DROP TABLE t")'
    )
    assert found.origin is not None
    assert found.origin.autocommit


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("sqlalchemy_utils.UUIDType", "uuid"),
        ("sqlalchemy_utils.types.TSVectorType", "tsvector"),
        ("fastapi_users_db_sqlalchemy.generics.GUID", "uuid"),
        ("oslo_db.sqlalchemy.types.JsonEncodedDict", "text"),
        ("pgvector.sqlalchemy.Vector", "vector"),
    ],
)
def test_types_of_some_packages_are_known(path: str, expected: str) -> None:
    package, _, name = path.rpartition(".")
    (found,) = operations_of(
        f'op.add_column("t", sa.Column("c", {name}()))', head=f"from {package} import {name}"
    )
    assert isinstance(found, AddColumn)
    assert str(found.column.type) == expected


def test_type_of_the_application_is_what_it_is_on_this_server() -> None:
    head = """\
from sqlalchemy.types import TypeDecorator, UserDefinedType
class Guid(TypeDecorator):
    impl = sa.CHAR
    def load_dialect_impl(self, dialect):
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID())
        return dialect.type_descriptor(sa.CHAR(32))
class Label(TypeDecorator[str]):
    impl = sa.String
class Point(UserDefinedType):
    def get_col_spec(self, **kw):
        return "point"
"""
    types = []
    for made in ("Guid()", "Guid", "Label(20)", "Point()"):
        (found,) = operations_of(f'op.add_column("t", sa.Column("c", {made}))', head=head)
        assert isinstance(found, AddColumn)
        types.append(str(found.column.type))
    assert types == ["uuid", "uuid", "character varying(20)", "point"]
