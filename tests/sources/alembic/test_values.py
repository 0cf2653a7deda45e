"""What values are worth: what Python says, or not known; never anything else."""

import time

import pytest

from migsafe.model.operations import Operation, Unrecognized
from sources.alembic.executing import differences, read
from sources.alembic.reading import operations_of


def revision(body: str, head: str = "") -> str:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f"{head}\n\ndef upgrade():\n{lines}\n"


KNOWN = [
    "'%d' % 1.7",
    "'%d' % True",
    "'%05d|%-4s|%4s|%.2f|%r' % (7, 'a', 'b', 1.5, 'c')",
    "'%(a)s-%(b)d' % {'a': 1, 'b': 2.5}",
    "'%s%%' % 3",
    "'%s' % ['a', 1]",
    "'%s and %s' % ('a', ('b', None))",
    "'{0[a]}-{1[0]}'.format({'a': 1}, ['b'])",
    "'{!r:>6}|{:<4}|{:04d}|{x!s:^5}'.format('a', 'b', 7, x=None)",
    "'{:{w}}|{:>{}}'.format('a', 'b', 3, w=4)",
    "'{a}-{b}'.format_map({'a': 1, 'b': 'c'})",
    "f'{1 + 1=}-{\"a\"!r:>6}-{3:03}-{2.5:.2f}'",
    "f'{True}{None}{[1, (2,)]}'",
    "{'a': 'b', 'a': 'c'}['a']",
    "{'a': 'b', 'a': 'c'}.get('a')",
    "str({1: 'a', True: 'b'})",
    "str(dict([('a', 1), ('b', 2), ('a', 3)]))",
    "str({'a': 1} | {'b': 2, 'a': 3})",
    "str([1, 2, 3, 4][::-1]) + 'abcd'[::-2] + str((1, 2, 3)[-2:])",
    "str(-7 // 2) + str(-7 % 3) + str(7 % -3) + str(7 / 2)",
    "str(1 < 2 < 3) + str(1 < 3 < 2) + str(1 < 2 == 2)",
    "str(None or 'a') + str('' and 'b') + str([] or 0)",
    "str(1 in [1, 2]) + str('a' not in {'a': 1}) + str('b' in 'abc')",
    "str(None is None) + str(True is True) + str(1 is None)",
    "str([1] == (1,)) + str([1] == [1]) + str({'a': 1} == {'a': 1.0})",
    "str(sorted([3, 1, 2], key=lambda x: -x)) + str(sorted('bca', reverse=True))",
    "str(list(zip('ab', [1, 2, 3]))) + str(list(enumerate('ab', 1)))",
    "str([1] * 3) + 2 * 'ab' + str((0,) * -1)",
    "'a-b-c'.partition('-')[2] + ''.join('a b'.split()) + 'aXa'.strip('a')",
    "str(len('äb')) + str(len(b'ab')) + str(round(2.5)) + str(round(12345, -2))",
    "str([*range(3), *'ab']) + str({**{'a': 1}, 'b': 2})",
    "str(sum([1, 2], 3)) + str(max('a', 'b')) + str(min([3, 1]))",
    "(lambda a, *b, c=1, **d: f'{a}{b}{c}{d}')(1, 2, 3, e=4)",
    "str(+1) + str(-1) + str(not 0)",
    "'ab'.encode().decode() + str(b'ab'[0])",
    "'\\ue000 \\uf8ff \\U000f0000 \\U0010fffd'",
]


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("text", KNOWN)
def test_expression_is_worth_what_python_says(text: str) -> None:
    written = revision(f"op.drop_table({text})")
    assert differences(written) == []
    assert all(line.is_known for line in read(written).lines.values())


HEAD = """\
import datetime, decimal, enum, itertools, json, os, re
k = os.environ.get("K", "a")
class Plain(enum.Enum):
    A = "a"
class Text(str, enum.Enum):
    A = "a"
"""
# Only a run tells; each of these was once held to be known.
ONLY_WHEN_RUN = [
    "{'a': 1, k: 2}['a']",
    "{k: 1}.get('a', 2)",
    "{'a': 1, k: 2}.get('a')",
    "str(list({'a', 'b'}))",
    "','.join({'a', 'b'})",
    "f'{Text.A}'",
    "'%s' % Text.A",
    "'{}'.format(Text.A)",
    "str([Text.A])",
    "'{0.__class__}'.format('a')",
    "str([k].index('b'))",
    "'a' if 'b' in [k] else 'c'",
    "[{k: 1, 'b': 2}][0].popitem()",
    "'%s' % (1, 2)",
    "'abc' % 1",
    "'%*d' % (3, 1)",
    "str(list(zip('ab', [1], strict=k)))",
    "('x' + k + 'b').replace('bb', '')",
    "f'{k}b'.title()",
    "str(1000 is 1000)",
    "str(isinstance({}, re.Match))",
    "str({1: 'a'}.keys())",
    "str(len({k: 1, 'a': 2}))",
    "''.join(x for x in {k: 1, 'a': 2})",
]


@pytest.mark.parametrize("text", ONLY_WHEN_RUN)
def test_value_that_only_a_run_tells_is_not_known(text: str) -> None:
    (found,) = operations_of(f"op.drop_table({text})", head=HEAD)
    assert isinstance(found, Unrecognized)


HUGE = [
    "round(10 ** 400)",
    "round(10 ** 17, -10 ** 9)",
    "bytes(10 ** 10)",
    "bytearray(10 ** 10)",
    "'x'.encode('no such encoding')",
    "b'x'.decode('rot13')",
    "str(b'x', 'no such encoding')",
    "bytes('x', 'no such encoding')",
    "'{:1000000000}'.format('x')",
    "'{:{w}}'.format('x', w=10 ** 9)",
    "f'{1:1000000000}'",
    "f'{1:{10 ** 9}}'",
    "format(1, '1000000000')",
    "'%1000000000s' % 'x'",
    "'%*d' % (10 ** 9, 1)",
    "'%.1000000000f' % 1.0",
    "json.dumps([1], indent=10 ** 9)",
    "json.dumps(list(range(9999)), indent='x' * 9999)",
    "('x' * 9999).join(['a' * 9999] * 9999)",
    "''.join(c * 9999 for c in 'abc' * 3000)",
    "'a' * 10 ** 9",
    "10 ** 10 ** 8",
    "1 << 10 ** 10",
    "'a'.ljust(10 ** 9)",
    "'a\\t'.expandtabs(10 ** 9)",
    "('a' * 9999).replace('a', 'b' * 9999)",
    "str([[[['a'] * 999] * 999] * 999] * 999)",
    "[[[['a'] * 9999] * 9999] * 9999] == 1",
    "list(itertools.product(range(9999), repeat=9))",
    "sum(range(10 ** 12))",
    "sum([[1]] * 9999, [])",
    "re.sub('(a+)+$', '', 'a' * 40 + 'b')",
    "str(int(decimal.Decimal('1e999999999')))",
    "'{:f}'.format(decimal.Decimal('1e99999999'))",
    "json.loads('[' * 100000)",
    "datetime.timedelta(days=10 ** 9)",
    f"f'{{0x{'f' * 5000}}}'",
]


@pytest.mark.parametrize("text", HUGE)
def test_value_that_is_too_large_is_not_made(text: str) -> None:
    started = time.process_time()
    (found,) = operations_of(f"op.drop_table({text})", head=HEAD)
    assert isinstance(found, Unrecognized)
    assert time.process_time() - started < 1


def test_characters_of_private_use_stand_beside_what_is_not_known() -> None:
    head = f"{HEAD}p = '\U000f0000 \ue000'\n"
    known, unknown = operations_of(
        "op.execute(f\"DELETE FROM t WHERE a = '{p}'\")\n"
        "op.execute(f\"DELETE FROM t WHERE a = '{p}' AND b = '{k}'\")",
        head=head,
    )
    assert not isinstance(known, Unrecognized)
    assert isinstance(unknown, Unrecognized)
    assert "private use" in unknown.reason


def dropping(body: str) -> list[Operation]:
    return operations_of(f"{body}\nop.drop_table(s[0])", head=HEAD)


GROWING = [
    "s = 'a'\nfor i in range(60):\n    s += s",
    "s = 'a'\nfor i in range(60):\n    s = f'{s}{s}'",
    "s = 'ab'\nfor i in range(60):\n    s = s.replace('a', s + s)",
    "s = 'a'\nfor i in range(60):\n    s = '%s%s' % (s, s)",
    "s = ['a']\nfor i in range(60):\n    s += s",
    "s = ['a']\nfor i in range(60):\n    s = [s, s]\ns = str(s)",
    "s = ['a']\nfor i in range(60):\n    s = (s, s)\ns = s == s",
    "s = ['a']\nfor i in range(60):\n    s = {'a': s, 'b': s}\ns = json.dumps(s)",
    "s = ['a']\nfor i in range(60):\n    s.append(s)\ns = str(s)",
    "s = k\nfor i in range(60):\n    s = f'{s}{s}'",
]


@pytest.mark.parametrize("body", GROWING)
def test_value_that_doubles_is_given_up(body: str) -> None:
    started = time.process_time()
    found = dropping(body)
    assert isinstance(found[-1], Unrecognized)
    assert time.process_time() - started < 2


BODIES = {
    "a list has several names": "a = b = []\na.append('x')\nop.drop_table(str(b))",
    "a list is held elsewhere": "a = []\nb = {'k': [a]}\na.append('x')\nop.drop_table(str(b))",
    "a list is added to in place": "a = ['x']\nb = a\nb += ['y']\nop.drop_table(str(a))",
    "a list is made anew": "a = ['x']\nb = a\nb = b + ['y']\nop.drop_table(str(a))",
    "a dictionary is added to in place": (
        "a = {'x': 1}\nb = a\nb |= {'y': 2}\nop.drop_table(str(a))"
    ),
    "a copy is another object": (
        "import copy\na = [['x']]\nb = copy.copy(a)\nc = copy.deepcopy(a)\n"
        "a[0].append('y')\na.append('z')\nop.drop_table(f'{a}{b}{c}')"
    ),
    "a default is made once": (
        "def f(x, seen=[]):\n    seen.append(x)\n    return seen\nf(1)\nop.drop_table(str(f(2)))"
    ),
    "a default is made where the function is": (
        "x = 'a'\ndef f(y=x):\n    return y\nx = 'b'\nop.drop_table(f())"
    ),
    "a class and its objects": (
        "class C:\n    n = 'a'\n    held = []\nc, d = C(), C()\nC.n = 'b'\nd.n = 'c'\n"
        "c.held.append(1)\nop.drop_table(f'{c.n}{d.n}{C.n}{d.held}')"
    ),
    "the body of a class runs": (
        "class C:\n    n = 'a'\n    n += 'b'\n    for i in range(2):\n        n += str(i)\n"
        "op.drop_table(C.n)"
    ),
    "functions see the last round": (
        "fs = []\nfor i in 'ab':\n    fs.append(lambda: i)\nop.drop_table(fs[0]() + fs[1]())"
    ),
    "functions keep a default": (
        "fs = [lambda x=x: x for x in 'ab']\nop.drop_table(fs[0]() + fs[1]())"
    ),
    "a function keeps its names": (
        "def make():\n    held = []\n    def add(x):\n        held.append(x)\n"
        "        return held\n    return add\na, b = make(), make()\na(1)\nb(2)\n"
        "op.drop_table(f'{a(3)}{b(4)}')"
    ),
    "nonlocal": ("n = 0\ndef f():\n    nonlocal n\n    n += 1\nf()\nf()\nop.drop_table(str(n))"),
    "a comprehension has names of its own": (
        "x = 'a'\ny = [x for x in 'bc']\nz = [(w := v) for v in 'de']\n"
        "op.drop_table(x + w + str(y) + str(z))"
    ),
    "what is gone through once": (
        "i = iter('abc')\na = next(i)\nb = next(i)\nop.drop_table(a + b + ''.join(i))"
    ),
    "a list changes in its loop": (
        "a = ['x', 'y', 'z']\nfor x in a:\n    a.remove(x)\nop.drop_table(str(a))"
    ),
    "arguments are made in order": (
        "a = ['x', 'y']\ndef f(*given):\n    return str(given)\n"
        "op.drop_table(f(a, a.pop(), a.append('z')))"
    ),
    "a method is taken before": (
        "a = ['x', 'y']\na.append(a.pop(0))\ngo = a.append\ngo('z')\ngo('w')\nop.drop_table(str(a))"
    ),
    "a function with what it is given": (
        "from functools import partial\na = []\ngo = partial(a.extend, 'xy')\na.append('z')\n"
        "go()\nop.drop_table(str(a))"
    ),
    "members of an enum": (
        "import enum\nclass E(enum.Enum):\n    A = 5\n    B = enum.auto()\n    C = 5\n"
        "op.drop_table(f'{E.B.value}{E.C.name}{[e.name for e in E]}{E(6).name}')"
    ),
    "unpacking": (
        "a, (b, *c), *d = 1, 'xyz', 2, 3\n[*e, f] = (*c, *d)\nop.drop_table(f'{a}{b}{c}{d}{e}{f}')"
    ),
    "a slice is changed": "a = ['x', 'y']\na[0] = 'z'\ndel a[1]\nop.drop_table(str(a))",
    "finally": (
        "a = []\ndef f():\n    try:\n        return a\n    finally:\n        a.append('x')\n"
        "b = f()\nop.drop_table(str(b))"
    ),
    "copies of one list": "a = [[]] * 2\na[0].append('x')\nop.drop_table(str(a))",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_body_does_what_python_does(body: str) -> None:
    written = revision(body)
    assert differences(written) == []
    assert all(line.is_known for line in read(written).lines.values())


CHANCE = "import os\nCHANCE = os.environ.get('CHANCE', 'heads') == 'heads'\n"
# On one of the ways it is something else than on the others.
BY_CHANCE = {
    "a branch changes a list": (
        "a = ['x']\nb = a\nif CHANCE:\n    a.append('y')\nop.drop_table(str(b))"
    ),
    "an operator changes a list": "a = []\nCHANCE and a.append('y')\nop.drop_table(str(a))",
    "an expression changes a list": (
        "a = []\nx = a.append(1) if CHANCE else 2\nop.drop_table(str(a))"
    ),
    "it returns before": (
        "a = []\ndef f():\n    if CHANCE:\n        return\n    a.append('x')\nf()\n"
        "op.drop_table(str(a))"
    ),
    "it fails before": (
        "a = 'x'\ntry:\n    if CHANCE:\n        a = 'y'\n        raise ValueError\n"
        "except ValueError:\n    op.drop_table(a)\nop.drop_table(a)"
    ),
    "it fails in between": (
        "a = 'x'\ntry:\n    a = 'y'\n    int('1' if CHANCE else 'x')\n    a = 'x'\n"
        "except ValueError:\n    pass\nop.drop_table('b')"
    ),
    "one of two lists changes": (
        "a, b = ['x'], ['y']\nc = a if CHANCE else b\nc.append('z')\nop.drop_table(f'{a}{b}')"
    ),
    "a list that may be the same": (
        "a = ['x']\nb = a if CHANCE else ['x']\nb.append('z')\nop.drop_table(str(a))"
    ),
    "a list that may be another": (
        "a = ['x']\nb = a if not CHANCE else ['x']\nb.append('z')\nop.drop_table(str(a))"
    ),
    "what is gone through twice": (
        "a = zip('ab', 'cd')\nb, c = list(a), list(a)\nop.drop_table(f'{b}{c}')"
    ),
    "a loop goes through the rest": (
        "a = iter('abc')\nfor b in a:\n    pass\nop.drop_table(''.join(a) + b)"
    ),
    "one of two functions": (
        "def make(x):\n    def f():\n        return x\n    return f\n"
        "f = make('a') if CHANCE else make('b')\nop.drop_table(f())"
    ),
    "a function that changes a list in a loop": (
        "a = []\ndef f():\n    a.append('x')\n    return str(a)\n"
        "for i in range(3 if CHANCE else 2):\n    op.drop_table(f())"
    ),
    "a class changes": ("class C:\n    n = 'a'\nif CHANCE:\n    C.n = 'b'\nop.drop_table(C().n)"),
    "True is equal to 1": (
        "a = 'x'\nif CHANCE:\n    a = True\nelse:\n    a = 1\nop.drop_table(str(a))"
    ),
    "a match names something": (
        "a = 'x'\nmatch [CHANCE]:\n    case [a]:\n        pass\nop.drop_table(str(a))"
    ),
}


def test_default_of_a_function_that_is_first_called_by_chance_is_not_known() -> None:
    head = f"{CHANCE}def f(x, seen=[]):\n    seen.append(x)\n    return str(seen)\n"
    for body in ("if CHANCE:\n    f(1)", "x = [f(1) for _ in range(3 if CHANCE else 2)]"):
        assert differences(revision(f"{body}\nop.drop_table(f(2))", head)) == []


@pytest.mark.parametrize("body", BY_CHANCE.values(), ids=BY_CHANCE)
def test_body_that_depends_on_chance_is_not_held_to_be_known(body: str) -> None:
    written = revision(body, CHANCE)
    assert differences(written) == []


LEVELS = {
    "two branches": "if CHANCE:\n    T = 'a'\nelse:\n    T = 'b'",
    "a value before it changes": "X = 'a'\nT = X\nX = 'b'",
    "a list before it changes": "X = ['a']\nT = str(X)\nX.append('b')",
    "a list with two names": "X = ['a']\nY = X\nY.append('b')\nT = str(X)",
}


@pytest.mark.parametrize("head", LEVELS.values(), ids=LEVELS)
def test_level_of_a_module_does_what_python_does(head: str) -> None:
    assert differences(revision("op.drop_table(T)", CHANCE + head)) == []


def test_level_of_a_module_is_what_it_was_before_a_function_changed_it() -> None:
    head = "X = ['a']\nT = ','.join(X)\nN = 'a'\nM = N"
    body = "global N\nN = 'b'\nX.append('b')\nop.drop_table(T + M + N)"
    written = revision(body, head)
    assert differences(written) == []
    assert all(line.is_known for line in read(written).lines.values())
