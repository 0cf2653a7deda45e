"""Who may use what, as far as history shows it; scripts of live.sql are held against servers."""

import pytest

from migsafe.catalog.blocks import giving_rights
from migsafe.catalog.catalog import Catalog
from migsafe.catalog.comparing import digest
from migsafe.catalog.schema import Right, Rights
from migsafe.catalog.text import same_arguments, without_defaults
from migsafe.model.expressions import Name
from migsafe.model.operations import ObjectKind
from migsafe.model.origin import SectionName
from migsafe.parsers.sql import Placement, read_sql

TABLE, FUNCTION = ObjectKind.TABLE, ObjectKind.FUNCTION
T = Name("t")
MADE = "CREATE TABLE t (a int, b int);"
FUNCTION_MADE = "CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT 1';"
TWO_ROUTINES = """
    CREATE FUNCTION g() RETURNS void LANGUAGE sql AS '{0}';
    CREATE FUNCTION g(x int DEFAULT 1) RETURNS void LANGUAGE sql AS '{0}';
"""
"""Nobody knows which of them a call means."""
PASSED_ON = "GRANT ALL ON t TO app WITH GRANT OPTION;"
CLOSED = "REVOKE ALL ON FUNCTION f FROM PUBLIC;"
DEFAULT = "ALTER DEFAULT PRIVILEGES"
READ = "GRANT SELECT ON TABLES TO app;"
SOMEBODY = "SELECT set_config('role', current_setting('app.role'), false);"
OPEN = (Right("PUBLIC", "EXECUTE"),)
READS = (Right("app", "SELECT"),)


def after(script: str, *, complete: bool = False) -> Catalog:
    catalog = Catalog.empty(complete=complete)
    for statement in read_sql(script, Placement("x.sql", SectionName.UP)).statements:
        catalog = catalog.apply_all(statement.operations, "m")
    return catalog


def on_t(script: str) -> Rights:
    return after(script).rights(TABLE, T)


@pytest.mark.parametrize(
    ("script", "known"),
    [
        (MADE, True),
        (f"{MADE} GRANT SELECT ON t TO app;", True),
        ("GRANT SELECT ON t TO app;", False),
        ("ALTER TABLE t ADD COLUMN c int; GRANT SELECT ON t TO app;", False),
        ("CREATE TABLE IF NOT EXISTS t (a int);", False),
        ("CREATE OR REPLACE VIEW t AS SELECT 1 AS a;", False),
        ("CREATE VIEW t AS SELECT 1 AS a;", True),
        ("DROP VIEW IF EXISTS t; CREATE OR REPLACE VIEW t AS SELECT 1 AS a;", True),
        (f"{MADE} DO $$ BEGIN EXECUTE something(); END $$;", False),
        (f"DO $$ BEGIN EXECUTE something(); END $$; {MADE}", True),
        (f"{MADE} {TWO_ROUTINES.format('GRANT SELECT ON t TO app')} SELECT g();", False),
        (f"{MADE} {TWO_ROUTINES.format('DELETE FROM t')} SELECT g();", True),
        (f"{MADE} NOTHING THAT IS SQL;", False),
        (f"{SOMEBODY} {MADE}", False),
        (f"{MADE} {SOMEBODY}", True),
        (f"{SOMEBODY} RESET ROLE; {MADE}", True),
        (f"{SOMEBODY} SET ROLE app; {MADE}", True),
        (f"{MADE} {SOMEBODY} GRANT SELECT ON t TO CURRENT_USER;", False),
        (f"{MADE} {SOMEBODY} GRANT SELECT ON t TO app;", True),
        (f"{MADE} {SOMEBODY} REVOKE SELECT ON t FROM CURRENT_USER;", False),
        (f"{MADE} {SOMEBODY} ALTER TABLE t OWNER TO CURRENT_USER;", False),
        (f"{MADE} ALTER TABLE t OWNER TO CURRENT_USER;", True),
        (f"{MADE} ALTER TABLE t RENAME TO s; ALTER TABLE s RENAME TO t;", True),
        (f"{MADE} {PASSED_ON} REVOKE ALL ON t FROM app;", True),
        (f"{MADE} {PASSED_ON} REVOKE ALL ON t FROM app CASCADE;", False),
    ],
)
def test_rights_are_known_where_nothing_unread_can_have_changed_them(
    script: str, *, known: bool
) -> None:
    assert on_t(script).known is known


def test_a_grant_does_not_say_what_it_is_about() -> None:
    catalog = after("GRANT SELECT ON t TO app;", complete=True)
    assert catalog.table(T) is None
    assert catalog.rights(TABLE, T).granted == READS


@pytest.mark.parametrize(
    ("script", "granted"),
    [
        (FUNCTION_MADE, OPEN),
        (f"{FUNCTION_MADE} {CLOSED}", ()),
        (f"{FUNCTION_MADE} REVOKE ALL ON FUNCTION f(text) FROM PUBLIC;", OPEN),
        (f"REVOKE ALL ON FUNCTION f(int) FROM PUBLIC; {FUNCTION_MADE}", OPEN),
        (f"{DEFAULT} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; {FUNCTION_MADE}", ()),
        (f"{DEFAULT} IN SCHEMA public REVOKE ALL ON FUNCTIONS FROM PUBLIC; {FUNCTION_MADE}", OPEN),
        (f"{FUNCTION_MADE} {CLOSED} DROP FUNCTION f; {FUNCTION_MADE}", OPEN),
    ],
)
def test_everyone_may_call_a_new_function_unless_default_privileges_say_otherwise(
    script: str, granted: tuple[Right, ...]
) -> None:
    assert after(script).rights(FUNCTION, Name("f")).granted == granted


@pytest.mark.parametrize(
    ("before", "surely", "perhaps"),
    [
        (f"{DEFAULT} {READ}", READS, ()),
        (f"{DEFAULT} FOR ROLE maker {READ}", (), READS),
        (f"{DEFAULT} FOR ROLE maker {READ} SET ROLE maker;", READS, ()),
        (f"{DEFAULT} FOR ROLE maker {READ} SET ROLE other;", (), ()),
        (f"{DEFAULT} FOR ROLE CURRENT_USER IN SCHEMA public {READ}", READS, ()),
        (f"{DEFAULT} {READ} SET ROLE maker;", (), READS),
        (f"{DEFAULT} {READ} {SOMEBODY}", (), READS),
        (f"{SOMEBODY} {DEFAULT} {READ} RESET ROLE;", (), READS),
        (f"{SOMEBODY} {DEFAULT} {READ}", (), READS),
        (f"{DEFAULT} IN SCHEMA s {READ}", (), ()),
        (f"{DEFAULT} {READ} {DEFAULT} REVOKE ALL ON TABLES FROM app;", (), ()),
        (f"{DEFAULT} {READ} ALTER ROLE app RENAME TO b; ALTER ROLE b RENAME TO app;", READS, ()),
        (f"CREATE SCHEMA s; {DEFAULT} IN SCHEMA s {READ} ALTER SCHEMA s RENAME TO u;", (), ()),
    ],
)
def test_default_privileges_are_those_of_the_role_that_makes_the_object(
    before: str, surely: tuple[Right, ...], perhaps: tuple[Right, ...]
) -> None:
    found = on_t(f"{before} {MADE}")
    assert (found.granted, found.perhaps) == (surely, perhaps)


@pytest.mark.parametrize(
    ("script", "owner"),
    [
        (MADE, None),
        (f"SET ROLE maker; {MADE}", "maker"),
        (f"SET ROLE maker; RESET ROLE; {MADE}", None),
        (f"SET ROLE maker; SET ROLE NONE; {MADE}", None),
        (f"BEGIN; SET LOCAL ROLE maker; COMMIT; {MADE}", None),
        (f"SET SESSION AUTHORIZATION maker; {MADE}", "maker"),
        (f"{MADE} ALTER TABLE t OWNER TO other;", "other"),
        (f"{MADE} ALTER TABLE t OWNER TO other; REASSIGN OWNED BY other TO app;", "app"),
        (f"{MADE} ALTER TABLE t OWNER TO other; ALTER ROLE other RENAME TO app;", "app"),
    ],
)
def test_the_owner_is_the_role_that_was_set_or_the_one_that_it_was_given_to(
    script: str, owner: str | None
) -> None:
    assert on_t(script).owner == owner


@pytest.mark.parametrize(
    ("script", "granted"),
    [
        ("GRANT SELECT ON t TO old; ALTER ROLE old RENAME TO app;", READS),
        ("GRANT SELECT ON t TO app, gone; DROP OWNED BY gone;", READS),
        ("GRANT SELECT ON t TO CURRENT_USER;", ()),
        ("GRANT SELECT ON t TO app; SET ROLE other; REVOKE SELECT ON t FROM CURRENT_USER;", READS),
        ("GRANT SELECT ON t TO app; SET ROLE app; REVOKE SELECT ON t FROM CURRENT_USER;", ()),
        ("DO $$ BEGIN IF true THEN GRANT SELECT ON t TO app; END IF; END $$;", READS),
        ("GRANT SELECT ON LARGE OBJECT 1 TO app; GRANT SET ON PARAMETER x TO app;", ()),
    ],
)
def test_rights_follow_the_roles(script: str, granted: tuple[Right, ...]) -> None:
    assert on_t(f"{MADE} {script}").granted == granted


def test_the_block_that_plans_write_copies_rights() -> None:
    body = giving_rights("'t'", "'s.\"Odd\"'")
    catalog = after(
        f"{MADE} GRANT ALL ON t TO app; GRANT SELECT (a) ON t TO other; CREATE SCHEMA s;"
        f' CREATE VIEW s."Odd" AS SELECT a FROM t; DO $${body}$$;'
    )
    found = catalog.rights(ObjectKind.VIEW, Name("Odd", "s"))
    assert found.known
    assert [(right.privilege, right.column) for right in found.granted if right.role == "app"] == [
        (privilege, None) for privilege in ("DELETE", "INSERT", "SELECT", "UPDATE")
    ]


def test_a_role_is_also_what_it_belongs_to() -> None:
    catalog = after("GRANT a, b TO c; GRANT c TO d; GRANT e TO d; REVOKE e FROM d;")
    assert catalog.roles_of("d") == {"a", "b", "c", "d"}
    assert after("GRANT a TO b; DROP ROLE a;").roles_of("b") == {"b"}


@pytest.mark.parametrize(
    ("script", "roles"),
    [
        ("CREATE ROLE d LOGIN PASSWORD 'IN ROLE x' IN ROLE a, b;", {"a", "b", "d"}),
        ("CREATE GROUP a USER d;", {"a", "d"}),
        ("CREATE ROLE a ADMIN c, d;", {"a", "d"}),
        ("ALTER GROUP a ADD USER d;", {"a", "d"}),
        ("GRANT a TO d; ALTER GROUP a DROP USER d;", {"d"}),
    ],
)
def test_roles_and_groups_are_made_with_members(script: str, roles: set[str]) -> None:
    assert after(script).roles_of("d") == roles


@pytest.mark.parametrize(
    ("script", "known"),
    [
        ("CREATE ROLE d;", True),
        ("CREATE ROLE a; CREATE ROLE d IN ROLE a;", True),
        ("CREATE ROLE d IN ROLE a;", False),
        ("GRANT a TO d;", False),
        ("CREATE ROLE d; DO $$ BEGIN EXECUTE something(); END $$;", False),
        ("CREATE ROLE d; DROP ROLE d;", False),
    ],
)
def test_what_a_role_belongs_to_is_known_of_roles_that_history_made(
    script: str, *, known: bool
) -> None:
    assert after(script).knows_roles_of("d") is known


def test_a_complete_schema_knows_every_membership() -> None:
    assert after("", complete=True).knows_roles_of("d")


@pytest.mark.parametrize(
    ("arguments", "without"),
    [
        ("a text DEFAULT 'x, y DEFAULT z', b int", "a text, b int"),
        ("a numeric(8, 2) = 1, OUT b int", "a numeric(8, 2), OUT b int"),
        ("a int[] DEFAULT ARRAY[1, 2], VARIADIC b text[]", "a int[], VARIADIC b text[]"),
        ("", ""),
    ],
)
def test_no_argument_has_a_default_where_it_is_granted(arguments: str, without: str) -> None:
    assert without_defaults(arguments) == without


def test_an_overload_is_known_by_its_types_whatever_its_defaults_hold() -> None:
    assert same_arguments("a text DEFAULT 'x, y', b int DEFAULT 1", "text, int")
    assert not same_arguments("a text DEFAULT 'x, y'", "text, int")


def test_rights_count_in_a_digest_only_where_there_are_some() -> None:
    plain = digest(after(MADE + FUNCTION_MADE))
    undone = "GRANT SELECT ON t TO app; REVOKE ALL ON t FROM app;"
    assert digest(after(MADE + FUNCTION_MADE + undone)) == plain
    assert digest(after(MADE + FUNCTION_MADE + "GRANT SELECT ON t TO app;")) != plain
    assert digest(after(MADE + FUNCTION_MADE + "REVOKE ALL ON FUNCTION f FROM PUBLIC;")) != plain
