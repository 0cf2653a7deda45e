"""Whether what is written about a column still holds once the column has another type.

A change of type makes the constraints, indexes and statistics of the column anew from their
text, in which the server has written out the casts that it made at first.

Source:
    src/backend/commands/tablecmds.c of PostgreSQL, ATPostAlterTypeCleanup; measured:
    fixtures/effects/types.toml.
"""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import IndexState
from migsafe.catalog.text import column_of
from migsafe.effects.postgres.casting import (
    STRINGS,
    Way,
    bare,
    category,
    is_implicit,
    methods,
    plain_name,
    same,
    way,
)
from migsafe.effects.postgres.using import read_type
from migsafe.model.effects import Certain, Fact, Unknown
from migsafe.model.expressions import Name, Type
from migsafe.model.operations import Check
from migsafe.writing.tokens import closing, tokens

_NUMBERS = frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision"})
_FLOATS = frozenset({"real", "double precision"})
_DAYS = frozenset({"date", "timestamp without time zone", "timestamp with time zone"})
_MEASURED_BY_LENGTH = frozenset({"bytea", "tsvector", "bit", "bit varying", "path", "lseg"})
_NO_OPERATOR = "42883"
_MISMATCH = "42804"


def objection(
    table: Name, column: str, old: Type, new: Type, catalog: Catalog
) -> Certain | Unknown | None:
    """Return what no longer fits a column of another type, in the server's order."""
    if same(old, new) or same(bare(old, catalog), bare(new, catalog)):
        return None
    for found in _objections(table, column, old, new, catalog):
        if found is not None:
            return found
    return None


def _objections(
    table: Name, column: str, old: Type, new: Type, catalog: Catalog
) -> Iterator[Certain | Unknown | None]:
    indexes = catalog.indexes_on(table, column)
    for index in indexes:
        for expression in (index.where, *(each.expression for each in index.elements)):
            if expression is not None and column in expression.columns:
                yield _reread(expression.sql, column, old, new, catalog, f"index {index.name}")
    for index in indexes:
        yield _classed(index, column, new, catalog)
    for state in catalog.constraints_on(table, column):
        if isinstance(state.constraint, Check):
            sql = state.constraint.expression.sql
            yield _reread(sql, column, old, new, catalog, f"constraint {state.name}")
    ordered = methods(new, catalog)
    if ordered is not None and "btree" not in ordered:
        for statistics in catalog.statistics(table):
            if column in statistics.columns:
                yield Certain("0A000", f"the statistics {statistics.name} need an order")


def _classed(index: IndexState, column: str, new: Type, catalog: Catalog) -> Certain | None:
    """Return the refusal of an index that cannot hold the new type."""
    held = methods(new, catalog)
    for element in index.elements:
        if element.column != column or held is None:
            continue
        named = element.operator_class
        if named is not None:
            fits = _CLASSES.get(named)
            if fits is not None and plain_name(bare(new, catalog)) not in fits:
                return Certain(_MISMATCH, f"the operator class {named} does not take {new}")
        elif index.method not in held:
            return Certain("42704", f"{index.method} has no operator class for {new}")
        if element.collation is not None and category(new, catalog) not in {"S", "A"}:
            return Certain(_MISMATCH, f"{new} has no collation")
    return None


_CLASSES = {
    "text_pattern_ops": frozenset({"text", "character varying"}),
    "varchar_pattern_ops": frozenset({"text", "character varying"}),
    "bpchar_pattern_ops": frozenset({"character"}),
    "jsonb_path_ops": frozenset({"jsonb"}),
}
"""Operator classes that are named, and the types that they take."""


def _reread(  # a change and where it is met
    sql: str, column: str, old: Type, new: Type, catalog: Catalog, owner: str
) -> Certain | Unknown | None:
    words = list(tokens(sql))
    for at, word in enumerate(words):
        is_name = word[0] == '"' or word[0] == "_" or word[0].isalpha()
        called = words[at + 1 : at + 2] == ["("]
        if not is_name or called or column_of(word) != column:
            continue
        state = _bare_use(words, at, bare(old, catalog), bare(new, catalog), catalog)
        if state == "":
            return Unknown(Fact.FAILS, f"whether {owner} still reads with {column} as {new}")
        if state is not None:
            return Certain(state, f"{owner} does not read with {column} as {new}")
    return None


def _bare_use(words: list[str], at: int, old: Type, new: Type, catalog: Catalog) -> str | None:
    """Return the error that one mention of the column gives, `""` where that is not known."""
    after = words[at + 1].upper() if at + 1 < len(words) else ""
    said = [word.upper() for word in words[at + 1 : at + 4]]
    if said[:2] == ["IS", "NULL"] or said == ["IS", "NOT", "NULL"]:
        return None
    around = words[at - 2].lower() if at > 1 and words[at - 1] == "(" else ""
    cast = None
    if after == "::":
        cast = read_type(words[at + 2 : end_of_type(words, at + 2)])
        if cast is None:
            return ""
        if not same(cast, old):
            how = way(new, cast, explicit=True, catalog=catalog)
            return {Way.NONE: "42846", Way.UNKNOWN: ""}.get(how)
    if same(old, new):
        return None
    one, two = _family(old), _family(new)
    if one == two and one is not None:
        return _within(words, around, cast, old, new)
    return _between(words, around, old, new)


def _between(words: list[str], around: str, old: Type, new: Type) -> str | None:
    """Return the error that a change from one family of types to another gives."""
    one, two = _family(old), _family(new)
    if plain_name(old) == "character varying" and not old.array:
        # The server wrote the column as text, which everything can be cast to.
        return None
    if plain_name(old) == "name" or one is None:
        return ""
    if around == "coalesce" or (one == "boolean" and len(words) == 1):
        return _MISMATCH
    if around == "length" and plain_name(new) in _MEASURED_BY_LENGTH and not new.array:
        return None
    return "" if "oid" in {one, two} else _NO_OPERATOR


def end_of_type(words: list[str], start: int) -> int:
    """Return where the type ends that a cast names."""
    at = start
    while at < len(words) and (words[at][0].isalpha() or words[at][0] in '_".'):
        at += 1
    if words[at : at + 1] == ["("]:
        at = closing(words, at) + 1
    while words[at : at + 2] == ["[", "]"]:
        at += 2
    return at


def _within(words: list[str], around: str, cast: Type | None, old: Type, new: Type) -> str | None:
    """Return the error that a change within a family of types gives."""
    if plain_name(new) in _FLOATS and "%" in words:
        return _NO_OPERATOR
    of_a_user = cast is not None and around not in {"", "abs", "coalesce", "lower", "upper"}
    if of_a_user and not is_implicit(new, old) and plain_name(old) in _NUMBERS:
        return _NO_OPERATOR
    return None


def _family(kind: Type) -> str | None:
    """Return what types share their operators under, None where that is not known."""
    name = plain_name(kind)
    if kind.array:
        return f"{name}[]"
    for family, members in (("number", _NUMBERS), ("text", STRINGS), ("day", _DAYS)):
        if name in members:
            return family
    return name
