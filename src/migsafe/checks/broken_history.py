"""Histories that their tool cannot put in order."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.migration import HistoryProblem, Place, Tree


def check_history(tree: Tree, context: Context) -> Iterator[Finding]:
    """Report what is wrong with the order of a tree."""
    for problem in tree.problems:
        message = f"{problem.message[0].upper()}{problem.message[1:]}."
        yield context.finding(message, help=problem.help, at=_place(problem, tree))


def _place(problem: HistoryProblem, tree: Tree) -> Place:
    for migration in tree.migrations:
        for section in migration.sections:
            if section.path == problem.path:
                return section.place(problem.span)
    # The file that a problem names may be none that could be read as a migration.
    return Place(problem.path, 1, 1, 1, 1)
