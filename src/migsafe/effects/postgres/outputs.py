"""The columns that a query gives, by name and type, as far as its words tell."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.text import column_of
from migsafe.model.expressions import Name, Type
from migsafe.model.operations import Query
from migsafe.model.record import record
from migsafe.writing.tokens import closing, tokens

_DEPTH = 20
_END = frozenset({"FROM", "WHERE", "GROUP", "ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT"})
_COMPOSED = frozenset({"WITH", "UNION", "INTERSECT", "EXCEPT", "VALUES"})
_RETURNS = {"count": Type("bigint")}


@record
class Output:
    """A column of a query's result; its type is None where it is not known."""

    name: str
    type: Type | None = None


def of_query(query: Query, catalog: Catalog, depth: int = 0) -> tuple[Output, ...] | None:
    """Return the columns of a query, None where they are not known."""
    words = list(tokens(query.sql))
    upper = [word.upper() for word in words]
    if upper[:1] != ["SELECT"] or not _COMPOSED.isdisjoint(upper) or depth > _DEPTH:
        return None
    found: list[Output] = []
    for part in _parts(words[1:]):
        if part == ["*"]:
            if len(query.relations) != 1:
                return None
            below = of_relation(query.relations[0], catalog, depth)
            if below is None:
                return None
            found.extend(below)
            continue
        output = _output(part, query, catalog, depth)
        if output is None:
            return None
        found.append(output)
    return tuple(found)


def of_relation(name: Name, catalog: Catalog, depth: int = 0) -> tuple[Output, ...] | None:
    """Return the columns of a table or view, None where they are not known."""
    view = catalog.view(name)
    if view is not None:
        below = of_query(view.query, catalog, depth + 1)
        if below is None or not view.columns:
            return below
        renamed = zip(view.columns, below, strict=False)
        return tuple(Output(own, each.type) for own, each in renamed)
    table = catalog.table(name)
    if table is None or not table.complete:
        return None
    return tuple(Output(column.name, column.type) for column in table.columns)


def _parts(words: list[str]) -> Iterator[list[str]]:
    """Yield the words of each item between SELECT and FROM."""
    part: list[str] = []
    depth = 0
    for word in words:
        depth += (word in "([") - (word in ")]")
        if depth == 0 and (word == "," or word.upper() in _END or word == ";"):
            yield part
            part = []
            if word != ",":
                return
            continue
        part.append(word)
    yield part


def _output(words: list[str], query: Query, catalog: Catalog, depth: int) -> Output | None:
    """Return the column that an item of a SELECT list gives."""
    alias = None
    if len(words) > 2 and words[-2].upper() == "AS":  # noqa: PLR2004  a word, AS, a name
        alias, words = column_of(words[-1]), words[:-2]
    if not words:
        return None
    name, kind = _named(words, query, catalog, depth)
    known = alias or name
    return None if known is None else Output(known, kind)


def _named(
    words: list[str], query: Query, catalog: Catalog, depth: int
) -> tuple[str | None, Type | None]:
    match words:
        case [column] | [_, ".", column] if column[0].isalpha() or column[0] in '_"':
            name = column_of(column)
            return name, _type_of(name, query, catalog, depth)
        case [function, "(", *_] if closing(words, 1) == len(words) - 1:
            return column_of(function), _RETURNS.get(column_of(function))
        case _:
            return None, None


def _type_of(column: str, query: Query, catalog: Catalog, depth: int) -> Type | None:
    types = {
        output.type
        for relation in query.relations
        for output in of_relation(relation, catalog, depth) or ()
        if output.name == column
    }
    return types.pop() if len(types) == 1 else None
