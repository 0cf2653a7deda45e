"""`migsafe init`: what it finds, what it shows, what it writes and what it leaves alone."""

import re
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml  # type: ignore[import-untyped]  # comes with pre-commit; its stubs do not

from commands import migsafe
from migsafe import config
from migsafe.adopting import pipelines
from repositories import Checkout

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text);\n"
MIGRATIONS = {
    "db/0001_users.sql": USERS,
    "db/0002_index.sql": "CREATE INDEX users_email ON users (email);\n",
}
REVISION = """
from alembic import op
revision = {id!r}
down_revision = {down!r}
def upgrade():
    op.execute("SELECT 1")
"""
ENV = "from alembic import context\n"
WORKFLOW = ".github/workflows/migsafe.yml"
HOOKS = ".pre-commit-config.yaml"


def init(at: Checkout | Path, *options: str) -> CompletedProcess[str]:
    cwd = at if isinstance(at, Path) else at.path
    # What a hook or a pipeline around these tests says of its own change is not about theirs.
    around = {"GITHUB_BASE_REF": "", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": ""}
    return migsafe("init", *options, cwd=cwd, environment={**around, "PRE_COMMIT_FROM_REF": ""})


@pytest.fixture
def project(tmp_path: Path) -> Checkout:
    made = Checkout.made(tmp_path / "project")
    made.commit(MIGRATIONS)
    return made


def test_what_is_shown_is_what_is_written_and_a_second_run_finds_nothing(
    project: Checkout,
) -> None:
    project.write({".github/dependabot.yml": "version: 2\n"})
    shown = init(project)
    assert shown.returncode == 0, shown.stderr
    assert project.git("status", "--porcelain") == "?? .github/"
    patch = project.path / "init.patch"
    start, end = shown.stdout.index("--- /dev/null"), shown.stdout.index("\nmigsafe lint on")
    patch.write_text(shown.stdout[start:end])
    project.git("apply", "init.patch")
    names = ["migsafe.toml", HOOKS, WORKFLOW]
    applied = {name: (project.path / name).read_bytes() for name in names}
    for name in names:
        (project.path / name).unlink()
    done = init(project, "--write")
    assert (done.returncode, done.stderr) == (0, "")
    assert {name: (project.path / name).read_bytes() for name in names} == applied
    again = init(project, "--write")
    assert again.returncode == 0
    assert "nothing to do" in again.stdout
    assert "migsafe.toml configures migsafe already" in again.stdout
    assert {name: (project.path / name).read_bytes() for name in names} == applied


def test_it_says_what_it_found_and_what_lint_says_of_the_newest(project: Checkout) -> None:
    said = init(project).stdout
    assert "db: numbered, 2 migrations, head 0002_index" in said
    assert "dialect postgres (assumed: no file says which it is)" in said
    assert "migsafe lint on the newest 2, 0 left alone:" in said
    assert "create-index" in said
    assert said.endswith("to write this: migsafe init --write\n")


def test_what_the_default_branch_lacks_is_no_head_and_is_judged_first(project: Checkout) -> None:
    project.git("checkout", "-q", "-b", "work")
    project.commit({"db/0003_drop.sql": "ALTER TABLE users DROP COLUMN email;\n"})
    said = init(project, "--write").stdout
    assert "head 0002_index, 1 not on main" in said
    assert "the newest 1, 2 left alone:" in said
    assert "drop-column" in said
    assert "create-index" not in said
    assert 'start-after = "0002_index"' in (project.path / "migsafe.toml").read_text()


def test_lint_works_with_what_was_written(project: Checkout) -> None:
    project.write({"docker-compose.yml": "services:\n  db:\n    image: postgres:15-alpine\n"})
    init(project, "--write")
    settings = config.load(str(project.path / "migsafe.toml"))
    assert settings.server_version == 15
    assert settings.paths == ("db",)
    assert settings.start_after == "0002_index"
    project.write({"db/0003_more.sql": "ALTER TABLE users ADD COLUMN a int;\n"})
    done = migsafe("lint", "db", cwd=project.path)
    assert done.returncode == 0, done.stdout
    assert "create-index" not in done.stdout


def test_a_pyproject_keeps_every_byte(project: Checkout) -> None:
    before = b"# ours\r\n[project]\r\nname = 'x'   # keep\r\n\r\n[tool.other]\r\na = 1"
    (project.path / "pyproject.toml").write_bytes(before)
    assert init(project, "--write").returncode == 0
    after = (project.path / "pyproject.toml").read_bytes()
    assert after.startswith(before + b"\r\n\r\n[tool.migsafe]\r\n")
    assert b"\n" not in after.replace(b"\r\n", b"")
    assert config.load(str(project.path / "pyproject.toml")).paths == ("db",)
    assert not (project.path / "migsafe.toml").exists()


@pytest.mark.parametrize("text", ["tool = {other = 1}\n", "[tool\n"])
def test_a_pyproject_that_no_table_can_follow_is_left_to_a_person(
    project: Checkout, text: str
) -> None:
    project.write({"pyproject.toml": text})
    done = init(project, "--write")
    assert done.returncode == 2
    assert "pyproject.toml" in done.stderr
    assert (project.path / "pyproject.toml").read_text() == text
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("repos:\n- repo: a\n  hooks: []\n", "- repo: local"),
        ("# c\nrepos:\n  - repo: a  # b\n    hooks: []\n\nfail_fast: true\n", "  - repo: local"),
        ("repos:\r\n  - repo: a\r\n    hooks: []\r\n# end\r\n", "  - repo: local\r"),
        ("exclude: x\nrepos: # ours\n  - repo: a\n    hooks: []", "  - repo: local"),
    ],
)
def test_an_entry_is_added_to_the_hooks_that_are_there(
    project: Checkout, before: str, after: str
) -> None:
    path = project.path / HOOKS
    path.write_bytes(before.encode())
    assert init(project, "--write").returncode == 0
    text = path.read_bytes().decode()
    assert after in text.split("\n")
    kept = text.splitlines()
    assert [line for line in kept if line in before.splitlines()] == before.splitlines()
    loaded = yaml.safe_load(text)
    assert [repo["repo"] for repo in loaded["repos"]] == ["a", "local"]
    assert loaded.keys() == yaml.safe_load(before).keys()


@pytest.mark.parametrize(
    "before",
    [
        "repos: []\n",
        "repos: [{repo: a, hooks: []}]\n",
        "fail_fast: true\n",
        "repos:\n  - repo: a\n    hooks: []\nrepos:\n  - repo: b\n    hooks: []\n",
        "repos:\n  # nothing yet\n",
        "---\nrepos:\n- repo: a\n  hooks: []\n---\nx: 1\n",
    ],
)
def test_hooks_that_cannot_be_followed_line_by_line_are_left_to_a_person(
    project: Checkout, before: str
) -> None:
    project.write({HOOKS: before})
    done = init(project, "--write")
    assert done.returncode == 2
    assert (project.path / HOOKS).read_text() == before
    assert "error: .pre-commit-config.yaml: left as it is" in done.stderr
    assert "- id: migsafe" in done.stderr
    assert (project.path / "migsafe.toml").exists(), "what can be written is written"


def test_the_hook_is_called_for_the_migrations_of_each_tree(project: Checkout) -> None:
    project.commit({"other tree/v-1/0001_a.sql": "SELECT 1;\n"})
    init(project, "--write")
    validated = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-config", HOOKS],
        cwd=project.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert validated.returncode == 0, validated.stdout
    (entry,) = yaml.safe_load((project.path / HOOKS).read_text())["repos"]
    pattern = re.compile(entry["hooks"][0]["files"])
    assert pattern.search("db/0003_x.sql")
    assert pattern.search("other tree/v-1/0002_x.sql")
    assert not pattern.search("mydb/0003_x.sql")
    assert not pattern.search("db/README.md")


def test_the_workflow_is_what_github_runs(project: Checkout) -> None:
    project.git("remote", "add", "origin", "https://me:s3cret@github.com/o/r.git")
    done = init(project, "--write")
    assert "s3cret" not in done.stdout + done.stderr
    workflow = yaml.safe_load((project.path / WORKFLOW).read_text())
    (job,) = workflow["jobs"].values()
    assert job["steps"][0]["with"]["fetch-depth"] == 0
    assert job["steps"][-1]["run"].startswith("migsafe lint --format github --output markdown=")
    assert "${{" not in (project.path / WORKFLOW).read_text()


@pytest.mark.parametrize("name", ["ci.yml", "migsafe.yml"])
def test_a_workflow_that_names_migsafe_is_enough(project: Checkout, name: str) -> None:
    text = "jobs:\n  a:\n    steps:\n      - run: migsafe lint\n"
    project.write({f".github/workflows/{name}": text})
    done = init(project, "--write")
    assert done.returncode == 0
    workflows = project.path / ".github" / "workflows"
    assert [path.name for path in workflows.iterdir()] == [name]
    assert (workflows / name).read_text() == text


@pytest.mark.parametrize(
    ("before", "stage"),
    [
        ("build:\n  script: make\n", None),
        ("stages: [build, test]\nbuild:\n  script: make\n", None),
        ("stages: [check, ship]\nbuild:\n  script: make\n", "check"),
        ("stages:\n  # first\n  - 'check'\n\n  - ship # last\nbuild:\n  script: make", "check"),
        ("stages:\n- build\n- test\n", None),
    ],
)
def test_a_job_follows_what_gitlab_runs(project: Checkout, before: str, stage: str | None) -> None:
    project.write({".gitlab-ci.yml": before})
    assert init(project, "--write").returncode == 0
    text = (project.path / ".gitlab-ci.yml").read_text()
    assert text.startswith(before)
    job = yaml.safe_load(text)["migsafe"]
    assert job.get("stage") == stage
    assert job["variables"] == {"GIT_DEPTH": "0"}
    assert "nothing to do" in init(project).stdout


@pytest.mark.parametrize(
    "before", ["{build: {script: make}}\n", "stages: *ours\n", "stages: !reference [a, b]\n"]
)
def test_what_gitlab_runs_in_another_form_is_left_to_a_person(
    project: Checkout, before: str
) -> None:
    project.write({".gitlab-ci.yml": before})
    done = init(project, "--write")
    assert done.returncode == 2
    assert ".gitlab-ci.yml: left as it is" in done.stderr
    assert (project.path / ".gitlab-ci.yml").read_text() == before


@pytest.mark.parametrize(
    ("remote", "paths"),
    [
        ("git@github.com:o/r.git", [WORKFLOW]),
        ("https://u:github.com@gitlab.example.org/o/r", [".gitlab-ci.yml"]),
        ("ssh://git@gitlab.com:22/o/r", [".gitlab-ci.yml"]),
        ("/srv/github.com/r.git", []),
        ("", []),
    ],
)
def test_the_remote_says_whose_pipelines_run(
    project: Checkout, monkeypatch: pytest.MonkeyPatch, remote: str, paths: list[str]
) -> None:
    monkeypatch.chdir(project.path)
    assert [edit.path for edit in pipelines.pipelines(remote)] == paths


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"alembic.ini": "sqlalchemy.url = postgresql+asyncpg://me:s3cret@db/x\n"},
            "dialect postgres (alembic.ini: sqlalchemy.url postgresql)",
        ),
        ({"Gemfile": "gem 'rails'\ngem 'pg', '~> 1'\n"}, "dialect postgres (Gemfile: gem pg)"),
        (
            {"db/migration_lock.toml": 'provider = "postgresql"\n'},
            "dialect postgres (db/migration_lock.toml: provider postgresql)",
        ),
        (
            {"docker-compose.yml": "  db:\n    image: timescale/timescaledb:2.11.0-pg15\n"},
            "server-version 15 (docker-compose.yml: image timescaledb:15)",
        ),
        (
            {
                "compose.yaml": "a:\n  image: postgis/postgis:16-3.4\nb:\n  image: postgres:13\n",
                ".env": "DATABASE_URL=postgres://me:s3cret@db/x\n",
            },
            "server-version 13 (compose.yaml: image postgres:13)",
        ),
        (
            {"docker-compose.yml": "  db:\n    image: postgres:9.6\n"},
            "server-version 14 is assumed",
        ),
        (
            {"supabase/config.toml": "[db]\nmajor_version = 17\npassword = 's3cret'\n"},
            "server-version 17 (supabase/config.toml: major_version 17)",
        ),
        (
            {"alembic.ini": "sqlalchemy.url = sqlite://\n", "Gemfile": "gem 'pg'\n"},
            "dialect postgres (Gemfile: gem pg)",
        ),
        (
            {"alembic.ini": "sqlalchemy.url = sqlite://\n"},
            "dialect postgres (assumed, though there is alembic.ini: sqlalchemy.url sqlite)",
        ),
    ],
)
def test_files_say_which_database_it_is_and_no_secret(
    project: Checkout, files: dict[str, str], said: str
) -> None:
    project.write(files)
    done = init(project)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
    assert "s3cret" not in done.stdout + done.stderr


def test_what_the_tool_is_told_outweighs_what_else_is_said(project: Checkout) -> None:
    project.commit(
        {
            "app/mysql/0001_a.sql": "SELECT 1;\n",
            "docker-compose.yml": "db:\n  image: postgres:16\n",
        }
    )
    done = init(project, "--write")
    assert "app/mysql: numbered, 1 migration, head 0001_a, left out: mysql" in done.stdout
    assert config.load(str(project.path / "migsafe.toml")).paths == ("db",)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"db/migration_lock.toml": 'provider = "mysql"\n'}, "the migrations are for mysql"),
        ({"Gemfile": "gem 'mysql2'\n"}, "the migrations are for mysql"),
        ({".squawk.toml": 'excluded_paths = ["*"]\n'}, "excluded_paths leave out all"),
        ({".squawk.toml": "excluded_rules = ban\n"}, "squawk's configuration is not TOML"),
        ({".squawk.toml": "excluded_rules = 'ban'\n"}, "must be a list of strings"),
        ({"migsafe.toml": "dialekt = 'x'\n"}, "no setting is called 'dialekt'"),
    ],
)
def test_what_cannot_begin_is_one_message(
    project: Checkout, files: dict[str, str], message: str
) -> None:
    project.write(files)
    done = init(project, "--write")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project.path / HOOKS).exists()


def test_it_begins_at_the_top_of_a_checkout_that_holds_migrations(
    project: Checkout, tmp_path: Path
) -> None:
    below = init(project.path / "db")
    assert below.returncode == 2
    assert "help: cd .." in below.stderr
    (tmp_path / "empty").mkdir()
    empty = init(tmp_path / "empty")
    assert empty.returncode == 2
    assert "no migrations were found" in empty.stderr


def test_without_git_only_the_configuration_is_written(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "0001_users.sql").write_text(USERS)
    done = init(tmp_path, "--write")
    assert done.returncode == 0, done.stderr
    assert "no git checkout" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["db", "migsafe.toml"]


def test_several_heads_or_trees_have_no_start_and_it_says_so(tmp_path: Path) -> None:
    project = Checkout.made(tmp_path)
    for revision, down in (("a1", None), ("b2", "a1"), ("c3", "a1")):
        project.write({f"m/versions/{revision}.py": REVISION.format(id=revision, down=down)})
    project.commit({"m/env.py": ENV, "alembic.ini": "[alembic]\nscript_location = m\n"})
    heads = init(project, "--write")
    assert "m/versions: Alembic, 3 migrations, 2 heads (b2, c3)" in heads.stdout
    assert "no start-after: start-after needs one head" in heads.stdout
    assert config.load(str(tmp_path / "migsafe.toml")).start_after is None
    (tmp_path / "migsafe.toml").unlink()
    project.commit(MIGRATIONS)
    trees = init(project)
    assert "there are several trees" in trees.stdout


def test_a_file_without_an_order_is_no_tree(project: Checkout) -> None:
    project.commit({"db/seed.sql": "INSERT INTO users VALUES (1);\n"})
    said = init(project, "--write").stdout
    assert "db: numbered, 2 migrations, head 0002_index\n" in said
    assert "db/seed.sql: no order in the name, judged each by itself" in said
    assert config.load(str(project.path / "migsafe.toml")).start_after == "0002_index"


def test_a_link_that_leads_out_is_not_followed(project: Checkout, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (project.path / ".github").symlink_to(tmp_path / "elsewhere")
    done = init(project, "--write")
    assert done.returncode == 2
    assert "leads out of this directory" in done.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_cannot_be_written_leaves_nothing_behind(project: Checkout) -> None:
    (project.path / "migsafe.toml").mkdir()
    done = init(project, "--write")
    assert (done.returncode, "migsafe.toml: cannot be written" in done.stderr) == (2, True)
    assert sorted(each.name for each in project.path.iterdir()) == [".git", "db", "migsafe.toml"]


def test_names_from_the_repository_steer_no_terminal(project: Checkout) -> None:
    project.commit({"d\x1b[31m\n'b/0001_a.sql": USERS, ".gitlab-ci.yml": "# \x1b[31m\n"})
    for done in (init(project), init(project, "--write")):
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stdout + done.stderr
    assert "d\x1b[31m\n'b" in config.load(str(project.path / "migsafe.toml")).paths
    (entry,) = yaml.safe_load((project.path / HOOKS).read_text())["repos"]
    assert re.search(entry["hooks"][0]["files"], "d\x1b[31m\n'b/0002_b.sql")


def test_squawks_configuration_is_taken_over(project: Checkout) -> None:
    project.commit(
        {
            ".squawk.toml": """
pg_version = "13.0"
assume_in_transaction = true
excluded_rules = ["ban-drop-column", "require-timeout-settings", "ban-drop-database",
  "require-statement-timeout", "ban-everything"]
included_rules = ["ban-add-column"]
excluded_paths = ["legacy/*", "0001_users.sql"]
fail_fast = true
[upload_to_github]
fail_on_violations = true
""",
            "legacy/0001_a.sql": "SELECT 1;\n",
        }
    )
    done = init(project, "--write")
    assert done.returncode == 0, done.stderr
    settings = config.load(str(project.path / "migsafe.toml"))
    assert settings.server_version == 13
    assert settings.transaction == "file"
    assert settings.paths == ("db",)
    words = {rule: str(severity) for rule, severity in settings.severities.items()}
    assert words["drop-column"] == "off"
    assert words["visible-column"] == "note"
    # squawk asks for these by another rule, which is on.
    assert not words.keys() & {"drop-schema", "missing-lock-timeout", "change-composite-type"}
    for remark in (
        "missing-lock-timeout stays on: squawk's require-lock-timeout asks for it as well",
        "excluded require-statement-timeout: no rule of migsafe answers to it",
        "ban-everything is no rule that migsafe knows of squawk",
        "fail_fast has no equivalent here",
        "upload_to_github has no equivalent here",
    ):
        assert f".squawk.toml: {remark}" in done.stdout
    assert "excluded_paths leave out" not in done.stdout, "0001 is released and left alone"


def test_an_excluded_path_that_lint_will_judge_is_said(project: Checkout) -> None:
    project.commit({".squawk.toml": "excluded_paths = ['*index.sql']\n", "x/0001_a.sql": USERS})
    assert "excluded_paths leave out db/0002_index.sql, and nothing here does" in (
        init(project).stdout
    )


def test_a_tool_is_called_as_people_call_it(tmp_path: Path) -> None:
    checkout = Checkout.made(tmp_path)
    checkout.commit({"migrations/2024-01-01-000000_users/up.sql": "CREATE TABLE users (id int);\n"})
    assert "migrations: Diesel, 1 migration, head 2024-01-01-000000_users" in init(checkout).stdout
