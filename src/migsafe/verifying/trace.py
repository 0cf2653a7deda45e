"""Migrations -> measured effects, statement by statement, on a throw-away server."""

from collections.abc import Iterable, Iterator, Mapping

import psycopg
from psycopg.pq import TransactionStatus

from migsafe.config import Settings
from migsafe.context import Applied, Deploy
from migsafe.lint import Options, deploys_of
from migsafe.lint.windows import windows
from migsafe.model.compatibility import OldStatement, Outcome
from migsafe.model.effects import Certain, Effects, OnData, TransactionNeed
from migsafe.model.inspection import Inspected, OldCode
from migsafe.model.migration import Migration, Section, Selection, Statement
from migsafe.model.record import record
from migsafe.verifying import measure, rows
from migsafe.verifying.measure import Measured
from migsafe.verifying.scratch import Scratch
from migsafe.verifying.sending import sent
from migsafe.verifying.stage import Stage
from migsafe.verifying.watching import Watched, unmeasured, watched


@record
class Request:
    """What is measured on.

    Attributes:
        schema: The file of the schema before, as a section; None: history is applied.
        rows: Rows in each table.
        seed: Decides the rows.
    """

    schema: Section | None
    rows: int
    seed: int


@record
class Stopped:
    """Where a runner would stop: at which statement, and with what failure."""

    at: int
    sqlstate: str
    text: str


@record
class Traced:
    """What was measured; `complete` is False where something that was asked for was not."""

    statements: tuple[Inspected, ...]
    remarks: tuple[str, ...]
    complete: bool


def trace(
    place: Scratch,
    selections: Iterable[Selection],
    settings: Settings,
    options: Options,
    request: Request,
) -> Traced:
    """Return what each statement of the given migrations does, up and then down.

    Args:
        place: Where scratch databases can be made.
        selections: The trees, with the migrations to trace.
        settings: The configuration; the version is the server's.
        options: As for `inspect`.
        request: Schema, rows and seed.
    """
    found: list[Inspected] = []
    remarks: list[str] = []
    for selection in selections:
        run = _Run(place, place.create(), request, remarks)
        deploys = {
            deploy.migrations[0].id: deploy
            for deploy in deploys_of(selection, settings, options, whole_programs=True)
        }
        if request.schema is not None:
            run.apply(request.schema)
        left = len(deploys)
        for migration in selection.tree.migrations:
            if left == 0:
                break
            if migration.id in deploys:
                found.extend(run.migration(migration, deploys[migration.id]))
                left -= 1
            elif request.schema is None:
                run.apply(migration.up)
        place.drop(run.database)
    failed = sum(": history: " in remark for remark in remarks)
    if failed:
        remarks.insert(
            0,
            f"{_counted(failed, 'statement')} of history did not run here: --schema takes the real"
            " schema (pg_dump --schema-only), --database-url a server with its extensions",
        )
    measured = all(one.breaks_old_code is not None for one in found)
    return Traced(tuple(found), tuple(remarks), measured and not failed)


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


class _Run:
    """One tree, on one database."""

    def __init__(self, place: Scratch, database: str, request: Request, remarks: list[str]) -> None:
        self._place = place
        self._request = request
        self._remarks = remarks
        self.database = database

    def apply(self, section: Section) -> None:
        """Apply what stands before, statement by statement, and say what fails."""
        with self._place.connect(self.database) as session:
            for statement in section.statements:
                said = _apply(session, statement, section)
                if said is not None:
                    line = section.place(statement.span).line
                    self._remarks.append(f"{section.path}:{line}: history: {said}")
            if session.info.transaction_status is not TransactionStatus.IDLE:
                measure.run(session, "COMMIT")

    def migration(self, migration: Migration, deploy: Deploy) -> Iterator[Inspected]:
        """Yield what the statements of a migration do; its up stays applied."""
        if self._request.rows:
            with self._place.connect(self.database) as session:
                for remark in rows.fill(session, self._request.rows, self._request.seed):
                    self._remarks.append(f"rows of {remark}")
        yield from self._section(migration.up, deploy.up)
        if migration.down is not None:
            up = self.database
            self.database = self._place.create(up)
            yield from self._section(migration.down, deploy.down)
            self._place.drop(self.database)
            self.database = up

    def _section(self, section: Section, applied: tuple[Applied, ...]) -> Iterator[Inspected]:
        numbers = _transactions(section, applied)
        window = windows(section, applied)
        stopped = None
        # One statement alone is measured in a transaction anyway.
        if len(section.statements) > 1:
            with self._place.copy(self.database) as twin, self._place.connect(twin) as session:
                stopped = _as_its_runner(session, section, numbers)
        stage = Stage(self._place, self.database, self._request.rows, self._request.seed)
        try:
            self._remarks.extend(each for each in stage.remarks if each not in self._remarks)
            local: list[str] = []
            for at, statement in enumerate(section.statements):
                if at and numbers[at] != numbers[at - 1]:
                    local.clear()
                seen = self._statement(stage, statement, section, local)
                remarks = seen.remarks
                if stopped is not None and stopped.at == at and not _said(seen, stopped):
                    remarks = (*remarks, stopped.text)
                elif len(numbers) == 1 and numbers[at] is not None and _outside(seen):
                    remarks = (*remarks, "its tool runs it in a transaction, where it fails")
                yield Inspected(
                    section.place(statement.span),
                    section.name,
                    statement.sql,
                    seen.effects,
                    seen.breaks,
                    seen.loses,
                    seen.unmeasured,
                    seen.old_code,
                    remarks,
                    _worst(seen.old_code),
                    window.get(id(statement)),
                )
        finally:
            stage.close()
            self.database = stage.database

    def _statement(
        self, stage: Stage, statement: Statement, section: Section, local: list[str]
    ) -> Watched:
        message = sent(statement, section)
        if message.reason is not None:
            return unmeasured(f"it was not run: {message.reason}")
        if message.controls or not message.texts:
            return Watched(Effects(), breaks=False, loses=False)
        return watched(self._place, stage, statement, message, local)


def _worst(met: Iterable[OldCode]) -> Mapping[OldStatement, Outcome]:
    grave = tuple(Outcome)
    worst: dict[OldStatement, Outcome] = {}
    for one in met:
        worst[one.kind] = max(one.outcome, worst.get(one.kind, one.outcome), key=grave.index)
    return worst


def _apply(session: psycopg.Connection, statement: Statement, section: Section) -> str | None:
    message = sent(statement, section)
    if message.reason is not None:
        return f"not run: {message.reason}"
    for text in message.texts:
        inside = session.info.transaction_status is TransactionStatus.INTRANS
        if inside and not message.controls:
            session.execute("SAVEPOINT migsafe_history")
        failure = measure.run(session, text)
        if failure is not None:
            if session.info.transaction_status is TransactionStatus.INERROR:
                session.execute("ROLLBACK TO migsafe_history" if inside else "ROLLBACK")
            return f"it fails: {failure.sqlstate} {failure.error}"
    return None


def _transactions(section: Section, applied: tuple[Applied, ...]) -> list[int | None]:
    """Return the number of each statement's transaction, as its runner brackets them."""
    by_statement = {
        id(each.statement): each.transaction.number
        for each in reversed(applied)
        if each.section is section
    }
    return [by_statement.get(id(statement)) for statement in section.statements]


def _as_its_runner(
    session: psycopg.Connection, section: Section, numbers: list[int | None]
) -> Stopped | None:
    """Run a section in its runner's transactions; return where it stops."""
    before: int | None = None
    for at, statement in enumerate(section.statements):
        number = numbers[at]
        if before is not None and number != before and (failure := _commit(session)) is not None:
            return _stopped(at - 1, "the COMMIT after it fails", failure)
        if number is not None and not _is_open(session):
            session.execute("BEGIN")
        before = number
        for text in sent(statement, section).texts:
            failure = measure.run(session, text)
            if failure is not None:
                return _stopped(at, "run as its tool runs it, it fails", failure)
    failure = _commit(session)
    last = len(section.statements) - 1
    return None if failure is None else _stopped(last, "the COMMIT after it fails", failure)


def _commit(session: psycopg.Connection) -> Measured | None:
    return measure.run(session, "COMMIT") if _is_open(session) else None


def _stopped(at: int, what: str, failure: Measured) -> Stopped:
    state = failure.sqlstate or ""
    return Stopped(at, state, f"{what}: {state} {failure.error}")


def _said(seen: Watched, stopped: Stopped) -> bool:
    """Say whether a statement's own failure is what stops the runner."""
    match seen.effects.fails:
        case Certain(sqlstate=state) | OnData(sqlstate=state):
            return state == stopped.sqlstate
        case _:
            return False


def _outside(seen: Watched) -> bool:
    return seen.effects.transaction is TransactionNeed.FORBIDDEN


def _is_open(session: psycopg.Connection) -> bool:
    return session.info.transaction_status is TransactionStatus.INTRANS
