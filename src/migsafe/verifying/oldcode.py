"""What code that was written for a schema sends, derived from the server's catalog.

Each kind of old statement, with NULL where it is allowed, values at the edge of their type,
every label of an enum, and values that repeat: what a new constraint could refuse.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from migsafe.model.compatibility import OldStatement, Outcome
from migsafe.model.expressions import Name
from migsafe.model.record import record
from migsafe.verifying import shape as shapes
from migsafe.verifying.filling import Filler, attempt
from migsafe.verifying.scratch import Scratch
from migsafe.verifying.shape import ColumnShape, KeyShape, Shape, TableShape
from migsafe.verifying.values import boundaries
from migsafe.writing import quoting

_FRESH = 20_011
_TRIES = 400
_SHOWN = 20
_INTEGRITY = "23"
_CHANGED_PLAN = "0A000"
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_ROUTINES = """
    SELECT n.nspname, p.proname, p.prokind::text,
           ARRAY(SELECT pg_catalog.format_type(t, NULL)
                 FROM pg_catalog.unnest(p.proargtypes::oid[]) AS t)
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND p.prokind IN ('f', 'p')
      AND p.prorettype NOT IN ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                      WHERE d.objid = p.oid AND d.deptype = 'e')
    ORDER BY 1, 2, 4
"""
_GRANTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT ALL ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "GRANT EXECUTE ON ALL ROUTINES IN SCHEMA {schema} TO {role}",
)


@record
class Old:
    """One old statement; `prepared` is the name of its prepared form.

    `compared`: what it returns belongs to what it means.
    """

    kind: OldStatement
    relation: Name
    sql: str
    prepared: str | None = None
    compared: bool = False


@record
class Seen:
    """What came of an old statement."""

    sqlstate: str | None
    rows: object = None


@record
class Met:
    """What an old statement meets that worked before."""

    old: Old
    outcome: Outcome
    sqlstate: str | None


@contextmanager
def session_of(place: Scratch, database: str) -> Iterator[psycopg.Connection]:
    """Give a session of old code: its role owns nothing."""
    with place.connect(database) as session:
        session.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(place.app)))
        session.execute("SET statement_timeout = '5s'; SET lock_timeout = '5s'")
        yield session


def grant(owner: psycopg.Connection, role: str) -> None:
    """Let old code use what is there; what a migration makes must be granted by it."""
    schemas = owner.execute(
        "SELECT nspname FROM pg_catalog.pg_namespace"
        " WHERE nspname <> 'information_schema' AND nspname !~ '^pg_'"
    ).fetchall()
    for (schema,) in schemas:
        for text in _GRANTS:
            try:
                owner.execute(
                    sql.SQL(text).format(schema=sql.Identifier(schema), role=sql.Identifier(role))
                )
            except psycopg.Error:
                # Another role's objects: old code cannot use them, and they are not compared.
                continue


def advance(owner: psycopg.Connection) -> None:
    """Let sequences go on after the rows that are there, as they do where code has run."""
    for table in shapes.read(owner).tables.values():
        for column in table.columns:
            if column.drawn:
                name = quoting.literal(table.sql), quoting.literal(column.name)
                top = f"pg_catalog.max({quoting.identifier(column.name)})"
                attempt(
                    owner,
                    f"SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence({name[0]},"
                    f" {name[1]}), {top}) FROM {table.sql} HAVING {top} > 0",
                )


def derive(session: psycopg.Connection, seed: int) -> tuple[tuple[Old, ...], tuple[str, ...]]:
    """Return what old code sends to each table, view and routine, and what could not be made.

    Args:
        session: A session of the owner.
        seed: The seed of the rows.
    """
    shape = shapes.read(session)
    found: list[Old] = []
    remarks: list[str] = []
    for table in shape.tables.values():
        derived = _Derived(session, shape, table, seed)
        found.extend(derived.statements())
        remarks.extend(f"old code of {table.name}: {remark}" for remark in derived.remarks)
    for schema, name, kind, arguments in session.execute(_ROUTINES.encode()).fetchall():
        values = ", ".join(f"NULL::{each}" for each in arguments)
        routine = Name(name, None if schema == "public" else schema)
        word = "CALL" if kind == "p" else "SELECT"
        text = f"{word} {quoting.name(Name(name, schema))}({values})"
        found.append(Old(OldStatement.CALL, routine, text))
    return tuple(found), tuple(remarks)


class _Derived:
    """The old statements of one table."""

    def __init__(
        self, session: psycopg.Connection, shape: Shape, table: TableShape, seed: int
    ) -> None:
        self._shape = shape
        self._table = table
        self.remarks: list[str] = []
        self._filler = Filler(shape, table, seed, plain=True)
        names = [column.name for column in table.columns]
        key = next((key for key in table.keys if key.plain and key.columns), None)
        self._order = "" if key is None else f" ORDER BY {self._listed(key.columns)}"
        self._key = key
        if table.kind in "rp":
            self._writable = tuple(column for column in table.columns if column.writable)
            fresh = self._values(session, self._fresh_query())
        else:
            self._writable = ()
            fresh = []
        self._fresh = fresh[0] if fresh else None
        self._other = fresh[1] if len(fresh) > 1 else None
        first = self._values(session, self._existing_query(names, "ASC"))
        last = self._values(session, self._existing_query(names, "DESC"))
        self._first = first[0] if first else None
        self._last = last[0] if last else None

    def statements(self) -> Iterator[Old]:
        """Yield them, kind by kind."""
        yield from self._reads()
        if self._table.kind in "rp":
            if not self._table.is_partition:
                # What a partition accepts is in the condition of its parent.
                yield from self._inserts()
            yield from self._updates()
            yield from self._deletes()

    def _old(self, kind: OldStatement, text: str, *, compared: bool = False) -> Old:
        return Old(kind, self._table.name, text, compared=compared)

    def _listed(self, numbers: tuple[int, ...]) -> str:
        return ", ".join(quoting.identifier(self._table.by_number[n].name) for n in numbers)

    def _reads(self) -> Iterator[Old]:
        table = self._table
        names = ", ".join(quoting.identifier(column.name) for column in table.columns)
        ordered = bool(self._order)
        limit = f"{self._order} LIMIT {_SHOWN}"
        if names:
            text = f"SELECT {names} FROM {table.sql}{limit}"
            yield self._old(OldStatement.SELECT_NAMED, text, compared=ordered)
        for column in table.columns:
            literal = (self._first or {}).get(column.name)
            if literal is not None and literal != "NULL":
                # As code writes it, and as a driver binds it: with the type that it knows.
                for value in (literal, f"{literal}::{column.type_name}"):
                    where = f"{quoting.identifier(column.name)} = {value}"
                    text = f"SELECT 1 FROM {table.sql} WHERE {where} LIMIT 1"
                    yield self._old(OldStatement.SELECT_NAMED, text)
        text = f"SELECT * FROM {table.sql}{limit}"
        yield Old(
            OldStatement.SELECT_STAR,
            table.name,
            text,
            prepared=f"migsafe_{table.oid}",
            compared=ordered,
        )

    def _inserts(self) -> Iterator[Old]:
        if self._fresh is None:
            return
        fresh = self._fresh
        required = {c.name: fresh[c.name] for c in self._writable if c.required}
        yield self._old(OldStatement.INSERT_MINIMAL, self._insert(required))
        variants = [fresh]
        if self._other is not None:
            # Two rows that differ in their keys alone.
            keyed = {self._table.by_number[n].name for k in self._table.keys for n in k.columns}
            repeated = {n: self._other[n] if n in keyed else v for n, v in fresh.items()}
            text = f"{self._insert(fresh)}, ({', '.join(repeated.values())})"
            yield self._old(OldStatement.INSERT_FULL, text)
        variants.extend(
            fresh | {column.name: "NULL"} for column in self._writable if not column.not_null
        )
        variants.extend(
            fresh | {column.name: literal}
            for column in self._writable
            for literal in boundaries(self._shape, column.type, column.modifier)
        )
        for values in variants:
            yield self._old(OldStatement.INSERT_FULL, self._insert(values))
        for key in self._table.keys:
            if key.plain and key.columns and set(self._names(key)) <= fresh.keys():
                yield self._old(OldStatement.UPSERT, self._upsert(fresh, key))

        for constraint in self._table.constraints:
            if constraint.kind in "pu" and not constraint.deferrable:
                target = f"ON CONSTRAINT {quoting.identifier(constraint.name)} DO NOTHING"
                text = f"{self._insert(fresh)} ON CONFLICT {target}"
                yield self._old(OldStatement.UPSERT, text)

    def _names(self, key: KeyShape) -> tuple[str, ...]:
        return tuple(self._table.by_number[number].name for number in key.columns)

    def _insert(self, values: dict[str, str]) -> str:
        if not values:
            return f"INSERT INTO {self._table.sql} DEFAULT VALUES"
        names = ", ".join(map(quoting.identifier, values))
        return f"INSERT INTO {self._table.sql} ({names}) VALUES ({', '.join(values.values())})"

    def _upsert(self, values: dict[str, str], key: KeyShape) -> str:
        others = [name for name in values if name not in self._names(key)]
        name = quoting.identifier((others or list(values))[0])
        return (
            f"{self._insert(values)} ON CONFLICT ({self._listed(key.columns)})"
            f" DO UPDATE SET {name} = excluded.{name}"
        )

    def _where(self, row: dict[str, str]) -> str:
        names = row.keys() if self._key is None else self._names(self._key)
        parts = [
            f"{quoting.identifier(name)} = {row[name]}"
            for name in names
            if row.get(name, "NULL") != "NULL"
        ]
        return " AND ".join(parts) or "true"

    def _updates(self) -> Iterator[Old]:
        if self._first is None:
            return
        where = self._where(self._first)
        for column in self._writable:
            literals = dict.fromkeys(boundaries(self._shape, column.type, column.modifier))
            if self._fresh is not None:
                literals[self._fresh[column.name]] = None
            if not column.not_null:
                literals["NULL"] = None
            for literal in literals:
                text = (
                    f"UPDATE {self._table.sql} SET {quoting.identifier(column.name)} = {literal}"
                    f" WHERE {where}"
                )
                yield self._old(OldStatement.UPDATE, text)

    def _deletes(self) -> Iterator[Old]:
        for row in (self._first, self._last, self._fresh):
            if row is not None:
                text = f"DELETE FROM {self._table.sql} WHERE {self._where(row)}"
                yield self._old(OldStatement.DELETE, text)

    # --- values -----------------------------------------------------------------------

    def _fresh_query(self) -> str | None:
        unmade = self._filler.unmade()
        if unmade is not None:
            self.remarks.append(f"no INSERT: no value of type {unmade.type_name} can be made")
            return None
        made = {column.name for column in self._filler.columns()}
        drawn = tuple(c.name for c in self._writable if c.name not in made and c.drawn)
        inner = self._filler.select(_FRESH, _TRIES, 2, drawn)
        return self._as_text((*made_in_order(self._filler), *drawn), inner)

    def _existing_query(self, names: list[str], direction: str) -> str | None:
        if not names:
            return None
        order = self._order.replace(",", f" {direction},") + (
            f" {direction}" if self._order else ""
        )
        return self._as_text(tuple(names), f"SELECT * FROM {self._table.sql}{order} LIMIT 1")

    def _as_text(self, names: tuple[str, ...], query: str) -> str | None:
        if not names:
            return None
        listed = ", ".join(f"{quoting.identifier(name)}::text" for name in names)
        return f"SELECT {listed} FROM ({query}) AS migsafe_row"

    def _values(self, session: psycopg.Connection, query: str | None) -> list[dict[str, str]]:
        """Return the literals of the rows of a query."""
        if query is None:
            return []
        try:
            cursor = session.execute(query.encode())
        except psycopg.Error as error:
            line = (str(error).strip().splitlines() or [error.sqlstate or "an error"])[0]
            self.remarks.append(f"some of its statements are not made ({line})")
            return []
        names = [column.name for column in cursor.description or ()]
        bare = {column.name: self._is_bare(column) for column in self._table.columns}
        return [
            {name: _literal(value, bare=bare[name]) for name, value in zip(names, row, strict=True)}
            for row in cursor.fetchall()
        ]

    def _is_bare(self, column: ColumnShape) -> bool:
        found = self._shape.types.get(column.type)
        return found is not None and found.category in {"N", "B"}


def made_in_order(filler: Filler) -> tuple[str, ...]:
    """Return the names of the columns that a filler makes values for."""
    return tuple(column.name for column in filler.columns())


def _literal(value: str | None, *, bare: bool) -> str:
    """Return a value as code writes it: numbers without quotes."""
    if value is None:
        return "NULL"
    if bare and (_NUMBER.fullmatch(value) or value in {"true", "false"}):
        return value
    return quoting.literal(value)


# --- running them -------------------------------------------------------------------------


def prepare(session: psycopg.Connection, statements: tuple[Old, ...]) -> None:
    """Prepare what old code has prepared; what cannot be is not compared."""
    for old in statements:
        if old.prepared is not None:
            try:
                session.execute(f"PREPARE {old.prepared} AS {old.sql}".encode())
            except psycopg.Error:
                continue


def observe(session: psycopg.Connection, statements: tuple[Old, ...]) -> tuple[Seen, ...]:
    """Run each statement and take it back; return what came of it."""
    session.execute("BEGIN; SET CONSTRAINTS ALL IMMEDIATE")
    try:
        return tuple(_seen(session, old) for old in statements)
    finally:
        session.execute("ROLLBACK")


def _seen(session: psycopg.Connection, old: Old) -> Seen:
    text = old.sql if old.prepared is None else f"EXECUTE {old.prepared}"
    try:
        cursor = session.execute(f"SAVEPOINT m; {text}; ROLLBACK TO m".encode())
    except psycopg.Error as error:
        session.execute("ROLLBACK TO m")
        return Seen(error.sqlstate or "")
    cursor.nextset()
    if cursor.description is None:
        return Seen(None, cursor.rowcount)
    return Seen(None, str(cursor.fetchall()))


def compare(
    session: psycopg.Connection,
    statements: tuple[Old, ...],
    before: tuple[Seen, ...],
    after: tuple[Seen, ...],
    *,
    same_schema: bool,
) -> tuple[Met, ...]:
    """Return what became of the statements that worked before and do not as before now.

    On the same schema a key that is violated now is the rows' doing, not a breakage.
    """
    found: list[Met] = []
    for old, then, now in zip(statements, before, after, strict=True):
        if then.sqlstate is not None:
            continue
        if now.sqlstate is not None:
            outcome = Outcome.FAILS
            if old.prepared is not None and now.sqlstate == _CHANGED_PLAN:
                (again,) = observe(session, (Old(old.kind, old.relation, old.sql),))
                outcome = Outcome.RECYCLE if again.sqlstate is None else Outcome.FAILS
            elif same_schema and now.sqlstate.startswith(_INTEGRITY):
                outcome = Outcome.CHANGES
            found.append(Met(old, outcome, now.sqlstate))
        elif old.compared and then.rows != now.rows:
            found.append(Met(old, Outcome.CHANGES, None))
    return tuple(found)


def recycled(session: psycopg.Connection, met: tuple[Met, ...]) -> dict[Old, Seen]:
    """Prepare again what must be, as a new connection does; return what comes of it now."""
    again = tuple(one.old for one in met if one.outcome is Outcome.RECYCLE)
    for old in again:
        session.execute(f"DEALLOCATE {old.prepared}".encode())
    prepare(session, again)
    return dict(zip(again, observe(session, again), strict=True)) if again else {}
