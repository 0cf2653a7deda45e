"""The files of a repository that Python code of a migration uses; nothing of them is run."""

import os

from migsafe.model.errors import InputError
from migsafe.model.record import record
from migsafe.sources.alembic.application import FOREIGN, Application, application_of
from migsafe.sources.alembic.values import Module
from migsafe.sources.files import Files

_LARGEST = 1_000_000
# What is imported from them is known without reading it, or is none of a migration's business.
_KNOWN = frozenset({"alembic", "sqlalchemy", "sqlmodel"})


@record
class Found:
    """A file that a full name leads to, and what of the name is left: names inside of it."""

    module: Module
    rest: tuple[str, ...]


def is_foreign(name: str) -> bool:
    """Say whether a full name leads to no file of a repository, whatever that holds."""
    top = name.partition(".")[0]
    return top in _KNOWN or top in FOREIGN


class Importer:
    """Finds the files of a repository that its code imports or reads.

    Args:
        files: What reads them.
        further: Directories that the environment adds to the path of Python.
    """

    def __init__(self, files: Files, further: tuple[str, ...] = ()) -> None:
        """Keep where to look; nothing is looked for yet."""
        self._files = files
        self._further = further

    def find(self, name: str, importing: str) -> Found | None:
        """Return the file that a full name leads to, None if none of the repository does.

        Args:
            name: The full name of a module, or of something in it; dots in front as in a
                relative import.
            importing: The path of the file that imports it.
        """
        level = len(name) - len(name.lstrip("."))
        top = name[level:].partition(".")[0]
        application = self._application(importing, level)
        if top in _KNOWN or not (level or application.has(top)):
            return None
        path = name[level:]
        file = application.file_of(path)
        if file is None and level:
            # `from . import x`: a name of the package itself.
            package = os.path.basename(os.path.abspath(application.roots[0]))
            path = f"{package}.{path}"
            application = Application((os.path.dirname(application.roots[0]) or ".",), self._files)
            file = application.file_of(path)
        if file is None or not self._is_inside(file, importing):
            return None
        found = application.located(path)
        return None if found is None else Found(found[0], tuple(found[1]))

    def text(self, path: str, importing: str) -> str | None:
        """Return a text file that code of a repository reads, None if it is none of it."""
        roots = self._application(importing, 0).roots
        candidates = (
            [path]
            if os.path.isabs(path)
            else [
                os.path.normpath(os.path.join(root, path))
                for root in (os.path.dirname(importing), *roots)
            ]
        )
        for candidate in candidates:
            if self._files.exists(candidate) and self._is_inside(candidate, importing):
                try:
                    return self._files.text(candidate)
                except InputError:
                    return None
        return None

    def names(self, directory: str, importing: str) -> frozenset[str] | None:
        """Return the names in a directory, None if it is none of the repository."""
        if not self._files.is_directory(directory) or not self._is_inside(directory, importing):
            return None
        return self._files.names(directory)

    def _application(self, importing: str, level: int) -> Application:
        directory = os.path.dirname(importing)
        if level == 0:
            return application_of(directory, self._further, self._files)
        for _ in range(level - 1):
            directory = os.path.normpath(os.path.join(directory, ".."))
        return Application((directory,), self._files)

    def _is_inside(self, path: str, importing: str) -> bool:
        """Return whether a file lies in the repository, links followed, and is not huge."""
        roots = application_of(os.path.dirname(importing), self._further, self._files).roots
        real = os.path.realpath(path)
        try:
            small = os.path.getsize(real) <= _LARGEST
        except OSError:
            # It stands only in an overlay.
            small = True
        return small and any(
            real.startswith(os.path.realpath(root).rstrip(os.sep) + os.sep) for root in roots
        )
