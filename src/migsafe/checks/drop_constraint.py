"""Rules of the data that stop to hold while running code counts on them."""

from collections.abc import Iterator

from migsafe.catalog.catalog import Catalog
from migsafe.catalog.constraints import columns_of
from migsafe.catalog.schema import IndexState
from migsafe.catalog.syncing import fills
from migsafe.catalog.text import proves_not_null
from migsafe.catalog.uniqueness import guarantee_of, holds
from migsafe.context import Applied, Context
from migsafe.model.effects import Certain
from migsafe.model.expressions import Name
from migsafe.model.findings import Confidence, Finding, Hazard
from migsafe.model.operations import (
    AddConstraint,
    AlterConstraint,
    AlterDomain,
    Check,
    Constraint,
    DomainAction,
    DropConstraint,
    Exclusion,
    ForeignKey,
    NotNull,
    PrimaryKey,
    ReferentialAction,
    Unique,
)

_KEY_HAZARDS = (Hazard.BREAKS_OLD_CODE, Hazard.CHANGES_RESULTS, Hazard.IRREVERSIBLE)


def check_operation(
    operation: DropConstraint | AlterConstraint | AlterDomain, context: Context
) -> Iterator[Finding]:
    """Report a constraint that goes or is no longer enforced, unless something says the same."""
    match operation:
        case DropConstraint(table=table):
            if context.is_live(table) and not context.goes_here(table):
                yield from _dropped(operation, context)
        case AlterConstraint(table=table) if context.is_live(table):
            yield from _altered(operation, context)
        case AlterDomain(domain=domain, action=DomainAction.DROP_CONSTRAINT, constraint=name):
            if context.is_live(domain) and not isinstance(context.effects.fails, Certain):
                yield context.finding(
                    f"Dropping the constraint {name} of the domain {domain}: "
                    f"{_readers('every table that uses it', context)}.",
                    help=_ACCEPTING,
                )
        case _:
            pass


def _dropped(operation: DropConstraint, context: Context) -> Iterator[Finding]:
    table, name = operation.table, operation.constraint
    state = None if name is None else context.catalog.constraint(table, name)
    if state is None:
        yield from _not_known(operation, context)
        return
    if context.is_made_here(state.made_by):
        return
    match state.constraint:
        case PrimaryKey():
            yield from _primary_key(operation, state.name, context)
        case Check(enforced=True) | ForeignKey(enforced=True) | Exclusion() as constraint:
            if not _says_it_again(table, constraint, context):
                yield from _rule(operation, constraint, context)
        case Check() | ForeignKey() | Unique() | NotNull():
            # Not enforced before; or the subject of drop-uniqueness and drop-not-null.
            pass


# --- CHECK, foreign keys, EXCLUDE ------------------------------------------------------

_ACCEPTING = (
    "Deploy code that accepts what the constraint refused first, and drop it in a later deploy."
)


def _rule(
    operation: DropConstraint, constraint: Check | ForeignKey | Exclusion, context: Context
) -> Iterator[Finding]:
    table, name = operation.table, operation.constraint
    if isinstance(constraint, ForeignKey):
        parent = constraint.referenced
        parts = [f"Dropping the foreign key {name} of {table}: {_orphans(table, constraint)}"]
        parts.append("the first orphan closes the way back")
        other = context.catalog.key(parent) != context.catalog.key(table)
        if other and context.is_busy(parent):
            parts.append(f"{context.waits(parent)} as well")
        help_ = (
            f"Deploy code that keeps {table} and {parent} in step by itself first, and drop it in "
            "a later deploy."
        )
    else:
        kind = "CHECK" if isinstance(constraint, Check) else "EXCLUDE constraint"
        parts = [f"Dropping the {kind} {name} of {table}: {_readers(str(table), context)}"]
        help_ = _ACCEPTING
    match context.effects.fails:
        case Certain(reason=reason, sqlstate=state):
            parts.append(f"the statement itself is refused ({state}), because {reason}")
        case _:
            pass
    yield context.finding(f"{'; '.join(parts)}.", help=help_)


def _readers(where: str, context: Context) -> str:
    return (
        f"values that it refused are stored in {where} from here on, {context.old_code} reads what "
        f"it never met, and the first such row closes the way back"
        f"{context.new_code('writes one', 'is refused')}"
    )


def _orphans(table: Name, key: ForeignKey) -> str:
    columns, deletes = ", ".join(key.columns), f"a DELETE FROM {key.referenced} by running code"  # noqa: S608  # words
    match key.on_delete:
        case ReferentialAction.NO_ACTION | ReferentialAction.RESTRICT:
            return f"{deletes} that was refused (23503) goes through, and rows of {table} stay"
        case ReferentialAction.CASCADE:
            return f"{deletes} no longer deletes the rows of {table} that name the deleted row"
        case ReferentialAction.SET_NULL | ReferentialAction.SET_DEFAULT:
            return f"{deletes} leaves {columns} of {table} as it is"


def _says_it_again(table: Name, constraint: Constraint, context: Context) -> bool:
    """Say whether the rule still holds, is replaced in the transaction, or goes with its column."""
    columns = columns_of(constraint)
    if any(context.goes_here(table, column) for column in columns):
        return True
    if isinstance(constraint, ForeignKey) and context.goes_here(constraint.referenced):
        return True
    if _still_holds(table, constraint, context.current.after):
        return True
    if fills(table, columns, context.catalog):
        # A plan's own proof, which no code counts on.
        return True
    return any(
        _replaces(applied, table, constraint)
        for applied in context.later()
        if context.in_same_transaction(applied)
    )


def _still_holds(table: Name, constraint: Constraint, catalog: Catalog) -> bool:
    match constraint:
        case Check(expression=expression):
            required = (
                len(expression.columns) == 1
                and proves_not_null(expression.sql, expression.columns[0])
                and catalog.not_null_proven(table, expression.columns[0])
            )
            return bool(required) or any(
                isinstance(state.constraint, Check)
                and state.constraint.enforced
                and state.constraint.expression.sql == expression.sql
                for state in catalog.constraints(table)
            )
        case ForeignKey(columns=columns, referenced=parent):
            return any(
                isinstance(state.constraint, ForeignKey)
                and state.constraint.enforced
                and state.constraint.columns == columns
                and catalog.key(state.constraint.referenced) == catalog.key(parent)
                for state in catalog.constraints(table)
            )
        case Exclusion(definition=definition):
            return any(
                isinstance(state.constraint, Exclusion)
                and state.constraint.definition == definition
                for state in catalog.constraints(table)
            )
        case Unique() | PrimaryKey() | NotNull():
            return False


def _replaces(applied: Applied, table: Name, old: Constraint) -> bool:
    """Say whether an operation puts a rule of the same kind on the same columns.

    What the new one refuses is restrict-writes' subject; whether it lets more through is not
    worked out.
    """
    match applied.operation:
        case AddConstraint(table=where, constraint=new) if applied.before.key(
            where
        ) == applied.before.key(table) and type(new) is type(old):
            return old.name == new.name or not set(columns_of(old)).isdisjoint(columns_of(new))
        case _:
            return False


# --- primary keys ----------------------------------------------------------------------


def _primary_key(operation: DropConstraint, name: str, context: Context) -> Iterator[Finding]:
    table = operation.table
    index = next((each for each in context.catalog.indexes(table) if each.constraint == name), None)
    if index is None or _is_key_again(index, context):
        return
    keys = ", ".join(index.columns)
    published = f"if {table} is published, UPDATE and DELETE fail (55000) without it"
    kept = holds(guarantee_of(index), table, context.current.after)
    refused = ""
    match context.effects.fails:
        case Certain(reason=reason, sqlstate=state):
            refused = f"; the statement itself is refused ({state}), because {reason}"
        case _:
            pass
    if kept:
        yield context.finding(
            f"Dropping the primary key {name} of {table}: another index keeps ({keys}) unique; "
            f"{published}{refused}.",
            help="Add the new primary key USING INDEX in the same statement.",
            case="unique stays",
        )
        return
    yield context.finding(
        f"Dropping the primary key {name} of {table}: {context.old_code}'s INSERT … ON CONFLICT "
        f"({keys}) fails (42P10) {context.until_gone}; code that counts on one row for a key meets "
        f"several, and the first duplicate closes the way back; {published}{refused}.",
        help="Build the new key's unique index CONCURRENTLY first, and swap both in one "
        "statement: DROP CONSTRAINT …, ADD CONSTRAINT … PRIMARY KEY USING INDEX ….",
        case="primary key",
        hazards=_KEY_HAZARDS,
    )


def _is_key_again(index: IndexState, context: Context) -> bool:
    """Say whether the transaction makes the same columns the primary key again."""
    wanted = guarantee_of(index)
    for applied in context.later():
        if not context.in_same_transaction(applied):
            return False
        key = applied.after.primary_key(index.table)
        if key is not None:
            return holds(wanted, index.table, applied.after) and set(
                columns_of(key.constraint)
            ) == set(index.columns)
    return False


# --- what is not known, and ALTER CONSTRAINT -------------------------------------------


def _not_known(operation: DropConstraint, context: Context) -> Iterator[Finding]:
    table, name = operation.table, operation.constraint
    known = context.catalog.table(table)
    given = known is not None and (known.made_by is not None or context.catalog.complete)
    absent = known is not None and known.complete and given
    if isinstance(context.effects.fails, Certain) or not context.effects.locks:
        return
    if operation.kind == "unique" or (absent and operation.if_exists):
        # drop-uniqueness speaks of it; or the statement has nothing to drop.
        return
    label = name or "a constraint"
    if operation.kind == "primary":
        yield context.finding(
            f"Dropping {label} of {table}, the primary key as the revision says: "
            f"{context.old_code}'s INSERT … ON CONFLICT on its columns fails (42P10) "
            f"{context.until_gone}; the first duplicate closes the way back.",
            help="Build the new key's unique index CONCURRENTLY first, and swap both in one "
            "statement.",
            case="primary key",
            hazards=_KEY_HAZARDS,
            confidence=Confidence.LOW,
        )
        return
    yield context.finding(
        f"Dropping {label} of {table}: what it refused is stored from here on, {context.old_code} "
        "reads what it never met, and the first such row closes the way back; the known schema "
        "does not say what it checks.",
        help="Give --schema or the earlier migrations; deploy code that accepts what it refused "
        "first.",
        confidence=Confidence.LOW,
    )


def _altered(operation: AlterConstraint, context: Context) -> Iterator[Finding]:
    table, name = operation.table, operation.constraint
    if isinstance(context.effects.fails, Certain):
        return
    if operation.enforced is False:
        yield context.finding(
            f"{name} of {table} becomes NOT ENFORCED: {_readers(str(table), context)}.",
            help=_ACCEPTING,
        )
    elif operation.initially_deferred:
        yield context.finding(
            f"{name} of {table} is checked at COMMIT from here on: {context.old_code} that handles "
            "the refusal of its INSERT, UPDATE or DELETE meets it at COMMIT instead, where the "
            "whole transaction is lost.",
            help="Deploy code that handles a refusal at COMMIT first.",
        )
