"""What one statement names, and whose its columns are."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from migsafe.model.expressions import Name
from migsafe.model.record import record, replace
from migsafe.parsers.placeholders import Filled


class NamedKind(StrEnum):
    """What a name in a statement is one of."""

    RELATION = "relation"
    COLUMN = "column"
    FUNCTION = "function"
    TYPE = "type"
    CONSTRAINT = "constraint"
    INDEX = "index"


@record
class Named:
    """A name in a statement, from `start` to `end` in its text.

    `of` is the relation that a column, constraint or index belongs to, None if the statement
    leaves that open; `sure` says that it does not leave it open at all. `derived` marks a column
    of a subquery: what stands behind it is named there. `writes` says whether the statement
    changes it.
    """

    kind: NamedKind
    name: str
    start: int
    end: int
    schema: str | None = None
    of: Name | None = None
    sure: bool = True
    derived: bool = False
    writes: bool = False


_HOLE = "{"
"""What `placeholders.filled` puts around the name of a placeholder."""


def unfilled(found: Iterable[Named], reading: Filled) -> tuple[Named, ...]:
    """Return names where they were written; what a placeholder stands for is not known."""
    return tuple([_unfilled(each, reading) for each in found if _HOLE not in each.name])


def _unfilled(named: Named, reading: Filled) -> Named:
    start, end = reading.offset(named.start), reading.offset(named.end)
    schema, of = named.schema, named.of
    if schema is not None and _HOLE in schema:
        schema = None
    if of is not None and of.schema is not None and _HOLE in of.schema:
        of = Name(of.name)
    if of is not None and _HOLE in of.name:
        return replace(named, start=start, end=end, of=None, sure=False)
    return replace(named, start=start, end=end, schema=schema, of=of)


@record
class Ctes:
    """The queries that WITH defines, by their numbers; a query sees the first `count`.

    `outer` are those of the queries around it.
    """

    numbers: Mapping[str, int]
    count: int
    outer: "Ctes | None" = None

    def within(self, names: Sequence[str]) -> "Ctes":
        """Return what a query sees that defines some more."""
        # Backwards, so that of two with one name the first counts.
        numbers = {name: number for number, name in reversed([*enumerate(names)])}
        return Ctes(numbers, len(names), self)

    def first(self, count: int) -> "Ctes":
        """Return what a query sees that stands after so many of them."""
        return replace(self, count=count)

    def __contains__(self, name: str) -> bool:
        """Say whether a query of that name is seen."""
        ctes: Ctes | None = self
        while ctes is not None:
            if ctes.numbers.get(name, ctes.count) < ctes.count:
                return True
            ctes = ctes.outer
        return False


NO_CTES = Ctes({}, 0)


class Scope:
    """The relations that a query reads from, by the names that it gives them.

    `target` is what the statement writes to. `hidden` are the names that its list of results
    makes: in ORDER BY and GROUP BY they are no columns.
    """

    __slots__ = ("_relations", "ctes", "hidden", "outer", "sources", "target")

    def __init__(self, outer: "Scope | None" = None) -> None:
        """Begin a query inside another one, which it sees."""
        self.outer = outer
        self.ctes: Ctes = NO_CTES if outer is None else outer.ctes
        self.hidden: frozenset[str] = frozenset()
        self.target: Name | None = None
        self.sources: dict[str, Name | None] = {}
        self._relations: frozenset[Name | None] | None = None

    def reads(self, called: str, relation: Name | None) -> None:
        """Note a relation that the query reads from, None for what is derived."""
        self.sources[called] = relation
        self._relations = None

    def relations(self) -> frozenset[Name | None]:
        """Return what the query reads from, each once."""
        if self._relations is None:
            self._relations = frozenset(self.sources.values())
        return self._relations

    def apart(self) -> "Scope":
        """Return the scope of a query that sees only what WITH defines."""
        scope = Scope()
        scope.ctes = self.ctes
        return scope

    def is_derived(self, relation: Name) -> bool:
        """Say whether a name is that of a query in WITH."""
        return relation.schema is None and relation.name in self.ctes

    def column(self, name: str, qualifier: str | None, start: int, end: int) -> Named | None:
        """Return a column that the query names, None if it is one of its own results."""
        if qualifier is not None:
            return self._qualified(name, qualifier, start, end)
        if name in self.hidden or name in self.sources:
            # The latter is a whole row: `row_to_json(users)`.
            return None
        scope = _nearest(self)
        if scope is None:
            return Named(NamedKind.COLUMN, name, start, end, sure=False)
        relations = scope.relations()
        derived = relations == {None}
        if len(relations) > 1 or derived:
            return Named(NamedKind.COLUMN, name, start, end, sure=False, derived=derived)
        # A query inside of another may name what the outer one reads.
        sure = _nearest(scope.outer) is None
        return Named(NamedKind.COLUMN, name, start, end, of=next(iter(relations)), sure=sure)

    def _qualified(self, name: str, qualifier: str, start: int, end: int) -> Named:
        scope: Scope | None = self
        while scope is not None:
            if qualifier in scope.sources:
                relation = scope.sources[qualifier]
                known = relation is not None
                return Named(
                    NamedKind.COLUMN, name, start, end, of=relation, sure=known, derived=not known
                )
            scope = scope.outer
        return Named(NamedKind.COLUMN, name, start, end, of=Name(qualifier), sure=False)


def _nearest(scope: Scope | None) -> Scope | None:
    """Return the nearest query that reads from something."""
    while scope is not None and not scope.sources:
        scope = scope.outer
    return scope
