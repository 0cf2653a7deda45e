"""A SQL file whose name carries no order: it stands alone, beside its own way down."""

import os
from collections.abc import Sequence

from migsafe.model.migration import Tree
from migsafe.model.origin import Runner
from migsafe.model.pattern import pattern
from migsafe.sources.convention import Candidate, Convention, Options, Reading
from migsafe.sources.files import SQL_SUFFIXES, Files
from migsafe.sources.sql_tree import read_tree, slugged

_DIRECTION = pattern(r"(.*)\.(up|down)(\.\w+)")
NAME = "file"


def home(path: str, files: Files) -> str | None:
    """Return the file itself, or for a way down the way up beside it."""
    if not path.endswith(SQL_SUFFIXES):
        return None
    found = _DIRECTION.fullmatch(path)
    if found is not None and found[2] == "down":
        up = f"{found[1]}.up{found[3]}"
        if files.exists(up):
            return up
    return path


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the file as a tree of its own."""
    up: str | None = root
    down: str | None = None
    stem = os.path.splitext(os.path.basename(root))[0]
    found = _DIRECTION.fullmatch(root)
    if found is not None:
        stem = os.path.basename(found[1])
        if found[2] == "up":
            beside = f"{found[1]}.down{found[3]}"
            down = beside if files.exists(beside) else None
        else:
            up, down = None, root
    candidate = Candidate(stem, None, up, down, Runner.AUTO, downs=found is not None)
    return read_tree(root, NAME, [candidate], given, files, options)


def next_name(tree: Tree, slug: str) -> str:
    """Return a name that sorts after the file's own, for the steps of a plan."""
    last = [each.id for each in tree.migrations[-1:]]
    return "_".join((*last, slugged(slug)))


def paths(tree: Tree, id: str) -> tuple[str, str]:
    """Return where a new migration's up and down are written."""
    stem = os.path.join(os.path.dirname(tree.root), id)
    return f"{stem}.up.sql", f"{stem}.down.sql"


CONVENTION = Convention(NAME, 90, home, read, next_name, paths)
