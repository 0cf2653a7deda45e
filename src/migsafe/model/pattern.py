"""Regular expressions that are compiled when they are first used.

The lint path knows some eighty; compiling them takes longer than parsing a file, and a
run over one file uses a few.
"""

import re
from typing import cast

_METHODS = ("findall", "finditer", "fullmatch", "match", "search", "split", "sub")


def pattern(source: str, flags: int = 0) -> re.Pattern[str]:
    """Return a regular expression as `re.compile` does, without compiling it yet."""
    return cast("re.Pattern[str]", _Uncompiled(source, flags))


class _Uncompiled:
    """Stands for a pattern: after its first use its methods are those of the compiled one."""

    __slots__ = ("_flags", "_source", *_METHODS)

    def __init__(self, source: str, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        compiled = re.compile(self._source, self._flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)
