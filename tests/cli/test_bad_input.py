"""Bad input gets one message with place and remedy, and the documented status."""

import os
import stat
from pathlib import Path

import pytest

from commands import migsafe


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "0001_good.sql").write_text("CREATE TABLE t (a int);\n")
    return tmp_path


def test_missing_file(tree: Path) -> None:
    done = migsafe("lint", "nowhere.sql", cwd=tree)
    assert done.returncode == 2
    assert "nowhere.sql" in done.stdout + done.stderr


def test_glob_without_a_match(tree: Path) -> None:
    done = migsafe("lint", "db/*.sql", cwd=tree)
    assert done.returncode == 2
    assert "db/*.sql" in done.stdout + done.stderr


def test_directory_that_is_named_like_a_file(tree: Path) -> None:
    (tree / "x.sql").mkdir()
    done = migsafe("lint", "x.sql", cwd=tree)
    assert done.returncode == 2
    assert "x.sql" in done.stdout
    assert "directory" in done.stdout


def test_empty_file(tree: Path) -> None:
    (tree / "0002_empty.sql").write_text("")
    assert migsafe("lint", "0002_empty.sql", cwd=tree).returncode == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "NUL"),
        (b"SELECT '\xe9';", "not UTF-8 at byte 8"),
        ("SELECT 1;".encode("utf-16"), "UTF-16"),
    ],
)
def test_file_that_is_no_utf8_text_is_named_and_the_others_go_on(
    tree: Path, content: bytes, said: str
) -> None:
    (tree / "0002_bad.sql").write_bytes(content)
    (tree / "0003_drop.sql").write_text("DROP TABLE t;")
    done = migsafe("lint", ".", cwd=tree)
    assert done.returncode == 2
    assert "0002_bad.sql" in done.stdout
    assert said in done.stdout
    assert "drop-table" in done.stdout


def test_unterminated_quote_is_a_finding_at_its_line(tree: Path) -> None:
    (tree / "0002_open.sql").write_text("SELECT 1;\nSELECT 'never closed;\nDROP TABLE t;\n")
    done = migsafe("lint", "0002_open.sql", "--format", "concise", cwd=tree)
    assert "0002_open.sql:2:1: warning[unreadable-statement]" in done.stdout
    assert migsafe("gate", "--stage", "1", "0002_open.sql", cwd=tree).returncode == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--dialect", "oracle"], "oracle"),
        (["--dialect", "mysql"], "comes later"),
        (["--dialect", "sqlite"], "comes later"),
        (["--server-version", "9"], "12 to 18"),
        (["--convention", "rails"], "rails"),
        (["--start-after", "0099"], "0099"),
        (["--select", "drop-colum"], "drop-colum"),
        (["--config", "nowhere.toml"], "nowhere.toml"),
        (["--output", "json"], "FORMAT=FILE"),
        (["--output", "json=no/such/directory/x.json"], "no/such/directory"),
        (["--schema", "nowhere.sql"], "nowhere.sql"),
        (["--bogus"], "--bogus"),
    ],
)
def test_wrong_option_is_one_message(tree: Path, arguments: list[str], said: str) -> None:
    done = migsafe("lint", *arguments, ".", cwd=tree)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.migsafe", "not TOML"),
        ("[tool.migsafe]\ndialekt = 'postgres'", "Did you mean 'dialect'?"),
        ("[tool.migsafe]\nprofile = 'lax'", "default, strict, legacy"),
        ("[tool.migsafe]\nserver-version = 'new'", "12 to 18"),
        ("[tool.migsafe.severity]\ndrop-colum = 'note'", "Did you mean 'drop-column'?"),
        ("[tool.migsafe.severity]\ndrop-column = 'fatal'", "off, note, warning, error"),
        ("[tool.migsafe]\npaths = 'db'", "list of strings"),
        ("[tool.migsafe.rules.missing-lock-timeout]\nmax = 1", "max"),
    ],
)
def test_wrong_configuration_is_one_message_with_its_file(tree: Path, text: str, said: str) -> None:
    (tree / "pyproject.toml").write_text(text)
    done = migsafe("lint", ".", cwd=tree)
    assert done.returncode == 2
    assert "pyproject.toml" in done.stderr
    assert said in done.stderr


def test_no_migrations_anywhere(tmp_path: Path) -> None:
    done = migsafe("lint", cwd=tmp_path)
    assert done.returncode == 2
    assert "no migrations were found" in done.stderr


def test_revision_that_is_not_python(tree: Path) -> None:
    versions = tree / "alembic" / "versions"
    versions.mkdir(parents=True)
    (versions / "a1_broken.py").write_text("revision = 'a1'\ndown_revision = None\ndef upgrade(:\n")
    done = migsafe("lint", "alembic/versions", cwd=tree)
    assert done.returncode == 2
    assert "a1_broken.py:3" in done.stdout.replace("a1_broken.py\x1b[0m", "a1_broken.py")


def test_history_in_a_circle(tree: Path) -> None:
    versions = tree / "alembic" / "versions"
    versions.mkdir(parents=True)
    body = "\n\ndef upgrade() -> None:\n    pass\n\n\ndef downgrade() -> None:\n    pass\n"
    (versions / "a1.py").write_text(f"revision = 'a1'\ndown_revision = 'b2'{body}")
    (versions / "b2.py").write_text(f"revision = 'b2'\ndown_revision = 'a1'{body}")
    done = migsafe("lint", "alembic/versions", cwd=tree)
    assert done.returncode == 1
    assert "broken-history" in done.stdout


def test_closed_pipe_is_silent(tree: Path) -> None:
    done = migsafe("rules", cwd=tree, shell_tail="| head -1")
    assert done.stderr == ""


def test_output_file_is_written_beside_the_report(tree: Path) -> None:
    done = migsafe("lint", ".", "--output", "json=out.json", "--output", "sarif=o.sarif", cwd=tree)
    assert done.returncode == 0
    assert (tree / "out.json").read_text().startswith("{")
    assert sorted(path.name for path in tree.iterdir()) == ["0001_good.sql", "o.sarif", "out.json"]


@pytest.mark.parametrize("command", [("lint",), ("gate", "--stage", "1"), ("inspect",), ("plan",)])
@pytest.mark.parametrize("text", ["", " \n"])
def test_a_pipe_that_brings_nothing_is_not_safe(
    tree: Path, command: tuple[str, ...], text: str
) -> None:
    done = migsafe(*command, "-", cwd=tree, stdin=text)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: standard input is empty: there is no migration to read\n")


def test_a_pipe_that_brings_no_statement_is_said(tree: Path) -> None:
    done = migsafe("lint", "-", cwd=tree, stdin="-- nothing to do\n")
    assert done.returncode == 0
    assert "standard input holds no statement\n" in done.stdout


@pytest.mark.parametrize("command", [(), ("baseline",)])
def test_a_group_without_its_command_shows_what_there_is(
    tree: Path, command: tuple[str, ...]
) -> None:
    done = migsafe(*command, cwd=tree)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: migsafe ")
    assert "error:" not in done.stderr


def test_a_report_goes_into_a_pipe_and_through_a_link(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    (tree / "link").symlink_to("target")
    outputs = ("--output", "json=pipe", "--output", "concise=link")
    done = migsafe("lint", "0001_good.sql", *outputs, cwd=tree, shell_tail="& cat pipe; wait $!")
    assert (done.returncode, done.stdout[:1]) == (0, "{")
    assert stat.S_ISFIFO((tree / "pipe").stat().st_mode)
    assert (tree / "link").is_symlink()
    assert (tree / "target").is_file()


def test_a_report_is_readable_and_leaves_nothing_beside_it(tree: Path) -> None:
    assert migsafe("lint", "0001_good.sql", "--output", "json=a.json", cwd=tree).returncode == 0
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((tree / "a.json").stat().st_mode) == 0o666 & ~mask
    (tree / "folder").mkdir()
    assert migsafe("lint", "0001_good.sql", "--output", "json=folder", cwd=tree).returncode == 2
    assert not list(tree.glob("*tmp*"))


def test_stdin_stands_at_the_place_of_its_name(tree: Path) -> None:
    done = migsafe(
        "lint", "-", "--stdin-filename", "0002_drop.sql", "-f", "concise", cwd=tree,
        stdin="DROP TABLE t;\n",
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout.startswith("0002_drop.sql:1:1: error[drop-table]")
