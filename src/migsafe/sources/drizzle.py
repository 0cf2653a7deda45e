"""Drizzle: `0000_name.sql` in the order of `meta/_journal.json`, all in one transaction."""

import os
from collections.abc import Sequence

from migsafe.model.errors import InputError
from migsafe.model.findings import FileError
from migsafe.model.origin import Runner
from migsafe.sources.convention import Candidate, Convention, Keeps, Options, Reading
from migsafe.sources.files import Files, parted
from migsafe.sources.numbering import home, next_name, one_way
from migsafe.sources.sql_tree import read_tree

NAME = "drizzle"
_JOURNAL = "meta/_journal.json"


def shows(path: str, files: Files) -> bool:
    """Say whether Drizzle keeps a journal beside the file."""
    directory, _ = parted(path)
    journal = os.path.join(directory, _JOURNAL)
    return "meta" in files.names(directory) and files.exists(journal)


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the migrations that the journal names; a given file that it lacks comes last."""
    directory = "" if root == "." else root
    journal = os.path.join(directory, _JOURNAL)
    errors: list[FileError] = []
    tags: list[str] = []
    try:
        tags = _tags(files.text(journal)) if files.exists(journal) else []
    except InputError as error:
        errors.append(FileError(journal, error.message, error.help, error.line))
    names = files.names(directory)
    present = {name.removesuffix(".sql") for name in names if name.endswith(".sql")}
    beside = {os.path.basename(path).removesuffix(".sql") for path in given} & present
    known = [tag for tag in tags if tag in present]
    ordered = [*known, *sorted((beside if tags else present).difference(known))]
    found = [
        Candidate(tag, (at,), os.path.join(directory, f"{tag}.sql"), None, Runner.RUN, downs=False)
        for at, tag in enumerate(ordered)
    ]
    reading = read_tree(root, NAME, found, given, files, options)
    return Reading(reading.tree, reading.given, (*errors, *reading.errors))


def _tags(text: str) -> list[str]:
    import json  # noqa: PLC0415  few trees are Drizzle's

    try:
        entries = json.loads(text)["entries"]
        return [str(entry["tag"]) for entry in sorted(entries, key=lambda each: each["idx"])]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "is no journal of Drizzle's: its entries with 'idx' and 'tag' were not found",
            help="Bring it back from version control, or run drizzle-kit generate again.",
        ) from error


_KEEPS = Keeps(
    late="Drizzle, which goes by the newest time, passes it by without a word where a later ran",
)
CONVENTION = Convention(
    NAME, 16, home, read, next_name, one_way, shows=shows, title="Drizzle", keeps=_KEEPS
)
