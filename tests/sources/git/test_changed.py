"""What a change adds to trees of migrations, and what became of those that were released."""

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from textwrap import dedent

import pytest

from commands import migsafe
from migsafe.config import Settings
from migsafe.lint import Options, lint
from migsafe.model.errors import UsageError
from migsafe.model.findings import Report, Severity
from migsafe.sources import Loaded, Request, load
from migsafe.sources.git.base import Base, Since, named
from migsafe.sources.git.changed import load_changed
from migsafe.sources.git.repository import Repository
from repositories import Checkout

RULE = "released-migration-changed"
TABLE = "CREATE TABLE {} (id bigint PRIMARY KEY);\n"
GOLANG = {f"db/{n}_{t}.up.sql": TABLE.format(t) for n, t in ((1, "a"), (2, "b"), (4, "d"))}
SQLX = {"Cargo.toml": '[dependencies]\nsqlx = "0.8"\n', "m/1_a.sql": TABLE.format("a")}
FLYWAY = {"V1__a.sql": TABLE.format("a"), "V2__b.sql": TABLE.format("b"), "R__v.sql": "SELECT 1;"}
PRISMA = {f"p/{n}_{t}/migration.sql": TABLE.format(t) for n, t in ((1, "a"), (2, "b"))}
GOOSE = {f"g/{n}_{t}.sql": f"-- +goose Up\n{TABLE.format(t)}" for n, t in ((1, "a"), (3, "c"))}
DIESEL = {f"d/2024-01-0{n}-000000_{t}/up.sql": TABLE.format(t) for n, t in ((1, "a"), (3, "c"))}
CHANGELOG = dedent(
    """\
    --liquibase formatted sql
    --changeset ana:1
    CREATE TABLE a (id bigint PRIMARY KEY);
    --changeset ana:2
    CREATE TABLE b (id bigint PRIMARY KEY);
    """
)


def revision(id_: str, down: str | None, body: str = "op.execute('SELECT 1')") -> str:
    return dedent(
        f"""\
        from alembic import op

        revision = {id_!r}
        down_revision = {down!r}


        def upgrade():
            {body}


        def downgrade():
            pass
        """
    )


ALEMBIC = {
    "alembic.ini": "[alembic]\nscript_location = al\n",
    "al/env.py": "from alembic import context\n",
    "al/versions/a.py": revision("a", None),
    "al/versions/b.py": revision("b", "a"),
}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    made = Checkout.made(tmp_path / "repo")
    monkeypatch.chdir(made.path)
    return made


def changed(since: str = "main", *paths: str) -> Loaded:
    repository = Repository()
    return load_changed(Request(paths=paths), Since(repository, named(repository, since)))


def judged(loaded: Loaded) -> dict[str, list[str]]:
    return {
        selection.tree.root: sorted(selection.given)
        for selection in loaded.selections
        if selection.given
    }


def report(loaded: Loaded, settings: Settings | None = None) -> Report:
    options = Options(today=date(2026, 1, 1), one_deploy=True, since="main")
    return lint(loaded.selections, settings or Settings(lock_timeout="role"), options)


def said(loaded: Loaded, settings: Settings | None = None) -> list[str]:
    return [
        finding.message for finding in report(loaded, settings).findings if finding.rule == RULE
    ]


def test_what_is_new_is_one_deploy_and_the_rest_is_replayed(checkout: Checkout) -> None:
    checkout.commit({**GOLANG, "other/0001_x.sql": TABLE.format("x")})
    checkout.git("switch", "-q", "-c", "topic")
    checkout.commit({"db/5_e.up.sql": "ALTER TABLE a ADD COLUMN e int;"})
    checkout.write({"db/6_f.up.sql": "ALTER TABLE a DROP COLUMN e;"})
    loaded = changed()
    assert judged(loaded) == {"db": ["5_e", "6_f"]}
    found = report(loaded)
    assert (found.replayed, len(found.judged)) == (3, 2)
    # A column of the same deploy has no readers.
    assert "drop-column" not in {finding.rule for finding in found.findings}


def test_two_trees_of_two_tools_are_compared_each(checkout: Checkout) -> None:
    checkout.commit({**GOLANG, **ALEMBIC})
    checkout.write({"db/5_e.up.sql": "SELECT 1;", "al/versions/c.py": revision("c", "b")})
    assert judged(changed()) == {"al": ["c"], "db": ["5_e"]}
    assert judged(changed("main", "db")) == {"db": ["5_e"]}
    assert judged(changed("main", "a*/versions")) == {"al": ["c"]}


def test_a_directory_that_is_not_there_is_named(checkout: Checkout) -> None:
    checkout.commit(GOLANG)
    assert [error.path for error in changed("main", "nowhere").errors] == ["nowhere"]


def test_from_below_only_what_lies_below_is_judged(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.commit({**GOLANG, "app/db/1_a.up.sql": "SELECT 1;"})
    checkout.write({"db/5_e.up.sql": "SELECT 1;", "app/db/2_b.up.sql": "SELECT 1;"})
    monkeypatch.chdir(checkout.path / "app")
    assert judged(changed()) == {"db": ["2_b"]}
    monkeypatch.chdir(checkout.path / "app" / "db")
    assert judged(changed()) == {".": ["2_b"]}


def test_plan_directories_dependencies_and_hidden_directories_are_no_trees(
    checkout: Checkout,
) -> None:
    checkout.commit(GOLANG)
    checkout.write(
        {
            "node_modules/x/db/1_a.up.sql": "SELECT 1;",
            ".cache/1_a.up.sql": "SELECT 1;",
            "plans/p/plan.json": '{"schema": "migsafe.plan/1"}',
            "plans/p/01_a.up.sql": "SELECT 1;",
        }
    )
    assert judged(changed()) == {}


def test_names_with_blanks_quotes_and_line_ends_are_names(checkout: Checkout) -> None:
    checkout.commit(GOLANG)
    odd = 'db/5_it\'s "é\n".up.sql'
    checkout.write({odd: "SELECT 1;"})
    ((selection),) = changed().selections
    assert [m.path for m in selection.tree.migrations if m.id in selection.given] == [odd]


def test_a_file_without_an_order_counts_where_a_tree_is(checkout: Checkout) -> None:
    checkout.commit(GOLANG)
    checkout.write({"db/seed.sql": "SELECT 1;", "query.sql": "SELECT 1;", "db/tool.py": "x = 1\n"})
    assert judged(changed()) == {"db/seed.sql": ["seed"]}


def test_a_program_among_the_migrations_is_not_passed_by(checkout: Checkout) -> None:
    checkout.commit({**GOOSE, "g/main_test.go": "package g"})
    checkout.write({"g/4_d.go": "package g"})
    found = report(changed())
    assert [(each.path, each.statements, each.understood) for each in found.judged] == [
        ("g/4_d.go", 1, 0)
    ]


def test_merging_the_default_branch_adds_nothing(checkout: Checkout) -> None:
    checkout.commit(GOLANG)
    checkout.git("switch", "-q", "-c", "topic")
    checkout.commit({"db/6_f.up.sql": "SELECT 1;"})
    checkout.git("switch", "-q", "main")
    checkout.commit({"db/5_e.up.sql": "SELECT 1;"})
    checkout.git("switch", "-q", "topic")
    checkout.git("merge", "-q", "main", "-m", "merge")
    loaded = changed()
    assert (judged(loaded), said(loaded)) == ({"db": ["6_f"]}, [])


def test_several_heads_of_alembic_are_no_order(checkout: Checkout) -> None:
    checkout.commit(
        {**ALEMBIC, "al/versions/z.py": revision("z", "a")}
        | {
            "al/versions/m.py": revision("m", None).replace(
                "down_revision = None", "down_revision = ('b', 'z')"
            )
        }
    )
    checkout.write({"al/versions/0.py": revision("0", "a"), "al/versions/c.py": revision("c", "m")})
    loaded = changed()
    assert judged(loaded) == {"al": ["0", "c"]}
    assert said(loaded) == []
    assert "broken-history" in {finding.rule for finding in report(loaded).findings}


EDITS: Mapping[str, tuple[Mapping[str, str], Mapping[str, str], str]] = {
    "golang-migrate, another column": (
        GOLANG,
        {"db/2_b.up.sql": "CREATE TABLE b (id bigint PRIMARY KEY, n int);"},
        "'2_b' was released and does something else now: a database that has run it never gets",
    ),
    "sqlx, a comment": (
        SQLX,
        {"m/1_a.sql": f"-- a\n{TABLE.format('a')}"},
        "in a comment or in blanks: sqlx refuses to run anything ('was previously applied but",
    ),
    "sqlx, ends of lines": (
        SQLX,
        {"m/1_a.sql": TABLE.format("a").replace("\n", "\r\n")},
        "sqlx refuses",
    ),
    "Flyway, a comment": (
        FLYWAY,
        {"V2__b.sql": f"{TABLE.format('b')}-- b\n"},
        "The text of 'V2__b' is not what was released, if only in a comment or in blanks: Flyway",
    ),
    "Prisma, a table more": (
        PRISMA,
        {"p/1_a/migration.sql": TABLE.format("a") + TABLE.format("aa")},
        "its checksum differs: 'prisma migrate deploy' warns",
    ),
    "Liquibase, one changeset of a file": (
        {"l/log.sql": CHANGELOG},
        {"l/log.sql": CHANGELOG.replace("b (id", "b (n int, id")},
        "'ana:2' was released and does something else now",
    ),
    "Alembic, another statement": (
        ALEMBIC,
        {"al/versions/a.py": revision("a", None, "op.execute('SELECT 2')")},
        "'a' was released and does something else now",
    ),
    "Alembic, a revision put between": (
        ALEMBIC,
        {"al/versions/b.py": revision("b", "x"), "al/versions/x.py": revision("x", "a")},
        "'b' was released on 'a' and stands on 'x' now: a database that is past it never runs 'x'",
    ),
    "Flyway, another description": (
        FLYWAY,
        {"V2__b.sql": "", "V2__bee.sql": TABLE.format("b")},
        "'V2__bee' was released as 'V2__b'",
    ),
    "golang-migrate, another number": (
        GOLANG,
        {"db/2_b.up.sql": "", "db/5_b.up.sql": TABLE.format("b")},
        "'5_b' was released as '2_b': a database that has run it runs it again under its new name",
    ),
    "golang-migrate, gone": (
        GOLANG,
        {"db/4_d.up.sql": ""},
        "'4_d' was released and is gone: golang-migrate stops ('no migration found')",
    ),
    "Liquibase, a changeset gone": (
        {"l/log.sql": CHANGELOG},
        {"l/log.sql": CHANGELOG.partition("--changeset ana:2")[0]},
        "'ana:2' was released and is gone",
    ),
    "Alembic, gone": (
        ALEMBIC,
        {"al/versions/b.py": ""},
        "'b' was released and is gone: Alembic stops ('Can't locate revision')",
    ),
    "golang-migrate, late": (
        GOLANG,
        {"db/3_c.up.sql": TABLE.format("c")},
        "'3_c' is new and sorts before '4_d', which was released: golang-migrate passes it by",
    ),
    "goose, late": (
        GOOSE,
        {"g/2_b.sql": f"-- +goose Up\n{TABLE.format('b')}"},
        "goose refuses to run anything ('missing migrations')",
    ),
    "Diesel, late": (
        DIESEL,
        {"d/2024-01-02-000000_b/up.sql": TABLE.format("b")},
        "Diesel runs it after them",
    ),
}


@pytest.mark.parametrize("case", EDITS)
def test_a_released_migration_that_is_not_what_it_was_is_told(
    checkout: Checkout, case: str
) -> None:
    before, after, message = EDITS[case]
    checkout.commit(before)
    checkout.write({path: text for path, text in after.items() if text})
    for path in (path for path, text in after.items() if not text):
        (checkout.path / path).unlink()
    (found,) = said(changed())
    assert message in found


def test_one_that_its_tool_runs_late_is_a_warning(checkout: Checkout) -> None:
    checkout.commit(DIESEL)
    checkout.write({"d/2024-01-02-000000_b/up.sql": TABLE.format("b")})
    found = [each for each in report(changed()).findings if each.rule == RULE]
    assert [each.severity for each in found] == [Severity.WARNING]


QUIET: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "a comment": (GOLANG, {"db/2_b.up.sql": f"-- b\n{TABLE.format('b').lower()}"}),
    "ends of lines": (GOLANG, {"db/2_b.up.sql": TABLE.format("b").replace("\n", "\r\n")}),
    "a title": (GOLANG, {"db/2_b.up.sql": "", "db/2_bee.up.sql": TABLE.format("b")}),
    "a formatter": (ALEMBIC, {"al/versions/a.py": revision("a", None).replace("'", '"')}),
    "a formatter of what nobody can read": (
        {**ALEMBIC, "al/versions/b.py": revision("b", "a", "s.sync_trigger(op, 'a',  'x')")},
        {"al/versions/b.py": revision("b", "a", 's.sync_trigger(op, "a", ("x"),)')},
    ),
    "a revision's file": (
        ALEMBIC, {"al/versions/b.py": "", "al/versions/bee.py": revision("b", "a")}
    ),
    "a repeatable migration": (FLYWAY, {"R__v.sql": "SELECT 2;"}),
    "Flyway's ends of lines": (FLYWAY, {"V2__b.sql": TABLE.format("b").replace("\n", "\r\n")}),
    "another changeset": (
        {"l/log.sql": CHANGELOG}, {"l/log.sql": f"{CHANGELOG}--changeset b:3\nSELECT 1;\n"}
    ),
    "a late revision": (ALEMBIC, {"al/versions/0.py": revision("0", "b")}),
    "another directory": (
        GOLANG,
        {**dict.fromkeys(GOLANG, ""), **{f"x/{path}": text for path, text in GOLANG.items()}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", QUIET)
def test_what_no_database_notices_is_no_finding(checkout: Checkout, case: str) -> None:
    before, after = QUIET[case]
    checkout.commit(before)
    for path in (path for path, text in after.items() if not text):
        (checkout.path / path).unlink()
    checkout.write({path: text for path, text in after.items() if text})
    assert said(changed()) == []


@pytest.mark.parametrize(
    ("case", "given"),
    [
        ("a comment", {}),
        ("a title", {}),
        ("another directory", {}),
        ("a repeatable migration", {".": ["R__v"]}),
        ("another changeset", {"l": ["b:3"]}),
    ],
)
def test_what_does_the_same_is_not_judged_again(
    checkout: Checkout, case: str, given: dict[str, list[str]]
) -> None:
    test_what_no_database_notices_is_no_finding(checkout, case)
    assert judged(changed()) == given


SQUASHES = {
    "000_baseline": "80 released migrations are gone, from '001_t1' to '080_t80', and "
    "'000_baseline' stands in their place: a database that has run them runs it too",
    "080_baseline": "79 released migrations are gone, from '001_t1' to '079_t79', and "
    "'080_baseline' stands in their place under the name of '080_t80'",
}


@pytest.mark.parametrize("name", SQUASHES)
def test_a_squash_is_one_finding(checkout: Checkout, name: str) -> None:
    many = {f"db/{n:03}_t{n}.up.sql": TABLE.format(f"t{n}") for n in range(1, 81)}
    checkout.commit({**many, "db/100_last.up.sql": TABLE.format("last")})
    checkout.git("rm", "-q", *many)
    checkout.write({f"db/{name}.up.sql": "".join(many.values())})
    (found,) = said(changed())
    assert found.startswith(SQUASHES[name])


def test_many_reworded_files_are_one_finding(checkout: Checkout) -> None:
    many = {f"m/{n}_t.sql": TABLE.format(f"t{n}") for n in range(1, 20)}
    checkout.commit({**SQLX, **many})
    checkout.write({path: f"-- by hand\n{text}" for path, text in many.items()})
    (found,) = said(changed())
    assert "(and of 18 more)" in found


def test_many_renumbered_files_are_one_finding(checkout: Checkout) -> None:
    many = {f"db/{n}_t{n}.up.sql": TABLE.format(f"t{n}") for n in range(1, 20)}
    checkout.commit(many)
    for path in many:
        checkout.git("mv", path, path.replace("db/", "db/100"))
    (found,) = said(changed())
    assert "'1001_t1' was released as '1_t1' (and 18 more have new names)" in found


def test_a_way_down_that_was_mended_is_no_edit_and_is_not_passed_over(checkout: Checkout) -> None:
    checkout.commit({**GOLANG, "db/2_b.down.sql": "SELECT 1;"})
    checkout.write({"db/2_b.down.sql": "DROP TABLE b;"})
    loaded = changed()
    assert (judged(loaded), said(loaded)) == ({}, [])
    (remark,) = report(loaded).remarks
    assert remark.startswith("db/2_b.up.sql: the way down of a released migration was changed")


def test_a_deletion_is_told_where_another_file_of_the_tree_is_named(checkout: Checkout) -> None:
    checkout.commit(GOLANG)
    (checkout.path / "db/2_b.up.sql").unlink()
    checkout.write({"db/5_e.up.sql": "SELECT 1;"})
    assert len(said(changed("main", "db/5_e.up.sql"))) == 1


def test_the_source_of_a_released_plan_may_go(checkout: Checkout) -> None:
    checkout.commit(GOLANG)
    checkout.git("switch", "-q", "-c", "topic")
    checkout.commit({"db/5_e.up.sql": "ALTER TABLE a ADD COLUMN e int NOT NULL;"})
    from commands import migsafe  # noqa: PLC0415  one test needs it

    for command in (
        ("plan", "db/5_e.up.sql", "-o", "migsafe/plans/e"),
        ("plan", "release", "migsafe/plans/e", "--deploy", "1"),
    ):
        done = migsafe(*command, cwd=checkout.path)
        assert done.returncode == 0, done.stderr
    assert not Path("db/5_e.up.sql").exists()
    assert said(changed("HEAD"), Settings(plans="migsafe/plans")) == []


def test_a_submodule_with_migrations_that_lacks_its_commit_stops_the_run(
    checkout: Checkout, tmp_path: Path
) -> None:
    inner = Checkout.made(tmp_path / "inner")
    inner.commit({"m/1_a.up.sql": "SELECT 1;"})
    checkout.git("submodule", "--quiet", "add", inner.path.as_uri(), "sub")
    checkout.commit(GOLANG)
    inner.commit({"m/2_b.up.sql": "SELECT 1;"})
    checkout.git("switch", "-q", "-c", "topic")
    checkout.git("-C", "sub", "pull", "-q")
    checkout.commit()
    assert judged(changed()) == {"sub/m": ["2_b"]}
    clone = checkout.clone(tmp_path / "clone")
    clone.git("submodule", "--quiet", "update", "--init", "--depth", "1")
    os.chdir(clone.path)
    with pytest.raises(UsageError, match="submodule 'sub' stood at commit"):
        changed("origin/main")
    assert judged(changed("origin/main", "db")) == {}


IGNORED = f"-- migsafe: ignore[{RULE}]: flyway repair has run everywhere\n"


def test_a_comment_in_an_edited_file_says_why_it_is_meant(checkout: Checkout) -> None:
    checkout.commit(FLYWAY)
    checkout.write({"V1__a.sql": f"-- a\n{TABLE.format('a')}"})
    assert len(said(changed())) == 1
    checkout.write({"V1__a.sql": IGNORED + TABLE.format("a")})
    found = report(changed())
    assert (found.findings, [each.rule for each in found.suppressed]) == ((), [RULE])


def test_a_comment_in_one_reworded_file_leaves_the_others_reported(checkout: Checkout) -> None:
    checkout.commit(FLYWAY)
    checkout.write(
        {"V1__a.sql": IGNORED + TABLE.format("a"), "V2__b.sql": f"-- b\n{TABLE.format('b')}"}
    )
    found = report(changed())
    assert [each.place.path for each in found.findings] == ["V2__b.sql"]
    assert "and of" not in found.findings[0].message


def test_a_comment_silences_an_edit_before_the_start_that_is_configured(
    checkout: Checkout,
) -> None:
    checkout.commit(GOLANG)
    edit = TABLE.format("b").replace("bigint", "int")
    for comment, count in (("", 1), (IGNORED, 0)):
        checkout.write({"db/2_b.up.sql": comment + edit})
        repository = Repository()
        since = Since(repository, named(repository, "main"))
        loaded = load_changed(Request(paths=(), start_after="4_d"), since)
        assert len(said(loaded)) == count


def test_of_an_edited_file_that_is_not_judged_only_the_edit_is_spoken_of(
    checkout: Checkout,
) -> None:
    checkout.commit(FLYWAY)
    old = "-- migsafe: ignore[drop-table]: it was the last\n-- migsafe: ignore[no-rule]\n"
    checkout.write({"V1__a.sql": old + TABLE.format("a")})
    assert [each.rule for each in report(changed()).findings] == [RULE]


@pytest.mark.parametrize("rule", [RULE, "schema-and-code-together"])
def test_a_comment_about_a_change_is_not_without_a_use_where_no_change_is_known(
    checkout: Checkout, rule: str
) -> None:
    comment = f"-- migsafe: ignore[{rule}, drop-table]: it is meant\n"
    checkout.write({"db/1_a.up.sql": comment + TABLE.format("a"), "db/1_a.down.sql": "SELECT 1;"})
    findings = report(load(Request(("db",)))).findings
    idle = [each.message for each in findings if each.rule == "unused-ignore"]
    assert idle == ["drop-table has nothing to silence here."]


def test_a_baseline_keeps_what_is_gone_and_has_no_place_for_a_comment(checkout: Checkout) -> None:
    checkout.commit(GOLANG)
    checkout.git("switch", "-q", "-c", "topic")
    checkout.git("rm", "-q", "db/1_a.up.sql")
    assert migsafe("baseline", "write", "--since", "main", cwd=checkout.path).returncode == 0
    for command in (("lint",), ("gate", "--stage", "1")):
        assert migsafe(*command, cwd=checkout.path).returncode == 1
        known = (*command, "--baseline", "migsafe-baseline.json")
        assert migsafe(*known, cwd=checkout.path).returncode == 0


def test_what_is_pushed_is_read_with_its_own_history(checkout: Checkout) -> None:
    here = checkout.commit({"README.md": "nothing yet"})
    settings = f"{ALEMBIC['alembic.ini']}recursive_version_locations = true\n"
    base = checkout.commit(
        {**ALEMBIC, "alembic.ini": settings, "al/versions/old/c.py": revision("c", "b")}
    )
    end = checkout.commit({"al/versions/old/d.py": revision("d", "c")})
    checkout.git("reset", "-q", "--hard", here)
    loaded = load_changed(Request(paths=()), Since(Repository(), Base("main", base, end)))
    (selection,) = loaded.selections
    assert [each.id for each in selection.tree.migrations] == ["a", "b", "c", "d"]
    assert judged(loaded) == {"al": ["d"]}


LOADING = revision("b", "a", "op.execute(open('al/sql/view.sql').read())")
RUNS: Mapping[str, tuple[Mapping[str, str], str, str]] = {
    "psql": (
        {"db/1_a.sql": "\\i db/more/view.sql\n", "db/2_b.sql": TABLE.format("b")},
        "db/more/view.sql",
        "'1_a' was released and does something else now",
    ),
    "Alembic": (
        {**ALEMBIC, "al/versions/b.py": LOADING},
        "al/sql/view.sql",
        "'b' was released and does something else now",
    ),
}


@pytest.mark.parametrize("case", RUNS)
def test_a_released_migration_that_runs_an_edited_file_is_edited(
    checkout: Checkout, case: str
) -> None:
    before, file, message = RUNS[case]
    checkout.commit({**before, file: "CREATE VIEW v AS SELECT 1 AS a;\n"})
    checkout.write({file: "-- the view\nCREATE VIEW v AS SELECT 1 AS a;\n"})
    assert said(changed()) == []
    checkout.write({file: "CREATE VIEW v AS SELECT 2 AS a;\n"})
    (found,) = said(changed())
    assert message in found
