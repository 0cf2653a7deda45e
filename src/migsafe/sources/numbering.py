"""Names of SQL files that begin with a number or a date: what several conventions share."""

import os
import re
from collections.abc import Callable, Iterator
from functools import cache

from migsafe.model.migration import Tree
from migsafe.model.origin import Runner
from migsafe.model.pattern import pattern
from migsafe.sources.convention import Candidate, Order
from migsafe.sources.files import Files, parted
from migsafe.sources.sql_tree import DATE, next_number, slugged

_SPLIT = pattern(r"(.*?)(?:\.(up|down))?\.sql")
# goose takes programs beside SQL.
_PROGRAM = pattern(r"(.*)(?<!_test)\.go")
_NUMBER = pattern(r"\d+(?:\.\d+)*(?=[-_. ]|$)")


@cache
def parts_of(name: str) -> tuple[str, str | None, Order] | None:
    """Return stem, direction and number of a file name, None if it does not begin with one."""
    found = _SPLIT.fullmatch(name)
    if found is None:
        return None
    stem, direction = found.groups()
    digits = DATE.match(stem) or _NUMBER.match(stem)
    if digits is None:
        return None
    return stem, direction, tuple(int(each) for each in re.findall(r"\d+", digits[0]))


def home(path: str, files: Files) -> str | None:
    """Return the directory of a file whose name begins with a number."""
    del files
    directory, name = parted(path)
    return (directory or ".") if parts_of(name) is not None else None


def candidates(
    root: str,
    files: Files,
    runner: Runner,
    is_own: Callable[[str], bool] = lambda _: True,
    *,
    downs: bool | None = None,
) -> list[Candidate]:
    """Return the numbered files of a directory as migrations, programs among them unread.

    Args:
        root: The directory.
        files: What lies in it.
        runner: How the tool runs a file that says nothing.
        is_own: Whether a numbered file, given by its path, is of this tree.
        downs: Whether the convention has ways down; None: as soon as one file is one.
    """
    directory = "" if root == "." else root
    ups: dict[str, str] = {}
    downs_by: dict[str, str] = {}
    orders: dict[str, Order] = {}
    for name in files.names(directory):
        found = parts_of(name)
        if found is None or not is_own(os.path.join(directory, name)):
            continue
        key, direction, order = found
        orders[key] = order
        (downs_by if direction == "down" else ups)[key] = os.path.join(directory, name)
    has_downs = bool(downs_by) if downs is None else downs
    read = [
        Candidate(key, order, ups.get(key), downs_by.get(key), runner, downs=has_downs)
        for key, order in orders.items()
    ]
    if read:
        read.extend(_programs(directory, files, runner))
    return read


def _programs(directory: str, files: Files, runner: Runner) -> Iterator[Candidate]:
    """Yield the migrations that are no SQL: nothing of them is read."""
    for name in files.names(directory):
        found = _PROGRAM.fullmatch(name)
        parts = None if found is None else parts_of(f"{found[1]}.sql")
        if parts is not None:
            key, _, order = parts
            path = os.path.join(directory, name)
            reason = f"'{name}' is no SQL"
            yield Candidate(key, order, path, None, runner, downs=False, unread=reason)


def says(word: str) -> Callable[[str, Files], bool]:
    """Return what tells whether the files beside a path speak to a tool, by their first lines.

    The first and the last of a directory are asked: a tree speaks to one tool, or did so
    from some day on.
    """

    def asked(path: str, files: Files) -> bool:
        directory, _ = parted(path)

        def ask() -> bool:
            names = sorted(name for name in files.names(directory) if parts_of(name) is not None)
            ends = (*names[:1], *names[-1:])
            return any(word in files.head(os.path.join(directory, name)) for name in ends)

        return files.once(word, directory, ask)

    return asked


def next_name(tree: Tree, slug: str) -> str:
    """Return the id of the migration after the last one."""
    return f"{next_number(tree)}_{slugged(slug)}"


def one_file(tree: Tree, id: str) -> tuple[str, str]:
    """Return where a new migration is written whose file holds both ways."""
    path = f"{os.path.normpath(os.path.join(tree.root, id))}.sql"
    return path, path


def up_and_down(tree: Tree, id: str) -> tuple[str, str]:
    """Return where a new migration's `.up.sql` and `.down.sql` are written."""
    stem = os.path.normpath(os.path.join(tree.root, id))
    return f"{stem}.up.sql", f"{stem}.down.sql"


def one_way(tree: Tree, id: str) -> tuple[str, None]:
    """Return where a new migration is written whose tool has no ways down."""
    return f"{os.path.normpath(os.path.join(tree.root, id))}.sql", None
