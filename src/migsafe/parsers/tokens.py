"""Light tokens of one statement: where they are and how deep in brackets."""

import re
from collections.abc import Iterator

from migsafe.model.pattern import pattern
from migsafe.model.record import record

# Possessive quantifiers throughout: a quote that is never closed must not backtrack. The
# order matters: prefixed strings before words, words whole, so that `$` inside one is not
# taken for a tag.
_TOKEN = pattern(
    r"""
      (?P<blank>(?:[ \t\n\r\f\v]|--[^\n\r]*+)++)
    | (?P<comment>/\*)
    | [eE]'(?:[^'\\]|\\.|'')*+'
    | (?:[uU]&|[nNbBxX])?'(?:[^']|'')*+'
    | (?:[uU]&)?"(?:[^"]|"")*+"
    | [^\x00-@\[-^`{-\x7f][^\x00-\#%-/:-@\[-^`{-\x7f]*+
    | (?P<tag>\$(?:[^\x00-@\[-^`{-\x7f][^\x00-/:-@\[-^`{-\x7f]*+)?\$)
    | \$[0-9]++
    | [0-9](?:[0-9a-zA-Z_]|\.(?!\.))*+
    | (?P<open>[(\[])
    | (?P<close>[)\]])
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = pattern(r"/\*|\*/")


@record
class Token:
    """A token's character offsets and the number of brackets open around it."""

    start: int
    end: int
    depth: int


def tokens(sql: str, start: int = 0) -> Iterator[Token]:
    """Yield the tokens of one statement from `start`, without blanks and comments.

    A comment without an end is the statement's end.
    An opening bracket and its closing one have the depth outside of them.
    """
    at = start
    depth = 0
    while match := _TOKEN.match(sql, at):
        at = match.end()
        match match.lastgroup:
            case "blank":
                continue
            case "comment":
                at = comment_end(sql, match.start())
                if at == -1:
                    return
                continue
            case "tag":
                closing = sql.find(match.group(), at)
                at = len(sql) if closing == -1 else closing + len(match.group())
            case "close":
                depth = max(0, depth - 1)
            case _:
                pass
        yield Token(match.start(), at, depth)
        if match.lastgroup == "open":
            depth += 1


def words_of(sql: str) -> Iterator[str]:
    """Yield the texts of the tokens of SQL as it was written, without blanks and comments."""
    for token in tokens(sql):
        yield sql[token.start : token.end]


def comment_end(sql: str, start: int) -> int:
    """Return where the nested comment that opens at `start` ends, -1 if it does not."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(sql, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return -1
