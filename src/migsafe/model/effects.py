"""What a server does while a statement runs: the types; the facts are in `migsafe.effects`."""

from collections.abc import Mapping
from dataclasses import field
from enum import IntEnum, StrEnum

from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.record import record


class TransactionNeed(StrEnum):
    """Whether a statement may run inside a transaction block."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    UNCOMMITTED_USE = "uncommitted_use"
    """Allowed, but its result cannot be used before COMMIT (a new enum label)."""


class Fact(StrEnum):
    """A fact that may be unknown."""

    LOCKS = "locks"
    REWRITES = "rewrites"
    SCANS = "scans"
    BUILDS = "index_builds"
    TRANSACTION = "forbidden_in_transaction"
    FAILS = "fails"


@record
class Unknown:
    """A fact that is not known, and what would decide it."""

    fact: Fact
    decides: str


@record
class Never:
    """The statement does not fail on its own account."""


class Moment(IntEnum):
    """When a server finds what it refuses, in a statement that does several things."""

    SYNTAX = 0
    ANALYSIS = 1
    """Before anything is changed: names, casts, what the families of tables allow."""
    EXECUTION = 2
    """While one thing after the other is done."""


@record
class Certain:
    """The statement always fails here."""

    sqlstate: str
    reason: str
    moment: Moment = field(default=Moment.EXECUTION, compare=False, repr=False)


@record
class OnData:
    """The statement fails if `query` returns a row; `query` is None where none can be written."""

    sqlstate: str
    reason: str
    query: str | None = None


Fails = Never | Certain | OnData


@record
class Effects:
    """What one operation costs while it runs.

    `locks` holds the strongest mode for each table, sequence or view beyond ACCESS SHARE;
    catalogs and indexes are left out. `rewrites`, `scans` and `builds` name tables
    (`builds`: tables on which an index is built). `brief` means that the locks are held
    for an instant, apart from waiting and from what else the transaction does. Each fact in
    `unknown` must not be read as absent.
    """

    locks: Mapping[Name, Lock] = field(default_factory=dict)
    rewrites: tuple[Name, ...] = ()
    scans: tuple[Name, ...] = ()
    builds: tuple[Name, ...] = ()
    transaction: TransactionNeed = TransactionNeed.ALLOWED
    fails: Fails = Never()
    brief: bool = True
    unknown: tuple[Unknown, ...] = ()
    sources: tuple[str, ...] = ()

    def lock_on(self, relation: Name) -> Lock | None:
        """Return the mode taken on a relation, or None if none beyond ACCESS SHARE is."""
        return self.locks.get(relation)

    def knows(self, fact: Fact) -> bool:
        """Say whether a fact is known."""
        return all(unknown.fact is not fact for unknown in self.unknown)
