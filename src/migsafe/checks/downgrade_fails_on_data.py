"""Ways down that fail on rows which new code may have written."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.uniqueness import guarantee_of, holds
from migsafe.context import Applied, Context
from migsafe.model.effects import OnData
from migsafe.model.expressions import Name
from migsafe.model.findings import Finding
from migsafe.model.migration import Migration
from migsafe.model.operations import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    Check,
    Constraint,
    CreateIndex,
    Delete,
    Exclusion,
    ForeignKey,
    Insert,
    NotNull,
    PrimaryKey,
    SetNotNull,
    Truncate,
    Unique,
    Update,
    ValidateConstraint,
)


def check_migration(migration: Migration, context: Context) -> Iterator[Finding]:
    """Report the first step of the way down that existing rows can make fail."""
    if context.settings.downgrades == "off" or migration.down is None:
        return
    downs = [each for each in context.ship.down if each.migration is migration]
    found = [
        (applied, *what)
        for at, applied in enumerate(downs)
        if (what := _what(applied)) is not None
        and not _is_cleaned(applied, downs[:at])
        and not _is_kept(applied, downs[0])
    ]
    for (applied, reason, state), *others in context.said_once(found, lambda each: each[0]):
        more = f"; so can {len(others)} more of its steps" if others else ""
        yield context.finding(
            f"The way down {reason} makes it fail ({state}), and the newer schema stays under the "
            f"older code{more}.",
            help="Correct such rows in the way down before this step, or roll back code alone and "
            "keep the schema.",
            at=applied,
            relations=tuple(name for name in applied.effects.locks if name in _tables(applied)),
        )


def _tables(applied: Applied) -> frozenset[object]:
    table = getattr(applied.operation, "table", None)
    return frozenset() if table is None else frozenset({applied.before.key(table)})


def _what(applied: Applied) -> tuple[str, str] | None:
    """Return what the step does and which row refuses it, None where it cannot fail so."""
    fails = applied.effects.fails
    if not isinstance(fails, OnData) or not _tables(applied).isdisjoint(applied.made):
        # What the way down itself makes holds no row yet.
        return None
    match applied.operation:
        case SetNotNull(table=table, column=column):
            reason = f"makes {table}.{column} NOT NULL again: a row with NULL in it"
        case AddColumn(table=table, column=added) if not added.nullable:
            reason = f"adds {table}.{added.name} NOT NULL without a default: any row of {table}"
        case AlterColumnType(table=table, column=column, type=to):
            reason = f"changes {table}.{column} to {to}: a value that does not fit"
        case AddConstraint(table=table, constraint=constraint) if not _is_empty(applied):
            reason = f"adds {_called(constraint)} to {table}: a row against it"
        case ValidateConstraint(table=table, constraint=name):
            reason = f"validates {name} of {table}: a row against it"
        case CreateIndex(unique=True, table=table, name=name):
            reason = f"builds the unique index {name or ''} on {table}: a duplicate".replace(
                "  ", " "
            )
        case _:
            return None
    return reason, fails.sqlstate


def _is_empty(applied: Applied) -> bool:
    """Say whether the way down has just added all columns of a key, without values."""
    match applied.operation:
        case AddConstraint(
            table=table, constraint=ForeignKey(columns=names) | Unique(columns=names)
        ):
            columns = [applied.before.column(table, name) for name in names]
            return all(
                column is not None
                and not column.fills_itself
                and column.made_by == applied.migration.id
                for column in columns
            )
        case _:
            return False


def _is_kept(applied: Applied, first: Applied) -> bool:
    """Say whether the newer schema kept all rows to the same rule, until this transaction."""
    number = applied.transaction.number
    if number is None or number != first.transaction.number:
        return False
    match applied.operation:
        case AddConstraint(table=table):
            known = applied.before.constraints(table)
            added = [each for each in applied.after.constraints(table) if each not in known]
        case CreateIndex(table=table):
            added = []
        case _:
            return False
    before = applied.before.indexes(table)
    built = [each for each in applied.after.indexes(table) if each not in before]
    return (
        bool(added or built)
        and all(
            _holds(each.constraint, table, first.before)
            for each in added
            if not isinstance(each.constraint, Unique | PrimaryKey)
        )
        and all(holds(guarantee_of(each), table, first.before) for each in built)
    )


def _holds(constraint: Constraint, table: Name, catalog: Catalog) -> bool:
    """Say whether a schema has an equal rule in force, under whatever name."""
    for state in catalog.constraints(table):
        match constraint, state.constraint:
            case ForeignKey() as new, ForeignKey(valid=True, enforced=True) as old:
                same = (new.columns, new.referenced_columns, new.match_full) == (
                    old.columns,
                    old.referenced_columns,
                    old.match_full,
                )
                if same and catalog.key(new.referenced) == catalog.key(old.referenced):
                    return True
            case Check(expression=new), Check(expression=old, valid=True, enforced=True):
                if new.sql == old.sql and not new.opaque:
                    return True
            case _:
                pass
    return False


def _called(
    constraint: Check | ForeignKey | Unique | PrimaryKey | Exclusion | NotNull,
) -> str:
    kind = {
        Check: "the CHECK",
        ForeignKey: "the foreign key",
        Unique: "the UNIQUE constraint",
        PrimaryKey: "the primary key",
        Exclusion: "the exclusion constraint",
        NotNull: "the NOT NULL constraint",
    }[type(constraint)]
    return f"{kind} {constraint.name}" if constraint.name else kind


def _is_cleaned(applied: Applied, before: list[Applied]) -> bool:
    """Say whether the way down itself corrects or removes rows of the table before."""
    tables = _tables(applied)
    for each in before:
        match each.operation:
            case Update(table=table) | Delete(table=table) | Insert(table=table):
                changed = (table,)
            case Truncate(tables=changed):
                pass
            case _:
                continue
        if not tables.isdisjoint(each.before.key(name) for name in changed):
            return True
    return False
