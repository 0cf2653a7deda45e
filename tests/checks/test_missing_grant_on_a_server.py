"""A server refuses, or lets through, what missing-grant says, and nothing where it is quiet."""

import psycopg
import pytest
from psycopg import sql

import servers
from linting import found_by

TABLES = """
CREATE TABLE a (x int, y int); CREATE TABLE b (x int); CREATE VIEW v AS SELECT x FROM a;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TABLE p (x int) PARTITION BY RANGE (x);
"""
GRANTED = f"{TABLES} GRANT SELECT ON ALL TABLES IN SCHEMA public TO {{role}};"
SHUT = f"{TABLES} REVOKE EXECUTE ON FUNCTION f FROM PUBLIC;"
CALLED = f"{SHUT} GRANT EXECUTE ON FUNCTION f TO {{role}};"
BY_COLUMNS = f"{TABLES} GRANT SELECT (x, y) ON a TO {{role}};"
VIEW_AGAIN = "DROP VIEW v; CREATE VIEW v AS SELECT x FROM a;"
FUNCTION_AGAIN = "DROP FUNCTION f; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';"
CLOSED = "ALTER DEFAULT PRIVILEGES {0} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;"
DENIED = "42501"


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("schema", "migration", "statement", "before", "after"),
    [
        (GRANTED, "CREATE TABLE n (x int)", "SELECT x FROM n", "42P01", DENIED),
        (GRANTED, "CREATE VIEW n AS SELECT 1 AS x", "SELECT x FROM n", "42P01", DENIED),
        (GRANTED, VIEW_AGAIN, "SELECT x FROM v", None, DENIED),
        (GRANTED, "DROP TABLE b; CREATE TABLE b (x int)", "SELECT x FROM b", None, DENIED),
        (BY_COLUMNS, "ALTER TABLE a ADD z int", "SELECT * FROM a", None, DENIED),
        (BY_COLUMNS, "ALTER TABLE a ADD z int", "SELECT z FROM a", "42703", DENIED),
        (SHUT, FUNCTION_AGAIN, "SELECT f()", DENIED, None),
        (SHUT, CLOSED.format("IN SCHEMA public") + FUNCTION_AGAIN, "SELECT f()", DENIED, None),
        (CALLED, CLOSED.format("") + FUNCTION_AGAIN, "SELECT f()", None, DENIED),
    ],
)
def test_what_is_reported_happens(
    schema: str,
    migration: str,
    statement: str,
    before: str | None,
    after: str | None,
    server: servers.Server,
) -> None:
    assert met(server, schema, migration, statement) == (True, before, after)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("schema", "migration", "statement"),
    [
        (GRANTED, "CREATE OR REPLACE VIEW v AS SELECT x FROM a WHERE x > 1", "SELECT x FROM v"),
        (GRANTED, f"{VIEW_AGAIN} GRANT SELECT ON v TO {{role}}", "SELECT x FROM v"),
        (GRANTED, "CREATE TABLE n PARTITION OF p DEFAULT; INSERT INTO n VALUES (1)", "TABLE p"),
        (GRANTED, "CREATE TABLE n () INHERITS (a); INSERT INTO n VALUES (1)", "SELECT x FROM a"),
        (
            f"{GRANTED} ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {{role}};",
            "CREATE TABLE n (x int)",
            "SELECT x FROM n",
        ),
        (GRANTED, "CREATE TABLE n (x int); GRANT SELECT ON n TO PUBLIC", "SELECT x FROM n"),
        (GRANTED, "CREATE TABLE n (x int); ALTER TABLE n OWNER TO {role}", "SELECT x FROM n"),
        (
            f"{GRANTED} GRANT pg_read_all_data TO {{role}};",
            "CREATE TABLE n (x int)",
            "SELECT x FROM n",
        ),
        (BY_COLUMNS, "ALTER TABLE a ADD z int; GRANT SELECT (z) ON a TO {role}", "TABLE a"),
        (
            CALLED,
            "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
            "SELECT f()",
        ),
        (CALLED, f"{FUNCTION_AGAIN} {CALLED.removeprefix(TABLES)}", "SELECT f()"),
    ],
)
def test_what_is_not_reported_works(
    schema: str, migration: str, statement: str, server: servers.Server
) -> None:
    reported, _, after = met(server, schema, migration, statement)
    assert (reported, after) == (False, None)


def met(
    server: servers.Server, schema: str, migration: str, statement: str
) -> tuple[bool, str | None, str | None]:
    """Return whether it is reported, and what a role's statement meets before and after it."""
    with server.database() as dsn, psycopg.connect(dsn, autocommit=True) as owner:
        role = f"role_of_{owner.info.dbname}"
        given, wanted = schema.replace("{role}", role), migration.replace("{role}", role)
        name = sql.Identifier(role)
        owner.execute(sql.SQL("CREATE ROLE {}").format(name))
        try:
            owner.execute(given.encode())
            # Some migrations give the role a table.
            owner.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(name))
            before = outcome(owner, role, statement)
            owner.execute(wanted.encode())
            after = outcome(owner, role, statement)
        finally:
            owner.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(name))
            owner.execute(sql.SQL("DROP ROLE {}").format(name))
    return bool(found_by("missing-grant", wanted, schema=given)), before, after


def outcome(owner: psycopg.Connection, role: str, statement: str) -> str | None:
    """Return the SQLSTATE that a role's statement meets, None where it works."""
    owner.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    try:
        owner.execute(statement.encode())
    except psycopg.Error as error:
        return error.sqlstate
    finally:
        owner.execute("RESET ROLE")
    return None
