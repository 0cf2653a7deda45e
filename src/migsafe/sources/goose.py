"""goose: numbered files that say `-- +goose Up` and `-- +goose Down`, and programs in Go."""

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
from migsafe.sources.marks import bracketed
from migsafe.sources.numbering import candidates, home, next_name, one_file, says
from migsafe.sources.sql_tree import read_tree

NAME = "goose"


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the migrations of a directory."""
    found = candidates(root, files, Runner.FILE, downs=True)
    return read_tree(root, NAME, found, given, files, options)


def written(script: Script) -> tuple[NewFile, ...]:
    """Return the file of a new migration, both ways in it."""
    head = "" if script.transactional else "-- +goose NO TRANSACTION\n"
    up, down = bracketed(script.up, "goose"), bracketed(script.down, "goose")
    return (NewFile(script.up_path, f"{head}-- +goose Up\n{up}\n-- +goose Down\n{down}"),)


_KEEPS = Keeps(
    by_number,
    gone="goose cannot go back through it",
    late="goose refuses to run anything ('missing migrations') unless -allow-missing is given",
)
CONVENTION = Convention(
    NAME, 15, home, read, next_name, one_file, shows=says("+goose "), files=written, keeps=_KEEPS
)
