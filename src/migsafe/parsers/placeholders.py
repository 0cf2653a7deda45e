"""What tools replace before they send SQL: `${x}`, `{{ x }}`, `:x`, `%s`, `%(x)s`, `@x@`.

A statement that cannot be parsed as it stands is parsed once more with an opaque name or
value where a placeholder stands, or with the text that the configuration gives it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping

from migsafe.model.pattern import pattern
from migsafe.model.record import record
from migsafe.parsers.tokens import comment_end

_INSIDE = r"(?:[^{}]|\}(?!\}))*+"
# Quotes and comments hold what only looks like one.
_FORM = pattern(
    rf"""
      "\{{\{{(?P<named>{_INSIDE})\}}\}}"
    | (?P<text>'(?:[^']|'')*+')
    | (?P<skip>"(?:[^"]|"")*+"|--[^\n]*+)
    | (?P<comment>/\*)
    | \$\{{(?P<dollar>[^{{}}]*)\}}
    | \{{\{{(?P<braces>{_INSIDE})\}}\}}
    | (?<![:\w]):(?:'(?P<literal>\w+)'|"(?P<quoted>\w+)"|(?P<colon>[A-Za-z_]\w*))
    | %(?:\((?P<percent>\w+)\)s\b|(?P<positional>s)\b)
    | @(?P<at>[A-Za-z_][\w.-]*)@
    """,
    re.VERBOSE,
)
_KINDS = ("named", "dollar", "braces", "literal", "quoted", "colon", "percent", "positional", "at")
# In a string only what no array of arrays looks like: it may be SQL that is run later.
_IN_TEXT = pattern(rf"\{{\{{(?=[\s.])({_INSIDE})\}}\}}|\$\{{(\w[^{{}}]*)\}}")
_WORD = pattern(r"[\w$]")
_BEFORE = 40
_LABEL = pattern(r"[^\w.-]+")
# After these words the grammar wants a name.
_NAMED = pattern(
    r"\b(?:TABLE|SCHEMA|INTO|UPDATE|FROM|JOIN|ON|INDEX|VIEW|SEQUENCE|TYPE|DOMAIN|FUNCTION|"
    r"PROCEDURE|TRIGGER|EXISTS|ONLY|COLUMN|CONSTRAINT|ROLE|USER|OWNER\s+TO|TO|REFERENCES|USING|"
    r"EXTENSION|DATABASE|TABLESPACE|POLICY|RENAME|PUBLICATION|SUBSCRIPTION|CONCURRENTLY)\s*$",
    re.IGNORECASE,
)


@record
class Filled:
    """A statement with something in the place of each placeholder.

    `pieces` are where its pieces start, in it and in the statement as it was written; those
    with odd numbers stand for placeholders. `opaque` are placeholders that nobody has said
    the text of.
    """

    sql: str
    pieces: tuple[tuple[int, int], ...]
    opaque: tuple[str, ...]

    def offset(self, at: int) -> int:
        """Return where a character comes from; one of a placeholder, from its start."""
        number = bisect_right(self.pieces, at, key=lambda piece: piece[0]) - 1
        here, there = self.pieces[number]
        return there if number % 2 else there + at - here


@record
class _Found:
    start: int
    end: int
    name: str
    quoting: str
    """`name` for `:"x"`, `value` for `:'x'`, `text` inside a string; else the place decides."""


def filled(sql: str, values: Mapping[str, str]) -> Iterator[Filled]:
    """Yield readings of a statement that holds placeholders, the likeliest first.

    Args:
        sql: A statement that cannot be parsed as it stands.
        values: What placeholders stand for, by name, as far as that is configured.
    """
    found = list(_placeholders(sql))
    if not found:
        return
    seen: set[str] = set()
    for names in (None, True, False):
        reading = _filled(sql, found, values, names=names)
        if reading.sql not in seen:
            seen.add(reading.sql)
            yield reading


def _placeholders(sql: str) -> Iterator[_Found]:
    at = 0
    while (match := _FORM.search(sql, at)) is not None:
        at = match.end()
        if match["skip"] is not None:
            continue
        if match["text"] is not None:
            for inside in _IN_TEXT.finditer(sql, match.start(), match.end()):
                label = _label(inside[1] or inside[2])
                yield _Found(inside.start(), inside.end(), label, "text")
            continue
        if match["comment"] is not None:
            at = comment_end(sql, match.start())
            if at == -1:
                return
            continue
        kind = next(kind for kind in _KINDS if match[kind] is not None)
        quoting = {"literal": "value", "quoted": "name", "named": "name"}.get(kind, "")
        yield _Found(match.start(), match.end(), _label(match[kind]), quoting)


def _label(inside: str) -> str:
    """Return a placeholder's last word: `Namespace` of `index .Options "Namespace"`."""
    words = [word for word in _LABEL.split(inside) if word.strip(".-")]
    return words[-1].strip(".-") if words else "placeholder"


def _filled(
    sql: str, found: list[_Found], values: Mapping[str, str], *, names: bool | None
) -> Filled:
    """Fill in names, values, or what each place asks for (`names` is None)."""
    written: list[str] = []
    pieces: list[tuple[int, int]] = []
    at = length = 0
    for parts in _joined(sql, found):
        start, end = parts[0].start, parts[-1].end
        if parts[0].quoting != "text":
            start, end = _word_around(sql, start, end)
        filling = _text(sql, start, end, parts, values, names)
        for there, text in ((at, sql[at:start]), (start, filling)):
            pieces.append((length, there))
            written.append(text)
            length += len(text)
        at = end
    pieces.append((length, at))
    opaque = dict.fromkeys(each.name for each in found if each.name not in values)
    return Filled("".join((*written, sql[at:])), tuple(pieces), tuple(opaque))


def _joined(sql: str, found: list[_Found]) -> Iterator[list[_Found]]:
    """Yield placeholders that are parts of one word together."""
    together: list[_Found] = []
    for each in found:
        if together and not re.fullmatch(r"[\w$]*", sql[together[-1].end : each.start]):
            yield together
            together = []
        together.append(each)
    if together:
        yield together


def _word_around(sql: str, start: int, end: int) -> tuple[int, int]:
    while start and _WORD.match(sql[start - 1]):
        start -= 1
    while end < len(sql) and _WORD.match(sql[end]):
        end += 1
    return start, end


def _text(
    sql: str,
    start: int,
    end: int,
    parts: list[_Found],
    values: Mapping[str, str],
    names: bool | None,  # noqa: FBT001  there is one caller
) -> str:
    """Return what stands for one word that holds placeholders."""
    first = parts[0]
    whole = (first.start, parts[-1].end) == (start, end) and len(parts) == 1
    if all(each.name in values for each in parts):
        text = _spelled(sql, start, end, [(each, values[each.name]) for each in parts])
        return _quoted(text, first.quoting) if whole else text
    if whole and first.quoting == "value":
        return _quoted(first.name, "value")
    is_name = not whole or first.quoting in {"name", "text"} or names is True
    if names is None and not is_name:
        is_name = "." in sql[max(0, start - 1) : start] + sql[end : end + 1]
        is_name = is_name or _NAMED.search(sql[max(0, start - _BEFORE) : start]) is not None
    if not is_name:
        return "$1"
    text = _spelled(sql, start, end, [(each, f"{{{each.name}}}") for each in parts])
    return _quoted(text, "name")


def _spelled(sql: str, start: int, end: int, parts: list[tuple[_Found, str]]) -> str:
    written = []
    at = start
    for each, text in parts:
        written += [sql[at : each.start], text]
        at = each.end
    return "".join((*written, sql[at:end]))


def _quoted(text: str, quoting: str) -> str:
    mark = {"name": '"', "value": "'"}.get(quoting, "")
    return f"{mark}{text.replace(mark, mark * 2) if mark else text}{mark}"
