"""Tables as Diesel's `table!` describes them in Rust."""

from collections.abc import Iterator

from migsafe.model.code import Basis, Use, UseKind
from migsafe.model.origin import Span
from migsafe.model.pattern import pattern
from migsafe.sources.alembic.places import Places

_TOKEN = pattern(
    r"//[^\n]*+|(?P<begin>\btable!\s*+\{)|\#\[sql_name\s*+=\s*+\"(?P<named>[^\"\n]++)\"\]"
    r"|(?P<column>\b(\w++)\s*+->)|(?P<table>\b(?:(\w++)\.)?+(\w++)\s*+\([^(){}]{0,500}+\)\s*+\{)"
    r"|(?P<close>\})"
)


def uses(path: str, text: str) -> Iterator[Use]:
    """Yield the tables and columns of each `table!` of a file."""
    places = Places(text)
    table: str | None = None
    schema: str | None = None
    inside = False
    named: str | None = None
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "begin":
            inside, table, named = True, None, None
        elif not inside:
            continue
        elif kind == "named":
            named = token["named"]
        elif kind == "table" and table is None:
            table, schema = named or token[7], token[6]
            place = places.place(path, Span(*token.span(7)))
            how = "table of Diesel"
            yield Use(UseKind.TABLE, table, table, schema, place, Basis.EXACT, None, how)
            named = None
        elif kind == "column" and table is not None:
            place = places.place(path, Span(*token.span(4)))
            column, how = named or token[4], "column of Diesel"
            yield Use(UseKind.COLUMN, column, table, schema, place, Basis.EXACT, None, how)
            named = None
        elif kind == "close":
            inside = False
