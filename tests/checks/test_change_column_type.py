import pytest

from linting import ROLE, lint_sql
from migsafe.config import Settings
from migsafe.model.findings import Finding
from migsafe.model.record import replace

TABLE = (
    "CREATE TABLE t (id bigint PRIMARY KEY, short varchar(20), label text, count integer,"
    " price numeric(8, 2), at timestamp);"
)


def found(sql: str, schema: str = TABLE, settings: Settings = ROLE) -> list[Finding]:
    report = lint_sql(sql, schema=schema, settings=settings)
    return [each for each in report.findings if each.rule.endswith("column-type")]


@pytest.mark.parametrize(
    ("column", "type", "expected"),
    [
        ("short", "text", [("change-column-type", "note")]),
        ("price", "numeric(10, 2)", [("change-column-type", "note")]),
        ("price", "numeric", [("change-column-type", "note")]),
        ("count", "bigint", [("change-column-type", "error")]),
        ("count", "smallint", [("narrow-column-type", "error")]),
        ("price", "numeric(8, 1)", [("narrow-column-type", "error")]),
        ("label", "integer", [("change-column-type", "error")]),
        ("label", "jsonb USING label::jsonb", [("narrow-column-type", "error")]),
        ("at", "timestamptz", [("change-column-type", "error")]),
        ("short", "varchar(10)", [("narrow-column-type", "error")]),
        ("short", "varchar(20)", []),
    ],
)
def test_a_change_of_type_is_judged_by_its_worst_effect(
    column: str, type: str, expected: list[tuple[str, str]]
) -> None:
    one = found(f"ALTER TABLE t ALTER {column} TYPE {type}")
    assert [(each.rule, str(each.severity)) for each in one] == expected


def test_a_small_table_is_rewritten_in_no_time_but_its_readers_are_old() -> None:
    small = replace(ROLE, small_tables=("t",))
    [one] = found("ALTER TABLE t ALTER count TYPE bigint", settings=small)
    assert "rewritten" not in one.message


def test_running_code_does_not_know_a_column_of_this_deploy() -> None:
    sql = "ALTER TABLE t ADD n integer; ALTER TABLE t ALTER n TYPE bigint"
    [one] = found(sql)
    assert "running code" not in one.message


def test_a_column_of_this_deploy_on_a_small_table_is_nobodys_harm() -> None:
    sql = "ALTER TABLE t ADD n varchar(5); ALTER TABLE t ALTER n TYPE text"
    assert found(sql) == []
