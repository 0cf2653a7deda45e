"""Prisma: a folder for each migration with `migration.sql`, sent as one query."""

import os
from collections.abc import Sequence

from migsafe.model.migration import Tree
from migsafe.model.origin import Runner
from migsafe.sources.convention import Candidate, Convention, Keeps, Options, Reading
from migsafe.sources.files import Files, parted
from migsafe.sources.numbering import next_name
from migsafe.sources.sql_tree import read_tree

NAME = "prisma"
_FILE, _DOWN = "migration.sql", "down.sql"


def home(path: str, files: Files) -> str | None:
    """Return the directory that holds the folder of a `migration.sql`, or of its way down."""
    folder, name = parted(path)
    if name != _FILE and not (name == _DOWN and _FILE in files.names(folder)):
        return None
    return os.path.normpath(os.path.join(folder, os.pardir))


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the migrations in the folders of a directory, in the order of their names."""
    here = "" if root == "." else root
    found: list[Candidate] = []
    for name in sorted(files.names(here)):
        folder = os.path.normpath(os.path.join(here, name))
        if root.startswith(os.pardir) and os.path.abspath(folder) == os.getcwd():
            # What is named from inside its folder has no folder in its path.
            folder = ""
        names = files.names(folder)
        if _FILE in names:
            up = os.path.join(folder, _FILE)
            down = os.path.join(folder, _DOWN) if _DOWN in names else None
            order = (len(found),)
            found.append(Candidate(name, order, up, down, Runner.QUERY, downs=down is not None))
    return read_tree(root, NAME, found, given, files, options)


def paths(tree: Tree, id: str) -> tuple[str, str]:
    """Return where a new migration is written, and the way down that Prisma's users run by hand."""
    folder = os.path.normpath(os.path.join(tree.root, id))
    return os.path.join(folder, _FILE), os.path.join(folder, _DOWN)


_KEEPS = Keeps(
    text=lambda up: up.text,
    edited="its checksum differs: 'prisma migrate deploy' warns, 'prisma migrate dev' wants to "
    "reset the database",
    gone="'prisma migrate dev' wants to reset the database",
    late="'prisma migrate deploy' runs it after them, 'prisma migrate dev' wants to reset the "
    "database",
    runs_late=True,
)
CONVENTION = Convention(NAME, 9, home, read, next_name, paths, title="Prisma", keeps=_KEEPS)
