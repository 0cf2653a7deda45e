"""What one statement does: predicted by `inspect`, measured by `trace`, in one shape."""

from collections.abc import Mapping
from dataclasses import field

from migsafe.model.compatibility import OldStatement, Outcome
from migsafe.model.effects import Certain, Effects, Fact, Never, OnData
from migsafe.model.expressions import Name
from migsafe.model.locks import Lock
from migsafe.model.migration import Place
from migsafe.model.origin import SectionName
from migsafe.model.record import record


@record
class OldCode:
    """What an old statement meets that worked before; `error` is its SQLSTATE if it fails."""

    kind: OldStatement
    relation: Name
    sql: str
    outcome: Outcome
    error: str | None = None


@record
class Window:
    """The transaction of its runner that a statement runs in, and what holds there before it.

    `number` tells transactions of a section apart, None: it commits by itself. `certain` is
    False where the runner is not known. `ends` is the line of the transaction's last statement,
    after which its locks are given back. `held` are the locks taken before, with the line of
    the statement that took each. Timeouts are in milliseconds, None: none is set.
    """

    number: int | None
    certain: bool = True
    ends: int | None = None
    held: Mapping[Name, tuple[Lock, int]] = field(default_factory=dict)
    lock_timeout_ms: int | None = None
    statement_timeout_ms: int | None = None


@record
class Inspected:
    """A statement with its effects; None says that something is not known.

    `breaks_old_code`: some statement that was written for the schema before fails
    afterwards. `loses_data`: something cannot be had again. `old_kinds` is the worst that each
    kind of old statement meets. What measuring adds: `unmeasured` are further facts that are
    None, each with the reason, and `old_code` are the statements that do not work as before.
    `window` is None where nothing says how it is run.
    """

    place: Place
    section: SectionName
    sql: str
    effects: Effects
    breaks_old_code: bool | None
    loses_data: bool | None
    unmeasured: tuple[tuple[str, str], ...] = ()
    old_code: tuple[OldCode, ...] = ()
    remarks: tuple[str, ...] = field(default=(), compare=False)
    old_kinds: Mapping[OldStatement, Outcome] = field(default_factory=dict)
    window: Window | None = None

    @property
    def blocks_reads(self) -> bool | None:
        """Whether SELECTs wait."""
        return self._blocks(any(lock.blocks_reads for lock in self.effects.locks.values()))

    @property
    def blocks_writes(self) -> bool | None:
        """Whether INSERT, UPDATE and DELETE wait."""
        return self._blocks(any(lock.blocks_writes for lock in self.effects.locks.values()))

    def _blocks(self, seen: bool) -> bool | None:  # noqa: FBT001  the one thing it is asked
        if seen:
            return True
        return False if self.effects.knows(Fact.LOCKS) else None

    @property
    def forbidden_in_transaction(self) -> bool | None:
        """Whether the server refuses it inside a transaction block."""
        if not self.effects.knows(Fact.TRANSACTION):
            return None
        return self.effects.transaction == "forbidden"

    @property
    def fails(self) -> str | None:
        """`never`, `certain` or `on_data`; None if it is not known."""
        match self.effects.fails:
            case Certain():
                return "certain"
            case OnData():
                return "on_data"
            case Never():
                return "never" if self.effects.knows(Fact.FAILS) else None

    @property
    def error(self) -> str | None:
        """The SQLSTATE of its failure, if it can fail."""
        match self.effects.fails:
            case Certain(sqlstate=state) | OnData(sqlstate=state):
                return state
            case Never():
                return None

    @property
    def strongest(self) -> Lock | None:
        """The strongest of its locks."""
        return max(self.effects.locks.values(), default=None)
