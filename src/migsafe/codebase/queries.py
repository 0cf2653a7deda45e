"""Files of SQL queries: those of sqlc, and others that an application sends."""

import re

from migsafe.codebase.sql import of_statement, words
from migsafe.model.code import Use, Uses
from migsafe.model.errors import InputError
from migsafe.model.migration import Place
from migsafe.model.origin import Span
from migsafe.model.pattern import pattern
from migsafe.parsers.postgres.named import named
from migsafe.parsers.split import PieceKind, split
from migsafe.sources.alembic.places import Places

# A parameter of sqlc; for PostgreSQL it would be the absolute value of a column.
_PARAMETER = pattern(r"(?<![\w@<>=!~#&|*+/%?-])@(?=[A-Za-z_])\w+")
_KINDS = frozenset({PieceKind.STATEMENT, PieceKind.UNTERMINATED})


def _value(match: re.Match[str]) -> str:
    """Return a parameter of PostgreSQL's own that is as long."""
    return "$1".ljust(len(match.group()))


def read(path: str, text: str) -> Uses:
    """Return what the queries of a file name.

    What defines tables is passed by: a schema beside the code says what the migrations make,
    and uses nothing.
    """
    places = Places(text)
    found: list[Use] = []
    try:
        pieces = split(text).pieces
    except InputError as error:
        return Uses(path, (), error.message)
    for piece in pieces:
        if piece.kind not in _KINDS:
            continue
        statement = text[piece.start : piece.end]
        base = piece.start

        def placed(start: int, end: int, base: int = base) -> Place:
            return places.place(path, Span(base + start, base + end))

        whole = piece.kind is PieceKind.STATEMENT
        names = named(_PARAMETER.sub(_value, statement)) if whole else None
        if names is None:
            found += words(statement, placed, "word of a query that cannot be read")
        else:
            found += of_statement(names, placed, "query", sure=True)
    return Uses(path, tuple(found))
