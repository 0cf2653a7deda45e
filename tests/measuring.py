"""Brings a database into a state, and measures one statement there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from migsafe.verifying.measure import (
    Measured,
    OutsideOnlyError,
    measure_outside,
)
from migsafe.verifying.measure import measure as measure_in_transaction


def measure(dsn: str, setup: str, statement: str) -> Measured:
    """Run a statement in a session and transaction of its own, look, take it back."""
    prepare(dsn, setup)
    with psycopg.connect(dsn, autocommit=True) as session:
        try:
            return measure_in_transaction(session, statement)
        except OutsideOnlyError:
            pass
        finally:
            session.execute("ROLLBACK")

    @contextmanager
    def fresh() -> Iterator[Callable[[], psycopg.Connection]]:
        prepare(dsn, setup)
        yield lambda: psycopg.connect(dsn, autocommit=True)

    return measure_outside(fresh, statement)


def prepare(dsn: str, setup: str) -> None:
    """Bring a database into the state that a case starts from."""
    with psycopg.connect(dsn, autocommit=True) as session:
        schemas = session.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_)'"
        ).fetchall()
        for (schema,) in schemas:
            session.execute(f'DROP SCHEMA "{schema}" CASCADE')
        session.execute("CREATE SCHEMA public")
        if setup.strip():
            session.execute(setup.encode())
