"""Files as text: which paths a request names, and what stands in them."""

import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from glob import iglob
from typing import Any, TypeVar

from migsafe.model.errors import InputError
from migsafe.model.pattern import pattern

SQL_SUFFIXES = (".sql", ".psql", ".pgsql", ".ddl")
SUFFIXES = (*SQL_SUFFIXES, ".py")
_UNVISITED = frozenset({"node_modules", "__pycache__", "venv", "site-packages", "__pypackages__"})
_MAGIC = pattern(r"[*?\[]")
_PLAN = pattern(r'"schema"\s*:\s*"migsafe\.plan/1"')
_BOM = b"\xef\xbb\xbf"
HEAD = 4096
"""So many bytes of a file are asked what tool it is of."""
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")
_Answer = TypeVar("_Answer")


@lru_cache(maxsize=16)
def parted(path: str) -> tuple[str, str]:
    """Return the directory and the name of a path; one convention after the other asks for them."""
    return os.path.split(path)


class Files:
    """Reads files and lists directories, each at most once.

    Args:
        overlay: Texts that replace what the disk holds at a path (standard input).
    """

    def __init__(self, overlay: dict[str, str] | None = None) -> None:
        """Keep the overlay; nothing is read yet."""
        self._overlay = {} if overlay is None else overlay
        self._listings: dict[str, frozenset[str]] = {}
        self._heads: dict[str, str] = {}
        self._answers: dict[tuple[str, str], Any] = {}

    def names(self, directory: str) -> frozenset[str]:
        """Return the names in a directory; none if it cannot be listed."""
        known = self._listings.get(directory)
        if known is None:
            try:
                known = frozenset(os.listdir(directory or "."))
            except OSError:
                known = frozenset()
            here = (os.path.split(path) for path in self._overlay)
            known |= {name for parent, name in here if parent == directory}
            self._listings[directory] = known
        return known

    def once(self, question: str, path: str, ask: Callable[[], _Answer]) -> _Answer:
        """Return the answer to a question about a path, asked when it is first needed."""
        key = (question, path)
        if key not in self._answers:
            self._answers[key] = ask()
        answer: _Answer = self._answers[key]
        return answer

    def head(self, path: str) -> str:
        """Return how the text of a file begins, to know its tool by; empty if it is none."""
        known = self._overlay.get(path) or self._heads.get(path)
        if known is None:
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    known = file.read(HEAD)
            except OSError:
                known = ""
            self._heads[path] = known
        return known[:HEAD]

    def exists(self, path: str) -> bool:
        """Return whether there is a file to read at a path."""
        return path in self._overlay or os.path.isfile(path)

    def is_directory(self, path: str) -> bool:
        """Return whether there is a directory at a path."""
        return os.path.isdir(path)

    def is_link(self, path: str) -> bool:
        """Return whether there is a symbolic link at a path."""
        return os.path.islink(path)

    def text(self, path: str) -> str:
        """Return the text of a file, without a byte order mark, line ends as they are.

        Raises:
            InputError: If it cannot be opened or is not UTF-8 text.
        """
        known = self._overlay.get(path)
        if known is not None:
            if "\0" in known:
                raise _nul(path, known.index("\0"))
            return known.removeprefix("\ufeff")
        return decode(_bytes(path), path)

    def data(self, path: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            InputError: If it cannot be opened.
        """
        known = self._overlay.get(path)
        return _bytes(path) if known is None else known.encode()


def decode(data: bytes, path: str) -> str:
    """Return bytes as text, without a byte order mark.

    Raises:
        InputError: If they are not UTF-8 text.
    """
    if data.startswith(_WIDE_BOMS):
        raise InputError(
            "UTF-16, not UTF-8: not UTF-8 at byte 0",
            help="Save the file as UTF-8.",
            path=path,
        )
    nul = data.find(b"\0")
    if nul != -1:
        raise _nul(path, nul)
    try:
        return data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start + (len(_BOM) if data.startswith(_BOM) else 0)
        raise InputError(
            f"not UTF-8 at byte {at}",
            help="Save the file as UTF-8.",
            path=path,
            line=data.count(b"\n", 0, at) + 1,
        ) from error


def _nul(path: str, at: int) -> InputError:
    return InputError(
        f"holds a NUL byte at byte {at}: not a text file",
        help="Pass SQL or Python files only.",
        path=path,
    )


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except IsADirectoryError as error:
        raise InputError("is a directory", help="Name the files in it.", path=path) from error
    except FileNotFoundError as error:
        raise missing(path) from error
    except PermissionError as error:
        raise InputError(
            "cannot be read: permission denied",
            help="Give yourself the right to read it.",
            path=path,
        ) from error
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror or error}",
            help="Check the path.",
            path=path,
        ) from error


def missing(path: str) -> InputError:
    """Return the error for a path where nothing is."""
    return InputError(
        f"there is no file or directory '{path}'",
        help="Check the path; it is relative to the working directory.",
        path=path,
    )


def shown(path: str) -> str:
    """Return a path as reports show it: relative to the working directory if inside."""
    normal = os.path.normpath(path)
    if not os.path.isabs(normal):
        return normal
    here = os.getcwd()
    if normal == here:
        return "."
    inside = here.rstrip(os.sep) + os.sep
    return normal.removeprefix(inside)


def is_plan_directory(directory: str, files: Files) -> bool:
    """Return whether a directory holds a plan that migsafe wrote."""
    if "plan.json" not in files.names(directory):
        return False
    # The member comes first in every plan; a plan may be large.
    return _PLAN.search(files.head(os.path.join(directory, "plan.json"))) is not None


def is_plan_copy(path: str, files: Files) -> bool:
    """Return whether a file is the copy of a migration that a plan keeps in its `source`."""
    below = path
    while below:
        below, slash, _ = below.rpartition("/")
        if slash and below.rpartition("/")[2] == "source":
            plan = below.rpartition("/")[0] or "."
            if is_plan_directory("" if plan == "." else plan, files):
                return True
    return False


def walk(directory: str, files: Files) -> Iterator[str]:
    """Yield the files below a directory that may hold migrations, in a fixed order.

    Hidden directories, dependencies and plan directories are passed by.
    """
    pending = [directory]
    while pending:
        here = pending.pop()
        names = sorted(files.names(here))
        below = []
        for name in names:
            path = name if here in {"", "."} else os.path.join(here, name)
            if name.endswith(SUFFIXES) and not files.is_directory(path):
                yield path
            elif (
                not name.startswith(".")
                and name not in _UNVISITED
                and files.is_directory(path)
                and not files.is_link(path)
                and not _is_foreign(path, files)
            ):
                below.append(path)
        pending.extend(reversed(below))


def is_passed_by(path: str, below: str, files: Files) -> bool:
    """Return whether `walk` from a directory would not come to a path below it."""
    inside = path if below == "." else path.removeprefix(f"{below}/")
    here = path.removesuffix(inside)
    for name in os.path.dirname(inside).split("/"):
        if not name:
            return False
        here = os.path.join(here, name)
        if name.startswith(".") or name in _UNVISITED or _is_foreign(here, files):
            return True
    return False


def _is_foreign(directory: str, files: Files) -> bool:
    return "pyvenv.cfg" in files.names(directory) or is_plan_directory(directory, files)


def resolve(path: str, files: Files) -> Iterator[str | InputError]:
    """Yield the files that a path of the command line names: file, directory or glob.

    What is wrong is yielded as well, so that the other paths go on.
    """
    normal = shown(path)
    if files.exists(normal):
        yield normal if normal.endswith(SUFFIXES) else _no_migration(normal)
    elif files.is_directory(normal):
        yield from _directory(normal, files)
    elif _MAGIC.search(normal):
        matches = sorted(iglob(normal, recursive=True))
        if not matches:
            yield InputError(
                f"nothing matches '{path}'",
                help="Check the pattern; ** crosses directories.",
                path=path,
            )
        for match in matches:
            if not os.path.isdir(match):
                if match.endswith(SUFFIXES):
                    yield match
            elif match.endswith(SUFFIXES):
                yield from _directory(match, files)
            else:
                yield from walk(match, files)
    elif os.path.lexists(normal):
        yield InputError(
            f"'{normal}' is neither a file nor a directory",
            help="Pass SQL or Python files only.",
            path=normal,
        )
    else:
        yield missing(normal)


def _directory(directory: str, files: Files) -> Iterator[str | InputError]:
    if directory.endswith(SUFFIXES):
        yield InputError(
            f"'{directory}' is a directory, not a file",
            help="Name the files in it.",
            path=directory,
        )
        return
    found = False
    for path in walk(directory, files):
        found = True
        yield path
    if not found:
        yield InputError(
            f"directory '{directory}' holds no migrations (.sql or .py)",
            help="Name the directory that your migration tool reads.",
            path=directory,
        )


def _no_migration(path: str) -> InputError:
    return InputError(
        "is no migration: its name ends neither in .sql nor in .py",
        help="Rename the file, or pipe it in: migsafe lint - --stdin-filename NAME.sql",
        path=path,
    )
