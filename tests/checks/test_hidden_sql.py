"""Programs that a migration runs: what is read is judged, what is not is said."""

import pytest

from linting import lint_sql
from migsafe.model.origin import Runner
from migsafe.model.verdict import Verdict


@pytest.mark.parametrize(
    ("sql", "rules", "understood"),
    [
        ("DO $$ BEGIN ALTER TABLE a DROP COLUMN b; END $$", ["drop-column"], True),
        ("DO $$ BEGIN RAISE EXCEPTION 'no'; END $$", [], True),
        ("DO $$ BEGIN EXECUTE 'DROP TABLE ' || current_schema(); END $$", ["hidden-sql"], False),
        (
            "DO $$ BEGIN DROP TABLE a; EXECUTE current_setting('a.b'); END $$",
            ["drop-table", "hidden-sql"],
            False,
        ),
        ("DO LANGUAGE plperl $$ 1 $$", ["hidden-sql"], False),
        ("SELECT make_partition('a')", ["hidden-sql"], False),
        ("CALL make_partition('a')", ["hidden-sql"], False),
        ("DO $$ BEGIN PERFORM make_partition('a'); END $$", ["hidden-sql"], False),
        ("SELECT setval('a_id_seq', 3)", [], True),
        ("SELECT pg_catalog.set_config('search_path', '', false)", ["leaking-setting"], True),
    ],
)
def test_what_a_program_runs_is_judged(sql: str, rules: list[str], *, understood: bool) -> None:
    report = lint_sql(sql)
    assert sorted(each.rule for each in report.findings) == rules
    assert report.understood == understood


def test_a_program_that_was_not_read_leaves_the_verdict_open() -> None:
    assert lint_sql("CALL make_partition('a')").verdict is Verdict.INCONCLUSIVE


_ROUTINE = """CREATE FUNCTION f(t text) RETURNS void LANGUAGE {language} AS $$ {body} $$;
SELECT f('orders');"""


@pytest.mark.parametrize(
    ("language", "body", "rules"),
    [
        ("sql", "DROP TABLE orders", ["drop-table", "stale-routine"]),
        ("plpgsql", "BEGIN EXECUTE 'DROP TABLE ' || quote_ident(t); END", ["drop-table"]),
        ("plpgsql", "BEGIN EXECUTE format('DROP TABLE %I', tg_name); END", ["hidden-sql"]),
        ("plpgsql", "BEGIN PERFORM f(t); END", ["hidden-sql"]),
        ("plpgsql", "BEGIN RETURN; END", []),
    ],
)
def test_the_body_of_a_called_routine_is_judged(language: str, body: str, rules: list[str]) -> None:
    report = lint_sql(_ROUTINE.format(language=language, body=body))
    assert [each.rule for each in report.findings] == rules


def test_a_routine_that_is_only_defined_is_not_judged() -> None:
    defined, _, _ = _ROUTINE.format(language="sql", body="DROP TABLE orders").rpartition("SELECT")
    assert not lint_sql(defined).findings


def test_statements_of_a_block_share_a_transaction_where_none_is_open() -> None:
    block = "DO $$ BEGIN ALTER TABLE a ADD b int; UPDATE a SET b = 1; END $$"
    rules = {each.rule for each in lint_sql(block, runner=Runner.NONE).findings}
    assert "backfill-in-schema-transaction" in rules


def test_a_finding_stands_at_its_statement_inside_the_block() -> None:
    (one,) = lint_sql("DO $$\nBEGIN\n  DROP TABLE a;\nEND $$;").findings
    assert (one.place.line, one.focus.line, one.focus.column) == (1, 3, 3)
