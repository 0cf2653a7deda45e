"""Which columns a query reads beyond doubt, as far as its words tell."""

from collections.abc import Iterator

from migsafe.catalog.facts import Facts
from migsafe.catalog.text import column_of
from migsafe.model.expressions import Name
from migsafe.model.operations import Query
from migsafe.writing.tokens import tokens

_ENDS_FROM = frozenset(
    (
        "WHERE",
        "GROUP",
        "HAVING",
        "ORDER",
        "LIMIT",
        "OFFSET",
        "WINDOW",
        "UNION",
        "INTERSECT",
        "EXCEPT",
    )
)
_OPENS = frozenset({"FROM", "JOIN"})
_BETWEEN = frozenset({"ON", "USING", "AS", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "NATURAL"})
_NOBODY = Name("")


def surely_read(query: Query, facts: Facts) -> frozenset[tuple[Name, str]]:
    """Return columns, each with the relation it belongs to, that a query reads beyond doubt.

    That is what is written behind an alias which stands for one relation wherever it is used,
    and what a query on one relation alone names.
    """
    words = list(tokens(query.sql))
    aliases = _aliases(words, facts)
    upper = [word.upper() for word in words]
    found: set[tuple[Name, str]] = set()
    for reference in query.references:
        match reference:
            case (alias, column) if (relation := aliases.get(alias, _NOBODY)) is not _NOBODY:
                found |= {(relation, name) for name in _meant(column, relation, facts)}
            case _:
                pass
    relations = {facts.key(each) for each in query.relations}
    if len(relations) == 1 and upper.count("SELECT") == 1 and "WITH" not in upper:
        (relation,) = relations
        table = facts.tables.get(relation)
        columns = {column.name for column in table.columns} if table is not None else set()
        for reference in query.references:
            match reference:
                case (column,) if column == "*" or column in columns:
                    found |= {(relation, name) for name in _meant(column, relation, facts)}
                case _:
                    pass
    return frozenset(found)


def _aliases(words: list[str], facts: Facts) -> dict[str, Name]:
    """Return what each alias stands for; nobody where it stands for several things."""
    found: dict[str, Name] = {}
    upper = [word.upper() for word in words]
    made = {
        column_of(words[at - 1])
        for at, word in enumerate(upper)
        if word == "AS" and {"(", "MATERIALIZED", "NOT"} & set(upper[at + 1 : at + 2])
    }
    from_depths: list[int] = []
    depth = 0
    for at, word in enumerate(upper):
        if word in "([":
            depth += 1
        elif word in ")]":
            depth -= 1
            from_depths = [each for each in from_depths if each <= depth]
            alias = _alias(words, at + 1)
            if alias is not None:
                found[alias] = _NOBODY
        elif word in _ENDS_FROM and depth in from_depths:
            from_depths.remove(depth)
        if word == "FROM" and depth not in from_depths:
            from_depths.append(depth)
        if word in _OPENS or (word == "," and depth in from_depths):
            for alias, name in _bound(words, at + 1):
                relation = _NOBODY if name.name in made and name.schema is None else facts.key(name)
                found[alias] = relation if found.get(alias, relation) == relation else _NOBODY
    return found


def _bound(words: list[str], at: int) -> Iterator[tuple[str, Name]]:
    """Yield what stands for the relation whose name is at a place: an alias, or the name."""
    if words[at : at + 1] and words[at].upper() == "ONLY":
        at += 1
    if not words[at : at + 1] or not _is_name(words[at]):
        return
    name = Name(column_of(words[at]))
    if words[at + 1 : at + 2] == ["."]:
        name, at = Name(column_of(words[at + 2]), name.name), at + 2
    yield _alias(words, at + 1) or name.name, name


def _alias(words: list[str], at: int) -> str | None:
    if words[at : at + 1] and words[at].upper() == "AS":
        at += 1
    if not words[at : at + 1] or not _is_name(words[at]):
        return None
    upper = words[at].upper()
    return None if upper in _ENDS_FROM | _OPENS | _BETWEEN else column_of(words[at])


def _is_name(word: str) -> bool:
    return word[0] == '"' or word[0] == "_" or word[0].isalpha()


def _meant(word: str, relation: Name, facts: Facts) -> Iterator[str]:
    """Yield the columns of a relation that a name or a star stands for."""
    if word != "*":
        yield word
        return
    table = facts.tables.get(relation)
    for column in () if table is None else table.columns:
        yield column.name
