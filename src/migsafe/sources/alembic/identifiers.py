"""Names that SQLAlchemy shortens before the server sees them."""

from hashlib import md5

_LONGEST = 63
_ROOM = 8
"""What SQLAlchemy takes off a name that is too long, to put a mark of four digits there."""


def shortened(name: str) -> str:
    """Return a name of a naming convention, or of `op.f`, as it is sent.

    A name that is written out is not shortened: too long a one is refused.
    """
    if len(name) <= _LONGEST:
        return name
    mark = md5(name.encode(), usedforsecurity=False).hexdigest()[-4:]
    return f"{name[: _LONGEST - _ROOM]}_{mark}"
