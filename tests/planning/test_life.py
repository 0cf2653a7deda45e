"""The life of a plan: released deploy by deploy, recorded, rebased, and never out of order."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

import planmaking
import servers
from migsafe.config import Settings
from migsafe.context import Deploy as Ship
from migsafe.ledger.released import Event, EventKind, append, load
from migsafe.model.errors import RefusedError, UsageError
from migsafe.model.plan import DeployKind, Plan
from migsafe.planning import compose, directory
from migsafe.planning.done import done, retired, rolled_back
from migsafe.planning.rebase import rebase, replanner
from migsafe.planning.release import Outcome
from migsafe.planning.release import release as release_deploy
from migsafe.sources import Request
from migsafe.sources import load as load_trees
from migsafe.sources.plans.matching import Match, matcher

AT, SETTINGS = planmaking.AT, planmaking.SETTINGS


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty directory that no checkout is around."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)


@pytest.fixture(params=sorted(planmaking.TREES))
def convention(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    files, _ = planmaking.TREES[name]
    planmaking.put(Path(), files)
    return name


def planned(convention: str) -> Path:
    return planmaking.planned(planmaking.TREES[convention][1])


def release(place: Path, number: int) -> Outcome:
    return release_deploy(place, number, SETTINGS, at=AT, by="ana")


def replan(place: Path, settings: Settings = SETTINGS) -> directory.Replan:
    def composed(ship: Ship, plan: Plan) -> Plan:
        return compose.plan(ship, settings, plan_id=plan.id, options=dict(plan.options))

    return replanner(place, settings, composed)


def hot_fix(convention: str, sql: str, *, after: str = "") -> None:
    """Add somebody else's migration behind everything that is there."""
    match convention:
        case "alembic":
            planmaking.put(
                Path(),
                {
                    "migrations/versions/ffff_fix.py": planmaking.revision(
                        "ffff", after or heads()[0], sql, "SELECT 1"
                    )
                },
            )
        case "up-down-folders":
            planmaking.put(Path(), {"db/2030-01-01-000000_fix/up.sql": sql})
        case "golang-migrate":
            planmaking.put(Path(), {"db/0500_fix.up.sql": sql, "db/0500_fix.down.sql": ""})
        case _:
            planmaking.put(Path(), {"db/0500_fix.sql": sql})


def heads() -> list[str]:
    found = {}
    for path in Path("migrations/versions").glob("*.py"):
        text = path.read_text("utf-8")
        ids = re.findall(r"""^(?:down_)?revision = ['"]?(\w+)""", text, re.MULTILINE)
        found[ids[0]] = ids[1]
    return [each for each in found if each not in found.values()]


def whole_life(place: Path, first: int = 1) -> None:
    plan = directory.read(place)
    for number in range(first, len(plan.deploys) + 1):
        if plan.deploys[number - 1].kind is not DeployKind.CODE:
            release(place, number)
        done(place, number, at=AT, by="ana")


# --- release -------------------------------------------------------------------------------


def test_releases_follow_the_convention_and_take_the_source_s_place(convention: str) -> None:
    place = planned(convention)
    outcome = release(place, 1)
    source = planmaking.TREES[convention][1]
    assert source in outcome.removed
    assert not Path(source).exists()
    assert all(Path(path).is_file() for path in outcome.written)
    expected = {
        "golang-migrate": ["db/0002_mail_1_expand.down.sql", "db/0002_mail_1_expand.up.sql"],
        # A runner of plain files would run a way back as one more migration.
        "numbered": ["db/0002_mail_1_expand.sql"],
        "up-down-folders": [
            "db/20250102000000_mail_1_expand/down.sql",
            "db/20250102000000_mail_1_expand/up.sql",
        ],
    }
    if convention in expected and convention != "up-down-folders":
        assert sorted(outcome.written) == expected[convention]
    if convention == "alembic":
        (path,) = outcome.written
        assert re.fullmatch(r"migrations/versions/[0-9a-f]{12}_mail_1_expand\.py", path)
        assert 'down_revision = "aaaa"' in Path(path).read_text("utf-8")


def test_what_is_released_is_known_as_its_deploy_and_sorts_after_all(convention: str) -> None:
    place = planned(convention)
    whole_life_to(place, 2)
    hot_fix(convention, "CREATE TABLE other (id int);")
    whole_life(place, 2)
    plan = directory.read(place)
    root = "migrations/versions" if convention == "alembic" else "db"
    (selection,) = load_trees(Request((root,))).selections
    assert not selection.tree.problems
    matched = matcher((plan,))
    found = [matched(migration) for migration in selection.tree.migrations]
    kinds = [each.deploy if isinstance(each, Match) else 0 for each in found]
    assert kinds == [0, 1, 0, 2, 3, 3, 3, 5, 6]
    ids = [migration.id for migration in selection.tree.migrations]
    assert list(load(place, plan.id).migrations) == [ids[1], *ids[3:]]


def test_alembic_s_releases_stand_on_the_current_head() -> None:
    files, path = planmaking.TREES["alembic"]
    planmaking.put(Path(), files)
    place = planmaking.planned(path)
    release(place, 1)
    done(place, 1, at=AT)
    hot_fix("alembic", "CREATE TABLE other (id int)")
    (written,) = release(place, 2).written
    assert 'down_revision = "ffff"' in Path(written).read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bbbb_mail.py", r"[0-9a-f]{12}_mail_1_expand\.py"),
        ("mail_bbbb.py", r"mail_1_expand_[0-9a-f]{12}\.py"),
        ("bbbb.py", r"[0-9a-f]{12}\.py"),
        ("2025-12-08-1355_mail.py", r"2026-01-02-0304_mail_1_expand\.py"),
        ("2025_12_08_1355-bbbb_mail.py", r"2026_01_02_0304-[0-9a-f]{12}_mail_1_expand\.py"),
        ("20251208_mail.py", r"20260102_mail_1_expand\.py"),
    ],
)
def test_a_revision_is_named_as_its_tree_names_them(name: str, expected: str) -> None:
    files = dict(planmaking.TREES["alembic"][0])
    path = f"migrations/versions/{name}"
    files[path] = files.pop("migrations/versions/bbbb_mail.py")
    planmaking.put(Path(), files)
    (written,) = release(planmaking.planned(path), 1).written
    assert re.fullmatch(expected, Path(written).name), written


def test_a_deploy_waits_for_the_one_before(convention: str) -> None:
    place = planned(convention)
    with pytest.raises(RefusedError, match=r"deploy 1 .* is not recorded as done"):
        release(place, 2)
    release(place, 1)
    with pytest.raises(RefusedError, match="is not recorded as done"):
        release(place, 2)
    with pytest.raises(RefusedError, match="released already"):
        release(place, 1)
    done(place, 1, at=AT)
    release(place, 2)


def test_a_tree_without_ways_down_gets_none() -> None:
    # A tool that runs every .sql file would run 0002_x.down.sql, and before 0002_x.sql.
    files, path = planmaking.TREES["numbered"]
    planmaking.put(Path(), files)
    place = planmaking.planned(path)
    outcome = release(place, 1)
    assert outcome.ways_back == (str(place / "01_expand.down.sql"),)
    (selection,) = load_trees(Request(("db",))).selections
    found = matcher((directory.read(place),))(selection.tree.migrations[-1])
    assert isinstance(found, Match)


def test_a_tree_with_ways_down_gets_them() -> None:
    files, path = planmaking.TREES["numbered"]
    planmaking.put(Path(), {**files, "db/0001_users.down.sql": "DROP TABLE users;"})
    outcome = release(planmaking.planned(path), 1)
    assert "db/0002_mail_1_expand.down.sql" in outcome.written
    assert not outcome.ways_back


def code_first(convention: str) -> tuple[Path, str]:
    """Plan a migration whose first deploy is code; return the plan and the migration."""
    source = planmaking.TREES[convention][1]
    sql = "CREATE UNIQUE INDEX users_email ON users (email);\n"
    if convention == "alembic":
        sql = planmaking.revision("bbbb", "aaaa", sql, "DROP INDEX users_email")
    planmaking.put(Path(), {source: sql})
    place = planmaking.planned(source)
    assert directory.read(place).deploys[0].kind is DeployKind.CODE
    return place, source


def test_a_plan_that_begins_with_code_takes_its_source_away_first(convention: str) -> None:
    place, source = code_first(convention)
    with pytest.raises(RefusedError, match="still lies where its tool runs it"):
        done(place, 1, at=AT)
    outcome = release(place, 1)
    assert source in outcome.removed
    assert not outcome.written
    assert not Path(source).exists()
    done(place, 1, at=AT)
    assert release(place, 2).written


def test_a_source_that_was_taken_away_by_hand_is_not_missed(convention: str) -> None:
    place, source = code_first(convention)
    Path(source).unlink()
    Path(source.replace("up.sql", "down.sql")).unlink(missing_ok=True)
    done(place, 1, at=AT)
    assert release(place, 2).written


def test_a_source_that_came_back_shuts_the_release(convention: str) -> None:
    place = planned(convention)
    source = planmaking.TREES[convention][1]
    text = Path(source).read_text("utf-8")
    release(place, 1)
    done(place, 1, at=AT)
    planmaking.put(Path(), {source: text})
    with pytest.raises(RefusedError, match="in the tree again"):
        release(place, 2)


def test_the_second_release_of_a_lone_file_s_plan_finds_an_empty_tree() -> None:
    planmaking.put(Path(), {"work/unique.sql": "CREATE UNIQUE INDEX i ON users (email);"})
    place = planmaking.planned("work/unique.sql")
    release(place, 1)
    done(place, 1, at=AT)
    assert "work/unique_2_migrate.up.sql" in release(place, 2).written


def test_a_code_deploy_has_nothing_to_release_and_there_is_no_deploy_9(convention: str) -> None:
    place = planned(convention)
    for number in range(1, 4):
        release(place, number)
        done(place, number, at=AT)
    with pytest.raises(RefusedError, match="is code"):
        release(place, 4)
    with pytest.raises(UsageError, match="has no deploy 9"):
        release(place, 9)


def test_a_release_is_refused_when_a_table_was_touched(convention: str) -> None:
    place = planned(convention)
    hot_fix(convention, "ALTER TABLE users ADD COLUMN age int", after="aaaa")
    with pytest.raises(RefusedError, match="touched a table of the plan") as caught:
        release(place, 1)
    assert "plan rebase" in caught.value.help


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX i ON public.users (id)",
        "DROP INDEX users_pkey",
        "DO $$ BEGIN UPDATE users SET email = ''; END $$",
        "CREATE VIEW v AS SELECT email FROM users",
        "ALTER TABLE users RENAME TO people",
        "CREATE TABLE orders (user_id bigint REFERENCES users)",
    ],
)
def test_every_way_of_touching_a_table_counts(sql: str) -> None:
    planmaking.put(Path(), planmaking.TREES["golang-migrate"][0])
    place = planned("golang-migrate")
    hot_fix("golang-migrate", sql)
    with pytest.raises(RefusedError, match="'0500_fix' touched"):
        release(place, 1)


@pytest.mark.parametrize("sql", ["CREATE TABLE other (id int)", "UPDATE other SET a = 1", ""])
def test_what_touches_other_tables_does_not_count(sql: str) -> None:
    planmaking.put(Path(), planmaking.TREES["golang-migrate"][0])
    place = planned("golang-migrate")
    planmaking.put(Path(), {"db/0001_a.up.sql": sql, "db/0001_a.down.sql": ""})
    release(place, 1)


def test_a_migration_that_sorts_before_the_source_counts_as_well() -> None:
    planmaking.put(Path(), planmaking.TREES["golang-migrate"][0])
    place = planned("golang-migrate")
    planmaking.put(
        Path(),
        {"db/0001_z.up.sql": "ALTER TABLE users ADD COLUMN a int", "db/0001_z.down.sql": ""},
    )
    with pytest.raises(RefusedError, match="'0001_z' touched"):
        release(place, 1)


def test_a_source_that_changed_is_not_taken_away(convention: str) -> None:
    place = planned(convention)
    source = Path(planmaking.TREES[convention][1])
    source.write_text(source.read_text("utf-8") + "\n", "utf-8")
    with pytest.raises(RefusedError, match="has changed since"):
        release(place, 1)
    assert source.exists()


def test_edited_files_are_not_released(convention: str) -> None:
    place = planned(convention)
    for path in place.glob("01_expand*"):
        path.write_text(path.read_text("utf-8").replace("mail", "male"), "utf-8")
    with pytest.raises(RefusedError, match="do not do what its plan says"):
        release(place, 1)


def test_reformatted_files_are_released(convention: str) -> None:
    place = planned(convention)
    for path in place.glob("01_expand*"):
        mark = "# hi" if path.suffix == ".py" else "-- hi"
        path.write_bytes(f"{path.read_text('utf-8')}\n{mark}\n".replace("\n", "\r\n").encode())
    release(place, 1)


def test_a_source_that_others_stand_on_was_merged() -> None:
    for convention in ("alembic", "golang-migrate"):
        planmaking.put(Path(), planmaking.TREES[convention][0])
        place = planmaking.planned(planmaking.TREES[convention][1], f"plans/{convention}")
        hot_fix(convention, "CREATE TABLE other (id int)", after="bbbb")
        with pytest.raises(RefusedError, match="it was merged"):
            release(place, 1)


def git(*arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


def test_git_says_whether_a_source_was_merged(convention: str) -> None:
    source = planmaking.TREES[convention][1]
    place = planned(convention)
    git("init", "-q", "-b", "main")
    text = Path(source).read_bytes()
    Path(source).unlink()
    git("add", "db" if Path("db").exists() else "migrations")
    git("commit", "-q", "-m", "base")
    git("switch", "-q", "-c", "topic")
    Path(source).parent.mkdir(exist_ok=True)
    Path(source).write_bytes(text)
    git("add", source)
    git("commit", "-q", "-m", "topic")
    git("branch", "-q", "-f", "main", "topic")
    with pytest.raises(RefusedError, match="is on the default branch"):
        release(place, 1)
    git("branch", "-q", "-f", "main", "topic~1")
    release(place, 1)


def test_nothing_is_left_when_a_release_fails(
    convention: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = planned(convention)
    whole_life_to(place, 3)
    root = Path("migrations" if convention == "alembic" else "db")
    before = sorted(path for path in root.rglob("*") if path.is_file())
    count = 0
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count == 3:
            raise OSError("no space left")
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        with pytest.raises(OSError, match="no space"):
            release(place, 3)
    assert sorted(path for path in root.rglob("*") if path.is_file()) == before
    assert not load(place, directory.read(place).id).is_out(3)
    release(place, 3)


def whole_life_to(place: Path, end: int) -> None:
    for number in range(1, end):
        release(place, number)
        done(place, number, at=AT)


# --- done ----------------------------------------------------------------------------------


def test_done_needs_the_release_and_the_one_before(convention: str) -> None:
    place = planned(convention)
    with pytest.raises(RefusedError, match="was not released"):
        done(place, 1, at=AT)
    with pytest.raises(RefusedError, match=r"deploy 1 .* not recorded as done"):
        done(place, 4, at=AT)
    release(place, 1)
    done(place, 1, at=AT)
    with pytest.raises(RefusedError, match="done already"):
        done(place, 1, at=AT)


def test_a_code_deploy_that_is_done_retires_what_it_does_not_work_with() -> None:
    plan = planmaking.plan()
    place = Path("plans/it")
    directory.write(planmaking.finished(), place)
    for number in (1, 2):
        append(place, plan.id, Event(number, EventKind.DONE, AT))
    assert retired(plan, load(place, plan.id)) == ()
    released = done(place, 3, at=AT, by="ana")
    assert retired(plan, released) == ("C0",)


def test_what_was_taken_back_can_be_released_again(convention: str) -> None:
    place = planned(convention)
    outcome = release(place, 1)
    with pytest.raises(RefusedError, match="is not out"):
        rolled_back(place, 2, at=AT)
    rolled_back(place, 1, at=AT)
    with pytest.raises(RefusedError, match="already, and no release is recorded"):
        release(place, 1)
    for path in outcome.written:
        Path(path).unlink()
    release(place, 1)


# --- rebase --------------------------------------------------------------------------------


def test_rebase_takes_in_a_hot_fix_and_the_rest_goes_on(convention: str) -> None:
    place = planned(convention)
    release(place, 1)
    done(place, 1, at=AT)
    hot_fix(convention, "CREATE INDEX users_email ON users (email)")
    with pytest.raises(RefusedError, match="touched a table"):
        release(place, 2)
    (problem,) = directory.check(place, replan(place))
    assert problem.code == "stale"
    before = directory.read(place)
    changed = rebase(place, replan(place))
    plan = directory.read(place)
    # The new index has to be cloned onto the new column, concurrently.
    assert changed
    assert before.deploys != plan.deploys
    assert directory.check(place, replan(place)) == ()
    assert load(place, plan.id).is_done(1)


def test_rebase_refuses_when_a_deploy_that_is_out_would_change(convention: str) -> None:
    place = planned(convention)
    release(place, 1)
    done(place, 1, at=AT)
    hot_fix(convention, "ALTER TABLE users ALTER COLUMN email TYPE varchar(99)")
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    with pytest.raises(RefusedError, match="deploy 1 is out, and would be another one"):
        rebase(place, replan(place))
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before


def test_rebase_without_a_change_changes_nothing(convention: str) -> None:
    place = planned(convention)
    release(place, 1)
    assert directory.check(place, replan(place)) == ()
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert rebase(place, replan(place)) == ()
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before


# --- a database ----------------------------------------------------------------------------


def alembic(command: str, revision: str, dsn: str) -> None:
    """Run Alembic as a person does, in a process of its own."""
    info = psycopg.conninfo.conninfo_to_dict(dsn)
    url = f"postgresql+psycopg://?{'&'.join(f'{key}={value}' for key, value in info.items())}"
    ran = subprocess.run(
        [sys.executable, "-m", "alembic", command, revision],
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def columns(connection: psycopg.Connection[tuple[str, str]]) -> list[tuple[str, str]]:
    rows = connection.execute(
        "SELECT column_name::text, is_nullable::text FROM information_schema.columns "
        "WHERE table_name = 'users' ORDER BY 1"
    )
    return rows.fetchall()


@pytest.mark.postgres
def test_the_whole_life_with_alembic_and_a_database_that_lags_behind(
    server: servers.Server,
) -> None:
    with server.database() as live, server.database() as lagging:
        planmaking.put(Path(), planmaking.TREES["alembic"][0])
        alembic("upgrade", "aaaa", live)
        alembic("upgrade", "aaaa", lagging)
        for dsn in (live, lagging):
            with psycopg.connect(dsn) as connection:
                connection.execute(
                    "INSERT INTO users SELECT n, 'm' || n FROM generate_series(1, 9) n"
                )
        place = planned("alembic")

        release(place, 1)
        alembic("upgrade", "head", live)
        done(place, 1, at=AT, by="ana")
        hot_fix("alembic", "CREATE INDEX users_email ON users (email)")
        with pytest.raises(RefusedError):
            release(place, 2)
        rebase(place, replan(place))

        plan = directory.read(place)
        for number, deploy in enumerate(plan.deploys[1:], start=2):
            if deploy.kind is not DeployKind.CODE:
                release(place, number)
                alembic("upgrade", "head", live)
                if not deploy.point_of_no_return:
                    # The way down and up again goes through as well.
                    alembic("downgrade", "-1", live)
                    alembic("upgrade", "head", live)
            done(place, number, at=AT, by="ana")

        alembic("upgrade", "head", lagging)
        found = []
        for dsn in (live, lagging):
            with psycopg.connect(dsn) as connection:
                assert columns(connection) == [("id", "NO"), ("mail", "NO")]
                rows = connection.execute("SELECT count(*), min(mail) FROM users").fetchone()
                indexes = connection.execute(
                    "SELECT indexname FROM pg_indexes WHERE tablename = 'users' ORDER BY 1"
                ).fetchall()
                found.append((rows, indexes))
        assert found[0] == found[1]
        assert found[0][0] == (9, "m1")


@pytest.mark.postgres
def test_every_script_of_a_plan_runs_as_one_query_and_back(database: str) -> None:
    """golang-migrate sends a file as one simple query: so does this."""
    planmaking.put(Path(), planmaking.TREES["golang-migrate"][0])
    place = planned("golang-migrate")
    whole_life(place)
    ups = sorted(path for path in Path("db").glob("*.up.sql"))
    with psycopg.connect(database, autocommit=True) as connection:
        run = connection.pgconn.exec_
        for path in ups:
            result = run(path.read_bytes())
            assert result.status in {1, 2}, (path, result.error_message)
            if path.name.startswith("0001"):
                connection.execute("INSERT INTO users VALUES (1, 'a'), (2, 'b')")
        assert columns(connection) == [("id", "NO"), ("mail", "NO")]
        last = run(ups[-1].with_name(ups[-1].name.replace(".up.", ".down.")).read_bytes())
        assert b"point of no return" in last.error_message
