"""Text that PL/pgSQL puts together from constants: what EXECUTE is given, word for word."""

import re
from collections.abc import Mapping, Sequence

from migsafe.model.pattern import pattern
from migsafe.parsers.tokens import tokens
from migsafe.writing import quoting

Value = str | tuple[str, ...]
"""A text, or the elements of an array of texts; numbers are texts as well."""

_PLACE = pattern(r"%(?:(?P<number>\d+)\$)?(?P<kind>[sIL%])")
_ESCAPE = pattern(r"\\(?P<octal>[0-7]{1,3})|\\(?P<plain>.)", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_NUMBER = pattern(r"[0-9]+(?:\.[0-9]+)?")
_LONGEST = 1_000_000
_TEXTS = frozenset({"text", "varchar", "regclass", "name"})


class _NotConstantError(Exception):
    """The text depends on something that is known only when it runs."""


def constant(sql: str, values: Mapping[str, Value]) -> Value | None:
    """Return what an expression is, None where that is not known.

    Args:
        sql: Literals, `||`, sums of whole numbers, known variables, and functions of these
            that depend on nothing else: `format`, `quote_ident`, `string_to_array`.
        values: The variables whose values are known.
    """
    words = [sql[token.start : token.end] for token in tokens(sql)]
    reader = _Reader(words, values)
    try:
        value = reader.expression()
    except _NotConstantError:
        return None
    return value if reader.at == len(words) else None


class _Reader:
    """A descent over the words of one expression."""

    def __init__(self, words: list[str], values: Mapping[str, Value]) -> None:
        self.words = words
        self.values = values
        self.at = 0

    def expression(self) -> Value:
        value = self._sum()
        while self._ahead(2) == ["|", "|"]:
            self.at += 2
            more = _text(self._sum())
            _require_length(len(_text(value)) + len(more))
            value = _text(value) + more
        return value

    def _sum(self) -> Value:
        """Return a term, or a sum of whole numbers: bounds of loops are little else."""
        value = self._term()
        while self._ahead() in (["+"], ["-"]):
            sign = 1 if self.words[self.at] == "+" else -1
            self.at += 1
            value = str(_whole(value) + sign * _whole(self._term()))
        return value

    def _ahead(self, count: int = 1) -> list[str]:
        return self.words[self.at : self.at + count]

    def _take(self, expected: str) -> None:
        if self._ahead() != [expected]:
            raise _NotConstantError
        self.at += 1

    def _term(self) -> Value:
        value = self._simple()
        while self._ahead(2) == [":", ":"]:
            self.at += 2
            value = self._cast(value)
        return value

    def _cast(self, value: Value) -> Value:
        (name,) = self._ahead() or [""]
        self.at += 1
        if self._ahead(2) == ["[", "]"]:
            self.at += 2
            return value if isinstance(value, tuple) else _elements(value)
        if name.lower() not in _TEXTS:
            raise _NotConstantError
        return value

    def _simple(self) -> Value:
        if not self._ahead():
            raise _NotConstantError
        word = self.words[self.at]
        self.at += 1
        if word == "(":
            value = self.expression()
            self._take(")")
            return value
        literal = _literal(word)
        if literal is not None:
            while word[0] == "'" and self._ahead() and self.words[self.at][0] == "'":
                # Strings on lines that follow each other are one.
                literal += self.words[self.at][1:-1].replace("''", "'")
                self.at += 1
            return literal
        if _NUMBER.fullmatch(word):
            return word
        if word.lower() == "array" and self._ahead() == ["["]:
            return tuple([_text(each) for each in self._list("[", "]")])
        if self._ahead() == ["("]:
            return _called(word.lower(), self._list("(", ")"))
        if self._ahead() == ["."]:
            word = "".join((word, *self._ahead(2)))
            self.at += 2
        known = self.values.get(word.lower())
        if known is None or self._ahead() in (["."], ["["]):
            raise _NotConstantError
        return known

    def _list(self, opening: str, closing: str) -> list[Value]:
        self._take(opening)
        found: list[Value] = []
        while self._ahead() != [closing]:
            if found:
                self._take(",")
            found.append(self.expression())
        self.at += 1
        return found


def _text(value: Value) -> str:
    if isinstance(value, tuple):
        raise _NotConstantError
    return value


def _whole(value: Value) -> int:
    text = _text(value)
    if not text.removeprefix("-").isdecimal():
        raise _NotConstantError
    return int(text)


def _literal(word: str) -> str | None:
    """Return the text of a string literal, None for any other word."""
    if word[0] == "'":
        return word[1:-1].replace("''", "'")
    if word[0] in "eE" and word[1:2] == "'":
        return _ESCAPE.sub(_unescaped, word[2:-1].replace("''", "'"))
    if word[0] == "$" and word.count("$") > 1:
        tag = word[: word.index("$", 1) + 1]
        return word[len(tag) : -len(tag)]
    return None


def _unescaped(found: re.Match[str]) -> str:
    if found["octal"] is not None:
        return chr(int(found["octal"], 8))
    if found["plain"] in "xuU":
        raise _NotConstantError
    return _LETTERS.get(found["plain"], found["plain"])


def _elements(text: str) -> tuple[str, ...]:
    """Return the elements of an array that is written as a plain literal: `{a,b}`."""
    if text[:1] != "{" or text[-1:] != "}" or not frozenset('{}"\\').isdisjoint(text[1:-1]):
        raise _NotConstantError
    return tuple([each.strip() for each in text[1:-1].split(",")]) if text[1:-1] else ()


def _joined(separator: str, parts: Sequence[str]) -> str:
    _require_length(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def _require_length(length: int) -> None:
    """Give up where a text would be longer than any that people write."""
    if length > _LONGEST:
        raise _NotConstantError


def _called(function: str, given: list[Value]) -> Value:
    match function, given:
        case "array_to_string", [tuple(parts), str(separator)]:
            return _joined(separator, parts)
        case "string_to_array", [str(text), str(separator)] if separator:
            return tuple(text.split(separator)) if text else ()
        case _:
            return _called_with_texts(function, [_text(value) for value in given])


def _called_with_texts(function: str, texts: list[str]) -> str:
    match function, texts:
        case "format", [template, *rest]:
            return _formatted(template, rest)
        case "quote_ident", [name]:
            return quoting.identifier(name)
        case "quote_literal", [text]:
            return quoting.literal(text)
        case "concat", parts:
            return _joined("", parts)
        case "concat_ws", [separator, *parts]:
            return _joined(separator, parts)
        case "replace", [text, old, new] if old:
            _require_length(len(text) + text.count(old) * len(new))
            return text.replace(old, new)
        case "lower", [text]:
            return text.lower()
        case "upper", [text]:
            return text.upper()
        case _:
            raise _NotConstantError


def _formatted(template: str, given: list[str]) -> str:
    """Return what format() makes of its arguments."""
    if template.replace("%%", "").count("%") != sum(
        place["kind"] != "%" for place in _PLACE.finditer(template)
    ):
        # A width, or a place that the server refuses.
        raise _NotConstantError
    _require_length(len(template) + 2 * template.count("%") * max(map(len, given), default=0))
    last = 0

    def filled(place: re.Match[str]) -> str:
        nonlocal last
        if place["kind"] == "%":
            return "%"
        last = last + 1 if place["number"] is None else int(place["number"])
        if not 0 < last <= len(given):
            raise _NotConstantError
        value = given[last - 1]
        match place["kind"]:
            case "I":
                return quoting.identifier(value)
            case "L":
                return quoting.literal(value)
            case _:
                return value

    return _PLACE.sub(filled, template)
