"""Names and strings of a file in any language, in one pass that only moves forward."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache

from migsafe.codebase.languages import Language
from migsafe.model.pattern import pattern
from migsafe.model.record import record

HOLE = "{{value}}"
_WORD = r"[^\W\d]\w*+"
_ESCAPE = pattern(r"\\([\s\S])")
_INTERPOLATED = pattern(r"#\{[^{}]*\}|\$\{[^{}]*\}|\{\$?[\w.]*\}|(?<![\w$])\$[a-z_]\w*|%[sdvq]\b")
_HEREDOC = pattern(r"<<[<~-]?[ \t]*(['\"]?)([A-Za-z_]\w*)\1(?P<more>[^\n]*)\n")
_NAME = pattern(_WORD)
_FIRST_WORD = pattern(r"^[ \t]*+([A-Za-z_]\w*+)", re.MULTILINE)
_HASHES = pattern(r'r(#*)"')
# Between two strings that are one: `"SELECT a " + column + " FROM t"`.
_JOINED = pattern(
    r"\s*+(?:[+.&\\]|<>)?\s*+(?P<values>(?:[$\w.()\[\]>-]++\s*+(?:[+.&]|<>)\s*+){0,4})"
)
_GOES_ON = pattern(r"\s*+(?:\+|<>|&|\.(?=\s*\$))\s*+[$\w(]")
_FARTHEST = 200
_BEFORE_SLASH = pattern(r"[(,=:\[!&|?{};\n]\s*$|\breturn\s*$")
_SLASHED = pattern(r"/(?![*/])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*+\])++/[a-z]*+")


@record
class Piece:
    """A name, or a string with `quoted` set: its text and where it begins in the file.

    `starts` are where the parts of a string's text begin, in it and in the file: what is
    put into a string, or escaped in it, has another length there.
    """

    text: str
    start: int
    quoted: bool = False
    starts: tuple[tuple[int, int], ...] = ()

    def offset(self, at: int) -> int:
        """Return where a character of the text stands in the file."""
        if not self.starts:
            return self.start + at
        here, there = self.starts[bisect_right(self.starts, (at, 1 << 62)) - 1]
        return there + at - here


@cache
def _token(language: Language) -> re.Pattern[str]:
    line = "|".join(re.escape(each) for each in language.line)
    parts = [f"(?P<line>{line})"]
    if language.block:
        parts.append(r"(?P<block>/\*)")
    parts += [f"(?P<long>{re.escape(each)})" for each in language.long]
    if language.hashes:
        parts.append(r'(?P<hashes>\br\#*")')
    if language.verbatim:
        parts.append(r'(?P<verbatim>\$?@\$?")')
    if language.heredoc:
        parts.append(r"(?P<heredoc><<[<~-]?[ \t]*['\"]?[A-Z_a-z])")
    if language.character:
        parts.append(r"(?P<character>'(?:\\[^\n']{1,10}|[^'\\\n])')")
    if language.slashes:
        parts.append(r"(?P<slash>/)")
    marks = language.quotes + language.template + language.plain
    parts += [rf"(?P<quote>[{re.escape(marks)}])", f"(?P<word>{_WORD})", r"(?P<brace>[{}])"]
    return re.compile("|".join(parts))


@cache
def _rest(mark: str, *, broken: bool) -> re.Pattern[str]:
    """Return a string's rest, which may have no end."""
    inner = rf"[^{mark}\\]|\\." if broken else rf"[^{mark}\\\n]|\\."
    return re.compile(rf"((?:{inner})*+)({mark}?)", re.DOTALL)


def pieces(text: str, language: Language) -> Iterator[Piece]:
    """Yield the names of a file outside of comments, and its strings, in order."""
    return _Scan(text, language).run()


class _Scan:
    """The state of the pass. What is opened and never closed is taken for what it looks like."""

    def __init__(self, text: str, language: Language) -> None:
        self._text = text
        self._language = language
        self._at = 0
        self._dead: dict[str, int] = {}
        self._lines: dict[str, list[int]] | None = None
        self._held: list[tuple[str, int]] = []
        self._end = 0
        self._depths: list[int] = []
        self._templates: list[list[tuple[str, int]]] = []

    def run(self) -> Iterator[Piece]:
        token = _token(self._language)
        text = self._text
        while (match := token.search(text, self._at)) is not None:
            self._at = match.end()
            kind = match.lastgroup
            if kind == "word":
                yield Piece(match.group(), match.start())
            elif kind == "brace":
                yield from self._brace(match.group())
            elif kind == "line":
                self._skip("\n")
            elif kind == "block":
                self._skip("*/")
            elif kind == "slash":
                self._slash(match.start())
            elif kind != "character":
                yield from self._string(match, kind or "")
        yield from self._flush()

    def _skip(self, closing: str) -> None:
        at = self._text.find(closing, self._at)
        self._at = len(self._text) if at == -1 else at + len(closing)

    def _slash(self, start: int) -> None:
        """Pass by a pattern; anything else is a division."""
        if self._dead.get("/", 0) <= start and _BEFORE_SLASH.search(
            self._text, max(0, start - 20), start
        ):
            match = _SLASHED.match(self._text, start)
            if match is not None:
                self._at = match.end()
            else:
                end = self._text.find("\n", start)
                self._dead["/"] = len(self._text) if end == -1 else end

    def _brace(self, mark: str) -> Iterator[Piece]:
        """Follow the braces inside of a template string."""
        if not self._depths:
            return
        if mark == "{":
            self._depths[-1] += 1
        elif self._depths[-1]:
            self._depths[-1] -= 1
        else:
            self._depths.pop()
            yield from self._template(self._templates.pop())

    def _string(self, match: re.Match[str], kind: str) -> Iterator[Piece]:
        start, text = self._at, self._text
        mark = match.group()
        if kind == "quote" and mark == self._language.template:
            yield from self._template([])
            return
        if kind == "quote" and mark not in self._language.plain:
            if self._dead.get(mark, 0) > start:
                return
            rest = _rest(mark, broken=self._language.broken).match(text, start)
            if rest is None or not rest[2]:
                self._dead[mark] = start if rest is None else rest.end()
                return
            self._at = rest.end()
            yield from self._hold([(rest[1], start)], match.start())
            return
        closing = mark
        if kind == "hashes":
            closing = '"' + "#" * mark.count("#")
        elif kind == "verbatim":
            closing = '"'
        elif kind == "heredoc":
            opening = _HEREDOC.match(text, match.start())
            if opening is not None:
                yield from self._heredoc(opening)
            return
        end = -1 if self._dead.get(closing) else text.find(closing, start)
        if end == -1:
            self._dead[closing] = len(text)
            return
        self._at = end + len(closing)
        yield from self._hold([(text[start:end], start)], match.start())

    def _heredoc(self, opening: re.Match[str]) -> Iterator[Piece]:
        """Read a text up to the line that begins with its word, and what stands before it."""
        if self._lines is None:
            self._lines = {}
            for line in _FIRST_WORD.finditer(self._text):
                self._lines.setdefault(line[1], []).append(line.start(1))
        start = opening.end()
        ends = self._lines.get(opening[2], [])
        at = bisect_left(ends, start)
        if at == len(ends):
            return
        for word in _NAME.finditer(self._text, *opening.span("more")):
            yield Piece(word.group(), word.start())
        self._at = ends[at] + len(opening[2])
        yield from self._hold([(self._text[start : ends[at]], start)], opening.start())

    def _template(self, parts: list[tuple[str, int]]) -> Iterator[Piece]:
        """Read a template string from here to its end, or to code in it."""
        start, text = self._at, self._text
        rest = _TEMPLATE.match(text, start)
        if rest is None or not rest[2]:
            # It has no end: the mark was something else.
            return
        self._at = rest.end()
        parts.append((rest[1], start))
        if rest[2] == "`":
            yield from self._hold(parts, parts[0][1] - 1)
            return
        parts.append((HOLE, rest.end()))
        self._depths.append(0)
        self._templates.append(parts)

    def _hold(self, parts: list[tuple[str, int]], start: int) -> Iterator[Piece]:
        """Keep a string until it is known whether another is put to its end."""
        if self._held:
            between = None
            if start - self._end <= _FARTHEST:
                between = _JOINED.fullmatch(self._text, self._end, start)
            if between is None:
                yield from self._flush()
            elif between["values"]:
                self._held.append((HOLE, self._end))
        self._held += parts
        self._end = self._at

    def _flush(self) -> Iterator[Piece]:
        if not self._held:
            return
        if _GOES_ON.match(self._text, self._end):
            self._held.append((HOLE, self._end))
        written: list[str] = []
        starts: list[tuple[int, int]] = []
        length = 0
        for part, start in self._held:
            for each, at in _filled(part, start):
                starts.append((length, at))
                written.append(each)
                length += len(each)
        self._held = []
        yield Piece("".join(written), starts[0][1], quoted=True, starts=tuple(starts))


_TEMPLATE = pattern(r"((?:[^`\\$]|\\.|\$(?!\{))*+)(`|\$\{)?", re.DOTALL)


def _filled(part: str, start: int) -> Iterator[tuple[str, int]]:
    """Yield the parts of a string's text, with a hole for what is put into it."""
    if part == HOLE:
        yield HOLE, start
        return
    plain = _ESCAPE.sub(_unescaped, part) if "\\" in part else part
    at = 0
    for match in _INTERPOLATED.finditer(plain):
        if match.start() > at:
            yield plain[at : match.start()], start + at
        yield HOLE, start + match.start()
        at = match.end()
    yield plain[at:], start + at


def _unescaped(match: re.Match[str]) -> str:
    """Return what an escape stands for, as long as it is written."""
    return f" {match[1]}" if match[1] in "\"'`\\" else "  "
