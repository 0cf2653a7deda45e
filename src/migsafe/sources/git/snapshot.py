"""Files as they stood at a commit, read without a checkout."""

import os
from collections.abc import Iterator
from stat import S_IFDIR, S_IFLNK, S_IFMT

from migsafe.model.errors import InputError
from migsafe.model.record import record
from migsafe.sources.files import HEAD, Files, decode, missing
from migsafe.sources.git.running import Objects

_LINKS = 16
"""A path that leads through more symbolic links leads nowhere."""
_GITLINK = 0o160000
_ID_BYTES = {40: 20, 64: 32}


@record
class _Entry:
    mode: int
    id: str

    @property
    def kind(self) -> int:
        return S_IFMT(self.mode)


class Snapshot(Files):
    """Reads files of a commit by the paths that they have, or had, from the working directory.

    Args:
        objects: Reads objects of the repository.
        tree: The id of the commit's tree; empty: there was nothing.
        root: The top of the checkout.
    """

    def __init__(self, objects: Objects, tree: str, root: str) -> None:
        """Keep where to read; nothing is read yet."""
        super().__init__()
        self._objects = objects
        self._root = _Entry(S_IFDIR, tree)
        self._top = root
        self._trees: dict[str, dict[str, _Entry]] = {"": {}}
        self._inner: dict[str, Files] = {}
        self._names: dict[str, frozenset[str]] = {}

    def graft(self, directory: str, files: Files) -> None:
        """Let a submodule's own snapshot answer for what lies below its directory."""
        self._inner[directory] = files

    def names(self, directory: str) -> frozenset[str]:
        """Return the names in a directory; none if there was none."""
        inner = self._below(directory)
        if inner is not None:
            return inner.names(directory)
        known = self._names.get(directory)
        if known is None:
            found = self._entry(directory)
            is_there = found is not None and found.kind == S_IFDIR
            known = frozenset(self._tree(found.id)) if found and is_there else frozenset()
            self._names[directory] = known
        return known

    def exists(self, path: str) -> bool:
        """Return whether there was a file to read at a path."""
        inner = self._below(path)
        if inner is not None:
            return inner.exists(path)
        found = self._entry(path)
        return found is not None and found.kind not in {S_IFDIR, _GITLINK}

    def is_directory(self, path: str) -> bool:
        """Return whether there was a directory at a path."""
        inner = self._below(path)
        if inner is not None:
            return inner.is_directory(path)
        found = self._entry(path)
        return found is not None and found.kind in {S_IFDIR, _GITLINK}

    def is_link(self, path: str) -> bool:
        """Return whether there was a symbolic link at a path."""
        inner = self._below(path)
        if inner is not None:
            return inner.is_link(path)
        found = self._entry(path, follow=False)
        return found is not None and found.kind == S_IFLNK

    def head(self, path: str) -> str:
        """Return how the text of a file began; empty if there was none."""
        try:
            return self.data(path)[:HEAD].decode("utf-8", "replace")
        except InputError:
            return ""

    def text(self, path: str) -> str:
        """Return the text that a file had, without a byte order mark.

        Raises:
            InputError: If there was none, or it was not UTF-8 text.
        """
        return decode(self.data(path), path)

    def data(self, path: str) -> bytes:
        """Return the bytes that a file had.

        Raises:
            InputError: If there was none.
        """
        inner = self._below(path)
        if inner is not None:
            return inner.data(path)
        found = self._entry(path)
        if found is None or found.kind in {S_IFDIR, _GITLINK}:
            raise missing(path)
        return self._objects.read(found.id)

    def paths(self, under: str = "") -> Iterator[str]:
        """Yield the files below a directory, in a fixed order, those of submodules too."""
        pending = [under]
        while pending:
            here = pending.pop()
            below = []
            for name in sorted(self.names(here)):
                path = name if here in {"", "."} else os.path.join(here, name)
                if self.is_link(path):
                    continue
                if self.is_directory(path):
                    below.append(path)
                else:
                    yield path
            pending.extend(reversed(below))

    def submodule(self, directory: str) -> str | None:
        """Return the commit of a submodule that stood at a directory."""
        found = self._entry(directory)
        return found.id if found is not None and found.kind == _GITLINK else None

    def _below(self, path: str) -> Files | None:
        for directory, files in self._inner.items():
            if path == directory or path.startswith(f"{directory}/"):
                return files
        return None

    def _entry(self, path: str, *, follow: bool = True) -> _Entry | None:
        """Return what stands at a path, through symbolic links inside the repository."""
        inside = self._inside(path)
        if inside is None:
            return None
        links, entry, walked = 0, self._root, list[str]()
        pending = inside.split("/")[::-1]
        while pending:
            name = pending.pop()
            if name in {"", "."}:
                continue
            if entry.kind != S_IFDIR:
                return None
            found = self._tree(entry.id).get(name)
            if found is None:
                return None
            if found.kind == S_IFLNK and (follow or pending):
                links += 1
                target = os.fsdecode(self._objects.read(found.id))
                led = os.path.normpath("/".join((*walked, target)))
                if links > _LINKS or os.path.isabs(target) or led.startswith(".."):
                    return None
                pending = [*pending, *led.split("/")[::-1]]
                entry, walked = self._root, []
                continue
            entry = found
            walked.append(name)
        return entry

    def _inside(self, path: str) -> str | None:
        """Return a path as seen from the top of the checkout; None if it lies outside."""
        inside = os.path.relpath(path or ".", self._top)
        return None if inside == ".." or inside.startswith("../") else inside

    def _tree(self, id: str) -> dict[str, _Entry]:
        known = self._trees.get(id)
        if known is None:
            known = self._trees[id] = dict(_entries(self._objects.read(id), _ID_BYTES[len(id)]))
        return known


def _entries(data: bytes, id_bytes: int) -> Iterator[tuple[str, _Entry]]:
    """Yield what a tree object holds: mode, name and id of each entry."""
    at = 0
    while at < len(data):
        space = data.index(b" ", at)
        nul = data.index(b"\0", space)
        end = nul + 1 + id_bytes
        mode = int(data[at:space], 8)
        yield os.fsdecode(data[space + 1 : nul]), _Entry(mode, data[nul + 1 : end].hex())
        at = end
