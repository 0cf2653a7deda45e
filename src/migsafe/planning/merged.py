"""Asks git whether a file was merged."""

import os
from pathlib import Path

from migsafe.model.errors import UsageError
from migsafe.sources.git import is_checkout
from migsafe.sources.git.base import default_branch
from migsafe.sources.git.repository import Repository


def is_merged(path: Path) -> bool | None:
    """Return whether the default branch holds a file; None if git cannot tell.

    Nothing is fetched: what counts is the default branch as this checkout knows it.
    """
    folder = path.parent
    if not folder.is_dir() or not is_checkout(str(folder)):
        return None
    try:
        repository = Repository(str(folder))
        branch = default_branch(repository)
        commit = None if branch is None else repository.commit(branch)
    except UsageError:
        return None
    return None if commit is None else repository.at(commit).exists(os.path.realpath(path))
