"""What of the rows is gone after a statement."""

from collections import Counter
from collections.abc import Mapping

import psycopg

from migsafe.model.expressions import Name
from migsafe.model.record import record
from migsafe.writing import quoting

_COLUMNS = """
    SELECT c.oid, n.nspname, c.relname, a.attnum, a.attname, a.atttypid, a.atttypmod
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    ORDER BY c.oid, a.attnum
"""
_OBJECTS = """
    SELECT o.class || ' ' || o.oid::text,
           pg_catalog.pg_describe_object(o.class::regclass::oid, o.oid, 0)
    FROM (
        SELECT 'pg_class' AS class, oid FROM pg_catalog.pg_class
        WHERE relkind IN ('v', 'm', 'S', 'i', 'I', 'f') AND {relnamespace}
        UNION ALL SELECT 'pg_proc', oid FROM pg_catalog.pg_proc WHERE {pronamespace}
        UNION ALL SELECT 'pg_type', t.oid FROM pg_catalog.pg_type t
        LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
        WHERE (t.typtype IN ('d', 'e', 'r') OR c.relkind = 'c') AND {typnamespace}
        UNION ALL SELECT 'pg_trigger', oid FROM pg_catalog.pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'pg_policy', oid FROM pg_catalog.pg_policy
        UNION ALL SELECT 'pg_statistic_ext', oid FROM pg_catalog.pg_statistic_ext
        UNION ALL SELECT 'pg_publication', oid FROM pg_catalog.pg_publication
        UNION ALL SELECT 'pg_extension', oid FROM pg_catalog.pg_extension
    ) AS o
"""
for _column in ("relnamespace", "pronamespace", "typnamespace"):
    _own = (
        f"{_column} NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace,"
        " 'pg_toast'::regnamespace)"
    )
    _OBJECTS = _OBJECTS.replace("{" + _column + "}", _own)

Values = Counter[str]
Type = tuple[int, int]


@record
class Column:
    """The values of a column, NULL left out, as text; `type` with its modifier."""

    type: Type
    values: Values


@record
class Data:
    """All rows of a database: columns by table and number, rows by table, other objects.

    `marks` tell whether a table is as it was when it was read; `names` are those of tables.
    """

    columns: Mapping[tuple[int, int], Column]
    rows: Mapping[int, int]
    marks: Mapping[int, object]
    objects: Mapping[str, str]
    names: Mapping[int, Name]

    @property
    def empty(self) -> frozenset[Name]:
        """The tables without rows."""
        return frozenset(self.names[oid] for oid, count in self.rows.items() if count == 0)


def read(session: psycopg.Connection, before: Data | None = None) -> Data:
    """Return what a database holds; of values only a hash.

    Args:
        session: A session that may read the tables; those it may not are left out.
        before: What was read before: a table that is as it was is not read again.
    """
    tables: dict[tuple[int, str], list[tuple[int, str, Type]]] = {}
    names: dict[int, Name] = {}
    for oid, schema, relname, number, name, *type_ in session.execute(_COLUMNS).fetchall():
        table = quoting.name(Name(relname, schema))
        names[oid] = Name(relname, None if schema == "public" else schema)
        tables.setdefault((oid, table), []).append((number, name, (type_[0], type_[1])))
    columns: dict[tuple[int, int], Column] = {}
    rows: dict[int, int] = {}
    marks: dict[int, object] = {}
    for (oid, table), each in tables.items():
        try:
            mark = _mark(session, table, each)
            if before is not None and before.marks.get(oid) == mark:
                columns |= {(oid, n): before.columns[oid, n] for n, _, _ in each}
                rows[oid] = before.rows[oid]
            else:
                rows[oid] = _read(session, oid, table, each, columns)
            marks[oid] = mark
        except psycopg.Error:
            if before is not None and oid in before.rows:
                columns |= {
                    place: column for place, column in before.columns.items() if place[0] == oid
                }
                rows[oid] = before.rows[oid]
    objects: dict[str, str] = dict(session.execute(_OBJECTS.encode()).fetchall())
    return Data(columns, rows, marks, objects, names)


def _mark(session: psycopg.Connection, table: str, columns: list[tuple[int, str, Type]]) -> object:
    found = session.execute(
        f"SELECT count(*), sum(pg_catalog.hashtext(t::text)::int8) FROM ONLY {table} AS t".encode()
    ).fetchone()
    return (found, [(number, type_) for number, _, type_ in columns])


def _read(
    session: psycopg.Connection,
    oid: int,
    table: str,
    columns: list[tuple[int, str, Type]],
    into: dict[tuple[int, int], Column],
) -> int:
    listed = ", ".join(
        f"pg_catalog.md5({quoting.identifier(name)}::text)" for _, name, _ in columns
    )
    found = session.execute(f"SELECT {listed} FROM ONLY {table}".encode()).fetchall()
    for at, (number, _, type_) in enumerate(columns):
        into[oid, number] = Column(type_, Counter(row[at] for row in found if row[at] is not None))
    return len(found)


def lost(before: Data, after: Data, *, touched: bool, wrote: bool) -> bool | str:
    """Say whether something cannot be had again; a text says what was not measured.

    Rows and values count, whatever a way down could bring back of the structure around them.

    Args:
        before: What there was.
        after: What there is.
        touched: Rows were read or written.
        wrote: Rows were updated or deleted.
    """
    unsure = "whether other rows lose something: those here did not" if wrote else ""
    for place, column in before.columns.items():
        now = after.columns.get(place)
        if now is None:
            return True
        if now.type != column.type:
            if touched:
                unsure = "whether values of the old type can be had again"
        elif not column.values <= now.values:
            return True
    if any(after.rows.get(oid, 0) < count for oid, count in before.rows.items()):
        return True
    there = set(after.objects.values())
    # What was made anew under its name is there; what has another name is, too.
    if any(key not in after.objects and text not in there for key, text in before.objects.items()):
        return unsure or "an object is gone: whether it can be made again as it was"
    return unsure or False
