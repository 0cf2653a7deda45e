"""Generated rows: what the schema allows, filled; what it does not, said."""

import psycopg
import pytest

from migsafe.verifying import rows

ODD = """
CREATE TYPE mood AS ENUM ('ok', 'bad');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN email AS text NOT NULL CHECK (VALUE LIKE '%@%' OR VALUE = 'root');
CREATE TYPE pair AS (a int, b text);
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mail text NOT NULL UNIQUE,
    status text NOT NULL CHECK (status IN ('new', 'old')),
    age smallint CHECK (age BETWEEN 18 AND 120), m mood, tags text[], r int4range, p positive,
    twice int GENERATED ALWAYS AS (age * 2) STORED, j jsonb, u uuid NOT NULL, pr pair,
    code char(3), n numeric(6, 2), b bit(5), e email, ip inet, mac macaddr,
    ts timestamptz NOT NULL, v varchar(5)
);
CREATE TABLE orders (
    id serial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users,
    parent int REFERENCES orders, a date, z date, CHECK (a < z)
);
CREATE TABLE profile (user_id bigint PRIMARY KEY REFERENCES users);
CREATE TABLE pairs (a bigint REFERENCES users, b int REFERENCES orders, PRIMARY KEY (a, b));
CREATE TABLE both_keys (a bigint, b int, FOREIGN KEY (a, b) REFERENCES pairs);
CREATE TABLE events (id int, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE hashed (id int PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE listed (k text NOT NULL) PARTITION BY LIST (k);
CREATE TABLE listed_0 PARTITION OF listed FOR VALUES IN ('eu', 'us');
CREATE TABLE apart (r tsrange, EXCLUDE USING gist (r WITH &&));
CREATE TABLE "Odd ""Table" ("Sel""ect" int NOT NULL CHECK ("Sel""ect" > 5), "group" text);
CREATE TABLE fenced (x int);
CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'boom'; END$$;
CREATE TRIGGER boom BEFORE INSERT ON fenced FOR EACH ROW EXECUTE FUNCTION boom();
CREATE TABLE nothing ();
"""
ROWS = 100


def filled(database: str, schema: str, seed: int = 1) -> tuple[str, ...]:
    with psycopg.connect(database, autocommit=True) as session:
        session.execute(schema.encode())
        return tuple(map(str, rows.fill(session, ROWS, seed)))


def counts(database: str) -> dict[str, int]:
    with psycopg.connect(database, autocommit=True) as session:
        names = session.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p')"
            " AND NOT relispartition AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        found: dict[str, int] = {}
        for (name,) in names:
            row = session.execute(f"SELECT count(*) FROM {name}".encode()).fetchone()
            assert row is not None
            found[name] = row[0]
        return found


@pytest.mark.postgres
def test_every_table_is_filled_whatever_its_types_keys_and_checks(database: str) -> None:
    assert filled(database, ODD) == ()
    assert {name: count for name, count in counts(database).items() if count != ROWS} == {}


@pytest.mark.postgres
def test_a_trigger_that_was_switched_off_is_on_again(database: str) -> None:
    filled(database, ODD)
    with (
        psycopg.connect(database, autocommit=True) as session,
        pytest.raises(psycopg.Error, match="boom"),
    ):
        session.execute("INSERT INTO fenced VALUES (1)")


@pytest.mark.postgres
def test_columns_that_may_be_null_are_null_in_some_rows_and_not_in_the_first(
    database: str,
) -> None:
    filled(database, "CREATE TABLE t (id int PRIMARY KEY, a text)")
    with psycopg.connect(database) as session:
        row = session.execute(
            "SELECT count(*) FILTER (WHERE a IS NULL) > 0,"
            " bool_or(a IS NULL) FILTER (WHERE id = 1), count(DISTINCT a) < count(a) FROM t"
        ).fetchone()
    assert row == (True, False, True)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (
            "CREATE TABLE t (x int NOT NULL CHECK (false))",
            "t: 0 rows instead of 100: more do not fit its keys and checks",
        ),
        (
            "CREATE TABLE t (x bool PRIMARY KEY)",
            "t: 2 rows instead of 100: more do not fit its keys and checks",
        ),
        (
            "CREATE TABLE t (x pg_mcv_list NOT NULL)",
            "t: no rows: no value of type pg_mcv_list can be made for x",
        ),
        (
            """CREATE TABLE a (id int PRIMARY KEY, b int);
            CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a);
            ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b""",
            "a: a cycle of foreign keys: b was filled afterwards",
        ),
    ],
)
def test_what_does_not_come_out_as_asked_is_said(database: str, schema: str, said: str) -> None:
    assert filled(database, schema) == (said,)


@pytest.mark.postgres
def test_the_seed_decides_the_rows(database: str) -> None:
    schema = "CREATE TABLE t (id int PRIMARY KEY, a int, b text)"
    found = []
    for seed in (1, 1, 2):
        filled(database, schema, seed)
        with psycopg.connect(database, autocommit=True) as session:
            found.append(session.execute("SELECT * FROM t ORDER BY id").fetchall())
            session.execute("DROP TABLE t")
    assert found[0] == found[1]
    assert found[0] != found[2]
