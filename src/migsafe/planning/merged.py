"""Asks git whether a file was merged."""

import subprocess
from pathlib import Path


def is_merged(path: Path) -> bool | None:
    """Return whether the default branch holds a file; None if git cannot tell.

    Nothing is fetched: what counts is the default branch as this checkout knows it.
    """
    folder = path.parent
    if not folder.is_dir():
        return None
    top = _git(folder, "rev-parse", "--show-toplevel")
    if not top:
        return None
    branch = _default_branch(folder)
    if branch is None:
        return None
    inside = path.resolve().relative_to(Path(top).resolve()).as_posix()
    return _git(folder, "cat-file", "-e", f"{branch}:{inside}") is not None


def _default_branch(folder: Path) -> str | None:
    head = _git(folder, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    names = ([head] if head else []) + ["origin/main", "origin/master", "main", "master"]
    for name in names:
        if _git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") is not None:
            return name
    return None


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git printed, None if it failed or is not there."""
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and paths only
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - the user's own git
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
