"""What a server's catalog says of tables, as far as rows and old statements need it."""

from collections.abc import Mapping

import psycopg
from psycopg.rows import TupleRow

from migsafe.model.expressions import Name
from migsafe.model.record import record
from migsafe.writing import quoting

_OWN = "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
_TABLES = f"""
    SELECT c.oid, n.nspname, c.relname, c.relkind::text, c.relispartition
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm') AND {_OWN}
    ORDER BY n.nspname, c.relname
"""
_COLUMNS = f"""
    SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod,
           pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text,
           a.attgenerated::text, a.atthasdef,
           coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '')
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
    WHERE c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND {_OWN}
    ORDER BY a.attrelid, a.attnum
"""
_CONSTRAINTS = f"""
    SELECT k.conrelid, k.contype::text, k.conname, coalesce(k.conkey, '{{}}'), k.confrelid,
           coalesce(k.confkey, '{{}}'), k.condeferrable,
           CASE WHEN k.contype = 'c' THEN pg_catalog.pg_get_expr(k.conbin, k.conrelid)
                ELSE '' END, pg_catalog.pg_get_constraintdef(k.oid)
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE k.contype IN ('c', 'f', 'p', 'u', 'x') AND {_OWN}
    ORDER BY k.conrelid, k.conname
"""
_KEYS = f"""
    SELECT i.indrelid, i.indkey::int2[], i.indpred IS NULL AND i.indexprs IS NULL
           AND i.indimmediate, i.indisprimary
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE i.indisunique AND i.indisvalid AND {_OWN}
    ORDER BY i.indrelid, NOT i.indisprimary, i.indexrelid
"""
_BOUNDS = f"""
    WITH RECURSIVE tree AS (
        SELECT c.oid AS root, c.oid AS part, c.relkind FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'p' AND NOT c.relispartition AND {_OWN}
        UNION ALL
        SELECT t.root, i.inhrelid, c.relkind FROM tree t
        JOIN pg_catalog.pg_inherits i ON i.inhparent = t.part
        JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
    )
    SELECT root, coalesce(pg_catalog.pg_get_partition_constraintdef(part), 'true')
    FROM tree WHERE relkind <> 'p' ORDER BY root, part
"""
_TRIGGERS = f"""
    SELECT t.tgrelid, t.tgname FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND t.tgenabled = 'O' AND t.tgparentid = 0 AND {_OWN}
    ORDER BY t.tgname
"""
_TYPES = f"""
    SELECT t.oid, t.typtype::text, t.typname, pg_catalog.format_type(t.oid, NULL), t.typbasetype,
           t.typtypmod, t.typnotnull, t.typelem, t.typcategory::text, t.typrelid,
           coalesce(r.rngsubtype, 0)
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid
    WHERE n.nspname = 'pg_catalog' OR {_OWN}
"""
_DOMAIN_CHECKS = """
    SELECT contypid, pg_catalog.pg_get_expr(conbin, 0) FROM pg_catalog.pg_constraint
    WHERE contypid <> 0 AND contype = 'c' ORDER BY conname
"""
_LABELS = "SELECT enumtypid, enumlabel FROM pg_catalog.pg_enum ORDER BY enumtypid, enumsortorder"
_ATTRIBUTES = """
    SELECT attrelid, atttypid, atttypmod FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    WHERE c.relkind = 'c' AND attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum
"""


@record
class TypeShape:
    """A type; `name` is how it is written in SQL, `kind` as in `pg_type.typtype`."""

    oid: int
    kind: str
    bare: str
    name: str
    base: int
    base_modifier: int
    not_null: bool
    element: int
    category: str
    relation: int
    subtype: int


@record
class ColumnShape:
    """A column; `identity` and `generated` as in `pg_attribute`."""

    number: int
    name: str
    type: int
    modifier: int
    type_name: str
    not_null: bool
    identity: str
    generated: str
    has_default: bool
    default: str

    @property
    def writable(self) -> bool:
        """Whether a statement may give it a value."""
        return not self.generated and self.identity != "a"

    @property
    def drawn(self) -> bool:
        """Whether the server draws its value from a sequence."""
        return bool(self.identity) or self.default.startswith("nextval(")

    @property
    def required(self) -> bool:
        """Whether an INSERT must name it."""
        return self.not_null and not self.has_default and not self.identity


@record
class ConstraintShape:
    """A constraint; `kind` as in `pg_constraint.contype`, columns by their numbers."""

    kind: str
    name: str
    columns: tuple[int, ...]
    parent: int
    parent_columns: tuple[int, ...]
    deferrable: bool
    check: str
    definition: str


@record
class KeyShape:
    """A unique index; `plain`: on columns alone, without WHERE, checked at once."""

    columns: tuple[int, ...]
    plain: bool
    primary: bool


@record
class TableShape:
    """A table, view or materialized view; `kind` as in `pg_class.relkind`.

    `bounds` are what its partitions accept, as conditions, None where it has none.
    """

    oid: int
    schema: str
    relname: str
    kind: str
    is_partition: bool
    columns: tuple[ColumnShape, ...]
    constraints: tuple[ConstraintShape, ...]
    keys: tuple[KeyShape, ...]
    bounds: tuple[str, ...] | None
    triggers: tuple[str, ...]

    @property
    def name(self) -> Name:
        """Its name as people say it."""
        return Name(self.relname, None if self.schema == "public" else self.schema)

    @property
    def sql(self) -> str:
        """Its name as SQL, with its schema."""
        return quoting.name(Name(self.relname, self.schema))

    @property
    def by_number(self) -> Mapping[int, ColumnShape]:
        """Its columns by their numbers."""
        return {column.number: column for column in self.columns}


@record
class Shape:
    """The tables of a database by oid, and the types that they may use."""

    tables: Mapping[int, TableShape]
    types: Mapping[int, TypeShape]
    domain_checks: Mapping[int, tuple[str, ...]]
    labels: Mapping[int, tuple[str, ...]]
    attributes: Mapping[int, tuple[tuple[int, int], ...]]


def read(session: psycopg.Connection) -> Shape:
    """Return what the tables of a database look like."""
    columns = _grouped(session, _COLUMNS)
    constraints = _grouped(session, _CONSTRAINTS)
    keys = _grouped(session, _KEYS)
    bounds = _grouped(session, _BOUNDS)
    triggers = _grouped(session, _TRIGGERS)
    tables: dict[int, TableShape] = {}
    for oid, schema, relname, kind, is_partition in session.execute(_TABLES.encode()).fetchall():
        tables[oid] = TableShape(
            oid,
            schema,
            relname,
            kind,
            is_partition,
            tuple(ColumnShape(*row) for row in columns.get(oid, ())),
            tuple(
                ConstraintShape(
                    kind_, name, tuple(own), parent, tuple(theirs), deferrable, check or "", text
                )
                for kind_, name, own, parent, theirs, deferrable, check, text in (
                    constraints.get(oid, ())
                )
            ),
            tuple(
                # 0 stands for an expression.
                KeyShape(tuple(number for number in numbers if number), plain, primary)
                for numbers, plain, primary in keys.get(oid, ())
            ),
            tuple(row[0] for row in bounds.get(oid, ())) if kind == "p" else None,
            tuple(row[0] for row in triggers.get(oid, ())),
        )
    types = {row[0]: TypeShape(*row) for row in session.execute(_TYPES.encode()).fetchall()}
    return Shape(
        tables,
        types,
        {oid: tuple(r[0] for r in rows) for oid, rows in _grouped(session, _DOMAIN_CHECKS).items()},
        {oid: tuple(r[0] for r in rows) for oid, rows in _grouped(session, _LABELS).items()},
        {
            oid: tuple((r[0], r[1]) for r in rows)
            for oid, rows in _grouped(session, _ATTRIBUTES).items()
        },
    )


def _grouped(session: psycopg.Connection, query: str) -> dict[int, list[TupleRow]]:
    """Return the rows of a query by the oid in front of each."""
    found: dict[int, list[TupleRow]] = {}
    for oid, *rest in session.execute(query.encode()).fetchall():
        found.setdefault(oid, []).append(tuple(rest))
    return found
