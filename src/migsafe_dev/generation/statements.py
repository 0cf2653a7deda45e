"""Statements, drawn: one production for each kind of operation that a server can run."""

import re
from collections.abc import Callable

from migsafe_dev.generation.altering import ALONE, SUBCOMMANDS, alter_table
from migsafe_dev.generation.draw import Draw, quoted
from migsafe_dev.generation.schema import Schema, Table, View, draw_index
from migsafe_dev.generation.types import draw_check, draw_default, draw_kind

Production = Callable[[Draw, Schema], str]


# --- tables ---------------------------------------------------------------------------


def _table(draw: Draw, schema: Schema) -> Table:
    return draw.one([t for t in schema.tables if t.form != "partition"])


def _any_table(draw: Draw, schema: Schema) -> Table:
    return draw.one(schema.tables)


def _view(draw: Draw, schema: Schema, *, materialized: bool | None = None) -> View:
    fitting = [v for v in schema.views if materialized is None or v.materialized is materialized]
    if not fitting:
        return View("missing_view", ["id"], materialized=bool(materialized))
    return draw.one(fitting)


def create_table(draw: Draw, schema: Schema) -> str:
    """Return CREATE TABLE."""
    name = draw.fresh("new") if draw.chance(0.93) else _any_table(draw, schema).sql
    head = draw.one(("CREATE TABLE",) * 8 + ("CREATE UNLOGGED TABLE", "CREATE TEMPORARY TABLE"))
    head += draw.maybe(" IF NOT EXISTS", 0.2)
    other = _any_table(draw, schema)
    part = schema.of_form("partitioned")[0]
    form = draw.number(1, 10)
    if form == 1:
        return f"{head} {name} (LIKE {other.sql} INCLUDING ALL)"
    if form == 2:
        return f"{head} {name} (extra integer) INHERITS ({_table(draw, schema).sql})"
    if form in {3, 4}:
        bound = part.next_bound if draw.chance(0.8) or part.strategy == "HASH" else "DEFAULT"
        return f"CREATE TABLE {draw.fresh('new')} PARTITION OF p {bound}"
    if form == 5:
        return f"{head} {name} (k integer, v text) PARTITION BY {draw.one(('RANGE', 'LIST', 'HASH'))} (k)"
    columns = [
        f"id {draw.one(('integer', 'bigint', 'serial', 'integer GENERATED ALWAYS AS IDENTITY'))}{draw.maybe(' PRIMARY KEY', 0.7)}"
    ]
    for number in range(draw.number(1, 4)):
        kind = draw_kind(draw)
        text = f"c{number} {kind.sql}{draw.maybe(f' DEFAULT {draw_default(draw, kind)}', 0.3)}"
        columns.append(text + draw.maybe(" NOT NULL", 0.3))
        if draw.chance(0.15):
            columns.append(f"CHECK ({draw_check(draw, f'c{number}', kind)})")
    if other.key and draw.chance(0.4):
        columns.append(f"other {other.columns[0].kind.sql} REFERENCES {other.sql}")
    return f"{head} {name} ({', '.join(columns)})"


def query(draw: Draw, schema: Schema) -> str:
    """Return a query over a table, a view, or two tables."""
    table = _table(draw, schema)
    names = ", ".join(column.sql for column in draw.some(table.columns, 1, 3))
    column = draw.one(table.columns)
    form = draw.number(1, 12)
    if form == 1:
        return f"SELECT count(*) FROM {table.sql}"
    if form == 2:
        view = _view(draw, schema)
        return f"SELECT {view.columns[0]} AS q FROM {view.name}"
    if form == 3:
        return f"SELECT {names} FROM {table.sql} WHERE {draw_check(draw, column.sql, column.kind)}"
    if form == 4:
        other = _table(draw, schema)
        return f"SELECT a.{column.sql} FROM {table.sql} a CROSS JOIN {other.sql} b"
    if form == 5 and table.key:
        return f"SELECT {names} FROM {table.sql} WHERE {table.columns[0].sql} = {table.columns[0].kind.literal}"
    if form == 6:
        return f"SELECT {column.sql}, count(*) AS n FROM {table.sql} GROUP BY {column.sql}"
    if form == 7:
        return "SELECT 1 AS one"
    return f"SELECT {names} FROM {table.sql}"


def create_table_as(draw: Draw, schema: Schema) -> str:
    """Return CREATE TABLE AS."""
    exists = draw.maybe(" IF NOT EXISTS", 0.15)
    tail = draw.maybe(" WITH NO DATA", 0.2)
    return f"CREATE TABLE{exists} {draw.fresh('new')} AS {query(draw, schema)}{tail}"


def drop_table(draw: Draw, schema: Schema) -> str:
    """Return DROP TABLE."""
    names = [table.sql for table in draw.some(schema.tables, 1, 1 + draw.chance(0.15))]
    if draw.chance(0.05):
        names = ["missing_table"]
    exists = draw.maybe("IF EXISTS ", 0.3)
    return f"DROP TABLE {exists}{', '.join(names)}{draw.maybe(' CASCADE', 0.4)}"


def rename_table(draw: Draw, schema: Schema) -> str:
    """Return ALTER TABLE … RENAME TO."""
    new = draw.fresh("new") if draw.chance(0.9) else "parent"
    return f"ALTER TABLE {_any_table(draw, schema).sql} RENAME TO {new}"


def set_schema(draw: Draw, schema: Schema) -> str:
    """Return ALTER … SET SCHEMA."""
    target = "other" if any(table.schema for table in schema.tables) else "public"
    view = _view(draw, schema)
    what = draw.one(
        (
            *(f"TABLE {_any_table(draw, schema).sql}",) * 4,
            f"{'MATERIALIZED ' if view.materialized else ''}VIEW {view.name}",
            "SEQUENCE free_seq",
            "TYPE mood",
            "DOMAIN plain_domain",
            "FUNCTION f_stable()",
        )
    )
    return f"ALTER {what} SET SCHEMA {target}"


def create_schema(draw: Draw, schema: Schema) -> str:
    """Return CREATE SCHEMA."""
    del schema
    name = draw.one(("new_schema", "new_schema", "public", "other"))
    exists = draw.maybe("IF NOT EXISTS ", 0.5) if name == "new_schema" else "IF NOT EXISTS "
    return f"CREATE SCHEMA {exists}{name}{draw.maybe(' AUTHORIZATION generated_role', 0.2)}"


def rename_column(draw: Draw, schema: Schema) -> str:
    """Return RENAME COLUMN of a table, a view or a composite type."""
    form = draw.number(1, 10)
    if form == 1:
        return "ALTER TYPE pair RENAME ATTRIBUTE a TO a_new"
    if form == 2:
        view = _view(draw, schema)
        kind = "MATERIALIZED VIEW" if view.materialized else "VIEW"
        return f"ALTER {kind} {view.name} RENAME COLUMN {view.columns[0]} TO renamed"
    table = _any_table(draw, schema)
    column = draw.one(table.columns)
    new = draw.fresh("r") if draw.chance(0.93) else draw.one(table.columns).sql
    return f"ALTER TABLE {table.sql} RENAME {draw.maybe('COLUMN ', 0.8)}{column.sql} TO {new}"


def rename_object(draw: Draw, schema: Schema) -> str:
    """Return RENAME of anything but tables and columns."""
    table = _table(draw, schema)
    view = _view(draw, schema)
    new = draw.fresh("new")
    forms = [
        f"SEQUENCE free_seq RENAME TO {new}",
        f"TYPE mood RENAME TO {new}",
        f"DOMAIN plain_domain RENAME TO {new}",
        f"FUNCTION f_stable() RENAME TO {new}",
        f"{'MATERIALIZED ' if view.materialized else ''}VIEW {view.name} RENAME TO {new}",
    ]
    for names, text in (
        (
            (*table.checks, *table.uniques, *table.foreign_keys),
            f"TABLE {table.sql} RENAME CONSTRAINT {{}} TO {new}",
        ),
        (table.indexes, f"INDEX {{}} RENAME TO {new}"),
        (table.triggers, f"TRIGGER {{}} ON {table.sql} RENAME TO {new}"),
        (table.policies, f"POLICY {{}} ON {table.sql} RENAME TO {new}"),
        (table.rules, f"RULE {{}} ON {table.sql} RENAME TO {new}"),
    ):
        if names:
            name = draw.one(tuple(names))
            place = table.beside(name) if text.startswith("INDEX") else quoted(name)
            forms += [text.format(place)] * 2
    return f"ALTER {draw.one(forms)}"


# --- indexes, partitions, physical -----------------------------------------------------


def create_index(draw: Draw, schema: Schema) -> str:
    """Return CREATE INDEX."""
    table = _any_table(draw, schema)
    verb = "CREATE UNIQUE" if draw.chance(0.25) else "CREATE"
    name = draw.fresh("ix") if draw.chance(0.93) or not table.indexes else draw.one(table.indexes)
    head = draw.maybe("CONCURRENTLY ", 0.25) + (draw.maybe("IF NOT EXISTS ", 0.2) if name else "")
    text = draw_index(draw, table, f"{head}{name}", verb=verb, any_column=draw.chance(0.1))
    if table.form == "partitioned" and draw.chance(0.2) and "CONCURRENTLY" not in text:
        text = text.replace(" ON p ", " ON ONLY p ")
    return text


def _index_of(draw: Draw, schema: Schema) -> str:
    table = draw.one([t for t in schema.tables if t.indexes or t.uniques] or schema.tables)
    names = (*table.indexes, *table.indexes, *table.uniques)
    return table.beside(draw.one(names)) if names and draw.chance(0.97) else "missing_index"


def drop_index(draw: Draw, schema: Schema) -> str:
    """Return DROP INDEX."""
    head = draw.maybe("CONCURRENTLY ", 0.2) + draw.maybe("IF EXISTS ", 0.3)
    return f"DROP INDEX {head}{_index_of(draw, schema)}"


def reindex(draw: Draw, schema: Schema) -> str:
    """Return REINDEX."""
    head = draw.one(("INDEX", "TABLE", "TABLE"))
    if draw.chance(0.05):
        return "REINDEX SCHEMA public"
    target = _index_of(draw, schema) if head == "INDEX" else _any_table(draw, schema).sql
    return f"REINDEX {head} {draw.maybe('CONCURRENTLY ', 0.2)}{target}"


def attach_index(draw: Draw, schema: Schema) -> str:
    """Return ALTER INDEX … ATTACH PARTITION."""
    part = schema.of_form("partitioned")[0]
    own = draw.one((*part.indexes, *part.uniques, "p_missing"))
    return f"ALTER INDEX {own} ATTACH PARTITION {draw.one(('p1_pkey', 'p2_pkey', 'parent_pkey', 'p1_k_idx'))}"


def attach_partition(draw: Draw, schema: Schema) -> str:
    """Return ATTACH PARTITION."""
    part = schema.of_form("partitioned")[0]
    bound = part.next_bound
    if draw.chance(0.15) and part.strategy != "HASH":
        bound = "DEFAULT"
    elif draw.chance(0.1) and part.strategy == "RANGE":
        bound = "FOR VALUES FROM (1010) TO (2000)"
    table = "loose" if draw.chance(0.9) else _table(draw, schema).sql
    return f"ALTER TABLE p ATTACH PARTITION {table} {bound}"


def detach_partition(draw: Draw, schema: Schema) -> str:
    """Return DETACH PARTITION."""
    part = schema.of_form("partitioned")[0]
    tail = draw.one(("", "", "", " CONCURRENTLY"))
    return f"ALTER TABLE p DETACH PARTITION {draw.one(part.partitions)}{tail}"


def rewrite(draw: Draw, schema: Schema) -> str:
    """Return what copies a table: ALTER TABLE, CLUSTER or VACUUM FULL."""
    form = draw.number(1, 10)
    table = _any_table(draw, schema)
    names = (*table.indexes, *table.uniques)
    if form <= 2 and names:
        return f"CLUSTER {table.sql} USING {quoted(draw.one(names))}"
    if form == 3:
        return f"VACUUM {draw.one(('FULL', '(FULL)', '(FULL, ANALYZE)'))} {table.sql}"
    if form == 4:
        return f"ALTER INDEX {_index_of(draw, schema)} SET TABLESPACE pg_default"
    return alter_table(draw, schema, "RewriteTable")


def set_options(draw: Draw, schema: Schema) -> str:
    """Return options of a table, an index or a view."""
    form = draw.number(1, 10)
    if form == 1:
        return f"ALTER INDEX {_index_of(draw, schema)} SET (fillfactor = 60)"
    if form == 2:
        view = _view(draw, schema, materialized=False)
        return f"ALTER VIEW {view.name} SET (security_barrier = true)"
    return alter_table(draw, schema, "SetTableOptions")


def set_owner(draw: Draw, schema: Schema) -> str:
    """Return OWNER TO of anything."""
    if draw.chance(0.5):
        return alter_table(draw, schema, "SetOwner")
    view = _view(draw, schema)
    what = draw.one(
        (
            "SEQUENCE free_seq",
            "TYPE mood",
            "DOMAIN plain_domain",
            "FUNCTION f_stable()",
            "SCHEMA public",
            f"{'MATERIALIZED ' if view.materialized else ''}VIEW {view.name}",
        )
    )
    return f"ALTER {what} OWNER TO {draw.one(('generated_role', 'CURRENT_USER'))}"


# --- views and other objects ------------------------------------------------------------


def create_view(draw: Draw, schema: Schema) -> str:
    """Return CREATE [MATERIALIZED] VIEW."""
    text = query(draw, schema)
    if draw.chance(0.3):
        exists = draw.maybe("IF NOT EXISTS ", 0.2)
        tail = draw.maybe(" WITH NO DATA", 0.3)
        return f"CREATE MATERIALIZED VIEW {exists}{draw.fresh('new')} AS {text}{tail}"
    if draw.chance(0.25):
        view = _view(draw, schema, materialized=False)
        return f"CREATE OR REPLACE VIEW {view.name} AS {text}"
    return f"CREATE {draw.one(('', '', 'TEMPORARY ', 'OR REPLACE '))}VIEW {draw.fresh('new')} AS {text}"


def refresh_view(draw: Draw, schema: Schema) -> str:
    """Return REFRESH MATERIALIZED VIEW."""
    view = _view(draw, schema, materialized=True)
    head = draw.maybe("CONCURRENTLY ", 0.3)
    tail = draw.maybe(" WITH NO DATA", 0.25) if not head else ""
    return f"REFRESH MATERIALIZED VIEW {head}{view.name}{tail}"


def drop_object(draw: Draw, schema: Schema) -> str:
    """Return DROP of anything but tables, columns and indexes."""
    view = _view(draw, schema)
    forms = [
        f"{'MATERIALIZED ' if view.materialized else ''}VIEW {{}}{view.name}",
        f"{'MATERIALIZED ' if view.materialized else ''}VIEW {{}}{view.name}",
        "SEQUENCE {}free_seq",
        "SEQUENCE {}spare_seq",
        "TYPE {}mood",
        "TYPE {}colour",
        "TYPE {}pair",
        "DOMAIN {}plain_domain",
        "FUNCTION {}f_stable()",
        "FUNCTION {}f_volatile()",
        "PROCEDURE {}p_nothing()",
        "SCHEMA {}other",
        "FUNCTION {}f_trigger()",
        "VIEW {}missing_view",
    ]
    table = _any_table(draw, schema)
    for word, names in (
        ("TRIGGER", table.triggers),
        ("POLICY", table.policies),
        ("RULE", table.rules),
    ):
        if names:
            forms += [f"{word} {{}}{names[0]} ON {table.sql}"] * 4
    forms += [f"STATISTICS {{}}{name}" for name in schema.statistics]
    forms += [f"PUBLICATION {{}}{name}" for name in schema.publications]
    text = draw.one(forms).format(draw.maybe("IF EXISTS ", 0.3))
    return f"DROP {text}{draw.maybe(' CASCADE', 0.3)}"


def comment_on(draw: Draw, schema: Schema) -> str:
    """Return COMMENT ON."""
    table = _any_table(draw, schema)
    view = _view(draw, schema)
    forms = [
        f"TABLE {table.sql}",
        f"COLUMN {table.sql}.{draw.one(table.columns).sql}",
        f"{'MATERIALIZED ' if view.materialized else ''}VIEW {view.name}",
        f"COLUMN {view.name}.{view.columns[0]}",
        "SEQUENCE free_seq",
        "TYPE mood",
        "DOMAIN plain_domain",
        "FUNCTION f_stable()",
        "SCHEMA public",
        f"INDEX {_index_of(draw, schema)}",
    ]
    names = (*table.checks, *table.uniques, *table.foreign_keys)
    if names:
        forms.append(f"CONSTRAINT {quoted(draw.one(names))} ON {table.sql}")
    if table.triggers:
        forms.append(f"TRIGGER {table.triggers[0]} ON {table.sql}")
    if table.policies:
        forms.append(f"POLICY {table.policies[0]} ON {table.sql}")
    return f"COMMENT ON {draw.one(forms)} IS {draw.one((chr(39) + 'words' + chr(39), 'NULL'))}"


# --- types, sequences, routines -----------------------------------------------------------


def create_enum(draw: Draw, schema: Schema) -> str:
    """Return CREATE TYPE … AS ENUM."""
    del schema
    return f"CREATE TYPE {draw.fresh('new')} AS ENUM ({draw.one(('', chr(39) + 'a' + chr(39)))})"


def add_enum_value(draw: Draw, schema: Schema) -> str:
    """Return ADD VALUE."""
    del schema
    label = draw.one(("new", "new", "sad"))
    place = draw.one(("", "", " BEFORE 'ok'", " AFTER 'sad'", " AFTER 'absent'"))
    return f"ALTER TYPE mood ADD VALUE {draw.maybe('IF NOT EXISTS ', 0.4)}'{label}'{place}"


def rename_enum_value(draw: Draw, schema: Schema) -> str:
    """Return RENAME VALUE."""
    del schema
    return f"ALTER TYPE mood RENAME VALUE '{draw.one(('sad', 'ok', 'absent'))}' TO '{draw.one(('glad', 'glad', 'happy'))}'"


def create_type(draw: Draw, schema: Schema) -> str:
    """Return CREATE TYPE of another kind."""
    del schema
    name = draw.fresh("new")
    return draw.one(
        (
            f"CREATE TYPE {name} AS (a integer, b text)",
            f"CREATE TYPE {name} AS (m mood)",
            f"CREATE TYPE {name} AS RANGE (SUBTYPE = timestamp)",
            f"CREATE TYPE {name}",
        )
    )


def create_domain(draw: Draw, schema: Schema) -> str:
    """Return CREATE DOMAIN."""
    del schema
    tail = draw.one(("", " NOT NULL", " CHECK (VALUE <> '')", " DEFAULT 'x'"))
    return f"CREATE DOMAIN {draw.fresh('new')} AS {draw.one(('text', 'varchar(10)'))}{tail}"


def alter_domain(draw: Draw, schema: Schema) -> str:
    """Return ALTER DOMAIN."""
    del schema
    domain = draw.one(("plain_domain", "plain_domain", "checked_domain"))
    name = draw.fresh("dk")
    return f"ALTER DOMAIN {domain} " + draw.one(
        (
            "SET DEFAULT 9",
            "DROP DEFAULT",
            "SET NOT NULL",
            "DROP NOT NULL",
            f"ADD CONSTRAINT {name} CHECK (VALUE > 0)",
            f"ADD CONSTRAINT {name} CHECK (VALUE > 10)",
            f"ADD CONSTRAINT {name} CHECK (VALUE > 10) NOT VALID",
            "ADD CHECK (VALUE < 100000)",
            "DROP CONSTRAINT checked_domain_check",
            "DROP CONSTRAINT IF EXISTS missing_check",
            "VALIDATE CONSTRAINT checked_domain_check",
        )
    )


def alter_composite_type(draw: Draw, schema: Schema) -> str:
    """Return ALTER TYPE … ATTRIBUTE."""
    del schema
    return "ALTER TYPE pair " + draw.one(
        (
            "ADD ATTRIBUTE c date",
            "DROP ATTRIBUTE b",
            "ALTER ATTRIBUTE a TYPE bigint",
            "ALTER ATTRIBUTE b TYPE varchar(10) CASCADE",
            "DROP ATTRIBUTE IF EXISTS zz",
            "ADD ATTRIBUTE c date CASCADE",
        )
    )


def create_sequence(draw: Draw, schema: Schema) -> str:
    """Return CREATE SEQUENCE."""
    name = draw.fresh("new") if draw.chance(0.85) else "free_seq"
    table = _table(draw, schema)
    owned = f" OWNED BY {table.sql}.{draw.one(table.columns).sql}"
    tail = draw.one(("", " START 10", " AS smallint", " INCREMENT 5 CACHE 10", owned))
    head = draw.one(("", "", "TEMPORARY "))
    return (
        f"CREATE {head}SEQUENCE {draw.maybe('IF NOT EXISTS ', 0.3)}{name}{tail if not head else ''}"
    )


def alter_sequence(draw: Draw, schema: Schema) -> str:
    """Return ALTER SEQUENCE."""
    table = _table(draw, schema)
    tail = draw.one(
        (
            "RESTART",
            "RESTART WITH 50",
            "INCREMENT BY 5",
            "AS bigint",
            "CACHE 20",
            "MAXVALUE 100000",
            "OWNED BY NONE",
            f"OWNED BY {table.sql}.{draw.one(table.columns).sql}",
        )
    )
    return f"ALTER SEQUENCE {draw.maybe('IF EXISTS ', 0.2)}{draw.one(('free_seq', 'spare_seq'))} {tail}"


def create_routine(draw: Draw, schema: Schema) -> str:
    """Return CREATE FUNCTION or PROCEDURE."""
    table = _table(draw, schema)
    name = draw.fresh("new")
    return draw.one(
        (
            f"CREATE FUNCTION {name}() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
            "CREATE OR REPLACE FUNCTION f_stable() RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN 5; END'",
            f"CREATE FUNCTION {name}(a integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN a + 1"
            if schema.version >= 14
            else f"CREATE FUNCTION {name}(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 2'",
            f"CREATE FUNCTION {name}() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM {table.sql}'",
            f"CREATE PROCEDURE {name}() LANGUAGE plpgsql AS 'BEGIN NULL; END'",
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        )
    )


def alter_routine(draw: Draw, schema: Schema) -> str:
    """Return ALTER FUNCTION."""
    del schema
    routine = draw.one(
        ("FUNCTION f_stable()", "FUNCTION f_volatile()", "FUNCTION f_inlined(integer)")
    )
    return f"ALTER {routine} {draw.one(('STABLE', 'IMMUTABLE', 'VOLATILE', 'COST 200', 'SECURITY DEFINER', 'SET work_mem = ' + chr(39) + '8MB' + chr(39), 'STRICT'))}"


def call_routine(draw: Draw, schema: Schema) -> str:
    """Return CALL, and a SELECT that is nothing but a call."""
    table = _table(draw, schema)
    return draw.one(
        (
            "CALL p_nothing()",
            "CALL p_sql()",
            "SELECT f_volatile()",
            "SELECT f_stable()",
            "SELECT f_immutable(1)",
            "SELECT setval('free_seq', 90)",
            "SELECT nextval('free_seq')",
            "SELECT pg_sleep(0)",
            "SELECT pg_advisory_xact_lock(1)",
            "SELECT now()",
            f"SELECT pg_relation_size('{table.sql}')",
            "SELECT f_inlined(1)",
        )
    )


def anonymous_block(draw: Draw, schema: Schema) -> str:
    """Return DO."""
    table = _table(draw, schema)
    name = table.sql.replace('"', '"')
    body = draw.one(
        (
            "BEGIN NULL; END",
            "BEGIN RAISE NOTICE 'words'; END",
            f"BEGIN IF (SELECT count(*) FROM {name}) > 0 THEN RAISE EXCEPTION 'rows'; END IF; END",
            f"BEGIN UPDATE {name} SET {table.columns[0].sql} = {table.columns[0].sql}; END",
            f"BEGIN ALTER TABLE {name} ADD COLUMN done boolean; END",
            "BEGIN IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'mood') THEN CREATE TYPE mood AS ENUM ('a'); END IF; END",
            "BEGIN CREATE TYPE mood AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END",
            f"BEGIN ALTER TABLE {name} ADD CONSTRAINT done CHECK (true); EXCEPTION WHEN duplicate_object THEN NULL; END",
            "DECLARE r record; BEGIN FOR r IN SELECT 1 LOOP PERFORM 1; END LOOP; END",
            f"BEGIN EXECUTE 'COMMENT ON TABLE {name.replace(chr(34), chr(34))} IS NULL'; END",
        )
    )
    return f"DO $$ {body} $$"


# --- triggers, rules, rights ----------------------------------------------------------------


def create_trigger(draw: Draw, schema: Schema) -> str:
    """Return CREATE TRIGGER."""
    table = _any_table(draw, schema)
    name = draw.fresh("tr")
    event = draw.one(
        (
            "INSERT",
            "UPDATE",
            "DELETE",
            "INSERT OR UPDATE",
            f"UPDATE OF {draw.one(table.columns).sql}",
        )
    )
    if draw.chance(0.15):
        return (
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {event} ON {table.sql}"
            " DEFERRABLE FOR EACH ROW EXECUTE FUNCTION f_trigger()"
        )
    timing = draw.one(("BEFORE", "AFTER"))
    each = draw.one(("ROW", "ROW", "STATEMENT"))
    when = (
        " WHEN (OLD.* IS DISTINCT FROM NEW.*)"
        if each == "ROW" and event == "UPDATE" and draw.chance(0.4)
        else ""
    )
    head = "CREATE OR REPLACE" if schema.version >= 14 and draw.chance(0.2) else "CREATE"
    return f"{head} TRIGGER {name} {timing} {event} ON {table.sql} FOR EACH {each}{when} EXECUTE FUNCTION f_trigger()"


def create_rule(draw: Draw, schema: Schema) -> str:
    """Return CREATE RULE."""
    view = _view(draw, schema, materialized=False)
    table = draw.one((_table(draw, schema).sql, view.name))
    event = draw.one(("INSERT", "UPDATE", "DELETE"))
    return f"CREATE {draw.maybe('OR REPLACE ', 0.3)}RULE {draw.fresh('ru')} AS ON {event} TO {table} DO {draw.one(('INSTEAD', 'ALSO'))} NOTHING"


def change_policy(draw: Draw, schema: Schema) -> str:
    """Return CREATE or ALTER POLICY."""
    table = _table(draw, schema)
    column = draw.one(table.columns)
    if table.policies and draw.chance(0.6):
        return f"ALTER POLICY {table.policies[0]} ON {table.sql} USING ({column.sql} IS NULL)"
    other = _table(draw, schema)
    use = draw.one((f"{column.sql} IS NOT NULL", "true", f"EXISTS (SELECT 1 FROM {other.sql})"))
    return f"CREATE POLICY {draw.fresh('po')} ON {table.sql}{draw.one(('', ' FOR SELECT', ' FOR UPDATE'))} USING ({use})"


def _rights(draw: Draw, schema: Schema) -> str:
    table = _any_table(draw, schema)
    return draw.one(
        (
            f"SELECT ON {table.sql}",
            f"ALL ON {table.sql}",
            f"INSERT, UPDATE ON {table.sql}",
            "USAGE ON SCHEMA public",
            "USAGE ON SEQUENCE free_seq",
            "EXECUTE ON FUNCTION f_stable()",
            f"SELECT ({draw.one(table.columns).sql}) ON {table.sql}",
            "USAGE ON TYPE mood",
            "SELECT ON ALL TABLES IN SCHEMA public",
            f"SELECT ON {_view(draw, schema).name}",
        )
    )


def grant(draw: Draw, schema: Schema) -> str:
    """Return GRANT."""
    if draw.chance(0.1):
        return "GRANT generated_role TO generated_other"
    return f"GRANT {_rights(draw, schema)} TO {draw.one(('generated_role', 'PUBLIC'))}"


def revoke(draw: Draw, schema: Schema) -> str:
    """Return REVOKE."""
    return f"REVOKE {_rights(draw, schema)} FROM {draw.one(('generated_role', 'PUBLIC'))}"


def change_role(draw: Draw, schema: Schema) -> str:
    """Return what makes and changes roles."""
    del schema
    return draw.one(
        (
            "CREATE ROLE brand_new",
            "CREATE USER brand_new PASSWORD 'x'",
            "ALTER ROLE generated_role LOGIN",
            "ALTER ROLE generated_role SET work_mem = '8MB'",
            "DROP ROLE IF EXISTS missing_role",
            "ALTER DATABASE postgres SET work_mem = '8MB'",
            "ALTER ROLE generated_other NOINHERIT",
            "REASSIGN OWNED BY generated_other TO generated_role",
            "DROP OWNED BY generated_other",
            "CREATE ROLE brand_new NOLOGIN",
            "ALTER ROLE generated_role CONNECTION LIMIT 5",
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO generated_role",
            "ALTER USER generated_other VALID UNTIL 'infinity'",
            "ALTER ROLE generated_role RESET ALL",
            "CREATE GROUP brand_new",
            "ALTER ROLE generated_other RENAME TO brand_new",
        )
    )


# --- extensions, replication, the rest ---------------------------------------------------------


def create_extension(draw: Draw, schema: Schema) -> str:
    """Return CREATE EXTENSION."""
    del schema
    return draw.one(
        (
            "CREATE EXTENSION IF NOT EXISTS plpgsql",
            "CREATE EXTENSION plpgsql",
            "CREATE EXTENSION vector",
            "CREATE EXTENSION IF NOT EXISTS vector",
            "CREATE EXTENSION pg_trgm",
            "CREATE EXTENSION IF NOT EXISTS citext",
            "CREATE EXTENSION IF NOT EXISTS pgcrypto",
            'CREATE EXTENSION IF NOT EXISTS "uuid-ossp"',
            "CREATE EXTENSION btree_gist",
            "CREATE EXTENSION hstore",
        )
    )


def alter_extension(draw: Draw, schema: Schema) -> str:
    """Return ALTER EXTENSION."""
    del schema
    return draw.one(
        (
            "ALTER EXTENSION plpgsql UPDATE",
            "ALTER EXTENSION plpgsql ADD FUNCTION f_stable()",
            "ALTER EXTENSION plpgsql ADD TABLE parent",
            "ALTER EXTENSION plpgsql UPDATE TO '1.0'",
            "ALTER EXTENSION plpgsql ADD TYPE mood",
            "ALTER EXTENSION plpgsql ADD SEQUENCE free_seq",
        )
    )


def change_publication(draw: Draw, schema: Schema) -> str:
    """Return CREATE or ALTER PUBLICATION."""
    table = draw.one(schema.of_form("plain", "partitioned"))
    if schema.publications and draw.chance(0.5):
        return "ALTER PUBLICATION pub " + draw.one(
            (
                f"ADD TABLE {table.sql}",
                f"SET TABLE {table.sql}",
                f"DROP TABLE {table.sql}",
                "SET (publish = 'insert')",
            )
        )
    tail = draw.one(
        (
            "",
            f" FOR TABLE {table.sql}",
            f" FOR TABLE {table.sql}",
            " FOR ALL TABLES",
            f" FOR TABLE ONLY {table.sql}",
        )
    )
    return f"CREATE PUBLICATION {draw.fresh('pub')}{tail}"


def create_object(draw: Draw, schema: Schema) -> str:
    """Return CREATE of what no rule tells apart."""
    table = draw.one(schema.of_form("plain", "partitioned"))
    columns = [c.sql for c in table.columns if "btree" in c.kind.methods and not c.generated][:2]
    name = draw.fresh("new")
    pair = ", ".join(columns if len(columns) > 1 else ["id", "id"])
    return draw.one(
        (
            f"CREATE STATISTICS {name} ON {pair} FROM {table.sql}",
            f"CREATE STATISTICS {name} (ndistinct) ON {pair} FROM {table.sql}",
            f'CREATE COLLATION {name} FROM "C"',
            f"CREATE AGGREGATE {name} (integer) (SFUNC = int4pl, STYPE = integer)",
            "CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq)",
            f"CREATE TEXT SEARCH CONFIGURATION {name} (COPY = simple)",
            "CREATE CAST (mood AS integer) WITH INOUT",
            f"CREATE FOREIGN DATA WRAPPER {name}",
            f"CREATE CONVERSION {name} FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
            f"ALTER STATISTICS {schema.statistics[0] if schema.statistics else 'missing_stats'} SET STATISTICS 100",
        )
    )


# --- data --------------------------------------------------------------------------------------


def insert(draw: Draw, schema: Schema) -> str:
    """Return INSERT."""
    table = _table(draw, schema)
    columns = [c for c in table.columns if c.filled and not c.identity] or table.columns[:1]
    names = ", ".join(c.sql for c in columns)
    if draw.chance(0.35):
        values = ", ".join(c.kind.value for c in columns)
        return (
            f"INSERT INTO {table.sql} ({names}) SELECT {values} FROM generate_series(7001, 7005) g"
        )
    rows = []
    for number in range(draw.one((1, 1, 2))):
        values = ", ".join(f"({c.kind.value})" for c in columns)
        row = _with_number(values, str(5001 + number))
        rows.append(f"({row})")
    tail = draw.one(("", "", "", " ON CONFLICT DO NOTHING", " RETURNING 1"))
    return f"INSERT INTO {table.sql} ({names}) VALUES {', '.join(rows)}{tail}"


def _with_number(text: str, number: str) -> str:
    """Return a value's expression with a number for its row."""
    return _ROW.sub(number, text)


_ROW = re.compile(r"\bg\b(?=[^']*(?:'[^']*'[^']*)*$)")
"""The number of a row, outside of quotes."""


def _where(draw: Draw, table: Table) -> str:
    column = draw.one(table.columns)
    form = draw.number(1, 6)
    if form <= 2:
        return ""
    if form == 3 and table.key:
        return f" WHERE {table.columns[0].sql} = {table.columns[0].kind.literal}"
    if form == 4:
        return " WHERE false"
    return f" WHERE {draw_check(draw, column.sql, column.kind)}"


def update(draw: Draw, schema: Schema) -> str:
    """Return UPDATE."""
    table = _table(draw, schema)
    column = draw.one(
        [c for c in table.columns if not c.generated and c.identity != "ALWAYS"] or table.columns
    )
    value = draw.one((column.sql, "DEFAULT", column.kind.literal, "NULL"))
    other = _table(draw, schema)
    if draw.chance(0.1) and other is not table:
        return f"UPDATE {table.sql} x SET {column.sql} = {value if value != column.sql else 'NULL'} FROM {other.sql} y WHERE x.{table.columns[0].sql}::text = y.{other.columns[0].sql}::text"
    return f"UPDATE {table.sql} SET {column.sql} = {value}{_where(draw, table)}"


def delete(draw: Draw, schema: Schema) -> str:
    """Return DELETE."""
    table = _table(draw, schema)
    return f"DELETE FROM {table.sql}{_where(draw, table)}"


def merge(draw: Draw, schema: Schema) -> str:
    """Return MERGE."""
    table = _table(draw, schema)
    other = _table(draw, schema)
    column = draw.one(
        [c for c in table.columns if not c.generated and not c.identity] or table.columns
    )
    act = draw.one(
        (
            "WHEN MATCHED THEN DELETE",
            f"WHEN MATCHED THEN UPDATE SET {column.sql} = DEFAULT",
            "WHEN MATCHED THEN DO NOTHING",
            f"WHEN NOT MATCHED THEN INSERT ({column.sql}) VALUES (DEFAULT)",
        )
    )
    return f"MERGE INTO {table.sql} x USING {other.sql} y ON x.{table.columns[0].sql}::text = y.{other.columns[0].sql}::text {act}"


def truncate(draw: Draw, schema: Schema) -> str:
    """Return TRUNCATE."""
    names = ", ".join(t.sql for t in draw.some(schema.tables, 1, 1 + draw.chance(0.2)))
    return f"TRUNCATE {draw.one(('', 'TABLE '))}{names}{draw.maybe(' RESTART IDENTITY', 0.3)}{draw.maybe(' CASCADE', 0.3)}"


def copy(draw: Draw, schema: Schema) -> str:
    """Return COPY out, and COPY in from an empty file."""
    table = _any_table(draw, schema)
    names = ", ".join(c.sql for c in table.columns if not c.generated)
    return draw.one(
        (
            f"COPY {table.sql} ({names}) FROM '/dev/null'",
            f"COPY {table.sql} TO '/dev/null'",
            f"COPY (SELECT {names} FROM {table.sql}) TO '/dev/null'",
            f"COPY {table.sql} ({names}) FROM '/dev/null' WITH (FORMAT csv)",
        )
    )


def select(draw: Draw, schema: Schema) -> str:
    """Return a query."""
    text = query(draw, schema)
    form = draw.number(1, 8)
    if form == 1:
        return f"EXPLAIN {text}"
    if form == 2:
        return "SHOW work_mem"
    if form == 3:
        return "VALUES (1), (2)"
    if form == 4:
        table = _table(draw, schema)
        return f"SELECT {table.columns[0].sql} FROM {table.sql} {draw.one(('FOR UPDATE', 'FOR SHARE', 'FOR NO KEY UPDATE SKIP LOCKED'))}"
    return text


# --- transaction and session -------------------------------------------------------------------


def _one_of(*texts: str) -> Production:
    def production(draw: Draw, schema: Schema) -> str:
        del schema
        return draw.one(texts)

    return production


def lock_table(draw: Draw, schema: Schema) -> str:
    """Return LOCK TABLE."""
    modes = (
        "ACCESS SHARE",
        "ROW SHARE",
        "ROW EXCLUSIVE",
        "SHARE UPDATE EXCLUSIVE",
        "SHARE",
        "SHARE ROW EXCLUSIVE",
        "EXCLUSIVE",
        "ACCESS EXCLUSIVE",
    )
    name = _any_table(draw, schema).sql
    if draw.chance(0.15):
        name = _view(draw, schema, materialized=False).name
    mode = draw.one(("", f" IN {draw.one(modes)} MODE", f" IN {draw.one(modes)} MODE"))
    return f"LOCK {draw.one(('', 'TABLE ', 'TABLE ONLY '))}{name}{mode}{draw.maybe(' NOWAIT', 0.3)}"


def vacuum(draw: Draw, schema: Schema) -> str:
    """Return VACUUM and ANALYZE."""
    table = _any_table(draw, schema)
    column = draw.one(table.columns)
    return draw.one(
        (
            f"ANALYZE {table.sql}",
            f"ANALYZE {table.sql} ({column.sql})",
            f"ANALYZE VERBOSE {table.sql}",
            f"ANALYZE {_view(draw, schema, materialized=True).name}",
            f"VACUUM {table.sql}",
            f"VACUUM (ANALYZE) {table.sql}",
            f"VACUUM (FREEZE) {table.sql}",
            "ANALYZE",
        )
    )


PRODUCTIONS: dict[str, Production] = {
    "CreateTable": create_table,
    "CreateTableAs": create_table_as,
    "DropTable": drop_table,
    "RenameTable": rename_table,
    "SetSchema": set_schema,
    "CreateSchema": create_schema,
    "RenameColumn": rename_column,
    "RenameObject": rename_object,
    "CreateIndex": create_index,
    "DropIndex": drop_index,
    "Reindex": reindex,
    "AttachIndex": attach_index,
    "AttachPartition": attach_partition,
    "DetachPartition": detach_partition,
    "RewriteTable": rewrite,
    "SetTableOptions": set_options,
    "SetOwner": set_owner,
    "CreateView": create_view,
    "RefreshView": refresh_view,
    "DropObject": drop_object,
    "CommentOn": comment_on,
    "CreateEnum": create_enum,
    "AddEnumValue": add_enum_value,
    "RenameEnumValue": rename_enum_value,
    "CreateType": create_type,
    "CreateDomain": create_domain,
    "AlterDomain": alter_domain,
    "AlterCompositeType": alter_composite_type,
    "CreateSequence": create_sequence,
    "AlterSequence": alter_sequence,
    "CreateRoutine": create_routine,
    "AlterRoutine": alter_routine,
    "CallRoutine": call_routine,
    "AnonymousBlock": anonymous_block,
    "CreateTrigger": create_trigger,
    "CreateRule": create_rule,
    "ChangePolicy": change_policy,
    "Grant": grant,
    "Revoke": revoke,
    "ChangeRole": change_role,
    "CreateExtension": create_extension,
    "AlterExtension": alter_extension,
    "ChangePublication": change_publication,
    "CreateObject": create_object,
    "Insert": insert,
    "Update": update,
    "Delete": delete,
    "Merge": merge,
    "Truncate": truncate,
    "Copy": copy,
    "Select": select,
    "Begin": _one_of("BEGIN", "START TRANSACTION", "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY"),
    "Commit": _one_of("COMMIT", "END", "COMMIT WORK"),
    "Rollback": _one_of("ROLLBACK", "ABORT", "ROLLBACK WORK"),
    "Savepoint": _one_of("SAVEPOINT here", "SAVEPOINT there"),
    "SetParameter": _one_of(
        "SET lock_timeout = '2s'",
        "SET LOCAL statement_timeout = 5000",
        "SET search_path TO public",
        "SET TIME ZONE 'UTC'",
        "SELECT set_config('lock_timeout', '1s', true)",
        "SET ROLE generated_role",
    ),
    "ResetParameter": _one_of("RESET lock_timeout", "RESET ALL", "RESET search_path"),
    "TwoPhase": _one_of(
        "PREPARE TRANSACTION 'here'", "COMMIT PREPARED 'missing'", "ROLLBACK PREPARED 'missing'"
    ),
    "ExecutePrepared": _one_of("EXECUTE missing_plan", "EXECUTE missing_plan (1, 'x')"),
    "ImportForeignSchema": _one_of(
        "IMPORT FOREIGN SCHEMA public FROM SERVER missing_server INTO public",
        "IMPORT FOREIGN SCHEMA public LIMIT TO (t) FROM SERVER missing_server INTO public",
    ),
    "LockTable": lock_table,
    "Vacuum": vacuum,
    "NoOperation": _one_of(
        "LISTEN channel", "NOTIFY channel", "DEALLOCATE ALL", "UNLISTEN *", "CHECKPOINT"
    ),
}
"""Productions of whole statements, by the kind of operation that they are meant to be."""

WEIGHTS = {
    "AddColumn": 4,
    "DropColumn": 2,
    "AlterColumnType": 5,
    "AddConstraint": 5,
    "DropConstraint": 2,
    "SetNotNull": 2,
    "CreateTable": 2,
    "DropTable": 2,
    "CreateIndex": 3,
    "ValidateConstraint": 2,
    "AttachPartition": 2,
    "RewriteTable": 2,
    "DropObject": 2,
}
"""How often a kind comes in a round of all kinds; the others come once."""


def kinds() -> tuple[str, ...]:
    """Return every kind of a round, as often as it comes."""
    names = dict.fromkeys((*SUBCOMMANDS, *ALONE, *PRODUCTIONS))
    return tuple(name for name in names for _ in range(WEIGHTS.get(name, 1)))


def draw_statement(draw: Draw, schema: Schema, kind: str) -> str:
    """Return a statement that is meant to be of a kind."""
    if kind in PRODUCTIONS:
        return PRODUCTIONS[kind](draw, schema)
    return alter_table(draw, schema, kind)
