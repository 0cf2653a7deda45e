"""Plays a plan on a real server, with the old and the new code running beside it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, pairwise

import psycopg

from migsafe.model.operations import Operation
from migsafe.model.plan import Backfill, Deploy, DeployKind, Plan, Step
from migsafe.parsers.tokens import tokens
from migsafe.writing.sql import write

_SCHEMA = """
    SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
           a.attnotnull::text || a.attidentity::text, pg_get_expr(d.adbin, d.adrelid)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
      AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid),
           convalidated::text, NULL
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    UNION ALL
    SELECT 'index', indrelid::regclass::text, indexrelid::regclass::text,
           pg_get_indexdef(indexrelid), (indisvalid AND indisready)::text, NULL
    FROM pg_index JOIN pg_class c ON c.oid = indexrelid
    WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), NULL, NULL
    FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 'function', proname, prosrc, NULL, NULL, NULL
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'view', c.relname, pg_get_viewdef(c.oid), coalesce(array_to_string(reloptions, ','), ''),
           NULL, NULL
    FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'
    UNION ALL
    SELECT 'sequence', s.relname, d.refobjid::regclass::text, a.attname, NULL, NULL
    FROM pg_class s LEFT JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i')
      AND d.refclassid = 'pg_class'::regclass
    LEFT JOIN pg_attribute a ON (a.attrelid, a.attnum) = (d.refobjid, d.refobjsubid)
    WHERE s.relnamespace = 'public'::regnamespace AND s.relkind = 'S'
"""
_NAMES = re.compile(r"(after|stop)(_\d+)?|limit")


def schema_of(connection: psycopg.Connection) -> list[tuple[str | None, ...]]:
    """Return everything that the schema holds, apart from the order of columns."""
    return sorted(connection.execute(_SCHEMA).fetchall(), key=repr)


@dataclass
class Code:
    """A version of the application: the statements it sends. `{n}` is another number each time."""

    statements: Sequence[str]
    numbers: Iterator[int] = field(default_factory=lambda: count(1000))

    def runs(self, connection: psycopg.Connection) -> str | None:
        """Send every statement and commit; return the first error, with nothing kept then."""
        try:
            with connection.transaction():
                number = str(next(self.numbers))
                for statement in self.statements:
                    connection.execute(statement.replace("{n}", number))
        except psycopg.Error as error:
            return f"{error.sqlstate} {error}"
        return None


def up(connection: psycopg.Connection, steps: Sequence[Step]) -> None:
    """Apply the steps, each in its own transaction, or outside of one."""
    for step in steps:
        _run(connection, step.up, transactional=step.transactional)


def down(connection: psycopg.Connection, steps: Sequence[Step]) -> None:
    """Take the steps back, last first."""
    for step in reversed(steps):
        _run(connection, step.down, transactional=step.transactional)


def _run(
    connection: psycopg.Connection, operations: Sequence[Operation], *, transactional: bool
) -> None:
    texts = [write(operation) for operation in operations]
    if not transactional:
        for text in texts:
            connection.execute(text)
        return
    with connection.transaction():
        for text in texts:
            connection.execute(text)


def fill(connection: psycopg.Connection, backfill: Backfill, limit: int = 2) -> int:
    """Run a backfill in batches to its end; return how many there were."""
    bounds = connection.execute(backfill.bounds_sql).fetchone()
    if bounds is None:
        return 0
    width = len(backfill.keys)
    if width == 0:
        connection.execute(backfill.batch_sql)
        return 1
    first, stop = bounds[:width], bounds[width:]
    names = [""] if width == 1 else [f"_{number}" for number in range(1, width + 1)]
    sql = _bound(backfill.batch_sql)
    after, batches = first, 0
    while True:
        values = {f"after{name}": value for name, value in zip(names, after, strict=True)}
        values |= {f"stop{name}": value for name, value in zip(names, stop, strict=True)}
        reached = connection.execute(sql, {**values, "limit": limit}).fetchone()
        batches += 1
        assert batches < 1000, "the batches get nowhere"
        if reached is None or reached == after:
            return batches
        after = reached


def _bound(sql: str) -> str:
    """Return a batch with psycopg's parameters: `:name` is one outside of quotes only."""
    parts: list[str] = []
    at = 0
    words = list(tokens(sql))
    for colon, word in pairwise(words):
        name = sql[word.start : word.end]
        if sql[colon.start : colon.end] == ":" and _NAMES.fullmatch(name):
            parts += [sql[at : colon.start].replace("%", "%%"), f"%({name})s"]
            at = word.end
    return "".join([*parts, sql[at:].replace("%", "%%")])


@dataclass
class Played:
    """What was seen, deploy by deploy."""

    batches: int = 0
    reruns: int = 0
    downs: int = 0
    refused_downs: int = 0
    runs: int = 0
    broken: list[int] = field(default_factory=list)


def play(connection: psycopg.Connection, plan: Plan, codes: Sequence[Code]) -> Played:
    """Run a plan to its end, and say no to whatever it promised in vain.

    After each deploy every version that it works with runs; a version that has been out and
    that it does not work with any more must fail. Each way down restores the schema, and the
    way up can be gone again.
    """
    played = Played()
    newest = 0
    before_works: tuple[int, ...] = (0,)
    for number, deploy in enumerate(plan.deploys, start=1):
        here = f"deploy {number}"
        if deploy.kind is DeployKind.CODE:
            newest += 1
        _gate_opens(connection, plan, number, played)
        if deploy.backfill is not None:
            played.batches += fill(connection, deploy.backfill)
            left = connection.execute(deploy.backfill.remaining_sql).fetchone()
            assert left == (0,), here
            assert connection.execute(deploy.backfill.once_sql).rowcount == 0, here
        before = schema_of(connection)
        up(connection, deploy.steps)
        _all_run(connection, deploy.works_with, codes, newest, here, played)
        if deploy.steps and not deploy.point_of_no_return:
            both = tuple(version for version in deploy.works_with if version in before_works)
            if _goes_back(connection, deploy.steps, before, here, played):
                _all_run(connection, both, codes, newest, f"{here} taken back", played)
                up(connection, deploy.steps)
                _all_run(connection, deploy.works_with, codes, newest, f"{here} again", played)
        before_works = deploy.works_with
        for version in range(newest + 1):
            if version not in deploy.works_with:
                assert codes[version].runs(connection) is not None, (
                    f"{here} should not work with C{version}"
                )
                played.broken.append(number)
    return played


def _gate_opens(connection: psycopg.Connection, plan: Plan, number: int, played: Played) -> None:
    for condition in plan.deploys[number - 1].gate:
        if condition.sql is None or condition.expect not in {"0", "no rows"}:
            continue
        found = connection.execute(condition.sql).fetchall()
        if found not in ([], [(0,)]):
            # What an operator does when older code has run once more.
            played.reruns += _fill_again(connection, plan.deploys[: number - 1])
            found = connection.execute(condition.sql).fetchall()
        assert found in ([], [(0,)]), f"deploy {number}: {condition.evidence}: {found}"


def _fill_again(connection: psycopg.Connection, deploys: Sequence[Deploy]) -> int:
    backfills = [deploy.backfill for deploy in deploys if deploy.backfill is not None]
    for backfill in backfills:
        fill(connection, backfill)
    return len(backfills)


def _goes_back(
    connection: psycopg.Connection,
    steps: Sequence[Step],
    before: list[tuple[str | None, ...]],
    here: str,
    played: Played,
) -> bool:
    """Take steps back and compare; where a step says that it cannot, see that it does not."""
    for step in reversed(steps):
        if step.rollback_possible_sql is not None:
            stands = connection.execute(step.rollback_possible_sql).fetchone() is not None
            try:
                _run(connection, step.down, transactional=step.transactional)
            except psycopg.Error:
                assert stands, f"{here}: its way down fails without a warning"
                played.refused_downs += 1
                return False
            assert not stands, f"{here}: its way down was said to fail"
        else:
            _run(connection, step.down, transactional=step.transactional)
    played.downs += 1
    assert schema_of(connection) == before, f"{here}: the way down left something else"
    return True


def _all_run(
    connection: psycopg.Connection,
    versions: Sequence[int],
    codes: Sequence[Code],
    newest: int,
    here: str,
    played: Played,
) -> None:
    for version in versions:
        if version <= newest or version == 0 or here.endswith("again"):
            error = codes[version].runs(connection)
            assert error is None, f"C{version} after {here}: {error}"
            played.runs += 1


@contextmanager
def connected(dsn: str) -> Iterator[psycopg.Connection]:
    """Give a connection that commits each statement by itself."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.prepare_threshold = None
        yield connection
