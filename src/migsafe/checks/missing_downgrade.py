"""Migrations whose tool has ways down, and that have none."""

from collections.abc import Iterator

from migsafe.context import Applied, Context
from migsafe.model.findings import Confidence, Finding
from migsafe.model.migration import Down, Migration
from migsafe.model.operations import (
    Begin,
    Commit,
    Copy,
    DataWork,
    Delete,
    Insert,
    LockTable,
    Merge,
    NoOperation,
    RefreshView,
    Reindex,
    ResetParameter,
    Rollback,
    Savepoint,
    Select,
    SetParameter,
    Truncate,
    Unrecognized,
    Update,
    Vacuum,
)

# What is computed again from the same rows is as it was before.
_SHOWN = 3
"""So many statements of a way down are written out."""
_DATA = (
    Insert | Update | Delete | Merge | Truncate | Copy | Select | DataWork | RefreshView | Reindex
)  # fmt: skip
_SESSION = (
    Begin | Commit | Rollback | Savepoint | SetParameter | ResetParameter | LockTable | Vacuum
    | NoOperation
)  # fmt: skip


def check_migration(migration: Migration, context: Context) -> Iterator[Finding]:
    """Report a schema change without a way down, on its first statement that needs one."""
    if context.settings.downgrades == "off" or len(migration.revises) > 1:
        return
    how = _how(migration.down_state)
    changes = [
        applied
        for applied in context.ship.up
        if applied.migration is migration and not isinstance(applied.operation, _DATA | _SESSION)
    ]
    if how is None or not changes:
        return
    if migration.down_reason is not None:
        yield context.finding(
            f"{migration.id} {how}, for the reason given there: {migration.down_reason}",
            help="Keep in mind that a failed release leaves this schema in place.",
            case="reason given",
            at=changes[0],
        )
        return
    yield context.finding(
        f"{migration.id} {how}: its tool cannot take this change back, so a release that fails "
        "leaves the schema to be repaired by hand.",
        help=_help(changes),
        case="required" if context.settings.downgrades == "required" else "default",
        at=changes[0],
        confidence=_confidence(changes),
    )


def _confidence(changes: list[Applied]) -> Confidence:
    """Return how sure it is that there is something to take back."""
    unread = all(isinstance(applied.operation, Unrecognized) for applied in changes)
    return Confidence.LOW if unread else Confidence.HIGH


def _how(state: Down) -> str | None:
    match state:
        case Down.PRESENT | Down.NO_CONVENTION | Down.UNREAD:
            return None
        case Down.MISSING:
            return "has no way down"
        case Down.EMPTY:
            return "has an empty way down"
        case Down.RAISES:
            return "has a way down that only raises"


def _help(changes: list[Applied]) -> str:
    undo = changes[0].compatibility.undo
    if len(changes) > 1 or undo is None or not 0 < len(undo.operations) <= _SHOWN:
        return "Write the way down, or say there in a comment why there is none."
    # Few runs have such a finding: what writes statements is loaded when there is one.
    if changes[0].origin.call_span is None:
        from migsafe.writing.sql import write  # noqa: PLC0415
    else:
        from migsafe.writing.alembic import line as write  # noqa: PLC0415
    lost = "" if undo.lost is None else f"; it does not bring back {undo.lost}"
    return f"Write the way down: {'; '.join(map(write, undo.operations))}{lost}."
