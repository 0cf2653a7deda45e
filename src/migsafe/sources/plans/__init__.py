"""Plan directories: their files, with the history that leads up to each.

A plan directory is no tree of its tool; but a file of it that is named is read, on the
history of the migration it was made from and the plan's earlier deploys.
"""

import os
from collections.abc import Sequence

from migsafe.model.migration import Tree
from migsafe.sources.convention import Convention, Options, Reading
from migsafe.sources.files import Files, is_plan_directory

NAME = "plan"


def home(path: str, files: Files) -> str | None:
    """Return the plan directory that a file lies in, None if it lies in none."""
    directory = os.path.split(path)[0] or "."
    here = "" if directory == "." else directory
    return directory if is_plan_directory(here, files) else None


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the files of a plan, after the history that the plan starts from."""
    # Most runs meet no plan directory: what reads plans is loaded when there is one.
    from migsafe.sources.plans.tree import read_tree

    return read_tree(root, NAME, given, files, options)


def next_name(tree: Tree, slug: str) -> str:
    """Return the id of one more file of a plan."""
    return f"{len(tree.migrations) + 1:02}_{slug}"


def paths(tree: Tree, id: str) -> tuple[str, str]:
    """Return where one more file of a plan is written."""
    stem = os.path.join(tree.root, id)
    return f"{stem}.up.sql", f"{stem}.down.sql"


CONVENTION = Convention(NAME, 1, home, read, next_name, paths)
