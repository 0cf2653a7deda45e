"""Row security: who sees other rows, and what does nothing."""

import pytest

from linting import found_by, lint_sql
from migsafe.model.findings import Confidence

RULE = "enable-row-security"
PLAIN = "CREATE TABLE t (id bigint PRIMARY KEY, v int); CREATE POLICY p ON t USING (v > 0);"
ON = f"{PLAIN} ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
FORCED = f"{ON} ALTER TABLE t FORCE ROW LEVEL SECURITY;"
ENABLE = "ALTER TABLE t ENABLE ROW LEVEL SECURITY"


@pytest.mark.parametrize(
    ("before", "sql", "severities"),
    [
        (PLAIN, ENABLE, ["warning"]),
        (ON, ENABLE, []),
        (ON, "ALTER TABLE t DISABLE ROW LEVEL SECURITY", ["warning"]),
        (PLAIN, "ALTER TABLE t DISABLE ROW LEVEL SECURITY", []),
        (PLAIN, "ALTER TABLE t FORCE ROW LEVEL SECURITY", []),
        (ON, "ALTER TABLE t FORCE ROW LEVEL SECURITY", ["warning"]),
        (FORCED, "ALTER TABLE t NO FORCE ROW LEVEL SECURITY", ["warning"]),
        (PLAIN, f"ALTER TABLE t FORCE ROW LEVEL SECURITY; {ENABLE}", ["warning", "warning"]),
        (PLAIN, "ALTER POLICY p ON t USING (v > 1)", []),
        (ON, "ALTER POLICY p ON t USING (v > 1)", ["warning"]),
        (ON, "CREATE POLICY q ON t USING (v > 1)", ["note"]),
        (ON, "CREATE POLICY q ON t AS PERMISSIVE USING (v > 1)", ["note"]),
        (ON, "CREATE POLICY q ON t AS RESTRICTIVE USING (v > 1)", ["warning"]),
        (PLAIN, "CREATE POLICY q ON t AS RESTRICTIVE USING (v > 1)", []),
        (PLAIN, f"CREATE POLICY q ON t USING (v > 1); {ENABLE}", ["warning"]),
        ("", f"CREATE POLICY q ON t USING (v > 1); {ENABLE}", ["warning"]),
        ("", "ALTER POLICY p ON t USING (v > 1)", ["warning"]),
        ("", f"CREATE TABLE t (v int); {ENABLE}; CREATE POLICY q ON t USING (v > 1)", []),
    ],
)
def test_it_is_reported_where_it_changes_what_running_code_sees(
    before: str, sql: str, severities: list[str]
) -> None:
    found = found_by(RULE, sql, schema=before, complete=bool(before))
    assert [str(one.severity) for one in found] == severities


@pytest.mark.parametrize(("before", "confidence"), [(ON, Confidence.HIGH), ("", Confidence.LOW)])
def test_a_policy_of_a_table_that_nobody_saw_may_do_nothing(
    before: str, confidence: Confidence
) -> None:
    [one] = found_by(RULE, "ALTER POLICY p ON t USING (v > 1)", schema=before)
    assert one.confidence is confidence


@pytest.mark.parametrize(("before", "reported"), [(PLAIN, False), (ON, True)])
def test_a_policy_that_nothing_asks_may_go(before: str, *, reported: bool) -> None:
    report = lint_sql("DROP POLICY p ON t", schema=before, complete=True)
    assert [one.rule for one in report.findings] == ["drop-object"] * reported
