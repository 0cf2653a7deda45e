"""What a file of application code names, a line a use: for tests to compare."""

from migsafe.codebase import Basis, Use, uses


def said(path: str, text: str) -> set[str]:
    """Return everything but mentions, which must not be all there is."""
    read = uses(path, text)
    assert read.unread is None
    return {line(use) for use in read.found if use.basis is not Basis.MENTION}


def mentioned(path: str, text: str) -> set[str]:
    """Return the names that are mentioned."""
    read = uses(path, text)
    assert read.unread is None
    return {use.name for use in read.found if use.basis is Basis.MENTION}


def line(use: Use) -> str:
    """Return a use as one says it."""
    where = "" if use.table in {None, use.name} else f"{use.table}."
    writes = {True: " writes", False: " reads", None: ""}[use.writes]
    return f"{use.basis} {use.kind} {where}{use.name}{writes}"
