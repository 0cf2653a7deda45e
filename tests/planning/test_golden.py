"""Whole plan directories, as they are committed and reviewed: fixtures/plans."""

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import planmaking
from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.findings import Severity
from migsafe.planning import directory
from migsafe.planning.make import make
from migsafe.render import plan_text
from migsafe.sources import Request, load

FIXTURES = Path(__file__).parents[2] / "fixtures"
RECIPES = sorted((FIXTURES / "recipes").glob("*.toml"))
COMMITTED = {
    "add_required_column_as_the_seed": "numbered",
    "rename_column_as_the_seed": "numbered",
    "refunds": "alembic",
    "builds": "golang-migrate",
}
"""Plans of which every file is committed, and the convention that they are written in."""
SETTINGS = Settings(lock_timeout="role", server_version=18, plans="plans")


def tree(recipe: Path, convention: str) -> str:
    """Write a recipe's migration with its schema as a tree and return the migration's path."""
    example = tomllib.loads(recipe.read_text("utf-8"))
    schema, migration = (
        example[part]
        if part in example
        else (FIXTURES / example[f"{part}_file"]).read_text("utf-8")
        for part in ("schema", "migration")
    )
    name = recipe.stem
    match convention:
        case "alembic":
            files = {
                "alembic.ini": planmaking.ALEMBIC_INI,
                "migrations/env.py": planmaking.ENV,
                "migrations/versions/0001_schema.py": planmaking.revision("0001", None, schema, ""),
                f"migrations/versions/0002_{name}.py": planmaking.revision(
                    "0002", "0001", migration, ""
                ),
            }
        case "golang-migrate":
            files = {
                "db/0001_schema.up.sql": schema,
                "db/0001_schema.down.sql": "",
                f"db/0002_{name}.up.sql": migration,
                f"db/0002_{name}.down.sql": "",
            }
        case _:
            files = {"db/0001_schema.sql": schema, f"db/0002_{name}.sql": migration}
    planmaking.put(Path(), files)
    return next(path for path in files if "0002" in path)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_plans_are_shown_as_they_were_reviewed(
    recipe: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    golden: Callable[[Path, str], None],
) -> None:
    monkeypatch.chdir(tmp_path)
    convention = COMMITTED.get(recipe.stem, "numbered")
    (selection,) = load(Request((tree(recipe, convention),))).selections
    finished = make(selection, SETTINGS)
    text = plan_text.render(finished.plan)
    assert max(map(len, text.splitlines())) <= 100
    golden(FIXTURES / "plans" / f"{recipe.stem}.txt", text)
    if recipe.stem in COMMITTED:
        place = FIXTURES / "plans" / recipe.stem
        for file in directory.contents(finished):
            golden(place / file.path, file.text)
        names = {file.path for file in directory.contents(finished)}
        there = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
        assert there == names


@pytest.mark.parametrize("convention", ["numbered", "golang-migrate", "alembic"])
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_plan_s_own_files_lint_clean(
    recipe: Path, convention: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (selection,) = load(Request((tree(recipe, convention),))).selections
    finished = make(selection, SETTINGS)
    directory.write(finished, Path("plans/it"))
    paths = tuple(
        f"plans/it/{file.path}" for deploy in finished.plan.deploys for file in deploy.files
    )
    loaded = load(Request(paths))
    report = lint(loaded.selections, SETTINGS, Options(date(2026, 1, 1)), errors=loaded.errors)
    assert not report.errors
    loud = [
        f"{finding.place.path}:{finding.place.line} {finding.rule}: {finding.message}"
        for finding in report.findings
        if finding.severity >= Severity.WARNING
    ]
    assert loud == []
