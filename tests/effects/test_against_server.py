"""Every fact is held against real servers: what they do is compared with `effects_of`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

import servers
from measuring import measure, prepare
from migsafe.model.effects import (
    Certain,
    Effects,
    Fact,
    Never,
    OnData,
    TransactionNeed,
)
from migsafe.verifying.measure import Measured
from migsafe_dev.agreeing.cases import FIXTURES, NEWEST, Case, chosen
from migsafe_dev.agreeing.comparing import catalog_after, predicted


def forecast(case: Case, version: int) -> Effects:
    return predicted(case.operations, catalog_after(case.setup), version)


def named(found: Measured) -> dict[str, object]:
    return {
        "locks": {str(name): str(lock) for name, lock in sorted(found.locks.items())},
        "rewrites": sorted(map(str, found.rewrites)),
        "scans": sorted(map(str, found.scans)),
        "builds": sorted(map(str, found.builds)),
    }


def said(effects: Effects) -> dict[str, object]:
    return {
        "locks": {str(name): str(lock) for name, lock in sorted(effects.locks.items())},
        "rewrites": sorted(map(str, effects.rewrites)),
        "scans": sorted(map(str, effects.scans)),
        "builds": sorted(map(str, effects.builds)),
    }


FACTS = {
    "locks": Fact.LOCKS,
    "rewrites": Fact.REWRITES,
    "scans": Fact.SCANS,
    "builds": Fact.BUILDS,
}


def is_right_about_failing(effects: Effects, state: str | None) -> bool:
    match effects.fails:
        case Never():
            return state is None or not effects.knows(Fact.FAILS)
        case Certain(sqlstate=expected):
            return state == expected
        case OnData(sqlstate=expected):
            # A PRIMARY KEY is refused for duplicates or for NULLs.
            return state in {None, expected} or {state, expected} == {"23502", "23505"}


def disagreements(effects: Effects, found: Measured) -> dict[str, tuple[object, object]]:
    """Return each fact on which prediction and server differ: (said, measured).

    What is said to be unknown is not compared.
    """
    wrong: dict[str, tuple[object, object]] = {}
    state = found.sqlstate
    if not is_right_about_failing(effects, state):
        wrong["fails"] = (effects.fails, state)
    forbidden = effects.transaction is TransactionNeed.FORBIDDEN
    if state is None and forbidden != found.forbidden and effects.knows(Fact.TRANSACTION):
        wrong["transaction"] = (effects.transaction, found.forbidden)
    if state is not None or (found.forbidden and not forbidden):
        return wrong
    theirs, ours = named(found), said(effects)
    for key, fact in FACTS.items():
        # Outside a transaction nothing tells what was read.
        unseen = found.forbidden and key == "scans"
        if effects.knows(fact) and not unseen and theirs[key] != ours[key]:
            wrong[key] = (ours[key], theirs[key])
    works = found.rewrites or found.builds or found.scans
    if works and effects.brief:
        wrong["brief"] = (True, named(found))
    return wrong


PARAMETERS = [
    pytest.param(case, version, id=f"{version}-{case}")
    for version in servers.versions()
    for case in chosen()
    if version in case.versions
]


@pytest.fixture(scope="module")
def database_of(
    server_of: Callable[[int], servers.Server],
) -> Iterator[Callable[[int], str]]:
    """Give one database a version; each case makes its schema anew."""
    with servers.databases(server_of) as database_of:
        yield database_of


@pytest.mark.postgres
@pytest.mark.parametrize(("case", "version"), PARAMETERS)
def test_the_server_does_what_effects_of_says(
    case: Case, version: int, database_of: Callable[[int], str]
) -> None:
    effects = forecast(case, version)
    dsn = database_of(version)
    warned = finds_a_row(dsn, case, effects)
    found = measure(dsn, case.setup, case.statement)
    assert disagreements(effects, found) == {}
    assert warned in {None, found.sqlstate is not None}


def finds_a_row(dsn: str, case: Case, effects: Effects) -> bool | None:
    """Ask the query that says whether data stands in the way; None if there is none."""
    if not isinstance(effects.fails, OnData) or effects.fails.query is None:
        return None
    prepare(dsn, case.setup)
    with psycopg.connect(dsn, autocommit=True) as session:
        return session.execute(effects.fails.query.encode()).fetchone() is not None


def test_what_is_not_known_about_the_cases_is_listed(
    golden: Callable[[Path, str], None],
) -> None:
    lines = [
        f"{case}\n    {unknown.fact}: {unknown.decides}\n"
        for case in chosen()
        for unknown in forecast(case, NEWEST).unknown
    ]
    golden(FIXTURES / "unknown.txt", "".join(lines))
