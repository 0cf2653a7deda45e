"""What is read from revisions is what Alembic would send to the server."""

from pathlib import Path

import pytest

from migsafe.model.migration import Migration
from migsafe.model.operations import (
    AddColumn,
    Unrecognized,
)
from migsafe.sources import Request, load
from migsafe_dev.rendered import comparable, operations_in
from sources.alembic.reading import operations_of
from sources.alembic.rendering import rendered_calls, rendered_tree

FIXTURES = Path(__file__).parents[3] / "fixtures" / "alembic"
SHOP = FIXTURES / "shop"
TREES = [SHOP, FIXTURES / "office"]
CALLS = [
    line
    for line in (FIXTURES / "calls.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]

# Differences that are meant, each with its reason. Everything else must be equal.
ALLOWED = {
    'sa.Computed("b + 1")': "2.0 writes STORED, 2.1 leaves it to the server: STORED is assumed",
    "sa.sql.expression.cast": "casts are not rendered: the default is opaque",
    "check=": "a domain with a CHECK is not read: the call is unrecognized",
}


@pytest.fixture(scope="module")
def rendered() -> dict[str, str | None]:
    return dict(zip(CALLS, rendered_calls(CALLS), strict=True))


@pytest.mark.parametrize("call", CALLS)
def test_call_does_what_alembic_renders(call: str, rendered: dict[str, str | None]) -> None:
    sql = rendered[call]
    if sql is None:
        # This Alembic refuses it; another version may not: nothing to compare.
        assert operations_of(call)
        return
    theirs = comparable(operations_in(sql))
    ours = comparable(operations_of(call))
    if any(part in call for part in ALLOWED):
        assert theirs != ours, "the difference is gone: take it out of ALLOWED"
    else:
        assert ours == theirs


def test_order_of_what_a_new_table_brings_along_is_alembics() -> None:
    call = (
        'op.create_table("t", sa.Column("id", sa.Integer(), primary_key=True),'
        ' sa.Column("s", sa.Enum("a", name="s"), index=True, comment="c"), comment="t")'
    )
    (sql,) = rendered_calls([call])
    assert sql is not None
    assert operations_of(call) == operations_in(sql)


def _migrations(tree: Path) -> tuple[Migration, ...]:
    (selection,) = load(Request((str(tree / "versions"),))).selections
    return selection.tree.migrations


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.name)
def test_every_upgrade_of_a_tree_does_what_alembic_renders(tree: Path) -> None:
    theirs = rendered_tree(tree / "alembic.ini", "upgrade", "head", "--sql")
    for migration in _migrations(tree):
        ours = [each for it in migration.up.statements for each in it.operations]
        assert comparable(ours) == comparable(operations_in(theirs[migration.id]))


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.name)
def test_every_downgrade_of_a_tree_does_what_alembic_renders(tree: Path) -> None:
    theirs = rendered_tree(tree / "alembic.ini", "downgrade", "head:base", "--sql")
    for migration in _migrations(tree):
        assert migration.down is not None
        ours = [each for it in migration.down.statements for each in it.operations]
        assert comparable(ours) == comparable(operations_in(theirs[migration.id]))


def test_nothing_of_the_tree_is_unrecognized() -> None:
    sections = [section for migration in _migrations(SHOP) for section in migration.sections]
    operations = [each for part in sections for it in part.statements for each in it.operations]
    assert [each for each in operations if isinstance(each, Unrecognized)] == []
    # Enough of them, of enough kinds, that the comparison means something.
    assert len(operations) > 90
    assert len({type(each) for each in operations}) > 24
    assert any(isinstance(each, AddColumn) for each in operations)
