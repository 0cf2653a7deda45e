"""The laws of the rulebook, held over every rule and every pair of rules by the pages' examples."""

from collections import defaultdict

import pytest

from linting import catalog, lint_sql
from migsafe import rulebook
from migsafe.config import Settings
from migsafe.model.findings import ROLLBACK_HAZARDS, Finding, Hazard, Severity
from migsafe.model.origin import Runner, SectionName
from migsafe_dev.pages.examples import Example, examples, pragmas, schema_of, split
from rulepages import lint_example

EXAMPLES = tuple(example for rule_id in rulebook.ids() for example in examples(rule_id))
SQL = tuple(example for example in EXAMPLES if example.language == "sql")

LOCKS = frozenset(
    {Hazard.BLOCKS_READS, Hazard.BLOCKS_WRITES, Hazard.REWRITES_TABLE, Hazard.SCANS_TABLE}
)
NEEDS_ROWS_OR_READERS = LOCKS | ROLLBACK_HAZARDS | {Hazard.FAILS_ON_EXISTING_DATA}
OF_THE_WAY_DOWN = frozenset(
    {"lossy-downgrade", "downgrade-fails-on-data", "downgrade-not-inverse"}
)

TWO_HARMS = {
    ("add-check", "restrict-writes"): "who waits for the scan; whose rows are refused",
    ("add-column-foreign-key", "restrict-writes"): "who waits for the scan; whose rows are refused",
    ("add-exclusion-constraint", "restrict-writes"): "who waits for the build; whose rows are refused",
    ("add-foreign-key", "restrict-writes"): "who waits for the scan; whose rows are refused",
    ("add-primary-key", "restrict-writes"): "who waits for the build; whose rows are refused",
    ("add-unique-constraint", "downgrade-fails-on-data"): "who waits for the build; what fails it",
    ("add-unique-constraint", "restrict-writes"): "who waits for the build; whose rows are refused",
    ("backfill-in-schema-transaction", "backfill-without-sync"): "who waits; which rows stay empty",
    ("backfill-without-sync", "whole-table-update"): "which rows stay empty; who waits",
    ("concurrently-in-transaction", "detach-inheritance"): "one runner refuses it; under another "
    "the rows are missed",
    ("create-index", "restrict-writes"): "who waits for the build; whose rows are refused",
    ("create-index", "duplicate-index"): "who waits for the build; what every write keeps then",
    ("foreign-key-without-index", "restrict-writes"): "what a DELETE reads; what it is refused",
    ("contract-before-expand", "drop-column"): "whether new code fails too; whose statements fail",
    ("drop-column", "schema-and-code-together"): "whose statements fail; which deploy is which",
    ("rename-column", "schema-and-code-together"): "whose statements fail; which deploy is which",
    ("enum-value-unknown-to-old-code", "schema-and-code-together"): "whose statements fail; which "
    "deploy is which",
    ("rename-object", "schema-and-code-together"): "whose statements fail; which deploy is which",
    ("schema-and-code-together", "set-schema"): "whose statements fail; which deploy is which",
    ("restrict-writes", "schema-and-code-together"): "whose rows are refused; which deploy is which",
    ("create-index", "wide-lock-window"): "writers wait for the build; readers for a lock before it",
    ("detach-inheritance", "detach-partition"): "which rows are missed; who waits for the lock",
    ("drop-cascade", "drop-column"): "what goes unnamed with it; who reads the column",
    ("drop-cascade", "drop-object"): "what goes unnamed with it; who uses the object",
    ("drop-cascade", "drop-table"): "what goes unnamed with it; who reads the table",
    ("drop-column", "stale-routine"): "whose statements name the column; which bodies do",
    ("drop-index", "drop-uniqueness"): "who waits for the lock; what old upserts name",
    ("drop-partition", "drop-table"): "who waits for the parent; who reads the partition",
    ("missing-grant", "replace-view-or-function"): "who may no longer use it; what it answers",
    ("not-rerunnable", "restrict-writes"): "what a second run meets; whose rows are refused",
    ("rename-table", "stale-routine"): "whose statements name the table; which bodies do",
    ("set-not-null", "wide-lock-window"): "who waits for the scan; who for a lock before it",
    ("enum-value-unknown-to-old-code", "missing-downgrade"): "who reads it; that it is there to stay",
}
"""Rules that may speak of one operation: the harm of each. Any other pair sees one harm twice."""


def test_one_harm_is_one_finding() -> None:
    seen: dict[tuple[str, str], str] = {}
    for example in EXAMPLES:
        rules_at = defaultdict(set)
        for finding in lint_example(example).findings:
            rules_at[finding.focus, finding.section].add(finding.rule)
        for rules in rules_at.values():
            for pair in ((a, b) for a in rules for b in rules if a < b):
                seen.setdefault(pair, example.name)
    assert {pair: name for pair, name in seen.items() if pair not in TWO_HARMS} == {}
    assert sorted(TWO_HARMS.keys() - seen.keys()) == []


def judged(example: Example, up: str, *, schema: str = "", down: str | None = None) -> list[Finding]:
    given = pragmas(example)
    settings = Settings(
        lock_timeout="role", server_version=int(given.get("server-version", "0")) or None
    )
    runner = Runner.NONE if given.get("transaction") == "none" else Runner.FILE
    report = lint_sql(up, schema=schema, down=down, runner=runner, settings=settings)
    return list(report.findings)


@pytest.mark.parametrize(
    "example", [one for one in SQL if schema_of(one)], ids=lambda example: example.name
)
def test_what_the_same_deploy_makes_has_no_rows_and_no_readers(example: Example) -> None:
    made = catalog(schema_of(example))
    found = [
        f"{finding.rule}: {finding.message}"
        for finding in judged(example, f"{schema_of(example)};\n{split(example)[1]}")
        if finding.relations
        and all(made.table(relation.name) is not None for relation in finding.relations)
        and not NEEDS_ROWS_OR_READERS.isdisjoint(finding.hazards)
    ]
    assert found == []


@pytest.mark.parametrize("example", SQL, ids=lambda example: example.name)
def test_the_way_down_is_one_note_about_locks_and_nothing_about_old_code(example: Example) -> None:
    found = [
        finding
        for finding in judged(example, "SELECT 1", schema=schema_of(example), down=split(example)[1])
        if finding.section is SectionName.DOWN and finding.rule not in OF_THE_WAY_DOWN
    ]
    locks = [finding for finding in found if not LOCKS.isdisjoint(finding.hazards)]
    assert [finding.severity for finding in locks] in ([], [Severity.NOTE])
    assert [
        finding.rule for finding in found if not ROLLBACK_HAZARDS.isdisjoint(finding.hazards)
    ] == []
