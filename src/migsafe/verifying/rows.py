"""Fills tables with rows, parents first; the same seed gives the same rows."""

from collections.abc import Iterable, Iterator

import psycopg

from migsafe.model.record import record
from migsafe.verifying import shape as shapes
from migsafe.verifying.filling import Cut, Filler, attempt
from migsafe.verifying.shape import ConstraintShape, Shape, TableShape
from migsafe.writing import quoting

_DRAWS = 12
"""Candidates for each row where conditions throw some away."""
_ROUNDS = 8


@record
class Remark:
    """Something about the rows of a table that a reader must know."""

    table: str
    text: str

    def __str__(self) -> str:
        """Return it as a sentence's beginning and end."""
        return f"{self.table}: {self.text}"


def fill(session: psycopg.Connection, rows: int, seed: int) -> tuple[Remark, ...]:
    """Fill every empty table; return what did not come out as asked.

    Args:
        session: A session of the owner, in no transaction.
        rows: Rows for each table.
        seed: Decides the values.
    """
    shape = shapes.read(session)
    remarks: list[Remark] = []
    order, cut = _order(shape)
    for table in order:
        if _count(session, table):
            continue
        remarks.extend(_fill_table(session, Filler(shape, table, seed, cut), rows))
    for constraint, table in _keys(shape):
        if (table.oid, constraint.name) in cut:
            remarks.extend(_close(session, shape, table, constraint))
    for table in shape.tables.values():
        if table.kind == "m":
            attempt(session, f"REFRESH MATERIALIZED VIEW {table.sql}")
    attempt(session, "ANALYZE")
    return tuple(remarks)


def reduce(session: psycopg.Connection, rows: int, seed: int) -> None:
    """Empty every table, and fill each with fewer rows."""
    tables = [t for t in shapes.read(session).tables.values() if t.kind in "rp"]
    names = ", ".join(t.sql for t in tables if not t.is_partition)
    if names:
        attempt(session, f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    if rows:
        fill(session, rows, seed)


def _keys(shape: Shape) -> Iterator[tuple[ConstraintShape, TableShape]]:
    for table in shape.tables.values():
        for constraint in table.constraints:
            if constraint.kind == "f":
                yield constraint, table


def _order(shape: Shape) -> tuple[tuple[TableShape, ...], Cut]:
    """Return the tables that take rows, parents first, and the keys that close cycles."""
    taking = {
        table.oid: table
        for table in shape.tables.values()
        if table.kind in "rp" and not table.is_partition
    }
    parents: dict[int, dict[int, list[ConstraintShape]]] = {oid: {} for oid in taking}
    for constraint, table in _keys(shape):
        if table.oid in taking and constraint.parent != table.oid and constraint.parent in taking:
            parents[table.oid].setdefault(constraint.parent, []).append(constraint)
    done: dict[int, TableShape] = {}
    cut: set[tuple[int, str]] = set()
    left = dict(taking)
    while left:
        ready = [oid for oid in left if not set(parents[oid]) & left.keys()]
        if not ready:
            # A cycle: the table goes first whose open keys may be NULL for now.
            first = min(left, key=lambda oid: (_stuck(left[oid], parents[oid], left), oid))
            for parent in set(parents[first]) & left.keys():
                cut |= {(first, key.name) for key in parents[first][parent]}
            ready = [first]
        for oid in ready:
            done[oid] = left.pop(oid)
    return tuple(done.values()), frozenset(cut)


def _stuck(
    table: TableShape, parents: dict[int, list[ConstraintShape]], left: dict[int, TableShape]
) -> int:
    """Return how many open foreign keys cannot be NULL."""
    return sum(
        all(table.by_number[number].not_null for number in key.columns)
        for parent, keys in parents.items()
        if parent in left
        for key in keys
    )


def _count(session: psycopg.Connection, table: TableShape) -> int:
    found = session.execute(f"SELECT count(*) FROM {table.sql}".encode()).fetchone()
    return 0 if found is None else int(found[0])


def _fill_table(session: psycopg.Connection, filler: Filler, rows: int) -> Iterator[Remark]:
    table = filler.table
    unmade = filler.unmade()
    if unmade is not None:
        text = f"no rows: no value of type {unmade.type_name} can be made for {unmade.name}"
        yield Remark(str(table.name), text)
        return
    said = None
    there = 0
    first = 1
    for turn in range(_ROUNDS):
        before = there
        count = rows if turn == 0 and not filler.conditions else rows * min(2 + turn * 4, _DRAWS)
        failed = _insert(session, filler, (first, count, rows - there))
        first += count
        if failed is not None and said is None and (broken := filler.broken(session)):
            yield from _fill_table(session, filler.leaving_out(broken), rows)
            return
        said = said or failed
        there = _count(session, table)
        if there >= rows or failed is not None or (turn > 1 and there == before):
            break
    if there == 0 and said is not None:
        # One row at a time finds those that many at once do not let through.
        for first in range(1, 1 + _DRAWS):
            _insert(session, filler, (first, 1, 1))
        there = _count(session, table)
    if there < rows:
        why = "" if said is None else f" ({said})"
        text = f"{there} rows instead of {rows}: more do not fit its keys and checks{why}"
        yield Remark(str(table.name), text)


def _insert(
    session: psycopg.Connection, filler: Filler, numbers: tuple[int, int, int]
) -> str | None:
    """Insert without the table's triggers: the rows stand for what is there already."""
    table = filler.table
    switch = "ALTER TABLE {table} {state} TRIGGER {name}"
    try:
        with session.transaction():
            for state in ("DISABLE", "ENABLE"):
                for name in table.triggers:
                    text = switch.format(
                        table=table.sql, state=state, name=quoting.identifier(name)
                    )
                    session.execute(text.encode())
                if state == "DISABLE":
                    session.execute(filler.insert(*numbers).encode())
                    session.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except psycopg.Error as error:
        return (str(error).strip().splitlines() or [error.sqlstate or "an error"])[0]
    return None


def _close(
    session: psycopg.Connection, shape: Shape, table: TableShape, key: ConstraintShape
) -> Iterable[Remark]:
    """Let rows of a table name their parents, where a cycle of keys left that out at first."""
    parent = shape.tables[key.parent]
    pairs = [
        (table.by_number[own].name, parent.by_number[theirs].name)
        for own, theirs in zip(key.columns, key.parent_columns, strict=True)
    ]
    order = ", ".join(quoting.identifier(theirs) for _, theirs in pairs)
    sets = ", ".join(
        f"{quoting.identifier(own)} = p.{quoting.identifier(theirs)}" for own, theirs in pairs
    )
    said = attempt(
        session,
        f"UPDATE {table.sql} AS t SET {sets} FROM"
        f" (SELECT ctid AS place, pg_catalog.row_number() OVER (ORDER BY ctid) AS i"
        f" FROM {table.sql}) AS o,"
        f" (SELECT {order}, pg_catalog.row_number() OVER (ORDER BY {order}) AS i"
        f" FROM {parent.sql}) AS p WHERE t.ctid = o.place AND o.i = p.i",
    )
    names = ", ".join(own for own, _ in pairs)
    if said is not None:
        yield Remark(str(table.name), f"{names} is NULL in all rows: a cycle of keys ({said})")
    else:
        yield Remark(str(table.name), f"a cycle of foreign keys: {names} was filled afterwards")
