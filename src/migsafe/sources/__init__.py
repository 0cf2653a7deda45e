"""Where migrations come from: paths to trees of migrations, in their tools' order."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from migsafe.model.errors import InputError, UsageError
from migsafe.model.findings import FileError
from migsafe.model.migration import Selection
from migsafe.model.record import record, replace
from migsafe.sources.convention import (
    Convention,
    Options,
    Reading,
    convention_named,
    conventions,
    owner,
)
from migsafe.sources.files import (
    SQL_SUFFIXES,
    SUFFIXES,
    Files,
    is_plan_copy,
    resolve,
    shown,
    walk,
)

STDIN = "<stdin>"


@record
class Request:
    """What is to be read.

    Attributes:
        paths: Files, directories, globs, or `-`. `discover` finds trees if there are none.
        dialect: The dialect of plain SQL.
        transaction: `file` or `none` for SQL files whose runner is not known; `auto`.
        convention: The name of the convention of all files; None: by their names.
        stdin_text: What standard input held, for `-`.
        stdin_filename: The path that standard input stands for.
        start_after: A migration that was released: it and all before it are not judged.
        history: Whether the migrations before the given ones are read as well.
        placeholders: What placeholders in SQL files stand for, by name.
        render: Whether Alembic's offline mode is run, code of the project and all, instead
            of reading revisions.
        judging: Whether migrations are read to be judged, and history only to be replayed: its
            ways up are enough then, and may come from the cache.
    """

    paths: tuple[str, ...]
    dialect: str = "postgres"
    transaction: str = "auto"
    convention: str | None = None
    stdin_text: str | None = None
    stdin_filename: str | None = None
    start_after: str | None = None
    history: bool = True
    placeholders: Mapping[str, str] = field(default_factory=dict)
    render: bool = False
    judging: bool = False


@record
class Loaded:
    """What was read.

    `skipped` are files that hold no migration. `started` says whether `start_after` was
    found in a tree; it is True without one.
    """

    selections: tuple[Selection, ...]
    errors: tuple[FileError, ...] = ()
    skipped: tuple[str, ...] = ()
    started: bool = True


def load(request: Request) -> Loaded:
    """Return the migrations that a request names, each with the history before it.

    A path that cannot be read is an error of its own; the others go on.

    Raises:
        UsageError: If the request names a convention that there is not, or standard
            input without its text.
    """
    overlay: dict[str, str] = {}
    errors: list[FileError] = []
    given: dict[str, None] = {}
    files = Files(overlay)
    for path in request.paths:
        for found in _given(path, request, overlay, files):
            if isinstance(found, InputError):
                errors.append(file_error(found))
            else:
                given[found] = None
    folders = tuple(shown(path) for path in request.paths if path != "-" and os.path.isdir(path))
    read = read_files(given, request, files, folders)
    selections = tuple(
        Selection(reading.tree, reading.given)
        for _, reading in read.trees
        if reading.given or reading.tree.problems
    )
    selections, started = after(selections, request.start_after)
    return Loaded(selections, tuple(dict.fromkeys((*errors, *read.errors))), read.skipped, started)


@record
class Read:
    """The trees of some files, with the conventions that they follow."""

    trees: tuple[tuple[Convention, Reading], ...]
    errors: tuple[FileError, ...]
    skipped: tuple[str, ...]


def read_files(
    paths: Iterable[str], request: Request, files: Files, folders: tuple[str, ...] = ()
) -> Read:
    """Return the trees that files belong to, in which these are given.

    Args:
        paths: The files.
        request: How they are to be read.
        files: Where their texts come from.
        folders: Directories that are judged as a whole.

    Raises:
        UsageError: If the request names a convention that there is not.
    """
    options = Options(
        request.dialect,
        request.transaction,
        request.history,
        request.placeholders,
        request.render,
        folders,
        request.judging,
        request.convention is not None,
    )
    given = dict.fromkeys(paths)
    skipped = [path for path in given if is_plan_copy(path, files)]
    for path in skipped:
        del given[path]
    trees: list[tuple[Convention, Reading]] = []
    errors: list[FileError] = []
    for convention, root, own in _grouped(given, request.convention, files):
        reading = convention.read(root, own, files, options)
        errors.extend(reading.errors)
        skipped.extend(reading.skipped)
        skipped.extend(_left_over(own, reading))
        trees.append((convention, reading))
    return Read(tuple(trees), tuple(errors), tuple(skipped))


def after(
    selections: tuple[Selection, ...], start_after: str | None
) -> tuple[tuple[Selection, ...], bool]:
    """Return selections without what was released, and whether the mark was found."""
    if start_after is None:
        return selections, True
    found = [_after(selection, start_after) for selection in selections]
    return tuple(each for each, _ in found), any(marked for _, marked in found)


def _given(
    path: str, request: Request, overlay: dict[str, str], files: Files
) -> Iterator[str | InputError]:
    if path != "-":
        yield from resolve(path, files)
        return
    if request.stdin_text is None:
        raise UsageError("'-' needs standard input", help="Pipe a migration in.")
    name = STDIN if request.stdin_filename is None else shown(request.stdin_filename)
    overlay[name] = request.stdin_text
    yield name


def file_error(error: InputError) -> FileError:
    """Return what a report says of a path that could not be read."""
    return FileError(error.path, error.message, error.help, error.line)


def _grouped(
    given: dict[str, None], name: str | None, files: Files
) -> Iterator[tuple[Convention, str, list[str]]]:
    """Yield each tree once, with its given files, in the order they were given."""
    forced = None
    if name is not None:
        forced = convention_named(name)
        if forced is None:
            known = ", ".join(each.name for each in conventions())
            raise UsageError(f"no convention is called '{name}'", help=f"Choose one of: {known}.")
    groups: dict[tuple[str, str], tuple[Convention, str, list[str]]] = {}
    for path in given:
        root = forced.home(path, files) if forced is not None else None
        if forced is not None and root is not None:
            belongs: tuple[Convention, str] | None = (forced, root)
        else:
            belongs = owner(path, files) if path.endswith(SUFFIXES) else tree_beside(path, files)
        if belongs is None:
            belongs = (_lone(), path)
        convention, root = belongs
        group = groups.setdefault((convention.name, root), (convention, root, []))
        group[2].append(path)
    yield from groups.values()


def tree_beside(path: str, files: Files) -> tuple[Convention, str] | None:
    """Return the tree with an order that SQL files beside a path belong to."""
    directory = os.path.dirname(path)

    def ask() -> tuple[Convention, str] | None:
        for name in sorted(files.names(directory)):
            beside = os.path.join(directory, name)
            found = owner(beside, files) if name.endswith(SQL_SUFFIXES) else None
            if found is not None and found[1] != beside:
                return found
        return None

    return files.once("tree beside", directory, ask)


def _left_over(paths: list[str], reading: Reading) -> Iterator[str]:
    """Yield given files that their convention takes nothing of: other dialects' forms."""
    tree = reading.tree
    taken = {section.path for migration in tree.migrations for section in migration.sections}
    taken.update(path for problem in tree.problems for path in problem.concerns)
    taken.update(error.path for error in reading.errors)
    taken.update(reading.skipped)
    yield from (path for path in paths if path not in taken)


def _lone() -> Convention:
    """Return the convention that is asked last: a file that stands alone."""
    return conventions()[-1]


def _after(selection: Selection, start_after: str) -> tuple[Selection, bool]:
    """Return a selection without what was released, and whether the mark was found."""
    tree = selection.tree
    released: list[str] = []
    for migration in tree.migrations:
        released.append(migration.id)
        if _is_called(migration.id, migration.path, start_after):
            return replace(selection, given=selection.given.difference(released)), True
    if any(_is_called(later, "", start_after) for later in tree.later):
        return replace(selection, given=frozenset()), True
    return selection, False


def _is_called(id: str, path: str, name: str) -> bool:
    """Return whether a person who says `name` means this migration.

    Its id, its path, its file's name with or without suffix, or its number alone.
    """
    file = os.path.basename(path)
    return name in {id, path, file, file.partition(".")[0]} or (
        id.startswith(name) and not id[len(name) :][:1].isalnum() and name.isdigit()
    )


def discover(root: str = ".") -> tuple[str, ...]:
    """Return the directories below `root` that hold migrations, for a run without paths.

    Where a configuration file names trees these are taken; elsewhere a directory counts
    that holds files of a convention with an order. Plan directories do not count.
    """
    return tuple(dict.fromkeys(_discovered(root)))


def is_without_migrations(root: str = ".") -> bool:
    """Say whether no directory below `root` holds migrations."""
    return next(_discovered(root), None) is None


def _discovered(root: str) -> Iterator[str]:
    files = Files()
    configured: list[str] = []
    for convention in conventions():
        if convention.roots is not None:
            configured.extend(convention.roots(shown(root), files))
    yield from configured
    for path in walk(shown(root), files):
        if any(path.startswith(f"{tree}{os.sep}") for tree in configured):
            continue
        belongs = owner(path, files)
        if belongs is not None and belongs[1] != path:
            yield belongs[1]
