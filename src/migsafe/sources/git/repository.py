"""A git checkout: its commits, what the working tree changed since one, and submodules."""

import os
import re
from collections.abc import Iterator, Sequence

from migsafe.model.errors import InputError, UsageError
from migsafe.model.record import record
from migsafe.sources.files import Files
from migsafe.sources.git.running import Git, said
from migsafe.sources.git.snapshot import Snapshot

_GITLINK = "160000"
_AT_ONCE = 500
"""So many texts are looked for by one run of git: a command line has an end."""
_DEEPEST = 8
"""Submodules inside of each other are followed so far."""


@record
class Change:
    """A file that differs between a commit and what a change makes of it.

    `before` is where it stood, None if it is new; `now` is where it stands, None if it is
    gone. Both differ for a file that was renamed.
    """

    before: str | None
    now: str | None


class NoRepositoryError(UsageError):
    """There is no repository that git knows."""


class Repository:
    """The checkout that the working directory lies in; all paths are relative to that.

    Args:
        directory: A directory of the checkout.
        inner: Whether it is a submodule that was reached from around it.

    Raises:
        NoRepositoryError: If there is none.
        UsageError: If git is not installed, or refuses.
    """

    def __init__(self, directory: str = ".", *, inner: bool = False) -> None:
        """Ask git where the checkout is."""
        answer = Git(directory, inner=inner).ask(
            "rev-parse",
            "--is-inside-work-tree",
            "--is-shallow-repository",
            "--show-cdup",
        )
        if answer.out.startswith(b"false\n"):
            raise UsageError(
                "there is no working tree here: the repository is bare, or this is its .git",
                help="Run migsafe in a checkout: git clone, or git worktree add.",
            )
        if answer.status != 0 and "not a git repository" in answer.err:
            raise NoRepositoryError(
                "this directory is in no git repository, so that nobody knows what is new",
                help="Run it in a checkout, or name the files to judge.",
            )
        if answer.status != 0:
            raise said(answer.err)
        _, shallow, up = os.fsdecode(answer.out.removesuffix(b"\n")).split("\n", 2)
        self.is_shallow = shallow == "true"
        self._root = os.path.abspath(os.path.join(directory, up))
        self._is_here = self._root == os.getcwd()
        self._git = Git(self._root, inner=inner)
        self._objects = self._git.objects()
        self._trees: dict[str, Snapshot] = {}
        self._submodules: dict[str, Repository] | None = None

    @property
    def git(self) -> Git:
        """What runs git at the top of the checkout."""
        return self._git

    def path(self, inside: str) -> str:
        """Return a path of the checkout as seen from the working directory."""
        return inside if self._is_here else os.path.relpath(os.path.join(self._root, inside))

    def commit(self, name: str) -> str | None:
        """Return the id of the commit that a name means; None if there is none here.

        Raises:
            UsageError: If it is no name of a revision at all.
        """
        if not name or name.startswith("-") or not name.isprintable():
            raise UsageError(f"{name!r} is no revision", help="Name a branch, a tag or a commit.")
        found = self._git.ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        return found.line or None

    @property
    def head(self) -> str | None:
        """The commit that is checked out; None where there is none yet."""
        return self.commit("HEAD")

    def branch(self) -> str | None:
        """Return the branch that is checked out; None for a detached HEAD."""
        return self._git.ask("symbolic-ref", "--quiet", "--short", "HEAD").line or None

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the commit at which two commits parted; None if this clone knows none."""
        answer = self._git.ask("merge-base", one, other)
        if answer.status not in {0, 1}:
            raise said(answer.err)
        return answer.line or None

    def at(self, commit: str) -> Snapshot:
        """Return the files as they stood at a commit; none if its id is empty."""
        known = self._trees.get(commit)
        if known is None:
            tree = self._git.get("rev-parse", f"{commit}^{{tree}}") if commit else b""
            known = self._trees[commit] = Snapshot(self._objects, tree.decode().strip(), self._root)
            for directory, inner in self.submodules.items():
                stood = known.submodule(directory)
                if stood is not None and inner.commit(stood) is not None:
                    known.graft(directory, inner.at(stood))
        return known

    def changes(self, commit: str, end: str | None = None) -> tuple[Change, ...]:
        """Return what differs between a commit and the working tree, or another one, sorted.

        What is staged, what is not, and files that git does not know yet all count; ignored
        files do not. The inside of submodules that are checked out counts too, where the
        commit is known at which they stood; `lost` says where it is not.

        Args:
            commit: Its id; empty: there was nothing before.
            end: The id of the other commit; None: the working tree.

        Raises:
            UsageError: If git refuses.
        """
        return tuple(sorted(self._changes(commit, end, 0), key=_sort_key))

    def holding(self, word: str, commit: str | None = None) -> tuple[str, ...]:
        """Return the text files that have a word somewhere, sorted; those of submodules too.

        Large and small letters are the same, and so is `a_b` with `ab`: languages write the
        parts of a word differently.

        Args:
            word: What to look for.
            commit: Where to look, by its id; None: in the working tree, new files included.
        """
        text = "_?".join(re.escape(part) for part in word.split("_") if part) or re.escape(word)
        return self._searched(("-i", "-E", "-e", text), commit)

    def naming(self, names: Sequence[str], commit: str) -> tuple[str, ...]:
        """Return the text files of a commit that have one of some texts, as `holding` does.

        Args:
            names: What to look for, letter by letter.
            commit: Where to look, by its id.
        """
        found: set[str] = set()
        for at in range(0, len(names), _AT_ONCE):
            asked = [option for name in names[at : at + _AT_ONCE] for option in ("-e", name)]
            found.update(self._searched(("-F", *asked), commit))
        return tuple(sorted(found))

    def _searched(self, asked: Sequence[str], commit: str | None) -> tuple[str, ...]:
        place = ("--untracked",) if commit is None else (commit,)
        answer = self._git.ask(
            "grep", "-I", "-l", "-z", "--full-name", "--no-textconv",
            "--no-recurse-submodules", *asked, *place, "--",
        )  # fmt: skip
        if answer.status not in {0, 1}:
            raise said(answer.err)
        names = [each for each in os.fsdecode(answer.out).split("\0") if each]
        found = {self.path(name if commit is None else name.partition(":")[2]) for name in names}
        for directory, inner in self.submodules.items():
            stood = None if commit is None else self.at(commit).submodule(directory)
            if commit is None or (stood is not None and inner.commit(stood) is not None):
                found.update(inner._searched(asked, stood))  # noqa: SLF001  its own kind
        return tuple(sorted(found))

    def lost(self, commit: str) -> dict[str, str]:
        """Return the submodules that lack the commit at which they stood, by directory."""
        before = self.at(commit)
        stood = {directory: before.submodule(directory) for directory in self.submodules}
        return {
            directory: id_
            for directory, id_ in stood.items()
            if id_ is not None and self.submodules[directory].commit(id_) is None
        }

    def _changes(self, commit: str, end: str | None, depth: int) -> Iterator[Change]:
        tracked = list(self._tracked(commit, end))
        yield from self._with_untracked(commit, tracked) if end is None else tracked
        if depth == _DEEPEST:
            return
        before = self.at(commit)
        lost = self.lost(commit).keys() | ({} if end is None else self.lost(end)).keys()
        for directory, inner in self.submodules.items():
            stood = before.submodule(directory) or ""
            stands = None if end is None else self.at(end).submodule(directory)
            if directory not in lost and (end is None or stands is not None):
                yield from inner._changes(stood, stands, depth + 1)  # noqa: SLF001  its own kind

    def _with_untracked(self, commit: str, tracked: list[Change]) -> Iterator[Change]:
        """Yield what git knows to have changed, and with it the files that it does not know."""
        gone = {change.before: change for change in tracked if change.now is None}
        before = self.at(commit)
        twins = _Twins(gone, before)
        for path in self._untracked():
            if path in gone:
                # Git was told to forget it, and it is still there.
                same = gone.pop(path)
                tracked.remove(same)
                if _digest(Files(), path) != _digest(before, path):
                    yield Change(path, path)
                continue
            twin = twins.of(path)
            if twin is not None:
                tracked.remove(twin)
            yield Change(None if twin is None else twin.before, path)
        yield from tracked

    def _tracked(self, commit: str, end: str | None) -> Iterator[Change]:
        if not commit:
            in_index = ("ls-files", "--cached", "-z")
            at_end = ("ls-tree", "-r", "-z", "--name-only", "--full-tree", end or "")
            for path in self._listed(*(in_index if end is None else at_end)):
                yield Change(None, path)
            return
        commits = (commit,) if end is None else (commit, end)
        printed = self._git.compare(
            "diff", "--raw", "-z", "-M", "--no-abbrev", "--no-color", "--no-ext-diff",
            "--no-textconv", "--ignore-submodules=dirty", *commits, "--",
        )  # fmt: skip
        fields = iter(os.fsdecode(printed).split("\0"))
        seen: set[Change] = set()
        for head in fields:
            if not head:
                continue
            old_mode, new_mode, _, _, status = head.removeprefix(":").split(" ")
            first = self.path(next(fields))
            second = self.path(next(fields)) if status[0] in "RC" else first
            if _GITLINK in {old_mode, new_mode}:
                continue
            change = self._change(status[0], first, second, old_mode)
            if change not in seen:
                seen.add(change)
                yield change

    def _change(self, status: str, first: str, second: str, old_mode: str) -> Change:
        match status:
            case "A" | "C":
                return Change(None, second)
            case "D":
                return Change(first, None)
            case "R":
                return Change(first, second)
            case "U":
                # A file in conflict: what counts is who had it and who has it.
                had = None if int(old_mode) == 0 else first
                return Change(had, first if os.path.lexists(first) else None)
            case _:
                return Change(first, first)

    def _untracked(self) -> list[str]:
        return self._listed("ls-files", "--others", "--exclude-standard", "-z")

    def _listed(self, *command: str) -> list[str]:
        printed = os.fsdecode(self._git.get(*command))
        # A name with a slash at its end is a repository of its own.
        return [self.path(each) for each in printed.split("\0") if each and each[-1] != "/"]

    @property
    def submodules(self) -> dict[str, "Repository"]:
        """The submodules that are checked out, by their directories."""
        if self._submodules is None:
            self._submodules = dict(self._found_submodules())
        return self._submodules

    def _found_submodules(self) -> Iterator[tuple[str, "Repository"]]:
        listing = os.path.join(self._root, ".gitmodules")
        if not os.path.isfile(listing):
            return
        answer = self._git.ask(
            "config", "-z", "--file", listing, "--get-regexp", r"^submodule\..*\.path$"
        )
        for each in os.fsdecode(answer.out).split("\0"):
            _, _, inside = each.partition("\n")
            place = os.path.join(self._root, inside)
            if inside and _is_within(inside) and os.path.lexists(os.path.join(place, ".git")):
                yield self.path(inside), Repository(place, inner=True)


class _Twins:
    """Pairs new files with those that are gone and held the same bytes: renames."""

    def __init__(self, gone: dict[str | None, Change], before: Snapshot) -> None:
        self._gone = gone
        self._before = before
        self._known: dict[bytes, Change] | None = None

    def of(self, path: str) -> Change | None:
        """Return what is gone and was the same as a new file, once."""
        if not self._gone:
            return None
        if self._known is None:
            self._known = {
                _digest(self._before, change.before): change
                for change in self._gone.values()
                if change.before is not None
            }
        return self._known.pop(_digest(Files(), path), None)


def _digest(files: Files, path: str) -> bytes:
    from hashlib import sha256  # noqa: PLC0415  few changes move files

    try:
        return sha256(files.data(path)).digest()
    except InputError:
        return path.encode(errors="surrogateescape")


def _is_within(path: str) -> bool:
    normal = os.path.normpath(path)
    return not os.path.isabs(normal) and normal != ".." and not normal.startswith(f"..{os.sep}")


def _sort_key(change: Change) -> tuple[str, str]:
    return (change.now or change.before or "", change.before or "")
