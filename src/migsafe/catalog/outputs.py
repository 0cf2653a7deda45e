"""The columns that a query gives, by name and type, as far as its words tell."""

from collections.abc import Iterator

from migsafe.catalog.facts import Facts
from migsafe.catalog.schema import Output
from migsafe.catalog.text import column_of
from migsafe.model.expressions import Name, Type
from migsafe.model.operations import Query
from migsafe.writing.tokens import closing, tokens

_END = frozenset({"FROM", "WHERE", "GROUP", "ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT"})
_COMPOSED = frozenset({"WITH", "UNION", "INTERSECT", "EXCEPT", "VALUES"})
_RETURNS = {"count": Type("bigint")}


def of_query(query: Query, facts: Facts) -> tuple[Output, ...] | None:
    """Return the columns of a query, None where they are not known."""
    words = list(tokens(query.sql))
    upper = [word.upper() for word in words]
    if upper[:1] != ["SELECT"] or not _COMPOSED.isdisjoint(upper):
        return None
    found: list[Output] = []
    for part in _parts(words[1:]):
        if part in (["*"], [*part[:1], ".", "*"]):
            below = None
            if _reads_one(upper):
                below = of_relation(query.relations[0], facts)
            if below is None:
                return None
            found.extend(below)
            continue
        output = _output(part, query, facts)
        if output is None:
            return None
        found.append(output)
    return tuple(found)


def _reads_one(upper: list[str]) -> bool:
    """Say whether FROM is the name of one relation, with an alias or without."""
    if upper.count("SELECT") != 1 or upper.count("FROM") != 1:
        return False
    after = upper[upper.index("FROM") + 1 :]
    stop = next((at for at, word in enumerate(after) if word in _END or word == ";"), len(after))
    return stop > 0 and not {",", "(", "JOIN", "ONLY"} & set(after[:stop])


def of_relation(name: Name, facts: Facts) -> tuple[Output, ...] | None:
    """Return the columns of a table or view, None where they are not known."""
    key = facts.key(name)
    view = facts.views.get(key)
    if view is not None:
        return view.output
    table = facts.tables.get(key)
    if table is None or not table.complete or not facts.is_certain(key):
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


def _output(words: list[str], query: Query, facts: Facts) -> Output | None:
    """Return the column that an item of a SELECT list gives."""
    alias = None
    if len(words) > 2 and words[-2].upper() == "AS":  # noqa: PLR2004  a word, AS, a name
        alias, words = column_of(words[-1]), words[:-2]
    if not words:
        return None
    name, kind = _named(words, query, facts)
    known = alias or name
    return None if known is None else Output(known, kind)


def _named(words: list[str], query: Query, facts: Facts) -> tuple[str | None, Type | None]:
    match words:
        case [column] | [_, ".", column] if column[0].isalpha() or column[0] in '_"':
            name = column_of(column)
            return name, _type_of(name, query, facts)
        case [function, "(", *_] if closing(words, 1) == len(words) - 1:
            return column_of(function), _RETURNS.get(column_of(function))
        case _:
            return None, None


def _type_of(column: str, query: Query, facts: Facts) -> Type | None:
    types = {
        output.type
        for relation in query.relations
        for output in of_relation(relation, facts) or ()
        if output.name == column
    }
    return types.pop() if len(types) == 1 else None
