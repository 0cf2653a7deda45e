"""Mutants of the facts: what is changed, and what notices it."""

import ast
import types

import pytest

from migsafe.model.compatibility import Outcome
from migsafe.model.locks import Lock
from migsafe_dev.mutating.mutants import Mutant, mutants

MODULE = types.ModuleType("a")
MODULE.__dict__.update(Lock=Lock, Outcome=Outcome, AE=Lock.ACCESS_EXCLUSIVE)


def found(source: str) -> list[tuple[Mutant, ast.Module]]:
    count = len(list(mutants("a.py", ast.parse(source), MODULE)))
    made = []
    for index in range(count):
        tree = ast.parse(source)
        mutant = list(mutants("a.py", tree, MODULE))[index]
        mutant.apply()
        made.append((mutant, ast.fix_missing_locations(tree)))
    return made


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if a: return b", ["if not a: return b"]),
        ("return a and b", ["return not a and b", "return a and (not b)"]),
        ("return a == b", ["return a != b"]),
        ("return a < b", ["return a <= b"]),
        ("return Lock.SHARE", ["return Lock.SHARE_ROW_EXCLUSIVE"]),
        ("return (a, b)", ["return (b,)", "return (a,)"]),
        ("return {a: b}", ["return {}"]),
        ("return True", ["return False"]),
        ("return [a for a in b if a]", ["return [a for a in b if not a]"]),
        ("return Certain(a)", ["return _migsafe_never(a)"]),
        ("return AE", ["return _migsafe_Lock_ACCESS_SHARE"]),
        ("return f(sources=(a, True))", []),
    ],
)
def test_one_small_thing_is_made_wrong(body: str, expected: list[str]) -> None:
    made = [tree for _, tree in found(f"def f():\n    {body}")]
    wanted = [ast.parse(f"def f():\n    {text}") for text in expected]
    assert list(map(ast.unparse, made)) == list(map(ast.unparse, wanted))


def test_each_case_of_a_match_is_dropped_but_the_one_for_all_others() -> None:
    source = "def f():\n    match a:\n        case B() | C():\n            return 1\n"
    source += "        case _:\n            return 2\n"
    assert [mutant.text for mutant, _ in found(source)] == [
        "case B() | C() dropped",
        "| B() dropped",
        "| C() dropped",
    ]


def test_the_lines_of_a_mutant_are_those_that_run_it() -> None:
    source = "def f():\n    if a:\n        return (b,\n            c)\n    return AE\n"
    lines = {mutant.text: mutant.lines for mutant, _ in found(source)}
    assert lines == {
        "if a -> not": range(2, 3),
        "b dropped of (b, c)": range(3, 5),
        "c dropped of (b, c)": range(3, 5),
        "AE -> ACCESS_SHARE": range(5, 6),
    }
