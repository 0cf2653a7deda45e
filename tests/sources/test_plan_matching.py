"""A plan's files are known by what they do, and by nothing else."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import planmaking
from migsafe.model.migration import Migration
from migsafe.planning.directory import write
from migsafe.sources import Request, load
from migsafe.sources.files import Files
from migsafe.sources.plans.matching import Almost, Match, match
from migsafe.sources.plans.tree import find, plan_in


@pytest.fixture(params=["golang-migrate", "alembic"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory with a written plan, below which a runner's tree may be made."""
    monkeypatch.chdir(tmp_path)
    write(planmaking.finished(request.param), Path("plans/it"))
    return tmp_path


def read(path: str) -> Migration:
    (selection,) = load(Request((path,))).selections
    (migration,) = (m for m in selection.tree.migrations if m.id in selection.given)
    return migration


def files(place: Path, stem: str) -> list[Path]:
    return sorted(place.glob(f"plans/it/{stem}.*"))


def elsewhere(place: Path, stem: str, change: Callable[[str], str], way: str = "") -> Migration:
    """Put a plan's file into a tree of its tool under another name, changed, and read it."""
    up = ""
    for path in files(place, stem):
        text = path.read_text("utf-8")
        if path.suffix == ".py" or f".{way}" in path.name or not way:
            text = change(text)
        if path.suffix == ".py":
            text = re.sub(r'(revision = )"\w+"', r'\1"f00d"', text)
            text = re.sub(r'(down_revision = )"\w+"', r"\1None", text)
        name = path.name.replace(stem, "0077_other" if path.suffix != ".py" else "f00d_other")
        target = place / "db" / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(text.encode())
        if not path.name.endswith(".down.sql"):
            up = f"db/{name}"
    return read(up)


def formatted(text: str) -> str:
    """Return SQL or Python as another hand would lay it out, comments and all."""
    if "def upgrade" in text:
        text = text.replace('op.execute("SET LOCAL', 'op.execute(\n        "SET LOCAL')
        return text.replace("import op\n", "import op  # noqa\nimport os\n", 1)
    kept = [line for line in text.split("\n") if not line.startswith("-- ") or "migsafe:" in line]
    body = "\n".join(kept)
    return (
        body.replace("ALTER TABLE users", "alter table\n  Users /* the people */")
        .replace("ADD COLUMN mail text", "add column  mail\ttext")
        .replace("SET LOCAL lock_timeout = '2s'", "set local lock_timeout to '2s'")
    )


@pytest.mark.parametrize("stem", ["01_expand_1", "01_expand_2", "02_backfill", "04_contract_1"])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        formatted,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text + "\n\n# the end\n" if "def " in text else text + "\n\n/* end */\n",
    ],
    ids=["renamed", "formatted", "carriage returns", "comment"],
)
def test_layout_names_and_line_ends_do_not_count(
    place: Path, stem: str, change: Callable[[str], str]
) -> None:
    migration = elsewhere(place, stem, change)
    found = match(migration, (plan_in("plans/it"),))
    assert isinstance(found, Match), found
    assert found.deploy == int(stem[:2])


def test_a_body_with_carriage_returns_is_the_same_body(place: Path) -> None:
    migration = elsewhere(place, "04_contract_3", lambda text: text.replace("\n", "\r\n"))
    assert isinstance(match(migration, (plan_in("plans/it"),)), Match)


@pytest.mark.parametrize(
    ("stem", "old", "new", "said"),
    [
        ("01_expand_1", "mail", "male", "statement 3 of the way up differs"),
        ("04_contract_1", "IS NOT NULL", "IS NULL", "statement 3 of the way up differs"),
        ("01_expand_1", "'2s'", "'9s'", "statement 1 of the way up differs"),
        ("02_backfill", "IS NULL", "= ''", "statement 1 of the way up differs"),
    ],
)
def test_one_changed_statement_is_named(
    place: Path, stem: str, old: str, new: str, said: str
) -> None:
    def change(text: str) -> str:
        return re.sub(rf"(?<!-- )(?<!\w){re.escape(old)}(?!_)", new, text)

    found = match(elsewhere(place, stem, change), (plan_in("plans/it"),))
    assert isinstance(found, Almost), found
    assert found.deploy == int(stem[:2])
    assert said in found.difference


def test_a_changed_way_down_is_named(place: Path) -> None:
    def change(text: str) -> str:
        head, down, tail = text.rpartition("def downgrade")
        if down:
            return head + down + tail.replace('"users", "mail"', '"users", "other"')
        return text.replace("DROP COLUMN mail", "DROP COLUMN other")

    found = match(elsewhere(place, "01_expand_1", change, "down"), (plan_in("plans/it"),))
    assert isinstance(found, Almost), found
    assert "statement 3 of the way down differs" in found.difference
    assert "DROP COLUMN mail" in found.difference


def test_another_order_is_named(place: Path) -> None:
    first, second = "SET LOCAL lock_timeout = '2s'", "SET LOCAL statement_timeout = '30s'"

    def change(text: str) -> str:
        head, down, tail = text.partition("def downgrade")
        head = head.replace(first, "@").replace(second, first).replace("@", second)
        return head + down + tail

    found = match(elsewhere(place, "01_expand_1", change, "up"), (plan_in("plans/it"),))
    assert isinstance(found, Almost), found
    assert "the order of the way up differs" in found.difference


def test_another_transaction_is_named(place: Path) -> None:
    def change(text: str) -> str:
        if "def upgrade" in text:
            return text.replace("with op.get_context().autocommit_block():", "if True:")
        bare = text.replace("BEGIN;\n", "").replace("COMMIT;\n", "")
        return f"-- migsafe: transaction=none\n{bare}"

    stem = "01_expand_2" if files(place, "01_expand_2")[0].suffix == ".py" else "01_expand_1"
    found = match(elsewhere(place, stem, change), (plan_in("plans/it"),))
    assert isinstance(found, Almost), found
    assert "the transactions of the way up differ" in found.difference


def test_two_transactions_made_one_are_named(place: Path) -> None:
    def change(text: str) -> str:
        if "def upgrade" in text:
            # Without the boundary the revision shares the transaction of the one before.
            return re.sub(r"    # Commits.*?\n    with.*?\n.*?SELECT 1.*?\n\n", "", text)
        return f"BEGIN;\n{text}COMMIT;\n"

    migration = elsewhere(place, "04_contract_2", change)
    found = match(migration, (plan_in("plans/it"),))
    if migration.convention == "alembic":
        assert isinstance(found, Almost), found
    else:
        # A bracket of its own is what the file has anyway.
        assert isinstance(found, Match), found


def test_a_missing_statement_is_named(place: Path) -> None:
    def change(text: str) -> str:
        return "".join(
            line for line in text.splitlines(keepends=True) if "statement_timeout" not in line
        )

    found = match(elsewhere(place, "01_expand_1", change), (plan_in("plans/it"),))
    assert isinstance(found, Almost)
    assert "statement 2" in found.difference


def test_a_first_statement_that_is_missing_does_not_hide_the_rest(place: Path) -> None:
    def change(text: str) -> str:
        return re.sub(r"(?m)^.*SET LOCAL lock_timeout.*\n", "", text, count=1)

    found = match(elsewhere(place, "01_expand_1", change, "up"), (plan_in("plans/it"),))
    assert isinstance(found, Almost), found
    assert found.difference.startswith("statement 1 of the way up is missing")
    assert "lock_timeout" in found.difference


def test_a_statement_too_many_is_named(place: Path) -> None:
    def change(text: str) -> str:
        line = next(line for line in text.split("\n") if "SET LOCAL lock_timeout" in line)
        return text.replace(line, f"{line}\n{line.replace('2s', '7s')}", 1)

    found = match(elsewhere(place, "01_expand_1", change, "up"), (plan_in("plans/it"),))
    assert isinstance(found, Almost), found
    assert found.difference.startswith("statement 2 of the way up is not in the plan")
    assert "7s" in found.difference


def test_a_change_of_the_same_kind_is_nothing_of_the_plan(place: Path) -> None:
    planmaking.put(place, {"db/0077_other.up.sql": "ALTER TABLE users DROP COLUMN fax;"})
    assert match(read("db/0077_other.up.sql"), (plan_in("plans/it"),)) is None


def test_something_else_is_no_file_of_the_plan(place: Path) -> None:
    planmaking.put(place, {"db/0001_users.up.sql": planmaking.USERS})
    assert match(read("db/0001_users.up.sql"), (plan_in("plans/it"),)) is None


def test_a_file_in_the_directory_has_the_history_of_the_source_and_the_earlier_deploys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tree, path = planmaking.TREES["golang-migrate"]
    planmaking.put(tmp_path, tree)
    planmaking.put(tmp_path, {"db/0003_later.up.sql": "SELECT 1;", "db/0003_later.down.sql": ""})
    place = planmaking.planned(path)
    (selection,) = load(Request((f"{place}/05_contract.up.sql",))).selections
    ids = [migration.id for migration in selection.tree.migrations]
    assert ids == [
        "0001_users", "01_expand", "02_backfill", "03_migrate_1", "03_migrate_2", "03_migrate_3",
        "05_contract",
    ]  # fmt: skip
    assert selection.given == {"05_contract"}


def test_plan_directories_are_found_below_the_configured_place(place: Path) -> None:
    write(planmaking.finished(), place / "plans" / "deep" / "other")
    assert find("plans", Files()) == ("plans/deep/other", "plans/it")
    assert find("nowhere", Files()) == ()
