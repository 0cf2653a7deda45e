"""Compatibility put together: the shapes that many facts share."""

from collections.abc import Iterable, Mapping

from migsafe.model.compatibility import (
    Compatibility,
    Loss,
    OldStatement,
    Outcome,
    Undo,
)
from migsafe.model.operations import Operation

READS = (OldStatement.SELECT_NAMED, OldStatement.SELECT_STAR)
INSERTS = (OldStatement.INSERT_FULL, OldStatement.INSERT_MINIMAL, OldStatement.UPSERT)
WRITES = (*INSERTS, OldStatement.UPDATE)
ALL = tuple(OldStatement)
TABLE_STATEMENTS = tuple(kind for kind in OldStatement if kind is not OldStatement.CALL)

NOTHING_TO_UNDO = Undo(())
HARMLESS = Compatibility(undo=NOTHING_TO_UNDO)
"""What changes nothing that anyone could see, and needs no way back."""

_ORDER = (
    Outcome.WORKS,
    Outcome.RECYCLE,
    Outcome.CHANGES,
    Outcome.UNKNOWN,
    Outcome.FAILS,
)
_LOSSES = (Loss.NOTHING, Loss.OBJECT, Loss.VALUES, Loss.ROWS)


def met(
    *groups: tuple[Iterable[OldStatement], Outcome],
) -> dict[OldStatement, Outcome]:
    """Return the worst outcome for each kind of old statement, WORKS left out."""
    worst: dict[OldStatement, Outcome] = {}
    for kinds, outcome in groups:
        for kind in kinds:
            if _ORDER.index(outcome) > _ORDER.index(worst.get(kind, Outcome.WORKS)):
                worst[kind] = outcome
    return worst


def undone_by(*operations: Operation, possible_sql: str | None = None) -> Undo:
    """Return the way back as operations."""
    return Undo(operations, possible_sql)


def unknown() -> Compatibility:
    """Return the compatibility of what could not be read."""
    return Compatibility(old=met((ALL, Outcome.UNKNOWN)))


def merged(parts: Iterable[Compatibility]) -> Compatibility:
    """Return the compatibility of operations that are one change, in their order."""
    found = tuple(parts)
    old: Mapping[OldStatement, Outcome] = met(
        *(((kind,), outcome) for part in found for kind, outcome in part.old.items())
    )
    back = [part.undo for part in reversed(found)]
    probes = {undo.possible_sql for undo in back if undo is not None} - {None}
    undo = None
    # Two queries cannot be told apart in one answer: such a way back is not offered.
    if None not in back and len(probes) <= 1:
        operations = tuple(
            operation for step in back if step is not None for operation in step.operations
        )
        lost = [step.lost for step in back if step is not None and step.lost is not None]
        undo = Undo(operations, next(iter(probes), None), ", ".join(dict.fromkeys(lost)) or None)
    loses = max((part.loses for part in found), key=_LOSSES.index, default=Loss.NOTHING)
    return Compatibility(old=old, loses=loses, undo=undo)
