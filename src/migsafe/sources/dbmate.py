"""dbmate: numbered files that say `-- migrate:up` and `-- migrate:down`."""

from collections.abc import Sequence

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
from migsafe.sources.files import Files
from migsafe.sources.numbering import candidates, home, next_name, one_file, says
from migsafe.sources.sql_tree import read_tree

NAME = "dbmate"


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the migrations of a directory."""
    found = candidates(root, files, Runner.FILE, downs=True)
    return read_tree(root, NAME, found, given, files, options)


def written(script: Script) -> tuple[NewFile, ...]:
    """Return the file of a new migration, both ways in it."""
    how = "" if script.transactional else " transaction:false"
    text = f"-- migrate:up{how}\n{script.up}\n-- migrate:down{how}\n{script.down}"
    return (NewFile(script.up_path, text),)


_KEEPS = Keeps(
    by_number,
    gone="dbmate cannot roll it back",
    late="dbmate runs it after them, and refuses to with --strict",
    runs_late=True,
)
CONVENTION = Convention(
    NAME, 15, home, read, next_name, one_file, shows=says("migrate:up"), files=written, keeps=_KEEPS
)
