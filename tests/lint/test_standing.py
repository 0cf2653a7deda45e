"""Timeouts that history gives to all sessions to come."""

import pytest

from linting import TODAY, migration
from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.migration import Selection, Tree
from migsafe.model.origin import Runner
from migsafe.model.record import replace

SHOP = "ALTER DATABASE shop"
CHANGE = "ALTER TABLE t ADD COLUMN c int;"


@pytest.mark.parametrize(
    ("history", "found"),
    [
        ("SELECT 1;", True),
        ("ALTER DATABASE shop SET lock_timeout = '2s';", False),
        ("ALTER ROLE CURRENT_USER SET lock_timeout TO '2s';", False),
        ("ALTER ROLE ALL IN DATABASE shop SET lock_timeout = 2000;", False),
        # Which role migrates is not known.
        ("ALTER ROLE web SET lock_timeout = '2s';", True),
        ("ALTER DATABASE shop SET lock_timeout = 0;", True),
        (
            "ALTER DATABASE shop SET lock_timeout = '2s'; ALTER DATABASE shop RESET lock_timeout;",
            True,
        ),
        ("ALTER DATABASE shop SET lock_timeout = '2s'; ALTER DATABASE shop RESET ALL;", True),
        ("ALTER DATABASE shop SET search_path = app;", True),
    ],
)
@pytest.mark.parametrize("given", [False, True], ids=["replayed", "judged"])
def test_a_timeout_of_the_role_bounds_later_migrations(
    history: str, *, found: bool, given: bool
) -> None:
    first = replace(migration(history, runner=Runner.FILE), id="0000")
    second = migration(CHANGE)
    tree = Tree(".", "golang-migrate", (first, second))
    chosen = frozenset({"0000", "0001"}) if given else frozenset({"0001"})
    report = lint((Selection(tree, chosen),), Settings(), Options(today=TODAY))
    assert ("missing-lock-timeout" in {each.rule for each in report.findings}) is found


def test_it_does_not_bound_the_migration_that_says_it() -> None:
    one = migration("ALTER DATABASE shop SET lock_timeout = '2s'; " + CHANGE)
    tree = Tree(".", "golang-migrate", (one,))
    report = lint((Selection(tree, frozenset({one.id})),), Settings(), Options(today=TODAY))
    assert "missing-lock-timeout" in {each.rule for each in report.findings}
