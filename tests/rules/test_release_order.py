"""Which code meets which schema: `release-order` and `rollback-horizon` in what findings say."""

import pytest

from linting import found_by
from migsafe import rulebook
from migsafe.config import Settings
from migsafe_dev.pages.examples import Example, examples
from rulepages import lint_example

UNTIL_GONE = "until its last process is gone, and again after every rollback to it"
EXAMPLES = [example for rule_id in rulebook.ids() for example in examples(rule_id)]
OF_OLD_CODE = [
    example
    for example in EXAMPLES
    if any(UNTIL_GONE in finding.message for finding in lint_example(example).findings)
]
CODE_FIRST = Settings(release_order="code-first")
TWO_BACK = Settings(rollback_horizon=2)
BOTH = Settings(release_order="code-first", rollback_horizon=3)


def test_the_rules_about_old_code_are_among_the_examples() -> None:
    rules = {
        finding.rule
        for example in OF_OLD_CODE
        for finding in lint_example(example).findings
        if UNTIL_GONE in finding.message
    }
    assert len(rules) >= 20


@pytest.mark.parametrize("example", OF_OLD_CODE, ids=lambda example: example.name)
def test_the_settings_change_no_finding_but_its_words(example: Example) -> None:
    usual = lint_example(example).findings
    for settings in (CODE_FIRST, TWO_BACK, BOTH):
        configured = lint_example(example, settings).findings
        assert [(f.rule, f.severity, f.place) for f in configured] == [
            (f.rule, f.severity, f.place) for f in usual
        ]


@pytest.mark.parametrize("example", OF_OLD_CODE, ids=lambda example: example.name)
def test_where_code_ships_first_old_code_comes_back_only_with_a_rollback(example: Example) -> None:
    for usual, found in zip(
        lint_example(example).findings,
        lint_example(example, CODE_FIRST).findings,
        strict=True,
    ):
        assert "last process" not in found.message
        if UNTIL_GONE in usual.message:
            assert "after every rollback to it" in found.message or "until this has run" in (
                found.message
            )


@pytest.mark.parametrize("example", OF_OLD_CODE, ids=lambda example: example.name)
def test_a_longer_horizon_counts_the_versions_that_may_come_back(example: Example) -> None:
    for usual, found in zip(
        lint_example(example).findings,
        lint_example(example, TWO_BACK).findings,
        strict=True,
    ):
        assert UNTIL_GONE not in found.message
        if UNTIL_GONE in usual.message:
            assert (
                "until the last process of the 2 versions before is gone, and again after every "
                "rollback to one of them"
            ) in found.message
            assert "running code" not in found.message


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_where_the_schema_ships_first_no_new_code_runs_before_it(example: Example) -> None:
    messages = [finding.message for finding in lint_example(example).findings]
    assert not any("until this has run" in message for message in messages)


SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE pair AS (a int, b int);
CREATE SCHEMA archive;
CREATE TABLE users (
    id bigint PRIMARY KEY, email text NOT NULL, nick text UNIQUE, age int CHECK (age > 0),
    n int, m mood
);
CREATE VIEW contacts AS SELECT id, email FROM users;
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
"""


@pytest.mark.parametrize(
    ("rule", "sql", "meets"),
    [
        (
            "rename-column",
            "ALTER TABLE users RENAME email TO mail",
            "new code that names mail fails (42703) until this has run",
        ),
        (
            "rename-column",
            (
                "ALTER TABLE users RENAME email TO mail;"
                " ALTER TABLE users ADD email text GENERATED ALWAYS AS (mail) STORED"
            ),
            "new code that names mail fails (42703) until this has run",
        ),
        (
            "rename-table",
            "ALTER TABLE users RENAME TO people",
            "new code that names people fails (42P01) until this has run",
        ),
        (
            "rename-object",
            "ALTER VIEW contacts RENAME TO addresses",
            "new code that says addresses fails until this has run",
        ),
        (
            "rename-object",
            "ALTER TABLE users RENAME CONSTRAINT users_nick_key TO nicks",
            "new code that says nicks fails (42704) until this has run",
        ),
        (
            "set-schema",
            "ALTER TABLE users SET SCHEMA archive",
            "new code that says archive.users fails (42P01) until this has run",
        ),
        (
            "change-composite-type",
            "ALTER TYPE pair RENAME ATTRIBUTE a TO c",
            "new code that names c fails (42703) until this has run",
        ),
        (
            "enum-value-unknown-to-old-code",
            "ALTER TYPE mood ADD VALUE 'new'",
            "new code that says 'new' fails (22P02) until this has run",
        ),
        (
            "add-column-not-null",
            "ALTER TABLE users ADD plan text NOT NULL",
            (
                "no INSERT INTO users works before and after it: one that names plan fails (42703) "
                "until this has run, one that does not fails (23502) from then on"
            ),
        ),
        (
            "default-dropped-after-add",
            (
                "ALTER TABLE users ADD plan text NOT NULL DEFAULT 'x';"
                " ALTER TABLE users ALTER plan DROP DEFAULT"
            ),
            (
                "no INSERT INTO users works before and after it: one that names plan fails (42703) "
                "until this has run, one that does not fails (23502) from then on"
            ),
        ),
        (
            "backfill-without-sync",
            "ALTER TABLE users ADD mail text; UPDATE users SET mail = email",
            (
                "code that names it fails (42703) until this has run, and code that does not "
                "leaves NULL in mail of every row that it writes from then on"
            ),
        ),
        (
            "drop-not-null",
            "ALTER TABLE users ALTER email DROP NOT NULL",
            "new code that writes NULL there is refused (23502) until this has run",
        ),
        (
            "drop-uniqueness",
            "ALTER TABLE users DROP CONSTRAINT users_nick_key",
            "new code that writes one is refused (23505) until this has run",
        ),
        (
            "drop-constraint",
            "ALTER TABLE users DROP CONSTRAINT users_age_check",
            "new code that writes one is refused until this has run",
        ),
        (
            "change-column-type",
            "ALTER TABLE users ALTER n TYPE text",
            "new code that takes it for text fails until this has run",
        ),
        (
            "replace-view-or-function",
            (
                "DROP FUNCTION f(int); CREATE FUNCTION f(a int) RETURNS text"
                " LANGUAGE sql AS 'SELECT ''1'''"
            ),
            "new code that does meets the old type until this has run",
        ),
        (
            "expand-and-contract-together",
            (
                "ALTER TABLE users ADD mail text; UPDATE users SET mail = email;"
                " ALTER TABLE users DROP email"
            ),
            "new code that names users.mail fails until this has run",
        ),
    ],
)
def test_where_code_ships_first_new_code_meets_the_old_schema(
    rule: str, sql: str, meets: str
) -> None:
    found = found_by(
        rule, sql, schema=SCHEMA, settings=Settings(lock_timeout="role", release_order="code-first")
    )
    assert [meets in finding.message for finding in found] == [True]


@pytest.mark.parametrize(
    ("order", "horizon", "expected"),
    [
        ("migrate-first", 1, "when no older process runs"),
        ("code-first", 1, "when that code is what a rollback brings back"),
        ("migrate-first", 2, "when that code is what a rollback by 2 versions brings back"),
    ],
)
def test_help_says_how_long_to_wait_for_older_versions(
    order: str, horizon: int, expected: str
) -> None:
    (finding,) = found_by(
        "restrict-writes",
        "ALTER TABLE users ADD CONSTRAINT c CHECK (email <> '') NOT VALID",
        schema=SCHEMA,
        settings=Settings(lock_timeout="role", release_order=order, rollback_horizon=horizon),
    )
    assert expected in finding.help
