import pytest

from linting import TODAY, migration
from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.migration import Down, Migration, Selection, Tree
from migsafe.model.record import replace

ADD = "ALTER TABLE users ADD COLUMN phone text"


def severities(one: Migration, downgrades: str = "expected") -> list[str]:
    report = lint(
        (Selection(Tree(".", "x", (one,)), frozenset({one.id})),),
        Settings(lock_timeout="role", downgrades=downgrades),
        Options(today=TODAY),
    )
    return [str(each.severity) for each in report.findings if each.rule == "missing-downgrade"]


@pytest.mark.parametrize(
    ("state", "downgrades", "expected"),
    [
        (Down.MISSING, "expected", ["warning"]),
        (Down.EMPTY, "expected", ["warning"]),
        (Down.RAISES, "expected", ["warning"]),
        (Down.MISSING, "required", ["error"]),
        (Down.MISSING, "off", []),
        (Down.PRESENT, "required", []),
        (Down.NO_CONVENTION, "required", []),
    ],
)
def test_the_configuration_decides_how_grave_a_missing_way_down_is(
    state: Down, downgrades: str, expected: list[str]
) -> None:
    assert severities(replace(migration(ADD), down_state=state), downgrades) == expected


def test_a_merge_needs_no_way_down() -> None:
    merge = replace(migration(ADD), down_state=Down.EMPTY, revises=("a", "b"))
    assert severities(merge) == []


def test_a_reason_that_is_given_leaves_a_note() -> None:
    told = replace(migration(ADD), down_state=Down.EMPTY, down_reason="Nothing to take back.")
    assert severities(told) == ["note"]


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "UPDATE users SET a = 1 WHERE id = 2",
        "SET lock_timeout = '2s'; DELETE FROM t WHERE id = 1",
    ],
)
def test_what_changes_no_schema_needs_no_way_down(sql: str) -> None:
    assert severities(replace(migration(sql), down_state=Down.MISSING)) == []


def test_a_schema_change_among_data_changes_is_where_the_finding_stands() -> None:
    one = replace(
        migration(f"UPDATE users SET a = 1 WHERE id = 2;\n{ADD};"), down_state=Down.MISSING
    )
    report = lint(
        (Selection(Tree(".", "x", (one,)), frozenset({one.id})),),
        Settings(lock_timeout="role"),
        Options(today=TODAY),
    )
    [found] = [each for each in report.findings if each.rule == "missing-downgrade"]
    assert found.place.line == 2
    assert found.help == "Write the way down: ALTER TABLE users DROP COLUMN phone."
