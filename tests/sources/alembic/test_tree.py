"""Trees of revisions: order, problems, runner, ways down, what is skipped."""

from pathlib import Path

import pytest

from migsafe.model.migration import Down, Migration, Selection
from migsafe.model.operations import Unrecognized
from migsafe.model.origin import Runner
from migsafe.sources import Loaded, Request, discover, load
from migsafe.sources.alembic import CONVENTION

FIXTURES = Path(__file__).parents[3] / "fixtures" / "alembic"


def selection(loaded: Loaded) -> Selection:
    (found,) = loaded.selections
    return found


def order(path: Path) -> list[str]:
    tree = selection(load(Request((str(path),)))).tree
    return [migration.id for migration in tree.migrations]


def write(path: Path, revision: str, down: str = "None", body: str = "pass") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"from alembic import op\nrevision = {revision!r}\ndown_revision = {down}\n"
        f"def upgrade():\n    {body}\ndef downgrade():\n    pass\n",
        "utf-8",
    )
    return path


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ("missing", ["'cccc'", "'bbbb'", "not there"]),
        ("cycle", ["circle", ": bbbb -> dddd -> cccc -> bbbb"]),
        ("duplicate", ["'bbbb' is there twice", "0002_b.py"]),
        ("fork", ["several heads", "'bbbb'", "'cccc'"]),
    ],
)
def test_broken_history_is_a_problem_that_names_the_revision(tree: str, words: list[str]) -> None:
    loaded = load(Request((str(FIXTURES / "broken" / tree),)))
    problems = selection(loaded).tree.problems
    said = " ".join(problem.message for problem in problems)
    assert [word for word in words if word not in said] == []
    assert all(problem.help for problem in problems)


def test_broken_history_hides_no_migration() -> None:
    assert set(order(FIXTURES / "broken" / "cycle")) == {"aaaa", "bbbb", "cccc", "dddd"}
    assert len(order(FIXTURES / "broken" / "duplicate")) == 3


def test_labelled_branches_and_merges_are_no_problem() -> None:
    tree = selection(load(Request((str(FIXTURES / "branches"),)))).tree
    assert tree.problems == ()
    ids = [migration.id for migration in tree.migrations]
    assert ids == ["base", "expand", "trunk", "merged", "leaf"]
    assert tree.heads == ("leaf",)
    assert tree.migrations[3].revises == ("expand", "trunk")


def test_revision_that_is_not_python_is_an_error_with_its_line() -> None:
    loaded = load(Request((str(FIXTURES / "broken" / "not_python"),)))
    (error,) = loaded.errors
    assert error.path.endswith("0002_b.py")
    assert error.line == 6
    assert "not Python" in error.message
    # Its header still shows: the one after it does not stand on nothing.
    assert selection(loaded).tree.problems == ()


def test_history_holds_what_could_not_be_read_as_unknown() -> None:
    path = FIXTURES / "broken" / "not_python" / "0003_c.py"
    found = selection(load(Request((str(path),))))
    assert found.given == {"cccc"}
    unread = found.tree.migrations[1]
    (operation,) = unread.up.statements[0].operations
    assert isinstance(operation, Unrecognized)
    assert operation.relations is None


def test_history_of_a_revision_is_what_stands_before_it() -> None:
    versions = FIXTURES / "shop" / "versions"
    path = versions / "2023_02_02_1a02_orders.py"
    found = selection(load(Request((str(path),))))
    assert found.given == {"1a02c0ffee03"}
    assert [each.id for each in found.tree.migrations] == [
        "1a00c0ffee01",
        "1a01c0ffee02",
        "1a02c0ffee03",
    ]
    assert len(found.tree.later) == 9


def test_start_after_leaves_released_revisions_alone() -> None:
    request = Request((str(FIXTURES / "shop"),), start_after="1a10c0ffee11")
    loaded = load(request)
    assert loaded.started
    assert selection(loaded).given == {"1a11c0ffee12"}
    assert not load(Request((str(FIXTURES / "shop"),), start_after="nope")).started


def test_no_history_reads_the_given_alone() -> None:
    path = FIXTURES / "shop" / "versions" / "2023_02_02_1a02_orders.py"
    tree = selection(load(Request((str(path),), history=False))).tree
    assert [each.id for each in tree.migrations] == ["1a02c0ffee03"]
    assert tree.problems == ()


def test_python_that_is_no_revision_is_skipped_and_counted() -> None:
    loaded = load(Request((str(FIXTURES / "shop" / "env.py"),)))
    assert loaded.errors == ()
    assert loaded.selections == ()
    assert [Path(path).name for path in loaded.skipped] == ["env.py"]


@pytest.mark.parametrize(
    ("env", "runner"),
    [
        ("from alembic import context\ncontext.configure()\n", Runner.RUN),
        (
            "from alembic import context\ncontext.configure(transaction_per_migration=True)\n",
            Runner.FILE,
        ),
        (
            "from alembic import context\ncontext.configure()  # transaction_per_migration=True\n",
            Runner.RUN,
        ),
    ],
)
def test_environment_says_how_revisions_are_bracketed(
    tmp_path: Path, env: str, runner: Runner
) -> None:
    (tmp_path / "env.py").write_text(env, "utf-8")
    path = write(tmp_path / "versions" / "a.py", "a")
    (migration,) = selection(load(Request((str(path),)))).tree.migrations
    assert migration.up.runner is runner


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "alembic.ini",
            (
                "[alembic]\nscript_location = %(here)s/db\n"
                "version_locations = %(here)s/db/one %(here)s/two\n"
            ),
        ),
        (
            "alembic.ini",
            (
                "[alembic]\nscript_location = db\nversion_path_separator = :\n"
                "version_locations = db/one:two\n"
            ),
        ),
        (
            "alembic.ini",
            (
                "[alembic]\nscript_location = db\npath_separator = newline\n"
                "version_locations =\n  db/one\n  two\n"
            ),
        ),
        (
            "pyproject.toml",
            (
                '[tool.alembic]\nscript_location = "%(here)s/db"\n'
                'version_locations = ["%(here)s/db/one", "%(here)s/two"]\n'
            ),
        ),
    ],
)
def test_version_locations_make_one_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    write(tmp_path / "db" / "one" / "a.py", "a")
    write(tmp_path / "two" / "b.py", "b", "'a'")
    monkeypatch.chdir(tmp_path)
    assert discover() == ("db/one", "two")
    found = selection(load(Request(("two/b.py",))))
    assert [each.id for each in found.tree.migrations] == ["a", "b"]
    assert found.tree.problems == ()
    assert found.tree.root == "db"


DOWNS = [
    ("def downgrade():\n    op.drop_table('t')\n", Down.PRESENT, None),
    ("", Down.MISSING, None),
    ("def downgrade():\n    pass\n", Down.EMPTY, None),
    ('def downgrade():\n    """Kept for good."""\n', Down.EMPTY, "Kept for good."),
    ("def downgrade():\n    # rows are kept\n    pass\n", Down.EMPTY, "rows are kept"),
    ("def downgrade():\n    pass\n    # rows are kept\n", Down.EMPTY, "rows are kept"),
    (
        "def downgrade():\n    # ### commands auto generated by Alembic ###\n    pass\n",
        Down.EMPTY,
        None,
    ),
    ("def downgrade():\n    raise ValueError('no way')\n", Down.RAISES, "no way"),
    ("def downgrade():\n    raise NotImplementedError\n", Down.RAISES, None),
]


@pytest.mark.parametrize(("down", "state", "reason"), DOWNS)
def test_way_down_is_told(tmp_path: Path, down: str, state: Down, reason: str | None) -> None:
    path = tmp_path / "a.py"
    path.write_text(
        "from alembic import op\nrevision = 'a'\ndown_revision = None\n"
        f"def upgrade():\n    op.drop_table('t')\n\n\n{down}",
        "utf-8",
    )
    (migration,) = selection(load(Request((str(path),)))).tree.migrations
    assert (migration.down_state, migration.down_reason) == (state, reason)


def test_missing_upgrade_is_unrecognized(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("from app import upgrade\nrevision = 'a'\n", "utf-8")
    (migration,) = selection(load(Request((str(path),)))).tree.migrations
    (operation,) = migration.up.statements[0].operations
    assert isinstance(operation, Unrecognized)
    assert "no function 'upgrade'" in operation.reason


def test_directives_are_comments_and_not_strings(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    text = (
        "# ünicode\nrevision = 'a'\ndef upgrade():\n"
        "    x = '# migsafe: ignore[b]: no'\n"
        "    y = 'é'  # migsafe: ignore[drop-table]: it is empty\n"
    )
    path.write_text(text, "utf-8")
    (migration,) = selection(load(Request((str(path),)))).tree.migrations
    (directive,) = migration.up.directives
    assert directive.text == "ignore[drop-table]: it is empty"
    assert text[directive.span.start : directive.span.end].startswith("# migsafe:")


def _place(migration: Migration) -> tuple[int, int]:
    (statement,) = migration.up.statements
    place = migration.up.place(statement.span)
    return place.line, place.column


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_places_hold_with_any_line_ends_and_marks(tmp_path: Path, end: str, mark: str) -> None:
    path = tmp_path / "a.py"
    lines = ["# ä", "from alembic import op", "revision = 'a'", "def upgrade():"]
    lines.append("    'ö'; op.drop_table('t')")
    path.write_bytes((mark + end.join(lines) + end).encode())
    (migration,) = selection(load(Request((str(path),)))).tree.migrations
    assert _place(migration) == (5, 10)


def test_next_revision_is_the_same_for_the_same_tree() -> None:
    tree = selection(load(Request((str(FIXTURES / "shop"),)))).tree
    first = CONVENTION.next_name(tree, "Add a thing")
    assert first == CONVENTION.next_name(tree, "add a thing")
    assert first != CONVENTION.next_name(tree, "another thing")
    up, down = CONVENTION.paths(tree, first)
    assert down is None
    assert Path(up).parent == FIXTURES / "shop" / "versions" or up.endswith(f"versions/{first}.py")
