"""sqlx: `number_name.sql`, or pairs of `.up.sql` and `.down.sql`, beside a crate that uses it."""

import os
from collections.abc import Sequence

from migsafe.model.migration import Tree
from migsafe.model.origin import Runner
from migsafe.sources.convention import (
    Convention,
    Keeps,
    NewFile,
    Options,
    Reading,
    Script,
    by_number,
)
from migsafe.sources.files import Files, parted
from migsafe.sources.numbering import candidates, home, next_name, one_way, up_and_down
from migsafe.sources.sql_tree import read_tree

NAME = "sqlx"
_LEVELS = 6


def shows(path: str, files: Files) -> bool:
    """Say whether a crate in or above the directory uses sqlx."""
    directory, _ = parted(path)
    return files.once(NAME, directory, lambda: _crate_uses_it(directory, files))


def _crate_uses_it(directory: str, files: Files) -> bool:
    here = directory
    for _ in range(_LEVELS):
        names = files.names(here)
        manifest = os.path.join(here, "Cargo.toml")
        if "Cargo.toml" in names and "sqlx" in files.head(manifest):
            return True
        if ".git" in names:
            return False
        here = os.path.normpath(os.path.join(here, os.pardir))
    return False


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the migrations of a directory."""
    found = candidates(root, files, Runner.FILE)
    return read_tree(root, NAME, found, given, files, options)


def paths(tree: Tree, id: str) -> tuple[str, str | None]:
    """Return where a new migration's up and down are written: sqlx takes one form in a tree."""
    pairs = any(migration.up.path.endswith(".up.sql") for migration in tree.migrations)
    return up_and_down(tree, id) if pairs else one_way(tree, id)


def written(script: Script) -> tuple[NewFile, ...]:
    """Return the files of a new migration; sqlx's own word comes before anything else."""
    head = "" if script.transactional else "-- no-transaction\n"
    up = NewFile(script.up_path, head + script.up)
    if script.down_path is None:
        return (up,)
    return (up, NewFile(script.down_path, head + script.down))


_KEEPS = Keeps(
    by_number,
    text=lambda up: up.text,
    edited="sqlx refuses to run anything ('was previously applied but has been modified')",
    gone="sqlx refuses to run anything ('was previously applied but is missing')",
    late="sqlx runs it after them",
    runs_late=True,
)
CONVENTION = Convention(
    NAME, 18, home, read, next_name, paths, shows=shows, files=written, keeps=_KEEPS
)
