"""Offsets in a text for the lines and columns of `ast`."""

import ast
from bisect import bisect_right

from migsafe.model.migration import Place
from migsafe.model.origin import Span, byte_offsets
from migsafe.model.pattern import pattern

_OPENING = 4
"""Characters of a prefix and a quote at most: `r'''`."""
_LINE_END = pattern(r"\r\n?|\n")


class Places:
    """Offsets in a text for the lines and columns of `ast`."""

    __slots__ = ("_ascii", "_bytes", "_starts", "_text")

    def __init__(self, text: str) -> None:
        """Find the lines of a text."""
        self._text = text
        self._ascii = text.isascii()
        self._bytes: dict[int, list[int]] = {}
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(text))]

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line (from 1) and a column (from 0, in UTF-8 bytes)."""
        start = self._starts[line - 1]
        if self._ascii or column == 0:
            return start + column
        return start + bisect_right(self._bytes_of(line), column) - 1

    def _bytes_of(self, line: int) -> list[int]:
        """Return where each character of a line begins in bytes, and where the last one ends."""
        found = self._bytes.get(line)
        if found is None:
            end = self._starts[line] if line < len(self._starts) else len(self._text)
            written = self._text[self._starts[line - 1] : end]
            found = self._bytes[line] = byte_offsets(written)
        return found

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Return where a node stands."""
        start = self.offset(node.lineno, node.col_offset)
        if node.end_lineno is None or node.end_col_offset is None:
            return Span(start, start)
        return Span(start, self.offset(node.end_lineno, node.end_col_offset))

    def place(self, path: str, span: Span) -> Place:
        """Return lines and columns of a range."""
        line = bisect_right(self._starts, span.start)
        end_line = bisect_right(self._starts, max(span.start, span.end - 1))
        return Place(
            path,
            line,
            span.start - self._starts[line - 1] + 1,
            end_line,
            span.end - self._starts[end_line - 1] + 1,
        )

    def literal_at(self, node: ast.expr) -> int | None:
        """Return where a plain string literal's text begins, None if it is not plain.

        Plain: one literal, and the file holds its text as it is, without escapes.
        """
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            return None
        span = self.span(node)
        # The parts of an f-string each stand where all of it does.
        written = self._text[span.start : min(span.end, span.start + _OPENING)]
        quote = written.lstrip("rRuU")[:3]
        width = 3 if quote in {'"""', "'''"} else 1
        at = span.start + written.find(quote[:1]) + width
        return (
            at
            if self._text.startswith(node.value, at) and at + len(node.value) + width == span.end
            else None
        )
