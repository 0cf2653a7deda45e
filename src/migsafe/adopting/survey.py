"""What there is in a project: its trees, their tools, what is released, and their database."""

import os
from collections.abc import Iterable

from migsafe.adopting import squawk
from migsafe.adopting.edits import text_of
from migsafe.adopting.hints import Hint, hints
from migsafe.adopting.squawk import Adopted
from migsafe.config import NEWEST, OLDEST
from migsafe.model.errors import UsageError
from migsafe.model.migration import Migration, Selection
from migsafe.model.record import record
from migsafe.sources import Request, discover, load
from migsafe.sources.convention import convention_named
from migsafe.sources.files import Files
from migsafe.sources.git import is_checkout
from migsafe.sources.git.base import by_default
from migsafe.sources.git.repository import Repository


@record
class Found:
    """A tree of migrations.

    `paths` are the directories to configure. `released` are the ids of those that the default
    branch holds, all of them where that is not known; `head` is the newest of these, None where
    the tree has several. `dialect` is None where nothing says it for sure, `because` is what is
    said about it.
    """

    selection: Selection
    tool: str
    paths: tuple[str, ...]
    released: tuple[str, ...]
    head: str | None
    dialect: str | None
    because: tuple[Hint, ...]

    @property
    def fresh(self) -> frozenset[str]:
        """The ids of those that the default branch lacks."""
        return self.selection.given.difference(self.released)


@record
class Survey:
    """What was found in the working directory.

    `base` is what the default branch is called, None where no branch is older than this one.
    `remarks` say what could not be known.
    """

    trees: tuple[Found, ...]
    squawk: Adopted | None
    base: str | None
    remote: str
    is_checkout: bool
    remarks: tuple[str, ...] = ()

    @property
    def judged(self) -> tuple[Found, ...]:
        """The trees that can be judged: those of PostgreSQL, or of nothing that was named."""
        return tuple(each for each in self.trees if each.dialect in {None, "postgres"})

    def version(self) -> tuple[int, str] | None:
        """Return the oldest server that is spoken of, and where; squawk's word goes first."""
        if self.squawk is not None and self.squawk.server_version is not None:
            return self.squawk.server_version, f"{squawk.NAME}: pg_version"
        said = [
            (hint.version, f"{hint.place}: {hint.said}")
            for found in self.judged
            for hint in found.because
            if hint.version is not None and OLDEST <= hint.version <= NEWEST
        ]
        return min(said, default=None)


def survey() -> Survey:
    """Return what there is below the working directory.

    Raises:
        UsageError: If there are no migrations, or this is not the top of the checkout.
    """
    remarks: list[str] = []
    repository = Repository() if is_checkout() else None
    if repository is not None and repository.path("") not in {"", "."}:
        raise UsageError(
            "hooks and pipelines lie at the top of the checkout, and this is below it",
            help=f"cd {repository.path('')}",
        )
    roots = discover()
    if not roots:
        raise UsageError(
            "no migrations were found below this directory",
            help="Run init at the top of the project whose migrations are to be judged.",
        )
    base, new = _new(repository, remarks)
    text = text_of(squawk.NAME)
    adopted = None if text is None else squawk.adopted(text)
    files = Files()
    loaded = load(Request(roots))
    trees = tuple(_found(each, roots, new, files) for each in loaded.selections if _is_a_tree(each))
    alone = [
        one.path
        for each in loaded.selections
        if not _is_a_tree(each)
        for one in each.tree.migrations
    ]
    if alone:
        more = f" and {len(alone) - 1} more" if len(alone) > 1 else ""
        remarks.append(f"{alone[0]}{more}: no order in the name, judged each by itself")
    return Survey(
        trees,
        adopted,
        base,
        "" if repository is None else repository.git.ask("remote", "get-url", "origin").line,
        repository is not None,
        tuple(remarks),
    )


def _is_a_tree(selection: Selection) -> bool:
    return any(migration.ordered for migration in selection.tree.migrations)


def _new(repository: Repository | None, remarks: list[str]) -> tuple[str | None, frozenset[str]]:
    """Return what the default branch is called, and the files that it lacks."""
    if repository is None:
        return None, frozenset()
    try:
        base = by_default(repository)
        if base is None:
            return None, frozenset()
        changes = repository.changes(base.commit)
    except UsageError as error:
        remarks.append(f"Which migrations are released is not known: {error.message}.")
        return None, frozenset()
    new = (change.now for change in changes if change.before != change.now)
    return base.name, frozenset(path for path in new if path is not None)


def _found(selection: Selection, roots: Iterable[str], new: frozenset[str], files: Files) -> Found:
    tree = selection.tree
    convention = convention_named(tree.convention)
    released = [migration for migration in tree.migrations if not _is_new(migration, new)]
    places = [section.path for one in tree.migrations for section in one.sections]
    paths = _paths(places, roots)
    said = hints(paths or (tree.root,), files)
    dialect, because = _dialect(said)
    head = released[-1].id if released and len(tree.heads) <= 1 else None
    tool = tree.convention if convention is None else convention.title or convention.name
    ids = tuple(one.id for one in released)
    return Found(selection, tool, paths or (tree.root,), ids, head, dialect, because)


def _paths(places: Iterable[str], roots: Iterable[str]) -> tuple[str, ...]:
    """Return the directories that hold the files of a tree, the innermost ones."""
    nearest: set[str] = set()
    for place in places:
        around = [root for root in roots if _is_in(place, root)]
        nearest.update(sorted(around, key=len)[-1:])
    return tuple(root for root in roots if root in nearest)


def _is_new(migration: Migration, new: frozenset[str]) -> bool:
    return migration.path in new


def _is_in(path: str, root: str) -> bool:
    return root == "." or path.startswith(f"{root}{os.sep}")


def _dialect(said: tuple[Hint, ...]) -> tuple[str | None, tuple[Hint, ...]]:
    """Return the dialect that is meant, with the hints that say so.

    What the migration tool itself is told counts first. Of what else is said PostgreSQL counts, and
    SQLite does not: many a project runs its tests or its first steps on it.
    """
    exact = tuple(hint for hint in said if hint.exact)
    decisive = exact or tuple(hint for hint in said if hint.dialect != "sqlite")
    dialects = {hint.dialect for hint in decisive}
    if not dialects:
        return None, said
    chosen = "postgres" if "postgres" in dialects else min(dialects)
    return chosen, tuple(hint for hint in said if hint.dialect == chosen)
