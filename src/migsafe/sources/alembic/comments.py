"""Comments of a revision: those that speak to migsafe, and those that give a reason."""

import io
import re
import tokenize
from collections.abc import Iterator

from migsafe.model.migration import Directive
from migsafe.model.origin import Span
from migsafe.model.pattern import pattern
from migsafe.sources.alembic.places import Places

_DIRECTIVE = pattern(r"#\s*migsafe:\s*(.*)", re.DOTALL)
_MARK = "migsafe:"


def directives(text: str, places: Places) -> tuple[Directive, ...]:
    """Return the comments that speak to migsafe."""
    if _MARK not in text:
        return ()
    found = []
    for span, comment in _comments(text, places):
        said = _DIRECTIVE.match(comment)
        if said is not None:
            found.append(Directive(span, said[1].strip()))
    return tuple(found)


def comments_in(text: str, places: Places, within: Span) -> Iterator[str]:
    """Yield the words of the comments in a span, without those that Alembic writes."""
    # A comment may stand after the last statement; what is indented belongs to the body.
    end = within.end
    while (line_end := text.find("\n", end)) != -1:
        following = text[line_end + 1 : _end_of_line(text, line_end + 1)]
        if not following.startswith((" ", "\t")) or not following.strip():
            break
        end = _end_of_line(text, line_end + 1)
    end = max(end, _end_of_line(text, within.end))
    if "#" not in text[within.start : end]:
        return
    for span, comment in _comments(text, places):
        if within.start <= span.start < end:
            words = comment.lstrip("#").strip()
            if not words.startswith("###") and _MARK not in comment and words:
                yield words


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end == -1 else end


def _comments(text: str, places: Places) -> Iterator[tuple[Span, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                line, column = token.start
                # `tokenize` counts characters, `ast` bytes.
                start = places.offset(line, 0) + column
                yield Span(start, start + len(token.string)), token.string
    except (tokenize.TokenError, SyntaxError):
        # `ast` read the file, so at most its end is odd.
        return
