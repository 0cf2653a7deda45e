"""Every fact is held against real servers: what they do is compared with `effects_of`."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest

import servers
from migsafe.model.effects import Effects
from migsafe_dev.agreeing.cases import FIXTURES, NEWEST, Case, chosen
from migsafe_dev.agreeing.comparing import catalog_after, disagreements, predicted
from migsafe_dev.agreeing.observing import ROLES, Observer

PARAMETERS = [
    pytest.param(case, version, id=f"{version}-{case}")
    for version in servers.versions()
    for case in chosen()
    if version in case.versions
]


def forecast(case: Case, version: int) -> Effects:
    return predicted(case.operations, catalog_after(case.setup), version)


@pytest.fixture(scope="module")
def observer_of(
    server_of: Callable[[int], servers.Server],
) -> Iterator[Callable[[int], Observer]]:
    """Give one observer a version; each case makes its schema anew."""
    with servers.databases(server_of) as database_of, ExitStack() as stack:
        found: dict[int, Observer] = {}

        def observer_of(version: int) -> Observer:
            if version not in found:
                dsn = database_of(version)
                with psycopg.connect(dsn, autocommit=True) as session:
                    for role in ROLES:
                        session.execute(f"CREATE ROLE {role}".encode())
                found[version] = stack.enter_context(closing(Observer(dsn)))
            return found[version]

        yield observer_of


@pytest.mark.postgres
@pytest.mark.parametrize(("case", "version"), PARAMETERS)
def test_the_server_does_what_effects_of_says(
    case: Case, version: int, observer_of: Callable[[int], Observer]
) -> None:
    effects = forecast(case, version)
    query = getattr(effects.fails, "query", None)
    observed = observer_of(version).observe(case.setup, case.statement, query)
    assert disagreements(effects, observed) == {}


def test_what_is_not_known_about_the_cases_is_listed(
    golden: Callable[[Path, str], None],
) -> None:
    lines = [
        f"{case}\n    {unknown.fact}: {unknown.decides}\n"
        for case in chosen()
        for unknown in forecast(case, NEWEST).unknown
    ]
    golden(FIXTURES / "unknown.txt", "".join(lines))
