"""sql-migrate: numbered files that say `-- +migrate Up` and `-- +migrate Down`."""

from collections.abc import Sequence

from migsafe.model.origin import Runner
from migsafe.model.record import replace
from migsafe.sources.convention import Convention, Keeps, NewFile, Options, Reading, Script
from migsafe.sources.files import Files
from migsafe.sources.marks import bracketed
from migsafe.sources.numbering import candidates, home, next_name, one_file, says
from migsafe.sources.sql_tree import read_tree

NAME = "sql-migrate"


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the migrations of a directory: by their numbers, then by their names."""
    found = candidates(root, files, Runner.FILE, downs=True)
    ordered = sorted(found, key=lambda each: (each.order or (), each.id))
    placed = [replace(each, order=(at,)) for at, each in enumerate(ordered)]
    return read_tree(root, NAME, placed, given, files, options)


def written(script: Script) -> tuple[NewFile, ...]:
    """Return the file of a new migration, both ways in it."""
    how = "" if script.transactional else " notransaction"
    up, down = bracketed(script.up, "migrate"), bracketed(script.down, "migrate")
    text = f"-- +migrate Up{how}\n{up}\n-- +migrate Down{how}\n{down}"
    return (NewFile(script.up_path, text),)


_KEEPS = Keeps(
    gone="sql-migrate refuses to run anything ('unknown migration in database')",
    late="sql-migrate runs it after them",
    runs_late=True,
)
CONVENTION = Convention(
    NAME, 15, home, read, next_name, one_file, shows=says("+migrate "), files=written, keeps=_KEEPS
)
