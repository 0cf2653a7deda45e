"""Type changes that stop traffic or that running code does not survive."""

from collections.abc import Iterator

from migsafe.catalog.schema import ColumnState
from migsafe.context import Context
from migsafe.effects.collation import builds_by_collation
from migsafe.model.compatibility import OldStatement, Outcome
from migsafe.model.effects import Certain, Fact
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.operations import AlterColumnType, Check

_WORK = (Fact.REWRITES, Fact.SCANS, Fact.BUILDS)
_NO_SUCH_COLUMN = "42703"
_NO_CAST = "42804"
_PADDED = "character"
_SHADOW = (
    "add a column of the new type, sync both with a trigger, backfill it in batches, switch the "
    "code, and drop the old column in a later deploy."
)


def check_operation(operation: AlterColumnType, context: Context) -> Iterator[Finding]:
    """Report a change of type by its worst effect; a safe widening is a note at most."""
    # Where only the new collation costs something, that is change-collation's subject.
    if not context.is_live(operation.table) or builds_by_collation(
        operation, context.catalog, dialect=context.settings.dialect, version=context.version
    ):
        return
    match context.effects.fails:
        case Certain(sqlstate=state) if state == _NO_SUCH_COLUMN:
            return
        case Certain(reason=reason, sqlstate=state):
            yield context.finding(
                f"{_change(operation, context)} is refused ({state}): {reason}.",
                help=_way_out(operation, state),
                hazards=(Hazard.FAILS_AT_RUNTIME,),
            )
            return
        case _:
            pass
    new = context.is_new_column(operation.table, operation.column)
    broken = "" if new else _broken(operation, context)
    work = _work(operation, context) if context.is_busy(operation.table) else ""
    if work or broken:
        decides = _unknown(context)
        if decides and not work:
            work = f"whether every row is rewritten while reads and writes wait hangs on {decides}"
        parts = [part for part in (work, broken) if part]
        yield context.finding(
            f"{_change(operation, context)}: {'; '.join(parts)}.",
            help=_help(operation, context),
            hazards=tuple(_hazards(context, broken=bool(broken))),
        )
    elif decides := _unknown(context):
        hint = "" if operation.existing is None else f" The revision says {operation.existing}."
        yield context.finding(
            f"{_change(operation, context)}: whether every row is rewritten or read while reads "
            f"and writes of {operation.table} wait is not known here; what decides it is "
            f"{decides}.{hint}",
            help="Give --schema or the earlier migrations; if it is no widening, do it with a "
            "second column.",
            case="unknown type",
            confidence=Confidence.LOW,
        )
    elif not new and _is_recycled(operation, context):
        yield context.finding(
            f"{_change(operation, context)} is a widening, an instant; statements that running "
            "code has prepared fail (0A000: cached plan must not change result type) until they "
            "are prepared again.",
            help="Restart pools of connections whose driver does not prepare again by itself.",
            case="safe widening",
            hazards=(Hazard.CHANGES_RESULTS,),
        )


def _change(operation: AlterColumnType, context: Context) -> str:
    column = context.catalog.column(operation.table, operation.column)
    old = "" if column is None or column.type is None else f" from {column.type}"
    new = "a type that is not known" if operation.type is None else str(operation.type)
    return f"Changing {operation.table}.{operation.column}{old} to {new}"


def _work(operation: AlterColumnType, context: Context) -> str:
    effects, table = context.effects, operation.table
    lock = effects.lock_on(context.catalog.key(table))
    who = f"{lock.blocks} of {table} wait under an {lock} lock" if lock else f"{table} is locked"
    big = context.how_big(table)
    if effects.rewrites:
        return f"{who} while every row and every index is rewritten{big}"
    if effects.builds:
        return f"{who} while the indexes on {operation.column} are built anew{big}"
    if effects.scans:
        return f"{who} while every row is read{big}, because {_checks(operation, context)}"
    return ""


def _checks(operation: AlterColumnType, context: Context) -> str:
    names = [
        state.name
        for state in context.catalog.constraints_on(operation.table, operation.column)
        if isinstance(state.constraint, Check)
    ]
    return f"the CHECK {', '.join(names)} is checked again" if names else "they are checked again"


def _broken(operation: AlterColumnType, context: Context) -> str:
    column = context.catalog.column(operation.table, operation.column)
    old = "what it was" if column is None or column.type is None else column.type
    takes = f"{context.old_code} that takes {operation.column} for {old}"
    if context.keeps_type(operation):
        return ""
    if context.compatibility.breaks:
        new = context.new_code(f"takes it for {operation.type}", "fails")
        return f"{takes} fails {context.until_gone}{new}"
    if _changes(context):
        return f"{takes} {_met(operation, column)}"
    return ""


def _met(operation: AlterColumnType, column: ColumnState | None) -> str:
    """Return what code that knows the old type meets: other blanks, or values beyond it."""
    old = None if column is None or column.type is None else column.type.name
    new = None if operation.type is None else operation.type.name
    if old == _PADDED and new != _PADDED:
        return f"misses the blanks that {old} is padded with"
    if new == _PADDED and old != _PADDED:
        return f"meets the blanks that {new} is padded with"
    return "may meet values it cannot hold"


def _changes(context: Context) -> bool:
    outcomes = {context.compatibility.outcome(kind) for kind in OldStatement}
    return Outcome.CHANGES in outcomes


def _way_out(operation: AlterColumnType, state: str) -> str:
    if state == _NO_CAST:
        return f"Say how with USING {operation.column}::{operation.type}, or {_SHADOW}"
    return f"Drop what uses it and make it again in the same transaction, or {_SHADOW}"


def _is_recycled(operation: AlterColumnType, context: Context) -> bool:
    """Say whether only prepared statements notice; another collation is no widening."""
    column = context.catalog.column(operation.table, operation.column)
    old = None if column is None else column.type
    if old is None or operation.type is None or old == operation.type:
        return False
    if old.collation != operation.type.collation:
        return False
    return context.compatibility.outcome(OldStatement.SELECT_STAR) is Outcome.RECYCLE


def _unknown(context: Context) -> str:
    return "; ".join(
        dict.fromkeys(
            unknown.decides for unknown in context.effects.unknown if unknown.fact in _WORK
        )
    )


def _help(operation: AlterColumnType, context: Context) -> str:
    effects = context.effects
    if effects.rewrites or effects.builds or not effects.scans:
        return f"Instead, {_SHADOW}"
    return (
        "In the same transaction DROP the CHECK before the change and ADD it NOT VALID after it; "
        f"VALIDATE it in a later migration of {operation.table}."
    )


def _hazards(context: Context, *, broken: bool) -> Iterator[Hazard]:
    effects = context.effects
    if effects.rewrites or effects.builds or effects.scans:
        yield from (Hazard.BLOCKS_READS, Hazard.BLOCKS_WRITES)
    if effects.rewrites:
        yield Hazard.REWRITES_TABLE
    if effects.builds or effects.scans:
        yield Hazard.SCANS_TABLE
    if broken:
        yield Hazard.BREAKS_OLD_CODE if context.compatibility.breaks else Hazard.CHANGES_RESULTS
