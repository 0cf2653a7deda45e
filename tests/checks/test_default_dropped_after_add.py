import pytest

from linting import TODAY, catalog, found_by, migration
from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.migration import Selection, Tree
from migsafe.model.record import replace

RULE = "default-dropped-after-add"
ADD = "ALTER TABLE users ADD COLUMN plan text NOT NULL DEFAULT 'free';"
IDENTITY = "ALTER TABLE users ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY;"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (f"{ADD} ALTER TABLE users ALTER plan SET DEFAULT NULL", [RULE]),
        (f"{IDENTITY} ALTER TABLE users ALTER n DROP IDENTITY", [RULE]),
        (f"{ADD} ALTER TABLE users RENAME TO u; ALTER TABLE u ALTER plan DROP DEFAULT", [RULE]),
        (f"{ADD} ALTER TABLE users ALTER plan SET DEFAULT 'paid'", []),
        (f"{ADD} ALTER TABLE users ALTER plan DROP DEFAULT, ALTER plan SET DEFAULT 'x'", []),
        (f"{ADD} ALTER TABLE users ALTER plan DROP DEFAULT, ALTER plan DROP NOT NULL", [RULE]),
        (f"CREATE TABLE users (); {ADD} ALTER TABLE users ALTER plan DROP DEFAULT", []),
        ("ALTER TABLE users ALTER name DROP DEFAULT", []),
    ],
)
def test_a_default_must_outlive_the_code_that_does_not_know_the_column(
    sql: str, expected: list[str]
) -> None:
    schema = "CREATE TABLE users (id bigint, name text NOT NULL DEFAULT '');"
    if sql.startswith("CREATE TABLE"):
        schema = ""
    found = [each.rule for each in found_by(RULE, sql, schema=schema)]
    assert found == expected


def test_two_migrations_of_one_deploy_are_one_deploy() -> None:
    first = migration(ADD)
    second = replace(migration("ALTER TABLE users ALTER plan DROP DEFAULT"), id="0002")
    tree = Tree(".", "x", (first, second))
    options = Options(today=TODAY, base=catalog("CREATE TABLE users (id bigint)"))
    both = Selection(tree, frozenset({first.id, second.id}))
    found = {
        one_deploy: {
            each.rule
            for each in lint(
                (both,),
                Settings(lock_timeout="role"),
                replace(options, one_deploy=one_deploy),
            ).findings
        }
        for one_deploy in (True, False)
    }
    assert RULE in found[True]
    assert RULE not in found[False]
