"""Old statements meet what was said, and an undo brings the schema back."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

import servers
from migsafe.compatibility import compatibility_of
from migsafe_dev.agreeing.oldcode import ROLE, disagreements, is_taken_back, known, met
from migsafe_dev.agreeing.oldcode_cases import CASES, Case

PARAMETERS = [
    pytest.param(case, version, id=f"{version}-{case.statement} {case.setup}".strip())
    for version in servers.versions()
    for case in CASES
    if version in case.versions
]


@pytest.fixture(scope="module")
def database_of(server_of: Callable[[int], servers.Server]) -> Iterator[Callable[[int], str]]:
    """Give one database a version, with a role for the old code."""
    with servers.databases(server_of) as database_of:
        made: set[int] = set()

        def with_role(version: int) -> str:
            dsn = database_of(version)
            if version not in made:
                with psycopg.connect(dsn, autocommit=True) as owner:
                    owner.execute(f"DROP ROLE IF EXISTS {ROLE}")
                    owner.execute(f"CREATE ROLE {ROLE}")
                made.add(version)
            return dsn

        yield with_role


@pytest.mark.postgres
@pytest.mark.parametrize(("case", "version"), PARAMETERS)
def test_old_statements_meet_what_compatibility_of_says(
    case: Case, version: int, database_of: Callable[[int], str]
) -> None:
    operation, catalog = known(case)
    said = compatibility_of(operation, catalog, dialect="postgres", version=version)
    assert disagreements(said, met(database_of(version), case)) == {}


@pytest.mark.postgres
@pytest.mark.parametrize(("case", "version"), PARAMETERS)
def test_an_undo_brings_the_schema_back_unless_its_query_warns(
    case: Case, version: int, database_of: Callable[[int], str]
) -> None:
    operation, catalog = known(case)
    undo = compatibility_of(operation, catalog, dialect="postgres", version=version).undo
    assert undo is None or is_taken_back(database_of(version), case, undo)
