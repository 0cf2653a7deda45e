"""What a change adds to trees of migrations, and what it does to those that were released."""

import ast
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from migsafe.model.errors import InputError, UsageError
from migsafe.model.lineends import with_lf
from migsafe.model.migration import Changes, Edit, Late, Migration, Section, Selection, Tree
from migsafe.model.operations import Unrecognized
from migsafe.model.record import record, replace
from migsafe.sources import (
    Loaded,
    Request,
    after,
    discover,
    file_error,
    read_files,
    tree_beside,
)
from migsafe.sources.convention import Convention, Keeps, Reading, owner
from migsafe.sources.files import SQL_SUFFIXES, SUFFIXES, Files, is_passed_by, missing, shown
from migsafe.sources.git.base import Since
from migsafe.sources.git.repository import Change

_MAGIC = "*?["


def load_changed(request: Request, since: Since) -> Loaded:
    """Return what a change adds to its trees, each with the history before it.

    Args:
        request: What is to be read of it; without paths every tree below the working directory.
        since: What it is compared with.

    Raises:
        UsageError: If git refuses, or the request names a convention that there is not.
    """
    _refuse_lost(request, since)
    if request.render and since.base.end is not None:
        raise UsageError(
            "--render runs the project as it is checked out, and that is not what is pushed",
            help="Check out what is pushed, or leave --render out.",
        )
    files = since.now
    touched = scope(request.paths, since, files)
    now = read_files(touched.now, request, files)
    alone = replace(request, history=False, render=False)
    before = read_files(touched.before, alone, since.before)
    selections, started = after(
        compared(now.trees, before.trees, since.base.commit), request.start_after
    )
    errors = (*(file_error(error) for error in touched.errors), *now.errors)
    skipped = (*now.skipped, *touched.skipped)
    # A tree that the change leaves alone is not read, and may hold the mark.
    started = started or not selections
    return Loaded(selections, tuple(dict.fromkeys(errors)), skipped, started)


def _refuse_lost(request: Request, since: Since) -> None:
    """Refuse to compare a submodule with migrations whose commit of then is not here.

    Raises:
        UsageError: If there is one.
    """
    for directory, commit in since.lost().items():
        wanted = [shown(path) for path in request.paths] or ["."]
        asked = any(_covers(each, directory) or _covers(directory, each) for each in wanted)
        if asked and discover(directory):
            raise UsageError(
                f"the submodule '{directory}' stood at commit {commit[:12]}, which it lacks",
                help=f"Fetch it: git -C {directory} fetch --unshallow; in CI fetch-depth: 0.",
            )


@record
class Scope:
    """The files of a change that may be migrations: as they stand, and as they stood.

    `skipped` are files of SQL, in no tree, that nobody named.
    """

    now: tuple[str, ...]
    before: tuple[str, ...]
    errors: tuple[InputError, ...]
    skipped: tuple[str, ...]


def scope(paths: Sequence[str], since: Since, files: Files) -> Scope:
    """Return what a change touches of the paths that a request names.

    Args:
        paths: Files, directories or globs; none: every tree below the working directory.
        since: What the change is compared with.
        files: The files as the change leaves them.
    """
    changes = since.changes()
    before_files = since.before
    wanted = [shown(path) for path in paths]
    now: dict[str, None] = {}
    before: dict[str, None] = {}
    for change in changes:
        if change.now is not None and _counts(change.now, wanted, files):
            now[change.now] = None
        if change.before is not None and _counts(change.before, wanted, before_files):
            before[change.before] = None
    for path in _running(changes, since):
        if _counts(path, wanted, before_files):
            before[path] = None
            if files.exists(path):
                now[path] = None
    # Whoever names a file of a tree is told what became of the others.
    trees = {found[1] for path in now if (found := owner(path, files)) and found[1] != path}
    for change in changes:
        if change.before is not None and change.now is None and change.before.endswith(SUFFIXES):
            found = owner(change.before, before_files)
            if found is not None and found[1] in trees:
                before[change.before] = None
    errors = [
        missing(path)
        for path in wanted
        if not _has_magic(path)
        and not (files.exists(path) or files.is_directory(path) or files.is_link(path))
        and not any(_covers(path, change.before or "") for change in changes)
    ]
    skipped = [
        change.now
        for change in changes
        if not wanted
        and change.now is not None
        and change.now not in now
        and change.now.endswith(SQL_SUFFIXES)
        and _is_inside(change.now, files)
    ]
    return Scope(tuple(now), tuple(before), tuple(errors), tuple(skipped))


def _running(changes: Iterable[Change], since: Since) -> Iterator[str]:
    """Yield files that named a file of SQL which the change touches, and may run it.

    What they do may change with it, and their own text does not.
    """
    before = since.before
    names: dict[str, None] = {}
    for change in changes:
        path = change.before
        if path is not None and path.endswith(SQL_SUFFIXES):
            found = owner(path, before)
            if found is None or found[1] == path:
                names[os.path.basename(path)] = None
    for path in since.repository.naming(tuple(names), since.base.commit):
        if path.endswith(SUFFIXES):
            yield path


def _counts(path: str, wanted: Sequence[str], files: Files) -> bool:
    """Return whether a changed file may be a migration that was asked for."""
    if not wanted:
        return _is_inside(path, files) and _is_in_a_tree(path, files)
    for each in wanted:
        if each == path:
            return True
        if _covers(each, path) and not is_passed_by(path, each, files):
            return path.endswith(SUFFIXES) or _is_in_a_tree(path, files)
    return False


def _is_inside(path: str, files: Files) -> bool:
    """Return whether a file lies below the working directory, where migrations may lie."""
    return not path.startswith("..") and not is_passed_by(path, ".", files)


def _covers(wanted: str, path: str) -> bool:
    """Return whether a path is a directory or pattern of a request, or lies below it."""
    if wanted == ".":
        return not path.startswith("..")
    if not _has_magic(wanted):
        return path == wanted or path.startswith(f"{wanted}/")
    return _matches(wanted.split("/"), path.split("/"))


def _has_magic(path: str) -> bool:
    return any(character in path for character in _MAGIC)


def _matches(patterns: Sequence[str], parts: Sequence[str]) -> bool:
    """Return whether a pattern is that of a path, or of a directory around it."""
    if not patterns:
        return True
    if patterns[0] == "**":
        return any(_matches(patterns[1:], parts[at:]) for at in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], patterns[0]) and _matches(patterns[1:], parts[1:])


def _is_in_a_tree(path: str, files: Files) -> bool:
    """Return whether a file belongs to a tree with an order, or lies in one beside the others."""
    if path.endswith(SUFFIXES):
        found = owner(path, files)
        if found is not None and found[1] != path:
            return True
        if path.endswith(".py"):
            return False
    here = os.path.dirname(path)
    while True:
        if tree_beside(os.path.join(here, ""), files) is not None:
            return True
        if not here:
            return False
        here = os.path.dirname(here)


Read = tuple[Convention, Reading]


def compared(now: Sequence[Read], before: Sequence[Read], base: str) -> tuple[Selection, ...]:
    """Return each tree with what is new in it, and what became of what is not.

    A migration that does what it did, in the transactions it did it in, is not new; neither
    is one whose directory was moved. One that does something else is judged with the new ones.

    Args:
        now: Trees as they stand, in which what the change touches is given.
        before: Trees as they stood, in which what the change touches is given.
        base: The commit at which the change began.
    """
    released = _Released(before)
    pairs = [_paired(convention, reading, released) for convention, reading in now]
    # What was moved or renamed is looked for among what kept its name in no tree.
    pairs = [
        {
            each.id: paired[each.id] or _alike(convention, reading.tree.root, each, released)
            for each in reading.tree.migrations
            if each.id in paired
        }
        for (convention, reading), paired in zip(now, pairs, strict=True)
    ]
    left = released.left()
    selections = []
    for (convention, reading), paired in zip(now, pairs, strict=True):
        gone = left.pop(reading.tree.root, ())
        selections.append(_selection(convention, reading, paired, gone, base))
    for convention, reading in before:
        gone = left.pop(reading.tree.root, ())
        if gone:
            tree = Tree(reading.tree.root, convention.name, ())
            changes = Changes(base, convention.name, gone=gone)
            selections.append(Selection(tree, frozenset(), changes))
    return tuple(selections)


class _Released:
    """The migrations that the change touches, as they were; each is found once."""

    def __init__(self, before: Sequence[Read]) -> None:
        self._left: dict[tuple[str, str], Migration] = {}
        self._names: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._texts: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._roots: dict[str, None] = {}
        for convention, reading in before:
            if convention.keeps is None:
                continue
            root = reading.tree.root
            self._roots[root] = None
            for migration in reading.tree.migrations:
                if migration.id in reading.given:
                    key = (root, migration.id)
                    self._left[key] = migration
                    name = (root, convention.keeps.name(migration.id))
                    self._names.setdefault(name, []).append(key)
                    self._texts.setdefault((root, _text(migration)), []).append(key)

    def named(self, root: str, name: str, id: str) -> Migration | None:
        """Return what a tree had under a name that its tool goes by, the same id first."""
        keys = self._names.get((root, name), [])
        return self._taken(sorted(keys, key=lambda key: key[1] != id))

    def alike(self, migration: Migration, root: str, name: str) -> Migration | None:
        """Return what does the same: in the tree under another name, or in another one."""
        text = _text(migration)
        if not text:
            return None
        here = self._texts.get((root, text), ())
        moved = (key for other in self._roots for key in self._names.get((other, name), ()))
        return self._taken(
            key
            for key in (*here, *moved)
            if key in self._left and does_same(self._left[key], migration)
        )

    def _taken(self, keys: Iterable[tuple[str, str]]) -> Migration | None:
        return next((self._left.pop(key) for key in keys if key in self._left), None)

    def left(self) -> dict[str, tuple[Migration, ...]]:
        """Return what is gone, by the roots of its trees."""
        found: dict[str, list[Migration]] = {}
        for (root, _), migration in self._left.items():
            found.setdefault(root, []).append(migration)
        return {root: tuple(gone) for root, gone in found.items()}


def _text(migration: Migration) -> str:
    """Return the statements of a way up, however they are laid out."""
    return " ".join(word for each in migration.up.statements for word in each.sql.split())


def _paired(
    convention: Convention, reading: Reading, released: _Released
) -> dict[str, Migration | None]:
    """Return the given migrations of a tree, each with what it was under its name."""
    keeps = convention.keeps
    return {
        each.id: None
        if keeps is None
        else released.named(reading.tree.root, keeps.name(each.id), each.id)
        for each in reading.tree.migrations
        if each.id in reading.given
    }


def _alike(
    convention: Convention, root: str, migration: Migration, released: _Released
) -> Migration | None:
    if convention.keeps is None:
        return None
    return released.alike(migration, root, convention.keeps.name(migration.id))


def _selection(
    convention: Convention,
    reading: Reading,
    paired: Mapping[str, Migration | None],
    gone: tuple[Migration, ...],
    base: str,
) -> Selection:
    tree, keeps = reading.tree, convention.keeps
    if keeps is None:
        return Selection(tree, reading.given)
    added = tuple(each for each in tree.migrations if each.id in paired and not paired[each.id])
    edits = []
    given = {each.id for each in added}
    downs = []
    for each in tree.migrations:
        was = paired.get(each.id)
        if was is None:
            continue
        edit = _edit(was, each, keeps)
        if not edit.does_same:
            given.add(each.id)
        elif not _is_same_way(was.down, each.down):
            downs.append(each)
        if not each.repeatable and not _is_as_released(edit):
            edits.append(edit)
    moved = {edit.now.id for edit in edits if not edit.is_same_name}
    late = () if keeps.late is None else tuple(_late(tree, added, moved))
    changes = Changes(base, convention.name, tuple(edits), gone, added, late, tuple(downs))
    return Selection(tree, frozenset(given), changes)


def _edit(was: Migration, now: Migration, keeps: Keeps) -> Edit:
    return Edit(
        was,
        now,
        does_same(was, now),
        keeps.text is None or keeps.text(was.up) == keeps.text(now.up),
        keeps.name(was.id) == keeps.name(now.id),
    )


def _is_as_released(edit: Edit) -> bool:
    return (
        edit.does_same
        and edit.is_same_text
        and edit.is_same_name
        and edit.before.revises == edit.now.revises
    )


def does_same(one: Migration, other: Migration) -> bool:
    """Say whether two ways up do the same in the same transactions; unread ones do not."""
    return _is_same_way(one.up, other.up)


def _is_same_way(one: Section | None, other: Section | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.runner is other.runner and list(_seen(one)) == list(_seen(other))


def _seen(section: Section) -> Iterator[object]:
    """Yield what tells a section from others; comments, blanks and ends of lines do not."""
    carriage = "\r" in section.text
    for statement in section.statements:
        for operation in statement.operations:
            origin = operation.origin
            yield origin is not None and origin.autocommit
            if isinstance(operation, Unrecognized):
                # Of what could not be read only the text can be compared, and no text is no proof.
                yield operation.cause, operation.relations
                yield _words(statement.sql, section.path) or object()
            else:
                yield with_lf(operation) if carriage else operation


def _words(text: str, path: str) -> str:
    """Return a text that could not be read, however it is laid out."""
    if path.endswith(".py"):
        try:
            return ast.unparse(ast.parse(text.strip()))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            # Then its layout counts as well.
            pass
    return " ".join(text.split())


def _late(tree: Tree, added: Sequence[Migration], moved: set[str]) -> Iterator[Late]:
    """Yield what is new and has something after it that was released, and under that name."""
    new = {each.id: each for each in added}
    passed = {each.id for each in tree.migrations if each.repeatable or not each.ordered} | moved
    following: str | None = None
    found = []
    for id_ in reversed((*(each.id for each in tree.migrations), *tree.later)):
        if id_ in passed:
            continue
        if id_ not in new:
            following = id_
        elif following is not None:
            found.append(Late(new[id_], following))
    yield from reversed(found)
