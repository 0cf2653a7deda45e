"""What a convention of migration files knows, and where the conventions are found.

A convention is a module (or package) of `migsafe.sources` that has a constant
`CONVENTION`. Adding one means adding its file; there is no list.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from migsafe.model.findings import FileError
from migsafe.model.migration import Section, Tree
from migsafe.model.origin import Runner
from migsafe.model.pattern import pattern
from migsafe.model.record import record
from migsafe.sources.files import Files
from migsafe.sources.marks import Way

Order = tuple[int, ...]
_NUMBER = pattern(r"\d+")


@record
class Candidate:
    """A migration that a tree holds and nobody has read yet.

    `paths` are all its files; `order` is None for a file that stands alone. `up` is None
    where only a way down was found. `downs` says whether the convention has ways down.
    `unread` says why nothing of it can be read; `ways` are its ways in the text of `up`, where
    that holds more than what its marks tell apart. `repeatable` says that it runs again
    whenever it changes.
    """

    id: str
    order: Order | None
    up: str | None
    down: str | None
    runner: Runner
    downs: bool
    unread: str | None = None
    ways: tuple[Way, Way | None] | None = None
    repeatable: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """The files, up first."""
        return tuple(path for path in (self.up, self.down) if path is not None)


@record
class Reading:
    """What was read of a tree, up to its last given migration.

    `given` are the ids of the migrations that the given files belong to; `errors` are
    files that could not be read, `skipped` files that hold no migration.
    """

    tree: Tree
    given: frozenset[str]
    errors: tuple[FileError, ...] = ()
    skipped: tuple[str, ...] = ()


@record
class Options:
    """What a request says to every convention."""

    dialect: str = "postgres"
    transaction: str = "auto"
    history: bool = True
    placeholders: Mapping[str, str] = field(default_factory=dict)
    render: bool = False
    """Whether Alembic is run to say what its revisions do."""
    folders: tuple[str, ...] = ()
    """Directories that are judged as a whole, programs among their migrations included."""
    judging: bool = False
    """Whether history is only replayed: its ways down are not read, its ways up may be kept."""
    forced: bool = False
    """Whether the user has named the convention: files are its own whatever shows another."""

    def is_in_a_folder(self, path: str) -> bool:
        """Say whether a file lies in a directory that is judged as a whole."""
        return any(folder == "." or path.startswith(f"{folder}/") for folder in self.folders)


@record
class Script:
    """A new migration in SQL, and the paths that its convention gives it.

    `down_path` is None where the tree has no place for a way down, and `up_path` itself
    where one file holds both ways. `transactional` is False for what may not run in a
    transaction.
    """

    up_path: str
    down_path: str | None
    up: str
    down: str
    transactional: bool


@record
class NewFile:
    """A file that a convention makes of a new migration."""

    path: str
    text: str


def by_number(id: str) -> str:
    """Return the number that an id begins with, as a tool that goes by numbers reads it."""
    digits = _NUMBER.match(id)
    return id if digits is None else str(int(digits[0]))


@record
class Keeps:
    """What a tool keeps of the migrations that it ran, and what it does when those change.

    Attributes:
        name: What of an id the tool goes by.
        text: What of a way up the tool has a checksum of; None: it keeps none.
        edited: What it does where that differs, as a clause.
        gone: What it does about one that is not there any more, as a clause.
        late: What it does about a new one that sorts before one that ran, as a clause; None:
            its order is not that of names.
        runs_late: Whether it runs such a one all the same.
    """

    name: Callable[[str], str] = str
    text: Callable[[Section], str] | None = None
    edited: str | None = None
    gone: str | None = None
    late: str | None = None
    runs_late: bool = False


@record
class Convention:
    """How a tool names, orders, pairs and runs its migrations.

    Attributes:
        name: What reports call it.
        rank: Conventions with a lower rank are asked first who a file belongs to.
        home: The root of the tree that a file belongs to, or None if its name is not of
            this convention. Root and file may be the same: a file that stands alone.
        shows: Whether what lies in or around a file shows its tool; None: its name does.
        read: Reads a tree: its root, the given files, and the options.
        next_name: The id of a new migration after all others of a tree.
        paths: Where the up and the down of a new migration are written.
        roots: The trees that the configuration files of a directory name.
        title: What people call it, if it is not its name.
        files: How a new migration is written, where two plain files are not it.
        keeps: What the tool keeps of migrations that it ran; None for files without an order.
    """

    name: str
    rank: int
    home: Callable[[str, Files], str | None]
    read: Callable[[str, Sequence[str], Files, Options], Reading]
    next_name: Callable[[Tree, str], str]
    paths: Callable[[Tree, str], tuple[str, str | None]]
    roots: Callable[[str, Files], tuple[str, ...]] | None = None
    title: str | None = None
    shows: Callable[[str, Files], bool] | None = None
    files: Callable[[Script], tuple[NewFile, ...]] | None = None
    keeps: Keeps | None = None

    def written(self, script: Script) -> tuple[NewFile, ...]:
        """Return the files of a new migration."""
        if self.files is not None:
            return self.files(script)
        up = NewFile(script.up_path, script.up)
        return (up,) if script.down_path is None else (up, NewFile(script.down_path, script.down))


@cache
def conventions() -> tuple[Convention, ...]:
    """Return all conventions, the one to ask first in front."""
    package = import_module("migsafe.sources")
    found = []
    for module in iter_modules(package.__path__):
        loaded = import_module(f"migsafe.sources.{module.name}")
        convention = getattr(loaded, "CONVENTION", None)
        if isinstance(convention, Convention):
            found.append(convention)
    return tuple(sorted(found, key=lambda convention: (convention.rank, convention.name)))


def convention_named(name: str) -> Convention | None:
    """Return the convention of that name, or None."""
    return next((each for each in conventions() if each.name == name), None)


def owner(path: str, files: Files) -> tuple[Convention, str] | None:
    """Return the convention that a file belongs to, with the root of its tree."""
    return files.once("owner", path, lambda: _owner(path, files))


def _owner(path: str, files: Files) -> tuple[Convention, str] | None:
    for convention in conventions():
        root = convention.home(path, files)
        if root is not None and (convention.shows is None or convention.shows(path, files)):
            return convention, root
    return None
