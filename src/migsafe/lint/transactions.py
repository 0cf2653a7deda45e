"""Which transaction of the runner an operation runs in, and which timeouts hold there."""

from collections.abc import Iterable, Mapping
from dataclasses import field

from migsafe.context import Timeouts, Transaction
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.migration import Section
from migsafe.model.operations import (
    WHO_RUNS_IT,
    Begin,
    ChangeRole,
    Commit,
    Operation,
    ResetParameter,
    Rollback,
    SetParameter,
    TwoPhase,
    TwoPhaseAction,
)
from migsafe.model.origin import Runner
from migsafe.model.pattern import pattern
from migsafe.model.record import record, replace

_UNITS_MS = {
    "us": 0.001,
    "ms": 1,
    "s": 1000,
    "min": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
}
_DURATION = pattern(r"\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?\s*")
_ITSELF = WHO_RUNS_IT | {"ALL"}
_STANDING = pattern(
    r"\b(?:SET (?P<set>\w+) (?:TO (?P<value>'[^']*'|\"[^\"]*\"|[\w.]+)|FROM CURRENT)"
    r"|RESET (?P<reset>\w+))$"
)
Told = SetParameter | ResetParameter
"""What a connection is told before the first migration."""
_COMMITS_ITSELF = Transaction(None)


def milliseconds(value: str | None) -> int | None:
    """Return a timeout in milliseconds; None where it is 0, absent or not a duration."""
    found = _DURATION.fullmatch(value or "")
    if found is None:
        return None
    return round(float(found[1]) * _UNITS_MS[found[2] or "ms"]) or None


@record
class Session:
    """The state of the runner's connection between two operations.

    `emptied` are the tables that the transaction holds shut and that are known to have been
    empty in it. `opened` counts transactions, so that each has its own number. `own` and
    `local` are what SET and SET LOCAL said of a timeout, in milliseconds; None where they said
    that there is none. `in_autocommit`: the last operation ran in a revision's autocommit
    block, which commits the runner's transaction when it is entered and begins the next one
    when it is left. `batch`: which query of several statements the last one was part of.
    """

    transaction: Transaction = _COMMITS_ITSELF
    opened: int = 0
    held: Mapping[Name, Lock] = field(default_factory=dict)
    emptied: frozenset[Name] = frozenset()
    own: Mapping[str, int | None] = field(default_factory=dict)
    local: Mapping[str, int | None] = field(default_factory=dict)
    in_autocommit: bool = False
    batch: int | None = None

    @property
    def timeouts(self) -> Timeouts:
        """The values in force."""
        values = {**self.own, **self.local}
        return Timeouts(values.get("lock_timeout"), values.get("statement_timeout"))

    def starting(self, settings: Iterable[Told], runner: Runner) -> "Session":
        """Return the session of a new connection that was told `settings`.

        SET LOCAL of an env.py reaches the migrations only where they share its transaction.
        """
        own = {**self.own}
        for each in settings:
            match each:
                case ResetParameter():
                    own.clear()
                case SetParameter(parameter=parameter, value=value, local=local):
                    if not local or runner is Runner.RUN:
                        own[parameter] = milliseconds(value)
        return replace(self, own=own)

    def begun(self, *, certain: bool = True, sent_as_one: bool = False) -> "Session":
        """Return the session with a new transaction."""
        number = self.opened + 1
        transaction = Transaction(number, certain, sent_as_one)
        return replace(
            self,
            transaction=transaction,
            opened=number,
            held={},
            emptied=frozenset(),
            local={},
        )

    def ended(self) -> "Session":
        """Return the session with no transaction open: its locks and SET LOCAL are gone."""
        if not self.transaction.is_open:
            return self
        return replace(self, transaction=_COMMITS_ITSELF, held={}, emptied=frozenset(), local={})

    def entering(self, section: Section, *, lone_forbidden: bool) -> "Session":
        """Return the session in which a section's first statement runs.

        Args:
            section: The section that starts.
            lone_forbidden: It holds one statement, and that cannot run in a transaction.
        """
        match section.runner:
            case Runner.RUN:
                return self if self.transaction.is_open else self.begun()
            case Runner.FILE:
                return self.ended().begun()
            case Runner.QUERY:
                several = len(section.statements) > 1
                return self.ended().begun(sent_as_one=True) if several else self.ended()
            case Runner.NONE:
                return replace(self.ended(), batch=None)
            case Runner.AUTO:
                if lone_forbidden or _says_begin(section):
                    return self.ended()
                return self.ended().begun(certain=False)

    def sending(self, batch: int | None, runner: Runner) -> "Session":
        """Return the session in which a statement is sent, alone or with others in one query."""
        if runner is not Runner.NONE or batch == self.batch:
            return self
        session = self if self.batch is None else self.ended()
        if batch is not None and not session.transaction.is_open:
            session = session.begun(sent_as_one=True)
        return replace(session, batch=batch)

    def before(self, operation: Operation, runner: Runner) -> "Session":
        """Return the session just before an operation."""
        if operation.origin is not None and operation.origin.autocommit:
            return replace(self.ended(), in_autocommit=True)
        if self.in_autocommit and runner in {Runner.RUN, Runner.FILE}:
            return replace(self.begun(), in_autocommit=False)
        return self

    def emptying(self, tables: frozenset[Name]) -> "Session":
        """Return the session whose transaction knows that these tables hold no rows."""
        if not self.transaction.is_open or self.emptied == tables:
            return self
        return replace(self, emptied=tables)

    def after(self, operation: Operation, locks: Mapping[Name, Lock]) -> "Session":
        """Return the session after an operation that took `locks`."""
        match operation:
            case Begin():
                return self if self.transaction.is_open else self.begun()
            case Commit() | Rollback(savepoint=None):
                return self._committed()
            case TwoPhase(action=TwoPhaseAction.PREPARE):
                # Its locks are nobody's now, and stay; the next statement is on its own.
                return self._committed()
            case SetParameter(parameter=parameter, value=value, local=local):
                return self._set(parameter, milliseconds(value), local=local)
            case ResetParameter(parameter=None):
                return replace(self, own={}, local={})
            case ResetParameter(parameter=str() as parameter):
                return self._set(parameter, None, local=False)
            case _:
                return self._holding(locks)

    def _committed(self) -> "Session":
        sent_as_one = self.transaction.sent_as_one
        session = self.ended()
        # What is left of a file that is sent as one query is a new implicit transaction.
        return session.begun(sent_as_one=True) if sent_as_one else session

    def _set(self, parameter: str, value: int | None, *, local: bool) -> "Session":
        if local and not self.transaction.is_open:
            return self
        if local:
            return replace(self, local={**self.local, parameter: value})
        others = {name: own for name, own in self.local.items() if name != parameter}
        return replace(self, own={**self.own, parameter: value}, local=others)

    def _holding(self, locks: Mapping[Name, Lock]) -> "Session":
        if not self.transaction.is_open or all(
            self.held.get(name, 0) >= lock for name, lock in locks.items()
        ):
            return self
        held = dict(self.held)
        for name, lock in locks.items():
            held[name] = max(lock, held.get(name, lock))
        return replace(self, held=held)


def standing(operation: Operation) -> Told | None:
    """Return the parameter that new sessions of the runner have after an operation.

    That is what ALTER DATABASE says, ALTER ROLE ALL, and ALTER ROLE of the role that
    migrates; any other role may be another one.
    """
    match operation:
        case ChangeRole(verb="ALTER DATABASE", sql=sql):
            return _given(sql)
        case ChangeRole(verb="ALTER ROLE", role=role, sql=sql) if role.upper() in _ITSELF:
            return _given(sql)
        case _:
            return None


def _given(sql: str) -> Told | None:
    found = _STANDING.search(sql)
    if found is None:
        return None
    parameter = found["set"] or found["reset"]
    if parameter.upper() == "ALL":
        return ResetParameter(None)
    value = None if found["value"] is None else found["value"].strip("'\"")
    return SetParameter(parameter.lower(), value)


def _says_begin(section: Section) -> bool:
    return any(
        isinstance(operation, Begin)
        for statement in section.statements
        for operation in statement.operations
    )
