"""Plan directories: whole or not there, out of every runner's way, and checked."""

import json
from pathlib import Path

import pytest

import planmaking
from migsafe.config import Settings
from migsafe.context import Deploy as Ship
from migsafe.ledger.released import Event, EventKind, append
from migsafe.model.errors import InputError, RefusedError
from migsafe.model.plan import Plan
from migsafe.model.record import replace
from migsafe.planning import compose, directory
from migsafe.planning.finish import Finished
from migsafe.planning.rebase import replanner

SETTINGS = planmaking.SETTINGS


@pytest.fixture(params=sorted(planmaking.TREES))
def tree(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a tree in the working directory and return the path that is to be planned."""
    monkeypatch.chdir(tmp_path)
    files, path = planmaking.TREES[request.param]
    planmaking.put(tmp_path, files)
    return path


def composed(ship: Ship, plan: Plan) -> Plan:
    return compose.plan(ship, SETTINGS, plan_id=plan.id, options=dict(plan.options))


def checked(place: Path, settings: Settings = SETTINGS) -> list[tuple[str, str]]:
    problems = directory.check(place, replanner(place, settings, composed))
    return [(problem.code, Path(problem.path).name) for problem in problems]


def test_a_written_plan_is_read_back_and_is_as_it_would_be_written_now(tree: str) -> None:
    place = planmaking.planned(tree)
    plan = directory.read(place)
    assert plan.sources[0].path == tree
    assert plan.base_tables == ("users",)
    assert all(step.locks is not None for deploy in plan.deploys for step in deploy.steps)
    for source in plan.sources:
        for copy in source.copies:
            assert (place / copy).is_file()
    assert checked(place) == []


def test_the_base_is_what_touched_the_tables(tree: str) -> None:
    plan = directory.read(planmaking.planned(tree))
    (before,) = plan.base_history
    assert "users" in before or before == "aaaa"


def test_the_same_input_gives_the_same_bytes(tree: str) -> None:
    one, two = planmaking.planned(tree), planmaking.planned(tree, "plans/two")
    names = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(two) for path in two.rglob("*") if path.is_file())
    for name in names:
        assert (one / name).read_bytes() == (two / name).read_bytes()


@pytest.mark.parametrize("name", ["plan.json", "PLAN.md"])
def test_an_edited_file_is_a_problem(tree: str, name: str) -> None:
    place = planmaking.planned(tree)
    path = place / name
    path.write_text(
        path.read_text("utf-8")
        .replace("C0 runs today", "C0 runs")
        .replace('"runs today"', '"runs"'),
        "utf-8",
    )
    assert ("edited", name) in checked(place)


def test_edited_sql_a_missing_and_a_strange_file_are_problems(tree: str) -> None:
    place = planmaking.planned(tree)
    stem, *_ = sorted(place.glob("05_contract*"))
    stem.write_text(stem.read_text("utf-8") + "\n", "utf-8")
    gone = min(place.glob("02_backfill*"))
    gone.unlink()
    (place / "notes.txt").write_text("mine")
    assert checked(place) == [
        ("missing", gone.name), ("edited", stem.name), ("unknown", "notes.txt")
    ]  # fmt: skip


def test_another_version_is_compared_by_what_it_does(tree: str) -> None:
    place = planmaking.planned(tree)
    path = place / "plan.json"
    document = json.loads(path.read_text("utf-8"))
    document["tool"]["version"] = "0.0.9"
    document["notes"] = ["other words"]
    path.write_text(json.dumps(document), "utf-8")
    assert checked(place) == []
    document["deploys"][0]["steps"][0]["lock_timeout_ms"] = 1
    path.write_text(json.dumps(document), "utf-8")
    assert checked(place) == []
    document["deploys"][-1]["steps"][0]["sql"] = "DROP TABLE users"
    path.write_text(json.dumps(document), "utf-8")
    assert checked(place) == [("differs", "plan.json")]


def test_a_plan_is_refused_where_a_runner_reads(tree: str) -> None:
    root = Path(tree).parent
    for place in (root, root / "plans", root.parent / "versions" / "x"):
        if place.parts and (place == root or root in place.parents):
            with pytest.raises(RefusedError, match=r"look|reads"):
                planmaking.planned(tree, str(place))


def test_an_empty_directory_that_alembic_is_configured_to_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    planmaking.put(tmp_path, {"alembic.ini": planmaking.ALEMBIC_INI})
    (tmp_path / "migrations" / "versions").mkdir(parents=True)
    with pytest.raises(RefusedError, match="alembic reads"):
        directory.write(planmaking.finished(), Path("migrations/versions/x"))
    with pytest.raises(RefusedError, match="alembic reads"):
        directory.write(planmaking.finished(), Path("migrations/versions"))


def test_a_directory_with_something_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    planmaking.put(tmp_path, {"other/readme.txt": "mine", "file": "x", "bad/plan.json": "{"})
    for name, said in (("other", "no plan"), ("file", "is a file"), ("bad", "cannot be read")):
        with pytest.raises(RefusedError, match=said):
            directory.write(planmaking.finished(), Path(name))
    assert (tmp_path / "other" / "readme.txt").read_text() == "mine"


def test_the_same_plan_is_written_over_only_while_nothing_is_released(tree: str) -> None:
    place = planmaking.planned(tree)
    planmaking.planned(tree)
    other = Finished(replace(planmaking.plan(), id="other"), ())
    with pytest.raises(RefusedError, match="another plan"):
        directory.write(other, place)
    plan = directory.read(place)
    append(place, plan.id, Event(1, EventKind.RELEASED, planmaking.AT))
    with pytest.raises(RefusedError, match="has begun"):
        planmaking.planned(tree)


def test_nothing_half_written_is_left_when_writing_fails(
    tree: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = planmaking.planned(tree)
    before = {path.name: path.read_bytes() for path in place.glob("*.*")}
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self.name.startswith(".migsafe-plan-"):
            raise OSError("no space left")
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename)
        with pytest.raises(OSError, match="no space"):
            planmaking.planned(tree)
    assert {path.name: path.read_bytes() for path in place.glob("*.*")} == before
    assert list(place.parent.iterdir()) == [place]


def test_no_plan_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no plan"):
        directory.read(tmp_path)
