"""Constraints added NOT VALID and validated before the lock of adding them is gone."""

from collections.abc import Iterator

from migsafe.context import Applied, Context
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding, RelationLock
from migsafe.model.locks import Lock
from migsafe.model.operations import AddConstraint, ValidateConstraint
from migsafe.model.record import replace


def check_operation(operation: ValidateConstraint, context: Context) -> Iterator[Finding]:
    """Report a VALIDATE whose scan runs under the lock of its own ADD CONSTRAINT."""
    table = context.catalog.key(operation.table)
    if not context.effects.scans or not context.is_busy(table):
        return
    added = _added(operation, context)
    if added is None:
        return
    locks = {
        name: lock
        for name, lock in added.effects.locks.items()
        if lock.blocks_writes and context.is_busy(name)
    }
    if not locks:
        return
    strongest = max(locks.values())
    current = context.current
    where = (
        "that the same statement takes"
        if added.statement is current.statement
        else f"still held from line {added.line}"
        if added.section.path == current.section.path
        else f"still held from {added.section.path}:{added.line}"
    )
    waiting = [name for name, lock in locks.items() if lock is strongest]
    unsure = (
        ""
        if current.transaction.certain
        else " If the runner commits each statement by itself, say --transaction none."
    )
    until = "until COMMIT" if current.transaction.is_open else "until it is done"
    finding = context.finding(
        f"VALIDATE CONSTRAINT {operation.constraint} reads every row of {operation.table} under "
        f"the {strongest} lock {where}: {_who(strongest, waiting)} wait {until}, as if NOT VALID "
        "were not there.",
        help=f"Move VALIDATE CONSTRAINT {operation.constraint} to a migration of its own, which "
        f"runs after the ADD is committed.{unsure}",
    )
    yield _locked(finding, locks)


def _added(operation: ValidateConstraint, context: Context) -> Applied | None:
    """Return the operation that added the constraint under a lock that is still held."""
    current = context.current
    together = len(current.statement.operations) > 1
    held = current.held.get(context.catalog.key(operation.table))
    if not together and (held is None or not held.blocks_writes):
        return None
    return next(
        (
            earlier
            for earlier in context.earlier()
            if isinstance(earlier.operation, AddConstraint)
            and (context.in_same_transaction(earlier) or earlier.statement is current.statement)
            and _adds(earlier, operation)
        ),
        None,
    )


def _adds(applied: Applied, operation: ValidateConstraint) -> bool:
    """Say whether an operation made the constraint, whatever it called it."""
    name, table = operation.constraint, operation.table
    return (
        applied.before.constraint(table, name) is None
        and applied.after.constraint(table, name) is not None
    )


def _who(lock: Lock, waiting: list[Name]) -> str:
    tables = " and ".join(map(str, waiting))
    return f"{lock.blocks} of {tables}" if lock.blocks_reads else f"{lock.blocks} to {tables}"


def _locked(finding: Finding, locks: dict[Name, Lock]) -> Finding:
    """Return the finding with the locks that harm, not the mild one of VALIDATE itself."""
    relations = tuple(RelationLock(name, lock) for name, lock in locks.items())
    return replace(finding, relations=relations)
