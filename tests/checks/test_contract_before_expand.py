"""Contract steps beside code: what was not looked up is said."""

from linting import ROLE, TODAY, catalog, migration
from migsafe.lint import Options, lint
from migsafe.model.code import CodeChange, Uses
from migsafe.model.findings import Confidence, Finding, Severity
from migsafe.model.migration import Selection, Tree

SCHEMA = "CREATE TABLE users (id bigint PRIMARY KEY, name text);"


def found(sql: str, code: CodeChange) -> list[Finding]:
    one = migration(sql)
    selection = Selection(Tree(".", "golang-migrate", (one,)), frozenset({one.id}))
    options = Options(today=TODAY, base=catalog(SCHEMA), code=lambda _: code)
    report = lint((selection,), ROLE, options)
    return [each for each in report.findings if each.rule == "contract-before-expand"]


def test_a_word_that_too_many_files_hold_is_said() -> None:
    (finding,) = found("ALTER TABLE users DROP COLUMN name;", CodeChange())
    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.LOW)
    assert "still names users.name is not known: too many files to read hold" in finding.message


def test_a_file_that_holds_the_word_and_cannot_be_read_is_said() -> None:
    broken = Uses("app/old.py", (), "not Python")
    code = CodeChange(now={"name": (broken,)})
    (finding,) = found("ALTER TABLE users DROP COLUMN name;", code)
    assert "app/old.py (not Python) holds the word name and could not be read" in finding.message


def test_a_word_that_no_file_holds_is_no_finding() -> None:
    assert found("ALTER TABLE users DROP COLUMN name;", CodeChange(now={"name": ()})) == []
