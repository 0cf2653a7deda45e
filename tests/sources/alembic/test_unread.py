"""Calls through which the schema may change are followed or said; what never does is quiet."""

import pytest

from migsafe.model.expressions import Name
from migsafe.model.operations import DataWork, DropTable, Operation, Unrecognized
from migsafe.model.origin import Certainty
from sources.alembic.reading import operations_of, statements_of

GONE = "def gone(*given):\n    op.drop_table('a')\n"


def drops(*tables: str) -> list[Operation]:
    return [DropTable(table=Name(table)) for table in tables]


def certainties(body: str, head: str) -> list[tuple[str, Certainty]]:
    found = []
    for each in operations_of(body, head=head):
        assert isinstance(each, DropTable)
        assert each.origin is not None
        found.append((each.table.name, each.origin.certainty))
    return found


A_RUNS = "class A:\n    def run(self):\n        op.drop_table('a')\n"
FOLLOWED = [
    # Methods of classes that another class is made of.
    ("B().run()", f"{A_RUNS}class B(A):\n    def run(self):\n        super().run()", ["a"]),
    ("B().run()", f"{A_RUNS}class B(A):\n    def run(self):\n        super(B, self).run()", ["a"]),
    (
        "B('a').go()",
        (
            "class A:\n    def __init__(self, t):\n        self.t = t\n"
            "class B(A):\n    def __init__(self, t):\n        super().__init__(t + 'x')\n"
            "    def go(self):\n        op.drop_table(self.t)"
        ),
        ["ax"],
    ),
    (
        "D().run()",
        (
            f"{A_RUNS}class B(A):\n    def run(self):\n        op.drop_table('b')\n"
            "        super().run()\nclass C(A):\n    def run(self):\n        op.drop_table('c')\n"
            "        super().run()\nclass D(B, C): ..."
        ),
        ["b", "c", "a"],
    ),
    # Methods that Python calls by itself.
    (
        "with C() as c:\n    c.drop_table('b')",
        (
            "class C:\n    def __enter__(self):\n        op.drop_table('a')\n        return op\n"
            "    def __exit__(self, *given):\n        op.drop_table('c')"
        ),
        ["a", "b", "c"],
    ),
    ("C()('a')", "class C:\n    def __call__(self, t):\n        op.drop_table(t)", ["a"]),
    ("C()['a']", "class C:\n    def __getitem__(self, t):\n        op.drop_table(t)", ["a"]),
    (
        "for t in C():\n    op.drop_table(t)",
        "class C:\n    def __iter__(self):\n        op.drop_table('a')\n        return iter('b')",
        ["a", "b"],
    ),
    (
        "C().drop_table('a')",
        "class C:\n    def __getattr__(self, name):\n        return getattr(op, name)",
        ["a"],
    ),
    (
        "C('a')",
        (
            "from dataclasses import dataclass\n@dataclass\nclass C:\n    t: str\n"
            "    def __post_init__(self):\n        op.drop_table(self.t)"
        ),
        ["a"],
    ),
    (
        "c = C()\nc.t = 'a'",
        (
            "class C:\n    @property\n    def t(self):\n        return 'x'\n"
            "    @t.setter\n    def t(self, value):\n        op.drop_table(value)"
        ),
        ["a"],
    ),
    ("class C:\n    op.drop_table('a')\n    x = op.drop_table('b')", "", ["a", "b"]),
    ("@gone\nclass C: ...", GONE, ["a"]),
    ("C.go()", f"{GONE}@gone\nclass C:\n    @staticmethod\n    def go(): ...", ["a"]),
    (
        "class C(B): ...",
        "class B:\n    def __init_subclass__(cls):\n        op.drop_table('a')\n",
        ["a"],
    ),
    (
        "C.run()",
        (
            "class B:\n    @classmethod\n    def run(cls):\n        op.drop_table('a')\n"
            "class C(B):\n    @classmethod\n    def run(cls):\n        super().run()\n"
        ),
        ["a"],
    ),
    (
        "for k in K:\n    k.drop()",
        (
            "import enum\nclass K(enum.Enum):\n    A = 'a'\n"
            "    def drop(self):\n        op.drop_table(self.value)\n"
        ),
        ["a"],
    ),
    (
        "C.run('a')",
        ("class C:\n    @staticmethod\n    def go(t):\n        op.drop_table(t)\n    run = go\n"),
        ["a"],
    ),
    # What decorators keep in a list.
    (
        "for step in STEPS:\n    step()",
        (
            "STEPS = []\ndef step(made):\n    STEPS.append(made)\n    return made\n"
            "@step\ndef one():\n    op.drop_table('a')\n"
            "@step\ndef two():\n    op.drop_table('b')\n"
        ),
        ["a", "b"],
    ),
    (
        "for _ in gone():\n    pass",
        ("def gone():\n    yield from inner()\ndef inner():\n    yield op.drop_table('a')\n"),
        ["a"],
    ),
    # `op` by other names.
    ("vars(op)['drop_table']('a')\nop.__dict__['drop_table']('b')", "", ["a", "b"]),
    ("sys.modules['alembic.op'].drop_table('a')", "import sys\n", ["a"]),
    ("importlib.import_module('alembic.op').drop_table('a')", "import importlib\n", ["a"]),
    ("drop_table('a')", "from alembic.op import drop_table\n", ["a"]),
    ("with contextlib.nullcontext(op) as o:\n    o.drop_table('a')", "import contextlib\n", ["a"]),
    # Functions that are called by Python's own.
    ("list(map(lambda s, t: op.drop_table(s + t), 'ab', 'xy'))", "", ["ax", "by"]),
    ("list(starmap(op.drop_table, [('a',)]))", "from itertools import starmap\n", ["a"]),
    (
        "reduce(lambda _, t: op.drop_table(t), 'ab', None)",
        "from functools import reduce\n",
        ["a", "b"],
    ),
    # What leads back to the connection.
    ("sa.inspect(op.get_bind()).bind.execute('DROP TABLE a')", "", ["a"]),
    ("op.get_bind().exec_driver_sql('SET x = 1').connection.execute('DROP TABLE a')", "", ["a"]),
    (
        "s.query(1).session.execute('DROP TABLE a')",
        "from sqlalchemy.orm import Session\ns = Session(op.get_bind())\n",
        ["a"],
    ),
    (
        "o = Operations(MigrationContext.configure(op.get_bind()))\no.drop_table('a')",
        (
            "from alembic.migration import MigrationContext\n"
            "from alembic.operations import Operations\n"
        ),
        ["a"],
    ),
    ("if x:\n    c = op.get_bind()\nelse:\n    c = None\nc.execute('DROP TABLE a')", "", ["a"]),
    # Statements that SQLAlchemy 1 sends by themselves.
    ("sa.text('DROP TABLE a').execute()", "", ["a"]),
    ("sa.text('DROP TABLE a').execution_options(autocommit=True).execute()", "", ["a"]),
    ("sa.DDL('DROP TABLE a').execute(op.get_bind())", "", ["a"]),
]


@pytest.mark.parametrize(("body", "head", "tables"), FOLLOWED)
def test_what_is_called_in_other_ways_is_followed(body: str, head: str, tables: list[str]) -> None:
    found = [each for each in operations_of(body, head=head) if isinstance(each, DropTable)]
    assert found == drops(*tables)


def test_rows_of_a_table_change_where_a_statement_is_bound() -> None:
    (found,) = operations_of("t.delete().execute()", head='t = sa.table("t")\n')
    assert found == DataWork(table=Name("t"), verb="DELETE")


PERHAPS = [
    ("D[x]('a')", "D = {1: op.drop_table}\n", ["a"]),
    ("D.get(x)()", f"{GONE}D = {{1: gone}}\n", ["a"]),
    ("f = D[x]\ny = f('a')", "D = [op.drop_table]\n", ["a"]),
    ("(gone if x else print)()", GONE, ["a"]),
    ("if x:\n    f = gone\nelse:\n    f = None\nf()", GONE, ["a"]),
    (
        "if x:\n    f = op.drop_table\nelse:\n    f = gone\nf('b')",
        GONE,
        ["b", "a"],
    ),
    (
        "getattr(C(), x)()",
        "class C:\n    def run(self):\n        op.drop_table('a')\n",
        ["a"],
    ),
    # Whoever is given a function may call it.
    ("Thread(target=gone).start()", f"from threading import Thread\n{GONE}", ["a"]),
    ("atexit.register(gone)", f"import atexit\n{GONE}", ["a"]),
    ("shelve.open([gone])", f"import shelve\n{GONE}", ["a"]),
    ("x = max(y, key=gone)", f"{GONE}y = {{}}\n", ["a"]),
    ("re.sub('a', gone, 'a')", f"import re\n{GONE}", ["a"]),
    ("json.loads('{}', object_hook=gone)", f"import json\n{GONE}", ["a"]),
    (
        "deque(gone(), 0)",
        "from collections import deque\ndef gone():\n    yield op.drop_table('a')\n",
        ["a"],
    ),
    (
        "T().start()",
        (
            "from threading import Thread\nclass T(Thread):\n"
            "    def run(self):\n        op.drop_table('a')\n"
        ),
        ["a"],
    ),
    (
        "re.sub('a', C(), 'a')",
        ("import re\nclass C:\n    def __call__(self, m):\n        op.drop_table('a')\n"),
        ["a"],
    ),
    ("g = (op.drop_table(t) for t in 'a')\nlist(g)", "", ["a"]),
    # Python calls these by itself.
    ("C() >> 1", "class C:\n    def __rshift__(self, n):\n        op.drop_table('a')\n", ["a"]),
    ("if C(): ...", "class C:\n    def __bool__(self):\n        op.drop_table('a')\n", ["a"]),
    (
        "C()",
        (
            "class M(type):\n    def __call__(cls):\n"
            "        op.drop_table('a')\nclass C(metaclass=M): ...\n"
        ),
        ["a"],
    ),
    (
        "inner()",
        (
            "import contextlib\n@contextlib.contextmanager\ndef apart():\n    yield\n"
            "    op.drop_table('a')\n@apart()\ndef inner(): ...\n"
        ),
        ["a"],
    ),
    (
        "inner()",
        (
            "import contextlib\nclass D(contextlib.ContextDecorator):\n"
            "    def __enter__(self):\n        op.drop_table('a')\n@D()\ndef inner(): ...\n"
        ),
        ["a"],
    ),
    # An import may fail or not.
    (
        (
            "try:\n    import nothing\n    op.drop_table('a')\n"
            "except ImportError:\n    op.drop_table('b')"
        ),
        "",
        ["a", "b"],
    ),
    (
        "f()",
        (
            "try:\n    from json import f\nexcept ImportError:\n"
            "    def f():\n        op.drop_table('a')\n"
        ),
        ["a"],
    ),
    (
        "if HAS:\n    op.drop_table('a')",
        "try:\n    import nothing\n    HAS = True\nexcept ImportError:\n    HAS = False\n",
        ["a"],
    ),
    # The head of a file has conditions as well.
    ("f()", f"{GONE}if x:\n    f = gone\nelse:\n    f = print\n", ["a"]),
    (
        "f()",
        "if x:\n    def f(): ...\nelse:\n    def f():\n        op.drop_table('a')\n",
        ["a"],
    ),
    ("match 1:\n    case y if op.drop_table('a'): ...", "", ["a"]),
]


@pytest.mark.parametrize(("body", "head", "tables"), PERHAPS)
def test_what_may_be_called_is_uncertain(body: str, head: str, tables: list[str]) -> None:
    assert certainties(body, head) == [(table, Certainty.MAYBE) for table in tables]


def test_value_of_a_head_with_conditions_is_not_known() -> None:
    head = "import os\nif os.environ.get('X'):\n    T = 'a'\nelse:\n    T = 'b'\n"
    (found,) = operations_of("op.drop_table(T)", head=head)
    assert isinstance(found, Unrecognized)
    assert found.reason == "'drop_table': table_name: 'T' depends on a condition"


SAID = [
    # Code that is not in the repository.
    ("x = helper()", "from app import helper", "'helper' comes from 'app.helper'"),
    ("_ = helper()", "from app import *", "'helper' comes from 'app'"),
    ("x = o.drop_table('a')", "from app import *", "'o.drop_table' comes from 'app'"),
    ("if app.drop_old():\n    pass", "import app", "'app.drop_old' comes from 'app'"),
    ("return app.run()", "import app", "'app.run' comes from 'app'"),
    ("with app.apart():\n    pass", "import app", "'app.apart' comes from 'app'"),
    ("[app.go(t) for t in 'ab']", "import app", "'app.go' comes from 'app'"),
    ("list(map(app.go, 'ab'))", "import app", "'map' comes from 'app.go'"),
    ("x and not app.go()", "import app", "'app.go' comes from 'app'"),
    ("s = app.Service()\ns.run()", "import app", "'s.run' comes from 'app.Service'"),
    ("for m in app.models():\n    m.make()", "import app", "'m.make' comes from 'app.models'"),
    ("M().run()", "import app\nclass M(app.Base): ...", "'M(…).run' comes from 'app.Base'"),
    (
        "B().run()",
        "import app\nclass B(app.Base):\n    def run(self):\n        super().run()",
        "comes from 'app.Base'",
    ),
    ("gone()", "import app\n@app.apart\ndef gone(): ...", "'app.apart' comes from 'app.apart'"),
    ("importlib.import_module('app').go()", "import importlib", "comes from 'app.go'"),
    ("app.all({1: [op]})", "import app", "'app.all' gets hold of 'op'"),
    # What runs something else.
    ("x = os.popen('x')", "import os", "what 'os.popen' runs is not read"),
    ("system('x')", "from os import system", "what 'os.system' runs is not read"),
    ("run(['x'])", "from subprocess import run", "what 'subprocess.run' runs is not read"),
    ("x = runpy.run_path('x')", "import runpy", "what 'runpy.run_path' runs is not read"),
    ("command.upgrade(c, 'b')", "from alembic import command\nc = 1", "'alembic.command.upgrade'"),
    ("importlib.import_module(x).go()", "import importlib", "may change the schema: 'x' is not"),
    # `op` that is not seen any more.
    ("getattr(op, x)('a')", "", "'getattr(…)' may change the schema: 'x' is not known"),
    ("vars(op)[x]('a')", "", "may change the schema: 'x' is not known"),
    ("locals()['f']()", "", "may change the schema: the names of a function"),
    ("list(map(op.drop_table, x))", "", "'drop_table': 'x' is not known"),
    ("list(filter(lambda t: op.drop_table(t), x))", "", "table_name: 'x' is not known"),
    ("y = sorted(x, key=lambda t: op.drop_table(t))", "", "table_name: 'x' is not known"),
    (
        "for y in x:\n    c.run()\n    c.n = y",
        "class C:\n    def __init__(self):\n        self.o = op\nc = C()",
        "'c.run' may change the schema",
    ),
    ("for c in C.__subclasses__():\n    c().go()", "class C: ...", "are made of 'C' is not known"),
    ("type('X', (), {'f': op.drop_table})().f('a')", "", "what a class holds is not known"),
    (
        "for n, f in inspect.getmembers(C()):\n    f()",
        "import inspect\nclass C:\n    def go(self):\n        op.drop_table('a')",
        "'f' may change the schema: what 'inspect.getmembers' returns is not known",
    ),
    # Connections of their own, and what is made of metadata.
    ("c = sa.create_engine('x').connect()\nc.run_it()", "", "'c.run_it' may change the schema"),
    ("c = psycopg2.connect('x')\nc.lobject()", "import psycopg2", "'c.lobject' may change"),
    ("sa.orm.Session().execute('DROP TABLE a')", "", "may change the schema"),
    ("m.drop_all()", "m = sa.MetaData()", "what '.drop_all()' of a metadata makes is not known"),
    ("B.metadata.create_all()", "B = sa.orm.declarative_base()", "'B.metadata.create_all' makes"),
    ("sa.Index('i', 'a').create()", "", "'.create()' of what belongs to a table is not read"),
    ("for i in t.indexes:\n    i.drop()", "t = sa.Table('t')", "the indexes of a table are not"),
    ("b = op.get_bind()\nb.dialect.do_execute(b, 'x')", "", "'b.dialect.do_execute' gets"),
    # Code without an end that the function does not get `op` for.
    ("go(99)", "def go(n):\n    op.get_bind() if not n else go(n - 1)", "calls itself more often"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "head", "reason"), SAID)
def test_what_is_not_followed_is_said(body: str, head: str, reason: str) -> None:
    (statement,) = statements_of(body, head=head)
    (found,) = statement.operations
    assert isinstance(found, Unrecognized)
    assert reason in found.reason
    assert statement.span.end > statement.span.start


QUIET = [
    "log.info('x %s', op.get_bind())",
    "log.bind(a=1).warning('x')",
    "print(op.get_bind(), str(op.get_bind().engine.url))",
    "x = json.dumps({}, default=str)",
    "x = datetime.datetime.now() - datetime.timedelta(days=1)\ny = x.strftime('%Y')",
    "uuid.uuid4().hex",
    "time.sleep(1)",
    "x = os.environ.get('A')\nos.makedirs('x')\nos.path.exists('y')",
    "assert op.get_bind().dialect.name == 'postgresql'",
    "if context.is_offline_mode():\n    return",
    "warnings.warn('x', stacklevel=2)",
    "re.sub('a', lambda m: m.group(0).upper(), 'a')",
    "x = max([1], key=lambda n: -n)\ny = sorted(x, key=lambda n: n)",
    "raise RuntimeError(f'no {op.get_bind().dialect.name}')",
    "with contextlib.suppress(ValueError):\n    int('x')",
    "threading.Thread(target=print).start()",
    "d = op.get_bind().dialect\nd.has_table(op.get_bind(), 'a')",
    "def f(n):\n    return n if n < 2 else n * f(n - 1)\nf(99)",
    "x = slugify('a')\nclick.echo(x)",
    "x = app.settings()\ny = app.hashed(x.salt, 'x')\nprint(y)",
    "class C:\n    def __str__(self):\n        return 'x'\nprint(C())",
    "e = app.Error('x')\nif e:\n    raise e",
    "m = sa.MetaData()\nm.reflect(op.get_bind())\nm.clear()",
    "c = sa.create_engine('x').connect()\nc.execute('SELECT 1').fetchall()\nc.close()",
    "try:\n    import ujson as json\nexcept ImportError:\n    import json\nprint(json.dumps({}))",
]  # fmt: skip
NESTED = (
    "def f(*g):\n    atexit.register(f, f, h)\n    x.each(h, f)\ndef h(*g):\n    x.each(f, h)\n"
)


def test_functions_that_hand_each_other_on_have_an_end() -> None:
    assert operations_of("f()\nh()", head=f"import atexit\nx = atexit\n{NESTED}") == []


DEAR = [
    (
        "f0()",
        "import atexit\n"
        + "".join(
            f"def f{n}(*g):\n    atexit.register(f{n + 1})\n    atexit.register(f{n + 1})\n"
            for n in range(30)
        )
        + "def f30(*g): ...\n",
    ),
    (
        "for i in L:\n    for j in L:\n        y = D[x]",
        "L = range(900)\nD = {i: op.drop_table for i in range(900)}\n",
    ),
    (
        "for i in range(900):\n    C()",
        "class C:\n"
        + "".join(f"    def __a{n}__(self):\n        op.drop_table('a')\n" for n in range(99)),
    ),
]


@pytest.mark.parametrize(("body", "head"), DEAR)
def test_following_what_may_be_called_has_its_price(body: str, head: str) -> None:
    found = operations_of(body, head=head)
    assert isinstance(found[-1], Unrecognized)
    assert "takes too many steps" in found[-1].reason
    assert len(found) < 10_000


QUIET_HEAD = """\
import app
import click
import contextlib
import datetime
import json
import os
import re
import structlog
import threading
import time
import uuid
import warnings
from slugify import slugify
log = structlog.get_logger()
"""


@pytest.mark.parametrize("body", QUIET)
def test_what_reaches_no_database_is_quiet(body: str) -> None:
    assert operations_of(body, head=QUIET_HEAD) == []
