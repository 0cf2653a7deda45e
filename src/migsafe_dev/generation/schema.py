"""A schema, drawn: tables of every kind with what hangs on them, and rows in them."""

from dataclasses import dataclass, field

from migsafe_dev.generation.draw import Draw, quoted
from migsafe_dev.generation.types import (
    BIGINT,
    DATE,
    INTEGER,
    TEXT,
    UUID,
    Kind,
    draw_check,
    draw_kind,
)

VIRTUAL = 18
NULLS_NOT_DISTINCT = 15


@dataclass
class Column:
    """A column of a table, by what was written."""

    name: str
    kind: Kind
    nullable: bool = True
    default: str = ""
    filled: bool = True
    """Rows give it a value; else it fills itself or stays NULL."""
    generated: str = ""
    identity: str = ""

    @property
    def sql(self) -> str:
        """Its name as it must be written."""
        return quoted(self.name)


@dataclass
class Table:
    """A table and the names of what belongs to it."""

    name: str
    schema: str = ""
    columns: list[Column] = field(default_factory=list)
    key: str = ""
    """The column of its primary key."""
    form: str = "plain"
    """plain, child, partitioned or partition."""
    partition_key: str = ""
    strategy: str = ""
    partitions: list[str] = field(default_factory=list)
    loose: str = ""
    """A table that may be attached."""
    next_bound: str = ""
    rows: int = 0
    unlogged: bool = False
    checks: list[str] = field(default_factory=list)
    uniques: list[str] = field(default_factory=list)
    foreign_keys: list[str] = field(default_factory=list)
    indexes: list[str] = field(default_factory=list)
    unique_indexes: list[str] = field(default_factory=list)
    triggers: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)

    @property
    def sql(self) -> str:
        """Its name as it must be written."""
        name = quoted(self.name)
        return f"{self.schema}.{name}" if self.schema else name

    def named(self, suffix: str) -> str:
        """Return the name that the server gives to what belongs to the table."""
        return f"{self.name}_{suffix}"

    def beside(self, name: str) -> str:
        """Return a name in the schema of the table."""
        return f"{self.schema}.{quoted(name)}" if self.schema else quoted(name)


@dataclass
class View:
    """A view or materialized view."""

    name: str
    columns: list[str]
    materialized: bool
    filled: bool = True


@dataclass
class Schema:
    """All that was drawn, and the statements that make it."""

    version: int
    tables: list[Table] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    sequences: list[str] = field(default_factory=list)
    statistics: list[str] = field(default_factory=list)
    publications: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @property
    def setup(self) -> str:
        """The statements that bring a database into the state."""
        return "".join(f"{line};\n" for line in self.lines)

    def of_form(self, *forms: str) -> list[Table]:
        """Return the tables of some forms."""
        return [table for table in self.tables if table.form in forms]


_TYPES = (
    "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')",
    "CREATE TYPE colour AS ENUM ('red', 'green')",
    "CREATE TYPE pair AS (a integer, b text)",
    "CREATE DOMAIN plain_domain AS integer",
    "CREATE DOMAIN text_domain AS varchar(20)",
    "CREATE SEQUENCE free_seq",
    "CREATE SEQUENCE spare_seq START 5",
    "CREATE FUNCTION f_immutable(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END'",
    "CREATE FUNCTION f_inlined(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1'",
    "CREATE FUNCTION f_volatile() RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN 3; END'",
    "CREATE FUNCTION f_stable() RETURNS integer LANGUAGE plpgsql STABLE AS 'BEGIN RETURN 4; END'",
    "CREATE FUNCTION f_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE PROCEDURE p_nothing() LANGUAGE plpgsql AS 'BEGIN NULL; END'",
    "CREATE PROCEDURE p_sql() LANGUAGE sql AS 'SELECT 1'",
)


def draw_schema(draw: Draw, version: int) -> Schema:
    """Return a schema for a server of a major version."""
    schema = Schema(version, sequences=["free_seq", "spare_seq"])
    schema.lines.extend(_TYPES)
    rule = draw.one(
        (
            "CHECK (VALUE > 0)",
            "CHECK (VALUE IS NOT NULL)",
            "NOT NULL",
            "CHECK (VALUE < 90000) DEFAULT 3",
        )
    )
    schema.lines.append(f"CREATE DOMAIN checked_domain AS integer {rule}")
    elsewhere = draw.chance(0.3)
    if elsewhere:
        schema.lines.append("CREATE SCHEMA other")
    _plain(draw, schema, Table("parent"))
    _plain(draw, schema, Table(draw.one(("t", "t", "t", "Odd Name", "order"))))
    if elsewhere:
        _plain(draw, schema, Table("away", "other"))
    else:
        _plain(draw, schema, Table("u"))
    if draw.chance(0.5):
        _child(draw, schema, draw.one(schema.tables))
    _partitioned(draw, schema)
    for table in list(schema.tables):
        _indexes(draw, schema, table)
        _keys(draw, schema, table)
        _hangers(draw, schema, table)
    _views(draw, schema)
    _rest(draw, schema)
    return schema


def _rows(draw: Draw) -> int:
    return draw.one((0, 20, 60, 60, 200, 200))


def _column(draw: Draw, schema: Schema, table: Table, name: str) -> tuple[Column, str]:
    """Return a column and the text that makes it."""
    kind = draw_kind(draw)
    column = Column(name, kind)
    text = f"{column.sql} {kind.sql}"
    whole = [
        other for other in table.columns if other.kind.family == "whole" and not other.generated
    ]
    if whole and draw.chance(0.12):
        column.kind = INTEGER
        virtual = schema.version >= VIRTUAL and draw.chance(0.4)
        column.generated = "VIRTUAL" if virtual else "STORED"
        column.filled = False
        expression = draw.one(("{0} * 2", "{0} + 1", "abs({0})", "coalesce({0}, 0)"))
        source = draw.one(whole).sql
        return column, (
            f"{column.sql} bigint GENERATED ALWAYS AS ({expression.format(source)})"
            f" {column.generated}"
        )
    if draw.chance(0.25):
        column.default = kind.literal
        text += f" DEFAULT {kind.literal}"
    if draw.chance(0.25):
        column.nullable = False
        text += " NOT NULL"
    elif draw.chance(0.15) and kind.sql != "checked_domain":
        column.filled = False
    return column, text


def _key(draw: Draw, table: Table) -> str:
    """Draw the first column, mostly a key; return the text that makes it."""
    form = draw.one(("integer", "bigint", "serial", "identity", "always", "uuid", "none", "text"))
    kind = {"bigint": BIGINT, "uuid": UUID, "text": TEXT}.get(form, INTEGER)
    column = Column("id", kind, nullable=form == "none")
    table.columns.append(column)
    if form == "none":
        return "id integer"
    table.key = "id"
    named = draw.maybe(f"CONSTRAINT {quoted(table.name + '_key')} ", 0.3)
    table.uniques.append(table.name + "_key" if named else table.named("pkey"))
    if form in {"identity", "always"}:
        column.identity = "ALWAYS" if form == "always" else "BY DEFAULT"
        column.filled = form != "always"
        return f"id integer GENERATED {column.identity} AS IDENTITY {named}PRIMARY KEY"
    if form == "serial":
        column.default = "nextval"
        return f"id serial {named}PRIMARY KEY"
    return f"id {kind.sql} {named}PRIMARY KEY"


def _plain(draw: Draw, schema: Schema, table: Table) -> None:
    """Add a plain table."""
    texts = [_key(draw, table)]
    for number in range(1, draw.number(4, 7)):
        name = draw.one((f"c{number}",) * 9 + (f"Col {number}",))
        column, text = _column(draw, schema, table, name)
        texts.append(text)
        table.columns.append(column)
    texts.extend(_inline_checks(draw, table))
    table.unlogged = table.name != "parent" and draw.chance(0.07)
    unlogged = "UNLOGGED " if table.unlogged else ""
    options = draw.maybe(" WITH (fillfactor = 80)", 0.1)
    schema.lines.append(f"CREATE {unlogged}TABLE {table.sql} ({', '.join(texts)}){options}")
    schema.tables.append(table)
    table.rows = _rows(draw)
    _fill(schema, table)


def _inline_checks(draw: Draw, table: Table) -> list[str]:
    column = draw.one(table.columns[1:])
    if not draw.chance(0.35) or not column.filled:
        return []
    # What every row meets, whatever the type.
    name = draw.fresh("ck")
    table.checks.append(name)
    if column.kind.family in {"whole", "number"}:
        return [f"CONSTRAINT {name} CHECK ({column.sql} >= 0)"]
    return [f"CONSTRAINT {name} CHECK ({column.sql} IS NOT NULL)"]


def _fill(schema: Schema, table: Table) -> None:
    if table.rows == 0:
        return
    filled = [column for column in table.columns if column.filled]
    if not filled:
        # There is nothing to insert: what references it must not count on rows.
        table.rows = 0
        return
    names = ", ".join(column.sql for column in filled)
    values = ", ".join(column.kind.value for column in filled)
    schema.lines.append(
        f"INSERT INTO {table.sql} ({names}) SELECT {values} FROM generate_series(1, {table.rows}) g"
    )


def _child(draw: Draw, schema: Schema, parent: Table) -> None:
    """Add a table that inherits from another."""
    child = Table("child", form="child", columns=list(parent.columns), rows=_rows(draw))
    if any(column.generated == "VIRTUAL" for column in parent.columns):
        return
    own, text = _column(draw, schema, Table("child"), "own")
    child.columns.append(own)
    schema.lines.append(f"CREATE TABLE child ({text}) INHERITS ({parent.sql})")
    child.checks = list(parent.checks)
    schema.tables.append(child)
    always = [column for column in child.columns if column.identity == "ALWAYS"]
    if always or any(not column.nullable and not column.filled for column in child.columns):
        # An identity is not inherited, only its NOT NULL.
        child.columns = [
            Column(column.name, column.kind, nullable=False) if column in always else column
            for column in child.columns
        ]
    _fill(schema, child)


def _partitioned(draw: Draw, schema: Schema) -> None:
    """Add a partitioned table with partitions, and a loose table that would fit."""
    strategy = draw.one(("RANGE", "RANGE", "LIST", "HASH"))
    key = Column("k", INTEGER, nullable=False)
    table = Table("p", form="partitioned", partition_key="k", strategy=strategy, columns=[key])
    texts = ["k integer NOT NULL"]
    for number in range(1, draw.number(2, 4)):
        column, text = _column(draw, schema, table, f"p{number}")
        if column.generated:
            continue
        texts.append(text)
        table.columns.append(column)
    if draw.chance(0.4):
        texts.append("PRIMARY KEY (k)")
        table.key = "k"
        table.uniques.append("p_pkey")
    schema.lines.append(f"CREATE TABLE p ({', '.join(texts)}) PARTITION BY {strategy} (k)")
    match strategy:
        case "RANGE":
            bounds = ["FROM (0) TO (100)", "FROM (100) TO (300)"]
            table.next_bound = "FOR VALUES FROM (1000) TO (2000)"
        case "LIST":
            bounds = [
                f"IN ({', '.join(str(n) for n in range(100))})",
                f"IN ({', '.join(str(n) for n in range(100, 300))})",
            ]
            table.next_bound = f"FOR VALUES IN ({', '.join(str(n) for n in range(1001, 1031))})"
        case _:
            bounds = ["WITH (MODULUS 3, REMAINDER 0)", "WITH (MODULUS 3, REMAINDER 1)"]
            table.next_bound = "FOR VALUES WITH (MODULUS 3, REMAINDER 2)"
    for number, bound in enumerate(bounds, start=1):
        schema.lines.append(f"CREATE TABLE p{number} PARTITION OF p FOR VALUES {bound}")
        table.partitions.append(f"p{number}")
    if strategy != "HASH" and draw.chance(0.4):
        schema.lines.append("CREATE TABLE p_rest PARTITION OF p DEFAULT")
        table.partitions.append("p_rest")
    schema.tables.append(table)
    for name in table.partitions:
        part = Table(name, form="partition", columns=list(table.columns), key=table.key)
        schema.tables.append(part)
    names = ", ".join(column.sql for column in table.columns if column.filled)
    values = ", ".join(column.kind.value for column in table.columns if column.filled)
    table.rows = draw.one((0, 60, 200))
    if table.rows:
        where = (
            " WHERE satisfies_hash_partition('p'::regclass, 3, 0, g)" if strategy == "HASH" else ""
        )
        schema.lines.append(
            f"INSERT INTO p ({names}) SELECT {values} FROM generate_series(1, {table.rows}) g{where}"
        )
    table.loose = "loose"
    schema.lines.append(f"CREATE TABLE loose ({', '.join(t for t in texts if 'PRIMARY' not in t)})")
    loose = Table("loose", columns=list(table.columns))
    schema.tables.append(loose)
    if strategy != "HASH" and draw.chance(0.8):
        loose.rows = 20
        schema.lines.append(
            f"INSERT INTO loose ({names}) SELECT {values} FROM generate_series(1001, 1020) g"
        )
    if draw.chance(0.4):
        check = draw.one(("k >= 1000 AND k < 2000", "k > 0", "k IS NOT NULL", "k > 500"))
        loose.checks.append("loose_k")
        if strategy != "HASH":
            schema.lines.append(f"ALTER TABLE loose ADD CONSTRAINT loose_k CHECK ({check})")
        else:
            loose.checks.clear()


_SPANNED = frozenset(
    {"whole", "number", "text", "time", "clock", "span", "uuid", "net", "mac", "oid"}
)
"""Families of types that BRIN has an operator class for."""


def draw_index(
    draw: Draw, table: Table, name: str, *, verb: str = "CREATE", any_column: bool
) -> str:
    """Return the text of CREATE INDEX on a table.

    Args:
        draw: Where choices come from.
        table: What is indexed.
        name: The name of the index, with what stands before it.
        verb: CREATE, or CREATE UNIQUE.
        any_column: Whether columns may be drawn whose types cannot be indexed.
    """
    fitting = [c for c in table.columns if c.kind.methods and c.generated != "VIRTUAL"]
    column = draw.one(table.columns if any_column or not fitting else fitting)
    methods = column.kind.methods or ("btree",)
    method = draw.one((*methods, "brin") if column.kind.family in _SPANNED else methods)
    if draw.chance(0.6) and "btree" in column.kind.methods:
        method = "btree"
    element = column.sql
    if column.kind.family == "text" and method == "btree" and draw.chance(0.25):
        element = draw.one((f"lower({element}::text)", f'{element} COLLATE "C"'))
        if column.kind.sql in {"text", "varchar", "varchar(20)"} and draw.chance(0.3):
            element = f"{column.sql} text_pattern_ops"
    elif column.kind.family == "whole" and method == "btree" and draw.chance(0.15):
        element = f"(({element} + 1))" if draw.chance(0.5) else f"(f_immutable({element}::integer))"
    elif column.kind.sql == "jsonb" and method == "gin" and draw.chance(0.3):
        element += " jsonb_path_ops"
    elif method == "btree" and draw.chance(0.2):
        element += draw.one((" DESC", " DESC NULLS LAST", " NULLS FIRST"))
    tail = ""
    if method == "btree" and draw.chance(0.15):
        tail += f" INCLUDE ({draw.one(fitting or table.columns).sql})"
    if draw.chance(0.1):
        tail += " WITH (fillfactor = 70)" if method == "btree" else ""
    if draw.chance(0.2):
        tail += f" WHERE {column.sql} IS NOT NULL"
    if method == "btree" and draw.chance(0.2):
        other = draw.one(table.columns)
        if other is not column and "btree" in other.kind.methods and other.generated != "VIRTUAL":
            element += f", {other.sql}"
    return f"{verb} INDEX {name} ON {table.sql} USING {method} ({element}){tail}"


def _indexes(draw: Draw, schema: Schema, table: Table) -> None:
    if table.form == "partition":
        return
    for _ in range(draw.one((0, 0, 1, 1, 2))):
        name = draw.fresh("ix")
        schema.lines.append(draw_index(draw, table, name, any_column=False))
        table.indexes.append(name)
    if draw.chance(0.3) and table.form != "partitioned":
        name = draw.fresh("ux")
        column = draw.one(table.columns)
        # Only columns whose values differ from row to row.
        if column.kind.sql in {"integer", "bigint", "text", "numeric", "uuid"} and column.filled:
            schema.lines.append(f"CREATE UNIQUE INDEX {name} ON {table.sql} ({column.sql})")
            table.indexes.append(name)
            table.unique_indexes.append(name)


def _keys(draw: Draw, schema: Schema, table: Table) -> None:
    """Add foreign keys, UNIQUE and CHECK constraints that the rows meet, or NOT VALID ones."""
    if table.form == "partition":
        return
    parent = schema.tables[0]
    if table is not parent and parent.key and draw.chance(0.5):
        kind = parent.columns[0].kind
        own = [c for c in table.columns if c.kind is kind and c.filled and not c.generated]
        fits = table.rows <= parent.rows and table.name != "loose"
        if own:
            late = "" if fits else " NOT VALID"
            if table.form == "partitioned" and (late or schema.version < VIRTUAL):
                late = ""
            if fits or late:
                name = draw.fresh("fk")
                actions = draw.one(
                    (
                        "",
                        "",
                        " ON DELETE CASCADE",
                        " ON DELETE SET NULL",
                        " ON UPDATE CASCADE",
                        " DEFERRABLE",
                        " DEFERRABLE INITIALLY DEFERRED",
                    )
                )
                if late and "DEFERR" in actions:
                    actions = ""
                late = late or (draw.maybe(" NOT VALID", 0.3) if table.form == "plain" else "")
                schema.lines.append(
                    f"ALTER TABLE {table.sql} ADD CONSTRAINT {name} FOREIGN KEY"
                    f" ({draw.one(own).sql}) REFERENCES {parent.sql}{actions}{late}"
                )
                table.foreign_keys.append(name)
    column = draw.one(table.columns)
    if draw.chance(0.25):
        name = draw.fresh("ck")
        schema.lines.append(
            f"ALTER TABLE {table.sql} ADD CONSTRAINT {name}"
            f" CHECK ({draw_check(draw, column.sql, column.kind)}) NOT VALID"
        )
        table.checks.append(name)
    if draw.chance(0.25) and table.form in {"plain", "child"}:
        column = draw.one(table.columns)
        if column.kind.sql in {"integer", "bigint", "text", "uuid"} and column.filled:
            explicit = draw.maybe(f"CONSTRAINT {draw.fresh('uq')} ", 0.5)
            late = draw.maybe(" DEFERRABLE", 0.2)
            schema.lines.append(
                f"ALTER TABLE {table.sql} ADD {explicit}UNIQUE ({column.sql}){late}"
            )
            table.uniques.append(
                explicit.split()[1] if explicit else table.named(f"{column.name}_key")
            )


def _hangers(draw: Draw, schema: Schema, table: Table) -> None:
    """Add triggers, rules and policies."""
    if draw.chance(0.15):
        name = draw.fresh("tr")
        schema.lines.append(
            f"CREATE TRIGGER {name} {draw.one(('BEFORE', 'AFTER'))} INSERT OR UPDATE ON"
            f" {table.sql} FOR EACH ROW EXECUTE FUNCTION f_trigger()"
        )
        table.triggers.append(name)
    if draw.chance(0.06) and table.form == "plain":
        name = draw.fresh("ru")
        schema.lines.append(f"CREATE RULE {name} AS ON DELETE TO {table.sql} DO ALSO NOTHING")
        table.rules.append(name)
    if draw.chance(0.12):
        name = draw.fresh("po")
        column = draw.one(table.columns)
        schema.lines.append(f"CREATE POLICY {name} ON {table.sql} USING ({column.sql} IS NOT NULL)")
        table.policies.append(name)


def _views(draw: Draw, schema: Schema) -> None:
    for number in range(draw.one((1, 1, 2))):
        table = draw.one(schema.tables)
        columns = draw.some(table.columns, 1, 3)
        name = f"v{number}"
        names = ", ".join(column.sql for column in columns)
        where = draw.maybe(f" WHERE {draw.one(table.columns).sql} IS NOT NULL", 0.3)
        schema.lines.append(f"CREATE VIEW {name} AS SELECT {names} FROM {table.sql}{where}")
        schema.views.append(View(name, [column.sql for column in columns], materialized=False))
    if draw.chance(0.3):
        under = schema.views[0]
        schema.lines.append(f"CREATE VIEW over AS SELECT * FROM {under.name}")
        schema.views.append(View("over", under.columns, materialized=False))
    if draw.chance(0.7):
        table = draw.one(schema.tables)
        columns = draw.some(table.columns, 1, 3)
        names = ", ".join(column.sql for column in columns)
        data = draw.maybe(" WITH NO DATA", 0.15)
        schema.lines.append(f"CREATE MATERIALIZED VIEW mv AS SELECT {names} FROM {table.sql}{data}")
        schema.views.append(
            View("mv", [c.sql for c in columns], materialized=True, filled=not data)
        )
        unique = table.key and columns[0].name == table.key and not schema.of_form("child")
        if not data and unique and draw.chance(0.8):
            schema.lines.append(f"CREATE UNIQUE INDEX mv_ux ON mv ({columns[0].sql})")


def _rest(draw: Draw, schema: Schema) -> None:
    """Add what the state is made of besides: dropped columns, statistics, publications."""
    if draw.chance(0.3):
        table = draw.one(schema.of_form("plain"))
        schema.lines.append(f"ALTER TABLE {table.sql} ADD COLUMN gone date")
        schema.lines.append(f"ALTER TABLE {table.sql} DROP COLUMN gone")
    if draw.chance(0.3):
        table = draw.one(schema.of_form("plain"))
        columns = [c for c in table.columns if "btree" in c.kind.methods and not c.generated]
        if len(columns) > 1:
            pair = ", ".join(column.sql for column in columns[:2])
            schema.lines.append(f"CREATE STATISTICS st ON {pair} FROM {table.sql}")
            schema.statistics.append("st")
    if draw.chance(0.3):
        table = draw.one(schema.of_form("plain"))
        if not table.unlogged:
            schema.lines.append(f"CREATE PUBLICATION pub FOR TABLE {table.sql}")
            schema.publications.append("pub")
    if draw.chance(0.2):
        table = draw.one(schema.of_form("plain"))
        if table.key and not table.schema:
            schema.lines.append(f"ALTER SEQUENCE spare_seq OWNED BY {table.sql}.{table.key}")
    if draw.chance(0.15):
        table = draw.one(schema.of_form("plain"))
        column, text = _column(draw, schema, table, "late")
        late = column.nullable and not column.generated and not column.default
        if late and column.kind.family != "domain":
            schema.lines.append(f"ALTER TABLE {table.sql} ADD COLUMN {text}")
            table.columns.append(column)
    if draw.chance(0.15):
        schema.lines.append(
            f"ALTER TABLE {draw.one(schema.of_form('plain')).sql} ENABLE ROW LEVEL SECURITY"
        )
    if draw.chance(0.4):
        schema.lines.append("ANALYZE")


__all__ = ["DATE", "Column", "Schema", "Table", "View", "draw_index", "draw_schema"]
