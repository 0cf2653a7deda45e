"""Other people's trees, for the commands that count or compare what is read of them."""

import sys

from migsafe.sources import Loaded, Request, load


def whole(path: str) -> Loaded:
    """Return all migrations of a tree.

    A figure over files of which some could not be opened would be none.

    Raises:
        SystemExit: If one could not, after saying which.
    """
    loaded = load(Request(paths=(path,)))
    for error in loaded.errors:
        print(f"{error.path}: {error.message}", file=sys.stderr)
    if loaded.errors:
        raise SystemExit(2)
    return loaded
