"""Makes rows of a table that its types, keys, foreign keys and checks allow, as SQL.

The server makes the values and throws away those that a condition of the table forbids:
`SELECT … FROM generate_series(…) WHERE (check) IS NOT FALSE`. Row 1 is plain; others hold NULL
where that is allowed, repeat values that need not be unique, and stand at the edges that the
checks name.
"""

import re
from collections.abc import Iterator

import psycopg

from migsafe.parsers.tokens import tokens
from migsafe.verifying.shape import ColumnShape, Shape, TableShape
from migsafe.verifying.values import value
from migsafe.writing import quoting

_LITERAL = re.compile(r"'((?:[^']|'')*)'|(?<![\w.'])(-?\d+(?:\.\d+)?)(?![\w.'])")
_COMMON_FACTOR = 7
_MOST_LITERALS = 24

Cut = frozenset[tuple[int, str]]
"""Foreign keys that are left out at first, because they close a cycle: (table, name)."""


class Filler:
    """Makes rows of one table as SQL."""

    def __init__(
        self,
        shape: Shape,
        table: TableShape,
        seed: int,
        cut: Cut = frozenset(),
        without: frozenset[int] = frozenset(),
        *,
        plain: bool = False,
    ) -> None:
        """Look at the table once.

        Args:
            shape: The tables of the database.
            table: The table.
            seed: Decides the values.
            cut: Foreign keys that are left out.
            without: Columns that are left to their defaults.
            plain: Make no NULL and repeat nothing where it can be helped.
        """
        self.without = without
        self.plain = plain
        self.shape = shape
        self.table = table
        self.seed = seed
        self.keys = tuple(
            constraint
            for constraint in table.constraints
            if constraint.kind == "f" and (table.oid, constraint.name) not in cut
        )
        self.cut = tuple(
            constraint
            for constraint in table.constraints
            if constraint.kind == "f" and (table.oid, constraint.name) in cut
        )
        # The columns of an EXCLUDE are taken as if they had to differ.
        apart = [each.columns for each in table.constraints if each.kind == "x"]
        self.unique = frozenset(
            number
            for columns in (*(key.columns for key in table.keys), *apart)
            for number in columns
        )
        self.conditions = tuple(self._conditions())

    def leaving_out(self, columns: frozenset[int]) -> "Filler":
        """Return one that leaves more columns to their defaults."""
        left = self.without | columns
        cut = frozenset((self.table.oid, key.name) for key in self.cut)
        return Filler(self.shape, self.table, self.seed, cut, left)

    def unmade(self) -> ColumnShape | None:
        """Return a column that needs a value and for whose type none can be made."""
        return next(
            (
                column
                for column in self.table.columns
                if column.required and self._fresh(column, "g") is None
            ),
            None,
        )

    def columns(self) -> tuple[ColumnShape, ...]:
        """Return the columns that get a value; others keep their default."""
        return tuple(
            column
            for column in self.table.columns
            if column.writable and not column.drawn and self._fresh(column, "g") is not None
        )

    def select(self, first: int, count: int, wanted: int, drawn: tuple[str, ...] = ()) -> str:
        """Return a query for rows, from the numbers `first` on, at most `wanted` of them.

        Args:
            first: The first number.
            count: How many numbers there are to make rows of.
            wanted: How many rows at most.
            drawn: Names of further columns to return, which a sequence would fill.
        """
        chosen = (*(column.name for column in self.columns()), *drawn)
        inner = ", ".join(f"{e} AS {quoting.identifier(c.name)}" for c, e in self._values())
        joins = "".join(self._parents())
        where = " AND ".join(f"(({condition}) IS NOT FALSE)" for condition in self.conditions)
        return (
            f"SELECT {', '.join(quoting.identifier(name) for name in chosen) or 'NULL'} FROM ("
            f"SELECT g AS migsafe_g, {inner or 'NULL'} FROM"
            f" pg_catalog.generate_series({first}::bigint, {first + count - 1}) AS n (g)"
            f"{joins}) AS {quoting.identifier(self.table.relname)}"
            f" WHERE {where or 'true'} ORDER BY migsafe_g LIMIT {wanted}"
        )

    def insert(self, first: int, count: int, wanted: int) -> str:
        """Return an INSERT of rows; those that a key forbids are left out."""
        columns = self.columns()
        if not columns:
            return (
                f"INSERT INTO {self.table.sql} SELECT"
                f" FROM pg_catalog.generate_series(1, {wanted}) ON CONFLICT DO NOTHING"
            )
        names = ", ".join(quoting.identifier(column.name) for column in columns)
        query = self.select(first, count, wanted)
        return f"INSERT INTO {self.table.sql} ({names}) {query} ON CONFLICT DO NOTHING"

    # --- values -----------------------------------------------------------------------

    def _values(self) -> Iterator[tuple[ColumnShape, str]]:
        by_key = self._by_key()
        loose = {number for key in self.cut for number in key.columns}
        for column in self.table.columns:
            if column.number in by_key:
                yield column, by_key[column.number]
            elif column.number in loose and not column.not_null:
                yield column, f"NULL::{self._plain_type(column)}"
            elif (expression := self._column(column)) is not None:
                yield column, expression

    def _column(self, column: ColumnShape) -> str | None:
        fresh = self._fresh(column, "g")
        if fresh is None:
            return None
        if column.number in self.unique:
            options = [fresh, *self._edges(column)]
            return self._chosen(options, column, often=3) if len(options) > 1 else fresh
        repeated = self._fresh(column, f"(g % {_COMMON_FACTOR * 10})")
        options = [fresh, repeated or fresh, *self._edges(column)]
        if self.plain:
            del options[1]
        elif not column.not_null and not self._is_domain_not_null(column.type):
            options.append("NULL")
        return self._chosen(options, column, often=1)

    def _chosen(self, options: list[str], column: ColumnShape, *, often: int) -> str:
        """Return one of some expressions, by the row and the seed; row 1 takes the first."""
        # Written out as a CASE, so that the options need a common type only when they are cast.
        if len(options) == 1:
            return options[0]
        count = len(options) + often - 1
        pick = f"pg_catalog.abs(pg_catalog.hashint8(g * 31 + {column.number + self.seed})::int8)"
        cases = " ".join(
            f"WHEN {number} THEN ({option})::{self._plain_type(column)}"
            for number, option in enumerate(options[1:], start=often)
        )
        fresh = f"({options[0]})::{self._plain_type(column)}"
        return (
            f"CASE WHEN g = 1 THEN {fresh} ELSE CASE {pick} % {count} {cases} ELSE {fresh} END END"
        )

    def _fresh(self, column: ColumnShape, g: str) -> str | None:
        if column.number in self.without:
            return None
        return value(self.shape, column.type, column.modifier, g)

    def _edges(self, column: ColumnShape) -> Iterator[str]:
        """Yield what the conditions name, and what stands next to it, where the type takes it."""
        found = self.shape.types.get(column.type)
        while found is not None and found.kind == "d":
            found = self.shape.types.get(found.base)
        # The numbers of a hash partition are no values of its key.
        text = " ".join(
            condition
            for condition in self.conditions
            if "satisfies_hash_partition" not in condition
            and quoting.identifier(column.name) in condition
        )
        if found is None:
            return
        for literal, is_number in tuple(dict.fromkeys(_literals(text)))[:_MOST_LITERALS]:
            match found.category:
                case "N" if is_number:
                    yield literal
                    yield f"{literal} + 1 + g % 1000"
                    yield f"{literal} - 1 - g % 1000"
                case "S" if not is_number:
                    yield quoting.literal(literal)
                case "D" if not is_number and re.match(r"\d{4}-\d\d-\d\d", literal):
                    step = "g % 28" if found.bare == "date" else "(g % 600) * '1 hour'::interval"
                    yield f"{quoting.literal(literal)}::{found.name}"
                    edge = f"{quoting.literal(literal)}::{found.name}"
                    yield f"{edge} + ({step})::{_step(found.bare)}"
                case _:
                    pass

    def _plain_type(self, column: ColumnShape) -> str:
        """Return the column's type below its domains, whose checks would raise, not choose."""
        found = self.shape.types[column.type]
        if found.kind != "d":
            return column.type_name
        while found.kind == "d":
            found = self.shape.types[found.base]
        return found.name

    def broken(self, session: psycopg.Connection) -> frozenset[int]:
        """Return the columns whose values the server cannot make (xml without its library)."""
        return frozenset(
            column.number
            for column in self.columns()
            if (made := self._fresh(column, "1")) is not None
            and attempt(session, f"SELECT {made}") is not None
        )

    def _is_domain_not_null(self, type: int) -> bool:
        found = self.shape.types.get(type)
        while found is not None and found.kind == "d":
            if found.not_null:
                return True
            found = self.shape.types.get(found.base)
        return False

    # --- conditions -------------------------------------------------------------------

    def _conditions(self) -> Iterator[str]:
        for constraint in self.table.constraints:
            if constraint.kind == "c":
                yield constraint.check
        for column in self.table.columns:
            oid = column.type
            while (found := self.shape.types.get(oid)) is not None and found.kind == "d":
                for check in self.shape.domain_checks.get(oid, ()):
                    yield _with_value(check, quoting.identifier(column.name))
                oid = found.base
        if self.table.bounds is not None:
            yield " OR ".join(f"({bound})" for bound in self.table.bounds) or "false"

    # --- foreign keys -----------------------------------------------------------------

    def _by_key(self) -> dict[int, str]:
        """Return the expressions of columns that a foreign key decides."""
        found: dict[int, str] = {}
        for at, key in enumerate(self.keys):
            if set(key.columns) & found.keys():
                continue
            own = key.parent == self.table.oid
            nullable = any(not self.table.by_number[n].not_null for n in key.columns)
            for number, theirs in zip(key.columns, key.parent_columns, strict=True):
                column = self.table.by_number[number]
                if own:
                    # A row may name itself; a nullable one names nobody at first.
                    target = self.table.by_number[theirs]
                    same = self._fresh(target, "g") if target in self.columns() else None
                    found[number] = (
                        f"NULL::{self._plain_type(column)}" if nullable or not same else same
                    )
                else:
                    found[number] = f"p{at}.c{theirs}"
                    if nullable and not column.not_null and not self.plain:
                        found[number] = (
                            f"CASE WHEN g % {_COMMON_FACTOR + at} = 5 THEN NULL"
                            f" ELSE p{at}.c{theirs} END"
                        )
        return found

    def _parents(self) -> Iterator[str]:
        """Yield the joins that give each row a row of each parent, chosen by its number."""
        taken: set[int] = set()
        for at, key in enumerate(self.keys):
            parent = self.shape.tables.get(key.parent)
            if set(key.columns) & taken or key.parent == self.table.oid or parent is None:
                continue
            taken |= set(key.columns)
            names = {number: parent.by_number[number] for number in key.parent_columns}
            listed = ", ".join(
                f"{quoting.identifier(column.name)} AS c{number}"
                for number, column in names.items()
            )
            order = ", ".join(quoting.identifier(column.name) for column in names.values())
            whole = " AND ".join(
                f"{quoting.identifier(column.name)} IS NOT NULL" for column in names.values()
            )
            # A key that is unique here takes the parents one after the other.
            step = "g - 1" if set(key.columns) & self.unique else f"g * {_COMMON_FACTOR} + {at}"
            kind = (
                "JOIN"
                if all(self.table.by_number[n].not_null for n in key.columns)
                else "LEFT JOIN"
            )
            yield (
                f" {kind} (SELECT {listed},"
                f" pg_catalog.row_number() OVER (ORDER BY {order}) - 1 AS i,"
                f" pg_catalog.count(*) OVER () AS n FROM {parent.sql} WHERE {whole}) AS p{at}"
                f" ON p{at}.i = ({step}) % p{at}.n"
            )


def _step(bare: str) -> str:
    return "int4" if bare == "date" else "interval"


def _literals(text: str) -> Iterator[tuple[str, bool]]:
    for found in _LITERAL.finditer(text):
        if found[2] is not None:
            yield found[2], True
            continue
        plain = found[1].replace("''", "'")
        yield plain, False
        if re.fullmatch(r"-?\d+(\.\d+)?", plain):
            # The server writes a negative number as '-1'::integer.
            yield plain, True


def _with_value(check: str, column: str) -> str:
    """Return the check of a domain as a condition on a column."""
    parts: list[str] = []
    at = 0
    for token in tokens(check):
        if check[token.start : token.end] == "VALUE":
            parts += [check[at : token.start], column]
            at = token.end
    return "".join((*parts, check[at:]))


def attempt(session: psycopg.Connection, statement: str) -> str | None:
    """Run a statement by itself; return what the server says against it."""
    try:
        with session.transaction():
            session.execute(statement.encode())
    except psycopg.Error as error:
        return (str(error).strip().splitlines() or [error.sqlstate or "an error"])[0]
    return None
