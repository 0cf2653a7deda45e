"""Columns made required: a scan under lock, and writers that do not fill them."""

from collections.abc import Iterator

from migsafe.catalog.schema import ColumnState
from migsafe.catalog.text import proves_not_null
from migsafe.context import Context
from migsafe.model.compatibility import OldStatement
from migsafe.model.effects import Fact, OnData
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.operations import AddConstraint, Check, NotNull, SetNotNull
from migsafe.writing import quoting

_WRITES = {
    OldStatement.INSERT_FULL,
    OldStatement.INSERT_MINIMAL,
    OldStatement.UPDATE,
    OldStatement.UPSERT,
}
_PROOF_OF_ITS_OWN = 18
"""The first version that takes NOT NULL as a constraint that is NOT VALID at first."""


def check_operation(operation: SetNotNull | AddConstraint, context: Context) -> Iterator[Finding]:
    """Report NOT NULL on an existing column, unless the server has its proof already.

    Who may not write NULL any more was told where the proof began (restrict-writes).
    """
    name = _required(operation)
    table = operation.table
    if (
        name is None
        or not context.is_live(table)
        or not isinstance(context.current.effects.fails, OnData)
    ):
        return
    column = context.catalog.column(table, name)
    parts: list[str] = []
    hazards: list[Hazard] = []
    if _refuses_writers(column, context):
        hazards.append(Hazard.BREAKS_OLD_CODE)
        parts.append(
            f"{context.old_code} that leaves {name} NULL on INSERT INTO {table} or UPDATE fails "
            f"(23502) {context.until_gone}"
        )
    if context.is_busy(table) and context.effects.scans:
        hazards.extend((Hazard.BLOCKS_READS, Hazard.BLOCKS_WRITES, Hazard.SCANS_TABLE))
        lock = context.effects.lock_on(context.catalog.key(table))
        who = "reads and writes" if lock is None else lock.blocks
        big = context.how_big(table)
        parts.append(f"{who} of {table} wait under an {lock} lock while every row is read{big}")
    if not parts:
        return
    if isinstance(context.effects.fails, OnData):
        hazards.append(Hazard.FAILS_ON_EXISTING_DATA)
    known = context.effects.knows(Fact.SCANS)
    if not known:
        parts.append(
            f"quiet only if a valid CHECK ({name} IS NOT NULL), which is not known here, proves it"
        )
    yield context.finding(
        f"SET NOT NULL on {table}.{name}: {'; '.join(parts)}.",
        help=_help(table, name, context),
        hazards=tuple(hazards),
        confidence=Confidence.HIGH if known else Confidence.LOW,
    )


def _required(operation: SetNotNull | AddConstraint) -> str | None:
    match operation:
        case SetNotNull(column=name) | AddConstraint(constraint=NotNull(column=name, valid=True)):
            return name
        case AddConstraint():
            return None


def _refuses_writers(column: ColumnState | None, context: Context) -> bool:
    if column is not None and column.fills_itself and context.is_made_here(column.made_by):
        # Running code does not know a column of this deploy, so it writes the default.
        return False
    return not _WRITES.isdisjoint(context.compatibility.breaks)


def _help(table: Name, name: str, context: Context) -> str:
    for state in context.catalog.constraints_on(table, name):
        match state.constraint:
            case Check(valid=False, expression=expression) if proves_not_null(expression.sql, name):
                return (
                    f"VALIDATE CONSTRAINT {quoting.identifier(state.name)} in a migration "
                    "before this one."
                )
            case NotNull(valid=False):
                return (
                    f"VALIDATE CONSTRAINT {quoting.identifier(state.name)} instead; it makes "
                    f"{name} NOT NULL."
                )
            case _:
                pass
    first = f"Once {context.all_code} writes {name} and no NULL is left: ADD CONSTRAINT …"
    if context.version >= _PROOF_OF_ITS_OWN:
        return (
            f"{first} NOT NULL {quoting.identifier(name)} NOT VALID, and VALIDATE it in "
            "another migration."
        )
    return (
        f"{first} CHECK ({quoting.identifier(name)} IS NOT NULL) NOT VALID, VALIDATE it in "
        "another migration, then SET NOT NULL."
    )
