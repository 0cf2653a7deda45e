"""Queries that list constants: the rows that a loop over one goes through."""

from collections.abc import Mapping

from migsafe.parsers.postgres.constants import Value, constant
from migsafe.parsers.tokens import tokens

Row = tuple[tuple[str, str], ...]
"""The texts of a row, each with the name of its column."""


def rows(query: str, values: Mapping[str, Value]) -> tuple[Row, ...]:
    """Return the rows of a query over constants alone, nothing where they are not known.

    Args:
        query: `VALUES (…), …`, `SELECT unnest(array)`, or `SELECT columns FROM` one of these.
        values: The variables whose values are known.
    """
    words = [query[token.start : token.end] for token in tokens(query)]
    return _Reader(words, values).rows()


class _Reader:
    """A descent over the words of one query."""

    def __init__(self, words: list[str], values: Mapping[str, Value]) -> None:
        self.words = words
        self.values = values
        self.at = 0

    def rows(self) -> tuple[Row, ...]:
        if self._is("values"):
            found = self._values()
            return self._named(found, ()) if self._ended() else ()
        if not self._is("select"):
            return ()
        if self._is("unnest"):
            found = self._unnested()
            names = self._alias()
            return self._named(found, names[:1] or ("unnest",)) if self._ended() else ()
        chosen = self._columns()
        if not chosen or not self._is("from"):
            return ()
        if self._is("unnest"):
            found = self._unnested()
            names = self._alias()
            named = self._named(found, names[-1:] or ("unnest",))
        elif self._is("(") and self._is("values"):
            found = self._values()
            if not self._is(")"):
                return ()
            named = self._named(found, self._alias()[1:])
        else:
            return ()
        return _chosen(named, chosen) if self._ended() else ()

    def _is(self, word: str) -> bool:
        """Go past a word if it stands here."""
        found = self.at < len(self.words) and self.words[self.at].lower() == word
        self.at += found
        return found

    def _ended(self) -> bool:
        return self.at == len(self.words)

    def _name(self) -> str | None:
        word = self.words[self.at] if self.at < len(self.words) else ""
        if not word.isidentifier():
            return None
        self.at += 1
        return word.lower()

    def _columns(self) -> tuple[str, ...]:
        """Return the columns that are asked for; `*` for all."""
        if self._is("*"):
            return ("*",)
        return self._names()

    def _names(self) -> tuple[str, ...]:
        found: list[str] = []
        while (name := self._name()) is not None:
            found.append(name)
            if not self._is(","):
                return tuple(found)
        return ()

    def _alias(self) -> tuple[str, ...]:
        """Return an alias and the names of its columns, nothing where there is none."""
        self._is("as")
        name = self._name()
        if name is None:
            return ()
        if not self._is("("):
            return (name,)
        columns = self._names()
        return (name, *columns) if self._is(")") else ()

    def _inside(self) -> list[str]:
        """Return the words up to the bracket that closes the one before, and go past it."""
        depth, first = 1, self.at
        while depth and self.at < len(self.words):
            depth += (self.words[self.at] in "([") - (self.words[self.at] in ")]")
            self.at += 1
        return self.words[first : self.at - 1]

    def _unnested(self) -> list[list[str]]:
        if not self._is("("):
            return []
        value = constant(" ".join(self._inside()), self.values)
        return [[each] for each in value] if isinstance(value, tuple) else []

    def _values(self) -> list[list[str]]:
        found: list[list[str]] = []
        while self._is("("):
            value = constant(f"ARRAY[{' '.join(self._inside())}]", self.values)
            if not isinstance(value, tuple):
                return []
            found.append(list(value))
            if not self._is(","):
                return found
        return []

    def _named(self, found: list[list[str]], names: tuple[str, ...]) -> tuple[Row, ...]:
        wide = max(map(len, found), default=0)
        columns = (*names, *(f"column{at + 1}" for at in range(len(names), wide)))
        if any(len(row) != wide for row in found):
            return ()
        return tuple(tuple(zip(columns, row, strict=False)) for row in found)


def _chosen(named: tuple[Row, ...], chosen: tuple[str, ...]) -> tuple[Row, ...]:
    if chosen == ("*",):
        return named
    if not named or any(name not in dict(named[0]) for name in chosen):
        return ()
    return tuple(tuple((name, dict(row)[name]) for name in chosen) for row in named)
