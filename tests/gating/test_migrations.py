"""What the gate makes of a lint report."""

import pytest

from linting import ROLE, TODAY, catalog, lint_sql, migration
from migsafe.gating.migrations import stage_one
from migsafe.lint import Options, lint
from migsafe.model.code import CodeChange, Uses
from migsafe.model.migration import Selection, Tree
from migsafe.model.verdict import Verdict

SCHEMA = "CREATE TABLE t (a int NOT NULL, b int)"


@pytest.mark.parametrize(
    ("sql", "verdict", "codes"),
    [
        ("ALTER TABLE t ADD COLUMN c int", Verdict.SAFE, []),
        ("CREATE INDEX CONCURRENTLY i ON t (b)", Verdict.UNSAFE, ["concurrently-in-transaction"]),
        ("ALTER TABLE t DROP COLUMN b", Verdict.UNSAFE, ["drop-column"]),
        ("SELECT 'open", Verdict.INCONCLUSIVE, ["not-understood"]),
        ("ALTER TABLE unseen ALTER c TYPE text", Verdict.INCONCLUSIVE, ["change-column-type"]),
        (
            "ALTER TABLE t DROP COLUMN b; -- migsafe: ignore[drop-column]: never written",
            Verdict.SAFE,
            ["override"],
        ),
        (
            "-- migsafe: ignore[create-index]: t is tiny\nCREATE INDEX i ON t (b)",
            Verdict.SAFE,
            [],
        ),
    ],
)
def test_gate_opens_only_for_what_is_known_to_be_safe(
    sql: str, verdict: Verdict, codes: list[str]
) -> None:
    answer = stage_one(lint_sql(sql, schema=SCHEMA))
    assert (answer.verdict, [reason.code for reason in answer.reasons]) == (verdict, codes)


def test_a_shut_gate_names_the_next_command() -> None:
    answer = stage_one(lint_sql("DROP TABLE t", schema=SCHEMA))
    assert answer.next == "migsafe plan 0001.up.sql"


@pytest.mark.parametrize(
    ("sql", "verdict"),
    [
        ("ALTER TABLE users ALTER COLUMN name SET DEFAULT 'x';", Verdict.SAFE),
        ("ALTER TABLE users ADD COLUMN fax text;", Verdict.SAFE),
        (
            "ALTER TABLE users ADD CONSTRAINT c CHECK (name <> '') NOT VALID;",
            Verdict.INCONCLUSIVE,
        ),
    ],
)
def test_code_that_cannot_be_read_leaves_the_gate_inconclusive(sql: str, verdict: Verdict) -> None:
    broken = (Uses("app/models.py", (), "not Python"),)
    one = migration(sql)
    selection = Selection(Tree(".", "golang-migrate", (one,)), frozenset({one.id}))
    schema = catalog("CREATE TABLE users (id bigint PRIMARY KEY, name text);")
    options = Options(today=TODAY, base=schema, code=lambda _: CodeChange(after=broken))
    assert stage_one(lint((selection,), ROLE, options)).verdict is verdict
