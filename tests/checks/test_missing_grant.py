"""Which new objects lack what history granted on others, and which do not."""

import pytest

from linting import found_by

TABLES = "CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE c (id int);"
GRANTED = f"{TABLES} GRANT SELECT, INSERT ON a, b, c TO app;"
NEW = "CREATE TABLE n (id int);"
FUNCTION = "CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT 1';"
REPLACED = FUNCTION.replace("CREATE", "CREATE OR REPLACE")
CALLED = "GRANT EXECUTE ON FUNCTION f TO app;"
SHUT = "REVOKE ALL ON FUNCTION f(int) FROM PUBLIC;"
CLOSED_BY_DEFAULT = "ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM PUBLIC;"
BOTH = "GRANT SELECT, INSERT ON a TO app"
VIEWS = f"""
{GRANTED}
CREATE VIEW v AS SELECT 1 AS one; CREATE VIEW w AS SELECT 1 AS one;
GRANT SELECT ON v, w TO reporting;
"""
AGAIN = f"DROP FUNCTION f; {FUNCTION}"
UNREAD = "DO $$ BEGIN EXECUTE something(); END $$;"


def found(schema: str, sql: str, *, down: str | None = None) -> list[tuple[str, str, str]]:
    return [
        (str(each.severity), str(each.confidence), each.help.partition(", in ")[0])
        for each in found_by("missing-grant", sql, schema=schema, down=down)
    ]


MISSING = [("warning", "high", "GRANT SELECT, INSERT ON n TO app")]


@pytest.mark.parametrize(
    ("schema", "sql"),
    [
        (GRANTED, NEW),
        (GRANTED, "CREATE TABLE n AS SELECT 1 AS id WITH NO DATA;"),
        (GRANTED, "CREATE TABLE m (id int); ALTER TABLE m RENAME TO n;"),
        (GRANTED, f"{NEW} GRANT SELECT ON n TO reporting;"),
        (GRANTED, f"{NEW} GRANT SELECT ON n TO app; REVOKE SELECT ON n FROM app;"),
        (GRANTED, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO app; {NEW}"),
        (GRANTED, f"{NEW} DO $$ BEGIN GRANT SELECT ON a TO app; END $$;"),
        (f"{GRANTED} ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO other;", NEW),
        (f"{GRANTED} ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO app;", NEW),
        (f"{GRANTED} GRANT app TO other;", f"{NEW} GRANT SELECT ON n TO other;"),
        (f"{GRANTED} ALTER TABLE a OWNER TO app;", "CREATE TABLE n (id int);"),
        (f"CREATE TABLE d (id int); {GRANTED}", NEW),
        (f"{UNREAD} {GRANTED}", NEW),
        ("GRANT SELECT, INSERT ON a, b TO app;", NEW),
        (f"CREATE VIEW v AS SELECT 1 AS one; {GRANTED}", NEW),
    ],
)
def test_a_new_table_lacks_what_most_have(schema: str, sql: str) -> None:
    assert found(schema, sql) == MISSING


@pytest.mark.parametrize(
    ("schema", "sql"),
    [
        (TABLES, NEW),
        ("CREATE TABLE a (id int); GRANT SELECT ON a TO app;", NEW),
        (f"{TABLES} GRANT SELECT ON a, b TO app;", NEW),
        (f"{TABLES} GRANT SELECT (id) ON a, b, c TO app;", NEW),
        (f"{GRANTED} CREATE TABLE d (id int); CREATE TABLE e (id int);", NEW),
        (f"{GRANTED} GRANT SELECT ON a, b, c TO CURRENT_USER; DROP OWNED BY app;", NEW),
        (GRANTED, f"{NEW} GRANT INSERT ON n TO app;"),
        (GRANTED, f"{NEW} GRANT SELECT (id) ON n TO app;"),
        (GRANTED, f"{NEW} GRANT SELECT, INSERT ON n TO PUBLIC;"),
        (GRANTED, f"{NEW} GRANT SELECT ON ALL TABLES IN SCHEMA public TO app;"),
        (GRANTED, f"{NEW} DO $$ BEGIN GRANT SELECT ON n TO app; END $$;"),
        (GRANTED, f"{NEW} ALTER TABLE n OWNER TO app;"),
        (GRANTED, f"SET ROLE app; {NEW} RESET ROLE;"),
        (GRANTED, f"{NEW} {UNREAD}"),
        (GRANTED, f"{NEW} DROP TABLE n;"),
        (GRANTED, "CREATE TEMP TABLE n (id int);"),
        (GRANTED, "CREATE TABLE s.n (id int);"),
        (GRANTED, "CREATE TABLE n () INHERITS (a);"),
        (GRANTED, "CREATE TABLE IF NOT EXISTS a (id int);"),
        (f"{GRANTED} GRANT group_of_all TO app;", f"{NEW} GRANT SELECT ON n TO group_of_all;"),
        (f"{GRANTED} ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO app;", NEW),
        (f"{GRANTED} ALTER DEFAULT PRIVILEGES FOR ROLE x GRANT SELECT ON TABLES TO app;", NEW),
        (f"{TABLES} GRANT SELECT ON a, b, c TO app; GRANT pg_read_all_data TO app;", NEW),
        (f"{TABLES} GRANT INSERT ON a, b, c TO app; GRANT pg_write_all_data TO app;", NEW),
        (f"{GRANTED} REVOKE ALL ON b, c FROM app;", NEW),
        (GRANTED, f"{NEW} REVOKE ALL ON a, b, c FROM app;"),
        (GRANTED, f"DROP TABLE b; DROP TABLE c; {NEW}"),
    ],
)
def test_a_new_table_is_granted_or_there_is_no_custom(schema: str, sql: str) -> None:
    assert found(schema, sql) == []


@pytest.mark.parametrize(
    ("schema", "sql"),
    [
        (f"{GRANTED} {UNREAD}", NEW),
        (GRANTED, f"{UNREAD} {NEW}"),
        (GRANTED, "CREATE TABLE IF NOT EXISTS n (id int);"),
    ],
)
def test_it_is_not_sure_where_something_unread_may_have_granted_it(schema: str, sql: str) -> None:
    assert found(schema, sql) == [("warning", "low", "GRANT SELECT, INSERT ON n TO app")]


@pytest.mark.parametrize(
    ("schema", "sql", "helps"),
    [
        (GRANTED, "CREATE VIEW n AS SELECT 1 AS one", ["GRANT SELECT ON n TO app"]),
        (VIEWS, "CREATE VIEW n AS SELECT 1 AS one", ["GRANT SELECT ON n TO reporting"]),
        (GRANTED, "CREATE MATERIALIZED VIEW n AS SELECT 1 AS one", ["GRANT SELECT ON n TO app"]),
        (GRANTED, "CREATE TEMP VIEW n AS SELECT 1 AS one", []),
        (GRANTED, "CREATE VIEW n AS SELECT 1 AS one; GRANT SELECT ON n TO app", []),
        (GRANTED, "CREATE OR REPLACE VIEW n AS SELECT 1 AS one", ["GRANT SELECT ON n TO app"]),
        (
            GRANTED,
            "CREATE VIEW n AS SELECT 1 AS one; CREATE OR REPLACE VIEW n AS SELECT 1 AS one",
            ["GRANT SELECT ON n TO app"],
        ),
    ],
)
def test_a_new_view_is_compared_with_views_if_there_are_some(
    schema: str, sql: str, helps: list[str]
) -> None:
    assert [text for _, _, text in found(schema, sql)] == helps


@pytest.mark.parametrize(
    ("sql", "helps"),
    [
        ("DROP TABLE a; CREATE TABLE a (id int)", [BOTH]),
        (
            "DROP TABLE a; CREATE TABLE a (id int); GRANT SELECT ON a TO app",
            ["GRANT INSERT ON a TO app"],
        ),
        ("DROP TABLE a; CREATE TABLE a (id int); GRANT ALL ON a TO app", []),
        (
            "DROP TABLE a; CREATE TABLE IF NOT EXISTS a (id int)",
            ["GRANT SELECT, INSERT ON a TO app"],
        ),
        ("ALTER TABLE a RENAME TO old; CREATE VIEW a AS SELECT id FROM old", [BOTH]),
        ("CREATE TABLE s.a (id int); DROP TABLE a; ALTER TABLE s.a SET SCHEMA public", [BOTH]),
        (f"DROP TABLE a; CREATE TABLE a (id int); {UNREAD}", []),
        ("DROP TABLE a", []),
    ],
)
def test_what_takes_the_place_of_another_lacks_what_that_one_had(
    sql: str, helps: list[str]
) -> None:
    assert [text for _, _, text in found(GRANTED, sql)] == helps


@pytest.mark.parametrize(
    ("schema", "sql", "severity"),
    [
        (f"{FUNCTION} {SHUT}", AGAIN, "error high"),
        (SHUT, f"DROP FUNCTION IF EXISTS f(int); {FUNCTION}", None),
        (f"{FUNCTION} {SHUT}", f"{AGAIN} {SHUT}", None),
        (f"{FUNCTION} {SHUT}", f"{AGAIN} {CALLED}", "error high"),
        (
            f"{FUNCTION} {SHUT} GRANT EXECUTE ON FUNCTION f TO app;",
            f"{AGAIN} {SHUT}",
            "warning high",
        ),
        (f"{FUNCTION} {SHUT} {UNREAD}", AGAIN, "error low"),
        (f"{FUNCTION} {SHUT}", f"{AGAIN} {UNREAD}", None),
        (FUNCTION, AGAIN, None),
        (f"{FUNCTION} {SHUT}", REPLACED, None),
        (f"{FUNCTION} {SHUT}", FUNCTION.replace("x int", "x text"), None),
        (
            f"{FUNCTION} {SHUT}",
            f"DROP FUNCTION f; {FUNCTION.replace('int)', 'text)')}",
            "error high",
        ),
        (f"{FUNCTION} {SHUT} {CLOSED_BY_DEFAULT}", AGAIN, None),
        (f"{FUNCTION} {CLOSED_BY_DEFAULT}", AGAIN, "warning high"),
        (f"{REPLACED} {CLOSED_BY_DEFAULT}", AGAIN, None),
        (f"{FUNCTION} {SHUT}", f"{AGAIN} DROP FUNCTION f;", None),
    ],
)
def test_a_function_made_anew_is_open_again(schema: str, sql: str, severity: str | None) -> None:
    expected = [] if severity is None else [severity]
    assert [f"{level} {sure}" for level, sure, _ in found(schema, sql)] == expected


COLUMNS = "CREATE TABLE t (a int, b int, c int, d int);"
THREE = f"{COLUMNS} GRANT SELECT (a, b, c) ON t TO app;"
WRITTEN = f"{COLUMNS} GRANT INSERT (a, b, c) ON t TO app;"
READ = ["GRANT SELECT (n) ON t TO app"]


@pytest.mark.parametrize(
    ("schema", "sql", "helps"),
    [
        (THREE, "ADD n int", READ),
        (f"{COLUMNS} GRANT SELECT (a, b) ON t TO app;", "ADD n int", []),
        (f"{COLUMNS} GRANT SELECT (a, b) ON t TO app;", "DROP c, DROP d, ADD n int", READ),
        (WRITTEN, "ADD n int", ["GRANT INSERT (n) ON t TO app"]),
        (WRITTEN, "ADD n int GENERATED ALWAYS AS (a) STORED", []),
        (f"{COLUMNS} GRANT REFERENCES (a, b, c) ON t TO app;", "ADD n int", []),
        (f"{THREE} GRANT SELECT ON t TO app;", "ADD n int", []),
        (f"{THREE} GRANT SELECT ON t TO PUBLIC;", "ADD n int", []),
        (THREE, "ADD n int; GRANT SELECT (n) ON t TO app", []),
        (THREE, "ADD n int, DROP n", []),
        (THREE, f"ADD n int; {UNREAD}", []),
        ("CREATE TABLE t (a int); GRANT SELECT (a) ON t TO app;", "ADD n int", []),
    ],
)
def test_a_new_column_lacks_what_most_columns_have(schema: str, sql: str, helps: list[str]) -> None:
    assert [text for _, _, text in found(schema, f"ALTER TABLE t {sql}")] == helps


def test_a_table_whose_columns_are_not_all_known_makes_it_unsure() -> None:
    (one,) = found("GRANT SELECT (a, b) ON t TO app;", "ALTER TABLE t ADD n int")
    assert one == ("warning", "low", "GRANT SELECT (n) ON t TO app")


def test_the_way_down_is_not_asked() -> None:
    assert found(GRANTED, "DROP TABLE a", down="CREATE TABLE a (id int)") == []


COLUMNS = "CREATE TABLE t (a int, b int); GRANT SELECT (a, b) ON t TO app;"


@pytest.mark.parametrize(
    ("schema", "said", "confidence"),
    [
        (f"CREATE ROLE app; {COLUMNS}", "by app fails (42501)", "high"),
        (COLUMNS, "by app may fail (42501)", "low"),
        (f"CREATE ROLE app IN ROLE boss; {COLUMNS}", "by app may fail (42501)", "low"),
    ],
)
def test_a_star_surely_fails_only_where_all_is_known_that_the_role_belongs_to(
    schema: str, said: str, confidence: str
) -> None:
    [one] = found_by("missing-grant", "ALTER TABLE t ADD COLUMN c int", schema=schema)
    assert said in one.message
    assert str(one.confidence) == confidence
