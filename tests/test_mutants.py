"""Mutants of facts and judgements: what is changed, and what notices it."""

import ast
import types
from collections.abc import Iterator

import pytest

from migsafe.checks import drop_schema
from migsafe.lint.engine import rule_ids
from migsafe.model.compatibility import Outcome
from migsafe.model.locks import Lock
from migsafe_dev import mutate
from migsafe_dev.mutating import judgements, judging
from migsafe_dev.mutating.mutants import Finder, Mutant, mutants
from migsafe_dev.mutating.strict import Strict

PATHS = [path for room in mutate.ROOMS for path in room.paths("checks/drop_schema.py")]
MODULE = types.ModuleType("migsafe.checks.drop_object")
MODULE.__dict__.update(Lock=Lock, Outcome=Outcome, AE=Lock.ACCESS_EXCLUSIVE)


def found(source: str, finder: type[Finder] = Finder) -> list[tuple[Mutant, ast.Module]]:
    count = len(list(mutants("a.py", ast.parse(source), MODULE, finder)))
    made = []
    for index in range(count):
        tree = ast.parse(source)
        mutant = list(mutants("a.py", tree, MODULE, finder))[index]
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


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if a: return b", ["if True: return b", "if False: return b"]),
        (
            "return [f for f in b if a and c]",
            ["return [f for f in b if False]"] * 0
            + [
                "return [f for f in b if False]",
                "return [f for f in b if True and c]",
                "return [f for f in b if a and True]",
            ],
        ),
        ("return a or c", ["return False or c", "return a or False"]),
        ("return a == b", ["return True", "return False"]),
        (
            "return any(a == b for b in c)",
            ["return any(True for b in c)", "return any(False for b in c)"],
        ),
        ("return f'{a} waits'", ["return f'{a}'"]),
        ("return 'waits'", ["return ''"]),
        ("return a - b", ["return a", "return b"]),
        ("return a | b | c", ["return a | b", "return a | c", "return b | c"]),
        ("return a + 1", ["return a", "return 1", "return a + 2"]),
        ("return a[0]", []),
        ("yield a; yield b", ["pass; yield b", "yield a; pass"]),
        (
            "return context.finding(a, at=b, hazards=c)",
            ["return context.finding(a, hazards=c)", "return context.finding(a, at=b)"],
        ),
        ("return context.finding(a, case='used')", ["return context.finding(a, case='default')"]),
        ("raise TypeError('a')", []),
    ],
)
def test_what_judges_is_forced_and_emptied(body: str, expected: list[str]) -> None:
    made = [tree for _, tree in found(f"def f():\n    {body}", Strict)]
    wanted = [ast.parse(f"def f():\n    {text}") for text in expected]
    assert list(map(ast.unparse, made)) == list(map(ast.unparse, wanted))


def test_what_answers_yes_or_no_answers_the_other() -> None:
    made = [ast.unparse(tree) for _, tree in found("def f() -> bool:\n    return a(b)", Strict)]
    assert made == [f"def f() -> bool:\n    return {answer}" for answer in (True, False)]


def test_a_pattern_no_longer_asks_for_an_attribute() -> None:
    source = "match a:\n    case B(c=True, d=D() as e, f=f):\n        f()"
    made = [ast.unparse(tree) for _, tree in found(source, Strict)]
    assert made == [
        "match a:\n    case B(c=False, d=D() as e, f=f):\n        f()",
        "match a:\n    case B(c=_, d=D() as e, f=f):\n        f()",
        "match a:\n    case B(c=True, d=e, f=f):\n        f()",
    ]


def test_a_last_case_that_does_nothing_is_left_alone() -> None:
    source = "match a:\n    case B():\n        f()\n    case C() | D():\n        pass"
    assert [mutant.text for mutant, _ in found(source, Strict)] == ["case B() dropped"]


def test_every_check_is_mutated() -> None:
    checks = {path.stem for room in mutate.ROOMS for path in room.paths("migsafe/checks/")}
    assert {rule_id.replace("-", "_") for rule_id in rule_ids()} <= checks


@pytest.mark.parametrize("text", ["if operation.cascade -> False", "'default' -> 'empty'"])
def test_the_page_of_a_rule_notices_what_its_check_gets_wrong(text: str) -> None:
    assert noticed(next(one for one in made_wrong() if one[0].text == text))


def test_the_page_of_a_rule_does_not_notice_what_stays_as_it_was() -> None:
    same = Mutant("migsafe/checks/drop_schema.py", 0, "", "nothing", None, lambda: None)
    assert not noticed((same, judging.source_of(drop_schema)[1]))


def made_wrong() -> Iterator[tuple[Mutant, ast.Module]]:
    for mutant, tree, _ in mutate.mutants_of(PATHS, Strict):
        yield mutant, tree


def noticed(made: tuple[Mutant, ast.Module]) -> bool:
    mutant, tree = made
    about = [unit for unit in judgements.units() if "page: drop-schema-" in unit.name]
    reached, failing = judging.reach(about, map(str, PATHS))
    assert failing == []
    running = judging.running(mutant, reached[str(PATHS[0])])
    return judging.notices(mutant, tree, drop_schema, running)
