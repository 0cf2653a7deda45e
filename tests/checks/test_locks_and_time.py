"""What the pages of the rules about locks cannot show: runners, settings, values."""

import pytest

from linting import TODAY, found_by, found_in_revision, lint_sql, migration, section
from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.findings import Confidence, Severity
from migsafe.model.migration import Selection, Tree
from migsafe.model.origin import Runner
from migsafe.model.record import replace

FILE = Settings(lock_timeout="file")


# --- concurrently-in-transaction --------------------------------------------------------

CONCURRENT = "CREATE INDEX CONCURRENTLY i ON t (a);"


@pytest.mark.parametrize(
    ("sql", "runner", "severity"),
    [
        (CONCURRENT, Runner.FILE, Severity.ERROR),
        (CONCURRENT, Runner.RUN, Severity.ERROR),
        (f"SET lock_timeout = '2s'; {CONCURRENT}", Runner.QUERY, Severity.ERROR),
        (f"SET lock_timeout = '2s'; {CONCURRENT}", Runner.AUTO, Severity.WARNING),
        (f"BEGIN; {CONCURRENT} COMMIT;", Runner.NONE, Severity.ERROR),
        ("DROP INDEX CONCURRENTLY i;", Runner.FILE, Severity.ERROR),
        ("REINDEX TABLE CONCURRENTLY t;", Runner.FILE, Severity.ERROR),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY;", Runner.FILE, Severity.ERROR),
        ("VACUUM t;", Runner.FILE, Severity.ERROR),
    ],
)
def test_it_fails_where_the_runner_opens_a_transaction(
    sql: str, runner: Runner, severity: Severity
) -> None:
    (finding,) = found_by("concurrently-in-transaction", sql, runner=runner)
    assert finding.severity is severity
    assert "25001" in finding.message


@pytest.mark.parametrize(
    ("sql", "runner"),
    [
        (CONCURRENT, Runner.QUERY),
        (CONCURRENT, Runner.AUTO),
        (f"SET lock_timeout = '2s'; {CONCURRENT}", Runner.NONE),
        (f"BEGIN; SELECT 1; COMMIT; {CONCURRENT}", Runner.NONE),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v;", Runner.FILE),
    ],
)
def test_it_runs_where_no_transaction_is_open(sql: str, runner: Runner) -> None:
    assert not found_by("concurrently-in-transaction", sql, runner=runner)


# --- validate-in-same-transaction -------------------------------------------------------

ADD = "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;"
VALIDATE = "ALTER TABLE t VALIDATE CONSTRAINT c;"


@pytest.mark.parametrize("runner", [Runner.FILE, Runner.RUN, Runner.QUERY, Runner.AUTO])
def test_validation_is_judged_as_in_one_transaction_where_the_runner_may_open_one(
    runner: Runner,
) -> None:
    (finding,) = found_by("validate-in-same-transaction", f"{ADD}\n{VALIDATE}", runner=runner)
    assert finding.severity is Severity.ERROR
    assert ("--transaction none" in finding.help) is (runner is Runner.AUTO)
    assert str(finding.relations[0].lock) == "ACCESS EXCLUSIVE"


def test_a_constraint_without_a_name_is_found_under_the_one_the_server_gives() -> None:
    sql = "ALTER TABLE t ADD CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT t_a_check;"
    assert found_by("validate-in-same-transaction", sql, schema="CREATE TABLE t (a int);")


@pytest.mark.parametrize(
    "sql",
    [
        f"BEGIN; {ADD} COMMIT; BEGIN; {VALIDATE} COMMIT;",
        f"{ADD} COMMIT; {VALIDATE}",
    ],
)
def test_a_validation_apart_from_its_constraint_is_quiet(sql: str) -> None:
    schema = "CREATE TABLE t (a int);"
    assert not found_by("validate-in-same-transaction", sql, schema=schema, runner=Runner.NONE)


def test_a_validation_beside_another_constraint_is_quiet() -> None:
    sql = f"ALTER TABLE t ADD CONSTRAINT d CHECK (a > 1) NOT VALID; {VALIDATE}"
    schema = f"CREATE TABLE t (a int); {ADD}"
    assert not found_by("validate-in-same-transaction", sql, schema=schema)


# --- missing-lock-timeout ---------------------------------------------------------------

ALTER = "ALTER TABLE t ADD COLUMN a int;"


@pytest.mark.parametrize(
    ("sql", "runner", "why"),
    [
        (ALTER, Runner.FILE, "No lock_timeout is set"),
        (f"SET lock_timeout = 0; {ALTER}", Runner.FILE, "is 0, which waits for ever"),
        (f"SET lock_timeout = '0ms'; {ALTER}", Runner.FILE, "is 0ms, which waits for ever"),
        (f"SET lock_timeout = '2h'; {ALTER}", Runner.FILE, "7200 s is longer"),
        (f"SET LOCAL lock_timeout = '2s'; {ALTER}", Runner.NONE, "no effect outside"),
        (
            f"BEGIN; SET LOCAL lock_timeout = '2s'; COMMIT; {ALTER}",
            Runner.NONE,
            "ended with its transaction",
        ),
        (f"SET lock_timeout = '2s'; RESET lock_timeout; {ALTER}", Runner.FILE, "taken back"),
        (f"SET lock_timeout = '2s'; RESET ALL; {ALTER}", Runner.FILE, "taken back"),
        (f"SET statement_timeout = '2s'; {ALTER}", Runner.FILE, "No lock_timeout is set"),
        (f"{ALTER} SET lock_timeout = '2s'; {ALTER}", Runner.FILE, "No lock_timeout is set"),
        (f"SET lock_timeout = 0; {ALTER}", Runner.NONE, "is 0, which waits for ever"),
        (
            f"SET lock_timeout = 0; RESET statement_timeout; {ALTER}",
            Runner.FILE,
            "The lock_timeout in line 1 is 0, which waits for ever",
        ),
        ("LOCK TABLE t;", Runner.FILE, "No lock_timeout is set"),
        (
            "CREATE TABLE c (t_id bigint REFERENCES t (id));",
            Runner.FILE,
            "transaction that has written to t ",
        ),
        (
            "CREATE INDEX i ON t (a);",
            Runner.FILE,
            "written to t holds up this SHARE lock, and all writes",
        ),
        (
            ALTER,
            Runner.FILE,
            "one long query on t holds up this ACCESS EXCLUSIVE lock, and all reads",
        ),
    ],
)
def test_a_lock_without_a_bound_is_reported_with_the_reason(
    sql: str, runner: Runner, why: str
) -> None:
    (finding,) = found_by("missing-lock-timeout", sql, runner=runner, settings=FILE)
    assert why in finding.message
    assert finding.confidence is Confidence.HIGH


@pytest.mark.parametrize(
    ("sql", "settings"),
    [
        (f"SET lock_timeout = '2s'; {ALTER}", FILE),
        (f"SET LOCAL lock_timeout = 2000; {ALTER}", FILE),
        (f"SELECT set_config('lock_timeout', '2s', true); {ALTER}", FILE),
        (ALTER, Settings(lock_timeout="role")),
        (ALTER, Settings(small_tables=("t",))),
        ("SELECT 1; UPDATE t SET a = 1 WHERE id = 1;", FILE),
        (
            f"SET lock_timeout = '2min'; {ALTER}",
            Settings(rule_options={"missing-lock-timeout": {"max_ms": 120_000}}),
        ),
    ],
)
def test_a_bounded_lock_is_quiet(sql: str, settings: Settings) -> None:
    assert not found_by("missing-lock-timeout", sql, settings=settings)


@pytest.mark.parametrize(
    "setting",
    [
        "SET lock_timeout = {{ timeout }}",
        "SET LOCAL lock_timeout = {{ timeout }}",
        "SET lock_timeout = 'soon'",
        "SET lock_timeout TO DEFAULT",
    ],
)
def test_a_timeout_whose_value_is_not_known_may_bound_it(setting: str) -> None:
    (finding,) = found_by("missing-lock-timeout", f"{setting}; {ALTER}", settings=FILE)
    assert finding.message.startswith("The value of the lock_timeout in line 1 is not known:")
    assert finding.confidence is Confidence.LOW


@pytest.mark.parametrize(
    ("runner", "setting"),
    [
        (Runner.FILE, "SET LOCAL lock_timeout = '2s' before it"),
        (Runner.NONE, "SET lock_timeout = '2s' before it"),
        (Runner.AUTO, "SET lock_timeout = '2s' before it"),
    ],
)
def test_the_setting_is_local_where_there_is_a_transaction(runner: Runner, setting: str) -> None:
    sql = f"{ALTER} {ALTER}"
    (finding,) = found_by("missing-lock-timeout", sql, runner=runner, settings=FILE)
    assert finding.help.startswith(setting)


def test_a_revision_sets_it_by_a_call() -> None:
    (finding,) = found_in_revision(
        "missing-lock-timeout", 'op.drop_table("t")', "CREATE TABLE t (id int);", FILE
    )
    assert finding.help.startswith("op.execute(\"SET LOCAL lock_timeout = '2s'\") before it")


def test_the_relation_that_is_locked_most_is_named_alone() -> None:
    sql = "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u; "
    schema = "CREATE TABLE u (id int PRIMARY KEY); CREATE TABLE t (a int);"
    (finding,) = found_by("missing-lock-timeout", sql, schema=schema, settings=FILE)
    assert len(finding.relations) == 1


def test_only_the_first_lock_of_a_deploy_is_reported() -> None:
    (finding,) = found_by("missing-lock-timeout", f"{ALTER}\n{ALTER}", settings=FILE)
    assert finding.place.line == 1


def test_a_run_without_any_timeout_says_so_once_of_the_newest_migration() -> None:
    ups = (ALTER, f"SET LOCAL lock_timeout = '3s'; {ALTER}", ALTER, ALTER, "SELECT 1;")
    assert timeouts(*ups) == [
        ("0004.sql", "No lock_timeout is set, nor in 2 earlier migrations: one long query on t")
    ]
    assert timeouts(ALTER, ALTER) == [
        ("0002.sql", "No lock_timeout is set, nor in 1 earlier migration: one long query on t")
    ]


def test_each_timeout_that_bounds_nothing_is_a_mistake_of_its_own() -> None:
    wrong = f"SET lock_timeout = 0; {ALTER}"
    assert [path for path, _ in timeouts(wrong, ALTER, wrong)] == [
        "0001.sql",
        "0002.sql",
        "0003.sql",
    ]


def timeouts(*ups: str) -> list[tuple[str, str]]:
    """Return where a tree lacks timeouts, and the beginning of what is said."""
    sections = [
        replace(section(up, Runner.FILE), path=f"{n:04}.sql") for n, up in enumerate(ups, 1)
    ]
    migrations = tuple(
        replace(migration(""), id=one.path, path=one.path, up=one) for one in sections
    )
    tree = Tree(".", "golang-migrate", migrations)
    given = frozenset(one.id for one in migrations)
    report = lint((Selection(tree, given),), FILE, Options(today=TODAY))
    return [
        (each.place.path, each.message.partition(" holds up")[0])
        for each in report.findings
        if each.rule == "missing-lock-timeout"
    ]


# --- whole-table-update -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "severity"),
    [("", Severity.ERROR), (" WHERE true", Severity.ERROR), (" WHERE a = 1", Severity.WARNING)],
)
def test_an_update_is_graver_the_more_rows_it_is_known_to_reach(
    where: str, severity: Severity
) -> None:
    (finding,) = found_by("whole-table-update", f"UPDATE t SET b = 1{where}")
    assert finding.severity is severity


def test_a_delete_with_a_condition_is_another_rules_subject() -> None:
    assert not found_by("whole-table-update", "DELETE FROM t WHERE a = 1")


@pytest.mark.parametrize(
    ("column", "severity"), [("x int", Severity.ERROR), ("x int DEFAULT 1", Severity.WARNING)]
)
def test_null_in_a_new_column_is_every_row_unless_it_has_a_default(
    column: str, severity: Severity
) -> None:
    sql = f"ALTER TABLE t ADD COLUMN {column}; UPDATE t SET x = 2 WHERE t.x IS NULL;"
    (finding,) = found_by("whole-table-update", sql, runner=Runner.NONE)
    assert finding.severity is severity


# --- what rewrites a table: the default, or the type ------------------------------------


@pytest.mark.parametrize(
    ("column", "rules"),
    [
        ("x email DEFAULT 'a@b'", ["add-column-domain"]),
        ("x email DEFAULT random()::text", ["add-column-domain"]),
        ("x text DEFAULT random()::text", ["add-column-volatile-default"]),
        ("x not_known DEFAULT 'a'", ["add-column-domain"]),
        ("x text DEFAULT not_known()", ["add-column-volatile-default"]),
        ("x label DEFAULT not_known()", ["add-column-volatile-default"]),
        ("x serial CHECK (x > 0)", ["add-column-serial"]),
    ],
)
def test_one_rewrite_is_reported_once_for_its_cause(column: str, rules: list[str]) -> None:
    report = lint_sql(
        f"ALTER TABLE t ADD COLUMN {column}",
        schema="CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%'); CREATE DOMAIN label AS text;",
    )
    named = [finding.rule for finding in report.findings]
    assert [rule for rule in named if rule.startswith("add-column")] == rules


# --- small tables, and tables that the deploy makes -------------------------------------

BUSY = [
    ("add-check", "ALTER TABLE t ADD CHECK (a > 0)"),
    ("add-foreign-key", "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id)"),
    ("add-unique-constraint", "ALTER TABLE t ADD UNIQUE (a)"),
    ("add-primary-key", "ALTER TABLE t ADD PRIMARY KEY (a)"),
    ("create-index", "CREATE INDEX i ON t (a)"),
    ("whole-table-update", "UPDATE t SET a = 1"),
    ("add-column-volatile-default", "ALTER TABLE t ADD COLUMN x float DEFAULT random()"),
    ("add-column-volatile-default", "ALTER TABLE t ADD COLUMN x float[] DEFAULT ARRAY[random()]"),
    ("add-column-volatile-default", "ALTER TABLE t ADD COLUMN x int DEFAULT nextval('s')"),
    ("add-column-serial", "ALTER TABLE t ADD COLUMN x serial"),
    ("add-column-generated", "ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS (a) STORED"),
    ("add-column-check", "ALTER TABLE t ADD COLUMN x int CHECK (x > 0)"),
    ("add-column-foreign-key", "ALTER TABLE t ADD COLUMN x int DEFAULT 1 REFERENCES u (id)"),
    ("add-column-unique", "ALTER TABLE t ADD COLUMN x int UNIQUE"),
    ("add-column-unique", "ALTER TABLE t ADD COLUMN x int PRIMARY KEY DEFAULT 1"),
]


@pytest.mark.parametrize(("rule", "sql"), BUSY)
def test_it_is_reported_on_a_table_that_others_use(rule: str, sql: str) -> None:
    (finding,) = found_by(rule, sql)
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(("rule", "sql"), BUSY)
def test_it_is_quiet_on_a_table_configured_as_small(rule: str, sql: str) -> None:
    assert not found_by(rule, sql, settings=Settings(lock_timeout="role", small_tables=("t",)))


@pytest.mark.parametrize(("rule", "sql"), BUSY)
def test_it_is_quiet_on_a_table_that_the_deploy_makes(rule: str, sql: str) -> None:
    assert not found_by(rule, f"CREATE TABLE public.t (a int); {sql}", runner=Runner.NONE)


@pytest.mark.parametrize(
    ("version", "advice"), [(14, "Add it NOT VALID to each partition"), (18, "Add it NOT VALID,")]
)
def test_a_foreign_key_of_a_partitioned_table_is_advised_by_version(
    version: int, advice: str
) -> None:
    (finding,) = found_by(
        "add-foreign-key",
        "ALTER TABLE p ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES u (id)",
        schema="CREATE TABLE p (a int) PARTITION BY RANGE (a);",
        settings=Settings(lock_timeout="role", server_version=version),
    )
    assert finding.help.startswith(advice)


# --- who waits for a build --------------------------------------------------------------

SHOP = (
    "CREATE TABLE users (id bigint PRIMARY KEY);"
    "CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);"
)
KEY = "ADD CONSTRAINT k FOREIGN KEY (user_id) REFERENCES users (id)"


@pytest.mark.parametrize(
    ("sql", "rule", "who"),
    [
        (
            "CREATE INDEX i ON orders (id);",
            "create-index",
            ": writes to orders wait under the SHARE lock while",
        ),
        (
            "ALTER TABLE orders ADD x int;\nCREATE INDEX i ON orders (id);",
            "create-index",
            "reads and writes of orders wait under the ACCESS EXCLUSIVE lock of line 1 while",
        ),
        (
            "ALTER TABLE users ADD x int;\nCREATE INDEX i ON orders (id);",
            "create-index",
            ": writes to orders wait under the SHARE lock while",
        ),
        (
            "CREATE INDEX i ON orders (id);\nALTER TABLE orders ADD x int;",
            "create-index",
            ": writes to orders wait under the SHARE lock while",
        ),
        (f"ALTER TABLE orders {KEY};", "add-foreign-key", "until it is done; a row"),
        (
            f"ALTER TABLE orders {KEY}, ADD x int;",
            "add-foreign-key",
            "and so do reads of orders (ACCESS EXCLUSIVE lock of this statement);",
        ),
        (
            f"ALTER TABLE users ADD x int;\nALTER TABLE orders {KEY};",
            "add-foreign-key",
            "and so do reads of users (ACCESS EXCLUSIVE lock of line 1);",
        ),
    ],
)
def test_who_waits_for_the_work_depends_on_what_the_transaction_has_locked(
    sql: str, rule: str, who: str
) -> None:
    (finding,) = found_by(rule, sql, schema=SHOP)
    assert who in finding.message


def test_a_table_that_another_transaction_shut_is_open_again() -> None:
    (finding,) = found_by(
        "create-index",
        "ALTER TABLE orders ADD x int; CREATE INDEX i ON orders (id);",
        schema=SHOP,
        runner=Runner.NONE,
    )
    assert "writes to orders wait under the SHARE lock while" in finding.message


# --- tables that are known to be empty --------------------------------------------------

EMPTIED = "TRUNCATE orders"
WORK = [
    ("add-column-volatile-default", "ALTER TABLE orders ADD t uuid DEFAULT gen_random_uuid()"),
    ("add-column-serial", "ALTER TABLE orders ADD n serial"),
    ("add-check", "ALTER TABLE orders ADD CONSTRAINT c CHECK (user_id > 0)"),
    ("add-foreign-key", f"ALTER TABLE orders {KEY}"),
    ("add-unique-constraint", "ALTER TABLE orders ADD CONSTRAINT u UNIQUE (user_id)"),
    ("create-index", "CREATE INDEX i ON orders (user_id)"),
    (
        "add-primary-key",
        "ALTER TABLE orders DROP CONSTRAINT orders_pkey, ADD PRIMARY KEY (user_id)",
    ),
    ("backfill-in-schema-transaction", "UPDATE orders SET user_id = 1"),
]


@pytest.mark.parametrize(("rule", "work"), WORK)
def test_work_on_the_rows_of_an_emptied_table_is_none(rule: str, work: str) -> None:
    sql = f"{EMPTIED}; {work};"
    assert not found_by(rule, sql, schema=SHOP)


@pytest.mark.parametrize(("rule", "work"), WORK[:-1])
@pytest.mark.parametrize(
    ("sql", "runner"),
    [
        ("{}; {}", Runner.NONE),
        ("BEGIN; {}; COMMIT; {}", Runner.NONE),
        ("{}; COMMIT; {}", Runner.QUERY),
    ],
)
def test_others_write_to_it_once_it_is_open_again(
    sql: str, runner: Runner, rule: str, work: str
) -> None:
    assert found_by(rule, f"{sql.format(EMPTIED, work)};", schema=SHOP, runner=runner)


@pytest.mark.parametrize(
    "emptied",
    [
        f"SAVEPOINT s; {EMPTIED}; ROLLBACK TO SAVEPOINT s",
        f"DO $$ BEGIN IF now() > '2026-01-01' THEN {EMPTIED}; END IF; END $$",
        f"{EMPTIED}; INSERT INTO orders SELECT * FROM orders_of_last_year",
        "ALTER TABLE orders ADD COLUMN IF NOT EXISTS user_id int NOT NULL",
    ],
)
@pytest.mark.parametrize(("rule", "work"), WORK[:-1])
def test_a_table_that_may_have_rows_is_worked_on(emptied: str, rule: str, work: str) -> None:
    assert found_by(rule, f"{emptied}; {work};", schema=SHOP)


def test_a_table_that_took_a_required_column_was_empty() -> None:
    required = "ALTER TABLE orders ADD n int NOT NULL"
    assert not found_by("create-index", f"{required}; CREATE INDEX i ON orders (n);", schema=SHOP)
    filled = f"{required} DEFAULT 1; CREATE INDEX i ON orders (n);"
    assert found_by("create-index", filled, schema=SHOP)


def test_another_table_has_its_rows() -> None:
    assert found_by("create-index", f"{EMPTIED}; CREATE INDEX i ON users (id);", schema=SHOP)
    parent = f"TRUNCATE users; ALTER TABLE orders {KEY};"
    assert found_by("add-foreign-key", parent, schema=SHOP)


def test_a_table_stays_shut_no_longer_for_a_table_without_rows() -> None:
    sql = f"ALTER TABLE users ADD a int;\n{EMPTIED};\nCREATE INDEX i ON orders (user_id);"
    [finding] = found_by("wide-lock-window", sql, schema=SHOP)
    assert finding.place.line == 2


# --- concurrent-index-if-not-exists ----------------------------------------------------------


@pytest.mark.parametrize(
    ("runner", "apart"), [(Runner.QUERY, True), (Runner.NONE, False), (Runner.FILE, True)]
)
def test_two_statements_are_told_apart_where_one_file_makes_them_a_transaction(
    runner: Runner, *, apart: bool
) -> None:
    sql = "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);"
    [found] = found_by("concurrent-index-if-not-exists", sql, runner=runner)
    assert ("each in a file of its own" in found.help) is apart
