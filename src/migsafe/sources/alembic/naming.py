"""Ids and files of new revisions."""

import os
from hashlib import sha256

from migsafe.model.migration import Tree
from migsafe.model.pattern import pattern
from migsafe.sources.sql_tree import slugged

_NUMBERED = pattern(r"\d{1,6}")


def next_revision(tree: Tree, slug: str) -> str:
    """Return an id for a new revision, always the same for the same tree and slug.

    Numbered trees go on counting; others get twelve hexadecimal digits.
    """
    ids = (*(migration.id for migration in tree.migrations), *tree.later)
    numbers = [each for each in ids if _NUMBERED.fullmatch(each)]
    if ids and len(numbers) == len(ids):
        last = max(numbers, key=int)
        return str(int(last) + 1).zfill(len(last))
    seed = "\n".join((*sorted(ids), slugged(slug)))
    return sha256(seed.encode()).hexdigest()[:12]


def revision_path(tree: Tree, id: str) -> str:
    """Return the file of a new revision: beside the newest one of the tree."""
    if tree.migrations:
        directory = os.path.dirname(tree.migrations[-1].path)
    else:
        directory = os.path.join(tree.root, "versions")
    return os.path.join(directory, f"{id}.py")
