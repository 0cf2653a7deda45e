"""SQL text to statements with operations, each at its place."""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from migsafe.model.errors import InputError, UsageError
from migsafe.model.expressions import Expression, Type
from migsafe.model.migration import Directive, Statement
from migsafe.model.operations import Cause, ExecutePrepared, NoOperation, Operation, Unrecognized
from migsafe.model.origin import Certainty, Origin, SectionName, Span
from migsafe.model.pattern import pattern
from migsafe.model.record import record, replace
from migsafe.parsers import client, postgres
from migsafe.parsers.placeholders import filled
from migsafe.parsers.postgres.source import Part
from migsafe.parsers.split import Comment, Piece, PieceKind, split

_NO_VALUES: Mapping[str, str] = MappingProxyType({})
_DIRECTIVE = pattern(r"(?:--+|/\*+)\s*migsafe:\s*(.*?)\s*(?:\*/)?", re.DOTALL)
_SQUAWK = pattern(r"(?:--|/\*)\s*squawk-(ignore.*?)\s*(?:\*/)?", re.DOTALL)


@record
class Placement:
    """Where a text stands in its section, for the origin of what is read from it.

    `offset` is where the text starts in the section's text. Where it does not stand in the
    section (a text that a revision computes, a file that psql includes), every span is `at`.
    """

    path: str
    section: SectionName
    offset: int = 0
    call_span: Span | None = None
    autocommit: bool = False
    certainty: Certainty = Certainty.ALWAYS
    at: Span | None = None

    def span(self, start: int, end: int) -> Span:
        """Return the span in the section's text of a range of this text."""
        if self.at is not None:
            return self.at
        return Span(self.offset + start, self.offset + end)


@record
class ReadSql:
    """What a text holds: its statements, and the comments that speak to migsafe.

    `variables` are those whose texts are known after it.
    """

    statements: tuple[Statement, ...]
    directives: tuple[Directive, ...]
    variables: Mapping[str, str] = _NO_VALUES


Include = Callable[[Statement, Mapping[str, str]], ReadSql | None]
r"""Returns what a file holds that psql runs in the place of a command, given the variables that
are known; None for other commands."""


def read_sql(
    text: str,
    placement: Placement,
    dialect: str = "postgres",
    placeholders: Mapping[str, str] = _NO_VALUES,
    include: Include | None = None,
) -> ReadSql:
    """Return the statements of a text with their operations.

    Args:
        text: SQL, psql's commands and placeholders of tools included.
        placement: Where the text stands.
        dialect: The dialect of the SQL.
        placeholders: What placeholders stand for, by name, as far as that is known.
        include: What is asked for the files that psql's commands run.

    Raises:
        InputError: If the text holds a NUL character.
        UsageError: If the dialect cannot be read yet.
    """
    require_dialect(dialect)
    try:
        found = split(text)
    except InputError as error:
        error.path = placement.path
        raise
    variables = dict(placeholders)
    return ReadSql(
        tuple(_statements(text, found.pieces, placement, variables, include)),
        tuple(_directives(text, found.comments, placement)),
        variables,
    )


def require_dialect(dialect: str) -> None:
    """Raise UsageError unless SQL of this dialect can be read."""
    if dialect != "postgres":
        raise UsageError(
            f"dialect {dialect!r} cannot be read: MySQL and SQLite come later",
            help="Use --dialect postgres.",
        )


def _statements(
    text: str,
    pieces: tuple[Piece, ...],
    placement: Placement,
    variables: dict[str, str],
    include: Include | None,
) -> Iterator[Statement]:
    """Yield statements; `variables` are kept as they are known after each."""
    prepared: dict[str, tuple[Operation, ...]] = {}
    depth = 0
    for piece in pieces:
        if piece.kind in {PieceKind.BLANK, PieceKind.DATA}:
            continue
        sql = text[piece.start : piece.end]
        certainty = Certainty.MAYBE if depth else placement.certainty
        if piece.kind is PieceKind.CLIENT:
            depth = max(0, depth + client.opens(sql))
        span = placement.span(piece.start, piece.end)
        parts, sent, opaque = _parts(piece, sql, variables)
        operations = tuple(
            [
                replace(
                    part.operation,
                    origin=Origin(
                        placement.path,
                        placement.section,
                        placement.span(piece.start + part.start, piece.start + part.end),
                        span,
                        placement.call_span,
                        placement.autocommit,
                        certainty,
                    ),
                )
                for part in _executed(parts, prepared)
            ]
        )
        statement = Statement(sent, span, operations, opaque)
        if piece.kind is not PieceKind.CLIENT:
            yield statement
            continue
        included = None if include is None else include(statement, variables)
        if included is None:
            yield statement
            client.say(sql, variables, certain=depth == 0)
        else:
            yield from included.statements
            _become(variables, included.variables, certain=depth == 0)


def _become(variables: dict[str, str], now: Mapping[str, str], *, certain: bool) -> None:
    """Keep what is known after a command; where it may not run, what it leaves alone."""
    kept = {name: text for name, text in now.items() if certain or variables.get(name) == text}
    variables.clear()
    variables.update(kept)


def _executed(
    parts: tuple[Part, ...], prepared: dict[str, tuple[Operation, ...]]
) -> tuple[Part, ...]:
    """Return what EXECUTE runs where the text has prepared it; note what PREPARE prepares."""
    if len(parts) != 1:
        return parts
    match parts[0].operation:
        case NoOperation(sql=sql) if sql.startswith("PREPARE "):
            name, operations = postgres.read_prepared(sql)
            prepared[name] = operations
        case ExecutePrepared(statement=name) if name in prepared:
            return tuple([replace(parts[0], operation=each) for each in prepared[name]])
        case _:
            pass
    return parts


_Parts = tuple[tuple[Part, ...], str, tuple[str, ...]]
"""What a statement holds, what the server is sent, and placeholders in it without a text."""


def _parts(piece: Piece, sql: str, placeholders: Mapping[str, str]) -> _Parts:
    """Return what a piece of the text holds."""
    match piece.kind:
        case PieceKind.CLIENT:
            return (Part(client.read(sql.rstrip()), 0, len(sql)),), sql, ()
        case PieceKind.UNTERMINATED:
            reason = "the text ends inside a quote, a comment or a body"
            operation = Unrecognized(Cause.UNTERMINATED, reason, sql)
            return (Part(operation, 0, len(sql)),), sql, ()
        case _:
            read = postgres.read_parts(sql)
            # No body that the server reads holds these either.
            if "{{" in sql or "${" in sql or _is_unparsed(read):
                return _filled(sql, placeholders) or (read, sql, ())
            return read, sql, ()


def _is_unparsed(parts: tuple[Part, ...]) -> bool:
    return any(
        isinstance(part.operation, Unrecognized)
        and part.operation.cause in {Cause.SYNTAX, Cause.TEMPLATE}
        for part in parts
    )


def _filled(sql: str, placeholders: Mapping[str, str]) -> _Parts | None:
    """Return what a statement holds whose placeholders keep it from being parsed."""
    for reading in filled(sql, placeholders):
        read = postgres.read_parts(reading.sql)
        if not _is_unparsed(read):
            places = [
                replace(part, start=reading.offset(part.start), end=reading.offset(part.end))
                for part in read
            ]
            return tuple(places), sql if reading.opaque else reading.sql, reading.opaque
    return None


def _directives(
    text: str, comments: tuple[Comment, ...], placement: Placement
) -> Iterator[Directive]:
    for comment in comments:
        for word, grammar in (("migsafe:", _DIRECTIVE), ("squawk-ignore", _SQUAWK)):
            if text.find(word, comment.start, comment.end) == -1:
                continue
            match = grammar.fullmatch(text, comment.start, comment.end)
            if match is not None:
                span = placement.span(comment.start, comment.end)
                yield Directive(span, match[1], squawk=grammar is _SQUAWK)


def read_expression(sql: str, dialect: str = "postgres") -> Expression:
    """Return an expression.

    Raises:
        ParseError: If it is not one expression.
        UsageError: If the dialect cannot be read yet.
    """
    require_dialect(dialect)
    return postgres.read_expression(sql)


def read_type(sql: str, dialect: str = "postgres") -> Type:
    """Return a type as a column definition names it.

    Raises:
        ParseError: If it is not a type.
        UsageError: If the dialect cannot be read yet.
    """
    require_dialect(dialect)
    return postgres.read_type(sql)
