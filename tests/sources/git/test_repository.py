"""What git says of a checkout: names, changes, and files as they stood."""

import os
from pathlib import Path

import pytest

from migsafe.model.errors import InputError, UsageError
from migsafe.sources.git import is_checkout
from migsafe.sources.git.base import by_default, named
from migsafe.sources.git.repository import Change, Repository
from repositories import Checkout

ODD = 'db/0001 it\'s "odd"\n–ü.sql'


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    made = Checkout.made(tmp_path / "repo")
    monkeypatch.chdir(made.path)
    return made


def test_everything_that_is_not_committed_counts(checkout: Checkout) -> None:
    kept = {"db/kept.sql": "kept", "db/staged.sql": "1", "db/edited.sql": "1", "db/gone.sql": "g"}
    base = checkout.commit({**kept, "db/moved.sql": "moved " * 20, ".gitignore": "ignored.sql\n"})
    checkout.git("mv", "db/moved.sql", "db/moved here.sql")
    checkout.write({"db/staged.sql": "2", "db/edited.sql": "2", ODD: "x", "ignored.sql": "x"})
    checkout.git("add", "db/staged.sql")
    (checkout.path / "db/gone.sql").unlink()
    assert Repository().changes(base) == (
        Change(None, ODD),
        Change("db/edited.sql", "db/edited.sql"),
        Change("db/gone.sql", None),
        Change("db/moved.sql", "db/moved here.sql"),
        Change("db/staged.sql", "db/staged.sql"),
    )


def test_between_two_commits_the_working_tree_counts_for_nothing(checkout: Checkout) -> None:
    base = checkout.commit({"a.sql": "1", "b.sql": "1", "c.sql": "1"})
    checkout.git("rm", "-q", "b.sql")
    end = checkout.commit({"a.sql": "2", "d.sql": "2"})
    checkout.git("reset", "-q", "--hard", base)
    checkout.write({"c.sql": "3", "e.sql": "3"})
    assert Repository().changes(base, end) == (
        Change("a.sql", "a.sql"), Change("b.sql", None), Change(None, "d.sql"),
    )  # fmt: skip


def test_a_file_that_was_moved_without_git_is_a_rename(checkout: Checkout) -> None:
    base = checkout.commit({"a.sql": "SELECT 1;", "b.sql": "SELECT 2;"})
    (checkout.path / "a.sql").rename(checkout.path / "c.sql")
    assert Repository().changes(base) == (Change("a.sql", "c.sql"),)


def test_a_file_that_git_was_told_to_forget_is_compared_all_the_same(checkout: Checkout) -> None:
    base = checkout.commit({"a.sql": "SELECT 1;", "b.sql": "SELECT 2;"})
    checkout.git("rm", "-q", "--cached", "a.sql", "b.sql")
    checkout.write({"b.sql": "SELECT 3;"})
    assert Repository().changes(base) == (Change("b.sql", "b.sql"),)


def test_files_in_conflict_are_changes_of_those_who_had_them(checkout: Checkout) -> None:
    checkout.commit({"a.sql": "1"})
    checkout.git("switch", "-q", "-c", "topic")
    checkout.commit({"a.sql": "2", "new.sql": "2"})
    checkout.git("switch", "-q", "main")
    base = checkout.commit({"a.sql": "3"})
    checkout.commit({"new.sql": "3"})
    with pytest.raises(AssertionError):
        checkout.git("merge", "-q", "topic")
    assert Repository().changes(base) == (Change("a.sql", "a.sql"), Change(None, "new.sql"))


def test_a_touched_file_is_no_change(checkout: Checkout) -> None:
    base = checkout.commit({"a.sql": "SELECT 1;"})
    os.utime("a.sql", (1, 1))
    assert Repository().changes(base) == ()


def test_paths_are_those_from_the_working_directory(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = checkout.commit({"one/db/a.sql": "1", "two/b.sql": "2"})
    checkout.write({"one/db/a.sql": "3", "two/b.sql": "3"})
    monkeypatch.chdir(checkout.path / "one")
    repository = Repository()
    assert [change.now for change in repository.changes(base)] == ["../two/b.sql", "db/a.sql"]
    before = repository.at(base)
    assert (before.text("db/a.sql"), before.text("../two/b.sql")) == ("1", "2")
    assert before.text(str(checkout.path / "two" / "b.sql")) == "2"
    assert list(before.paths()) == ["db/a.sql"]


def test_files_are_read_as_they_stood(checkout: Checkout) -> None:
    checkout.write({"db/a.sql": "\ufeffSELECT 1;", ODD: "odd", "db/deep/er/c.sql": "c"})
    (checkout.path / "link").symlink_to("db/deep")
    (checkout.path / "out.sql").symlink_to("/etc/passwd")
    (checkout.path / "round").symlink_to("round")
    base = checkout.commit({"raw.sql": "x"})
    checkout.git("rm", "-qr", "db", "link")
    before = Repository().at(base)
    assert before.text("db/a.sql") == "SELECT 1;"
    assert before.text(ODD) == "odd"
    assert before.text("link/er/c.sql") == "c"
    assert before.names("db/deep") == {"er"}
    assert before.names("nowhere") == frozenset()
    assert (before.is_directory("db"), before.exists("db"), before.is_link("link")) == (
        True, False, True,
    )  # fmt: skip
    assert before.head("db/deep/er/c.sql") == "c"
    assert list(before.paths("db")) == [ODD, "db/a.sql", "db/deep/er/c.sql"]
    for nothing in ("out.sql", "round", "db", "../outside.sql", "db/a.sql/b"):
        with pytest.raises(InputError):
            before.text(nothing)


def test_the_base_is_where_both_parted(checkout: Checkout) -> None:
    parted = checkout.commit({"a.sql": "1"})
    checkout.git("switch", "-q", "-c", "topic")
    checkout.commit({"b.sql": "1"})
    checkout.git("switch", "-q", "main")
    checkout.commit({"c.sql": "1"})
    checkout.git("switch", "-q", "topic")
    assert named(Repository(), "main").commit == parted
    merged = checkout.git("rev-parse", "main")
    checkout.git("merge", "-q", "main", "-m", "merge")
    repository = Repository()
    assert named(repository, "main").commit == merged
    assert repository.changes(merged) == (Change(None, "b.sql"),)


def test_a_detached_head_is_compared_like_a_branch(checkout: Checkout) -> None:
    base = checkout.commit({"a.sql": "1"})
    checkout.git("switch", "-q", "--detach")
    checkout.commit({"b.sql": "1"})
    found = by_default(Repository(), {})
    assert found is not None
    assert (found.name, found.commit) == ("main", base)


def test_the_default_branch_is_that_of_the_remote(checkout: Checkout, tmp_path: Path) -> None:
    checkout.git("branch", "-q", "-m", "trunk")
    base = checkout.commit({"a.sql": "1"})
    clone = checkout.clone(tmp_path / "clone")
    clone.commit({"b.sql": "1"})
    os.chdir(clone.path)
    found = by_default(Repository(), {})
    assert found is not None
    assert (found.name, found.commit) == ("origin/trunk", base)
    clone.git("remote", "set-head", "origin", "--delete")
    assert by_default(Repository(), {}) is None


def test_one_branch_alone_is_compared_with_nothing(checkout: Checkout) -> None:
    assert by_default(Repository(), {}) is None
    checkout.commit({"a.sql": "1"})
    assert by_default(Repository(), {}) is None
    checkout.git("branch", "topic")
    found = by_default(Repository(), {})
    assert found is not None
    assert found.name == "main"


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"PRE_COMMIT_FROM_REF": "HEAD~1", "PRE_COMMIT_TO_REF": "HEAD"}, "HEAD~1"),
        ({"GITHUB_BASE_REF": "release"}, "release"),
        ({"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "release"}, "release"),
        ({"GITHUB_BASE_REF": ""}, "main"),
    ],
)
def test_a_hook_or_a_pipeline_says_what_is_old(
    checkout: Checkout, environment: dict[str, str], name: str
) -> None:
    checkout.commit({"a.sql": "1"})
    checkout.git("branch", "release")
    checkout.commit({"b.sql": "1"})
    checkout.git("switch", "-q", "-c", "topic")
    found = by_default(Repository(), environment)
    assert found is not None
    assert found.name == name


def test_a_pipeline_may_name_the_commit(checkout: Checkout) -> None:
    base = checkout.commit({"a.sql": "1"})
    checkout.commit({"b.sql": "1"})
    found = by_default(
        Repository(),
        {
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "elsewhere",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
        },
    )
    assert found is not None
    assert (found.name, found.commit) == ("elsewhere", base)


def test_a_shallow_clone_says_how_to_deepen_it(checkout: Checkout, tmp_path: Path) -> None:
    checkout.commit({"a.sql": "1"})
    checkout.git("switch", "-q", "-c", "topic")
    checkout.commit({"b.sql": "1"})
    checkout.git("switch", "-q", "main")
    checkout.commit({"c.sql": "1"})
    clone = checkout.clone(tmp_path / "clone", "--depth", "1", "--branch", "topic")
    os.chdir(clone.path)
    with pytest.raises(UsageError, match="shallow and holds no default branch") as caught:
        by_default(Repository(), {})
    assert "fetch-depth: 0" in caught.value.help
    with pytest.raises(UsageError, match="no revision 'main'") as caught:
        by_default(Repository(), {"GITHUB_BASE_REF": "main"})
    assert "--unshallow" in caught.value.help
    clone.git("fetch", "-q", "--depth", "1", "origin", "main:refs/remotes/origin/main")
    with pytest.raises(UsageError, match="ends before the commit at which HEAD and 'main'"):
        named(Repository(), "main")
    clone.git("fetch", "-q", "--unshallow")
    assert named(Repository(), "main").name == "origin/main"


@pytest.mark.parametrize("name", ["nowhere", "-x", "--output=stolen", "", "a\nb"])
def test_what_is_no_revision_is_named(checkout: Checkout, name: str) -> None:
    checkout.commit({"a.sql": "1"})
    with pytest.raises(UsageError, match="revision"):
        named(Repository(), name)
    assert not Path("stolen").exists()


def test_histories_without_a_common_commit_are_not_compared(checkout: Checkout) -> None:
    checkout.commit({"a.sql": "1"})
    checkout.git("switch", "-q", "--orphan", "other")
    checkout.commit({"b.sql": "1"})
    with pytest.raises(UsageError, match="no commit in common"):
        named(Repository(), "main")


def test_a_branch_without_a_commit_has_no_base(checkout: Checkout) -> None:
    checkout.write({"a.sql": "1"})
    with pytest.raises(UsageError, match="no commit yet"):
        named(Repository(), "main")
    assert Repository().changes("") == (Change(None, "a.sql"),)


def test_where_there_is_no_working_tree_it_is_said(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.commit({"a.sql": "1"})
    checkout.clone(tmp_path / "bare.git", "--bare")
    monkeypatch.chdir(tmp_path / "bare.git")
    with pytest.raises(UsageError, match="no working tree here"):
        Repository()
    monkeypatch.chdir(tmp_path)
    assert not is_checkout()
    with pytest.raises(UsageError, match="in no git repository"):
        Repository()


@pytest.mark.usefixtures("checkout")
def test_a_machine_without_git_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert is_checkout()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="git is not installed"):
        Repository()


def test_a_checkout_of_another_user_is_not_read(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(UsageError, match="belongs to another user") as caught:
        Repository()
    assert f"safe.directory {checkout.path}" in caught.value.help


def test_a_worktree_is_a_checkout(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = checkout.commit({"db/a.sql": "1"})
    checkout.git("worktree", "add", "-q", "-b", "topic", str(tmp_path / "tree"))
    monkeypatch.chdir(tmp_path / "tree" / "db")
    Path("b.sql").write_text("2", "utf-8")
    repository = Repository()
    assert repository.changes(base) == (Change(None, "b.sql"),)
    assert repository.at(base).names(".") == {"a.sql"}


def test_the_inside_of_a_submodule_counts(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = Checkout.made(tmp_path / "inner")
    inner.commit({"m/0001.sql": "1", "m/0002.sql": "2"})
    checkout.git("submodule", "--quiet", "add", inner.path.as_uri(), "sub")
    base = checkout.commit({"a.sql": "1"})
    sub = Checkout(checkout.path / "sub")
    sub.git("rm", "-q", "m/0002.sql")
    sub.commit({"m/0003.sql": "3"})
    sub.write({"m/0001.sql": "changed"})
    expected = (
        Change("m/0001.sql", "m/0001.sql"),
        Change("m/0002.sql", None),
        Change(None, "m/0003.sql"),
    )
    repository = Repository()
    assert repository.changes(base) == tuple(
        Change(*(each and f"sub/{each}" for each in (change.before, change.now)))
        for change in expected
    )
    assert repository.at(base).text("sub/m/0002.sql") == "2"
    assert "sub/m/0002.sql" in set(repository.at(base).paths())
    monkeypatch.chdir(sub.path)
    assert Repository().changes(sub.git("rev-parse", "HEAD~1")) == expected
    monkeypatch.chdir(checkout.path / "sub" / "m")
    assert Repository("../..").changes(base)[0].now == "0001.sql"


def test_between_two_commits_a_submodule_stands_where_they_say(
    checkout: Checkout, tmp_path: Path
) -> None:
    inner = Checkout.made(tmp_path / "inner")
    inner.commit({"m/0001.sql": "1"})
    empty = checkout.commit({"a.sql": "1"})
    checkout.git("submodule", "--quiet", "add", inner.path.as_uri(), "sub")
    base = checkout.commit()
    sub = Checkout(checkout.path / "sub")
    sub.commit({"m/0002.sql": "2"})
    end = checkout.commit()
    sub.write({"m/0001.sql": "changed", "m/0003.sql": "3"})
    repository = Repository()
    assert repository.changes(base, end) == (Change(None, "sub/m/0002.sql"),)
    new = [change.now for change in repository.changes(empty, base)]
    assert new == [".gitmodules", "sub/m/0001.sql"]
    assert repository.changes(base, empty) == (Change(".gitmodules", None),)


def test_a_submodule_that_lacks_its_commit_is_lost(checkout: Checkout, tmp_path: Path) -> None:
    inner = Checkout.made(tmp_path / "inner")
    stood = inner.commit({"m/0001.sql": "1"})
    checkout.git("submodule", "--quiet", "add", inner.path.as_uri(), "sub")
    base = checkout.commit({"a.sql": "1"})
    inner.commit({"m/0002.sql": "2"})
    checkout.git("-C", "sub", "pull", "-q")
    checkout.commit()
    clone = checkout.clone(tmp_path / "clone")
    clone.git("submodule", "--quiet", "update", "--init", "--depth", "1")
    os.chdir(clone.path)
    repository = Repository()
    assert repository.changes(base) == ()
    assert repository.lost(base) == {"sub": stood}


def test_no_program_of_the_repository_runs(checkout: Checkout, tmp_path: Path) -> None:
    base = checkout.commit({"a.sql": "SELECT 1;", ".gitattributes": "*.sql filter=evil diff=evil"})
    ran = tmp_path / "ran"
    program = f"sh -c 'touch {ran}; cat'"
    for key in (
        "core.fsmonitor", "diff.external", "diff.evil.command", "diff.evil.textconv",
        "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "core.pager",
    ):  # fmt: skip
        checkout.git("config", key, program)
    checkout.git("config", "filter.evil.required", "true")
    checkout.git("config", "core.hooksPath", str(tmp_path / "hooks"))
    hook = tmp_path / "hooks" / "post-index-change"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n", "utf-8")
    hook.chmod(0o755)
    checkout.write({"a.sql": "SELECT 2;"})
    repository = Repository()
    assert repository.changes(base) == (Change("a.sql", "a.sql"),)
    assert repository.at(base).text("a.sql") == "SELECT 1;"
    assert not ran.exists()


def test_what_a_partial_clone_lacks_is_not_fetched(checkout: Checkout, tmp_path: Path) -> None:
    checkout.git("config", "uploadpack.allowFilter", "true")
    base = checkout.commit({"a.sql": "1"})
    checkout.commit({"a.sql": "2"})
    clone = checkout.clone(tmp_path / "clone", "--filter=blob:none")
    os.chdir(clone.path)
    with pytest.raises(InputError, match="this clone lacks"):
        Repository().at(base).text("a.sql")


def test_files_that_hold_a_word_now_and_at_a_commit(checkout: Checkout, tmp_path: Path) -> None:
    inner = Checkout.made(tmp_path / "inner")
    inner.commit({"lib.py": "FAX_NUMBER = 1"})
    checkout.git("submodule", "add", "-q", inner.path.as_uri(), "lib")
    before = {
        "a.py": "user.fax_number",
        "b.go": "u.FaxNumber",
        "c.py": "fax",
        "d.bin": "fax_number\0",
    }
    base = checkout.commit({**before, "gone.py": "faxnumber"})
    checkout.write({"a.py": "user.mail", "e.py": "fax_number", ODD: "fax_number"})
    (checkout.path / "gone.py").unlink()
    repository = Repository()
    assert repository.holding("fax_number") == ("b.go", ODD, "e.py", "lib/lib.py")
    assert repository.holding("fax_number", base) == ("a.py", "b.go", "gone.py", "lib/lib.py")
    assert repository.holding("fax.number") == ()
    many = [f"n{number}" for number in range(1000)]
    names = (*many, "fax_number", "FAX_NUMBER")
    assert repository.naming(names, base) == ("a.py", "lib/lib.py")
    assert repository.naming(many, base) == ()


def test_files_that_hold_a_word_are_found_from_a_directory_below(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = checkout.commit({"a.py": "fax", "app/b.py": "fax"})
    monkeypatch.chdir(checkout.path / "app")
    assert Repository().holding("fax") == Repository().holding("fax", base) == ("../a.py", "b.py")
