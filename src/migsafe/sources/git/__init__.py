"""What git knows: where a change began, what it changed, and what stood there before.

Nothing else runs git. Nothing is fetched, written or checked out.
"""

import os

PUSHED = "PRE_COMMIT_FROM_REF"
"""Where pre-commit tells its hooks that a push begins."""
PUSHED_TO = "PRE_COMMIT_TO_REF"
"""Where it tells them what is pushed, be it checked out or not."""


def is_checkout(directory: str = ".") -> bool:
    """Say whether a directory lies in a git checkout, without asking git."""
    if "GIT_DIR" in os.environ:
        return True
    here = os.path.abspath(directory)
    while not os.path.lexists(os.path.join(here, ".git")):
        above = os.path.dirname(here)
        if above == here:
            return False
        here = above
    return True
