"""Where the index that a foreign key lacks is made."""

import pytest

from linting import found_by, found_in_revision
from migsafe.config import Settings
from migsafe.model.origin import Runner

RULE = "foreign-key-without-index"
STRICT = Settings(lock_timeout="role", profile="strict")
SCHEMA = "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p_id int);"
KEY = "ALTER TABLE c ADD FOREIGN KEY (p_id) REFERENCES p NOT VALID"


@pytest.mark.parametrize(
    ("sql", "runner", "where"),
    [
        (KEY, Runner.FILE, ", in a file of its own that runs outside a transaction."),
        (f"{KEY}; SELECT 1", Runner.QUERY, ", alone in its file, without BEGIN or SET beside it."),
    ],
)
def test_a_file_is_told_where_its_runner_opens_no_transaction(
    sql: str, runner: Runner, where: str
) -> None:
    [found] = found_by(RULE, sql, schema=SCHEMA, runner=runner, settings=STRICT)
    assert found.help == f"CREATE INDEX CONCURRENTLY c_p_id_idx ON c (p_id){where}"


def test_a_revision_is_told_the_call() -> None:
    [found] = found_in_revision(
        RULE, 'op.create_foreign_key("k", "c", "p", ["p_id"], ["id"])', SCHEMA, STRICT
    )
    assert found.help == (
        'op.create_index(op.f("c_p_id_idx"), "c", ["p_id"], postgresql_concurrently=True) inside '
        "`with op.get_context().autocommit_block():`, in a revision of its own."
    )


def test_a_table_of_this_deploy_gets_it_at_once() -> None:
    sql = "CREATE TABLE n (p_id int REFERENCES p)"
    [found] = found_by(RULE, sql, schema=SCHEMA, settings=STRICT)
    assert found.help == "CREATE INDEX n_p_id_idx ON n (p_id), in the same migration."
