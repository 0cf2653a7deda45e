"""Each SQL tool's own convention: what shows it, its order, its ways and its transactions."""

from collections.abc import Callable
from pathlib import Path

import pytest

import planmaking
from migsafe.ledger.released import load as ledger
from migsafe.model.migration import Down, Migration, Selection
from migsafe.model.origin import Runner
from migsafe.planning import directory
from migsafe.planning.release import release
from migsafe.sources import Request, load
from migsafe.sources.convention import convention_named
from migsafe.sources.plans.matching import Match, matcher

USERS, RENAME, BACK = planmaking.USERS, *planmaking.RENAME
OUTSIDE = "CREATE INDEX CONCURRENTLY users_email ON users (email);\n"
GONE = "DROP INDEX CONCURRENTLY users_email;\n"
DROP = "DROP TABLE users;\n"

Read = tuple[str, Runner, Down]
Tool = tuple[dict[str, str], str, list[Read]]

TOOLS: dict[str, Tool] = {
    "goose": (
        {
            "db/1_users.sql": f"-- +goose Up\n{USERS}-- +goose Down\n{DROP}",
            "db/2_index.sql": "-- +goose NO TRANSACTION\n-- +goose Up\n"
            f"{OUTSIDE}-- +goose Down\n{GONE}",
            "db/10_mail.sql": f"-- +goose Up\n{RENAME}-- +goose Down\n{BACK}",
        },
        "db/10_mail.sql",
        [
            ("1_users", Runner.FILE, Down.PRESENT),
            ("2_index", Runner.NONE, Down.PRESENT),
            ("10_mail", Runner.FILE, Down.PRESENT),
        ],
    ),
    "sql-migrate": (
        {
            "db/1_users.sql": f"-- +migrate Up\n{USERS}-- +migrate Down\n{DROP}",
            "db/2_index.sql": f"-- +migrate Up notransaction\n{OUTSIDE}",
            "db/3_mail.sql": f"-- +migrate Up\n{RENAME}-- +migrate Down\n{BACK}",
        },
        "db/3_mail.sql",
        [
            ("1_users", Runner.FILE, Down.PRESENT),
            ("2_index", Runner.NONE, Down.MISSING),
            ("3_mail", Runner.FILE, Down.PRESENT),
        ],
    ),
    "dbmate": (
        {
            "db/1_users.sql": f"-- migrate:up\n{USERS}-- migrate:down\n{DROP}",
            "db/2_index.sql": f"-- migrate:up transaction:false\n{OUTSIDE}-- migrate:down\n{GONE}",
            "db/3_mail.sql": f"-- migrate:up\n{RENAME}-- migrate:down\n{BACK}",
        },
        "db/3_mail.sql",
        [
            ("1_users", Runner.FILE, Down.PRESENT),
            ("2_index", Runner.QUERY, Down.PRESENT),
            ("3_mail", Runner.FILE, Down.PRESENT),
        ],
    ),
    "prisma": (
        {
            "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
            "prisma/migrations/0_init/migration.sql": USERS,
            "prisma/migrations/20250101000000_index/migration.sql": OUTSIDE,
            "prisma/migrations/20250102000000_mail/migration.sql": RENAME,
            "prisma/migrations/20250102000000_mail/down.sql": BACK,
        },
        "prisma/migrations/20250102000000_mail/migration.sql",
        [
            ("0_init", Runner.QUERY, Down.NO_CONVENTION),
            ("20250101000000_index", Runner.QUERY, Down.NO_CONVENTION),
            ("20250102000000_mail", Runner.QUERY, Down.PRESENT),
        ],
    ),
    "atlas": (
        {
            "db/atlas.sum": "h1:\n",
            "db/20250101000000.sql": USERS,
            "db/20250102000000_checkpoint.sql": f"-- atlas:checkpoint\n\n{USERS}",
            "db/20250103000000_index.sql": f"-- atlas:txmode none\n\n{OUTSIDE}",
            "db/20250104000000_mail.sql": RENAME,
        },
        "db/20250104000000_mail.sql",
        [
            ("20250101000000", Runner.FILE, Down.NO_CONVENTION),
            ("20250103000000_index", Runner.NONE, Down.NO_CONVENTION),
            ("20250104000000_mail", Runner.FILE, Down.NO_CONVENTION),
        ],
    ),
    "sqlx": (
        {
            "api/Cargo.toml": '[dependencies]\nsqlx = "0.8"\n',
            "api/migrations/1_users.up.sql": USERS,
            "api/migrations/1_users.down.sql": DROP,
            "api/migrations/2_index.up.sql": f"-- no-transaction\n{OUTSIDE}",
            "api/migrations/2_index.down.sql": f"-- no-transaction\n{GONE}",
            "api/migrations/3_mail.up.sql": RENAME,
            "api/migrations/3_mail.down.sql": BACK,
        },
        "api/migrations/3_mail.up.sql",
        [
            ("1_users", Runner.FILE, Down.PRESENT),
            ("2_index", Runner.QUERY, Down.PRESENT),
            ("3_mail", Runner.FILE, Down.PRESENT),
        ],
    ),
    "supabase": (
        {
            "supabase/config.toml": "",
            "supabase/migrations/20250101000000_users.sql": USERS,
            "supabase/migrations/20250102000000_mail.sql": RENAME,
        },
        "supabase/migrations/20250102000000_mail.sql",
        [
            ("20250101000000_users", Runner.QUERY, Down.NO_CONVENTION),
            ("20250102000000_mail", Runner.QUERY, Down.NO_CONVENTION),
        ],
    ),
    "drizzle": (
        {
            "drizzle/meta/_journal.json": '{"entries": [{"idx": 1, "tag": "0001_mail"},'
            ' {"idx": 0, "tag": "0000_users"}]}',
            "drizzle/0000_users.sql": f"{USERS.strip()}--> statement-breakpoint\nSELECT 1",
            "drizzle/0001_mail.sql": RENAME,
        },
        "drizzle/0001_mail.sql",
        [
            ("0000_users", Runner.RUN, Down.NO_CONVENTION),
            ("0001_mail", Runner.RUN, Down.NO_CONVENTION),
        ],
    ),
    "flyway": (
        {
            "db/migration/V1__users.sql": USERS,
            "db/migration/U1__users.sql": DROP,
            "db/migration/2025/V1.1__index.sql": OUTSIDE,
            "db/migration/V1_2__more.sql": "CREATE TABLE more (id int);\n",
            "db/migration/V1_2__more.sql.conf": "executeInTransaction=false\n",
            "db/migration/V1_3__code.java": "class V1_3__code {}",
            "db/migration/R__view.sql": "CREATE OR REPLACE VIEW v AS SELECT id FROM users;\n",
            "db/migration/V10__mail.sql": RENAME,
            "db/migration/U10__mail.sql": BACK,
        },
        "db/migration/V10__mail.sql",
        [
            ("V1__users", Runner.FILE, Down.PRESENT),
            ("V1.1__index", Runner.NONE, Down.MISSING),
            ("V1_2__more", Runner.NONE, Down.MISSING),
            ("V1_3__code", Runner.FILE, Down.NO_CONVENTION),
            ("V10__mail", Runner.FILE, Down.PRESENT),
            ("R__view", Runner.FILE, Down.NO_CONVENTION),
        ],
    ),
    "pop": (
        {
            "db/20250101000000_users.up.sql": USERS + "CREATE TABLE {{ .Prefix }}more (id int);",
            "db/20250101000000_users.down.sql": DROP,
            "db/20250102000000_index.mysql.up.sql": "CREATE INDEX i ON users (email);",
            "db/20250102000000_index.postgres.autocommit.up.sql": OUTSIDE,
            "db/20250103000000_mail.up.sql": RENAME,
            "db/20250103000000_mail.down.sql": BACK,
            "db/20250103000000_mail.mysql.up.sql": "ALTER TABLE users CHANGE email mail text;",
        },
        "db/20250103000000_mail.up.sql",
        [
            ("20250101000000_users", Runner.FILE, Down.PRESENT),
            ("20250102000000_index", Runner.QUERY, Down.MISSING),
            ("20250103000000_mail", Runner.FILE, Down.PRESENT),
        ],
    ),
    "liquibase": (
        {
            "db/changelog/db.changelog-master.yaml": "databaseChangeLog:\n"
            "  - include: {file: changes/b.sql, relativeToChangelogFile: true}\n"
            "  - include: {file: changes/a.sql, relativeToChangelogFile: true}\n",
            "db/changelog/changes/b.sql": "--liquibase formatted sql\n\n"
            f"--changeset ana:1\n{USERS}--rollback DROP TABLE\n--rollback   users;\n\n"
            "--changeset ana:2 dbms:mysql\nDROP TABLE t;\n\n"
            f'--changeset "ana b":3 runInTransaction:false\n{OUTSIDE}--rollback empty\n',
            "db/changelog/changes/a.sql": "-- liquibase formatted sql\n"
            f"-- changeset ana:4 splitStatements:true\n{RENAME}/* liquibase rollback\n{BACK}*/\n",
        },
        "db/changelog/changes/a.sql",
        [
            ("ana:1", Runner.FILE, Down.PRESENT),
            ("ana b:3", Runner.NONE, Down.EMPTY),
            ("ana:4", Runner.FILE, Down.PRESENT),
        ],
    ),
}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(params=sorted(TOOLS))
def tool(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    planmaking.put(Path(), TOOLS[name][0])
    return name


def only(path: str) -> Selection:
    [selection] = load(Request((path,))).selections
    return selection


def kinds(migration: Migration) -> list[list[str]]:
    return [
        [type(each).__name__ for statement in section.statements for each in statement.operations]
        for section in migration.sections
    ]


def test_a_tool_is_known_by_what_it_leaves_and_read_in_its_order(tool: str) -> None:
    _, last, expected = TOOLS[tool]
    tree = only(".").tree
    assert tree.convention == tool
    assert tree.problems == ()
    assert [(each.id, each.up.runner, each.down_state) for each in tree.migrations] == expected
    given = only(last)
    [name] = given.given
    [mail] = [each for each in given.tree.migrations if each.id == name]
    assert kinds(mail)[0] == ["RenameColumn"]


@pytest.mark.usefixtures("tool")
def test_a_statement_of_each_way_stands_where_its_span_says() -> None:
    for migration in only(".").tree.migrations:
        for section in migration.sections:
            for statement in section.statements:
                stands = section.text[statement.span.start : statement.span.end]
                sent = stands.replace("--rollback", " " * len("--rollback"))
                assert statement.sql in {stands, sent} or migration.id.endswith("code")


def test_a_release_is_written_as_the_tool_reads_it(tool: str) -> None:
    place = planmaking.planned(TOOLS[tool][1])
    plan = directory.read(place)
    matched = matcher((plan,))
    outcome = release(place, 1, planmaking.SETTINGS, at=planmaking.AT, by="ana")
    assert outcome.written
    if tool == "drizzle":
        # Its journal is drizzle-kit's to write: what it lacks is read when it is given.
        found = only(outcome.written[0]).tree.migrations[-1:]
    else:
        found = only(".").tree.migrations
    ids = ledger(place, plan.id).migrations
    released = [each for each in found if each.id in ids]
    assert [getattr(matched(each), "deploy", None) for each in released] == [1] * len(released)
    assert len(released) == len(ids)
    assert all(isinstance(matched(each), Match) for each in released)


def test_what_may_not_run_in_a_transaction_is_released_in_the_tool_s_own_words(tool: str) -> None:
    convention = convention_named(tool)
    assert convention is not None
    tree = only(".").tree
    name = convention.next_name(tree, "index")
    up, down = convention.paths(tree, name)
    script = planmaking.script(up, down, OUTSIDE, GONE)
    written = convention.written(script)
    planmaking.put(Path(), {file.path: file.text for file in written})
    path = written[0].path
    [migration] = [each for each in only(path).tree.migrations if each.up.path == path]
    expected = {
        "prisma": Runner.QUERY,
        "supabase": Runner.QUERY,
        "dbmate": Runner.QUERY,
        "sqlx": Runner.QUERY,
        "pop": Runner.QUERY,
        "drizzle": Runner.RUN,
    }
    assert migration.up.runner is expected.get(tool, Runner.NONE)
    assert kinds(migration) == [["CreateIndex"], *([["DropIndex"]] if migration.down else [])]


def test_a_convention_that_is_named_takes_what_another_would() -> None:
    marked = f"-- +goose Up\n{USERS}-- +goose Down\n{DROP}"
    planmaking.put(Path(), {"m/1_a.sql": marked, "m/2_b.sql": RENAME})
    [found] = load(Request(("m/2_b.sql",), convention="numbered")).selections
    assert found.tree.convention == "numbered"
    assert [each.id for each in found.tree.migrations] == ["1_a", "2_b"]


def test_a_tree_of_many_conventions_is_read_by_each_and_what_none_runs_is_counted() -> None:
    files = {
        path: text
        for tool, (made, _, _) in TOOLS.items()
        if tool not in {"sqlx", "supabase", "prisma"}
        for path, text in ((f"{tool}/{path}", text) for path, text in made.items())
    }
    planmaking.put(Path(), files)
    loaded = load(Request((".",)))
    found = {each.tree.convention: each for each in loaded.selections}
    assert found.keys() == TOOLS.keys() - {"sqlx", "supabase", "prisma"}
    for tool, selection in found.items():
        assert [each.id for each in selection.tree.migrations] == [
            name for name, _, _ in TOOLS[tool][2]
        ]
    assert sorted(loaded.skipped) == [
        "atlas/db/20250102000000_checkpoint.sql",
        "pop/db/20250102000000_index.mysql.up.sql",
        "pop/db/20250103000000_mail.mysql.up.sql",
    ]
    # A file that is given from inside of its tree stands after what its tool runs before it.
    for tool, selection in found.items():
        alone = only(f"{tool}/{TOOLS[tool][1]}")
        assert alone.tree.convention == tool
        assert alone.given == {alone.tree.migrations[-1].id}
        ids = {each.id for each in selection.tree.migrations}
        assert {each.id for each in alone.tree.migrations} <= ids


EDGES: list[tuple[str, dict[str, str], Callable[[Selection], bool]]] = [
    *(
        (
            f"Atlas sums up a directory of {tool} as well",
            {"m/atlas.sum": "h1:\n", **files},
            lambda found, tool=tool: (
                found.tree.convention == tool
                and [kinds(each) for each in found.tree.migrations]
                == [[["CreateTable"], ["DropTable"]]]
            ),
        )
        for tool, files in (
            ("golang-migrate", {"m/1_a.up.sql": USERS, "m/1_a.down.sql": DROP}),
            ("goose", {"m/1_a.sql": f"-- +goose Up\n{USERS}-- +goose Down\n{DROP}"}),
            ("dbmate", {"m/1_a.sql": f"-- migrate:up\n{USERS}-- migrate:down\n{DROP}"}),
        )
    ),
    (
        "a baseline that old versions lead to is not run again",
        {"sql/V1__a.sql": USERS, "sql/V2__b.sql": "SELECT 1;", "sql/B2__base.sql": USERS},
        lambda found: [each.id for each in found.tree.migrations] == ["V1__a", "V2__b"],
    ),
    (
        "a baseline stands for what is not there",
        {"sql/B2__base.sql": USERS, "sql/V3__c.sql": RENAME},
        lambda found: [each.id for each in found.tree.migrations] == ["B2__base", "V3__c"],
    ),
    (
        "a way back without its version is a problem",
        {"sql/V1__a.sql": USERS, "sql/U2__b.sql": RENAME},
        lambda found: "U2__b" in found.tree.problems[0].message,
    ),
    *(
        (
            f"Flyway that may mix runs a whole file outside: {path}",
            {"sql/V1__a.sql": f"SET lock_timeout = 1;\n{OUTSIDE}", path: said},
            lambda found: found.tree.migrations[0].up.runner is Runner.NONE,
        )
        for path, said in (
            ("flyway.conf", "flyway.mixed=true\n"),
            ("flyway.toml", "[flyway]\nmixed = true\n"),
            ("sql/flyway_migrate.sh", "flyway -url=x \\\n    -mixed=true migrate\n"),
            ("application.yml", "spring:\n  flyway:\n    mixed: true\n"),
            ("pom.xml", "<configuration><mixed>true</mixed></configuration>"),
        )
    ),
    *(
        (
            f"Flyway's files begin as {name} says",
            {
                "res/db/20250101000000__users.sql": USERS,
                "res/db/back20250101000000__users.sql": DROP,
                "res/db/again__view.sql": "CREATE OR REPLACE VIEW v AS SELECT 1;",
                f"res/{name}": said,
            },
            lambda found: (
                [(each.id, kinds(each), each.repeatable) for each in found.tree.migrations]
                == [
                    ("20250101000000__users", [["CreateTable"], ["DropTable"]], False),
                    ("again__view", [["CreateView"]], True),
                ]
            ),
        )
        for name, said in (
            (
                "application.yml",
                (
                    "# sql-migration-prefix: W\nspring:\n  flyway:\n    sql-migration-prefix: ''\n"
                    "    undo-sql-migration-prefix: back\n"
                    "    repeatable-sql-migration-prefix: 'again'\n"
                ),
            ),
            (
                "flyway.conf",
                (
                    "flyway.sqlMigrationPrefix=\nflyway.undoSqlMigrationPrefix=back\n"
                    "flyway.repeatableSqlMigrationPrefix=again\n"
                ),
            ),
            (
                "flyway.toml",
                (
                    '[flyway]\nsqlMigrationPrefix = ""\nundoSqlMigrationPrefix = "back"\n'
                    'repeatableSqlMigrationPrefix = "again"\n'
                ),
            ),
        )
    ),
    (
        "sql-migrate orders equal numbers by their names",
        {
            "m/1-b.sql": f"-- +migrate Up\n{RENAME}",
            "m/1-a.sql": f"-- +migrate Up\n{USERS}",
        },
        lambda found: (
            [each.id for each in found.tree.migrations] == ["1-a", "1-b"]
            and not found.tree.problems
        ),
    ),
    (
        "Flyway that may not mix refuses it inside",
        {"sql/V1__a.sql": f"SET lock_timeout = 1;\n{OUTSIDE}"},
        lambda found: found.tree.migrations[0].up.runner is Runner.FILE,
    ),
    (
        "numbered files of a crate without sqlx are nobody's",
        {"api/Cargo.toml": "[dependencies]\n", "api/migrations/1_a.sql": USERS},
        lambda found: found.tree.convention == "numbered",
    ),
    (
        "a changeset's own delimiter cuts it",
        {
            "a.sql": "--liquibase formatted sql\n--changeset a:1 endDelimiter:GO\n"
            "ALTER TABLE t ADD a int\nGO\nALTER TABLE t ADD b int\nGO\n"
        },
        lambda found: kinds(found.tree.migrations[0]) == [["AddColumn", "AddColumn"]],
    ),
    (
        "statements before the first changeset may change anything",
        {"a.sql": f"--liquibase formatted sql\nDROP TABLE t;\n--changeset a:1\n{USERS}"},
        lambda found: (
            [kinds(each)[0] for each in found.tree.migrations]
            == [["Unrecognized"], ["CreateTable"]]
        ),
    ),
    (
        "the way back of a program is read where it is SQL",
        {
            "m/1_a.up.sql": USERS,
            "m/2_b.up.go": "package m",
            "m/2_b.down.sql": DROP,
            "m/3_c.up.sql": RENAME,
        },
        lambda found: (
            [kinds(each) for each in found.tree.migrations]
            == [[["CreateTable"]], [["Unrecognized"], ["DropTable"]], [["RenameColumn"]]]
        ),
    ),
    (
        "pop takes numbers of any length, in the order in which they are written",
        {
            "m/00_a.up.sql": "CREATE TABLE {{ .Prefix }}a (id int);",
            "m/20250101000000_b.up.sql": USERS,
            "m/3_c.up.sql": RENAME,
        },
        lambda found: (
            found.tree.convention == "pop"
            and [each.id for each in found.tree.migrations] == ["00_a", "20250101000000_b", "3_c"]
        ),
    ),
    (
        "a way back in fizz is one",
        {
            "m/20250101000000_a.up.sql": USERS,
            "m/20250101000000_a.down.fizz": "drop_table('users')",
        },
        lambda found: found.tree.migrations[0].down_state is Down.NO_CONVENTION,
    ),
    (
        "a delimiter may be a regular expression",
        {
            "a.sql": "--liquibase formatted sql\n"
            "--changeset a:1 endDelimiter:\\n\\s*/\\s*\\n|\\n\\s*/\\s*$\n"
            "ALTER TABLE t ADD a int\n/\nALTER TABLE t ADD b int\n/\n"
        },
        lambda found: kinds(found.tree.migrations[0]) == [["AddColumn", "AddColumn"]],
    ),
    (
        "what a changelog includes beside SQL may have changed anything",
        {
            "master-changelog.xml": '<include file="one.xml"/><include file="two.sql"/>',
            "one.xml": "<databaseChangeLog><changeSet id='1'/></databaseChangeLog>",
            "two.sql": f"--liquibase formatted sql\n--changeset a:1\n{USERS}",
        },
        lambda found: kinds(found.tree.migrations[0]) == [["Unrecognized"]],
    ),
    (
        "changelogs lead to directories, and to files without Liquibase's line",
        {
            "db/changelog.xml": "<databaseChangeLog><!-- <include file='no.sql'/> -->"
            "<include file='db/first.yaml'/><includeAll path='v2'/></databaseChangeLog>",
            "db/first.yaml": "databaseChangeLog:\n  - include:\n      file: classpath:db/v1/b.sql\n"
            "  - include:\n      file: v1/a.sql\n",
            "db/v1/b.sql": f"--liquibase formatted sql\n--changeset a:1\n{USERS}",
            "db/v1/a.sql": f"{RENAME}{BACK}",
            "db/v2/more/c.sql": f"--liquibase formatted sql\n--changeset a:1\n{OUTSIDE}",
            "db/v2/z.sql": f"--liquibase formatted sql\n--changeset a:2\n{DROP}",
        },
        lambda found: (
            found.tree.root == "db"
            and [(each.id, kinds(each)[0]) for each in found.tree.migrations]
            == [
                ("a:1", ["CreateTable"]),
                ("a.sql", ["RenameColumn", "RenameColumn"]),
                ("db/v2/more/c.sql::a:1", ["CreateIndex"]),
                ("a:2", ["DropTable"]),
            ]
        ),
    ),
    (
        "a changelog's own changesets and files that are not there may have changed anything",
        {
            "changelog.yaml": "databaseChangeLog:\n- changeSet:\n    id: 1\n"
            "- include:\n    file: gone.sql\n- include:\n    file: a.sql\n",
            "a.sql": f"--liquibase formatted sql\n--changeset a:1\n{USERS}",
        },
        lambda found: (
            [kinds(each)[0] for each in found.tree.migrations]
            == [["Unrecognized"], ["Unrecognized"], ["CreateTable"]]
        ),
    ),
    (
        "what runs again when it changes is taken back by its text of before",
        {
            "a.sql": "--liquibase formatted sql\n--changeset a:1 runOnChange:true\n"
            "CREATE OR REPLACE VIEW v AS SELECT 1;\n"
        },
        lambda found: (
            found.tree.migrations[0].repeatable
            and found.tree.migrations[0].down_state is Down.NO_CONVENTION
        ),
    ),
]


@pytest.mark.parametrize(
    ("files", "holds"), [edge[1:] for edge in EDGES], ids=[e[0] for e in EDGES]
)
def test_edges(
    files: dict[str, str],
    holds: Callable[[Selection], bool],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    planmaking.put(Path(), files)
    assert holds(only("."))


def test_a_journal_that_is_none_is_an_error_and_the_files_are_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    planmaking.put(Path(), {"d/meta/_journal.json": "[]", "d/0000_a.sql": USERS})
    loaded = load(Request(("d",)))
    assert "journal" in loaded.errors[0].message
    assert [each.id for each in loaded.selections[0].tree.migrations] == ["0000_a"]
