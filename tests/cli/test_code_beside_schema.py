"""Application code beside the schema: what a change set in a git checkout is told."""

import json
from pathlib import Path

import pytest

from commands import migsafe
from repositories import Checkout

MODEL = (
    "class User(Base):\n"
    '    __tablename__ = "users"\n'
    "    id = mapped_column(BigInteger, primary_key=True)\n"
)
FAX = f"{MODEL}    fax = mapped_column(Text)\n"
REPORT = 'def faxes(session):\n    return session.execute(text("SELECT fax FROM users"))\n'
RULES = {"schema-and-code-together", "contract-before-expand"}


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Return a branch on a release, tagged v1, whose model maps users.fax."""
    made = Checkout.made(tmp_path / "repo")
    made.commit(
        {
            "db/0001_users.up.sql": "CREATE TABLE users (id bigint PRIMARY KEY, fax text);\n"
            "INSERT INTO users (id, fax) VALUES (1, '');",
            "db/0001_users.down.sql": "DROP TABLE users;",
            "app/models.py": FAX,
        }
    )
    made.git("tag", "v1")
    made.git("switch", "-q", "-c", "topic")
    return made


def drop(**code: str) -> dict[str, str]:
    return {
        "db/0002_fax.up.sql": "ALTER TABLE users DROP COLUMN fax;",
        "db/0002_fax.down.sql": "ALTER TABLE users ADD COLUMN fax text;",
        **{f"app/{name}.py": text for name, text in code.items()},
    }


def found(checkout: Checkout, *arguments: str) -> dict[str, tuple[str, str]]:
    """Return severity and message of what the rules about code say, by rule."""
    silent = {"GITHUB_BASE_REF": "", "PRE_COMMIT_FROM_REF": ""}
    done = migsafe("lint", *arguments, "--format", "json", cwd=checkout.path, environment=silent)
    findings = json.loads(done.stdout)["findings"]
    return {
        each["rule"]: (each["severity"], each["message"])
        for each in findings
        if each["rule"] in {*RULES, "drop-column"}
    }


def test_a_column_goes_with_the_code_that_maps_it(checkout: Checkout) -> None:
    checkout.commit(drop(models=MODEL))
    severity, message = found(checkout)["schema-and-code-together"]
    assert severity == "error"
    assert "app/models.py:4 before it" in message


def test_code_that_nobody_changed_still_names_what_goes(checkout: Checkout) -> None:
    checkout.git("switch", "-q", "main")
    checkout.commit({"app/report.py": REPORT})
    checkout.git("switch", "-q", "topic")
    checkout.git("merge", "-q", "main")
    checkout.commit(drop(models=MODEL))
    said = found(checkout)
    assert said.keys() & RULES == {"contract-before-expand"}
    assert "(app/report.py:2)" in said["contract-before-expand"][1]


def test_migrations_and_tests_are_no_application_code(checkout: Checkout) -> None:
    checkout.git("switch", "-q", "main")
    checkout.commit({"app/models.py": MODEL, "tests/test_fax.py": REPORT})
    checkout.git("switch", "-q", "topic")
    checkout.git("merge", "-q", "main")
    checkout.commit(drop())
    said = found(checkout)
    assert said.keys() & RULES == set()
    assert said["drop-column"][0] == "warning"


@pytest.mark.parametrize("path", ["queries/users.sql", "db/queries.sql"])
def test_a_file_of_queries_counts_also_beside_migrations(checkout: Checkout, path: str) -> None:
    queries = {path: "-- name: Faxes :many\nSELECT fax FROM users;\n"}
    checkout.commit({**drop(models=MODEL), **queries})
    assert f"({path}:2)" in found(checkout)["contract-before-expand"][1]


def test_without_a_change_set_code_is_not_asked(checkout: Checkout) -> None:
    checkout.commit(drop(models=MODEL))
    assert found(checkout, "db/0002_fax.up.sql").keys() == {"drop-column"}


def test_the_gate_asks_about_all_since_a_release(checkout: Checkout) -> None:
    checkout.commit(drop())
    checkout.commit({"app/models.py": MODEL})
    gate = ("gate", "--stage", "1", "--since", "v1", "--format", "json")
    done = migsafe(*gate, cwd=checkout.path)
    assert done.returncode == 1
    codes = {reason["code"] for reason in json.loads(done.stdout)["reasons"]}
    assert "schema-and-code-together" in codes
