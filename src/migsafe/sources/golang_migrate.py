"""golang-migrate: `N_name.up.sql` and `N_name.down.sql`, each sent as one query."""

import os
from collections.abc import Sequence

from migsafe.model.migration import Tree
from migsafe.model.origin import Runner
from migsafe.model.pattern import pattern
from migsafe.sources.convention import Candidate, Convention, Keeps, Options, Reading, by_number
from migsafe.sources.files import Files, parted
from migsafe.sources.sql_tree import next_number, read_tree, slugged

_NAME = pattern(r"(\d+)_(.*)\.(up|down)\.sql")
# Runners built on the convention take programs beside SQL (`N_name.up.go`).
_PROGRAM = pattern(r"(\d+)_(.*)\.(up|down)\.(?!sql$)\w+")
NAME = "golang-migrate"


def home(path: str, files: Files) -> str | None:
    """Return the directory of a file that golang-migrate would run."""
    directory, name = parted(path)
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    # `N_name.down.sql` beside a plain `N_name.sql` is another convention's.
    plain = f"{found[1]}_{found[2]}.sql"
    if found[3] == "down" and plain in files.names(directory):
        return None
    return directory or "."


def read(root: str, given: Sequence[str], files: Files, options: Options) -> Reading:
    """Return the migrations of a directory."""
    return read_tree(root, NAME, _candidates(root, files), given, files, options)


def _candidates(root: str, files: Files) -> list[Candidate]:
    directory = "" if root == "." else root
    ups: dict[str, str] = {}
    downs: dict[str, str] = {}
    numbers: dict[str, int] = {}
    by_number: dict[int, list[str]] = {}
    for name in files.names(directory):
        found = _NAME.fullmatch(name)
        path = os.path.join(directory, name)
        if found is None or home(path, files) is None:
            continue
        number, title, direction = found.groups()
        key = f"{number}_{title}"
        numbers[key] = int(number)
        if direction == "up":
            ups[key] = path
            by_number.setdefault(int(number), []).append(key)
        else:
            downs[key] = path
    for key in [key for key in downs if key not in ups]:
        # The tool pairs by number; the titles may differ.
        match by_number.get(numbers[key], []):
            case [only] if only not in downs:
                downs[only] = downs.pop(key)
                del numbers[key]
            case _:
                pass
    programs = _programs(directory, files)
    for (number, direction), name in programs.items():
        if direction == "up" and number not in numbers.values():
            numbers[name.partition(".")[0]] = number
    return [
        _candidate(key, number, ups.get(key), downs.get(key), programs, directory)
        for key, number in numbers.items()
    ]


def _programs(directory: str, files: Files) -> dict[tuple[int, str], str]:
    """Return the names of files that are no SQL, by number and direction."""
    return {
        (int(found[1]), found[3]): name
        for name in sorted(files.names(directory))
        if (found := _PROGRAM.fullmatch(name)) is not None
    }


def _candidate(
    key: str,
    number: int,
    up: str | None,
    down: str | None,
    programs: dict[tuple[int, str], str],
    directory: str,
) -> Candidate:
    """Return a migration; one whose way up is a program is not read."""
    program = programs.get((number, "up")) if up is None else None
    return Candidate(
        key,
        (number,),
        up if program is None else os.path.join(directory, program),
        down,
        Runner.QUERY,
        downs=(number, "down") not in programs,
        unread=None if program is None else f"'{program}' is no SQL",
    )


def next_name(tree: Tree, slug: str) -> str:
    """Return the id of the migration after the last one."""
    return f"{next_number(tree)}_{slugged(slug)}"


def paths(tree: Tree, id: str) -> tuple[str, str]:
    """Return where a new migration's up and down are written."""
    stem = os.path.normpath(os.path.join(tree.root, id))
    return f"{stem}.up.sql", f"{stem}.down.sql"


_KEEPS = Keeps(
    by_number,
    gone="golang-migrate stops ('no migration found') on a database that stands at it",
    late="golang-migrate passes it by, without a word, on every database that has run a later one",
)
CONVENTION = Convention(NAME, 20, home, read, next_name, paths, keeps=_KEEPS)
