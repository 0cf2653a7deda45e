"""How many rows a WHERE lets through."""

import pytest

from linting import catalog
from migsafe.effects.reach import Reach, reach_of, reach_of_merge
from migsafe.model.expressions import Name
from migsafe.model.operations import Delete, Merge, Update
from migsafe.model.origin import SectionName
from migsafe.parsers.sql import Placement, read_sql

SCHEMA = """
CREATE TABLE t (id bigint PRIMARY KEY, email text UNIQUE, a int NOT NULL, b int NOT NULL, n int,
    UNIQUE (a, b));
CREATE UNIQUE INDEX t_n_idx ON t (n) WHERE n > 0;
"""


def reach(sql: str, schema: str = SCHEMA) -> Reach:
    (statement,) = read_sql(sql, Placement("x.sql", SectionName.UP)).statements
    (operation,) = statement.operations
    if isinstance(operation, Merge):
        return reach_of_merge(operation, catalog(schema))
    assert isinstance(operation, Update | Delete)
    return reach_of(operation.table, operation.where, catalog(schema), operation.sql)


@pytest.mark.parametrize(
    "where",
    [
        "id = 7",
        "t.id = 7",
        "id IN (7, 8)",
        "id = ANY (ARRAY[7, 8])",
        "email = 'a@example.org' AND n > 3",
        "a = 1 AND b = 2",
        "id BETWEEN 1 AND 1000",
        "id >= 1 AND id < 1000",
        "id > 0 AND n IS NULL AND id <= 1000",
        "id = '7'::bigint",
        "id = $1",
        "id IN ($1, $2)",
        "id >= $1 AND id < $2",
    ],
)
def test_a_key_fixed_or_enclosed_reaches_few_rows(where: str) -> None:
    assert reach(f"UPDATE t SET n = 1 WHERE {where}") is Reach.FEW


@pytest.mark.parametrize(
    "where",
    [
        "n = 7",
        "n = $1",
        "a = 1",
        "id > 7",
        "id <> 7 AND id < 100",
        "id = 7 OR n = 8",
        "id NOT IN (7)",
        "id = n",
        "id IN (SELECT id FROM u)",
        "lower(email) = 'x'",
        "email LIKE 'x%'",
        "n IS NOT NULL",
        "id IS NOT NULL AND n = 1",
        "EXISTS (SELECT 1 FROM u WHERE u.id = t.id)",
    ],
)
def test_another_condition_reaches_nobody_knows_how_many(where: str) -> None:
    assert reach(f"UPDATE t SET n = 1 WHERE {where}") is Reach.UNKNOWN


@pytest.mark.parametrize(
    "where",
    [
        "true",
        "1 = 1",
        "'a' = 'a'",
        "NOT false",
        "id IS NOT NULL",
        "id = id",
        "a IS NOT NULL AND true",
    ],
)
def test_a_tautology_reaches_all(where: str) -> None:
    assert reach(f"DELETE FROM t WHERE {where}") is Reach.ALL


@pytest.mark.parametrize("where", ["false", "1 = 0", "NULL", "id = 7 AND false", "n > 1 AND 1 = 2"])
def test_a_contradiction_reaches_none(where: str) -> None:
    assert reach(f"UPDATE t SET n = 1 WHERE {where}") is Reach.NONE


def test_no_condition_reaches_all() -> None:
    assert reach("UPDATE t SET n = 1") is Reach.ALL


@pytest.mark.parametrize(
    ("rows", "expected"),
    [("(VALUES (1, 2), (3, 4)) AS v (id, n)", Reach.FEW), ("v", Reach.UNKNOWN)],
)
def test_a_join_reaches_few_rows_only_if_its_rows_are_literal(rows: str, expected: Reach) -> None:
    assert reach(f"UPDATE t SET n = v.n FROM {rows} WHERE t.id = v.id") is expected


@pytest.mark.parametrize("beyond", ["OR true", "IS NOT true"])
def test_a_comparison_in_something_else_bounds_nothing(beyond: str) -> None:
    join = "UPDATE t SET n = v.n FROM (VALUES (1, 2)) AS v (id, n) WHERE t.id = v.id"
    assert reach(f"{join} {beyond}") is Reach.UNKNOWN
    assert reach(f"UPDATE t SET n = 1 WHERE id = 7 {beyond}") is Reach.UNKNOWN


LIST = "(VALUES (1, 2)) AS v (key, n)"
WRITES = "WHEN MATCHED THEN UPDATE SET n = v.n"


@pytest.mark.parametrize(
    ("merge", "expected"),
    [
        (f"t USING {LIST} ON t.id = v.key {WRITES}", Reach.FEW),
        (f"t USING {LIST} ON v.key = id {WRITES}", Reach.FEW),
        (f"t AS x USING {LIST} ON v.key::bigint = x.id AND v.n > 0 {WRITES}", Reach.FEW),
        (f"t USING {LIST} ON t.a = v.key AND t.b = v.n {WRITES}", Reach.FEW),
        (f"t USING {LIST} ON t.a = v.key {WRITES}", Reach.UNKNOWN),
        (f"t USING {LIST} ON true {WRITES}", Reach.UNKNOWN),
        (f"t USING {LIST} ON t.id > v.key {WRITES}", Reach.UNKNOWN),
        (f"t USING {LIST} ON t.id = v.key OR v.n = 2 {WRITES}", Reach.UNKNOWN),
        (f"t USING {LIST} ON t.id = v.key IS NOT true {WRITES}", Reach.UNKNOWN),
        (f"t USING (VALUES (1)) AS v (id) ON v.id = t.n {WRITES}", Reach.UNKNOWN),
        (f"t USING generate_series(1, 9) AS v ON v = t.id {WRITES}", Reach.UNKNOWN),
        (f"t USING u AS v ON v.id = t.id {WRITES}", Reach.UNKNOWN),
        (f"t USING {LIST} ON t.id = v.key WHEN NOT MATCHED BY SOURCE THEN DELETE", Reach.UNKNOWN),
        ("t USING u ON u.id = t.id WHEN NOT MATCHED THEN INSERT (id) VALUES (1)", Reach.NONE),
    ],
)
def test_a_merge_reaches_few_rows_only_where_literal_rows_are_joined_by_a_key(
    merge: str, expected: Reach
) -> None:
    assert reach(f"MERGE INTO {merge}") is expected


def test_a_merge_behind_a_query_of_its_own_reaches_nobody_knows_how_many() -> None:
    merge = f"MERGE INTO t USING {LIST} ON t.id = v.key {WRITES}"
    assert reach(f"WITH w AS (SELECT 1) {merge}") is Reach.UNKNOWN


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ("", Reach.FEW),
        ("CREATE TABLE t (id bigint)", Reach.UNKNOWN),
        ("CREATE TABLE t (id bigint, name text PRIMARY KEY)", Reach.UNKNOWN),
    ],
)
def test_id_is_taken_for_a_key_only_where_the_keys_are_not_known(
    schema: str, expected: Reach
) -> None:
    assert reach("UPDATE t SET n = 1 WHERE id = 7", schema) is expected


def test_names_of_keys_are_compared_as_the_server_folds_them() -> None:
    schema = 'CREATE TABLE t ("Id" bigint PRIMARY KEY, n int)'
    assert reach('UPDATE t SET n = 1 WHERE "Id" = 7', schema) is Reach.FEW
    assert reach_of(Name("t"), None, catalog(schema)) is Reach.ALL
