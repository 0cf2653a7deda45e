"""Names in the case of code and in that of SQL."""

from migsafe.model.pattern import pattern

_WORDS = pattern(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake(name: str) -> str:
    """Return a name in the case that SQL is written in."""
    return _WORDS.sub("_", name).replace("-", "_").lower()
