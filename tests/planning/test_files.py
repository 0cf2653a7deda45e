"""The runnable files of a plan: one transaction each, importable, read back as planned."""

import ast
import re
from pathlib import Path

import pytest

import planmaking
from migsafe.model.errors import MigsafeError
from migsafe.model.migration import Migration
from migsafe.model.origin import Runner
from migsafe.model.record import replace
from migsafe.planning.directory import write
from migsafe.planning.files import with_files, written
from migsafe.planning.finish import Finished
from migsafe.sources import Request, load
from migsafe.sources.plans.matching import Match, match

CONCURRENTLY = re.compile(r"^(CREATE|DROP) INDEX CONCURRENTLY", re.MULTILINE)


def texts(convention: str) -> dict[str, str]:
    return {file.path: file.text for file in written(planmaking.plan(convention))}


def test_each_transaction_has_a_pair_of_files_of_its_own() -> None:
    assert list(texts("golang-migrate")) == [
        "01_expand_1.up.sql",
        "01_expand_1.down.sql",
        "01_expand_2.up.sql",
        "01_expand_2.down.sql",
        "02_backfill.up.sql",
        "02_backfill.down.sql",
        "04_contract_1.up.sql",
        "04_contract_1.down.sql",
        "04_contract_2.up.sql",
        "04_contract_2.down.sql",
        "04_contract_3.up.sql",
        "04_contract_3.down.sql",
    ]


def test_nothing_stands_beside_a_concurrent_statement() -> None:
    for path, text in texts("golang-migrate").items():
        if CONCURRENTLY.search(text):
            assert text.count(";") == 1, path
            assert text.startswith("-- migsafe: transaction=none\n")


def test_timeouts_stand_inside_transactions_only() -> None:
    found = texts("golang-migrate")
    assert "SET LOCAL lock_timeout = '2s';" in found["01_expand_1.up.sql"]
    assert "SET LOCAL statement_timeout = '30s';" in found["01_expand_1.down.sql"]
    assert "SET" not in found["01_expand_2.up.sql"]
    assert "statement_timeout" not in found["04_contract_2.up.sql"]


@pytest.mark.parametrize("runner", [Runner.AUTO, Runner.NONE])
def test_a_file_says_its_own_transaction_where_no_runner_is_known_to_make_one(
    runner: Runner,
) -> None:
    plan = replace(planmaking.plan("numbered"), runner=runner)
    found = {file.path: file.text for file in written(plan)}
    statements = [
        line for line in found["01_expand_1.up.sql"].splitlines() if not line.startswith("--")
    ]
    assert (statements[0], statements[-1]) == ("BEGIN;", "COMMIT;")
    assert "BEGIN;" not in found["01_expand_2.up.sql"], "CONCURRENTLY runs in none"
    assert "BEGIN;" not in found["02_backfill.up.sql"], "one statement needs none"
    assert not any("BEGIN;" in text for text in texts("golang-migrate").values())


def test_what_is_lost_for_good_has_a_way_down_that_stops() -> None:
    assert "RAISE EXCEPTION" in texts("golang-migrate")["04_contract_3.down.sql"]
    assert "RAISE EXCEPTION" in texts("alembic")["04_contract_3.py"]


def test_revisions_form_one_chain_from_what_the_source_stood_on() -> None:
    names: list[tuple[object, object]] = []
    for text in texts("alembic").values():
        values = {
            node.targets[0].id: ast.literal_eval(node.value)
            for node in ast.parse(text).body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        names.append((values["down_revision"], values["revision"]))
    assert names[0][0] == "0001"
    assert [down for down, _ in names[1:]] == [revision for _, revision in names[:-1]]


def test_transactions_of_one_deploy_are_parted_in_alembic() -> None:
    found = texts("alembic")
    assert "autocommit_block" not in found["04_contract_1.py"].partition("def downgrade")[0]
    for path in ("04_contract_2.py", "04_contract_3.py"):
        upgrade = found[path].partition("def downgrade")[0]
        assert 'op.execute("SELECT 1")' in upgrade


def test_the_same_plan_gives_the_same_bytes_and_names_their_digests() -> None:
    plan = with_files(planmaking.plan())
    assert written(plan) == written(planmaking.plan())
    digests = {file.path: file.sha256 for file in written(plan)}
    for deploy in plan.deploys:
        for file in deploy.files:
            assert file.sha256 == digests[file.path]
            assert file.down_path is not None
            assert file.down_sha256 == digests[file.down_path]


@pytest.mark.parametrize("convention", ["golang-migrate", "alembic"])
@pytest.mark.parametrize(
    "name",
    ["mail", 'a"b', "migsafe: ignore[drop-column]: no", "l\nb", '"""', "$$ x", "%(x)s :y", "\\"],
)
def test_every_file_is_read_back_as_the_deploy_that_it_is(
    convention: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    quoted = '"' + name.replace('"', '""') + '"'
    plan = with_files(planmaking.plan(convention, column=quoted))
    write(Finished(plan, ()), Path("plans/it"))
    seen = []
    for migration in migrations(plan_paths(Path("plans/it"))):
        assert not any(each.directives for each in migration.sections) or (
            "transaction=none" in migration.up.directives[0].text
        )
        found = match(migration, (plan,))
        assert isinstance(found, Match), found
        seen.append((found.deploy, found.at))
    assert seen == [(1, 0), (1, 1), (2, 0), (4, 0), (4, 1), (4, 2)]


@pytest.mark.parametrize("convention", ["golang-migrate", "alembic"])
def test_a_name_in_a_comment_gives_no_instruction(convention: str) -> None:
    for width in range(1, 90, 3):
        name = f'"{"x" * width} migsafe: ignore-file[drop-column]: no"'
        for file in written(planmaking.plan(convention, column=name)):
            said = re.findall(r"^\s*(?:--|#|\"\"\")\s*migsafe:.*", file.text, re.MULTILINE)
            assert set(said) <= {"-- migsafe: transaction=none"}, file.path


def plan_paths(place: Path) -> tuple[str, ...]:
    return tuple(
        str(path)
        for path in sorted(place.iterdir())
        if path.suffix in {".py", ".sql"} and not path.name.endswith(".down.sql")
    )


def migrations(paths: tuple[str, ...]) -> list[Migration]:
    loaded = load(Request(paths))
    assert not loaded.errors
    (selection,) = loaded.selections
    return [each for each in selection.tree.migrations if each.id in selection.given]


def test_a_plan_cannot_replace_a_merge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files, path = planmaking.TREES["alembic"]
    planmaking.put(tmp_path, files)
    place = tmp_path / path
    place.write_text(place.read_text().replace("'aaaa'", "('aaaa', 'cccc')"))
    planmaking.put(
        tmp_path,
        {"migrations/versions/cccc_x.py": planmaking.revision("cccc", "aaaa", "SELECT 1", "")},
    )
    with pytest.raises(MigsafeError, match="is a merge"):
        planmaking.planned(path)
