"""Plain SQL files whose names begin with a number or a date; nobody knows the runner."""

import os
from collections.abc import Sequence

from migsafe.model.migration import Tree
from migsafe.model.origin import Runner
from migsafe.sources.convention import Convention, Keeps, Options, Reading, owner
from migsafe.sources.files import Files
from migsafe.sources.numbering import candidates, home, next_name
from migsafe.sources.sql_tree import read_tree

NAME = "numbered"


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the migrations of a directory."""

    def is_own(path: str) -> bool:
        # Another convention may know more of a name that begins with a number.
        belongs = None if options.forced else owner(path, files)
        return options.forced or (belongs is not None and belongs[0].name == NAME)

    found = candidates(root, files, Runner.AUTO, is_own)
    return read_tree(root, NAME, found, given, files, options)


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


_KEEPS = Keeps(
    late="a runner that counts passes it by on a database that has run a later one, and one that "
    "keeps a list runs it after them",
)
CONVENTION = Convention(NAME, 30, home, read, next_name, paths, keeps=_KEEPS)
