"""What a comment silences, and what is said when it silences nothing."""

import json
from datetime import date

import pytest

from linting import TODAY, catalog, lint_sql, migration
from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.migration import Selection, Tree
from migsafe.model.record import replace
from migsafe.render import json as as_json
from migsafe.render import sarif

SCHEMA = "CREATE TABLE t (a int, b int, c int)"


def rules(sql: str, today: date = date(2026, 1, 1)) -> tuple[list[str], list[str]]:
    report = lint_sql(sql, schema=SCHEMA, today=today)
    return (
        [finding.rule for finding in report.findings],
        [finding.rule for finding in report.suppressed],
    )


@pytest.mark.parametrize(
    "sql",
    [
        "-- migsafe: ignore[drop-column]: b is unused since 1.2\nALTER TABLE t DROP COLUMN b;",
        "ALTER TABLE t DROP COLUMN b; -- migsafe: ignore[drop-column]: unused",
        "/* migsafe: ignore[drop-column]: unused */\nALTER TABLE t\n  DROP COLUMN b;",
        "-- migsafe: ignore[drop-column]: unused\n-- another comment\nALTER TABLE t DROP COLUMN b;",
        "SELECT 1;\n-- migsafe: ignore-file[drop-column]: squashed\nALTER TABLE t DROP b;",
        "-- migsafe: ignore[drop-column] until=2026-06-30: unused\nALTER TABLE t DROP COLUMN b;",
    ],
)
def test_a_comment_silences_the_rule_it_names(sql: str) -> None:
    assert rules(sql) == ([], ["drop-column"])


def test_a_comment_inside_a_statement_speaks_of_its_sub_command() -> None:
    sql = """ALTER TABLE t
  DROP COLUMN a,
  DROP COLUMN b, -- migsafe: ignore[drop-column]: b never held values
  DROP COLUMN c;"""
    assert rules(sql) == (["drop-column", "drop-column"], ["drop-column"])


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("ignore[drop-column]", "gives no reason"),
        ("ignore[drop-column]:", "gives no reason"),
        ("ignore[drop-column] until=2025-12-31: unused", "expired on 2025-12-31"),
        ("ignore[drop-column] until=soon: unused", "no date"),
        ("ignore[drop-colum]: unused", "did you mean 'drop-column'?"),
        ("ignore[]: unused", "names no rule"),
        ("ignore drop-column: unused", "is no directive"),
    ],
)
def test_a_comment_that_is_wrong_silences_nothing_and_is_reported(comment: str, said: str) -> None:
    report = lint_sql(f"-- migsafe: {comment}\nALTER TABLE t DROP COLUMN b;", schema=SCHEMA)
    assert [finding.rule for finding in report.findings] == ["unused-ignore", "drop-column"]
    assert said in report.findings[0].message


def test_a_comment_with_nothing_to_silence_is_reported() -> None:
    assert rules("-- migsafe: ignore[drop-table]: gone\nSELECT 1;") == (["unused-ignore"], [])


def test_a_comment_in_a_string_is_no_comment() -> None:
    sql = "SELECT '\n-- migsafe: ignore[drop-column]: no\n'; ALTER TABLE t DROP COLUMN b;"
    assert rules(sql) == (["drop-column"], [])


DROP = "ALTER TABLE t DROP COLUMN b;"


@pytest.mark.parametrize(
    "sql",
    [
        f"-- squawk-ignore ban-drop-column\n{DROP}",
        f"--squawk-ignore renaming-table,ban-drop-column,\n{DROP}",
        f"/* squawk-ignore ban-drop-column */\n{DROP}",
        f"{DROP} -- squawk-ignore ban-drop-column",
        "ALTER TABLE t\n  -- squawk-ignore ban-drop-column\n  DROP COLUMN b;",
        f"{DROP}\nSELECT 1;\n-- squawk-ignore-file ban-drop-column",
        f"-- squawk-ignore-file\n{DROP}",
    ],
)
def test_a_comment_of_squawk_silences_the_rules_that_say_the_same(sql: str) -> None:
    report = lint_sql(sql, schema=SCHEMA)
    assert report.findings == ()
    assert [(one.rule, one.silenced) for one in report.suppressed] == [
        ("drop-column", "squawk-ignore")
    ]
    assert report.remarks == ()


@pytest.mark.parametrize(
    "sql",
    [
        f"-- squawk-ignore\n{DROP}",
        f"-- squawk-ignore ban-drop-table\n{DROP}",
        f"-- squawk-ignore ban-drop-column\n\n{DROP}",
        f"-- squawk-ignore ban-drop-column\n-- another\n{DROP}",
        f"{DROP}\n-- squawk-ignore ban-drop-column",
        "-- squawk-ignore ban-drop-column\nALTER TABLE t\n  DROP COLUMN b;",
        f"SELECT '\n-- squawk-ignore-file ban-drop-column\n'; {DROP}",
    ],
)
def test_a_comment_that_squawk_does_not_hear_silences_nothing(sql: str) -> None:
    assert rules(sql) == (["drop-column"], [])


def test_a_comment_of_squawk_without_a_use_is_no_finding() -> None:
    assert rules("-- squawk-ignore ban-drop-table\nSELECT 1;") == ([], [])


def test_no_comment_of_squawk_hides_what_cannot_be_read() -> None:
    found, silenced = rules("-- squawk-ignore-file\nALTER TABL t;")
    assert (found, silenced) == (["unreadable-statement"], [])


def test_what_a_comment_of_squawk_names_and_nobody_judges_is_said_once() -> None:
    report = lint_sql(
        f"-- squawk-ignore require-statement-timeout, ban-drop-colum\n{DROP}\n"
        "-- squawk-ignore require-statement-timeout\nSELECT 1;",
        schema=SCHEMA,
    )
    (remark,) = report.remarks
    assert remark == (
        "squawk-ignore comments name what no rule of migsafe answers to: "
        "require-statement-timeout (0001.up.sql:1 and 1 more), ban-drop-colum (0001.up.sql:1). "
        "They silence nothing here."
    )


def test_the_reason_of_a_comment_is_reported_with_what_it_silences() -> None:
    report = lint_sql(f"-- migsafe: ignore[drop-column]: unused since 1.2\n{DROP}", schema=SCHEMA)
    assert [one.silenced for one in report.suppressed] == ["unused since 1.2"]
    assert json.loads(as_json.render(report))["suppressed"][0]["reason"] == "unused since 1.2"
    (result,) = json.loads(sarif.render(report))["runs"][0]["results"]
    assert result["suppressions"][0]["justification"] == "unused since 1.2"


# --- what a rule says once for several places ---------------------------------------------

IGNORE = "-- migsafe: ignore[{}]: known\n"


def run_of(*texts: str, rule: str) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Return where a rule reports and is silenced in migrations of their own."""
    migrations = tuple(
        replace(
            migration(sql),
            id=f"{number:04}",
            path=f"{number:04}.up.sql",
            up=replace(migration(sql).up, path=f"{number:04}.up.sql"),
        )
        for number, sql in enumerate(texts, 1)
    )
    tree = Tree(".", "golang-migrate", migrations)
    given = frozenset(each.id for each in migrations)
    settings = Settings(lock_timeout="file")
    report = lint((Selection(tree, given),), settings, Options(TODAY, base=catalog(SCHEMA)))
    return (
        [(each.place.path[:4], each.place.line) for each in report.findings if each.rule == rule],
        [(each.place.path[:4], each.place.line) for each in report.suppressed if each.rule == rule],
    )


def test_a_silenced_lock_leaves_those_of_other_migrations_to_be_reported() -> None:
    rule = "missing-lock-timeout"
    add, silent = "ALTER TABLE t ADD d int;", IGNORE.format(rule)
    assert run_of(add, f"{silent}{add}", rule=rule) == ([("0001", 1)], [("0002", 2)])
    assert run_of(f"{silent}{add}", add, rule=rule) == ([("0002", 1)], [("0001", 2)])
    assert run_of(f"{silent}{add}", f"{silent}{add}", rule=rule)[0] == []


def test_a_silenced_lock_leaves_the_next_of_its_migration_to_be_reported() -> None:
    rule = "missing-lock-timeout"
    sql = f"{IGNORE.format(rule)}ALTER TABLE t ADD d int;\nALTER TABLE t ADD e int;"
    assert run_of(sql, rule=rule) == ([("0001", 3)], [("0001", 2)])


@pytest.mark.parametrize(
    ("rule", "up", "down"),
    [
        (
            "replace-view-or-function",
            "{}CREATE OR REPLACE VIEW v AS TABLE t;\nCREATE OR REPLACE VIEW w AS TABLE t;",
            None,
        ),
        ("leaking-setting", "{}SET search_path = a;\nSET ROLE b;", None),
        (
            "downgrade-fails-on-data",
            "ALTER TABLE t ALTER a DROP NOT NULL;",
            "{}ALTER TABLE t ALTER a SET NOT NULL;\nALTER TABLE t ALTER b SET NOT NULL;",
        ),
        (
            "lossy-downgrade",
            "ALTER TABLE t ADD d int; ALTER TABLE t ADD e int; UPDATE t SET d = a, e = b;",
            "{}ALTER TABLE t DROP d;\nALTER TABLE t DROP e;",
        ),
        (
            "create-index",
            "DROP INDEX i; DROP INDEX j;",
            "{}CREATE INDEX i ON t (a);\nCREATE INDEX j ON t (b);",
        ),
    ],
)
def test_silence_for_one_of_several_is_none_for_the_others(
    rule: str, up: str, down: str | None
) -> None:
    schema = f"{SCHEMA}; CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT a FROM t"

    def lines(comment: str) -> tuple[list[int], list[int]]:
        report = lint_sql(
            up.replace("{}", comment),
            schema=schema,
            down=None if down is None else down.replace("{}", comment),
        )
        return (
            [each.place.line for each in report.findings if each.rule == rule],
            [each.place.line for each in report.suppressed if each.rule == rule],
        )

    assert lines("") == ([1], [])
    assert lines(IGNORE.format(rule)) == ([3], [2])
