"""A folder for each migration with `up.sql` and `down.sql`, as Diesel has them."""

import os
import re
from collections.abc import Sequence

from migsafe.model.errors import InputError
from migsafe.model.findings import FileError
from migsafe.model.migration import Tree
from migsafe.model.origin import Runner
from migsafe.model.pattern import pattern
from migsafe.sources.convention import (
    Candidate,
    Convention,
    Keeps,
    NewFile,
    Options,
    Order,
    Reading,
    Script,
)
from migsafe.sources.files import Files, parted
from migsafe.sources.sql_tree import next_number, read_tree, slugged

_FILES = ("up.sql", "down.sql")
_ORDER = pattern(r"\d+(?:[-_.]\d+)*(?=[-_. ]|$)")
_DATE = pattern(r"\d{4}-\d\d-\d\d-\d+(?:-\d+)*(?=[_. ]|$)")
NAME = "up-down-folders"


def home(path: str, files: Files) -> str | None:
    """Return the directory that holds the folder of an `up.sql` or `down.sql`."""
    del files
    folder, name = parted(path)
    if name not in _FILES:
        return None
    if _order(_folder_name(folder)) is None:
        return folder or "."
    return (os.path.dirname(folder) or ".") if folder else ".."


def _folder_name(folder: str) -> str:
    return os.path.basename(os.path.abspath(folder))


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the migrations in the folders of a directory, or the one of a folder."""
    errors: list[FileError] = []
    candidates = []
    here = "" if root == "." else root
    if _order(_folder_name(here)) is None and not files.names(root).isdisjoint(_FILES):
        folders = [here]
    else:
        # Files in the working directory are written without a folder.
        own = _folder_name("") if root == ".." else None
        names = files.names(root)
        folders = ["" if name == own else os.path.join(here, name) for name in names]
    for folder in folders:
        names = files.names(folder or ".")
        if not names.isdisjoint(_FILES):
            candidates.append(_candidate(_folder_name(folder), folder, names, files, errors))
    reading = read_tree(root, NAME, candidates, given, files, options)
    return Reading(reading.tree, reading.given, (*errors, *reading.errors))


def _candidate(
    name: str,
    folder: str,
    names: frozenset[str],
    files: Files,
    errors: list[FileError],
) -> Candidate:
    up, down = (os.path.join(folder, file) if file in names else None for file in _FILES)
    runner = Runner.FILE
    if "metadata.toml" in names:
        import tomllib  # noqa: PLC0415  few folders have one

        path = os.path.join(folder, "metadata.toml")
        try:
            metadata = tomllib.loads(files.text(path))
        except tomllib.TOMLDecodeError as error:
            errors.append(FileError(path, f"not TOML: {error}", "Correct it."))
        except InputError as error:
            errors.append(FileError(path, error.message, error.help, error.line))
        else:
            if metadata.get("run_in_transaction") is False:
                runner = Runner.NONE
    return Candidate(name, _order(name), up, down, runner, downs=True)


def _order(name: str) -> Order | None:
    found = _ORDER.match(name)
    if found is None:
        return None
    # Diesel's dates are one number, with or without the dashes.
    parts = found[0].replace("-", "") if _DATE.match(name) else found[0]
    return tuple(int(number) for number in re.split(r"[-_.]", parts))


def next_name(tree: Tree, slug: str) -> str:
    """Return the id of the migration after the last one."""
    return f"{next_number(tree)}_{slugged(slug)}"


def paths(tree: Tree, id: str) -> tuple[str, str]:
    """Return where a new migration's up and down are written."""
    folder = os.path.normpath(os.path.join(tree.root, id))
    return os.path.join(folder, "up.sql"), os.path.join(folder, "down.sql")


def written(script: Script) -> tuple[NewFile, ...]:
    """Return the files of a new migration, with Diesel's own word for no transaction."""
    folder = os.path.dirname(script.up_path)
    new = [NewFile(script.up_path, script.up)]
    if script.down_path is not None:
        new.append(NewFile(script.down_path, script.down))
    if not script.transactional:
        # A comment would not reach the tool.
        settings = os.path.join(folder, "metadata.toml")
        new.append(NewFile(settings, "run_in_transaction = false\n"))
    return tuple(new)


def _version(id: str) -> str:
    return id.partition("_")[0].replace("-", "")


_KEEPS = Keeps(
    _version, gone="Diesel cannot revert it", late="Diesel runs it after them", runs_late=True
)
CONVENTION = Convention(
    NAME, 10, home, read, next_name, paths, files=written, title="Diesel", keeps=_KEEPS
)
