"""What happens to code that was written for the schema before: the types."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from migsafe.model.operations import Operation
from migsafe.model.record import record


class OldStatement(StrEnum):
    """A kind of statement that code written for the schema before sends."""

    SELECT_NAMED = "SELECT of named columns"
    SELECT_STAR = "prepared SELECT *"
    INSERT_FULL = "INSERT of every column"
    INSERT_MINIMAL = "INSERT of the required columns"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    UPSERT = "INSERT … ON CONFLICT"
    CALL = "call"


class Outcome(StrEnum):
    """What becomes of an old statement; the worst that some statement of the kind meets."""

    WORKS = "works"
    RECYCLE = "recycle"
    """A prepared statement must be prepared again: an instruction, not a breakage."""
    CHANGES = "changes"
    FAILS = "fails"
    UNKNOWN = "unknown"


class Loss(StrEnum):
    """What cannot be had again afterwards."""

    NOTHING = "nothing"
    VALUES = "values"
    ROWS = "rows"
    OBJECT = "object"


@record
class Undo:
    """The operations that take a change back.

    `possible_sql` is a query that returns a row when they cannot succeed or would lose
    something; None when they always can. `lost` says in words what they may not bring back.
    """

    operations: tuple[Operation, ...]
    possible_sql: str | None = None
    lost: str | None = None


@record
class Compatibility:
    """What one operation does to old statements, what it loses, how it is taken back.

    A kind that is missing from `old` works as before. `undo` is None where no operation
    takes the change back.
    """

    old: Mapping[OldStatement, Outcome] = field(default_factory=dict)
    loses: Loss = Loss.NOTHING
    undo: Undo | None = None

    def outcome(self, statement: OldStatement) -> Outcome:
        """Return what becomes of one kind of old statement."""
        return self.old.get(statement, Outcome.WORKS)

    @property
    def breaks(self) -> tuple[OldStatement, ...]:
        """The kinds of old statement that fail, in the order of `OldStatement`."""
        return tuple(kind for kind in OldStatement if self.outcome(kind) is Outcome.FAILS)
