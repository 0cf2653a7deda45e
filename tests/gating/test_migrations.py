"""What the gate makes of a lint report."""

import pytest

from linting import lint_sql
from migsafe.gating.migrations import stage_one
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
