"""add-foreign-key: who waits while every row is looked up, and what to do instead."""

import pytest

from linting import found_by, found_in_revision

SCHEMA = """
CREATE TABLE users (id bigint, team bigint);
CREATE TABLE teams (id bigint PRIMARY KEY, b int, UNIQUE (id, b));
"""
NEW = "ALTER TABLE users ADD c bigint;"


@pytest.mark.parametrize(
    ("sql", "help_"),
    [
        (
            f"{NEW} ALTER TABLE users ADD FOREIGN KEY (c) REFERENCES teams",
            "Write REFERENCES teams in ADD COLUMN c itself: a new column without default has",
        ),
        (
            f"{NEW} ALTER TABLE users ADD FOREIGN KEY (c) REFERENCES teams (id)",
            "Write REFERENCES teams (id) in ADD COLUMN c itself",
        ),
        (
            (
                f"{NEW} ALTER TABLE users ADD d int;"
                " ALTER TABLE users ADD FOREIGN KEY (c, d) REFERENCES teams (id, b)"
            ),
            "Name it. Add it NOT VALID, and ALTER TABLE users VALIDATE CONSTRAINT … in a later",
        ),
        (
            (
                "ALTER TABLE users ADD c bigint DEFAULT 1;"
                " ALTER TABLE users ADD CONSTRAINT fk FOREIGN KEY (c) REFERENCES teams"
            ),
            "Add it NOT VALID, and ALTER TABLE users VALIDATE CONSTRAINT fk in a later migration",
        ),
    ],
)
def test_a_new_column_has_nothing_to_look_up(sql: str, help_: str) -> None:
    (finding,) = found_by("add-foreign-key", sql, schema=SCHEMA)
    assert finding.help.startswith(help_)


@pytest.mark.parametrize(
    ("calls", "help_"),
    [
        (
            (
                'op.add_column("users", sa.Column("c", sa.Integer))\n'
                'op.create_foreign_key("fk", "users", "teams", ["c"], ["b"])'
            ),
            'Pass inline_references=True to op.add_column with sa.ForeignKey("teams.b"): a new',
        ),
        (
            (
                'op.add_column("users", sa.Column("c", sa.Integer))\n'
                'op.execute("ALTER TABLE users ADD FOREIGN KEY (c) REFERENCES teams")'
            ),
            'Pass inline_references=True to op.add_column with sa.ForeignKey("teams.id"): a new',
        ),
        (
            'op.create_foreign_key(None, "users", "teams", ["id"], ["id"])',
            "Name it. Add it NOT VALID (postgresql_not_valid=True), and ALTER TABLE users",
        ),
    ],
)
def test_a_revision_says_it_by_its_calls(calls: str, help_: str) -> None:
    (finding,) = found_in_revision("add-foreign-key", calls, SCHEMA)
    assert finding.help.startswith(help_)


@pytest.mark.parametrize(
    ("made", "waiting"),
    [
        ("", "users and parents wait"),
        ("CREATE TABLE parents (id bigint PRIMARY KEY);", "users wait"),
    ],
)
def test_a_parent_of_this_deploy_keeps_nobody_waiting(made: str, waiting: str) -> None:
    sql = f"{made} ALTER TABLE users ADD FOREIGN KEY (id) REFERENCES parents"
    (finding,) = found_by("add-foreign-key", sql, schema=SCHEMA)
    assert f"writes to {waiting} until it is done" in finding.message


NEW = "ALTER TABLE c ADD COLUMN p_id int"
KEY = "ALTER TABLE c ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES p"


@pytest.mark.parametrize(
    ("between", "fails"),
    [
        ("", False),
        ("CREATE INDEX i ON c (p_id);", False),
        ("UPDATE c SET p_id = 1 WHERE id = 1;", True),
        ("INSERT INTO c (id, p_id) VALUES (1, 2);", True),
        ("DO $$ BEGIN EXECUTE something(); END $$;", True),
        ("ALTER TABLE c ALTER p_id SET DEFAULT 1;", True),
    ],
)
def test_a_new_column_that_nothing_has_filled_has_no_row_without_a_parent(
    between: str, *, fails: bool
) -> None:
    schema = "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY);"
    [found] = found_by("add-foreign-key", f"{NEW}; {between} {KEY};", schema=schema)
    assert ("(23503)" in found.message) is fails


def test_a_key_that_must_match_in_full_looks_at_its_other_column() -> None:
    schema = "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE c (a int);"
    key = "ALTER TABLE c ADD FOREIGN KEY (a, p_id) REFERENCES p"
    simple, full = (
        found_by("add-foreign-key", f"{NEW}; {key} {match};", schema=schema)
        for match in ("", "MATCH FULL")
    )
    assert ["(23503)" in each.message for each in (*simple, *full)] == [False, True]
