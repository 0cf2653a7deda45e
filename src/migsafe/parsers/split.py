r"""Cut SQL text into statements, as psql cuts it, whatever the statements say.

Linear and exact: `text[piece.start:piece.end]` joined gives the text back. Only quotes,
comments, `BEGIN ATOMIC` bodies, the actions of CREATE RULE, COPY data and psql's backslash
commands are understood; a semicolon anywhere else ends a statement, so that a broken one
cannot swallow its neighbours.
"""

import re
from enum import StrEnum

from migsafe.model.errors import InputError
from migsafe.model.pattern import pattern
from migsafe.model.record import record
from migsafe.parsers.tokens import comment_end, tokens


class PieceKind(StrEnum):
    """What a piece of the text is."""

    STATEMENT = "statement"
    CLIENT = "client"
    """A backslash command of psql."""
    DATA = "data"
    r"""The rows after COPY … FROM stdin, up to and with the line `\.`."""
    BLANK = "blank"
    """Blanks, comments and stray semicolons."""
    UNTERMINATED = "unterminated"
    """From a statement's start to the end of the text: a quote or body never ends."""


@record
class Piece:
    """A half-open range of character offsets."""

    kind: PieceKind
    start: int
    end: int


@record
class Comment:
    """A comment outside quotes, with its marks."""

    start: int
    end: int


@record
class Split:
    """The consecutive pieces of a text, and its comments in order."""

    pieces: tuple[Piece, ...]
    comments: tuple[Comment, ...]


# Letters, digits, `_`, `$` and all beyond ASCII, said by what is not in it: a class of a
# million characters takes the regex compiler milliseconds each time.
_WORD = r"[^\x00-#%-/:-@\[-^`{-\x7f]"
_GAP = r"(?:[ \t\n\r\f\v]++|--[^\n\r]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*+\*/)++"  # not nested

# Everything up to the next mark, plain strings and quoted names included: one step of the
# pass. Possessive quantifiers, because a quote that never ends must not backtrack. A
# string after an `e` is left to Python, which sees whether it is an E''.
_STEP = pattern(
    r"""(?:[^;'"$\\/-]++|(?<![eE])'[^']*+'|"[^"]*+"|-(?!-)|/(?!\*))*+"""
    r"""(;|'|"|\$|\\|--|/\*)?"""
)
# In CREATE FUNCTION and CREATE RULE, brackets and the words of a body count as well.
_BODY_STEP = pattern(
    rf"""(?:[^;'"$\\/()bBcCeE-]++|(?<![eE])'[^']*+'|"[^"]*+"|-(?!-)|/(?!\*)"""
    rf"""|(?![bB][eE][gG][iI][nN]{_GAP}[aA][tT][oO][mM][iI][cC](?!{_WORD})"""
    rf"""|[cC][aA][sS][eE](?!{_WORD})|[eE][nN][dD](?!{_WORD}))[bBcCeE]"""
    rf"""|(?<={_WORD})[bBcCeE])*+"""
    rf"""(;|'|"|\$|\\|--|/\*|\(|\)|[bB][eE][gG][iI][nN]|[cC][aA][sS][eE]|[eE][nN][dD])?"""
)
_ATOMIC = pattern(r"[aA][tT][oO][mM][iI][cC]")
_BLANK = pattern(r"[ \t\n\r\f\v;\ufeff]*+")
_STATEMENT_WORD = pattern(
    rf"(?:create{_GAP}(?:or{_GAP}replace{_GAP})?"
    rf"(?:(?P<body>function|procedure)|(?P<rule>rule))|(?P<copy>copy))(?!{_WORD})",
    re.IGNORECASE,
)
_ESCAPE_STRING = pattern(r"(?:[^'\\]|\\.)*+'", re.DOTALL)
# After an E'' string a line break and another quote go on with it, escapes included.
_CONTINUED = pattern(r"(?:[ \t\f\v]|--[^\n\r]*+)*+[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*+[\n\r])*+'")
_TAG = pattern(r"\$(?:[^\x00-@\[-^`{-\x7f][^\x00-/:-@\[-^`{-\x7f]*+)?\$")
_PARAMETER = pattern(r"\$[0-9]*+")
_WORD_CHARACTER = pattern(_WORD)
_WORD_REST = pattern(rf"{_WORD}*+")
_WORD_START = pattern(r"[^\x00-@\[-^`{-\x7f]")
# What may follow a semicolon between the brackets of CREATE RULE.
_RULE_BLANK = pattern(r"(?:[ \t\n\r\f\v]++|--[^\n\r]*+)*+")
_RULE_ACTION = pattern(
    r"[();]|(?:select|insert|update|delete|notify|values|with|table)\b", re.IGNORECASE
)
_LINE_END = pattern(r"[^\n\r]*+")
_NEXT_LINE = pattern(r"[ \t\f\v\r]*+(?:--[^\n]*+)?\n")
_FROM_STDIN = pattern(rf"from{_GAP}p?stdin(?!{_WORD})", re.IGNORECASE)
_SENDING = pattern(
    r"\\(?:;|(?:g|gx|gset|gexec|gdesc|crosstabview|watch|bind|bind_named|parse)"
    r"(?![A-Za-z_]))"
)
_WHOLE_LINE = pattern(
    r"\\(?:!|copy|ef|ev|sf\+?|sv\+?|h|help|g|gx|o|out|w|write)(?![A-Za-z_])[^\n\r]*+"
)
# A command's arguments end at the line's end or at a backslash outside quotes.
_COMMAND = pattern(
    r"\\(?:;|\\|[^\s\\]*+(?:'(?:[^'\\\n\r]|\\[^\n\r])*+'|\"[^\"\n\r]*+\"|`[^`\n\r]*+`"
    r"|[^\\\n\r])*+(?:\\\\)?)"
)
_COPY_COMMAND = pattern(r"\\copy(?![A-Za-z_])", re.IGNORECASE)


def split(text: str) -> Split:
    """Return the pieces of a file's text and its comments.

    Raises:
        InputError: If the text holds a NUL character, which no server takes.
    """
    nul = text.find("\0")
    if nul != -1:
        raise InputError(
            f"a NUL character at character {nul + 1}",
            help="Remove it: no PostgreSQL server accepts it.",
            line=text.count("\n", 0, nul) + 1,
        )
    return _Splitter(text).split()


class _Splitter:
    """The state of one pass over a text: it only moves forward."""

    __slots__ = ("_at", "_blank", "_comments", "_pieces", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._blank = 0
        self._pieces: list[Piece] = []
        self._comments: list[Comment] = []

    def split(self) -> Split:
        """Return the pieces, having read to the end."""
        text = self._text
        end = len(text)
        while self._skip_blank():
            start = self._at
            if start == end:
                break
            first = text[start]
            if first == "\\":
                self._client()
            elif first in "cC":
                self._statement(start, _STATEMENT_WORD.match(text, start))
            else:
                # The common case, without the bookkeeping: nothing but plain text,
                # strings and a semicolon.
                step = _STEP.match(text, start)
                if step is not None and step[1] == ";":
                    self._add(PieceKind.STATEMENT, start, step.end())
                else:
                    self._statement(start, None)
        if self._blank < end:
            self._pieces.append(Piece(PieceKind.BLANK, self._blank, end))
        return Split(tuple(self._pieces), tuple(self._comments))

    def _add(self, kind: PieceKind, start: int, end: int) -> None:
        """Add a piece, and the blank piece before it."""
        if self._blank < start:
            self._pieces.append(Piece(PieceKind.BLANK, self._blank, start))
        self._pieces.append(Piece(kind, start, end))
        self._at = self._blank = end

    def _skip_blank(self) -> bool:
        """Move to the next statement; False where a comment never ends."""
        text = self._text
        while True:
            match = _BLANK.match(text, self._at)
            at = self._at if match is None else match.end()
            mark = text[at : at + 2]
            if mark == "--":
                end = self._line_end(at)
            elif mark == "/*":
                end = comment_end(text, at)
                if end == -1:
                    self._add(PieceKind.UNTERMINATED, at, len(text))
                    return False
            else:
                self._at = at
                return True
            self._comments.append(Comment(at, end))
            self._at = end

    def _line_end(self, at: int) -> int:
        match = _LINE_END.match(self._text, at)
        return at if match is None else match.end()

    def _client(self) -> None:
        text, start = self._text, self._at
        match = _WHOLE_LINE.match(text, start) or _COMMAND.match(text, start)
        end = start + 1 if match is None else match.end()
        self._add(PieceKind.CLIENT, start, end)
        if _COPY_COMMAND.match(text, start) and _FROM_STDIN.search(text, start, end):
            self._data()

    def _statement(  # noqa: C901, PLR0912, PLR0915 - a table of marks
        self, start: int, word: re.Match[str] | None
    ) -> None:
        text = self._text
        kind = None if word is None else word.lastgroup
        rule = kind == "rule"
        # A function is read with care for BEGIN ATOMIC only if it says so.
        step = _BODY_STEP if rule else _STEP
        brackets = 0
        bodies = 0
        first_comment = len(self._comments)
        at = start
        while match := step.match(text, at):
            found = match[1]
            if found is None:
                break
            before, at = at, match.end()
            match found:
                case ";":
                    if bodies or (rule and brackets > 0 and self._goes_on(at)):
                        continue
                    if kind == "body" and step is _STEP and _ATOMIC.search(text, start, at):
                        step = _BODY_STEP
                        del self._comments[first_comment:]
                        at = start
                        continue
                    self._add(PieceKind.STATEMENT, start, at)
                    if kind == "copy" and self._reads_stdin(start, at):
                        self._data()
                    return
                case "'":
                    at = self._after_string(start, at)
                case '"':
                    at = text.find('"', at) + 1
                case "$":
                    at = self._after_dollar(before, at)
                case "--":
                    end = self._line_end(at)
                    self._comments.append(Comment(at - 2, end))
                    at = end
                case "/*":
                    end = comment_end(text, at - 2)
                    if end != -1:
                        self._comments.append(Comment(at - 2, end))
                    at = end
                case "\\":
                    if _SENDING.match(text, at - 1):
                        end = self._last(start, at - 1, first_comment)
                        self._add(PieceKind.STATEMENT, start, end)
                        # The comments between were seen already.
                        self._at = at - 1
                        return
                    # Any other command in the middle leaves the statement as it is.
                    at = self._line_end(at)
                case "(":
                    brackets += 1
                case ")":
                    brackets -= 1
                case _ if brackets > 0:
                    pass
                case _ if found[0] in "bB":
                    bodies += 1
                case _ if bodies:
                    bodies += 1 if found[0] in "cC" else -1
                case _:
                    pass
            if at <= 0:
                self._add(PieceKind.UNTERMINATED, start, len(text))
                return
        if bodies or (rule and brackets > 0):
            self._add(PieceKind.UNTERMINATED, start, len(text))
            return
        end = self._last(start, len(text), first_comment)
        self._add(PieceKind.STATEMENT, start, end)
        self._at = len(text)

    def _after_string(self, start: int, at: int) -> int:
        """Return where a string ends whose quote ends at `at`; 0 if it does not.

        Two quotes in a row, one in the string's text, look like two strings here: what
        follows is the same.
        """
        text = self._text
        before = at - 2
        escapes = (
            before >= start
            and text[before] in "eE"
            and (before == start or not _WORD_CHARACTER.match(text, before - 1))
        )
        if not escapes:
            return text.find("'", at) + 1
        while match := _ESCAPE_STRING.match(text, at):
            at = match.end()
            if text.startswith("'", at):
                at += 1
                continue
            continued = _CONTINUED.match(text, at)
            if continued is None:
                return at
            at = continued.end()
        return 0

    def _after_dollar(self, before: int, at: int) -> int:
        """Return what to read after a `$`: past a dollar-quoted string, or a word.

        Args:
            before: Where the text that was not looked at yet begins.
            at: After the `$`.
        """
        text, dollar = self._text, at - 1
        start = dollar
        while start > before and _WORD_CHARACTER.match(text, start - 1):
            start -= 1
        if start < dollar and _WORD_START.match(text, start):
            rest = _WORD_REST.match(text, dollar)
            return at if rest is None else rest.end()
        tag = _TAG.match(text, dollar)
        if tag is None:
            parameter = _PARAMETER.match(text, dollar)
            return at if parameter is None else parameter.end()
        closing = text.find(tag[0], tag.end())
        return 0 if closing == -1 else closing + len(tag[0])

    def _goes_on(self, at: int) -> bool:
        """Return whether another action of a rule may stand at `at`."""
        text = self._text
        while match := _RULE_BLANK.match(text, at):
            at = match.end()
            if not text.startswith("/*", at):
                break
            at = comment_end(text, at)
            if at == -1:
                return True
        return at == len(text) or _RULE_ACTION.match(text, at) is not None

    def _reads_stdin(self, start: int, end: int) -> bool:
        """Return whether a COPY statement reads the lines that follow it."""
        text = self._text
        previous = ""
        for token in tokens(text, start):
            if token.start >= end:
                break
            if token.depth:
                continue
            word = text[token.start : token.end].lower()
            if previous == "from":
                return word == "stdin"
            previous = word
        return False

    def _last(self, start: int, end: int, first_comment: int) -> int:
        """Return where the last token before `end` ends: without blanks and comments."""
        text, comments = self._text, self._comments
        comment = len(comments) - 1
        while True:
            while end > start and text[end - 1] in " \t\n\r\f\v":
                end -= 1
            if comment < first_comment or comments[comment].end != end:
                return end
            end = comments[comment].start
            comment -= 1

    def _data(self) -> None:
        r"""Add the rows from the next line on, up to and with the line `\.`.

        Where more SQL stands on the same line psql reads the rows first; nobody writes
        that, and then the rows are refused as the statements they are not.
        """
        text = self._text
        line = _NEXT_LINE.match(text, self._at)
        if line is None:
            return
        dashes = text.find("--", self._at, line.end())
        if dashes != -1:
            self._comments.append(Comment(dashes, line.end() - 1))
        start = line.end()
        end = text.find("\\.", start)
        while end != -1:
            if (end == start or text[end - 1] == "\n") and (
                text[end + 2 : end + 3] in {"", "\n", "\r"}
            ):
                self._add(PieceKind.DATA, start, end + 2)
                return
            end = text.find("\\.", end + 2)
        if start < len(text):
            self._add(PieceKind.UNTERMINATED, start, len(text))
