"""Reads the application code of a change out of git: what changed, and who says a word."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from migsafe.codebase import is_application_code, uses
from migsafe.model.code import CodeChange, Uses
from migsafe.model.errors import InputError
from migsafe.sources.convention import owner
from migsafe.sources.files import SUFFIXES, Files
from migsafe.sources.git.base import Since

_Read = Callable[[str], Uses]
_IsCode = Callable[[str], bool]
_MOST_FILES = 400
"""A word that more files hold is a common one: who means what by it takes too long to find out."""


class Code:
    """The application code that a change touches, and what else says some words.

    Args:
        since: Where the change began, and where it leads.
    """

    def __init__(self, since: Since) -> None:
        """Keep where to look; nothing is read yet."""
        self._since = since
        self._now, self._before = since.now, since.before
        self._read_now = cache(_reader(self._now))
        self._read_before = cache(_reader(self._before))
        self._is_code_now, self._was_code = _telling(self._now), _telling(self._before)

    def change(self, words: Iterable[str]) -> CodeChange:
        """Return what the changed files name, before and after, and who else says some words."""
        changes = self._since.changes()
        before = [each.before for each in changes if each.before is not None]
        now = [each.now for each in changes if each.now is not None]
        wanted = tuple(dict.fromkeys(words))
        began = self._since.base.commit
        return CodeChange(
            tuple(map(self._read_before, filter(self._was_code, before))),
            tuple(map(self._read_now, filter(self._is_code_now, now))),
            dict(self._holding(wanted, self._is_code_now, self._read_now, self._since.base.end)),
            dict(self._holding(wanted, self._was_code, self._read_before, began)) if began else {},
        )

    def _holding(
        self, words: Iterable[str], is_code: _IsCode, read: _Read, commit: str | None
    ) -> Iterator[tuple[str, tuple[Uses, ...]]]:
        for word in words:
            paths = list(filter(is_code, self._since.repository.holding(word, commit)))
            if len(paths) <= _MOST_FILES:
                yield word, tuple(map(read, paths))


def _telling(files: Files) -> _IsCode:
    """Return what tells application code from all else, the migrations of any tool too."""

    def is_code(path: str) -> bool:
        if not is_application_code(path):
            return False
        home = owner(path, files) if path.endswith(SUFFIXES) else None
        return home is None or home[1] == path

    return is_code


def _reader(files: Files) -> _Read:
    def read(path: str) -> Uses:
        try:
            return uses(path, files.text(path))
        except InputError as error:
            return Uses(path, (), error.message)

    return read
