"""Partitions attached while they, or the default partition, are read under lock."""

from collections.abc import Iterator

from migsafe.catalog.text import proves_not_null
from migsafe.context import Context
from migsafe.model.effects import OnData
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.operations import AttachPartition, Check, ForeignKey
from migsafe.writing import quoting
from migsafe.writing.tokens import tokens

_WAITS = (Hazard.BLOCKS_READS, Hazard.BLOCKS_WRITES, Hazard.SCANS_TABLE)
_DEFAULT = "DEFAULT"


def check_operation(operation: AttachPartition, context: Context) -> Iterator[Finding]:
    """Report what ATTACH reads and builds because no CHECK spares it."""
    catalog, effects = context.catalog, context.effects
    parent, child = operation.parent, catalog.key(operation.partition)
    default = catalog.default_partition(parent)
    other = None if default is None else catalog.key(default.name)
    parts: list[str] = []
    helps: list[str] = []
    waiting: dict[Name, None] = {}
    if context.is_busy(child):
        if child in effects.builds:
            waiting[child] = None
            parts.append(f"{_who(child, context)} while the indexes of {parent} are built for it")
            helps.append(f"build the indexes of {parent} CONCURRENTLY on {child}")
        if _is_first(operation, context):
            waiting[child] = None
            parts.append(
                f"{_who(child, context)} while every row is read, if {parent} has partitions that "
                "history does not show"
            )
            helps.append(f"see with \\d+ that {parent} has no partition")
        elif child in effects.scans and (lacks := _lacks(child, operation, context)):
            waiting[child] = None
            parts.append(f"{_who(child, context)} while every row is read, because {lacks}")
            helps.append(_check_first(child, operation, context))
    keyed = _looked_up(operation, context)
    if keyed and context.is_busy(child):
        listed = " and ".join(map(str, keyed))
        waiting.update(dict.fromkeys((child, *keyed)))
        parts.append(
            f"{_who(child, context)} while its rows are looked up in {listed}, writes to {listed} "
            f"too, because {child} lacks a valid foreign key like that of {parent}"
        )
        helps.append(
            f"ALTER TABLE {quoting.name(child)} ADD FOREIGN KEY … NOT VALID as {parent} has it, "
            "and VALIDATE it in another migration"
        )
    if other is not None and other != child and context.is_busy(other) and other in effects.scans:
        lacks = _lacks(other, operation, context)
        if lacks:
            waiting[other] = None
            parts.append(
                f"{_who(other, context)} while every row of the default partition is read, "
                f"because {lacks}"
            )
            helps.append(
                f"add a CHECK to {other} that excludes {operation.bound}, NOT VALID, and VALIDATE "
                "it in another migration"
            )
    if not parts:
        return
    refused = (
        f"; a row {'that is refused there' if keyed else 'outside the bound'} fails it "
        f"({effects.fails.sqlstate})"
        if isinstance(effects.fails, OnData)
        else ""
    )
    yield context.finding(
        f"Attaching {child} to {parent}: {'; '.join(parts)}{refused}.",
        help=f"Before it, {'; '.join(helps)}.",
        relations=tuple(waiting),
        hazards=(*_WAITS, Hazard.FAILS_ON_EXISTING_DATA) if refused else _WAITS,
        confidence=Confidence.LOW if _is_first(operation, context) else Confidence.HIGH,
    )


def _looked_up(operation: AttachPartition, context: Context) -> tuple[Name, ...]:
    """Return the tables in which the rows of the partition are looked up for a foreign key."""
    catalog, scans = context.catalog, context.effects.scans
    keys = [state.constraint for state in catalog.foreign_keys_of(operation.parent)]
    tables = dict.fromkeys(
        catalog.key(key.referenced) for key in keys if isinstance(key, ForeignKey)
    )
    return tuple(
        table
        for table in tables
        if table in scans or any(child.name in scans for child in catalog.children(table))
    )


def _is_first(operation: AttachPartition, context: Context) -> bool:
    """Say whether a DEFAULT partition takes whatever there is, as far as history shows."""
    catalog = context.catalog
    is_default = operation.bound.strip().upper() == _DEFAULT
    return is_default and not catalog.complete and not catalog.partitions(operation.parent)


def _who(table: Name, context: Context) -> str:
    lock = context.effects.lock_on(table)
    blocked = "reads and writes" if lock is None else lock.blocks
    return f"{blocked} of {table} wait under an {lock} lock"


def _lacks(table: Name, operation: AttachPartition, context: Context) -> str:
    """Return what the server misses on a table to take the bound as proved; empty if nothing.

    A valid CHECK that names the key columns and the values of the bound is taken for a
    proof: only the server can say whether it is one.
    """
    catalog = context.catalog
    state = catalog.table(operation.parent)
    keys = () if state is None or state.partition_by is None else state.partition_by.columns
    bounds = [operation.bound]
    if operation.bound.strip().upper() == _DEFAULT:
        # What it may hold is what no other partition takes.
        bounds = [other.partition_bound or "" for other in catalog.partitions(operation.parent)]
    values = {
        word for bound in bounds for word in tokens(bound) if word[0] == "'" or word[0].isdigit()
    }
    unproven = (
        "no valid CHECK proves the bound"
        if catalog.key(operation.partition) == table
        else "no valid CHECK there excludes the bound"
    )
    for each in catalog.constraints(table):
        check = each.constraint
        if not isinstance(check, Check) or not check.enforced:
            continue
        if not set(keys) <= set(check.expression.columns):
            continue
        if not values <= set(tokens(check.expression.sql)):
            continue
        if not check.valid:
            unproven = f"its CHECK {each.name} is NOT VALID"
            continue
        nullable = [
            key
            for key in keys
            if (column := catalog.column(table, key)) is not None
            and column.nullable
            and not proves_not_null(check.expression.sql, key)
        ]
        if not nullable or not _forbids_null(operation, table, context):
            return ""
        unproven = f"its CHECK {each.name} lets {nullable[0]} be NULL, which the bound does not"
    return unproven


def _forbids_null(operation: AttachPartition, table: Name, context: Context) -> bool:
    """Say whether the bound keeps NULL out of the table that is to be proved."""
    is_child = context.catalog.key(operation.partition) == table
    return is_child and operation.bound.strip().upper() != _DEFAULT


def _check_first(child: Name, operation: AttachPartition, context: Context) -> str:
    state = context.catalog.table(operation.parent)
    keys = () if state is None or state.partition_by is None else state.partition_by.columns
    key = quoting.identifier(keys[0]) if keys else "the key"
    return (
        f"ALTER TABLE {quoting.name(child)} ADD CHECK ({key} IS NOT NULL AND …) NOT VALID with "
        "the conditions of the bound, and VALIDATE it in another migration"
    )
