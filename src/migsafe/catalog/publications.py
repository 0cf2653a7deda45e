"""Publications: which tables belong to them, and which changes they publish."""

from collections.abc import Iterable, Iterator

from migsafe.catalog.facts import Facts
from migsafe.catalog.text import column_of
from migsafe.model.expressions import Name
from migsafe.model.operations import ObjectKind, PrimaryKey
from migsafe.writing.tokens import closing, tokens

SETTING = "publication "
_EVERYTHING = "insert, update, delete, truncate"


def tables_in(sql: str) -> tuple[tuple[Name, bool], ...]:
    """Return the tables that CREATE or ALTER PUBLICATION names, and whether with ONLY."""
    return tuple(_listed(list(tokens(sql))))


def _listed(words: list[str]) -> Iterator[tuple[Name, bool]]:
    upper = [word.upper() for word in words]
    at = 0
    while at < len(words):
        if upper[at] != "TABLE" or upper[at - 1] not in {"FOR", "ADD", "DROP", "SET", ","}:
            at += 1
            continue
        at += 1
        while at < len(words):
            only = upper[at] == "ONLY"
            at += only
            name = Name(column_of(words[at]))
            at += 1
            if words[at : at + 1] == ["."]:
                name = Name(column_of(words[at + 1]), name.name)
                at += 2
            yield name, only
            # A list of columns, and a filter of rows.
            if words[at : at + 1] == ["("]:
                at = closing(words, at) + 1
            if upper[at : at + 1] == ["WHERE"]:
                at = closing(words, at + 1) + 1
            if words[at : at + 1] != [","] or upper[at + 1] in {"TABLE", "TABLES"}:
                break
            at += 1


def is_of_all_tables(sql: str) -> bool:
    """Say whether CREATE PUBLICATION is FOR ALL TABLES."""
    return "FOR ALL TABLES" in " ".join(word.upper() for word in tokens(sql))


def published(sql: str) -> str:
    """Return the changes that a publication publishes, as its option says."""
    words = list(tokens(sql))
    for at, word in enumerate(words):
        if word.lower() == "publish" and words[at + 1 : at + 2] == ["="]:
            return words[at + 2].strip("'").lower()
    return _EVERYTHING


def apply(facts: Facts, name: str, sql: str) -> None:
    """Apply CREATE or ALTER PUBLICATION."""
    place = (ObjectKind.PUBLICATION, Name(name))
    upper = [word.upper() for word in tokens(sql)]
    before = facts.objects.get(place)
    if upper[:1] == ["CREATE"]:
        facts.objects = facts.objects.put(place, sql)
        facts.made(Name(name), ObjectKind.PUBLICATION)
        _put(facts, name, _members(facts, sql), published(sql))
        return
    action = upper[3:5]
    if action[:1] == ["DROP"]:
        _put(facts, name, _members(facts, sql), None)
        return
    if action == ["SET", "("]:
        if "publish" in sql.lower():
            _put(facts, name, tuple(members(facts, name)), published(sql))
            facts.objects = facts.objects.put(place, f"{before or ''}; {sql}")
        return
    kept = published(before or "")
    if action == ["SET", "TABLE"]:
        take(facts, name)
    _put(facts, name, _members(facts, sql), kept)


def _put(facts: Facts, name: str, tables: Iterable[Name], changes: str | None) -> None:
    for table in tables:
        facts.set_setting(table, f"{SETTING}{name}", changes)


def _members(facts: Facts, sql: str) -> Iterator[Name]:
    for name, only in tables_in(sql):
        key = facts.key(name)
        yield key
        table = facts.tables.get(key)
        if table is not None and table.partition_by is None and not only:
            # Inheriting tables become members; partitions are published with their parent.
            yield from facts.belongings(key).children


def members(facts: Facts, name: str) -> Iterator[Name]:
    """Yield the tables that a publication has as its members."""
    for key in facts.tables:
        if any(setting == f"{SETTING}{name}" for setting, _ in facts.belongings(key).settings):
            yield key


def take(facts: Facts, name: str) -> None:
    """Remove the members of a publication that goes."""
    _put(facts, name, tuple(members(facts, name)), None)


def of_table(facts: Facts, key: Name) -> dict[str, str]:
    """Return the publications that a table is a member of, each with what it publishes."""
    return {
        setting.removeprefix(SETTING): changes
        for setting, changes in facts.belongings(key).settings
        if setting.startswith(SETTING)
    }


def senders(facts: Facts, key: Name) -> Iterator[tuple[str, str]]:
    """Yield the publications that send changes of a table's rows, each with what it publishes."""
    above: Name | None = key
    while above is not None:
        yield from of_table(facts, above).items()
        table = facts.tables.get(above)
        above = None if table is None else table.partition_of
    table = facts.tables.get(key)
    if table is None or table.unlogged or table.temporary:
        return
    for (kind, name), text in facts.objects.items():
        if kind is ObjectKind.PUBLICATION and is_of_all_tables(text):
            # The last word on what it publishes stands last.
            yield name.name, published(text.rpartition(";")[2])


def of_rows(facts: Facts, key: Name) -> frozenset[str]:
    """Return the changes that any publication publishes of a table's rows."""
    return frozenset(
        word.strip() for _, changes in senders(facts, key) for word in changes.split(",")
    )


def identified(facts: Facts, key: Name) -> bool:
    """Say whether a subscriber can tell the rows of a table apart by its replica identity."""
    belongings = facts.belongings(key)
    identity = dict(belongings.settings).get("replica identity", "DEFAULT")
    if identity != "DEFAULT":
        return identity != "NOTHING"
    return any(
        # What is checked late identifies nothing.
        isinstance(state.constraint, PrimaryKey) and not state.constraint.deferrable
        for state in belongings.constraints
    )
