"""What notices a mutant of a judgement: the examples of the pages, and the tests of rules.

An example must give the findings that it announces, and where the page shows the text of a
finding, that text.
"""

import importlib
from collections.abc import Callable, Iterator
from types import ModuleType

from migsafe import rulebook
from migsafe_dev.mutating import testing
from migsafe_dev.mutating.testing import TESTS, Unit
from migsafe_dev.pages.examples import Example, examples

_FOLDERS = ("checks", "lint", "rules")
_OF_PAGES = "test_page"
"""What the names of tests begin with that ask the examples of pages: they are asked here."""


def units() -> Iterator[Unit]:
    """Yield everything that can be asked without a server."""
    yield from _of_pages()
    for folder in _FOLDERS:
        paths = sorted((TESTS / folder).glob("test_*.py"))
        yield from testing.units(path for path in paths if not path.stem.startswith(_OF_PAGES))


def _of_pages() -> Iterator[Unit]:
    testing.allow_imports()
    pages = importlib.import_module("rulepages")
    for rule_id in rulebook.ids():
        for example in examples(rule_id):
            yield Unit(f"page: {example.name}", _page_passes(pages, example))


def _page_passes(pages: ModuleType, example: Example) -> Callable[[], bool]:
    def passes() -> bool:
        linted = pages.lint_example(example)
        shown = {None, pages.rendered(example, linted)}
        return linted.found == linted.announced and example.rendered in shown

    return passes
