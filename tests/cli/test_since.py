"""What the commands take where git says what is new."""

import json
from pathlib import Path

import pytest

from commands import migsafe
from migsafe import config
from repositories import Checkout

RELEASED = {
    "db/1_users.up.sql": "CREATE TABLE users (id bigint PRIMARY KEY, fax text);",
    "db/1_users.down.sql": "DROP TABLE users;",
    "db/2_fax.up.sql": "CREATE INDEX fax ON users (fax);",
    "db/2_fax.down.sql": "DROP INDEX fax;",
}
NEW = {"db/3_fax.up.sql": "ALTER TABLE users DROP COLUMN fax;", "db/3_fax.down.sql": "SELECT 1;"}


@pytest.fixture
def topic(tmp_path: Path) -> Checkout:
    """Return a branch with two released migrations and a new one."""
    checkout = Checkout.made(tmp_path / "repo")
    checkout.commit(RELEASED)
    checkout.git("switch", "-q", "-c", "topic")
    checkout.commit(NEW)
    return checkout


def lines(checkout: Checkout, *arguments: str, **environment: str) -> tuple[int, list[str]]:
    silent = dict.fromkeys(("GITHUB_BASE_REF", "PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF"), "")
    done = migsafe(*arguments, cwd=checkout.path, environment={**silent, **environment})
    return done.returncode, (done.stdout + done.stderr).splitlines()


def test_lint_without_paths_judges_what_the_default_branch_lacks(topic: Checkout) -> None:
    status, said = lines(topic, "lint")
    assert status == 1
    assert said[0] == "2 released migrations replayed (--all judges them too); 1 new since main"
    assert any("drop-column" in line for line in said)
    assert not any("create-index" in line for line in said)


def test_all_judges_everything(topic: Checkout) -> None:
    _, said = lines(topic, "lint", "--all")
    assert any("db/2_fax.up.sql" in line for line in said)
    status, said = lines(topic, "lint", "--all", "--since", "main")
    assert (status, said[0]) == (2, "error: --all and --since exclude each other")


def test_where_nothing_is_new_nothing_is_judged(topic: Checkout) -> None:
    topic.git("switch", "-q", "main")
    status, said = lines(topic, "lint")
    assert (status, said[0]) == (0, "nothing new since main (--all judges what was released)")
    assert said[-1] == "Stage 1: SAFE  no findings  0 of 0 statements understood"


def test_one_branch_without_a_remote_is_judged_as_a_whole_and_says_so(tmp_path: Path) -> None:
    checkout = Checkout.made(tmp_path)
    checkout.commit({**RELEASED, **NEW})
    status, said = lines(checkout, "lint")
    assert status == 1
    assert any("so every migration is judged" in line for line in said)
    checkout.write({"migsafe.toml": 'start-after = "2_fax"\n'})
    said = lines(checkout, "lint")[1]
    assert any("so every migration after 2_fax is judged" in line for line in said)


def test_a_directory_that_only_looks_like_a_checkout_is_judged_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "1_a.up.sql").write_text("SELECT 1;", "utf-8")
    (tmp_path / "1_a.down.sql").write_text("SELECT 1;", "utf-8")
    status, said = lines(Checkout(tmp_path), "lint")
    assert (status, said[0].startswith("git knows no older state here")) == (0, True)


def test_outside_of_git_everything_is_judged_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "1_a.up.sql").write_text("SELECT 1;", "utf-8")
    (tmp_path / "db" / "1_a.down.sql").write_text("SELECT 1;", "utf-8")
    assert lines(Checkout(tmp_path), "lint") == (
        0, ["Stage 1: SAFE  no findings  2 of 2 statements understood"],
    )  # fmt: skip
    status, said = lines(Checkout(tmp_path), "lint", "--since", "main")
    assert status == 2
    assert said[0].startswith("error: this directory is in no git repository")


def test_the_new_ones_are_one_deploy(topic: Checkout) -> None:
    topic.commit({"db/4_t.up.sql": "CREATE TABLE t (a int);"})
    topic.commit({"db/5_t.up.sql": "CREATE INDEX t_a ON t (a);"})
    found = [
        [line for line in lines(topic, "lint", word, "-f", "concise")[1] if "5_t.up.sql" in line]
        for word in ("--since=main", "--all")
    ]
    assert [any("create-index" in line for line in each) for each in found] == [False, True]


def test_files_that_are_named_are_judged_as_named(topic: Checkout) -> None:
    _, said = lines(topic, "lint", "db/2_fax.up.sql")
    assert said[0] == "1 earlier migration replayed; 1 judged"


def test_files_that_a_push_hands_over_are_those_that_are_new(topic: Checkout) -> None:
    base = topic.git("rev-parse", "main")
    (topic.path / "db/2_fax.up.sql").write_text(RELEASED["db/2_fax.up.sql"] + "\n", "utf-8")
    _, said = lines(
        topic, "lint", *RELEASED, *NEW, PRE_COMMIT_FROM_REF=base, PRE_COMMIT_TO_REF="HEAD"
    )
    assert said[0].endswith(f"1 new since {base[:12]}")


def test_a_pipeline_without_history_is_told_what_to_do(topic: Checkout, tmp_path: Path) -> None:
    clone = topic.clone(tmp_path / "clone", "--depth", "1", "--branch", "topic")
    status, said = lines(clone, "lint", GITHUB_BASE_REF="main")
    assert status == 2
    assert said[0] == "error: git knows no revision 'main' here"
    assert "fetch-depth: 0" in said[1]


def test_a_missing_revision_is_named(topic: Checkout) -> None:
    status, said = lines(topic, "lint", "--since", "v9")
    assert (status, said[0]) == (2, "error: git knows no revision 'v9' here")
    assert "git fetch origin v9" in said[1]


def test_the_report_for_machines_names_what_it_is_new_since(topic: Checkout) -> None:
    done = migsafe("lint", "--since", "main", "--format", "json", cwd=topic.path)
    summary = json.loads(done.stdout)["summary"]
    assert (summary["since"], summary["files"], summary["replayed"]) == ("main", 1, 2)


def test_a_start_that_is_configured_narrows_what_is_new(topic: Checkout) -> None:
    topic.write({"migsafe.toml": 'start-after = "3_fax"\n'})
    assert lines(topic, "lint")[0] == 0
    status, said = lines(topic, "lint", "--since", "main", "--start-after", "9_none")
    assert (status, said[0]) == (2, "error: no migration is called '9_none'")
    status, said = lines(topic, "lint", "--start-after", "1_users")
    assert status == 1
    assert any("db/2_fax.up.sql" in line for line in said)


def test_the_gate_asks_about_what_the_change_adds(topic: Checkout) -> None:
    status, said = lines(topic, "gate", "--stage", "1")
    assert (status, said[0]) == (1, "Stage 1: UNSAFE")
    assert said[-1] == "next: migsafe plan db/3_fax.up.sql"
    assert not any("nothing-new" in line for line in said)
    topic.git("switch", "-q", "main")
    status, said = lines(topic, "gate", "--stage", "1")
    assert (status, said[0]) == (0, "Stage 1: SAFE")
    assert said[1].split(maxsplit=1) == ["nothing-new", "no migration is new since main"]


def test_the_gate_sends_nobody_to_a_plan_for_a_migration_that_is_gone(topic: Checkout) -> None:
    topic.git("switch", "-q", "main")
    topic.git("rm", "-q", "db/2_fax.up.sql", "db/2_fax.down.sql")
    status, said = lines(topic, "gate", "--stage", "1")
    assert status == 1
    assert not any(line.startswith("next:") for line in said)


def test_the_gate_outside_of_git_needs_to_be_told(tmp_path: Path) -> None:
    status, said = lines(Checkout(tmp_path), "gate", "--stage", "1")
    assert (status, said[0]) == (2, "error: the gate needs to know what is to be applied")


def test_inspect_and_plan_take_what_is_new(topic: Checkout) -> None:
    _, said = lines(topic, "inspect", "--since", "main")
    assert [line for line in said if line.startswith("db/")] == [
        "db/3_fax.up.sql   up",
        "db/3_fax.down.sql   down",
    ]
    status, said = lines(topic, "plan", "--since", "main")
    assert status == 0
    assert "DROP COLUMN fax" in "\n".join(said)
    topic.git("switch", "-q", "main")
    assert lines(topic, "plan", "--since", "main")[1][0] == "error: no migration is new since main"


def test_standard_input_has_no_past(topic: Checkout) -> None:
    status, said = lines(topic, "lint", "-", "--since", "main")
    assert (status, said[0]) == (2, "error: '-' has no past to be compared with")


def test_a_push_of_what_is_not_checked_out_is_judged_as_it_was_committed(topic: Checkout) -> None:
    topic.commit({"app.py": "QUERY = 'SELECT fax FROM users'\n"})
    pushed = topic.git("rev-parse", "HEAD")
    topic.git("switch", "-q", "main")
    released = topic.git("rev-parse", "HEAD")
    topic.write({"db/4_t.up.sql": "DROP TABLE users;", "db/4_t.down.sql": "SELECT 1;"})
    refs = {"PRE_COMMIT_FROM_REF": released, "PRE_COMMIT_TO_REF": pushed}
    status, said = lines(topic, "lint", **refs)
    assert status == 1
    assert said[0].endswith(f"; 1 new since {released[:12]}")
    assert any("drop-column" in line for line in said)
    assert any("SELECT fax" in line or "app.py" in line for line in said)
    assert not any("4_t" in line for line in said)
    remark = f"{pushed[:12]} is pushed and not checked out: it is judged as it was committed"
    assert remark in said
    _, said = lines(topic, "gate", "--stage", "1", **refs)
    assert said[0] == "Stage 1: UNSAFE"
    assert not any("4_t" in line for line in said)
    _, said = lines(topic, "lint", "--render", **refs)
    assert said[0].startswith("error: --render runs the project as it is checked out")
    topic.git("switch", "-q", "topic")
    assert remark not in lines(topic, "lint", **refs)[1]


def test_a_push_of_what_is_not_here_is_one_message(topic: Checkout) -> None:
    refs = {"PRE_COMMIT_FROM_REF": "main", "PRE_COMMIT_TO_REF": "0" * 40}
    status, said = lines(topic, "lint", **refs)
    assert (status, said[0]) == (
        2, f"error: git knows no revision '{'0' * 40}' here, and that is what is pushed"
    )  # fmt: skip


def test_files_of_sql_in_no_tree_are_skipped_with_a_word(topic: Checkout) -> None:
    topic.git("switch", "-q", "main")
    topic.write({"sql/drop_users.sql": "DROP TABLE users;", "node_modules/a.sql": "SELECT 1;"})
    status, said = lines(topic, "lint")
    assert (status, said[0]) == (0, "nothing new since main (--all judges what was released)")
    assert said[1] == "1 file skipped: no migration (sql/drop_users.sql)"
    assert lines(topic, "lint", "sql/drop_users.sql")[0] == 1


def test_where_there_are_no_migrations_at_all_nothing_is_safe(topic: Checkout) -> None:
    topic.git("switch", "-q", "main")
    topic.commit({"app/main.py": "pass\n"})
    below = Checkout(topic.path / "app")
    for command in (("lint",), ("gate", "--stage", "1"), ("lint", "--since", "main")):
        status, said = lines(below, *command)
        assert (status, said[0]) == (2, "error: no migrations were found below this directory")
        assert lines(topic, *command)[0] == 0


def test_from_below_the_paths_of_a_configuration_are_where_it_says(
    topic: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic.write(
        {
            "migsafe.toml": 'paths = ["db"]\nstart-after = "1_users"\n'
            '[[path]]\npattern = "db"\nserver-version = 12\n',
            "app/main.py": "pass\n",
        }
    )
    below = Checkout(topic.path / "app")
    assert any("../db/3_fax.up.sql" in line for line in lines(below, "lint")[1])
    status, said = lines(below, "lint", "--all")
    assert status == 1
    assert any(line.startswith("../db/2_fax.up.sql") for line in said)
    monkeypatch.chdir(below.path)
    settings = config.load()
    assert settings.plans == "../migsafe/plans"
    assert settings.at("../db/3_fax.up.sql").server_version == 12
