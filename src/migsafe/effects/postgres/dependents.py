"""What goes with objects that are dropped: of itself, or only with CASCADE."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.schema import TableState
from migsafe.catalog.text import column_of
from migsafe.effects.postgres.relations import family, is_partitioned, owned_sequences
from migsafe.model.expressions import Name
from migsafe.model.operations import ForeignKey, ObjectKind
from migsafe.writing.tokens import tokens


@dataclass
class Fall:
    """What falls with some objects: a draft that grows as dependents are found.

    `gone` are the relations that are dropped. `locked` are those that lose a part: a foreign
    key, a default, a trigger, a column. `needing` says in words what RESTRICT refuses for.
    """

    catalog: Catalog
    gone: dict[Name, None] = field(default_factory=dict)
    locked: dict[Name, None] = field(default_factory=dict)
    needing: list[str] = field(default_factory=list)

    def relations(self, names: Iterable[Name]) -> None:
        """Let relations fall together, with what belongs to them."""
        listed = list(dict.fromkeys(self.catalog.key(name) for name in names))
        for name in listed:
            if is_partitioned(self.catalog, name):
                listed.extend(each for each in family(self.catalog, name) if each not in listed)
        # What is listed together does not stand in each other's way.
        for name in tuple(listed):
            listed.extend(owned_sequences(self.catalog, name))
        self.gone.update(dict.fromkeys(listed))
        for name in listed:
            self._with(name)

    def _with(self, name: Name) -> None:
        catalog = self.catalog
        for view in catalog.views_on(name):
            self._needs(f"the view {view.name}", view.name)
        for below in catalog.children(name):
            self._needs(f"the table {below.name}", below.name)
        for key in catalog.foreign_keys_to(name):
            child = catalog.key(key.table)
            if child not in self.gone:
                self.needing.append(f"the foreign key {key.name} of {key.table}")
                self.locked.update(dict.fromkeys(family(catalog, child)))
        if catalog.sequence(name) is not None:
            for table, column in catalog.columns_drawing(name):
                if table not in self.gone:
                    self.needing.append(f"the default of {table}.{column}")
                    self.locked[table] = None
        self.locked.update(dict.fromkeys(_beside(name, catalog)))

    def _needs(self, what: str, name: Name) -> None:
        key = self.catalog.key(name)
        if key in self.gone:
            return
        self.needing.append(what)
        self.relations([key])

    def routine(self, name: Name) -> None:
        """Let a routine fall with what calls it."""
        for use in self.catalog.uses_of_routine(name):
            self.needing.append(f"the {use.kind.lower()} {use.name}")
            match use.kind:
                case ObjectKind.VIEW:
                    self.relations([use.relation])
                case ObjectKind.DOMAIN:
                    pass
                case ObjectKind.COLUMN:
                    self._generated(use.relation, use.name)
                case _:
                    self.locked.update(dict.fromkeys(family(self.catalog, use.relation)))

    def _generated(self, table: Name, column: str) -> None:
        state = self.catalog.column(table, column)
        if state is not None and state.generated is not None:
            self.column(table, column)
        else:
            self.locked[self.catalog.key(table)] = None

    def type(self, name: Name) -> None:
        """Let a type fall with the columns and domains of it."""
        for table, column in self.catalog.enum_users(name):
            self.needing.append(f"{table}.{column}")
            self.column(table, column)
        for domain in self.catalog.facts.domains.values():
            below = Name(domain.type.name, domain.type.schema)
            if below == self.catalog.key(name) and domain.name != below:
                self.needing.append(f"the domain {domain.name}")
                self.type(domain.name)

    def column(self, table: Name, column: str) -> None:
        """Let a column fall with what uses it."""
        catalog = self.catalog
        for view in catalog.views_on_column(table, column):
            self._needs(f"the view {view.name}", view.name)
        for state in catalog.constraints_on(table, column):
            if isinstance(state.constraint, ForeignKey):
                self.locked[catalog.key(state.constraint.referenced)] = None
        self.locked[catalog.key(table)] = None

    def schema(self, name: str) -> None:
        """Let a schema fall with all that is in it."""
        inside = None if name == "public" else name
        facts = self.catalog.facts
        shelves = (
            ("table", tuple(facts.tables)),
            ("view", tuple(facts.views)),
            ("sequence", tuple(facts.sequences)),
        )
        words = {key: word for word, keys in shelves for key in keys if key.schema == inside}
        held = tuple(words)
        kinds = (facts.enums, facts.domains, facts.composites)
        types = [key for shelf in kinds for key in shelf if key.schema == inside]
        routines = [key for key in facts.routines if key.schema == inside]
        self.needing.extend(f"the {word} {key}" for key, word in words.items())
        self.needing.extend(f"{each} in it" for each in (*types, *routines))
        self.relations(held)
        for each in types:
            self.type(each)
        for each in routines:
            self.routine(each)

    @property
    def reached(self) -> tuple[Name, ...]:
        """Every relation that is dropped or changed."""
        return tuple(dict.fromkeys((*self.gone, *self.locked)))


def sequences_in(sql: str) -> Iterator[Name]:
    """Yield the sequences that calls of nextval and setval name by a constant."""
    words = list(tokens(sql))
    for at, word in enumerate(words):
        is_call = column_of(word) in {"nextval", "setval"} and words[at + 1 : at + 2] == ["("]
        if is_call and words[at + 2][:1] == "'":
            parts = [column_of(part) for part in tokens(words[at + 2][1:-1]) if part != "."]
            yield Name(parts[-1], parts[0] if len(parts) > 1 else None)


def _beside(table: Name, catalog: Catalog) -> Iterator[Name]:
    """Yield what a table is taken from: parents of its foreign keys, and of its partition."""
    for parent in own_parents(catalog, table):
        # A key that refers to a partitioned table refers to each of its partitions.
        yield from family(catalog, parent) if is_partitioned(catalog, parent) else (parent,)
    state = catalog.table(table)
    if state is not None and state.partition_of is not None:
        yield catalog.key(state.partition_of)
        default = catalog.default_partition(state.partition_of)
        if default is not None:
            yield catalog.key(default.name)


def own_parents(catalog: Catalog, table: Name) -> tuple[Name, ...]:
    """Return the tables of foreign keys that a partition does not have from its parent."""
    state: TableState | None = catalog.table(table)
    above = None if state is None else state.partition_of
    return tuple(
        dict.fromkeys(
            catalog.key(key.constraint.referenced)
            for key in catalog.foreign_keys_of(table)
            if isinstance(key.constraint, ForeignKey)
            and (above is None or not _has_key(catalog, above, key.constraint))
        )
    )


def _has_key(catalog: Catalog, table: Name, wanted: ForeignKey) -> bool:
    return any(
        isinstance(key.constraint, ForeignKey)
        and (key.constraint.columns, catalog.key(key.constraint.referenced))
        == (wanted.columns, catalog.key(wanted.referenced))
        for key in catalog.foreign_keys_of(table)
    )
