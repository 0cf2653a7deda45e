"""Atlas: `version_name.sql` beside `atlas.sum`, in the order of the names."""

import os
from collections.abc import Sequence

from migsafe.model.origin import Runner
from migsafe.model.pattern import pattern
from migsafe.model.record import replace
from migsafe.sources.convention import (
    Candidate,
    Convention,
    Keeps,
    NewFile,
    Options,
    Reading,
    Script,
    by_number,
)
from migsafe.sources.files import Files, parted
from migsafe.sources.numbering import next_name, one_way, parts_of, says
from migsafe.sources.sql_tree import read_tree

NAME = "atlas"
# It stands for all files before it in a new database, and is passed by in an old one.
_CHECKPOINT = pattern(r"(?:[ \t]*--[^\n]*\n)*?[ \t]*--[ \t]*atlas:checkpoint\b")
# It sums up directories for other tools as well: those know up from down.
_OTHERS = tuple(says(word) for word in ("+goose ", "migrate:up"))


def home(path: str, files: Files) -> str | None:
    """Return the directory of a SQL file."""
    del files
    return (parted(path)[0] or ".") if path.endswith(".sql") else None


def shows(path: str, files: Files) -> bool:
    """Say whether Atlas has summed up the directory, and writes it for itself."""
    directory, _ = parted(path)
    if "atlas.sum" not in files.names(directory):
        return False
    pairs = files.once(NAME, directory, lambda: _has_pairs(directory, files))
    return not pairs and not any(says_so(path, files) for says_so in _OTHERS)


def _has_pairs(directory: str, files: Files) -> bool:
    """Say whether ways down stand in files of their own, as golang-migrate has them."""
    found = (parts_of(name) for name in files.names(directory))
    return any(parts is not None and parts[1] == "down" for parts in found)


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the migrations of a directory, without checkpoints of what stands before them."""
    directory = "" if root == "." else root
    found: list[Candidate] = []
    skipped: list[str] = []
    for name in sorted(name for name in files.names(directory) if name.endswith(".sql")):
        path = os.path.join(directory, name)
        if found and _CHECKPOINT.match(files.head(path)) is not None:
            skipped.append(path)
            continue
        id_ = name.removesuffix(".sql")
        found.append(Candidate(id_, (len(found),), path, None, Runner.FILE, downs=False))
    reading = read_tree(root, NAME, found, given, files, options)
    return replace(reading, skipped=tuple(path for path in skipped if path in given))


def written(script: Script) -> tuple[NewFile, ...]:
    """Return the file of a new migration; Atlas's own word has a blank line after it."""
    head = "" if script.transactional else "-- atlas:txmode none\n\n"
    return (NewFile(script.up_path, head + script.up),)


_KEEPS = Keeps(
    by_number,
    text=lambda up: up.text,
    edited="Atlas refuses the directory until 'atlas migrate hash' sums it up anew, and does not "
    "run it again then",
    gone="Atlas refuses the directory until 'atlas migrate hash' sums it up anew",
    late="Atlas refuses it as out of order unless --exec-order says otherwise",
)
CONVENTION = Convention(
    NAME,
    12,
    home,
    read,
    next_name,
    one_way,
    shows=shows,
    title="Atlas",
    files=written,
    keeps=_KEEPS,
)
