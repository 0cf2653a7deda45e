"""The catalog after a script is what a server has after it."""

from pathlib import Path

import psycopg
import pytest

from migsafe.catalog.catalog import Catalog
from migsafe.model.operations import (
    Check,
    Exclusion,
    ForeignKey,
    NotNull,
    PrimaryKey,
    Unique,
)
from migsafe.parsers.postgres import read_statement

TEXT = (Path(__file__).parent / "scripts.sql").read_text("utf-8")
SCRIPTS = {
    section.partition("\n")[0]: section.partition("\n")[2].strip().removesuffix(";")
    for section in TEXT.removeprefix("-- ").split("\n-- ")
}

KINDS = {Check: "c", ForeignKey: "f", Unique: "u", PrimaryKey: "p", Exclusion: "x", NotNull: "n"}
Seen = dict[str, list[tuple[object, ...]]]
QUERIES = {
    "tables": """
        SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND {own}""",
    "columns": """
        SELECT n.nspname, c.relname, a.attname, NOT a.attnotnull,
            a.atthasdef AND a.attgenerated = '', a.attidentity <> '', a.attgenerated <> ''
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {own}""",
    "constraints": """
        SELECT n.nspname, c.relname, k.conname, k.contype::text, k.convalidated,
            f.relname, pg_get_constraintdef(k.oid) LIKE '%%NO INHERIT%%'
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class f ON f.oid = k.confrelid
        WHERE k.contype <> 'n' AND {own}""",
    "indexes": """
        SELECT n.nspname, i.relname, c.relname, x.indisunique, x.indisvalid, p.relname
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
        JOIN pg_class c ON c.oid = x.indrelid
        JOIN pg_namespace n ON n.oid = i.relnamespace
        LEFT JOIN pg_inherits h ON h.inhrelid = i.oid LEFT JOIN pg_class p ON p.oid = h.inhparent
        WHERE {own}""",
    "sequences": """
        SELECT n.nspname, s.relname, c.relname, a.attname FROM pg_class s
        JOIN pg_namespace n ON n.oid = s.relnamespace
        LEFT JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
        LEFT JOIN pg_class c ON c.oid = d.refobjid
        LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE s.relkind = 'S' AND {own}""",
    "views": """
        SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('v', 'm') AND {own}""",
}
OWN = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"


def on_the_server(dsn: str, script: str) -> Seen:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(script)
        return {
            what: sorted(connection.execute(query.format(own=OWN).replace("%%", "%")), key=repr)
            for what, query in QUERIES.items()
        }


def in_the_catalog(script: str) -> Seen:
    catalog = Catalog.empty(complete=True)
    for sql in script.split(";"):
        for operation in read_statement(sql.strip()):
            catalog = catalog.apply(operation, "m")
    tables = catalog.tables()
    found: Seen = {
        "tables": [(table.name.schema or "public", table.name.name) for table in tables],
        "columns": [
            (
                table.name.schema or "public",
                table.name.name,
                column.name,
                column.nullable,
                column.default is not None,
                column.identity is not None,
                column.generated is not None,
            )
            for table in tables
            for column in table.columns
        ],
        "constraints": [
            (
                table.name.schema or "public",
                table.name.name,
                state.name,
                KINDS[type(state.constraint)],
                getattr(state.constraint, "valid", True),
                state.constraint.referenced.name
                if isinstance(state.constraint, ForeignKey)
                else None,
                isinstance(state.constraint, Check) and state.constraint.no_inherit,
            )
            for table in tables
            for state in catalog.constraints(table.name)
        ],
        "indexes": [
            (
                index.name.schema or "public",
                index.name.name,
                index.table.name,
                index.unique,
                index.valid,
                None if index.parent is None else index.parent.name,
            )
            for table in tables
            for index in catalog.indexes(table.name)
        ],
        "sequences": [
            (
                state.name.schema or "public",
                state.name.name,
                *(
                    (None, None)
                    if state.owned_by is None
                    else (state.owned_by[0].name, state.owned_by[1])
                ),
            )
            for state in catalog.facts.sequences.values()
        ],
        "views": [
            (view.name.schema or "public", view.name.name) for view in catalog.facts.views.values()
        ],
    }
    return {what: sorted(rows, key=repr) for what, rows in found.items()}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_the_catalog_has_what_the_server_has(script: str, database: str) -> None:
    assert in_the_catalog(script) == on_the_server(database, script)
