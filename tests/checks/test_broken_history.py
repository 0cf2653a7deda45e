from linting import TODAY, migration
from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.migration import HistoryProblem, Selection, Tree
from migsafe.model.origin import Span


def places(*problems: HistoryProblem) -> list[tuple[str, int, int]]:
    one = migration("SELECT 1;\nSELECT 2;")
    report = lint(
        (Selection(Tree(".", "x", (one,), problems), frozenset({one.id})),),
        Settings(),
        Options(today=TODAY),
    )
    found = [each for each in report.findings if each.rule == "broken-history"]
    return [(each.place.path, each.place.line, each.place.column) for each in found]


def test_a_problem_stands_where_its_migration_says_it() -> None:
    assert places(HistoryProblem("0001.up.sql", "m", "h", Span(13, 14))) == [("0001.up.sql", 2, 4)]


def test_a_problem_of_a_file_that_is_no_migration_stands_on_its_first_line() -> None:
    assert places(HistoryProblem("0002.up.sql", "m", "h", Span(13, 14))) == [("0002.up.sql", 1, 1)]


def test_a_problem_between_files_that_are_not_judged_is_left_out() -> None:
    elsewhere = HistoryProblem("0009.up.sql", "m", "h", concerns=("0009.up.sql",))
    here = HistoryProblem("0009.up.sql", "m", "h", concerns=("0001.up.sql", "0009.up.sql"))
    assert places(elsewhere) == []
    assert places(here) == [("0009.up.sql", 1, 1)]
