"""Alembic: revisions, read by `ast` and never imported."""

import os
from collections.abc import Sequence

from migsafe.model.migration import Tree
from migsafe.sources.convention import Convention, Keeps, Options, Reading
from migsafe.sources.files import Files

NAME = "alembic"


def home(path: str, files: Files) -> str | None:
    """Return the root of a Python file's tree.

    That is the script directory of its environment; without one the directory of a
    revision. A Python file that is no revision stands alone, to be passed by.
    """
    if not path.endswith(".py"):
        return None
    # Most runs read SQL: what reads Python is loaded when there is some.
    from migsafe.sources.alembic.tree import home_of

    return home_of(path, files)


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the revisions of an environment, in their order."""
    from migsafe.sources.alembic.tree import read_tree

    return read_tree(root, NAME, given, files, options)


def roots(directory: str, files: Files) -> tuple[str, ...]:
    """Return the directories of revisions that a directory's configuration names."""
    names = files.names(directory)
    if not any(name == "pyproject.toml" or name.endswith(".ini") for name in names):
        return ()
    from migsafe.sources.alembic.environment import configured

    return tuple(
        location
        for environment in configured(directory, files)
        for location in environment.locations
        if os.path.isdir(location)
    )


def next_name(tree: Tree, slug: str) -> str:
    """Return the id of a new revision."""
    from migsafe.sources.alembic.naming import next_revision

    return next_revision(tree, slug)


def paths(tree: Tree, id: str) -> tuple[str, None]:
    """Return the file of a new revision; its way down is in it."""
    from migsafe.sources.alembic.naming import revision_path

    return revision_path(tree, id), None


_KEEPS = Keeps(
    gone="Alembic stops ('Can't locate revision') on a database that stands at it",
)
CONVENTION = Convention(NAME, 5, home, read, next_name, paths, roots, "Alembic", keeps=_KEEPS)
