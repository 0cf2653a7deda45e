"""Plain SQL files whose names begin with a number or a date; nobody knows the runner."""

import os
import re
from collections.abc import Iterator, Sequence

from migsafe.model.migration import Tree
from migsafe.model.origin import Runner
from migsafe.model.pattern import pattern
from migsafe.sources.convention import (
    Candidate,
    Convention,
    Options,
    Order,
    Reading,
    owner,
)
from migsafe.sources.files import Files
from migsafe.sources.sql_tree import DATE, next_number, read_tree, slugged

_SPLIT = pattern(r"(.*?)(?:\.(up|down))?\.sql")
# goose takes programs beside SQL.
_PROGRAM = pattern(r"(.*)(?<!_test)\.go")
_NUMBER = pattern(r"\d+(?:\.\d+)*(?=[-_. ]|$)")
NAME = "numbered"


def home(path: str, files: Files) -> str | None:
    """Return the directory of a file whose name begins with a number."""
    del files
    directory, name = os.path.split(path)
    return (directory or ".") if _parts(name) is not None else None


def _parts(name: str) -> tuple[str, str | None, Order] | None:
    found = _SPLIT.fullmatch(name)
    if found is None:
        return None
    stem, direction = found.groups()
    digits = DATE.match(stem) or _NUMBER.match(stem)
    if digits is None:
        return None
    return stem, direction, tuple(int(each) for each in re.findall(r"\d+", digits[0]))


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the migrations of a directory."""
    directory = "" if root == "." else root
    ups: dict[str, str] = {}
    downs: dict[str, str] = {}
    orders: dict[str, Order] = {}
    for name in files.names(directory):
        parts = _parts(name)
        if parts is None:
            continue
        # Another convention may know more of a name that begins with a number.
        belongs = owner(os.path.join(directory, name), files)
        if belongs is None or belongs[0].name != NAME:
            continue
        key, direction, order = parts
        orders[key] = order
        (downs if direction == "down" else ups)[key] = os.path.join(directory, name)
    candidates = [
        Candidate(key, order, ups.get(key), downs.get(key), Runner.AUTO, downs=bool(downs))
        for key, order in orders.items()
    ]
    if candidates:
        candidates.extend(_programs(directory, files))
    return read_tree(root, NAME, candidates, given, files, options)


def _programs(directory: str, files: Files) -> Iterator[Candidate]:
    """Yield the migrations that are no SQL: nothing of them is read."""
    for name in files.names(directory):
        found = _PROGRAM.fullmatch(name)
        parts = None if found is None else _parts(f"{found[1]}.sql")
        if parts is not None:
            key, _, order = parts
            path = os.path.join(directory, name)
            reason = f"'{name}' is no SQL"
            yield Candidate(key, order, path, None, Runner.AUTO, downs=False, unread=reason)


def next_name(tree: Tree, slug: str) -> str:
    """Return the id of the migration after the last one."""
    return f"{next_number(tree)}_{slugged(slug)}"


def paths(tree: Tree, id: str) -> tuple[str, str | None]:
    """Return where a new migration's up and down are written.

    There is no place for a way down where the tree has none: a tool that runs every `.sql`
    file would run it as well, and before its way up.
    """
    stem = os.path.normpath(os.path.join(tree.root, id))
    ups_too = any(m.up.path.endswith(".up.sql") for m in tree.migrations)
    downs_too = any(m.down is not None and m.down.path != m.up.path for m in tree.migrations)
    down = f"{stem}.down.sql" if ups_too or downs_too else None
    return f"{stem}.up.sql" if ups_too else f"{stem}.sql", down


CONVENTION = Convention(NAME, 30, home, read, next_name, paths)
