"""Composition: few deploys, one kind each, truthful about code; what has no recipe is named."""

from pathlib import Path

import pytest

from linting import fold_sql, found_by
from migsafe.catalog.comparing import difference
from migsafe.config import Settings
from migsafe.model.errors import RefusedError, UsageError
from migsafe.model.plan import DeployKind, Phase, Plan
from migsafe.planning.compose import NothingToPlanError, plan
from migsafe.planning.intents import found_recipes, intents_of
from migsafe.writing.sql import write

USERS = """
CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, name text, n integer);
CREATE INDEX users_name ON users (name);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);
"""


def planned(sql: str, schema: str = USERS, plan_id: str = "0042_x", **options: str) -> Plan:
    return plan(
        fold_sql(sql, schema=schema),
        Settings(server_version=16),
        plan_id=plan_id,
        options={name.replace("__", "."): value for name, value in options.items()},
    )


def kinds(made: Plan) -> list[str]:
    return [f"{deploy.kind} {deploy.phase}" for deploy in made.deploys]


MIXED = """
ALTER TABLE users RENAME COLUMN email TO mail;
CREATE TABLE logs (id bigint PRIMARY KEY, at timestamptz NOT NULL);
CREATE INDEX logs_at ON logs (at);
ALTER TABLE users ADD COLUMN phone text NOT NULL;
ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE users DROP COLUMN n;
DROP INDEX users_name;
"""


def test_intents_ship_together_where_they_may() -> None:
    made = planned(MIXED, fill__users__phone="''")
    assert kinds(made) == [
        "schema expand",  # mail and its trigger, logs, phone
        "backfill migrate",  # mail
        "schema migrate",  # mail proved
        "code migrate",  # all that code must do
        "backfill migrate",  # phone
        "schema migrate",  # phone NOT NULL, foreign key NOT VALID
        "schema migrate",  # foreign key validated
        "schema contract",  # email and n hidden, index dropped
        "schema contract",  # email and n dropped
    ]
    assert [version.id for version in made.code_versions] == ["C0", "C1"]


def test_a_plan_ends_in_the_schema_of_its_migration() -> None:
    deploy = fold_sql(MIXED, schema=USERS)
    made = planned(MIXED)
    catalog = deploy.before
    for each in made.deploys:
        for step in each.steps:
            catalog = catalog.apply_all(step.up)
    assert difference(catalog, deploy.after) == ()


@pytest.mark.parametrize(
    "migration",
    [
        "ALTER TABLE users RENAME COLUMN email TO mail;",
        "ALTER TABLE users ALTER COLUMN n TYPE bigint;",
        "ALTER TABLE users RENAME TO people;",
    ],
)
def test_a_plan_ends_with_the_rights_of_its_migration_and_nobody_goes_without(
    migration: str,
) -> None:
    granted = (
        "GRANT SELECT (id, email, n, name), UPDATE (email, n) ON users TO app WITH GRANT OPTION;"
        "GRANT SELECT, INSERT ON users TO reporting;"
        "GRANT SELECT ON orders TO reporting;"
    )
    deploy = fold_sql(migration, schema=USERS + granted)
    schema, catalog = USERS + granted, deploy.before
    for each in planned(migration, USERS + granted).deploys:
        up = "".join(f"{write(one)};\n" for step in each.steps for one in step.up)
        assert found_by("missing-grant", up, schema=schema) == []
        schema += up
        for step in each.steps:
            catalog = catalog.apply_all(step.up)
    assert difference(catalog, deploy.after) == ()


def test_nothing_is_lost_before_everything_that_can_go_back_is_done() -> None:
    made = planned(MIXED)
    assert [deploy.point_of_no_return for deploy in made.deploys] == [False] * 7 + [True]


def test_no_deploy_has_two_kinds() -> None:
    for deploy in planned(MIXED, fill__users__phone="''").deploys:
        held = {
            DeployKind.SCHEMA: bool(deploy.steps),
            DeployKind.CODE: bool(deploy.code),
            DeployKind.BACKFILL: deploy.backfill is not None,
        }
        assert [kind for kind, there in held.items() if there] == [deploy.kind]


def test_versions_that_a_deploy_works_with_are_those_of_all_its_intents() -> None:
    made = planned(MIXED, fill__users__phone="''")
    assert [deploy.works_with for deploy in made.deploys] == [
        (0,), (0,), (0, 1), (0, 1), (0, 1), (1,), (1,), (1,), (1,)
    ]  # fmt: skip


def test_conditions_on_the_fleet_speak_of_the_versions_of_the_plan() -> None:
    gates = [
        condition
        for deploy in planned(MIXED, fill__users__phone="''").deploys
        for condition in deploy.gate
        if condition.oldest_code is not None
    ]
    assert {condition.evidence for condition in gates} == {"no process older than C1"}


@pytest.mark.parametrize(
    ("horizon", "expected"),
    [
        (1, {"none runs, none will be brought back"}),
        (3, {"none runs, none will be brought back; none in the last 3 releases"}),
    ],
)
def test_what_is_lost_waits_for_every_release_that_may_be_gone_back_to(
    horizon: int, expected: set[str]
) -> None:
    made = plan(
        fold_sql("ALTER TABLE users DROP COLUMN n;", schema=USERS),
        Settings(server_version=16, rollback_horizon=horizon),
        plan_id="0042_x",
    )
    last = made.deploys[-1]
    assert {each.expect for each in last.gate if each.oldest_code is not None} == expected


def test_statements_outside_a_transaction_are_steps_of_their_own() -> None:
    made = planned("CREATE INDEX a ON users (name); CREATE INDEX b ON users (email);")
    (deploy,) = made.deploys
    assert [(len(step.up), step.transactional) for step in deploy.steps] == [(1, False)] * 2


def test_not_valid_and_validate_are_in_different_transactions() -> None:
    for deploy in planned(MIXED, fill__users__phone="''").deploys:
        for step in deploy.steps:
            text = " ".join(write(operation) for operation in step.up)
            assert not ("NOT VALID" in text and "VALIDATE" in text)
            assert step.transactional != ("CONCURRENTLY" in text)


def test_a_deploy_that_relies_on_a_backfill_begins_with_a_guard() -> None:
    made = planned(MIXED, fill__users__phone="''")
    guards = [
        write(deploy.steps[0].up[0])
        for deploy in made.deploys
        if deploy.kind is DeployKind.SCHEMA and deploy.phase is Phase.MIGRATE
    ]
    assert guards[0].startswith("DO $$")
    assert "mail IS DISTINCT FROM" in guards[0]
    assert guards[1].startswith("DO $$")
    assert "phone IS NULL" in guards[1]


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE users ADD COLUMN phone VARCHAR(20) NULL;",
        "CREATE TABLE t (id int PRIMARY KEY); CREATE INDEX t_id ON t (id);",
        "SET lock_timeout = '2s'; ALTER TABLE users ADD COLUMN a int DEFAULT 1;",
    ],
)
def test_what_is_safe_as_it_is_needs_no_plan(sql: str) -> None:
    with pytest.raises(NothingToPlanError, match="safe as it is") as caught:
        planned(sql)
    assert caught.value.exit == 0


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DROP TABLE orders;", "DROP TABLE orders"),
        ("ALTER TABLE users RENAME COLUMN id TO key;", "primary key"),
        ("ALTER TABLE nowhere RENAME COLUMN a TO b;", "type of nowhere.a is not known"),
        (
            "ALTER TABLE users ALTER COLUMN email TYPE integer USING email::integer;",
            "no conversion",
        ),
        ("ALTER TABLE users DROP COLUMN email CASCADE;", "CASCADE"),
        ("UPDATE users SET n = n + 1;", "a second run changes it again"),
        ("DELETE FROM users;", "cannot be had again"),
        ("INSERT INTO orders SELECT id, id FROM users;", "WHERE NOT EXISTS"),
        ("SELEC 1;", "SELEC 1"),
        ("SET search_path = other; CREATE INDEX i ON users (n);", "search_path"),
        ("ALTER TABLE users ADD COLUMN nr serial;", "numbers the rows"),
        ("ALTER TABLE users ADD PRIMARY KEY (email);", "ADD PRIMARY KEY"),
        ("DROP INDEX orders_pkey;", "constraint"),
        (
            "ALTER TABLE users ALTER COLUMN n TYPE bigint; CREATE INDEX i ON users (n);",
            "another index public.i",
        ),
        (
            "ALTER TABLE users ALTER COLUMN n TYPE bigint; CREATE VIEW v AS SELECT n FROM users;",
            "no plan for these statements together",
        ),
        (
            "ALTER TABLE users RENAME TO people; ALTER TABLE people ADD COLUMN c int;",
            "no plan for",
        ),
    ],
)
def test_what_no_recipe_covers_is_named(sql: str, said: str) -> None:
    with pytest.raises(RefusedError) as caught:
        planned(sql)
    assert said in caught.value.message
    assert caught.value.help
    assert caught.value.path == "0001.up.sql"


VIEWS = f"""{USERS}
CREATE VIEW names AS SELECT id, name FROM users;
CREATE VIEW short AS SELECT name FROM names;
CREATE VIEW lonely AS SELECT id, name FROM users;
"""
AGAIN = "DROP VIEW lonely; CREATE VIEW lonely AS SELECT id, name, n FROM users;"


def test_a_view_that_is_made_again_with_its_columns_ships_as_it_is() -> None:
    with pytest.raises(NothingToPlanError, match="safe as it is"):
        planned(AGAIN, VIEWS)
    made = planned(f"{AGAIN} ALTER TABLE users DROP COLUMN email;", VIEWS)
    first = made.deploys[0].steps[0]
    assert [write(each).partition(" AS")[0] for each in first.up] == [
        "DROP VIEW lonely",
        "CREATE VIEW lonely",
    ]
    assert [write(each) for each in first.down] == [
        "DROP VIEW lonely",
        "CREATE VIEW lonely AS SELECT id, name FROM users",
    ]
    assert "may meet what it never met" in made.notes[0]


def test_views_over_views_are_made_again_together() -> None:
    sql = (
        "DROP VIEW short; DROP VIEW names; CREATE VIEW names AS SELECT id, name, n FROM users;"
        "CREATE VIEW short AS SELECT name FROM names; ALTER TABLE users DROP COLUMN email;"
    )
    assert len(planned(sql, VIEWS).deploys[0].steps[0].up) == 4


def test_rights_that_are_given_again_go_with_a_view_that_is_made_again() -> None:
    granted = f"{VIEWS} GRANT SELECT ON lonely TO app;"
    with pytest.raises(RefusedError, match="what is granted on it goes with it"):
        planned(AGAIN, granted)
    with pytest.raises(NothingToPlanError):
        planned(f"{AGAIN} GRANT SELECT ON lonely TO app;", granted)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "DROP VIEW lonely; CREATE VIEW lonely AS SELECT id FROM users;",
            "the new one lacks name, and running code that names it fails",
        ),
        (
            "DROP VIEW lonely; CREATE VIEW lonely AS SELECT name, id FROM users;",
            "id has another place in the new one",
        ),
        (
            "DROP VIEW lonely; CREATE VIEW lonely AS SELECT id, email AS name FROM people;",
            "is not known",
        ),
        (
            "DROP VIEW lonely; CREATE VIEW lonely AS SELECT n AS id, name FROM users;",
            "id has another type in the new one",
        ),
        (
            "DROP VIEW names; CREATE VIEW names AS SELECT id, name FROM users;",
            "it fails: ",
        ),
        (
            "DROP VIEW lonely CASCADE; CREATE VIEW lonely AS SELECT id, name FROM users;",
            "running code that uses it fails",
        ),
        (
            "DROP VIEW lonely; DROP TABLE orders; CREATE VIEW lonely AS TABLE users;",
            "running code that uses it fails",
        ),
        ("DROP VIEW lonely; COMMIT; " + AGAIN.partition(";")[2], "running code that uses it fails"),
    ],
)
def test_a_view_that_comes_back_as_another_is_refused(sql: str, said: str) -> None:
    with pytest.raises(RefusedError) as caught:
        planned(sql, VIEWS)
    assert said in caught.value.message


def test_a_refusal_counts_what_else_it_cannot_plan() -> None:
    with pytest.raises(RefusedError, match=r"\(1 more cannot be planned\)") as caught:
        planned("CREATE INDEX i ON users (n);\nDROP TABLE orders;\nDELETE FROM users;")
    assert caught.value.line == 2


def test_a_value_that_is_no_expression_is_a_wrong_option() -> None:
    with pytest.raises(UsageError, match="not an SQL expression"):
        planned("ALTER TABLE users ADD COLUMN c int NOT NULL;", fill__users__c="1 +")


def test_the_same_input_makes_the_same_plan() -> None:
    assert planned(MIXED) == planned(MIXED)


@pytest.mark.parametrize("plan_id", ["x" * 200, "2025-12-08-1355_é_" + "y" * 80, "---"])
def test_names_fit_and_are_told_apart(plan_id: str) -> None:
    made = planned(
        "ALTER TABLE users RENAME COLUMN email TO mail;ALTER TABLE users RENAME COLUMN name TO nm;",
        plan_id=plan_id,
    )
    texts = [write(operation) for step in made.deploys[0].steps for operation in step.up]
    functions = [text.split()[2] for text in texts if text.startswith("CREATE FUNCTION")]
    triggers = [text.split()[2] for text in texts if text.startswith("CREATE TRIGGER")]
    assert len({*functions, *triggers}) == 4
    assert all(len(name.removesuffix("()").encode()) <= 63 for name in (*functions, *triggers))


def test_each_operation_belongs_to_one_intent() -> None:
    deploy = fold_sql(MIXED, schema=USERS)
    parts = [part for each in intents_of(deploy, Settings()) for part in each.parts]
    assert sorted(map(id, parts)) == sorted(map(id, deploy.up))


def test_a_seed_rename_is_told_why_it_loses_writes() -> None:
    made = planned(
        "ALTER TABLE users ADD COLUMN mail text; UPDATE users SET mail = email;"
        "ALTER TABLE users DROP COLUMN email;"
    )
    assert any("loses what the old code writes" in note for note in made.notes)


def test_a_rename_in_three_statements_keeps_what_the_migration_does_with_indexes() -> None:
    made = planned(
        "ALTER TABLE users ADD COLUMN nm text; UPDATE users SET nm = name;"
        "ALTER TABLE users DROP COLUMN name;"
    )
    assert any("users_name" in note for note in made.notes)
    assert not any(
        "nm)" in write(op) and "INDEX" in write(op)
        for deploy in made.deploys
        for step in deploy.steps
        for op in step.up
    )


def test_a_table_that_this_migration_makes_needs_no_recipe() -> None:
    made = planned(
        "CREATE TABLE t (id int PRIMARY KEY, a int); CREATE INDEX t_a ON t (a);"
        "UPDATE t SET a = 1; ALTER TABLE t ALTER COLUMN a SET NOT NULL;"
        "CREATE INDEX users_n ON users (n);"
    )
    assert kinds(made) == ["schema expand"]
    assert [len(step.up) for step in made.deploys[0].steps] == [4, 1]


def test_what_ships_as_it_is_locks_one_table_at_a_time() -> None:
    made = planned(
        "ALTER TABLE users ADD COLUMN a int; ALTER TABLE users ADD COLUMN b int;"
        "ALTER TABLE orders ADD COLUMN c int; CREATE INDEX users_n ON users (n);"
    )
    assert [len(step.up) for step in made.deploys[0].steps] == [2, 1, 1]
    assert [write(back) for back in made.deploys[0].steps[0].down] == [
        "ALTER TABLE users DROP COLUMN b",
        "ALTER TABLE users DROP COLUMN a",
    ]


def test_recipes_do_not_know_each_other() -> None:
    names = {recipe.name for recipe in found_recipes()}
    assert len(names) >= 12
    for recipe in found_recipes():
        text = Path(str(recipe.module.__file__)).read_text("utf-8")
        imported = {word for line in text.splitlines() if "import" in line for word in line.split()}
        assert not names & {word.strip(",").rpartition(".")[2] for word in imported}
