"""Supabase: `supabase/migrations/timestamp_name.sql`, each sent in one go."""

import os
from collections.abc import Sequence

from migsafe.model.origin import Runner
from migsafe.sources.convention import Convention, Keeps, Options, Reading, by_number
from migsafe.sources.files import Files, parted
from migsafe.sources.numbering import candidates, home, next_name, one_way
from migsafe.sources.sql_tree import read_tree

NAME = "supabase"


def shows(path: str, files: Files) -> bool:
    """Say whether the directory is where the Supabase CLI looks."""
    directory, _ = parted(path)

    def ask() -> bool:
        parent, name = os.path.split(os.path.abspath(directory))
        return name == "migrations" and os.path.basename(parent) == "supabase"

    return files.once(NAME, directory, ask)


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the migrations of a directory."""
    found = candidates(root, files, Runner.QUERY, downs=False)
    return read_tree(root, NAME, found, given, files, options)


_KEEPS = Keeps(
    by_number,
    gone="'supabase db push' refuses: the remote has a version that is not here",
    late="'supabase db push' refuses it unless --include-all is given",
)
CONVENTION = Convention(
    NAME, 17, home, read, next_name, one_way, shows=shows, title="Supabase CLI", keeps=_KEEPS
)
