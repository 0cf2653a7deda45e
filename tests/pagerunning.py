"""Runs the examples of rule pages on a server, as their runner would, and looks at the locks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.pq import TransactionStatus

from migsafe.catalog.catalog import Catalog
from migsafe.config import Settings
from migsafe.context import Applied
from migsafe.lint.fold import fold
from migsafe.model.effects import Fact, TransactionNeed
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.migration import Selection
from migsafe.model.operations import (
    AddColumn,
    Begin,
    Commit,
    CreateDomain,
    CreateEnum,
    CreateRoutine,
    CreateTable,
    Operation,
    Rollback,
    Unrecognized,
)
from migsafe.model.origin import SectionName
from migsafe.parsers.sql import Placement, read_sql
from migsafe.verifying.measure import Relation, locks_held, relations
from migsafe.writing import quoting
from migsafe.writing.sql import write
from migsafe_dev.agreeing.observing import prepare
from migsafe_dev.pages.examples import Example, schema_of
from rulepages import load_example

SHOP = (Path(__file__).parent / "rules" / "shop.sql").read_text("utf-8")


@dataclass(frozen=True)
class Ran:
    """What became of a statement; `line` is where it starts, `applied` what was predicted.

    `held` are the locks of its transaction once it has run, None where it runs outside of one
    or after what failed or is not understood. `there` are the relations from before.
    """

    line: int
    sql: str
    applied: tuple[Applied, ...]
    sqlstate: str | None
    held: dict[str, Lock] | None
    there: frozenset[str]
    unusable: bool = False
    """Its transaction has added a label that nothing may use before COMMIT."""

    @property
    def expected(self) -> dict[str, Lock]:
        """The locks that its transaction is said to hold once it has run."""
        found: dict[Name, Lock] = {}
        for applied in self.applied:
            for locks in (applied.held, applied.effects.locks):
                for name, lock in locks.items():
                    found[name] = max(lock, found.get(name, lock))
        return {str(name): lock for name, lock in found.items() if str(name) in self.there}


def run(example: Example, dsn: str, version: int) -> Iterator[Ran]:
    """Run an example's way up after its schema, and yield what became of each statement.

    A statement that fails is taken back, and the next one runs all the same.
    """
    (selection,) = load_example(example).selections
    made = (*_read(schema_of(example)), *_operations(selection))
    schema = "\n".join((SHOP, *_cleared(made), schema_of(example)))
    with psycopg.connect(dsn, autocommit=True) as session:
        prepare(session, schema)
    base = Catalog.empty(complete=True).apply_all(_read(schema))
    (ship,) = fold(selection, Settings(server_version=version), base)
    with psycopg.connect(dsn, autocommit=True) as session:
        before = relations(session)
        number, unsure, unusable = None, False, False
        for applied in _by_statement(ship.up):
            wanted = applied[0].transaction.number
            if wanted != number:
                _leave(session)
                number, unsure, unusable = wanted, False, False
            state = _run(session, applied)
            unsure = unsure or state is not None or not _locks_are_known(applied)
            ended = session.info.transaction_status is TransactionStatus.IDLE
            yield Ran(
                applied[0].line,
                _sql(applied),
                applied,
                state,
                None if ended or unsure else _locks(session, before),
                frozenset(str(relation.name) for relation in before.values()),
                unusable,
            )
            unusable = wanted is not None and (unusable or _adds_labels(applied))
        _leave(session)


def _locks(session: psycopg.Connection, before: dict[int, Relation]) -> dict[str, Lock]:
    return {str(name): lock for name, lock in locks_held(session, before).items()}


def _read(schema: str) -> Iterator[Operation]:
    for statement in read_sql(schema, Placement("schema.sql", SectionName.UP)).statements:
        yield from statement.operations


def _operations(selection: Selection) -> Iterator[Operation]:
    for migration in selection.tree.migrations:
        for statement in migration.up.statements:
            yield from statement.operations


def _by_statement(ups: Iterable[Applied]) -> list[tuple[Applied, ...]]:
    groups: list[list[Applied]] = []
    for applied in ups:
        if groups and groups[-1][0].statement is applied.statement:
            groups[-1].append(applied)
        else:
            groups.append([applied])
    return [tuple(group) for group in groups]


def _adds_labels(applied: tuple[Applied, ...]) -> bool:
    return any(each.effects.transaction is TransactionNeed.UNCOMMITTED_USE for each in applied)


def _locks_are_known(applied: tuple[Applied, ...]) -> bool:
    return all(each.effects.knows(Fact.LOCKS) for each in applied)


def _sql(applied: tuple[Applied, ...]) -> str:
    """Return what the runner sends: the statement, or what the calls of a revision make of it."""
    if not applied[0].section.path.endswith(".py"):
        return applied[0].statement.sql
    return ";".join(
        write(each.operation) for each in applied if not isinstance(each.operation, Unrecognized)
    )


def _run(session: psycopg.Connection, applied: tuple[Applied, ...]) -> str | None:
    """Run a statement in its transaction; return the SQLSTATE if it fails."""
    sql = _sql(applied)
    idle = session.info.transaction_status is TransactionStatus.IDLE
    if isinstance(applied[0].operation, Begin | Commit | Rollback):
        session.execute(sql.encode())
        return None
    inside = applied[0].transaction.is_open
    if inside and idle:
        session.execute("BEGIN")
    if inside:
        session.execute("SAVEPOINT example")
    try:
        session.execute(sql.encode())
    except psycopg.Error as error:
        if inside:
            session.execute("ROLLBACK TO example")
        return error.sqlstate
    return None


def _leave(session: psycopg.Connection) -> None:
    if session.info.transaction_status is not TransactionStatus.IDLE:
        session.execute("COMMIT")


def _cleared(operations: Iterable[Operation]) -> Iterator[str]:
    """Yield what takes from the shop the things that an example makes."""
    for operation in operations:
        match operation:
            case AddColumn(table=table, column=column):
                yield (
                    f"ALTER TABLE IF EXISTS {quoting.name(table)} "
                    f"DROP COLUMN IF EXISTS {quoting.identifier(column.name)} CASCADE;"
                )
            case CreateTable(table=table):
                yield f"DROP TABLE IF EXISTS {quoting.name(table)} CASCADE;"
            case CreateEnum(type=name) | CreateDomain(domain=name):
                yield f"DROP TYPE IF EXISTS {quoting.name(name)};"
            case CreateRoutine(routine=name):
                yield f"DROP FUNCTION IF EXISTS {quoting.name(name)};"
            case _:
                pass
