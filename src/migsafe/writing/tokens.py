"""Tokens of SQL text that is already in canonical spelling."""

import re
from collections.abc import Iterator

from migsafe.model.pattern import pattern

TOKEN = pattern(
    r"""
    (?P<space>\s+)
    | (?P<string>[eE]'(?:[^'\\]|\\.|'')*' | (?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')
    | (?P<dollar>\$(?P<tag>[^\W\d]\w*|)\$.*?\$(?P=tag)\$)
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<word>[^\W\d][\w$]*)
    | (?P<number>\d[\w.]*)
    | (?P<cast>::)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


def tokens(sql: str) -> Iterator[str]:
    """Yield the tokens of canonical SQL, without white space."""
    for match in TOKEN.finditer(sql):
        if match.lastgroup != "space":
            yield match.group()


def closing(words: list[str], opening: int) -> int:
    """Return where the bracket that opens at a token closes; the length if nowhere."""
    depth = 0
    for at in range(opening, len(words)):
        if words[at] == "(":
            depth += 1
        elif words[at] == ")":
            depth -= 1
            if depth == 0:
                return at
    return len(words)


def is_dotted_name(words: list[str]) -> bool:
    """Say whether tokens are identifiers joined by dots."""
    return (
        len(words) % 2 == 1
        and all(word == "." for word in words[1::2])
        and all(word[0].isalpha() or word[0] in '_"' for word in words[::2])
    )
