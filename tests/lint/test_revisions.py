"""Reports on Alembic revisions: places and words."""

from pathlib import Path

import pytest

from linting import TODAY
from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.findings import Report
from migsafe.render import text
from migsafe.sources import Request, load

HEAD = """\
from alembic import op

revision = "a1"
down_revision = None


"""


def report(body: str) -> Report:
    Path("a1.py").write_text(f"{HEAD}{body}", "utf-8")
    return lint(
        load(Request(("a1.py",))).selections, Settings(lock_timeout="role"), Options(today=TODAY)
    )


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_finding_stands_at_the_call_and_its_focus_in_the_sql() -> None:
    [one] = report(
        "def upgrade():\n"
        "    # migsafe: ignore[drop-table]: nobody reads it\n"
        '    op.execute(\n        """\n        DROP TABLE t;\n        DROP TABLE u\n'
        '        """\n    )\n'
        "\n\ndef downgrade():\n    raise NotImplementedError\n"
    ).suppressed[:1]
    assert (one.place.line, one.place.end_line, one.focus.line) == (9, 14, 11)


def test_a_message_names_another_call_by_its_line() -> None:
    [one] = [
        each
        for each in report(
            "def upgrade():\n"
            '    op.execute(\n        "ALTER TABLE t ADD a int"\n    )\n'
            '    op.execute(\n        "UPDATE t SET a = 1"\n    )\n'
        ).findings
        if each.rule == "backfill-in-schema-transaction"
    ]
    assert one.place.line == 11
    assert "of line 8:" in one.message


def test_the_page_says_alembic_as_people_do_and_the_same_thing_once() -> None:
    page = text.render(report("def upgrade():\n    op.create_view(a)\n    op.create_view(b)\n"))
    assert "a1.py   Alembic: one transaction for the whole upgrade" in page
    assert page.count("unanalysed-call") == 1
    assert "(also line 9)" in page


def test_the_note_on_a_way_down_says_down_once() -> None:
    page = text.render(
        report(
            "def upgrade():\n    pass\n\n\n"
            'def downgrade():\n    op.drop_index("i", table_name="t")\n'
        )
    )
    assert "The way down: Dropping i" in page
    assert "down: The" not in page


def test_what_a_loop_runs_again_is_said_once() -> None:
    body = (
        "import sqlalchemy as sa\n\n\ndef upgrade():\n"
        '    for each in ("a", "b"):\n'
        "        op.get_bind().execute(\n"
        '            sa.text("DELETE FROM t WHERE n = :n AND m = :m AND n <> :n"), {"n": each}\n'
        "        )\n"
    )
    [one] = [each for each in report(body).findings if each.rule == "delete-rows"]
    assert "The rows of t WHERE n = $1 AND m = $2 AND n <> $1 are gone for good" in one.message
