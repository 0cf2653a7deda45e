"""Every recipe is played to its end on a real server, with old and new code beside it."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

import playing
import servers
from linting import fold_sql
from migsafe.config import Settings
from migsafe.model.plan import Deploy, Plan
from migsafe.planning.compose import FILL, plan
from migsafe.planning.intents import found_recipes, intents_of

FIXTURES = Path(__file__).parents[2] / "fixtures"
FILES = sorted((FIXTURES / "recipes").glob("*.toml"))


@dataclass(frozen=True)
class Case:
    name: str
    rows: str
    code: list[list[str]]
    shape: list[str]
    schema: str = ""
    schema_file: str = ""
    migration: str = ""
    migration_file: str = ""
    holds: list[str] = field(default_factory=list)
    fills: dict[str, str] = field(default_factory=dict)
    reruns: int = 0

    @property
    def before(self) -> str:
        return self.schema or (FIXTURES / self.schema_file).read_text("utf-8")

    @property
    def source(self) -> str:
        return self.migration or (FIXTURES / self.migration_file).read_text("utf-8")

    def plan(self, version: int = 14) -> Plan:
        deploy = fold_sql(self.source, schema=self.before)
        options = {f"{FILL}{column}": value for column, value in self.fills.items()}
        return plan(deploy, Settings(server_version=version), plan_id="0042_it", options=options)


def read(path: Path) -> Case:
    return Case(**tomllib.loads(path.read_text("utf-8")))


def shape(deploy: Deploy) -> str:
    words = [deploy.kind, deploy.phase, *map(str, deploy.works_with)]
    return " ".join([*words, "no return"] if deploy.point_of_no_return else words)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_plan_has_the_shape_that_the_fixture_says(path: Path) -> None:
    case = read(path)
    assert [shape(deploy) for deploy in case.plan().deploys] == case.shape


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("version", servers.EMBEDDED)
def test_plan_keeps_its_promises(
    path: Path, version: int, server_of: Callable[[int], servers.Server]
) -> None:
    case = read(path)
    made = case.plan(version)
    server = server_of(version)
    with server.database() as dsn, playing.connected(dsn) as connection:
        connection.execute(case.before)
        connection.execute(case.rows)
        codes = [playing.Code(statements) for statements in case.code]
        assert len(codes) == len(made.code_versions)
        assert codes[0].runs(connection) is None
        played = playing.play(connection, made, codes)
        assert played.reruns == case.reruns
        for query in case.holds:
            assert connection.execute(query).fetchall() == [], query
        reached = playing.schema_of(connection)
    assert bool(played.broken) == any(0 not in deploy.works_with for deploy in made.deploys)
    with server.database() as dsn, playing.connected(dsn) as connection:
        connection.execute(case.before)
        connection.execute(case.source)
        wanted = playing.schema_of(connection)
    assert reached == wanted


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_database_that_lags_behind_comes_through_in_one_go(
    path: Path, server: servers.Server
) -> None:
    case = read(path)
    with server.database() as dsn, playing.connected(dsn) as connection:
        connection.execute(case.before)
        connection.execute(case.rows)
        for deploy in case.plan(server.version).deploys:
            if deploy.backfill is not None:
                connection.execute(deploy.backfill.once_sql)
            playing.up(connection, deploy.steps)
        reached = playing.schema_of(connection)
    with server.database() as dsn, playing.connected(dsn) as connection:
        connection.execute(case.before)
        connection.execute(case.source)
        assert reached == playing.schema_of(connection)


@pytest.mark.parametrize(
    "name", ["rename_column", "change_type", "add_required_column_as_the_seed", "set_not_null"]
)
def test_a_database_without_the_backfill_is_stopped(name: str, database: str) -> None:
    case = read(FIXTURES / "recipes" / f"{name}.toml")
    with playing.connected(database) as connection:
        connection.execute(case.before)
        connection.execute(case.rows)
        steps = [step for deploy in case.plan().deploys for step in deploy.steps]
        with pytest.raises(psycopg.errors.RaiseException, match="run the backfill"):
            playing.up(connection, steps)


def test_every_recipe_is_played() -> None:
    played = set()
    for path in FILES:
        case = read(path)
        deploy = fold_sql(case.source, schema=case.before)
        played |= {
            each.recipe.name for each in intents_of(deploy, Settings()) if each.recipe is not None
        }
    assert played == {recipe.name for recipe in found_recipes()}


def test_a_broken_promise_is_noticed(database: str) -> None:
    case = read(FIXTURES / "recipes" / "rename_column.toml")
    made = case.plan()
    with playing.connected(database) as connection:
        connection.execute(case.before)
        connection.execute(case.rows)
        connection.execute("ALTER TABLE users RENAME COLUMN email TO email_address")
        code = playing.Code(case.code[0])
        assert code.runs(connection) is not None
        with pytest.raises(psycopg.Error):
            playing.up(connection, made.deploys[0].steps)
